import { LINUX } from "../libc/linux.ts";
import { openPoller } from "./poller.ts";

/**
 * What happened to a watched descriptor.
 *
 * - `readable`: there is something to read.
 * - `hang-up`: the other end is closed; read what is left, up to the end. Nothing more is told.
 * - `error`: the descriptor has failed, or it cannot be watched any longer. Nothing more is told.
 */
export type DescriptorEvent = "readable" | "hang-up" | "error";

/** How a descriptor is watched. */
export interface WatchOptions {
  /** Whether the program is to stay alive as long as the watch. Default true. */
  readonly keepAlive?: boolean;
}

/**
 * Calls back when a descriptor has something to read: an eventfd, a device (UIO), a pipe, a socket, a
 * terminal, a pidfd.
 *
 * The event loop has its turns meanwhile, and no thread of the runtime's pool is taken: one Worker of
 * this thread's own sleeps in epoll_wait(2) for all that are watched, some thousands if need be. It
 * is started at the first watch and ends a second after the last; on Deno it needs `--allow-read` of
 * this package, beside `--allow-ffi`.
 *
 * The callback reads what is there. It is called once in a turn of the event loop at most, and again
 * only when it has returned: what it has left, or what came meanwhile, is told in a later turn. It
 * should find a descriptor that is non-blocking (`O_NONBLOCK`) or that nobody else reads. A callback
 * that throws is called again, too.
 *
 * Dispose of the watch before the descriptor is closed: from then on nothing is told, also not what
 * was on its way, and the number may be used again at once.
 *
 * @param descriptor The descriptor. It stays the caller's.
 * @param callback Reads what is there.
 * @param options Whether the program stays alive.
 * @returns Ends the watch when it is disposed of.
 * @throws {MetalError} `EXISTS` where it is watched already; `CLOSED` where it is not open;
 *   `INVALID_ARGUMENT` for ordinary files, which are always ready; `UNSUPPORTED` where the C library
 *   cannot be called or the Worker does not start.
 *
 * @example
 * ```ts
 * import { openEventfd, watchReadable } from "@openamp/libmetal/system";
 *
 * using counter = await openEventfd();
 * const { promise, resolve } = Promise.withResolvers<number>();
 * using watch = await watchReadable(counter.descriptor, () => resolve(counter.take()));
 * counter.add(3);
 * if ((await promise) !== 3) throw new Error("It was told, and has read 3");
 * ```
 */
export async function watchReadable(
  descriptor: number,
  callback: (event: DescriptorEvent) => void,
  options: WatchOptions = {},
): Promise<Disposable> {
  const poller = await openPoller();
  return poller.watch(descriptor, "read", {
    keepAlive: options.keepAlive ?? true,
    callback: (events) => callback(nameOf(events)),
    isLast: (events) => nameOf(events) !== "readable",
  });
}

function nameOf(events: number): DescriptorEvent {
  if ((events & (LINUX.EPOLLHUP | LINUX.EPOLLRDHUP)) !== 0) return "hang-up";
  return (events & LINUX.EPOLLERR) === 0 ? "readable" : "error";
}
