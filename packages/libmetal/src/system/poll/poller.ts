import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { isMainThread } from "node:worker_threads";
import { MetalError } from "../../error.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { type Direction, pollSet, type Slot } from "./poll_set.ts";
import { startPollWorker, type PollWorker } from "./start_poll_worker.ts";

/** Milliseconds that a poller without a watch stays, since a new one costs tens of them. */
const LINGER = 1000;
/**
 * Milliseconds between two wakes for nothing where the owner is a Worker itself. Whoever terminates
 * that one runs none of its code, and Node waits for the threads below it; the main thread can tell
 * its poller to end, and lets it sleep for ever.
 */
const WAKE_INTERVAL = 250;

/** Watches descriptors for one thread of JavaScript. */
export interface Poller {
  /**
   * Watches a descriptor in one direction.
   *
   * @param descriptor What to watch.
   * @param direction What for.
   * @param slot Whom to tell.
   * @returns Ends the watch: from then on nobody is told, and the descriptor may be closed.
   * @throws {MetalError} As `watchReadable`.
   */
  watch(descriptor: number, direction: Direction, slot: Slot): Disposable;
}

let current: Promise<Poller> | undefined;

/**
 * The poller of this thread, which is started when it is needed and ends when it is not.
 *
 * @returns The poller. Watch in the same turn.
 * @throws {MetalError} `UNSUPPORTED` where the C library cannot be called or no Worker can be had.
 */
export async function openPoller(): Promise<Poller> {
  // What failed is tried again: a permission may have been granted.
  current ??= startPoller().catch((error: unknown) => {
    current = undefined;
    throw error;
  });
  return current;
}

async function startPoller(): Promise<Poller> {
  const libc = await loadLibc();
  const set = libc.epollCreate1(LINUX.EPOLL_CLOEXEC);
  if (set === -1) throw systemError("Start a poller", libc.errno());
  const control = libc.eventfd(0, LINUX.EFD_CLOEXEC | LINUX.EFD_NONBLOCK);
  if (control === -1) {
    const errno = libc.errno();
    libc.close(set);
    throw systemError("Start a poller", errno);
  }
  const descriptors: Descriptors = { set, control };
  const one = new Uint8Array(new BigUint64Array([1n]).buffer);
  const wake = (): void => void libc.write(control, one, one.length);
  try {
    const wakeInterval = isMainThread ? -1 : WAKE_INTERVAL;
    return runPoller(
      libc,
      descriptors,
      wake,
      await startPollWorker({ set, control, wakeInterval }, wake),
    );
  } catch (cause) {
    close(libc, descriptors);
    throw cause;
  }
}

interface Descriptors {
  readonly set: number;
  readonly control: number;
}

function close(libc: Libc, { set, control }: Descriptors): void {
  libc.close(set);
  libc.close(control);
}

function runPoller(
  libc: Libc,
  descriptors: Descriptors,
  wake: () => void,
  worker: PollWorker,
): Poller {
  const watched = pollSet(libc, descriptors.set, changed);
  let closed = false;
  let linger: ReturnType<typeof setTimeout> | undefined;

  function changed(): void {
    if (closed) return;
    if (watched.keptAlive > 0) worker.ref();
    else worker.unref();
    clearTimeout(linger);
    if (watched.size > 0) return;
    linger = setTimeout(stop, LINGER);
    linger.unref();
  }

  function stop(): void {
    if (closed) return;
    closed = true;
    current = undefined;
    clearTimeout(linger);
    process.removeListener("exit", wake);
    wake();
    void worker.ended.then(() => close(libc, descriptors));
  }

  /** Nobody is to wait for a Worker that is gone. */
  async function failAtEnd(): Promise<void> {
    await worker.ended;
    stop();
    watched.fail();
  }

  // Node ends only with its Workers, and nothing else would wake this one.
  process.on("exit", wake);
  worker.listen((told) => watched.tell(told));
  void failAtEnd();
  changed();
  return {
    watch(descriptor, direction, slot) {
      if (closed) throw new MetalError("CLOSED", `Watch descriptor ${descriptor}: too late`);
      return watched.watch(descriptor, direction, slot);
    },
  };
}
