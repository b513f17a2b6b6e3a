/*
 * The resource table: what a firmware asks of its host, and where the two meet afterwards. It lies
 * in the ELF section `.resource_table`, little-endian, version 1.
 * Linux: include/linux/remoteproc.h, which is not exported to user space. There the `type` word is
 * a header of its own (fw_rsc_hdr); here it is each entry's first field.
 */
#ifndef RESOURCE_TABLE_H
#define RESOURCE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define RESOURCE_TABLE_VERSION 1

/* Types of entries. */
#define RSC_CARVEOUT 0
#define RSC_DEVMEM 1
#define RSC_TRACE 2
#define RSC_VDEV 3
#define RSC_VENDOR_START 128
#define RSC_VENDOR_END 512

/* A device address that the host shall choose. */
#define FW_RSC_ADDR_ANY 0xFFFFFFFF
/* A notification id that the host shall choose. */
#define FW_RSC_NOTIFY_ID_ANY 0xFFFFFFFF

#define RSC_NAME_SIZE 32

struct resource_table {
  uint32_t ver;         /* RESOURCE_TABLE_VERSION */
  uint32_t num;         /* entries */
  uint32_t reserved[2]; /* 0 */
  uint32_t offset[];    /* of each entry, from the table's first byte */
};

/* Memory that the host shall set aside. */
struct fw_rsc_carveout {
  uint32_t type; /* RSC_CARVEOUT */
  uint32_t da;   /* device address; the host writes it where it was FW_RSC_ADDR_ANY */
  uint32_t pa;   /* physical address; written by the host */
  uint32_t len;
  uint32_t flags; /* for an IOMMU */
  uint32_t reserved;
  char name[RSC_NAME_SIZE];
};

/* Registers that the host shall map for the remote. */
struct fw_rsc_devmem {
  uint32_t type; /* RSC_DEVMEM */
  uint32_t da;
  uint32_t pa;
  uint32_t len;
  uint32_t flags; /* for an IOMMU */
  uint32_t reserved;
  char name[RSC_NAME_SIZE];
};

/* A buffer that the remote writes text into. */
struct fw_rsc_trace {
  uint32_t type; /* RSC_TRACE */
  uint32_t da;
  uint32_t len;
  uint32_t reserved;
  char name[RSC_NAME_SIZE];
};

/* A virtio device; its vrings follow, then config_len bytes of configuration. */
struct fw_rsc_vdev {
  uint32_t type;       /* RSC_VDEV */
  uint32_t id;         /* virtio device id */
  uint32_t notifyid;   /* rung when the host changes status, features or configuration */
  uint32_t dfeatures;  /* features offered */
  uint32_t gfeatures;  /* features accepted; written by the host before DRIVER_OK */
  uint32_t config_len; /* bytes */
  uint8_t status;      /* VIRTIO_CONFIG_S_; written by the host */
  uint8_t num_of_vrings;
  uint8_t reserved[2];
};

struct fw_rsc_vdev_vring {
  uint32_t da;       /* the host writes it where it was FW_RSC_ADDR_ANY */
  uint32_t align;    /* of the used ring, in bytes */
  uint32_t num;      /* descriptors */
  uint32_t notifyid; /* the host writes it where it was FW_RSC_NOTIFY_ID_ANY */
  uint32_t pa;
};

