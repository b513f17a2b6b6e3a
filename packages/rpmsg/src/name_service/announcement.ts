/** A service that the peer announced. */
export interface Announcement {
  /** Its name: printable ASCII, any other byte as `\xNN`. */
  readonly name: string;
  /** The peer's address, any 32-bit number. */
  readonly address: number;
  /** False where the peer withdrew it. */
  readonly present: boolean;
}
