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
  let isOpen = true;
  function current(): number {
    if (isOpen) return descriptor;
    throw new MetalError("CLOSED", `Use the ${what}: it is closed`);
  }
  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    // On Linux the number is free again, whatever this returns.
    libc.close(descriptor);
  }
  return {
    get descriptor() {
      return current();
    },
    release() {
      const released = current();
      isOpen = false;
      return released;
    },
    close,
    [Symbol.dispose]: close,
  };
}
