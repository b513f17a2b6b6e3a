/*
 * What a virtio device is and how far its set-up has come (VirtIO 1.2, sections 2.1 and 5).
 * Linux: <linux/virtio_config.h>, <linux/virtio_ids.h>.
 */
#ifndef VIRTIO_CONFIG_H
#define VIRTIO_CONFIG_H

/* The status byte. Written by the driver. */
#define VIRTIO_CONFIG_S_ACKNOWLEDGE 1
#define VIRTIO_CONFIG_S_DRIVER 2
#define VIRTIO_CONFIG_S_DRIVER_OK 4
#define VIRTIO_CONFIG_S_FEATURES_OK 8
#define VIRTIO_CONFIG_S_NEEDS_RESET 0x40
#define VIRTIO_CONFIG_S_FAILED 0x80

/* Device ids. */
#define VIRTIO_ID_RPMSG 7

#endif
