/**
 * OpenAMP: boot another processor and talk to it. The composition of libmetal, virtio, rpmsg and
 * remoteproc, with the platform passed in.
 *
 * @module
 */
export * from "./error.ts";
export type { Channel, ChannelOptions } from "./channel.ts";
export * from "./processor.ts";
