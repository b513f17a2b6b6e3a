import type { Clock } from "./clock.ts";

/** The clock of the machine that this program runs on: `performance.now` and `setTimeout`. */
export const hostClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const handle = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};
