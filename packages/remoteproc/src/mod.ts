/**
 * remoteproc: brings firmware into another processor's memory, gives its resource table what it asks
 * for, starts and stops it, and carries its virtio devices.
 *
 * The seam to a platform is `ProcessorDriver`; what reads images and tables without a processor is
 * in `@openamp/remoteproc/elf` and `@openamp/remoteproc/resource-table`.
 *
 * @module
 */
export * from "./error.ts";
export * from "./driver/processor_driver.ts";
export * from "./image/plan.ts";
export * from "./image/loaded_table.ts";
export * from "./image/load_elf.ts";
export * from "./image/read_firmware.ts";
export type { Carveout } from "./carveout/carveout.ts";
export type { TraceBuffer } from "./trace/trace_buffer.ts";
export type { VdevPlace } from "./transport/vdev_place.ts";
export * from "./transport/table_driver_transport.ts";
export * from "./transport/table_device_transport.ts";
export type { RemoteprocState } from "./processor/state.ts";
export type { RemoteprocResources, RemoteprocVdev } from "./processor/resources.ts";
export * from "./processor/remoteproc.ts";
