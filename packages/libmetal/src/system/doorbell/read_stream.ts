import { versions } from "node:process";
import type { StreamListener, StreamReading } from "./stream_reading.ts";

/**
 * Reads a Unix socket of bytes by what the runtime has for it in its own event loop: `Bun.connect` on
 * Bun, `node:net` on Deno and Node. That takes half to a fourth of the time of a Worker in between
 * (docs/reports/doorbells.md), but is for sockets of this type only.
 *
 * @param descriptor The socket, which the runtime closes from here on.
 * @param listener Who is told.
 * @returns The end of it.
 */
export async function readStream(
  descriptor: number,
  listener: StreamListener,
): Promise<StreamReading> {
  if (versions["bun"] !== undefined) {
    return (await import("./read_stream_bun.ts")).readStreamInBun(descriptor, listener);
  }
  return (await import("./read_stream_net.ts")).readStreamByNet(descriptor, listener);
}
