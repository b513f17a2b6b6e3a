/** A list of callbacks that are called together. */
export interface Listeners<Value> {
  /**
   * Adds a callback.
   *
   * @param callback What to call.
   * @returns Takes it off the list when it is disposed of.
   */
  add(callback: (value: Value) => void): Disposable;
  /**
   * Calls every callback that was on the list when the call began, also those behind one that
   * throws. Allocates nothing.
   *
   * @param value What they get.
   * @throws What the first that threw has thrown, once all were called.
   */
  emit(value: Value): void;
}

/**
 * Makes an empty list of callbacks.
 *
 * @returns The list.
 *
 * @example
 * ```ts
 * import { listeners } from "@openamp/libmetal";
 *
 * const rings = listeners<number>();
 * let last = 0;
 * const listening = rings.add((id) => (last = id));
 * rings.emit(7);
 * listening[Symbol.dispose]();
 * rings.emit(8);
 * if (last !== 7) throw new Error("Only the first was heard");
 * ```
 */
export function listeners<Value>(): Listeners<Value> {
  // Replaced and never changed, so that a callback may add and remove while a call goes round.
  let entries: readonly { readonly callback: (value: Value) => void }[] = [];
  return {
    add(callback) {
      // An entry of its own, so that one callback may be added twice.
      const added = { callback };
      entries = [...entries, added];
      return {
        [Symbol.dispose]() {
          entries = entries.filter((each) => each !== added);
        },
      };
    },
    emit(value) {
      const current = entries;
      let failed = false;
      let failure: unknown;
      for (let index = 0; index < current.length; index++) {
        try {
          current[index]!.callback(value);
        } catch (thrown) {
          failure = failed ? failure : thrown;
          failed = true;
        }
      }
      if (failed) throw failure;
    },
  };
}
