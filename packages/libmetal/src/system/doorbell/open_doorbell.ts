import type { Doorbell } from "../../doorbell/doorbell.ts";
import { futexDoorbell } from "../../doorbell/futex_doorbell.ts";
import { atomicsFutex } from "../../lock/atomics_futex.ts";
import type { Memory } from "../../memory/memory.ts";
import { MetalError } from "../../error.ts";
import { adoptEventfd } from "../descriptor/eventfd.ts";
import { adoptUnixSocket, unixSocketPair } from "../socket/unix_socket.ts";
import { openFutex } from "../futex/open_futex.ts";
import { eventfdDoorbell } from "./eventfd_doorbell.ts";
import { socketDoorbell } from "./socket_doorbell.ts";

/**
 * One end of a line, as it is handed from one thread or process to another. All but `futex` can be
 * cloned, for `postMessage` and `workerData`; descriptors go to another process by
 * {@linkcode sendDescriptors}.
 */
export type DoorbellEnd =
  | {
      /** Two words of a `SharedArrayBuffer`, between Workers of one program. */
      readonly line: "atomics";
      readonly words: SharedArrayBuffer;
      /** Which of the two words is this end's. */
      readonly own: 0 | 1;
    }
  | {
      /** Two words of mapped memory, between processes. */
      readonly line: "futex";
      readonly memory: Memory;
      /** The indices of the words: at four times this in the memory. */
      readonly own: number;
      readonly peer: number;
    }
  | {
      /** A connected Unix socket. */
      readonly line: "socket";
      readonly descriptor: number;
    }
  | {
      /** Two eventfds. */
      readonly line: "eventfd";
      /** The descriptor that the peer adds to, and that this end reads. */
      readonly own: number;
      /** The descriptor that this end adds to. */
      readonly peer: number;
    };

/** How a line is opened. */
export interface DoorbellOptions {
  /** How many times to look at a word before it sleeps; see `futexDoorbell`. Default 0. */
  readonly spins?: number;
}

/** Bytes of the two words of an `atomics` line. */
const WORDS_BYTES = 8;

/**
 * Makes the line that is the fastest on Bun, Deno and Node, between processes as between Workers: a
 * pair of Unix sockets of bytes (docs/reports/doorbells.md has the figures of all lines). It carries
 * ids, and tells when the peer is gone.
 *
 * Between Workers, where the C library cannot be called, it is two words of a `SharedArrayBuffer`.
 *
 * @param between Who is at the ends.
 * @returns Both ends, each to be opened once by {@linkcode openDoorbell}. An end with a descriptor that
 *   is not opened here is to be closed by who has it.
 * @throws {MetalError} As `unixSocketPair`.
 *
 * @example
 * ```ts
 * import { createDoorbellLine, openDoorbell } from "@openamp/libmetal/system";
 *
 * const [first, second] = await createDoorbellLine("workers");
 * using host = await openDoorbell(first);
 * using remote = await openDoorbell(second); // in the Worker, which has got it by workerData
 * const heard = new Promise<unknown>((resolve) => remote.listen(resolve));
 * host.ring(0);
 * await heard;
 * ```
 */
export async function createDoorbellLine(
  between: "workers" | "processes",
): Promise<readonly [DoorbellEnd, DoorbellEnd]> {
  try {
    const [first, second] = await unixSocketPair("stream");
    return [
      { line: "socket", descriptor: first.release() },
      { line: "socket", descriptor: second.release() },
    ];
  } catch (error) {
    const isAbsent = error instanceof MetalError && error.code === "UNSUPPORTED";
    if (between === "processes" || !isAbsent) throw error;
  }
  const words = new SharedArrayBuffer(WORDS_BYTES);
  return [
    { line: "atomics", words, own: 0 },
    { line: "atomics", words, own: 1 },
  ];
}

/**
 * Opens one end of a line. Descriptors are the doorbell's from here on, which closes them.
 *
 * @param end The end.
 * @param options How often to look before it sleeps, where the line has words to look at.
 * @returns The doorbell. Dispose of it to end its wait.
 * @throws {MetalError} As `atomicsFutex`, `openFutex`, `futexDoorbell`, `adoptUnixSocket`,
 *   `adoptEventfd`, `socketDoorbell` and `eventfdDoorbell`.
 *
 * @example
 * ```ts
 * import { createDoorbellLine, openDoorbell } from "@openamp/libmetal/system";
 *
 * const [first, second] = await createDoorbellLine("processes");
 * using host = await openDoorbell(first);
 * using remote = await openDoorbell(second); // in the process that has got its descriptor
 * const heard = new Promise<number | undefined>((resolve) => remote.listen(resolve));
 * host.ring(3);
 * if ((await heard) !== 3) throw new Error("A socket carries the id");
 * ```
 */
export async function openDoorbell(
  end: DoorbellEnd,
  options: DoorbellOptions = {},
): Promise<Doorbell & Disposable> {
  const { spins = 0 } = options;
  switch (end.line) {
    case "atomics": {
      const { words, own } = end;
      return futexDoorbell({ futex: atomicsFutex(words), own, peer: 1 - own, spins });
    }
    case "futex": {
      const { memory, own, peer } = end;
      return futexDoorbell({ futex: await openFutex(memory), own, peer, spins });
    }
    case "socket":
      return socketDoorbell(await adoptUnixSocket(end.descriptor));
    case "eventfd": {
      const own = await adoptEventfd(end.own);
      return eventfdDoorbell({ own, peer: await adoptEventfd(end.peer) });
    }
    default:
      throw new MetalError(
        "INVALID_ARGUMENT",
        `Open a doorbell: ${String(end)} is no end of a line`,
      );
  }
}
