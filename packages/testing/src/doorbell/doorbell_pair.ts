import { listeners } from "@openamp/libmetal";
import type { Doorbell, Listeners } from "@openamp/libmetal";

/**
 * Makes the two ends of a line: what one rings, the other hears, at once and in the same thread.
 *
 * A ring that is made while another is being heard waits until that is over, like an interrupt that
 * is masked while its handler runs: two sides that answer one another do not pile up on the stack.
 * The call of `ring` that was first returns when all are heard. An exception of a listener comes out
 * of it, so that no test passes over it; rings that waited are then lost.
 *
 * @returns The two ends.
 *
 * @example
 * ```ts
 * import { doorbellPair } from "@openamp/testing";
 *
 * const [host, remote] = doorbellPair();
 * const heard: (number | undefined)[] = [];
 * remote.listen((id) => heard.push(id));
 * host.ring(1);
 * if (heard.length !== 1 || heard[0] !== 1) throw new Error("The other end hears the ring");
 * ```
 */
export function doorbellPair(): readonly [Doorbell, Doorbell] {
  const first = listeners<number | undefined>();
  const second = listeners<number | undefined>();
  const waiting: { readonly to: Listeners<number | undefined>; readonly id: number }[] = [];
  let ringing = false;

  function deliver(to: Listeners<number | undefined>, id: number): void {
    waiting.push({ to, id });
    if (ringing) return;
    ringing = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        next.to.emit(next.id);
      }
    } finally {
      waiting.length = 0;
      ringing = false;
    }
  }

  const end = (
    mine: Listeners<number | undefined>,
    theirs: Listeners<number | undefined>,
  ): Doorbell => ({
    ring: (id) => deliver(theirs, id),
    listen: (callback) => mine.add(callback),
  });
  return [end(first, second), end(second, first)];
}
