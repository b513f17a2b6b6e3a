import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { type Clock, type Doorbell, listeners, type Timer } from "@openamp/libmetal";

/** Rings that may be on their way before further ones are merged. */
const mostOnTheWay = 64;

/** Milliseconds from a ring to the first wake, and the longest from one wake to the next. */
const firstWake = 10;
const slowestWake = 1000;

/** A doorbell over a UART: one byte is one ring, and the byte is the notify id. */
export interface UartDoorbell extends Doorbell {
  /**
   * Puts a line behind the doorbell. Until then, and after the line is closed, rings are lost.
   *
   * @param line Connected to the UART. The doorbell reads all of it.
   */
  connect(line: Duplex): void;
  /**
   * Says how to make QEMU look at its sockets; see {@linkcode uartDoorbell}.
   *
   * @param wake Called now and then after a ring, until the processor rings back.
   */
  wakeBy(wake: () => void): void;
}

/**
 * Makes a doorbell without a line.
 *
 * A ring allocates nothing here. When the processor does not take its bytes the rings are merged,
 * one for each id, until it does: a processor that never looks costs no memory.
 *
 * QEMU does not watch the socket of a UART whose receiver is off, and does not look again when the
 * firmware switches it on (measured: QEMU 7.2, `hw/char/cmsdk-apb-uart.c`): a byte then stays
 * unread until something else happens in QEMU. So something is made to happen, ever more seldom,
 * from the first ring until the processor rings back.
 *
 * @param clock Measures the time from a ring to a wake.
 * @returns The doorbell. Its ids are 0 to 255; of a higher one the low eight bits are sent, which is
 *   a hint as good as any.
 */
export function uartDoorbell(clock: Clock): UartDoorbell {
  const rings = listeners<number | undefined>();
  // Buffers, since a socket would wrap any other array in one, for each write.
  const letters = Array.from({ length: 256 }, (_, id) => Buffer.of(id));
  const merged = new Uint8Array(256);
  let anyMerged = false;
  let line: Duplex | undefined;
  let wake: (() => void) | undefined;
  let waking: Timer | undefined;
  let heard = false;

  function ring(id: number): void {
    if (line === undefined) return;
    const letter = id & 0xff;
    if (line.writableLength < mostOnTheWay) {
      line.write(letters[letter], ringMerged);
    } else {
      merged[letter] = 1;
      anyMerged = true;
    }
    if (!heard && waking === undefined) wakeAfter(firstWake);
  }

  function ringMerged(): void {
    if (!anyMerged) return;
    anyMerged = false;
    for (let id = 0; id < merged.length; id++) {
      if (merged[id] === 0) continue;
      merged[id] = 0;
      ring(id);
    }
  }

  function wakeAfter(milliseconds: number): void {
    waking = clock.after(milliseconds, () => {
      wake?.();
      wakeAfter(Math.min(milliseconds * 2, slowestWake));
    });
  }

  function quiet(): void {
    waking?.cancel();
    waking = undefined;
  }

  function hear(chunk: Uint8Array): void {
    if (!heard) {
      heard = true;
      quiet();
    }
    for (let index = 0; index < chunk.length; index++) {
      const id = chunk[index];
      // Two equal rings in a row say no more than one.
      if (id !== chunk[index + 1]) rings.emit(id);
    }
  }

  return {
    ring,
    listen: (callback) => rings.add(callback),
    connect(next) {
      quiet();
      line = next;
      wake = undefined;
      heard = false;
      anyMerged = false;
      merged.fill(0);
      next.on("data", hear);
      // As with a cut wire, what is rung from here on is lost; `close` follows.
      next.on("error", () => {});
      next.on("close", () => {
        if (line !== next) return;
        line = undefined;
        quiet();
      });
    },
    wakeBy(next) {
      wake = next;
    },
  };
}
