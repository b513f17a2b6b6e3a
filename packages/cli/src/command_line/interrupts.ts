import { constants } from "node:os";
import process from "node:process";
import { CliError } from "../error.ts";

/** The signals that ask a program to end, and that can be handled. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The reason of a signal of the operating system. */
export class InterruptError extends CliError {
  /** What a shell gives for a program that the signal has ended: 128 and its number. */
  readonly exitStatus: number;

  /**
   * @param signal Which one.
   */
  constructor(signal: NodeJS.Signals) {
    super("INTERRUPTED", `Ended by ${signal}`);
    this.exitStatus = 128 + constants.signals[signal];
  }
}

/** The end of a program that was asked for from outside. */
export interface Interrupts extends Disposable {
  /** Aborts with an {@linkcode InterruptError} when the end is asked for. */
  readonly signal: AbortSignal;
}

/**
 * Turns what asks this process to end into an abort, so that it ends what it has started: SIGINT,
 * SIGTERM and SIGHUP, and a reader of its output that went away, which a program in C is told by
 * SIGPIPE. A second signal ends the process at once.
 *
 * @returns The abort. Dispose of it to let signals end the process again.
 */
export function catchInterrupts(): Interrupts {
  const controller = new AbortController();

  function onSignal(signal: NodeJS.Signals): void {
    const reason = new InterruptError(signal);
    if (controller.signal.aborted) process.exit(reason.exitStatus);
    controller.abort(reason);
  }

  function onOutputError(): void {
    // Every write that follows fails as well.
    if (!controller.signal.aborted) controller.abort(new InterruptError("SIGPIPE"));
  }

  for (const signal of SIGNALS) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onOutputError);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      // Not those of the streams: a write may fail after the last line of the program.
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
