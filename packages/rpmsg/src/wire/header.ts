/**
 * The header before each payload: `struct rpmsg_hdr` (drivers/rpmsg/virtio_rpmsg_bus.c), 16 bytes,
 * little-endian, packed. The sender writes it; the receiver reads each field once.
 */

/** Bytes of the header. */
export const RPMSG_HEADER_SIZE = 16;
/** `src`, 32 bits: the sender's address. */
export const RPMSG_HEADER_SOURCE = 0;
/** `dst`, 32 bits: the receiver's address. */
export const RPMSG_HEADER_DESTINATION = 4;
/** `reserved`, 32 bits: C peers keep private counts in it. Written as 0, never read. */
export const RPMSG_HEADER_RESERVED = 8;
/** `len`, 16 bits: bytes of the payload. */
export const RPMSG_HEADER_LENGTH = 12;
/** `flags`, 16 bits: no bit is defined. Written as 0, never read. */
export const RPMSG_HEADER_FLAGS = 14;

/** The address that stands for none, or any: `RPMSG_ADDR_ANY`. */
export const RPMSG_ADDR_ANY = 0xffffffff;
/** The name service listens here: `RPMSG_NS_ADDR`. */
export const RPMSG_NS_ADDR = 53;
/** The first address that is handed out; those below are chosen: `RPMSG_RESERVED_ADDRESSES`. */
export const RPMSG_RESERVED_ADDRESSES = 1024;
/** Bytes of a buffer unless both sides agree otherwise: `RPMSG_BUFFER_SIZE`. */
export const RPMSG_BUFFER_SIZE = 512;
/** Feature bit: the device announces its services: `VIRTIO_RPMSG_F_NS`. */
export const VIRTIO_RPMSG_F_NS = 0;
