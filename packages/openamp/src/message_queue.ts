/** A place in the line of those who wait for a value. */
interface Taker<Value> {
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Values between a handler that pushes and readers that wait, up to a depth. */
export class MessageQueue<Value> {
  /** Values that came when the queue was full. */
  dropped = 0;
  readonly #depth: number;
  readonly #values: Value[] = [];
  readonly #takers = new Set<Taker<Value>>();
  #ended = false;
  #failure: unknown;

  /**
   * @param depth How many values wait at the most.
   */
  constructor(depth: number) {
    this.#depth = depth;
  }

  /** Adds a value; where the queue is full or ended it is counted and dropped. */
  push(value: Value): void {
    const [taker] = this.#takers;
    if (taker !== undefined) {
      this.#takers.delete(taker);
      taker.resolve(value);
    } else if (this.#ended || this.#values.length >= this.#depth) this.dropped++;
    else this.#values.push(value);
  }

  /** Ends the queue: what is in it can still be taken. With a reason, later takes reject with it. */
  end(reason?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = reason;
    for (const taker of this.#takers) this.#finish(taker);
    this.#takers.clear();
  }

  /**
   * Takes the next value, or waits for it.
   *
   * @param onWait Called where it has to wait, with what gives the wait up.
   * @returns The value; undefined where the queue ended without a reason.
   */
  take(onWait?: (giveUp: (reason: unknown) => void) => void): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#values.length > 0) resolve(this.#values.shift());
      else if (this.#ended) this.#finish(taker);
      else {
        this.#takers.add(taker);
        onWait?.((reason) => {
          if (this.#takers.delete(taker)) reject(reason);
        });
      }
    });
  }

  #finish(taker: Taker<Value>): void {
    if (this.#failure === undefined) taker.resolve(undefined);
    else taker.reject(this.#failure);
  }
}
