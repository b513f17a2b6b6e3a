import type { Clock } from "@openamp/libmetal";
import { QemuError } from "../error.ts";
import { deferred } from "./deferred.ts";

/** How long something may take. */
export interface Limit {
  /** Measures the timeout. */
  readonly clock: Clock;
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does something within a limit. When the limit is reached only the wait ends: to end what goes on is
 * the caller's part.
 *
 * @param what What is done, for the error message.
 * @param work Does it. A limit within it that is as long as this one is never the first to be
 *   reached.
 * @param limit How long, and what ends the wait.
 * @returns The result.
 * @throws {QemuError} `TIMEOUT` or `ABORTED`, or what the work throws.
 */
export async function within<Value>(
  what: string,
  work: () => Promise<Value>,
  limit: Limit,
): Promise<Value> {
  const { clock, timeout, signal } = limit;
  const ending = deferred<never>();
  const abort = (): void => {
    ending.reject(new QemuError("ABORTED", `${what}: aborted`, { cause: signal?.reason }));
  };
  const timer = clock.after(timeout, () => {
    ending.reject(new QemuError("TIMEOUT", `${what}: not done within ${timeout} ms`));
  });
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return await Promise.race([ending.promise, work()]);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
