/** So many different ids are told of one by one; more than these are one call to look at everything. */
const MOST_IDS = 8;
/** Where this many rings or more came at once, some may have been lost before them. */
const MOST_RINGS = 8;

/**
 * The rings that one look at a line has found, merged: each id once, and everything at once where there
 * are many. A line that was full has lost rings, so that many mean the same as one without an id.
 */
export class RingBatch {
  readonly #ids: Uint32Array = new Uint32Array(MOST_IDS);
  #count = 0;
  #rings = 0;
  #everything = false;

  /**
   * Adds a ring.
   *
   * @param id Its notify id, or undefined where it has none.
   */
  add(id: number | undefined): void {
    this.#rings++;
    if (id === undefined || this.#rings > MOST_RINGS) this.#everything = true;
    else if (!this.#ids.subarray(0, this.#count).includes(id)) this.#ids[this.#count++] = id;
  }

  /**
   * Tells what has come, and forgets it.
   *
   * @param tell Gets each id, or undefined once. It is called for all of them also where it throws.
   * @throws What the first call that threw has thrown.
   */
  tell(tell: (id: number | undefined) => void): void {
    if (this.#rings === 0) return;
    const ids = this.#everything ? [undefined] : [...this.#ids.subarray(0, this.#count)];
    this.#count = 0;
    this.#rings = 0;
    this.#everything = false;
    const failures: unknown[] = [];
    for (const id of ids) {
      try {
        tell(id);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
