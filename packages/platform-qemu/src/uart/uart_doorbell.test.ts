import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { Clock } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { uartDoorbell } from "./uart_doorbell.ts";

/** A line that takes bytes when it is told to. */
function stubbornLine(): {
  readonly line: Duplex;
  readonly taken: number[];
  readonly take: () => void;
} {
  const taken: number[] = [];
  let accept: (() => void) | undefined;
  const line = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      accept = () => {
        accept = undefined;
        taken.push(...chunk);
        done();
      };
    },
  });
  return { line, taken, take: () => accept?.() };
}

/** A line that takes every byte at once. */
function openLine(): { readonly line: Duplex; readonly taken: number[] } {
  const taken: number[] = [];
  const line = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      taken.push(...chunk);
      done();
    },
  });
  return { line, taken };
}

function handClock(): {
  readonly clock: Clock;
  readonly advance: (milliseconds: number) => void;
} {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(milliseconds, callback) {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  return {
    clock,
    advance(milliseconds) {
      for (const end = now + milliseconds; now < end; now++) {
        for (const timer of timers) {
          if (timer.at > now) continue;
          timers.delete(timer);
          timer.callback();
        }
      }
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("uartDoorbell", () => {
  test("a ring is a byte, both ways", async () => {
    const { line, taken } = openLine();
    const doorbell = uartDoorbell(handClock().clock);
    const heard: (number | undefined)[] = [];
    using _listening = doorbell.listen((id) => heard.push(id));
    doorbell.connect(line);
    for (const id of [0, 1, 31, 255, 256 + 7]) doorbell.ring(id);
    expect(taken).toEqual([0, 1, 31, 255, 7]);
    line.push(Buffer.of(1, 0, 0, 255));
    await settled();
    expect(heard).toEqual([1, 0, 255]);
  });

  test("a ring without a line, or after it closed, is lost", async () => {
    const { line, taken } = openLine();
    const doorbell = uartDoorbell(handClock().clock);
    doorbell.ring(1);
    doorbell.connect(line);
    line.destroy(new Error("cut"));
    await settled();
    doorbell.ring(2);
    expect(taken).toEqual([]);
  });

  test("merges what a processor that takes nothing is rung, and delivers it later", async () => {
    const { line, taken, take } = stubbornLine();
    const doorbell = uartDoorbell(handClock().clock);
    doorbell.connect(line);
    for (let round = 0; round < 10_000; round++) doorbell.ring(3);
    doorbell.ring(4);
    doorbell.ring(9);
    expect(line.writableLength).toBeLessThan(100);
    for (let round = 0; round < 200; round++) {
      take();
      await settled();
    }
    expect(line.writableLength).toBe(0);
    expect(taken.length).toBeLessThan(100);
    expect(taken.slice(-3)).toEqual(expect.arrayContaining([4, 9]));
  });

  test("starts afresh with a new line", async () => {
    const old = stubbornLine();
    const next = openLine();
    const doorbell = uartDoorbell(handClock().clock);
    doorbell.connect(old.line);
    for (let round = 0; round < 100; round++) doorbell.ring(3);
    doorbell.connect(next.line);
    old.line.destroy();
    await settled();
    doorbell.ring(5);
    await settled();
    expect(next.taken).toEqual([5]);
  });

  test("wakes QEMU after a ring, ever more seldom, until the processor rings back", async () => {
    const { clock, advance } = handClock();
    const { line } = openLine();
    const doorbell = uartDoorbell(clock);
    const wakes: number[] = [];
    doorbell.connect(line);
    doorbell.wakeBy(() => wakes.push(clock.now()));
    advance(100);
    expect(wakes).toEqual([]);
    doorbell.ring(1);
    doorbell.ring(1);
    advance(3000);
    expect(wakes.slice(0, 4)).toEqual([110, 130, 170, 250]);
    expect(wakes.length).toBeLessThan(12);
    line.push(Buffer.of(1));
    await settled();
    const before = wakes.length;
    doorbell.ring(1);
    advance(3000);
    expect(wakes).toHaveLength(before);
  });

  test("wakes nobody when the line is closed", async () => {
    const { clock, advance } = handClock();
    const { line } = openLine();
    const doorbell = uartDoorbell(clock);
    let wakes = 0;
    doorbell.connect(line);
    doorbell.wakeBy(() => wakes++);
    doorbell.ring(1);
    line.destroy();
    await settled();
    advance(3000);
    expect(wakes).toBe(0);
  });
});
