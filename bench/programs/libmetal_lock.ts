/**
 * Lock and unlock where nobody contends, beside a bare compare-exchange of the same word's
 * neighbour: `libmetal_lock.ts mutex | "recursive mutex" | spinlock`. Answers the nanoseconds of the
 * one and of the other, measured in turns.
 */
import process from "node:process";
import { createMutex, createSpinlock, type Mutex, type Spinlock } from "@openamp/libmetal";
import { createSharedMemory, openFutex, threadIdentity } from "@openamp/libmetal/system";
import { answer } from "./answer.ts";

/** Rounds between two looks at the clock. */
const CHUNK = 20_000;

const { memory } = await createSharedMemory({ size: 4096, physicalAddress: 0 });
const futex = await openFutex(memory);
const place = { memory, futex, identity: await threadIdentity(), offset: 64 };
const { words } = futex;
const BARE = 512 / 4;

function choose(name: string): Mutex | Spinlock {
  switch (name) {
    case "mutex":
      return createMutex(place);
    case "recursive mutex":
      return createMutex(place, { recursive: true });
    case "spinlock":
      return createSpinlock(place);
    default:
      throw new Error(`No lock is called "${name}"`);
  }
}

const lock = choose(process.argv[2] ?? "mutex");

function lockAndUnlock(): void {
  for (let round = 0; round < CHUNK; round++) {
    lock.acquire();
    lock.release();
  }
}

function compareExchange(): void {
  for (let round = 0; round < CHUNK; round++) Atomics.compareExchange(words, BARE, 0, 0);
}

/** The median of the chunks, in nanoseconds a round. */
function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return ((times[times.length >>> 1] ?? 0) * 1e6) / CHUNK;
}

await answer((milliseconds) => {
  const end = performance.now() + milliseconds;
  const locks: number[] = [];
  const bare: number[] = [];
  for (let now = performance.now(); now < end;) {
    lockAndUnlock();
    const between = performance.now();
    compareExchange();
    const after = performance.now();
    locks.push(between - now);
    bare.push(after - between);
    now = after;
  }
  return [median(locks), median(bare)];
});
