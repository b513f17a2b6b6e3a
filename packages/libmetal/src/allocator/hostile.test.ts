import {
  attachHeap,
  formatHeap,
  HEAP_CONSTANTS,
  HEAP_LAYOUTS,
  openHeap,
  type SharedHeap,
} from "@openamp/libmetal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { codeOf, must } from "../../fixtures/outcome.ts";
import { heapMemory, testLock } from "../../fixtures/test_heap.ts";

const SIZE = HEAP_CONSTANTS.first + 0x1000;
/** Accesses that an allocation or a freeing takes at the most, whatever it reads. */
const MOST_ACCESSES = 600;
/** The same for what walks over all blocks: 128 at the most, and an index of 426 words. */
const MOST_OF_A_WALK = 8000;

/** What others write into the heap: anywhere, or where it hurts. */
const scribbles = fc.array(
  fc.record({
    word: fc.oneof(
      fc.integer({ min: 2, max: SIZE / 4 - 1 }),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 16, max: 447 }),
    ),
    value: fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.constantFrom(0, 1, 0xffffffff, 0xfffffff0, 0x80000000, 33, 32, 16),
      fc.integer({ min: 0, max: SIZE / 16 }).map((granule) => granule * 16),
    ),
  }),
  { minLength: 1, maxLength: 8 },
);

/** What a run does after the scribbles. */
const actions = fc.array(
  fc.record({
    kind: fc.constantFrom("allocate", "free", "blocks", "statistics", "reclaim", "repair", "block"),
    number: fc.integer({ min: 1, max: 2000 }),
  }),
  { minLength: 1, maxLength: 30 },
);

const DECLARED: ReadonlySet<unknown> = new Set([undefined, "CORRUPT", "NOT_OWNER"]);

type Action = typeof actions extends fc.Arbitrary<(infer Each)[]> ? Each : never;

function act(heap: SharedHeap, { kind, number }: Action, blocks: readonly number[]): void {
  const block = blocks[number % blocks.length] ?? 0;
  switch (kind) {
    case "allocate":
      heap.tryAllocate(number, { alignment: 2 ** (number % 8) });
      break;
    case "free":
      heap.free(block);
      break;
    case "block":
      heap.block(block);
      break;
    case "blocks":
      heap.blocks();
      break;
    case "statistics":
      heap.statistics();
      break;
    case "reclaim":
      heap.reclaim(number % 3);
      break;
    case "repair":
      heap.repair();
  }
}

/** A heap whose accesses are counted and held against the memory, with blocks in it. */
function watchedHeap(changed?: (value: number) => number): {
  heap: SharedHeap;
  scribble: (word: number, value: number) => void;
  blocks: readonly number[];
  attempt: (action: Action) => void;
} {
  let accesses = 0;
  const access = (): void => void accesses++;
  let meddling = false;
  const { memory, watched } = heapMemory(SIZE, {
    onRead: access,
    onWrite: access,
    changed: (value) => (meddling && changed !== undefined ? changed(value) : value),
  });
  const lock = testLock();
  const heap = formatHeap(watched, { lock, owner: 1 });
  const blocks = Array.from({ length: 20 }, (_, index) => heap.allocate(20 + 7 * index));
  for (let index = 0; index < blocks.length; index += 3) heap.free(blocks[index] ?? 0);
  const attempt = (action: Action): void => {
    accesses = 0;
    meddling = true;
    const code = codeOf(() => act(heap, action, blocks));
    meddling = false;
    must(DECLARED.has(code), `${String(code)} is an error that is declared`);
    must(!lock.held, "the lock is free again");
    const walks = action.kind !== "allocate" && action.kind !== "free" && action.kind !== "block";
    // Each may begin with a repair, where the one before met what is broken.
    const most = MOST_OF_A_WALK + (walks ? MOST_OF_A_WALK : MOST_ACCESSES);
    must(accesses < most, `${accesses} accesses are fewer than ${most}`);
  };
  return {
    heap,
    blocks,
    attempt,
    scribble: (word, value) => memory.words.set32(4 * word, value),
  };
}

