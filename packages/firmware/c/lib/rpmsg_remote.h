/*
 * The remote role of RPMsg over virtio, with one endpoint: the device side of a virtio device of
 * two vrings, whose status, features, addresses and notification ids lie in the resource table.
 *
 * The host owns all buffers. Vring 0 carries messages to the host, in buffers that it makes
 * available for writing; vring 1 carries messages from the host.
 */
#ifndef RPMSG_REMOTE_H
#define RPMSG_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "resource_table.h"
#include "vring.h"

struct rpmsg_remote;

/* A message from the host. The payload stays in shared memory: the host can change it while it is
 * read. */
struct rpmsg_message {
  uint32_t source;
  const volatile uint8_t *payload;
  uint32_t length;
};

/* What becomes of a message. */
enum rpmsg_verdict {
  RPMSG_DONE, /* its buffer goes back to the host */
  RPMSG_KEEP, /* it is delivered again when there is a transmit buffer; only after
                 RPMSG_NO_BUFFER */
};

enum rpmsg_result {
  RPMSG_SENT,
  RPMSG_NO_BUFFER, /* the host has made none available, or has broken the vring */
  RPMSG_TOO_LONG,  /* for the buffer that comes next */
};

struct rpmsg_endpoint {
  const char *name; /* of the channel, at most 31 characters */
  uint32_t address;
  enum rpmsg_verdict (*receive)(struct rpmsg_remote *remote, const struct rpmsg_message *message);
};

struct rpmsg_remote {
  volatile struct fw_rsc_vdev *vdev; /* shared, written by the host */
  const struct rpmsg_endpoint *endpoint;
  struct vring transmit; /* vring 0 */
  struct vring receive;  /* vring 1 */
  bool up;               /* the host has set DRIVER_OK, and has not taken it back */
  bool name_service;     /* the host has accepted VIRTIO_RPMSG_F_NS */
  bool announced;        /* or there is nobody to announce to */
};

/* Puts an endpoint on a virtio device. The host may not have found the device yet. */
void rpmsg_open(struct rpmsg_remote *remote, volatile struct fw_rsc_vdev *vdev,
                const struct rpmsg_endpoint *endpoint);

/*
 * Does what there is to do: follows the host's status, announces the endpoint, delivers messages,
 * notifies the host. A reset drops all state; with the next DRIVER_OK it begins anew.
 *
 * Returns whether to call it again at once; otherwise board_wait() comes first. One call delivers
 * at most as many messages as the vring has descriptors.
 */
bool rpmsg_poll(struct rpmsg_remote *remote);

/* Sends one message from the endpoint. The host sees it at the latest after the next poll. */
enum rpmsg_result rpmsg_send(struct rpmsg_remote *remote, uint32_t destination,
                             const volatile void *payload, uint32_t length);

/* Takes the announcement back. Returns false where that has to be tried again after board_wait(). */
bool rpmsg_close(struct rpmsg_remote *remote);

#endif
