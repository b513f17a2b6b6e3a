import type { StreamListener, StreamReading } from "./stream_reading.ts";

/** The part of Bun that is used here. Its own types are not at hand in Deno, and leave `fd` out. */
interface BunSockets {
  connect(options: {
    readonly fd: number;
    readonly socket: {
      readonly data: (socket: unknown, bytes: Uint8Array) => void;
      readonly close: () => void;
      readonly error: () => void;
    };
  }): Promise<{ terminate(): void }>;
}

/**
 * Reads a Unix socket in Bun's event loop.
 *
 * @param descriptor The socket, which Bun closes from here on.
 * @param listener Who is told.
 */
export async function readStreamInBun(
  descriptor: number,
  listener: StreamListener,
): Promise<StreamReading> {
  const host: object = globalThis;
  const bun: BunSockets = Reflect.get(host, "Bun");
  const socket = await bun.connect({
    fd: descriptor,
    socket: {
      data: (_, bytes) => listener.data(bytes),
      close: () => listener.end(),
      // The close that follows says the same.
      error() {},
    },
  });
  return { close: () => socket.terminate() };
}
