import type { Socket } from "node:net";
import { parse, stringify } from "flatted";

/**
 * The messages that vitest and an emulated runtime exchange, a line each on a socket.
 *
 * They hold circles and come from different engines, whose own formats are not the same: so they are
 * written as vitest does it for browsers.
 */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  offMessage(listener: (message: unknown) => void): void;
}

/** The channel over a socket. */
export function channelOver(socket: Socket): Channel {
  const listeners = new Set<(message: unknown) => void>();
  let rest = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const message of lines.map((line) => parse(line) as unknown)) {
      for (const listener of listeners) listener(message);
    }
  });
  return {
    send: (message) => void socket.write(`${stringify(message)}\n`),
    onMessage: (listener) => void listeners.add(listener),
    offMessage: (listener) => void listeners.delete(listener),
  };
}
