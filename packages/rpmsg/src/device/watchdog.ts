import type { Clock, Timer } from "@openamp/libmetal";

/** Milliseconds between two looks at the rings when nobody rings: rings can be lost (T24). */
export const POLL_INTERVAL = 100;
/** Milliseconds after which a host rings a remote that was not heard for the first time. */
const FIRST_KICK_AGAIN = 10;
/** Milliseconds between two such rings at the most. */
const KICK_AGAIN_MAX = 1000;

/** What a watchdog watches. */
export interface Watched {
  /** Whether the peer has shown a sign of life. */
  readonly heard: boolean;
  /** Looks at the rings. */
  poll(): void;
}

/**
 * Looks at the rings at an interval, for rings that were lost, and rings a silent remote again with
 * back-off: a host may kick before the firmware has registered its interrupt.
 *
 * @param watched The device.
 * @param clock Measures the intervals.
 * @param interval Milliseconds between two looks; 0 for none.
 * @param kick Rings the peer; absent for a remote, which waits to be rung.
 * @returns Ends the watch when it is disposed of.
 */
export function watch(
  watched: Watched,
  clock: Clock,
  interval: number,
  kick?: () => void,
): Disposable {
  let pollTimer: Timer | undefined;
  let kickTimer: Timer | undefined;
  let kickAfter = FIRST_KICK_AGAIN;

  function pollLater(): void {
    pollTimer = clock.after(interval, () => {
      // Set first: a poll may end the watch.
      pollLater();
      watched.poll();
    });
  }

  function kickLater(ring: () => void): void {
    kickTimer = clock.after(kickAfter, () => {
      kickAfter = Math.min(kickAfter * 2, KICK_AGAIN_MAX);
      if (watched.heard) return;
      kickLater(ring);
      ring();
      watched.poll();
    });
  }

  if (interval > 0) pollLater();
  if (kick !== undefined) kickLater(kick);
  return {
    [Symbol.dispose]() {
      pollTimer?.cancel();
      kickTimer?.cancel();
    },
  };
}
