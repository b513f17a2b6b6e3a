import type { ConstantRow, StructLayout } from "../wire/struct_layout.ts";

/**
 * What lies in shared memory for each lock: little-endian, at an offset that is a multiple of 8.
 * Bytes of zero are a lock that nobody owns. A spinlock is an `openamp_mutex` too.
 *
 * A program in another language takes part where it obeys these rules. All accesses are sequentially
 * consistent, and no futex is private.
 *
 * - **Take a mutex**: compare-and-exchange `word` from 0 to the own thread's number (gettid(2)).
 *   Where its number is 0 and flags are set, keep `FUTEX_WAITERS`, drop `FUTEX_OWNER_DIED`, and take
 *   care of what that owner left undone. Then, unless `owner_tid` is the own number already, write
 *   number and start time to `owner_tid` and `owner_start` by one store of 64 bits. The start time is
 *   field 22 of `/proc/<tid>/stat`, its low 32 bits.
 * - **Give it back**: compare-and-exchange `word` from the own number to 0; where `FUTEX_WAITERS` was
 *   set, wake one sleeper of `word`.
 * - **Wait for it**: set `FUTEX_WAITERS` in `word`, and sleep on it for no more than 100 ms. Whoever
 *   has slept takes it with `FUTEX_WAITERS` set, or wakes one other when it gives up.
 * - **A dead owner**: no thread of the number in `word` lives, or `owner_tid` is this number and
 *   `owner_start` is not when the living thread started. Compare-and-exchange the whole `word` to the
 *   own number, `FUTEX_WAITERS` kept, and write the owner.
 * - **Before its first use** a thread looks for its own number from an earlier thread, which is dead
 *   then: unless `owner_tid` and `owner_start` are its own, a number of its own in `word` is replaced
 *   by `FUTEX_OWNER_DIED`, and one in `owner_tid` by zeros in both.
 * - **Depth**: the owner of a recursive mutex counts there how many more times it has taken it, and
 *   gives it back with 0 there. One task of a thread that others must not join writes -1.
 * - **A condition**: a waiter reads `sequence`, gives the mutex back, sleeps on `sequence` while it is
 *   what was read, for no more than 100 ms at once, and takes the mutex again. A signal adds 1 and
 *   wakes one sleeper, a broadcast all.
 * - **A reader** takes one of the `readers` as a mutex, then looks at `writer`: where that has an
 *   owner it gives its place back, and sleeps on `gate`. When it leaves it gives its place back, adds
 *   1 to `drained`, and wakes one sleeper of it where `writer` has an owner.
 * - **A writer** takes `writer` as a mutex, then waits until no reader's place has an owner that
 *   lives, asleep on `drained`. When it leaves it gives `writer` back, adds 1 to `gate`, and wakes all
 *   its sleepers. A dead writer's number is replaced by `FUTEX_OWNER_DIED` by a reader that finds it.
 */
export const LOCK_LAYOUTS: readonly StructLayout[] = [
  {
    name: "openamp_mutex",
    source: "@openamp/libmetal",
    size: 16,
    fields: {
      word: { offset: 0, size: 4 },
      depth: { offset: 4, size: 4 },
      owner_tid: { offset: 8, size: 4 },
      owner_start: { offset: 12, size: 4 },
    },
  },
  {
    name: "openamp_condition",
    source: "@openamp/libmetal",
    size: 8,
    fields: {
      sequence: { offset: 0, size: 4 },
      reserved: { offset: 4, size: 4 },
    },
  },
  {
    name: "openamp_rwlock",
    source: "@openamp/libmetal",
    size: 24,
    fields: {
      writer: { offset: 0, size: 16 },
      gate: { offset: 16, size: 4 },
      drained: { offset: 20, size: 4 },
    },
    tail: { name: "readers", size: 16 },
  },
];

/** The flags in the word of a mutex, and the mask of its owner's number. */
export const LOCK_CONSTANTS: readonly ConstantRow[] = [
  { name: "FUTEX_TID_MASK", value: 0x3fffffff, source: "linux/futex.h" },
  { name: "FUTEX_OWNER_DIED", value: 0x40000000, source: "linux/futex.h" },
  { name: "FUTEX_WAITERS", value: 0x80000000, source: "linux/futex.h" },
];
