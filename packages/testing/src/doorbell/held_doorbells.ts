import { type Doorbell, listeners } from "@openamp/libmetal";

/** Two ends of a line in one thread that may be held: what is rung meanwhile is heard later. */
export interface HeldDoorbells {
  /** The host's end: it rings the remote. */
  readonly toRemote: Doorbell;
  /** The remote's end: it rings the host. */
  readonly toHost: Doorbell;
  /** Holds the rings to the remote back. */
  readonly hold: () => void;
  /** Ends the hold; the remote hears the last ring, if any was made. */
  readonly release: () => void;
}

/**
 * Makes a line for what is measured: a ring allocates nothing, and is heard at once, on the stack of
 * who rings. A sender that rings for each message, and wants many of them to be seen in one go, holds
 * it meanwhile.
 *
 * @returns The line.
 *
 * @example
 * ```ts
 * import { heldDoorbells } from "@openamp/testing";
 *
 * const { toRemote, toHost, hold, release } = heldDoorbells();
 * const heard: (number | undefined)[] = [];
 * toHost.listen((id) => heard.push(id));
 * hold();
 * toRemote.ring(0);
 * toRemote.ring(1);
 * release();
 * if (heard.length !== 1 || heard[0] !== 1) throw new Error("Both rings came as one");
 * ```
 */
export function heldDoorbells(): HeldDoorbells {
  const host = listeners<number | undefined>();
  const remote = listeners<number | undefined>();
  let held = false;
  let pending = false;
  let last: number | undefined;
  return {
    toRemote: {
      ring(id) {
        if (held) {
          pending = true;
          last = id;
        } else {
          remote.emit(id);
        }
      },
      listen: (callback) => host.add(callback),
    },
    toHost: {
      ring: (id) => host.emit(id),
      listen: (callback) => remote.add(callback),
    },
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      if (!pending) return;
      pending = false;
      remote.emit(last);
    },
  };
}
