/** What a host hands to the Worker that it starts as a processor. */
export interface WorkerBoot {
  /** Marks the data as ours. */
  readonly openamp: 1;
  /** The memory that both sides share. */
  readonly memory: SharedArrayBuffer;
  /** The device address of its first byte. */
  readonly address: number;
  /** Bytes of the resource table at the start of the memory. */
  readonly tableSize: number;
  /** The words of the doorbell; the host's is the first. */
  readonly doorbell: SharedArrayBuffer;
}

/**
 * Whether a Worker's data came from a host of this package.
 *
 * @param data `workerData`.
 * @returns True where it did.
 */
export function isWorkerBoot(data: unknown): data is WorkerBoot {
  return typeof data === "object" && data !== null && "openamp" in data && data.openamp === 1;
}
