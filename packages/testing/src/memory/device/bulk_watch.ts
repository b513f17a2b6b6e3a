/**
 * Why memory of kind `device` does not stand an operation on an array over it.
 *
 * - `bulk`: it may use loads and stores wider than 8 bytes, or not aligned, as `memcpy` does.
 * - `read-modify-write`: it needs an exclusive access or an atomic instruction.
 */
export type BulkRule = "bulk" | "read-modify-write";

/** Hears of an operation, before it happens. What it throws comes out of the operation. */
export type BulkObserver = (operation: string, rule: BulkRule) => void;

/** Operations that are one instruction which reads and writes. */
const READ_MODIFY_WRITE = ["add", "and", "compareExchange", "exchange", "or", "sub", "xor"];

const observers = new WeakMap<object, BulkObserver>();
/** How many buffers are watched, and what ends the watch of the realm. */
let watched = 0;
let restore: () => void = () => undefined;

/**
 * Watches a buffer for every operation that memory of kind `device` does not stand: all methods of
 * typed arrays and of `DataView`, whether an array over the buffer has them or is given to them,
 * `TextDecoder`, and the `Atomics` that read and write at once. What is left is a read or a write of
 * an element, `Atomics.load` and `Atomics.store`: one aligned access each.
 *
 * While any buffer is watched, the built-in functions of the realm look first at whose buffer it is.
 * A constructor that copies (`new Uint8Array(array)`) is not seen.
 *
 * @param buffer The buffer.
 * @param observe Hears of each operation.
 * @returns Ends the watch when it is disposed of.
 *
 * @example
 * ```ts
 * import { watchBulk } from "@openamp/testing";
 *
 * const buffer = new ArrayBuffer(8);
 * const bytes = new Uint8Array(buffer);
 * const seen: string[] = [];
 * {
 *   using _watch = watchBulk(buffer, (operation) => seen.push(operation));
 *   bytes[0] = 1;
 *   bytes.fill(2);
 *   new DataView(buffer).setUint32(1, 3);
 * }
 * bytes.fill(4);
 * if (seen.join() !== "fill,setUint32") throw new Error("Bulk, and not aligned");
 * ```
 */
export function watchBulk(buffer: ArrayBufferLike, observe: BulkObserver): Disposable {
  observers.set(buffer, observe);
  if (watched++ === 0) restore = watchRealm();
  let ended = false;
  return {
    [Symbol.dispose]() {
      if (ended) return;
      ended = true;
      observers.delete(buffer);
      if (--watched === 0) restore();
    },
  };
}

/** Puts an observer before the built-in functions; returns what takes it away again. */
function watchRealm(): () => void {
  const undo: (() => void)[] = [];
  for (const prototype of [
    Object.getPrototypeOf(Uint8Array.prototype) as unknown,
    Uint8Array.prototype,
    DataView.prototype,
    TextDecoder.prototype,
  ]) {
    if (!isObject(prototype)) continue;
    for (const key of Reflect.ownKeys(prototype)) {
      if (key !== "constructor") undo.push(watchFunction(prototype, key, "bulk"));
    }
  }
  for (const key of READ_MODIFY_WRITE) undo.push(watchFunction(Atomics, key, "read-modify-write"));
  return () => {
    for (const each of undo) each();
  };
}

function watchFunction(owner: object, key: string | symbol, rule: BulkRule): () => void {
  const original = Object.getOwnPropertyDescriptor(owner, key);
  const { value: operation }: { value?: unknown } = original ?? {};
  if (original === undefined || typeof operation !== "function") return () => undefined;
  const name = String(key);
  Object.defineProperty(owner, key, {
    ...original,
    value(this: unknown, ...values: unknown[]): unknown {
      observerOf(this)?.(name, rule);
      for (const value of values) observerOf(value)?.(name, rule);
      return Reflect.apply(operation, this, values);
    },
  });
  return () => Object.defineProperty(owner, key, original);
}

function observerOf(value: unknown): BulkObserver | undefined {
  if (!isObject(value)) return undefined;
  return observers.get(ArrayBuffer.isView(value) ? value.buffer : value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
