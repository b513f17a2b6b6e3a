/*
 * The split virtqueue as it lies in shared memory (VirtIO 1.2, section 2.7; legacy layout 2.7.2).
 * All fields are little-endian. Linux: <linux/virtio_ring.h>.
 */
#ifndef VIRTIO_RING_H
#define VIRTIO_RING_H

#include <stddef.h>
#include <stdint.h>

/* vring_desc.flags (section 2.7.5). */
#define VRING_DESC_F_NEXT 1
#define VRING_DESC_F_WRITE 2
#define VRING_DESC_F_INDIRECT 4

/* vring_used.flags: the device needs no kick when the driver makes a buffer available (2.7.10). */
#define VRING_USED_F_NO_NOTIFY 1
/* vring_avail.flags: the driver needs no interrupt when the device uses a buffer (2.7.7). */
#define VRING_AVAIL_F_NO_INTERRUPT 1

/* The largest queue size (section 2.7). */
#define VRING_MAX_NUM 32768

/* One buffer. Written by the driver. */
struct vring_desc {
  uint64_t addr;  /* where it lies, as the device names addresses */
  uint32_t len;   /* bytes */
  uint16_t flags; /* VRING_DESC_F_ */
  uint16_t next;  /* the chain's next descriptor, where flags has NEXT */
};

/* What the driver offers. Written by the driver. */
struct vring_avail {
  uint16_t flags;
  uint16_t idx; /* where the next entry goes, modulo 2^16 */
  uint16_t ring[];
};

/* One buffer that the device is done with. */
struct vring_used_elem {
  uint32_t id;  /* the first descriptor of the chain */
  uint32_t len; /* bytes written by the device */
};

/* What the device gives back. Written by the device. */
struct vring_used {
  uint16_t flags;
  uint16_t idx; /* where the next entry goes, modulo 2^16 */
  struct vring_used_elem ring[];
};

_Static_assert(sizeof(struct vring_desc) == 16, "vring_desc is 16 bytes");
_Static_assert(offsetof(struct vring_desc, addr) == 0, "vring_desc.addr");
_Static_assert(offsetof(struct vring_desc, len) == 8, "vring_desc.len");
_Static_assert(offsetof(struct vring_desc, flags) == 12, "vring_desc.flags");
_Static_assert(offsetof(struct vring_desc, next) == 14, "vring_desc.next");
_Static_assert(sizeof(struct vring_avail) == 4, "vring_avail's head is 4 bytes");
_Static_assert(offsetof(struct vring_avail, flags) == 0, "vring_avail.flags");
_Static_assert(offsetof(struct vring_avail, idx) == 2, "vring_avail.idx");
_Static_assert(offsetof(struct vring_avail, ring) == 4, "vring_avail.ring");
_Static_assert(sizeof(struct vring_used_elem) == 8, "vring_used_elem is 8 bytes");
_Static_assert(offsetof(struct vring_used_elem, id) == 0, "vring_used_elem.id");
_Static_assert(offsetof(struct vring_used_elem, len) == 4, "vring_used_elem.len");
_Static_assert(sizeof(struct vring_used) == 4, "vring_used's head is 4 bytes");
_Static_assert(offsetof(struct vring_used, flags) == 0, "vring_used.flags");
_Static_assert(offsetof(struct vring_used, idx) == 2, "vring_used.idx");
_Static_assert(offsetof(struct vring_used, ring) == 4, "vring_used.ring");

#endif
