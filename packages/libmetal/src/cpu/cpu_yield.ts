/** What the engine offers to a thread that spins: ES2026, so that it may be absent. */
const pause: unknown = Reflect.get(Atomics, "pause");

/**
 * Tells the processor that this thread spins, so that another one of its core gets on: between two
 * looks at a word, in a loop that is bounded. Where the engine has no `Atomics.pause`, it does
 * nothing. It gives no time to other threads or callbacks: for that, sleep. Upstream:
 * `metal_cpu_yield`.
 */
export const cpuYield: () => void = isPause(pause) ? () => pause() : () => {};

function isPause(value: unknown): value is () => void {
  return typeof value === "function";
}
