/** What was dropped, and why. */
export interface DropCounters {
  /** Dropped: `used.len` left no room for a header (T09). */
  droppedShort: number;
  /** Dropped: the header's length reaches beyond the buffer (T26). */
  droppedLength: number;
  /** Dropped: no endpoint has the address (T31). */
  droppedAddress: number;
  /** Dropped: the endpoint has no handler. */
  droppedNoHandler: number;
  /** Dropped: an announcement of wrong size, name or flags (T28, T29), or one beyond the table (T30). */
  droppedAnnouncement: number;
  /** Handlers that threw; the message was given back, and the error was logged. */
  handlerErrors: number;
}

/** What came, went, and was dropped, since the device was opened. Counts only grow. */
export interface RpmsgCounters extends Readonly<DropCounters> {
  /** Messages that were handed to the peer, announcements among them. */
  readonly sent: number;
  /** Messages that an endpoint's handler got. */
  readonly received: number;
  /** Given back unused: the host's buffer had no room for a header, several parts (T18), or lay askew. */
  readonly droppedBuffer: number;
}

/** Makes counters that stand at zero. */
export function dropCounters(): DropCounters {
  return {
    droppedShort: 0,
    droppedLength: 0,
    droppedAddress: 0,
    droppedNoHandler: 0,
    droppedAnnouncement: 0,
    handlerErrors: 0,
  };
}
