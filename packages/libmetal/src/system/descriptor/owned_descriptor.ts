import { MetalError } from "../../error.ts";
import type { Libc } from "../libc/libc.ts";

/** An open descriptor of the operating system, and its end. */
export interface OwnedDescriptor extends Disposable {
  /**
   * Its number, for calls that take one. Once it is closed the number may be that of another file:
   * ask again, and keep no copy.
   *
   * @throws {MetalError} `CLOSED` once it is closed or given away.
   */
  readonly descriptor: number;
  /** Aborted when it is about to be closed or given away: what waits for it ends then. */
  readonly closed: AbortSignal;
  /**
   * Gives it away: from here on, it is closed by whoever has the number.
   *
   * @returns Its number.
   * @throws {MetalError} `CLOSED` once it is closed or given away.
   */
  release(): number;
  /** Closes it. Harmless when it is closed already, or given away. */
  close(): void;
}

/**
 * Takes an open descriptor over: from here on, only its owner closes it.
 *
 * @param libc The C library.
 * @param descriptor Its number.
 * @param what What it is, for messages.
 * @returns The owner.
 */
export function ownDescriptor(libc: Libc, descriptor: number, what: string): OwnedDescriptor {
  const closing = new AbortController();
  const { signal: closed } = closing;
  function current(): number {
    if (!closed.aborted) return descriptor;
    throw new MetalError("CLOSED", `Use the ${what}: it is closed`);
  }
  function close(): void {
    if (closed.aborted) return;
    // Before it is closed: those who watch it let go of the number while it is still its own.
    closing.abort();
    // On Linux the number is free again, whatever this returns.
    libc.close(descriptor);
  }
  return {
    get descriptor() {
      return current();
    },
    closed,
    release() {
      const released = current();
      closing.abort();
      return released;
    },
    close,
    [Symbol.dispose]: close,
  };
}