describe("a heap that others scribble over", () => {
  test("is an error, and no hang and no access outside", () => {
    const runs = { numRuns: count("heaps that are scribbled over") };
    const property = fc.property(scribbles, actions, (words, sequence) => {
      const { scribble, attempt } = watchedHeap();
      for (const { word, value } of words) scribble(word, value);
      for (const action of sequence) attempt(action);
    });
    expect(() => fc.assert(property, runs)).not.toThrow();
  });

  test("also while it is read", () => {
    const runs = { numRuns: count("heaps that are scribbled over") };
    const noises = fc.array(fc.nat(), { minLength: 8 });
    const property = fc.property(noises, actions, (noise, sequence) => {
      let turn = 0;
      const { attempt } = watchedHeap((value) => {
        const random = noise[turn++ % noise.length] ?? 0;
        if (random % 16 !== 0) return value;
        return random % 32 === 0 ? (random >>> 5) * 16 : Math.imul(random, 0x9e3779b1) >>> 0;
      });
      for (const action of sequence) attempt(action);
    });
    expect(() => fc.assert(property, runs)).not.toThrow();
  });

  test("in its index only, is mended by repair", () => {
    const { heap, scribble } = watchedHeap();
    const before = heap.blocks();
    for (let word = 5; word < HEAP_CONSTANTS.first / 4; word++) scribble(word, 0xdeadbeef);
    expect(() => heap.allocate(16)).toThrow(expect.objectContaining({ code: "CORRUPT" }));
    heap.repair();
    expect(heap.blocks()).toEqual(before);
    for (const { offset } of before) heap.free(offset);
    expect(heap.statistics()).toMatchObject({ liveBlocks: 0, freeBlocks: 1, freeBytes: 0x1000 });
  });

  test.each(["live_bytes", "live_blocks", "free_blocks", "peak_bytes"] as const)(
    "in %s, has no statistics before it is repaired",
    (field) => {
      const { heap, scribble } = watchedHeap();
      const before = heap.statistics();
      scribble(HEAP_LAYOUTS.header.fields[field].offset / 4, 0xfffffff0);
      expect(() => heap.statistics()).toThrow(expect.objectContaining({ code: "CORRUPT" }));
      heap.repair();
      const { liveBytes, peakBytes } = before;
      const peak = field === "peak_bytes" ? liveBytes : peakBytes;
      expect(heap.statistics()).toEqual({ ...before, peakBytes: peak, repairs: 1 });
    },
  );

  test("in the header of a block, says where", () => {
    const { heap, scribble, blocks } = watchedHeap();
    const header = (blocks[1] ?? 0) - 16;
    scribble(header / 4, 0x7ffffff1);
    expect(() => heap.free(blocks[1] ?? 0)).toThrow(
      expect.objectContaining({
        code: "CORRUPT",
        message: `Heap "heap" is damaged: the block at ${header} has the impossible size word 2147483633`,
      }),
    );
    expect(() => heap.repair()).toThrow(expect.objectContaining({ code: "CORRUPT" }));
  });
});

test("no header that others make up is joined", () => {
  const declared: ReadonlySet<unknown> = new Set([
    undefined,
    "CORRUPT",
    "UNSUPPORTED",
    "OUT_OF_RANGE",
    "NO_SPACE",
  ]);
  const headers = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 16 });
  const property = fc.property(headers, (words) => {
    const { memory, watched } = heapMemory(SIZE);
    for (const [index, word] of words.entries()) memory.words.set32(4 * index, word);
    memory.words.set32(0, HEAP_CONSTANTS.magic);
    const options = { lock: testLock(), owner: 1 };
    for (const open of [attachHeap, openHeap]) {
      const code = codeOf(() => open(watched, options).allocate(100));
      must(declared.has(code), `${String(code)} is an error that is declared`);
    }
  });
  expect(() => fc.assert(property, { numRuns: 200 })).not.toThrow();
});
