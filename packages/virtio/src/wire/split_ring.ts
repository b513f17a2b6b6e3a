/**
 * The split virtqueue as it lies in memory (VirtIO 1.3 §2.7; `<linux/virtio_ring.h>`). All words
 * are little-endian.
 *
 * | part | who writes it | what the other side may believe |
 * | --- | --- | --- |
 * | descriptor table | driver | nothing: the device reads each field once and checks it |
 * | available ring | driver | nothing |
 * | used ring | device | nothing |
 */

/** Bytes of one descriptor, `struct vring_desc` (§2.7.5). */
export const DESCRIPTOR_SIZE = 16;
/** `addr`, 64 bits: the buffer's address. */
export const DESCRIPTOR_ADDRESS = 0;
/** `len`, 32 bits: the buffer's bytes. */
export const DESCRIPTOR_LENGTH = 8;
/** `flags`, 16 bits. */
export const DESCRIPTOR_FLAGS = 12;
/** `next`, 16 bits: the chain goes on there where `flags` has NEXT. */
export const DESCRIPTOR_NEXT = 14;

/** The chain goes on (§2.7.5). */
export const VIRTQ_DESC_F_NEXT = 1;
/** The device writes the buffer; without it, the device only reads. */
export const VIRTQ_DESC_F_WRITE = 2;
/** The buffer holds a table of descriptors (§2.7.5.3). */
export const VIRTQ_DESC_F_INDIRECT = 4;

/** `flags`, 16 bits, of the available ring (§2.7.6); the driver writes it. */
export const AVAILABLE_FLAGS = 0;
/** `idx`, 16 bits, of the available ring; the driver writes it. */
export const AVAILABLE_INDEX = 2;
/** `ring[]`, 16 bits each; the driver writes it. `used_event` follows the last. */
export const AVAILABLE_RING = 4;
/** Bytes of one element of the available ring. */
export const AVAILABLE_ELEMENT_SIZE = 2;
/** The driver asks not to be interrupted (§2.7.7). */
export const VIRTQ_AVAIL_F_NO_INTERRUPT = 1;

/** `flags`, 16 bits, of the used ring (§2.7.8); the device writes it. */
export const USED_FLAGS = 0;
/** `idx`, 16 bits, of the used ring; the device writes it. */
export const USED_INDEX = 2;
/** `ring[]`, 8 bytes each; the device writes it. `avail_event` follows the last. */
export const USED_RING = 4;
/** Bytes of one element of the used ring, `struct vring_used_elem`. */
export const USED_ELEMENT_SIZE = 8;
/** `id`, 32 bits, in an element of the used ring. */
export const USED_ELEMENT_ID = 0;
/** `len`, 32 bits, in an element of the used ring. */
export const USED_ELEMENT_LENGTH = 4;
/** The device asks not to be notified (§2.7.10). */
export const VIRTQ_USED_F_NO_NOTIFY = 1;

/** The largest split queue (§2.7). */
export const QUEUE_SIZE_MAX = 32768;
/** Alignment of the descriptor table (§2.7). */
export const DESCRIPTOR_TABLE_ALIGN = 16;
/** Alignment of the available ring (§2.7). */
export const AVAILABLE_RING_ALIGN = 2;
/** Alignment of the used ring (§2.7). */
export const USED_RING_ALIGN = 4;
