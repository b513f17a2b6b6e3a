import type { StructLayout } from "@openamp/libmetal";

/**
 * Head of a resource table; one 32-bit offset for each entry follows it, `num` of them.
 *
 * The firmware writes all of it when it is built; nobody writes it later.
 */
export const RESOURCE_TABLE = {
  name: "resource_table",
  source: "linux/remoteproc.h, struct resource_table",
  size: 16,
  fields: {
    ver: { offset: 0, size: 4 },
    num: { offset: 4, size: 4 },
    reserved: { offset: 8, size: 8 },
  },
  tail: { name: "offset", size: 4 },
} as const;

/** What every entry starts with. The structures below include it, as the C library's do. */
export const FW_RSC_HDR = {
  name: "fw_rsc_hdr",
  source: "linux/remoteproc.h, struct fw_rsc_hdr",
  size: 4,
  fields: { type: { offset: 0, size: 4 } },
} as const;

/** A request for memory. The host writes `da` and `pa` before the processor starts. */
export const FW_RSC_CARVEOUT = {
  name: "fw_rsc_carveout",
  source: "linux/remoteproc.h, struct fw_rsc_carveout, after struct fw_rsc_hdr",
  size: 56,
  fields: {
    type: { offset: 0, size: 4 },
    da: { offset: 4, size: 4 },
    pa: { offset: 8, size: 4 },
    len: { offset: 12, size: 4 },
    flags: { offset: 16, size: 4 },
    reserved: { offset: 20, size: 4 },
    name: { offset: 24, size: 32 },
  },
} as const;

/** A request to reach a peripheral through the IOMMU. Nobody writes it after it was built. */
export const FW_RSC_DEVMEM = {
  name: "fw_rsc_devmem",
  source: "linux/remoteproc.h, struct fw_rsc_devmem, after struct fw_rsc_hdr",
  size: 56,
  fields: {
    type: { offset: 0, size: 4 },
    da: { offset: 4, size: 4 },
    pa: { offset: 8, size: 4 },
    len: { offset: 12, size: 4 },
    flags: { offset: 16, size: 4 },
    reserved: { offset: 20, size: 4 },
    name: { offset: 24, size: 32 },
  },
} as const;

/** Where the remote writes its log. Nobody writes the entry after it was built. */
export const FW_RSC_TRACE = {
  name: "fw_rsc_trace",
  source: "linux/remoteproc.h, struct fw_rsc_trace, after struct fw_rsc_hdr",
  size: 48,
  fields: {
    type: { offset: 0, size: 4 },
    da: { offset: 4, size: 4 },
    len: { offset: 8, size: 4 },
    reserved: { offset: 12, size: 4 },
    name: { offset: 16, size: 32 },
  },
} as const;

/**
 * A virtio device; `num_of_vrings` vrings and then `config_len` bytes of configuration space follow.
 *
 * The host writes `notifyid` and `gfeatures`, then `status`; the remote may set bits of `status` to
 * ask for a reset, and either side may write the configuration space as the device type says.
 */
export const FW_RSC_VDEV = {
  name: "fw_rsc_vdev",
  source: "linux/remoteproc.h, struct fw_rsc_vdev, after struct fw_rsc_hdr",
  size: 28,
  fields: {
    type: { offset: 0, size: 4 },
    id: { offset: 4, size: 4 },
    notifyid: { offset: 8, size: 4 },
    dfeatures: { offset: 12, size: 4 },
    gfeatures: { offset: 16, size: 4 },
    config_len: { offset: 20, size: 4 },
    status: { offset: 24, size: 1 },
    num_of_vrings: { offset: 25, size: 1 },
    reserved: { offset: 26, size: 2 },
  },
} as const;

/** One ring of a virtio device. The host writes `da` and `notifyid` before it sets DRIVER_OK. */
export const FW_RSC_VDEV_VRING = {
  name: "fw_rsc_vdev_vring",
  source: "linux/remoteproc.h, struct fw_rsc_vdev_vring",
  size: 20,
  fields: {
    da: { offset: 0, size: 4 },
    align: { offset: 4, size: 4 },
    num: { offset: 8, size: 4 },
    notifyid: { offset: 12, size: 4 },
    pa: { offset: 16, size: 4 },
  },
} as const;

/** Every structure of this file, for tests that hold them against C. */
export const RESOURCE_LAYOUTS: readonly StructLayout[] = [
  RESOURCE_TABLE,
  FW_RSC_HDR,
  FW_RSC_CARVEOUT,
  FW_RSC_DEVMEM,
  FW_RSC_TRACE,
  FW_RSC_VDEV,
  FW_RSC_VDEV_VRING,
];

/** `enum fw_resource_type` of `<linux/remoteproc.h>`. */
export const RSC = {
  CARVEOUT: 0,
  DEVMEM: 1,
  TRACE: 2,
  VDEV: 3,
  LAST: 4,
  /** First type that belongs to the processor's vendor. */
  VENDOR_START: 128,
  /** Last type that belongs to the processor's vendor. */
  VENDOR_END: 512,
} as const;

/** The only version of the table (`ver`). */
export const RESOURCE_TABLE_VERSION = 1;

/** An address that the host is to choose (`FW_RSC_ADDR_ANY`, −1 in 32 bits). */
export const FW_RSC_ADDR_ANY = 0xffff_ffff;

/** A notify id that the host is to choose (`RSC_NOTIFY_ID_ANY` of the C library, −1 in 32 bits). */
export const FW_RSC_NOTIFY_ID_ANY = 0xffff_ffff;

/** The most vrings that a virtio device may have; Linux refuses more (`RVDEV_NUM_VRINGS`). */
export const RVDEV_NUM_VRINGS = 2;
