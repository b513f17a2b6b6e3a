/** What a poller hands to its Worker. */
export interface PollOrder {
  /** The descriptor of the epoll set. */
  readonly set: number;
  /** A descriptor that is readable when the Worker is to end. */
  readonly control: number;
  /** Milliseconds after which it wakes for nothing, or -1 for never. */
  readonly wakeInterval: number;
}

/**
 * Whether a Worker's data came from a poller.
 *
 * @param data `workerData`.
 */
export function isPollOrder(data: unknown): data is PollOrder {
  return (
    typeof data === "object" &&
    data !== null &&
    "set" in data &&
    typeof data.set === "number" &&
    "control" in data &&
    typeof data.control === "number" &&
    "wakeInterval" in data &&
    typeof data.wakeInterval === "number"
  );
}
