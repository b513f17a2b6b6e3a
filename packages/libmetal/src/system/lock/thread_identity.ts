import { MetalError } from "../../error.ts";
import type { ThreadIdentity } from "../../lock/thread_identity.ts";
import { loadLibc, type Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

/** Bytes of `/proc/<tid>/stat` up to field 22 are fewer: a name of 64, and twenty numbers of 20. */
const STAT_SIZE = 512;

/** Fields behind the name, which is the second of them and ends with the last parenthesis. */
const STATE = 3 - 3;
const START_TIME = 22 - 3;

/** A thread that runs no more: it waits for its parent, or for the kernel (proc(5)). */
const DEAD: ReadonlySet<string | undefined> = new Set(["Z", "X", "x"]);

/**
 * Who this thread is, as the operating system says: gettid(2), and when it started, in clock ticks
 * since boot. Whether another thread lives is read from `/proc/<tid>/task/<tid>/stat`, in some 20
 * microseconds.
 *
 * The numbers are those of one PID namespace: share locks between processes of one only, so not
 * between containers.
 *
 * @returns The identity of the thread that calls; each thread asks for its own.
 * @throws {MetalError} `UNSUPPORTED` where the C library cannot be called, or `/proc` is not mounted.
 *
 * @example
 * ```ts
 * import { createMutex } from "@openamp/libmetal";
 * import { createSharedMemory, openFutex, threadIdentity } from "@openamp/libmetal/system";
 *
 * using shared = await createSharedMemory({ size: 4096, physicalAddress: 0 });
 * const { memory } = shared;
 * const identity = await threadIdentity();
 * const mutex = createMutex({ memory, futex: await openFutex(memory), identity, offset: 0 });
 * await mutex.acquireAsync({ timeout: 1000 });
 * if (mutex.owner !== identity.tid) throw new Error("It is this thread's");
 * mutex.release();
 * ```
 */
export async function threadIdentity(): Promise<ThreadIdentity> {
  const libc = await loadLibc();
  const tid = libc.gettid();
  const startTime = startOf(libc, tid);
  if (typeof startTime === "string") {
    throw new MetalError(
      "UNSUPPORTED",
      `Identify thread ${tid}: /proc/${tid}/task/${tid}/stat cannot be read; mount /proc`,
    );
  }
  return {
    tid,
    startTime,
    alive(other, otherStart) {
      const started = startOf(libc, other);
      if (typeof started === "string") return started === "unknown";
      return otherStart === undefined || otherStart === started;
    },
  };
}

/**
 * When a thread started, as a word; `absent` where none of that number lives, and `unknown` where
 * there is one of which nothing can be read: that must not be taken for dead.
 */
function startOf(libc: Libc, tid: number): number | "absent" | "unknown" {
  // The same as /proc/<tid>/stat, which qemu-user makes up for the process that it emulates.
  const path = new TextEncoder().encode(`/proc/${tid}/task/${tid}/stat\0`);
  const descriptor = libc.open(path, LINUX.O_RDONLY | LINUX.O_CLOEXEC, 0);
  const bytes = new Uint8Array(STAT_SIZE);
  let length = -1;
  if (descriptor !== -1) {
    length = libc.read(descriptor, bytes, bytes.length);
    libc.close(descriptor);
  }
  if (length <= 0) {
    // Others' processes may be hidden in /proc (hidepid), and there may be no descriptor left. Signal
    // 0 is sent to nobody, and only looks for the thread.
    const gone = libc.kill(tid, 0) === -1 && libc.errno() === LINUX.ESRCH;
    return gone ? "absent" : "unknown";
  }
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (DEAD.has(fields[STATE])) return "absent";
  return Number(fields[START_TIME]) % 2 ** 32;
}
