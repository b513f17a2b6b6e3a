import { MetalError } from "../../error.ts";
import type { Timer, WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";
import type { OwnedDescriptor } from "../descriptor/owned_descriptor.ts";
import { callAgain } from "../libc/call_again.ts";
import { openPoller } from "./poller.ts";
import type { Direction } from "./poll_set.ts";

/**
 * Milliseconds between two looks for room in a socket, which is told of only once three quarters of it
 * are free (`unix_writable` of the kernel): a peer that answers each message would wait for ever.
 */
const WRITE_INTERVAL = 10;

/** A call on a descriptor that may have to wait until it is ready. */
export interface WhenReady<Value> extends WaitOptions {
  /** What is attempted, on what, for messages. */
  readonly what: string;
  /** What the descriptor has to be ready for. */
  readonly direction: Direction;
  /** Milliseconds until it fails with `TIMEOUT`. */
  readonly timeout: number;
  /** Makes the call. Returns undefined where it would have to wait; may throw. */
  readonly attempt: (descriptor: number) => Value | undefined;
}

/**
 * Makes a call on a non-blocking descriptor, and makes it again when the descriptor is ready.
 *
 * @param owner The descriptor. Others wait until the call is over: one at a time in each direction.
 * @param call The call, and how long it may wait.
 * @returns What the call has returned.
 * @throws {MetalError} `TIMEOUT`; `ABORTED`; `CLOSED` where the descriptor is closed before or
 *   meanwhile; `EXISTS` where another call waits; `INVALID_ARGUMENT` for the timeout.
 */
export async function whenReady<Value>(
  owner: OwnedDescriptor,
  call: WhenReady<Value>,
): Promise<Value> {
  const { what, direction, timeout, attempt, signal } = call;
  // Written so that NaN fails too: a wait without an end.
  if (!(timeout >= 0)) {
    throw new MetalError("INVALID_ARGUMENT", `${what}: ${timeout} is no number of milliseconds`);
  }
  const end = hostClock.now() + timeout;
  for (;;) {
    if (signal?.aborted) throw abortedError(what, signal);
    if (owner.closed.aborted) throw new MetalError("CLOSED", `${what}: it is closed`);
    const value = callAgain(() => attempt(owner.descriptor));
    if (value !== undefined) return value;
    const rest = end - hostClock.now();
    if (rest <= 0) throw new MetalError("TIMEOUT", `${what}: nothing within ${timeout} ms`);
    const most = direction === "write" ? WRITE_INTERVAL : rest;
    await untilReady(owner, direction, Math.min(rest, most), what, signal);
  }
}

/** Resolves when the descriptor is ready, and also when its time is up or its owner closes it. */
async function untilReady(
  owner: OwnedDescriptor,
  direction: Direction,
  rest: number,
  what: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const poller = await openPoller();
  if (owner.closed.aborted) return;
  let timer: Timer | undefined;
  let watch: Disposable | undefined;
  let over: (() => void) | undefined;
  let abort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const { descriptor } = owner;
      const slot = { callback: () => resolve(), isLast: () => true, keepAlive: true };
      watch = poller.watch(descriptor, direction, slot);
      timer = hostClock.after(rest, resolve);
      over = () => {
        watch?.[Symbol.dispose]();
        resolve();
      };
      owner.closed.addEventListener("abort", over, { once: true });
      abort = () => reject(abortedError(what, signal));
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
    });
  } finally {
    timer?.cancel();
    watch?.[Symbol.dispose]();
    if (over !== undefined) owner.closed.removeEventListener("abort", over);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
  }
}

function abortedError(what: string, signal: AbortSignal | undefined): MetalError {
  return new MetalError("ABORTED", `${what}: aborted`, { cause: signal?.reason });
}
