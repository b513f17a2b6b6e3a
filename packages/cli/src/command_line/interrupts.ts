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
  constructor(signal: (typeof SIGNALS)[number]) {
    super("INTERRUPTED", `Ended by ${signal}`);
    this.exitStatus = 128 + constants.signals[signal];
  }
}

/** The end of a program that was asked for from outside. */
export interface Interrupts extends Disposable {
  /** Aborts with an {@linkcode InterruptError} when the first signal comes. */
  readonly signal: AbortSignal;
}

/**
 * Turns the signals that ask this process to end into an abort, so that it ends what it has started.
 * A second signal ends the process at once.
 *
 * @returns The abort. Dispose of it to let signals end the process again.
 */
export function catchInterrupts(): Interrupts {
  const controller = new AbortController();

  function onSignal(signal: NodeJS.Signals): void {
    const named = SIGNALS.find((each) => each === signal);
    if (named === undefined) return;
    const reason = new InterruptError(named);
    if (controller.signal.aborted) process.exit(reason.exitStatus);
    controller.abort(reason);
  }

  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
