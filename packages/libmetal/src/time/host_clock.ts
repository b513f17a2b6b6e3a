import type { Clock } from "./clock.ts";

/** The longest time that `setTimeout` takes, 24.8 days; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the machine that this program runs on: `performance.now` and `setTimeout`. */
export const hostClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const handle = setTimeout(callback, Math.min(milliseconds, LONGEST));
    return { cancel: () => clearTimeout(handle) };
  },
};
