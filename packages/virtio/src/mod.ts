/**
 * VirtIO: rings, and the seam between a device type and the transport that carries it.
 *
 * Both sides are here, driver and device, and each takes the other for hostile: what a peer may
 * write is read once and checked, and a peer that breaks a rule gets a broken queue, with one
 * event, and nothing else.
 *
 * @example Both sides of one ring
 * ```ts
 * import { addressSpace, bufferMemory } from "@openamp/libmetal";
 * import { SplitDeviceVirtqueue, SplitDriverVirtqueue, splitRing } from "@openamp/virtio";
 *
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(8192) });
 * const space = addressSpace([{ name: "shm", address: 0, memory }]);
 * const driver = new SplitDriverVirtqueue(splitRing(space, 0, 16, 4));
 * const device = new SplitDeviceVirtqueue(splitRing(space, 0, 16, 4), space);
 *
 * const head = driver.add(4096, 512, true);
 * driver.publish();
 * if (device.take() !== head) throw new Error("The device sees what the driver published");
 * device.complete(head, 32);
 * device.publish();
 * if (driver.takeUsed() !== head || driver.usedLength !== 32) throw new Error("And gives it back");
 * ```
 *
 * @module
 */
export * from "./error.ts";
export * from "./ring/split_ring_layout.ts";
export * from "./ring/split_ring.ts";
export * from "./ring/broken_queue.ts";
export * from "./ring/need_event.ts";
export * from "./ring/virtqueue.ts";
export * from "./ring/split_driver_virtqueue.ts";
export * from "./ring/split_device_virtqueue.ts";
export * from "./transport/driver_transport.ts";
export * from "./transport/device_transport.ts";
