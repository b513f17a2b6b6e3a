/**
 * Where a processor is in its life. Upstream: `enum remoteproc_state`; in the kernel
 * `enum rproc_state`.
 *
 * - `offline`: nothing is loaded, nothing is held.
 * - `ready`: an image is in memory, the processor does not run.
 * - `running`: it runs.
 * - `crashed`: it died by itself; what it left in memory can still be read.
 * - `stopped`: it was stopped; its memory is still held.
 */
export type RemoteprocState = "offline" | "ready" | "running" | "crashed" | "stopped";

/** The calls that change the state, and from which states each is allowed. */
export const TRANSITIONS: {
  readonly [Action in "load" | "start"]: readonly RemoteprocState[];
} = {
  load: ["offline", "ready", "stopped"],
  start: ["ready"],
};
