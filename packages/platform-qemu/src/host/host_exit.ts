import process from "node:process";

/** The signals that end a program which does not handle them, and that can be handled. */
const deadlySignals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Marks the signal handlers of every loaded version of this module. */
const ours: unique symbol = Symbol.for("@openamp/platform-qemu signal handler");

const cleanups = new Set<() => void>();

/**
 * Does something at the end of this program: a normal exit, an uncaught error, SIGHUP, SIGINT or
 * SIGTERM. Where the program handles a signal itself, the program decides what it means, and the
 * cleanup waits for its exit. Nothing can be done here about SIGKILL.
 *
 * @param cleanup What to do; synchronous, and it does not throw.
 * @returns Takes it back.
 */
export function atHostExit(cleanup: () => void): Disposable {
  // A function of its own, so that one cleanup may be added twice.
  const added = (): void => cleanup();
  if (cleanups.size === 0) install();
  cleanups.add(added);
  return {
    [Symbol.dispose]() {
      cleanups.delete(added);
      if (cleanups.size === 0) uninstall();
    },
  };
}

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
  uninstall();
}

// Deno emits no `exit` after an uncaught error. A program that handles such errors goes on.
function onUncaughtError(): void {
  if (process.listenerCount("uncaughtException") === 0) cleanUp();
}

const onSignal: ((signal: NodeJS.Signals) => void) & { [ours]?: true } = (signal) => {
  const others = process.listeners(signal).filter((each) => !(ours in each));
  if (others.length > 0) return;
  cleanUp();
  // Our handlers are gone, so that this is the end, with the status that the signal's sender expects.
  process.kill(process.pid, signal);
};
onSignal[ours] = true;

function install(): void {
  process.on("exit", cleanUp);
  process.on("uncaughtExceptionMonitor", onUncaughtError);
  for (const signal of deadlySignals) process.on(signal, onSignal);
}

function uninstall(): void {
  process.off("exit", cleanUp);
  process.off("uncaughtExceptionMonitor", onUncaughtError);
  for (const signal of deadlySignals) process.off(signal, onSignal);
}
