/*
 * RPMsg messages as they lie in a virtio buffer. All fields are little-endian.
 * Linux: drivers/rpmsg/virtio_rpmsg_bus.c and include/linux/rpmsg/ns.h, which are not exported to
 * user space.
 */
#ifndef RPMSG_H
#define RPMSG_H

#include <stddef.h>
#include <stdint.h>

/* The feature bit of the device: it speaks the name service. */
#define VIRTIO_RPMSG_F_NS 0

/* Addresses below this one are for fixed services. */
#define RPMSG_RESERVED_ADDRESSES 1024
/* The name service's own address. */
#define RPMSG_NS_ADDR 53

#define RPMSG_NAME_SIZE 32

/* rpmsg_ns_msg.flags. */
#define RPMSG_NS_CREATE 0
#define RPMSG_NS_DESTROY 1

/* The first bytes of each buffer; the payload follows. Written by the sender. */
struct rpmsg_hdr {
  uint32_t src;      /* the sender's address */
  uint32_t dst;      /* the receiver's address */
  uint32_t reserved; /* C peers keep a buffer index here: never trusted, sent as 0 */
  uint16_t len;      /* bytes of payload */
  uint16_t flags;    /* no bit is defined */
};

/* The payload of a message to RPMSG_NS_ADDR. */
struct rpmsg_ns_msg {
  char name[RPMSG_NAME_SIZE]; /* of the channel, filled up with NUL */
  uint32_t addr;              /* the address that it lives at */
  uint32_t flags;             /* RPMSG_NS_CREATE or RPMSG_NS_DESTROY */
};

_Static_assert(sizeof(struct rpmsg_hdr) == 16, "rpmsg_hdr is 16 bytes");
_Static_assert(offsetof(struct rpmsg_hdr, src) == 0, "rpmsg_hdr.src");
_Static_assert(offsetof(struct rpmsg_hdr, dst) == 4, "rpmsg_hdr.dst");
_Static_assert(offsetof(struct rpmsg_hdr, reserved) == 8, "rpmsg_hdr.reserved");
_Static_assert(offsetof(struct rpmsg_hdr, len) == 12, "rpmsg_hdr.len");
_Static_assert(offsetof(struct rpmsg_hdr, flags) == 14, "rpmsg_hdr.flags");
_Static_assert(sizeof(struct rpmsg_ns_msg) == 40, "rpmsg_ns_msg is 40 bytes");
_Static_assert(offsetof(struct rpmsg_ns_msg, name) == 0, "rpmsg_ns_msg.name");
_Static_assert(offsetof(struct rpmsg_ns_msg, addr) == 32, "rpmsg_ns_msg.addr");
_Static_assert(offsetof(struct rpmsg_ns_msg, flags) == 36, "rpmsg_ns_msg.flags");

#endif
