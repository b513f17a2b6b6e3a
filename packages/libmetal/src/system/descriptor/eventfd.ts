import { MetalError } from "../../error.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { descriptorKind } from "./descriptor_kind.ts";
import { isDescriptor } from "./is_descriptor.ts";
import { type OwnedDescriptor, ownDescriptor } from "./owned_descriptor.ts";

/** A counter of the kernel that can be waited for, eventfd(2). */
export interface Eventfd extends OwnedDescriptor {
  /**
   * Adds to the counter, which wakes those who wait for it.
   *
   * @param count 1 to 2^53 - 1.
   * @returns False where the counter has no room for it: it is not 0 then, and they are awake anyway.
   * @throws {MetalError} `INVALID_ARGUMENT`; `CLOSED`.
   */
  add(count: number): boolean;
  /**
   * Takes what was added since the last time.
   *
   * @returns The count, 0 where nothing was added. Above 2^53 it is rounded.
   * @throws {MetalError} `CLOSED`.
   */
  take(): number;
}

/**
 * Makes an eventfd, whose counter is 0. It does not block, and programs that are started do not
 * inherit it.
 *
 * @returns The counter, for its owner to close.
 * @throws {MetalError} `UNSUPPORTED` where the C library cannot be called; `SYSTEM` where the
 *   operating system refuses, as where too many descriptors are open.
 *
 * @example
 * ```ts
 * import { openEventfd } from "@openamp/libmetal/system";
 *
 * using counter = await openEventfd();
 * counter.add(2);
 * counter.add(1);
 * if (counter.take() !== 3 || counter.take() !== 0) throw new Error("It counts");
 * ```
 */
export async function openEventfd(): Promise<Eventfd> {
  const libc = await loadLibc();
  const descriptor = libc.eventfd(0, LINUX.EFD_CLOEXEC | LINUX.EFD_NONBLOCK);
  if (descriptor === -1) throw systemError("Open an eventfd", libc.errno());
  return ownEventfd(libc, descriptor);
}

/**
 * Takes over an eventfd that was made elsewhere, such as one that a peer has sent. From here on it
 * does not block, for the peer as well: both hold the same open file.
 *
 * @param descriptor Its number.
 * @returns The counter, for its owner to close.
 * @throws {MetalError} `INVALID_ARGUMENT` where it is anything else, which is left open; `NOT_FOUND`
 *   where it is not open; `UNSUPPORTED` where the C library cannot be called.
 *
 * @example
 * ```ts
 * import { adoptEventfd, openEventfd } from "@openamp/libmetal/system";
 *
 * const made = await openEventfd();
 * made.add(1);
 * using adopted = await adoptEventfd(made.release());
 * if (adopted.take() !== 1) throw new Error("It is the same counter");
 * ```
 */
export async function adoptEventfd(descriptor: number): Promise<Eventfd> {
  const action = `Take descriptor ${descriptor} as an eventfd`;
  if (!isDescriptor(descriptor)) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: that is no descriptor`);
  }
  const libc = await loadLibc();
  const kind = descriptorKind(libc, action, descriptor);
  if (kind !== "anon_inode:[eventfd]") {
    throw new MetalError("INVALID_ARGUMENT", `${action}: it is ${kind}`);
  }
  const flags = libc.fcntl(descriptor, LINUX.F_GETFL, 0);
  if (
    libc.fcntl(descriptor, LINUX.F_SETFL, flags | LINUX.O_NONBLOCK) === -1 ||
    libc.fcntl(descriptor, LINUX.F_SETFD, LINUX.FD_CLOEXEC) === -1
  ) {
    throw systemError(action, libc.errno());
  }
  return ownEventfd(libc, descriptor);
}

function ownEventfd(libc: Libc, descriptor: number): Eventfd {
  const owned = ownDescriptor(libc, descriptor, "eventfd");
  // Words of the caller's side: the kernel reads and writes eight bytes at once.
  const added = new BigUint64Array(1);
  const taken = new BigUint64Array(1);
  const addedBytes = new Uint8Array(added.buffer);
  const takenBytes = new Uint8Array(taken.buffer);
  return {
    get descriptor() {
      return owned.descriptor;
    },
    closed: owned.closed,
    release: () => owned.release(),
    close: () => owned.close(),
    [Symbol.dispose]: () => owned.close(),
    add(count) {
      if (!Number.isSafeInteger(count) || count < 1) {
        throw new MetalError("INVALID_ARGUMENT", `Add ${count} to an eventfd: it takes 1 and up`);
      }
      added[0] = BigInt(count);
      return libc.write(owned.descriptor, addedBytes, addedBytes.length) !== -1;
    },
    take() {
      const got = libc.read(owned.descriptor, takenBytes, takenBytes.length);
      return got === -1 ? 0 : Number(taken[0]);
    },
  };
}
