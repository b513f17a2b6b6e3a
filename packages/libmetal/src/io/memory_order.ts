/**
 * How an access is ordered among the other accesses of its thread, by the names of C11
 * (`memory_order_relaxed` …).
 *
 * JavaScript has two kinds of accesses, and this is which one each name gets:
 *
 * - `relaxed`: a plain access of a typed array. It is one load or store of its width and is not
 *   torn, but the engine may move it among the other plain accesses of this thread, merge two of
 *   them, or take one out of a loop: a loop that waits for somebody never reads like this.
 * - `acquire`, `release`, `acq_rel`, `seq_cst`: sequentially consistent, as `Atomics.load` and
 *   `Atomics.store`; there is nothing between the two kinds. A read takes what the other side has
 *   published; a write publishes what was written before it, by words and by blocks.
 */
export type MemoryOrder = "relaxed" | "acquire" | "release" | "acq_rel" | "seq_cst";
