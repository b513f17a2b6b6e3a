import type { StreamListener, StreamReading } from "./stream_reading.ts";

/** `Bun.connect` with a descriptor, of which its types say nothing. */
type ConnectDescriptor = (options: Bun.FdSocketOptions) => Promise<Bun.Socket>;

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
  const connect = Bun.connect as unknown as ConnectDescriptor;
  const socket = await connect({
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
