/** Who is told of what comes over a socket. */
export interface StreamListener {
  /** Called when bytes have come; they are the caller's again when it returns. */
  readonly data: (bytes: Uint8Array) => void;
  /** Called once when nothing more comes: the peer is gone, however. */
  readonly end: () => void;
}

/** A socket that is read. */
export interface StreamReading {
  /** Ends it, and closes the descriptor. Harmless when it has ended. */
  close(): void;
}
