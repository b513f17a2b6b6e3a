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

/** Begins a regular expression that is written as text: the filter for the names of tests is one. */
const PATTERN = "\0pattern:";

function replace(_key: string, value: unknown): unknown {
  return value instanceof RegExp ? `${PATTERN}${value.flags}:${value.source}` : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(PATTERN)) return value;
  const [, flags, source = ""] = /^([a-z]*):(.*)$/s.exec(value.slice(PATTERN.length)) ?? [];
  return new RegExp(source, flags);
}

/** The channel over a socket. */
export function channelOver(socket: Socket): Channel {
  const listeners = new Set<(message: unknown) => void>();
  let rest = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message: unknown = parse(line, revive);
      for (const listener of listeners) listener(message);
    }
  });
  return {
    send: (message) => void socket.write(`${stringify(message, replace)}\n`),
    onMessage: (listener) => void listeners.add(listener),
    offMessage: (listener) => void listeners.delete(listener),
  };
}
