/** Types of virtio devices that these packages drive (VirtIO 1.3 §5; `<linux/virtio_ids.h>`). */
export const VirtioDeviceId = {
  /** Remote processor messaging. */
  rpmsg: 7,
} as const;

/** One of the device types above. */
export type VirtioDeviceId = (typeof VirtioDeviceId)[keyof typeof VirtioDeviceId];
