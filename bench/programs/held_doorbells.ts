import { type Doorbell, listeners } from "@openamp/libmetal";

/** Two ends of a line in one thread that may be held: what is rung meanwhile is heard later. */
export interface HeldDoorbells {
  /** The host's end: it rings the remote. */
  readonly toRemote: Doorbell;
  /** The remote's end: it rings the host. */
  readonly toHost: Doorbell;
  /** Holds the rings to the remote back. */
  readonly hold: () => void;
  /** Ends the hold; the remote hears one ring, if any was made. */
  readonly release: () => void;
}

/**
 * Makes the line. What is not held is heard at once, on the stack of who rings: an rpmsg device that
 * is rung while it drains only notes it. It allocates nothing per ring.
 *
 * @returns The line.
 */
export function heldDoorbells(): HeldDoorbells {
  const host = listeners<number | undefined>();
  const remote = listeners<number | undefined>();
  let held = false;
  let pending = -1;
  return {
    toRemote: {
      ring(id) {
        if (held) pending = id ?? 0;
        else remote.emit(id);
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
      if (pending < 0) return;
      const id = pending;
      pending = -1;
      remote.emit(id);
    },
  };
}
