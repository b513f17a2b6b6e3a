/*
 * The device side of a split virtqueue (VirtIO 1.2, section 2.7), for buffers that are used in the
 * order in which they were made available, one at a time.
 *
 * The driver may write anything into the ring at any moment. So each shared field is read once into
 * a local, which is checked and used, and what must be kept is kept in `struct vring`, in private
 * memory. A driver that breaks the rules breaks the ring: one trace line says which rule, and the
 * ring yields nothing more until it is started again.
 */
#ifndef VRING_H
#define VRING_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio_ring.h"

/* Where a ring lies and how it is rung: the host's words, not to be trusted. */
struct vring_config {
  uint32_t index;     /* among the device's rings, for messages */
  uint64_t address;   /* of the descriptor table */
  uint32_t num;       /* descriptors: a power of two, 1 to VRING_MAX_NUM */
  uint32_t align;     /* of the used ring: a power of two, 4 and up */
  uint32_t notify_id; /* with which the driver is rung */
};

struct vring {
  const volatile struct vring_desc *desc;   /* shared, written by the driver */
  const volatile struct vring_avail *avail; /* shared, written by the driver */
  volatile struct vring_used *used;         /* shared, written by this side */
  uint32_t index;
  uint32_t notify_id;
  uint16_t num;
  uint16_t available; /* avail.idx as last read */
  uint16_t next;      /* the entry to use next: of the available as of the used ring */
  uint16_t notified;  /* `next` when the driver was last told, or did not want to be */
  bool broken;         /* yields nothing more, until started again */
};

/* A buffer of the driver's, checked to lie in shared memory. */
struct vring_buffer {
  volatile uint8_t *bytes; /* shared */
  uint32_t length;
  uint16_t id; /* its descriptor */
};

/* What this side wants to do with a buffer. */
enum vring_access { VRING_READ, VRING_WRITE };

/* Takes a ring that the driver has set up. Where the configuration is refused the ring is broken. */
void vring_start(struct vring *ring, const struct vring_config *config);

/* Says whether a buffer is waiting. */
bool vring_pending(struct vring *ring);

/* Looks at the next buffer, and leaves it where it is. False where there is none. */
bool vring_peek(struct vring *ring, enum vring_access access, struct vring_buffer *buffer);

/* Gives the buffer of the last peek back to the driver, with its `used.len`. */
void vring_complete(struct vring *ring, const struct vring_buffer *buffer, uint32_t length);

/*
 * Asks the driver for a notification with each new buffer, or for none (section 2.7.10). After
 * asking for them comes a board_fence() and another look at the ring: a buffer that came before
 * the driver could know is not announced.
 */
void vring_want_notifications(struct vring *ring, bool wanted);

/* Tells the driver about completed buffers, unless it wants no interrupt (section 2.7.7). The
 * caller has called board_fence() since the last of them. */
void vring_notify(struct vring *ring);

#endif
