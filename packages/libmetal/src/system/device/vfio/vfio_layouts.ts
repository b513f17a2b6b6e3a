import type { ConstantRow, StructLayout } from "../../../wire/struct_layout.ts";

/**
 * The structures of VFIO's orders, as far as they are used: each tells its size in `argsz`, so that
 * newer kernels know where an older program's ends. A test holds them against the header.
 */
export const VFIO_GROUP_STATUS = {
  name: "vfio_group_status",
  source: "linux/vfio.h",
  size: 8,
  fields: { argsz: { offset: 0, size: 4 }, flags: { offset: 4, size: 4 } },
} as const;

export const VFIO_DEVICE_INFO = {
  name: "vfio_device_info",
  source: "linux/vfio.h",
  size: 16,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    num_regions: { offset: 8, size: 4 },
    num_irqs: { offset: 12, size: 4 },
  },
} as const;

export const VFIO_REGION_INFO = {
  name: "vfio_region_info",
  source: "linux/vfio.h",
  size: 32,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    index: { offset: 8, size: 4 },
    cap_offset: { offset: 12, size: 4 },
    size: { offset: 16, size: 8 },
    offset: { offset: 24, size: 8 },
  },
} as const;

export const VFIO_INFO_CAP_HEADER = {
  name: "vfio_info_cap_header",
  source: "linux/vfio.h",
  size: 8,
  fields: {
    id: { offset: 0, size: 2 },
    version: { offset: 2, size: 2 },
    next: { offset: 4, size: 4 },
  },
} as const;

export const VFIO_REGION_INFO_CAP_SPARSE_MMAP = {
  name: "vfio_region_info_cap_sparse_mmap",
  source: "linux/vfio.h",
  size: 16,
  fields: { nr_areas: { offset: 8, size: 4 } },
  tail: { name: "areas", size: 16 },
} as const;

export const VFIO_REGION_SPARSE_MMAP_AREA = {
  name: "vfio_region_sparse_mmap_area",
  source: "linux/vfio.h",
  size: 16,
  fields: { offset: { offset: 0, size: 8 }, size: { offset: 8, size: 8 } },
} as const;

export const VFIO_IRQ_INFO = {
  name: "vfio_irq_info",
  source: "linux/vfio.h",
  size: 16,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    index: { offset: 8, size: 4 },
    count: { offset: 12, size: 4 },
  },
} as const;

export const VFIO_IRQ_SET = {
  name: "vfio_irq_set",
  source: "linux/vfio.h",
  size: 20,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    index: { offset: 8, size: 4 },
    start: { offset: 12, size: 4 },
    count: { offset: 16, size: 4 },
  },
  tail: { name: "data", size: 1 },
} as const;

export const VFIO_IOMMU_TYPE1_INFO = {
  name: "vfio_iommu_type1_info",
  source: "linux/vfio.h",
  size: 20,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    iova_pgsizes: { offset: 8, size: 8 },
    cap_offset: { offset: 16, size: 4 },
  },
} as const;

export const VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE_LAYOUT = {
  name: "vfio_iommu_type1_info_cap_iova_range",
  source: "linux/vfio.h",
  size: 16,
  fields: { nr_iovas: { offset: 8, size: 4 } },
  tail: { name: "iova_ranges", size: 16 },
} as const;

export const VFIO_IOVA_RANGE = {
  name: "vfio_iova_range",
  source: "linux/vfio.h",
  size: 16,
  fields: { start: { offset: 0, size: 8 }, end: { offset: 8, size: 8 } },
} as const;

export const VFIO_IOMMU_TYPE1_DMA_MAP = {
  name: "vfio_iommu_type1_dma_map",
  source: "linux/vfio.h",
  size: 32,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    vaddr: { offset: 8, size: 8 },
    iova: { offset: 16, size: 8 },
    size: { offset: 24, size: 8 },
  },
} as const;

export const VFIO_IOMMU_TYPE1_DMA_UNMAP = {
  name: "vfio_iommu_type1_dma_unmap",
  source: "linux/vfio.h",
  size: 24,
  fields: {
    argsz: { offset: 0, size: 4 },
    flags: { offset: 4, size: 4 },
    iova: { offset: 8, size: 8 },
    size: { offset: 16, size: 8 },
  },
} as const;

