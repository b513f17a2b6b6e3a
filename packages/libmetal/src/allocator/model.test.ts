import {
  attachHeap,
  formatHeap,
  HEAP_CONSTANTS,
  type Memory,
  type SharedHeap,
} from "@openamp/libmetal";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { codeOf, must } from "../../fixtures/outcome.ts";
import { heapMemory, testLock } from "../../fixtures/test_heap.ts";

const SIZE = 0x4000;
const CAPACITY = SIZE - HEAP_CONSTANTS.first;

/** One call, with numbers that the run makes valid. */
type Call =
  | {
      readonly kind: "allocate";
      readonly size: number;
      readonly alignment: number;
      readonly who: number;
    }
  | { readonly kind: "free"; readonly which: number; readonly who: number }
  | { readonly kind: "free what is none"; readonly offset: number }
  | { readonly kind: "reclaim"; readonly owner: number };

const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("allocate" as const),
        size: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 6000 })),
        alignment: fc.integer({ min: 0, max: 10 }).map((bit) => 2 ** bit),
        who: fc.integer({ min: 0, max: 2 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("free" as const),
        which: fc.nat(),
        who: fc.integer({ min: 0, max: 2 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("free what is none" as const),
        offset: fc.integer({ min: -16, max: SIZE }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("reclaim" as const),
        owner: fc.integer({ min: 1, max: 3 }),
      }),
    },
  ),
  { maxLength: 120 },
);

/** A block as the model has it. */
interface Block {
  readonly size: number;
  readonly owner: number;
  readonly fill: number;
}

test("any sequence of calls does what a plain table does", () => {
  const runs = { numRuns: count("runs of the heap's model") };
  expect(() => fc.assert(fc.property(calls, run), runs)).not.toThrow();
});

function run(sequence: readonly Call[]): void {
  const { memory } = heapMemory(SIZE);
  const lock = testLock();
  const heaps: readonly SharedHeap[] = [
    formatHeap(memory, { lock, owner: 1 }),
    attachHeap(memory, { lock, owner: 2 }),
    attachHeap(memory, { lock, owner: 3 }),
  ];
  const [heap] = heaps as [SharedHeap];
  const model = new Map<number, Block>();
  let fill = 0;
  for (const call of sequence) {
    switch (call.kind) {
      case "allocate": {
        const { largestFree } = heap.statistics();
        const offset = heaps[call.who]?.tryAllocate(call.size, { alignment: call.alignment });
        if (offset === undefined) {
          must(call.alignment > 16 || call.size > largestFree, "the largest piece is had");
          break;
        }
        must(offset % Math.max(16, call.alignment) === 0, "a block is aligned");
        // Whatever lies in a block reaches no header and no other block.
        const block = { size: call.size, owner: call.who + 1, fill: fill++ & 0xff };
        must(!overlaps(model, offset, call.size), "blocks lie apart");
        memory.setBlock(offset, block.fill, call.size);
        model.set(offset, block);
        break;
      }
      case "free": {
        const [offset, block] = [...model][call.which % Math.max(1, model.size)] ?? [];
        if (offset === undefined || block === undefined) break;
        must(isFilled(memory, offset, block), "nobody else wrote into a block");
        heaps[call.who]?.free(offset);
        model.delete(offset);
        break;
      }
      case "free what is none":
        if (model.has(call.offset)) break;
        must(codeOf(() => heap.free(call.offset)) === "NOT_OWNER", "only blocks are freed");
        break;
      case "reclaim": {
        const theirs = [...model].filter(([, { owner }]) => owner === call.owner);
        must(heap.reclaim(call.owner) === theirs.length, "all of an owner are reclaimed");
        for (const [offset] of theirs) model.delete(offset);
        break;
      }
    }
    expectSame(heap, model);
  }
  for (const [offset, block] of model) {
    must(isFilled(memory, offset, block), "nobody else wrote into a block");
    heap.free(offset);
  }
  expect(heap.statistics()).toMatchObject({
    liveBytes: 0,
    liveBlocks: 0,
    freeBytes: CAPACITY,
    freeBlocks: 1,
    largestFree: CAPACITY - 16,
    repairs: 0,
  });
}

function expectSame(heap: SharedHeap, model: ReadonlyMap<number, Block>): void {
  const blocks = heap.blocks();
  const expected = [...model].sort(([one], [other]) => one - other);
  expect(blocks.map(({ offset, owner }) => [offset, owner])).toEqual(
    expected.map(([offset, { owner }]) => [offset, owner]),
  );
  expect(blocks.every(({ offset, size }) => size >= (model.get(offset)?.size ?? Infinity))).toBe(
    true,
  );
  const live = blocks.reduce((sum, { size }) => sum + size + 16, 0);
  const { liveBytes, liveBlocks, freeBytes } = heap.statistics();
  expect([liveBytes, liveBlocks, freeBytes]).toEqual([live, model.size, CAPACITY - live]);
}

function overlaps(model: ReadonlyMap<number, Block>, offset: number, size: number): boolean {
  return [...model].some(([other, block]) => offset < other + block.size && other < offset + size);
}

function isFilled(memory: Memory, offset: number, { size, fill }: Block): boolean {
  return memory.words.view(offset, size).every((byte) => byte === fill);
}
