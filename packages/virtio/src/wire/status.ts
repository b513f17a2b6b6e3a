/**
 * Bits of the device status (VirtIO 1.3 §2.1; `<linux/virtio_config.h>`). The driver sets all but
 * `DEVICE_NEEDS_RESET`, which the device sets. Status 0 is a reset.
 */
export const VIRTIO_CONFIG_S_ACKNOWLEDGE = 1;
/** The driver knows how to drive the device. */
export const VIRTIO_CONFIG_S_DRIVER = 2;
/** The driver is set up: the device may use its queues. */
export const VIRTIO_CONFIG_S_DRIVER_OK = 4;
/** The driver has chosen its features; not on the resource table, which is legacy. */
export const VIRTIO_CONFIG_S_FEATURES_OK = 8;
/** The device cannot go on without a reset. */
export const VIRTIO_CONFIG_S_NEEDS_RESET = 0x40;
/** The driver has given up. */
export const VIRTIO_CONFIG_S_FAILED = 0x80;