_Static_assert(sizeof(struct resource_table) == 16, "resource_table's head is 16 bytes");
_Static_assert(offsetof(struct resource_table, ver) == 0, "resource_table.ver");
_Static_assert(offsetof(struct resource_table, num) == 4, "resource_table.num");
_Static_assert(offsetof(struct resource_table, reserved) == 8, "resource_table.reserved");
_Static_assert(offsetof(struct resource_table, offset) == 16, "resource_table.offset");
_Static_assert(sizeof(struct fw_rsc_carveout) == 56, "fw_rsc_carveout is 56 bytes");
_Static_assert(offsetof(struct fw_rsc_carveout, type) == 0, "fw_rsc_carveout.type");
_Static_assert(offsetof(struct fw_rsc_carveout, da) == 4, "fw_rsc_carveout.da");
_Static_assert(offsetof(struct fw_rsc_carveout, pa) == 8, "fw_rsc_carveout.pa");
_Static_assert(offsetof(struct fw_rsc_carveout, len) == 12, "fw_rsc_carveout.len");
_Static_assert(offsetof(struct fw_rsc_carveout, flags) == 16, "fw_rsc_carveout.flags");
_Static_assert(offsetof(struct fw_rsc_carveout, reserved) == 20, "fw_rsc_carveout.reserved");
_Static_assert(offsetof(struct fw_rsc_carveout, name) == 24, "fw_rsc_carveout.name");
_Static_assert(sizeof(struct fw_rsc_devmem) == 56, "fw_rsc_devmem is 56 bytes");
_Static_assert(offsetof(struct fw_rsc_devmem, type) == 0, "fw_rsc_devmem.type");
_Static_assert(offsetof(struct fw_rsc_devmem, da) == 4, "fw_rsc_devmem.da");
_Static_assert(offsetof(struct fw_rsc_devmem, pa) == 8, "fw_rsc_devmem.pa");
_Static_assert(offsetof(struct fw_rsc_devmem, len) == 12, "fw_rsc_devmem.len");
_Static_assert(offsetof(struct fw_rsc_devmem, flags) == 16, "fw_rsc_devmem.flags");
_Static_assert(offsetof(struct fw_rsc_devmem, reserved) == 20, "fw_rsc_devmem.reserved");
_Static_assert(offsetof(struct fw_rsc_devmem, name) == 24, "fw_rsc_devmem.name");
_Static_assert(sizeof(struct fw_rsc_trace) == 48, "fw_rsc_trace is 48 bytes");
_Static_assert(offsetof(struct fw_rsc_trace, type) == 0, "fw_rsc_trace.type");
_Static_assert(offsetof(struct fw_rsc_trace, da) == 4, "fw_rsc_trace.da");
_Static_assert(offsetof(struct fw_rsc_trace, len) == 8, "fw_rsc_trace.len");
_Static_assert(offsetof(struct fw_rsc_trace, reserved) == 12, "fw_rsc_trace.reserved");
_Static_assert(offsetof(struct fw_rsc_trace, name) == 16, "fw_rsc_trace.name");
_Static_assert(sizeof(struct fw_rsc_vdev) == 28, "fw_rsc_vdev is 28 bytes");
_Static_assert(offsetof(struct fw_rsc_vdev, type) == 0, "fw_rsc_vdev.type");
_Static_assert(offsetof(struct fw_rsc_vdev, id) == 4, "fw_rsc_vdev.id");
_Static_assert(offsetof(struct fw_rsc_vdev, notifyid) == 8, "fw_rsc_vdev.notifyid");
_Static_assert(offsetof(struct fw_rsc_vdev, dfeatures) == 12, "fw_rsc_vdev.dfeatures");
_Static_assert(offsetof(struct fw_rsc_vdev, gfeatures) == 16, "fw_rsc_vdev.gfeatures");
_Static_assert(offsetof(struct fw_rsc_vdev, config_len) == 20, "fw_rsc_vdev.config_len");
_Static_assert(offsetof(struct fw_rsc_vdev, status) == 24, "fw_rsc_vdev.status");
_Static_assert(offsetof(struct fw_rsc_vdev, num_of_vrings) == 25, "fw_rsc_vdev.num_of_vrings");
_Static_assert(offsetof(struct fw_rsc_vdev, reserved) == 26, "fw_rsc_vdev.reserved");
_Static_assert(sizeof(struct fw_rsc_vdev_vring) == 20, "fw_rsc_vdev_vring is 20 bytes");
_Static_assert(offsetof(struct fw_rsc_vdev_vring, da) == 0, "fw_rsc_vdev_vring.da");
_Static_assert(offsetof(struct fw_rsc_vdev_vring, align) == 4, "fw_rsc_vdev_vring.align");
_Static_assert(offsetof(struct fw_rsc_vdev_vring, num) == 8, "fw_rsc_vdev_vring.num");
_Static_assert(offsetof(struct fw_rsc_vdev_vring, notifyid) == 12, "fw_rsc_vdev_vring.notifyid");
_Static_assert(offsetof(struct fw_rsc_vdev_vring, pa) == 16, "fw_rsc_vdev_vring.pa");

#endif
