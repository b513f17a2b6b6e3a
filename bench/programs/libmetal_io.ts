// oxlint-disable typescript/no-unnecessary-type-assertion -- tsc knows that an index may miss.
import process from "node:process";
import { bufferMemory } from "@openamp/libmetal";
import { answer } from "./answer.ts";
import { chunkTimes } from "./chunk_times.ts";

/** Bytes of the region: it stays in the first cache of the processor. */
const SIZE = 16384;
/** Reads between two looks at the clock. */
const CHUNK = 65536;

const buffer = new SharedArrayBuffer(SIZE);
const region = bufferMemory({ name: "bench", physicalAddress: 0x21000000, buffer });
const bytes = new Uint8Array(buffer);
const halves = new Uint16Array(buffer);
const words = new Uint32Array(buffer);

/** Offsets that follow no pattern, all of them multiples of 4. */
const offsets = Uint32Array.from(
  { length: 1024 },
  (_, at) => (((at * 2654435761) >>> 7) % SIZE) & ~3,
);

/** A loop that reads at each offset in turn, and gives the sum. */
type Loop = () => number;

/** A read by the region, and the same read of a bare array: a loop of its own for each. */
const loops: Readonly<Record<string, readonly [region: Loop, bare: Loop]>> = {
  "read8 relaxed": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read8(offsets[at & 1023]!, "relaxed");
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += bytes[offsets[at & 1023]!]!;
      return sum;
    },
  ],
  "read16 relaxed": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read16(offsets[at & 1023]!, "relaxed");
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += halves[offsets[at & 1023]! >>> 1]!;
      return sum;
    },
  ],
  "read32 relaxed": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read32(offsets[at & 1023]!, "relaxed");
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += words[offsets[at & 1023]! >>> 2]!;
      return sum;
    },
  ],
  "read8 seq_cst": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read8(offsets[at & 1023]!);
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += Atomics.load(bytes, offsets[at & 1023]!);
      return sum;
    },
  ],
  "read16 seq_cst": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read16(offsets[at & 1023]!);
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += Atomics.load(halves, offsets[at & 1023]! >>> 1);
      return sum;
    },
  ],
  "read32 seq_cst": [
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += region.read32(offsets[at & 1023]!);
      return sum;
    },
    () => {
      let sum = 0;
      for (let at = 0; at < CHUNK; at++) sum += Atomics.load(words, offsets[at & 1023]! >>> 2);
      return sum;
    },
  ],
};

const [method = "read32", order = "relaxed"] = process.argv.slice(2);
const pair = loops[`${method} ${order}`];
if (pair === undefined) throw new Error(`One of: ${Object.keys(loops).join(", ")}`);

for (let at = 0; at < SIZE; at++) bytes[at] = at * 31;
const contestants = pair.map((loop) => ({ loop, times: chunkTimes() }));
const [expected] = pair.map((loop) => loop());

// One chunk after the other, so that both see the same machine.
await answer((milliseconds) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    for (const { loop, times } of contestants) {
      const start = performance.now();
      const sum = loop();
      times.add(performance.now() - start);
      if (sum !== expected) throw new Error("The region and the array differ");
    }
  }
  return contestants.map(({ times }) => times.median() / CHUNK);
});
