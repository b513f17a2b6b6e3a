import { MetalError } from "../../error.ts";
import { hostClock } from "../../time/host_clock.ts";
import { waitQueue } from "../../time/wait_queue.ts";
import type { WaitOptions } from "../../time/clock.ts";

/** Milliseconds that the kernel and udev have to make a file. Upstream waits for 10. */
export const DEFAULT_WAIT = 2000;

const waits = waitQueue({
  clock: hostClock,
  error: (failure, what, cause) =>
    new MetalError(
      failure,
      failure === "TIMEOUT" ? `${what}: it has not come in time` : `${what}: the wait was aborted`,
      { cause },
    ),
});

/**
 * Waits until a file has come that another one makes: the kernel, or udev.
 *
 * @param what What is waited for, for the error.
 * @param look Finds it, or gives undefined.
 * @param options For how long. Default 2 seconds.
 * @returns What was found.
 * @throws {MetalError} `TIMEOUT`, `ABORTED`, or what `look` throws.
 */
export async function waitUntil<Value>(
  what: string,
  look: () => Value | undefined,
  options: WaitOptions = {},
): Promise<Value> {
  let found: Value | undefined;
  await waits.wait({
    what,
    look: () => (found = look()) !== undefined,
    timeout: options.timeout ?? DEFAULT_WAIT,
    signal: options.signal,
  });
  return found!;
}
