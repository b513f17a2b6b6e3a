/** What the thread hands to its relay Worker. */
export interface RelayData {
  /** Two words, written by the thread only, at `CONTROL_SENT` and `CONTROL_STOP`. */
  readonly control: SharedArrayBuffer;
  /** False: never call futex_waitv(2). */
  readonly vectored: boolean;
}

/** Whether the data of a Worker are those of a relay. */
export function isRelayData(data: unknown): data is RelayData {
  return (
    typeof data === "object" &&
    data !== null &&
    "vectored" in data &&
    "control" in data &&
    data.control instanceof SharedArrayBuffer
  );
}

/** The word that counts the requests of the thread: the Worker sleeps on it too. */
export const CONTROL_SENT = 0;

/** The word that is 1 when the thread ends: sleep no more. */
export const CONTROL_STOP = 1;

/**
 * What the thread asks of the Worker: to sleep on the word at an address while it is what was
 * expected, or to give up the sleep of that number. The Worker answers each sleep once: with its
 * number where the word was woken or has changed, or with the negative number where it was given up.
 */
export type RelayRequest =
  | readonly [id: number, address: number, expected: number]
  | readonly [id: number];
