/** A promise with the calls that settle it: `Promise.withResolvers`, which Node 20 has not. */
export interface Deferred<Value> {
  /** Settles once, by one of the calls below. */
  readonly promise: Promise<Value>;
  /** Fulfils the promise. */
  readonly resolve: (value: Value) => void;
  /** Rejects the promise. */
  readonly reject: (reason: unknown) => void;
}

/** Makes a promise that is settled from outside. */
export function deferred<Value>(): Deferred<Value> {
  let calls: Pick<Deferred<Value>, "resolve" | "reject"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    calls = { resolve, reject };
  });
  // The executor above has run by now: a promise calls it at once.
  const { resolve, reject } = calls!;
  return { promise, resolve, reject };
}
