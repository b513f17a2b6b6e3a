/**
 * libmetal: memory, locks, doorbells, devices, interrupts, DMA, time and log, the ground floor of
 * OpenAMP.
 *
 * Everything here is plain ECMAScript and runs in Bun, Deno, Node and a browser. What needs the
 * operating system (shared memory of processes, sockets, devices) is in `@openamp/libmetal/system`.
 *
 * @example Memory that another processor sees, and an address in it
 * ```ts
 * import { addressSpace, bufferMemory } from "@openamp/libmetal";
 *
 * const memory = bufferMemory({
 *   name: "psram",
 *   physicalAddress: 0x21000000,
 *   buffer: new SharedArrayBuffer(0x1000),
 * });
 * const bus = addressSpace([{ name: "psram", address: 0x21000000, memory }]);
 * if (bus.resolve(0x21000ff0, 16) === undefined) throw new Error("Inside, and refused");
 * if (bus.resolve(0x21000ff0, 17) !== undefined) throw new Error("Outside, and accepted");
 * ```
 *
 * @module
 */

// Errors, version, and what is passed in.
export * from "./error.ts";
export * from "./version.ts";
export * from "./files/file_system.ts";
export type * from "./wire/struct_layout.ts";

// Utilities.
export * from "./bits/align.ts";
export * from "./bits/bitmap.ts";
export * from "./cpu/cpu_yield.ts";

// Log.
export * from "./log/logger.ts";
export * from "./log/log_level_name.ts";
export * from "./log/printable.ts";
export * from "./log/rate_limited_logger.ts";

// Time, and waiting for a condition.
export * from "./time/clock.ts";
export * from "./time/host_clock.ts";
export * from "./time/next_turn.ts";
export * from "./time/sleep.ts";
export * from "./time/timestamp.ts";
export * from "./time/wait_queue.ts";
export * from "./event/listeners.ts";

// I/O regions.
export type * from "./io/memory_order.ts";
export type * from "./io/io_region.ts";
export type { PageMap, PhysicalAddresses } from "./io/physical_map.ts";
export type * from "./io/region_operations.ts";
export * from "./io/custom_region.ts";
export * from "./io/clamped_blocks.ts";
export type { SubRegionOptions } from "./io/region_part.ts";

// Memory: regions whose bytes are mapped.
export * from "./memory/shared_words.ts";
export * from "./memory/memory.ts";
export * from "./memory/buffer_memory.ts";
export * from "./memory/memory_over.ts";
export * from "./memory/sub_region.ts";
export * from "./memory/read_only.ts";
export * from "./memory/mapped_place.ts";
export type { PeerAccess, PeerRights } from "./memory/peer_access.ts";
export * from "./memory/address_space.ts";

// Locks in shared memory.
export type * from "./lock/futex.ts";
export * from "./lock/atomics_futex.ts";
export type { ThreadIdentity } from "./lock/thread_identity.ts";
export * from "./lock/lock_rows.ts";
export type { LockPlace } from "./lock/lock_place.ts";
export type { LockAcquisition } from "./lock/owner_word.ts";
export * from "./lock/mutex.ts";
export * from "./lock/spinlock.ts";
export * from "./lock/condition_variable.ts";
export * from "./lock/read_write_lock.ts";
export * from "./lock/hardware_spinlock.ts";
export * from "./lock/register_spinlock_bank.ts";

// An allocator in shared memory.
export type { HeapLock } from "./allocator/heap_lock.ts";
export { HEAP_CONSTANTS, HEAP_LAYOUTS } from "./allocator/heap_layout.ts";
export type { HeapBlock, HeapStatistics } from "./allocator/heap_blocks.ts";
export type { AllocateOptions, SharedHeap } from "./allocator/shared_heap.ts";
export * from "./allocator/open_heap.ts";

// Doorbells.
export * from "./doorbell/doorbell.ts";
export * from "./doorbell/futex_doorbell.ts";

// Devices and buses.
export type * from "./device/device.ts";
export * from "./device/device_interrupt.ts";
export * from "./device/device_properties.ts";
export type * from "./device/device_dma.ts";
export type * from "./device/bus.ts";
export type * from "./device/device_parts.ts";
export * from "./device/opened_devices.ts";
export * from "./device/generic_bus.ts";
export * from "./device/bus_registry.ts";

// Interrupts.
export * from "./interrupt/interrupt.ts";
export type {
  InterruptController,
  RegisteredController,
} from "./interrupt/interrupt_controller.ts";
export type {
  InterruptHandlerStatistics,
  InterruptStatistics,
} from "./interrupt/interrupt_statistics.ts";
export type { SpuriousLimit } from "./interrupt/spurious_interrupts.ts";
export * from "./interrupt/interrupt_domain.ts";
export * from "./interrupt/soft_interrupts.ts";
export * from "./interrupt/doorbell_interrupts.ts";
export * from "./interrupt/device_interrupts.ts";

// DMA and IOMMU.
export {
  type ScatterEntry,
  type ScatterLimits,
  type ScatterList,
  scatterList,
  scatterListAt,
  type ScatterRange,
} from "./dma/scatter_list.ts";
export * from "./dma/dma_ownership.ts";
export type { DmaLimits, DmaSegment } from "./dma/dma_segments.ts";
export type { DmaMapping } from "./dma/dma_mapping.ts";
export * from "./dma/dma_context.ts";
export type { IommuFault, IommuFaultOptions, IommuFaultReason } from "./iommu/iommu_fault.ts";
export * from "./iommu/iommu_domain.ts";
export * from "./iommu/identity_domain.ts";
export * from "./iommu/iova_allocator.ts";
export * from "./iommu/iommu_dma.ts";
