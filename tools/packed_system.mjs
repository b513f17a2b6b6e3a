// Run by tools/pack_demo.ts from the packed packages, on every runtime: what of libmetal's system
// layer has modules of its own for Workers, which no import names. Plain JavaScript that Node 20 knows.

import { createMutex } from "@openamp/libmetal";
import {
  createSharedMemory,
  openEventfd,
  openFutex,
  openProcessHeap,
  threadIdentity,
  watchReadable,
} from "@openamp/libmetal/system";

const shared = await createSharedMemory({ size: 0x10000 });
const futex = await openFutex(shared.memory);
const mutex = createMutex({
  memory: shared.memory,
  futex,
  identity: await threadIdentity(),
  offset: 0xf000,
});
if ((await mutex.acquireAsync({ timeout: 1000 })) !== "acquired") throw new Error("It was free");
mutex.release();

const word = 0xf800 / 4;
const sleep = futex.waitAsync(word, 0, { timeout: 10_000 });
Atomics.store(futex.words, word, 1);
futex.wake(word, 1);
const outcome = await sleep;
if (outcome !== "ok" && outcome !== "not-equal") throw new Error(`The sleep ended: ${outcome}`);

const counter = await openEventfd();
const heard = new Promise((resolve) => {
  void watchReadable(counter.descriptor, () => resolve(counter.take())).then(() => counter.add(3));
});
if ((await heard) !== 3) throw new Error("The watch read something else");

const other = await createSharedMemory({ size: 0x10000 });
const heap = await openProcessHeap(other.memory);
heap.free(heap.allocate(100));
console.log("ok");
process.exit(0);
