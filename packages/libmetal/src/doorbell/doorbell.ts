/**
 * Rings the peer, and calls back when the peer rings. Upstream: IPI, `notify`, kick.
 *
 * A ring means "look". Its id is a hint: it may be absent, merged with others, or lost.
 */
export interface Doorbell {
  /**
   * Tells the peer to look. Never throws and never blocks: a ring that cannot be delivered is lost,
   * as on a real line.
   *
   * @param id The notify id: which queue or device to look at.
   */
  ring(id: number): void;
  /**
   * Calls back for each ring of the peer. Several may listen.
   *
   * @param callback Gets the notify id, or undefined where the line carries none: look at
   *   everything then.
   * @returns Ends the calls when it is disposed of.
   */
  listen(callback: (id: number | undefined) => void): Disposable;
}