/** All of them, for the test. */
export const VFIO_LAYOUTS: readonly StructLayout[] = [
  VFIO_GROUP_STATUS,
  VFIO_DEVICE_INFO,
  VFIO_REGION_INFO,
  VFIO_INFO_CAP_HEADER,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_SPARSE_MMAP_AREA,
  VFIO_IRQ_INFO,
  VFIO_IRQ_SET,
  VFIO_IOMMU_TYPE1_INFO,
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE_LAYOUT,
  VFIO_IOVA_RANGE,
  VFIO_IOMMU_TYPE1_DMA_MAP,
  VFIO_IOMMU_TYPE1_DMA_UNMAP,
];

/**
 * The orders and numbers of VFIO that are used. A test holds each against the header. The first order
 * is `_IO(';', 100)`; they are equal on x86-64, arm64 and riscv64.
 */
export const VFIO = {
  VFIO_API_VERSION: 0,
  VFIO_TYPE1v2_IOMMU: 3,
  VFIO_GET_API_VERSION: 0x3b64,
  VFIO_CHECK_EXTENSION: 0x3b65,
  VFIO_SET_IOMMU: 0x3b66,
  VFIO_GROUP_GET_STATUS: 0x3b67,
  VFIO_GROUP_SET_CONTAINER: 0x3b68,
  VFIO_GROUP_UNSET_CONTAINER: 0x3b69,
  VFIO_GROUP_GET_DEVICE_FD: 0x3b6a,
  VFIO_DEVICE_GET_INFO: 0x3b6b,
  VFIO_DEVICE_GET_REGION_INFO: 0x3b6c,
  VFIO_DEVICE_GET_IRQ_INFO: 0x3b6d,
  VFIO_DEVICE_SET_IRQS: 0x3b6e,
  VFIO_DEVICE_RESET: 0x3b6f,
  VFIO_IOMMU_GET_INFO: 0x3b70,
  VFIO_IOMMU_MAP_DMA: 0x3b71,
  VFIO_IOMMU_UNMAP_DMA: 0x3b72,
  VFIO_GROUP_FLAGS_VIABLE: 1,
  VFIO_GROUP_FLAGS_CONTAINER_SET: 2,
  VFIO_DEVICE_FLAGS_RESET: 1,
  VFIO_DEVICE_FLAGS_PCI: 2,
  VFIO_REGION_INFO_FLAG_READ: 1,
  VFIO_REGION_INFO_FLAG_WRITE: 2,
  VFIO_REGION_INFO_FLAG_MMAP: 4,
  VFIO_REGION_INFO_FLAG_CAPS: 8,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP: 1,
  VFIO_IRQ_INFO_EVENTFD: 1,
  VFIO_IRQ_SET_DATA_NONE: 1,
  VFIO_IRQ_SET_DATA_EVENTFD: 4,
  VFIO_IRQ_SET_ACTION_MASK: 8,
  VFIO_IRQ_SET_ACTION_UNMASK: 16,
  VFIO_IRQ_SET_ACTION_TRIGGER: 32,
  VFIO_PCI_BAR0_REGION_INDEX: 0,
  VFIO_PCI_BAR5_REGION_INDEX: 5,
  VFIO_PCI_CONFIG_REGION_INDEX: 7,
  VFIO_PCI_INTX_IRQ_INDEX: 0,
  VFIO_PCI_MSI_IRQ_INDEX: 1,
  VFIO_PCI_MSIX_IRQ_INDEX: 2,
  VFIO_IOMMU_INFO_PGSIZES: 1,
  VFIO_IOMMU_INFO_CAPS: 2,
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE: 1,
  VFIO_DMA_MAP_FLAG_READ: 1,
  VFIO_DMA_MAP_FLAG_WRITE: 2,
} as const;

/** The same as rows, for the test. */
export const VFIO_CONSTANTS: readonly ConstantRow[] = Object.entries(VFIO).map(([name, value]) => ({
  name,
  value,
  source: "linux/vfio.h",
}));
