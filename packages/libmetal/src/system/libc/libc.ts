import { loadLibrary } from "../ffi/load_library.ts";
import { type Epoll, epoll } from "./epoll.ts";
import { type Eventfd, eventfd } from "./eventfd.ts";
import { type Fcntl, fcntl } from "./fcntl.ts";
import { type Futex, futex } from "./futex.ts";
import { type Ioctl, ioctl } from "./ioctl.ts";
import { type Mman, mman } from "./mman.ts";
import { type Signal, signal } from "./signal.ts";
import { type Socket, socket } from "./socket.ts";
import { type Stat, stat } from "./stat.ts";
import { type Time, time } from "./time.ts";
import { type Unistd, unistd } from "./unistd.ts";

/**
 * The functions of the C library that are used here, by their names and as its manual has them:
 * those that fail return -1 and leave the reason in {@linkcode Libc.errno}. A file each for the
 * headers that declare them; a function is looked up at its first call.
 */
export interface Libc
  extends Epoll, Eventfd, Fcntl, Futex, Ioctl, Mman, Signal, Socket, Stat, Time, Unistd {
  /** `<errno.h>` The reason of the failure before. */
  readonly errno: () => number;
  /** A buffer over mapped bytes, which it neither owns nor frees. */
  readonly view: (address: number, length: number) => ArrayBuffer;
  /** Where the bytes of an array lie, as long as it is referenced. */
  readonly address: (bytes: Uint8Array) => number;
}

let loaded: Libc | undefined;

/**
 * The C library of this machine.
 *
 * @returns The library.
 * @throws {MetalError} `UNSUPPORTED` where it cannot be reached; the message says what is missing.
 */
export async function loadLibc(): Promise<Libc> {
  const library = await loadLibrary();
  loaded ??= {
    ...epoll(library),
    ...eventfd(library),
    ...fcntl(library),
    ...futex(library),
    ...ioctl(library),
    ...mman(library),
    ...signal(library),
    ...socket(library),
    ...stat(library),
    ...time(library),
    ...unistd(library),
    errno: () => library.errno(),
    view: (address, length) => library.view(address, length),
    address: (bytes) => library.address(bytes),
  };
  return loaded;
}
