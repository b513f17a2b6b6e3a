import { Socket } from "node:net";
import type { StreamListener, StreamReading } from "./stream_reading.ts";

/**
 * Reads a Unix socket by `node:net`.
 *
 * @param descriptor The socket, which the runtime closes from here on.
 * @param listener Who is told.
 */
export function readStreamByNet(descriptor: number, listener: StreamListener): StreamReading {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on("data", (bytes: Uint8Array) => listener.data(bytes));
  socket.once("close", () => listener.end());
  // A peer that was killed with rings unread: the close that follows says the same.
  socket.on("error", () => {});
  return { close: () => void socket.destroy() };
}
