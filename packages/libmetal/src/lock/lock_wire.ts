/**
 * Offsets and flags of the locks in shared memory; `LOCK_LAYOUTS` has them as data, with the rules.
 */

/** The number of the thread that owns the word. */
export const FUTEX_TID_MASK = 0x3fffffff;
/** An owner has died with it, and nobody has taken it since. */
export const FUTEX_OWNER_DIED = 0x40000000;
/** Threads sleep on the word: 0x80000000, signed as the words of an `Int32Array` are. */
export const FUTEX_WAITERS: number = 0x80000000 | 0;

/** Everyone's, by compare-and-exchange. */
export const MUTEX_WORD = 0;
/** The owner's: how many more times it has taken the mutex, or `MUTEX_DEPTH_TASK`. */
export const MUTEX_DEPTH = 4;
/** The owner's: its number, and in the next word its start time, as one store of 64 bits. */
export const MUTEX_OWNER = 8;
export const MUTEX_SIZE = 16;
/** The depth of a mutex that one task of the thread owns: the others do not nest. */
export const MUTEX_DEPTH_TASK: number = -1;

/** Everyone's: one more at each signal and broadcast; the waiters sleep on it. */
export const CONDITION_SEQUENCE = 0;
export const CONDITION_SIZE = 8;

/** As a mutex: the writer's, also while it waits for the readers to leave. */
export const RWLOCK_WRITER = 0;
/** Everyone's: one more when a writer leaves; the readers that wait sleep on it. */
export const RWLOCK_GATE = 16;
/** Everyone's: one more when a reader leaves; the writer that waits sleeps on it. */
export const RWLOCK_DRAINED = 20;
/** The readers' places, each as a mutex that its reader owns. */
export const RWLOCK_READERS = 24;
