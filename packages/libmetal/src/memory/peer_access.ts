/** What a peer is about to do with bytes that it names. */
export type PeerAccess = "read" | "write";

/** What a peer may do somewhere. */
export interface PeerRights {
  /** Whether it may read there. */
  readonly readable: boolean;
  /** Whether it may write there. */
  readonly writable: boolean;
}

/** Whether rights allow an access; one that is not named is not refused. */
export function allows(rights: PeerRights, access: PeerAccess | undefined): boolean {
  if (access === undefined) return true;
  return access === "write" ? rights.writable : rights.readable;
}
