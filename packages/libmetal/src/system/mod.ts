/**
 * What of libmetal needs the operating system: memory that processes share, doorbells
 * between them, devices, and files.
 *
 * Linux, on Bun, on Deno with `--allow-ffi`, on Node with the package koffi. Nothing of the runtime
 * is touched before the first call.
 *
 * @example
 * ```ts
 * import { createSharedMemory } from "@openamp/libmetal/system";
 *
 * using shared = await createSharedMemory({ size: 4096, physicalAddress: 0x21000000 });
 * shared.memory.write32(0, 42);
 * if (shared.memory.read32(0) !== 42) throw new Error("It is memory");
 * ```
 *
 * @module
 */

// Shared memory.
export type {
  DescriptorOptions,
  MappedFile,
  SharedMemoryOptions,
} from "./memory/shared_mapping.ts";
export { mapSharedFile, type SharedFileOptions } from "./memory/shared_file.ts";
export * from "./memory/shared_memory.ts";
export * from "./memory/posix_memory.ts";
export { type HugePages, hugePages } from "./memory/huge_pages.ts";
export * from "./memory/process_heap.ts";

// Locks.
export * from "./futex/open_futex.ts";
export * from "./lock/thread_identity.ts";

// Descriptors, and sockets that pass them on.
export * from "./poll/watch_readable.ts";
export type { OwnedDescriptor } from "./descriptor/owned_descriptor.ts";
export * from "./descriptor/eventfd.ts";
export {
  adoptUnixSocket,
  type PeerCredentials,
  type UnixSocket,
  unixSocketPair,
  type UnixSocketType,
} from "./socket/unix_socket.ts";
export * from "./socket/unix_listener.ts";
export * from "./socket/connect_unix_socket.ts";
export { sendDescriptors } from "./socket/send_descriptors.ts";
export * from "./socket/receive_descriptors.ts";

// Doorbells.
export * from "./doorbell/socket_doorbell.ts";
export * from "./doorbell/eventfd_doorbell.ts";
export * from "./doorbell/open_doorbell.ts";

// Devices and buses.
export type { BindingOptions } from "./device/driver_binding.ts";
export type { KernelBus, KernelBusOptions } from "./device/kernel_bus.ts";
export { platformBus } from "./device/platform_bus.ts";
export { pciBus, type PciOpenOptions } from "./device/pci_bus.ts";
export * from "./device/linux_buses.ts";
export type { PciInterruptKind, PciInterruptOptions } from "./device/vfio/vfio_interrupts.ts";

// Files and time.
export * from "./files/host_files.ts";
export * from "./time/monotonic_timestamp.ts";
