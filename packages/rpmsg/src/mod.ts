/**
 * RPMsg: messages over a virtio device, as host and as remote.
 *
 * @module
 */
export * from "./error.ts";
export * from "./message/message.ts";
export * from "./endpoint/endpoint.ts";
export * from "./name_service/announcement.ts";
export * from "./state/counters.ts";
export * from "./device/rpmsg_device.ts";
export { type BufferMemory } from "./buffer/host_buffers.ts";
export * from "./device/open_host.ts";
export * from "./device/open_remote.ts";
