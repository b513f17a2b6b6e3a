import {
  attachHeap,
  formatHeap,
  HEAP_CONSTANTS,
  openHeap,
  type SharedHeap,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { codeOf } from "../../fixtures/outcome.ts";
import { heapMemory, testLock } from "../../fixtures/test_heap.ts";

const CAPACITY = 0x600;
const SIZE = HEAP_CONSTANTS.first + CAPACITY;

/** What the watched words throw where the process is to die. */
class Death extends Error {}

/** Heaps in each state that an operation tells apart, and the operation. */
interface Scenario {
  readonly name: string;
  /** Brings the heap into its state; what it returns is given to the operation. */
  readonly prepare: (heap: SharedHeap) => readonly number[];
  readonly operation: (heap: SharedHeap, blocks: readonly number[]) => unknown;
}

const four = (heap: SharedHeap): readonly number[] =>
  [100, 200, 300, 100].map((size) => heap.allocate(size));

const SCENARIOS: readonly Scenario[] = [
  {
    name: "an allocation that splits",
    prepare: four,
    operation: (heap) => heap.allocate(50),
  },
  {
    name: "an aligned allocation that splits twice",
    prepare: four,
    operation: (heap) => heap.allocate(50, { alignment: 256 }),
  },
  {
    name: "an allocation that takes all of a free block",
    prepare(heap) {
      const blocks = four(heap);
      heap.free(blocks[1] ?? 0);
      return blocks;
    },
    operation: (heap) => heap.allocate(200),
  },
  {
    name: "an allocation out of a list of several",
    prepare(heap) {
      const blocks = Array.from({ length: 6 }, () => heap.allocate(100));
      for (const index of [0, 2, 4]) heap.free(blocks[index] ?? 0);
      return blocks;
    },
    operation: (heap) => heap.allocate(100),
  },
  {
    name: "the freeing of a block between two in use",
    prepare: four,
    operation: (heap, blocks) => heap.free(blocks[1] ?? 0),
  },
  {
    name: "the freeing of a block in front of a free one",
    prepare: four,
    operation: (heap, blocks) => heap.free(blocks[3] ?? 0),
  },
  {
    name: "the freeing of a block behind a free one",
    prepare(heap) {
      const blocks = four(heap);
      heap.free(blocks[0] ?? 0);
      return blocks;
    },
    operation: (heap, blocks) => heap.free(blocks[1] ?? 0),
  },
  {
    name: "the freeing of a block between two free ones",
    prepare(heap) {
      const blocks = four(heap);
      heap.free(blocks[0] ?? 0);
      heap.free(blocks[2] ?? 0);
      return blocks;
    },
    operation: (heap, blocks) => heap.free(blocks[1] ?? 0),
  },
  {
    name: "the reclaim of what another one left",
    prepare: four,
    operation: (heap) => heap.reclaim(1),
  },
];

/** What a process may do after a death: whether it learns of it, and where it dies while it repairs. */
interface Aftermath {
  readonly told: boolean;
  /** Stores of the repair before the repairer dies too; undefined: it does not. */
  readonly repairStores: number | undefined;
}

/** Runs a scenario whose process dies after some stores, and looks at what is left. */
function crash(scenario: Scenario, stores: number, { told, repairStores }: Aftermath): boolean {
  let left = Infinity;
  const { memory, watched } = heapMemory(SIZE, {
    onWrite() {
      if (left-- <= 0) throw new Death();
    },
  });
  const lock = testLock();
  const dying = (limit: number, action: () => unknown): boolean => {
    left = limit;
    try {
      action();
      return false;
    } catch (cause) {
      if (!(cause instanceof Death)) throw cause;
      lock.revive(told);
      return true;
    } finally {
      left = Infinity;
    }
  };
  const blocks = scenario.prepare(formatHeap(memory, { lock, owner: 1 }));
  const heap = attachHeap(watched, { lock, owner: 2 });
  const before = heap.blocks().map(({ offset }) => offset);

  // The release in the way of the exception is not what a process does that is killed.
  const died = dying(stores, () => {
    lock.die();
    scenario.operation(heap, blocks);
  });
  if (!died) lock.revive(false);
  if (died && repairStores !== undefined) {
    dying(repairStores, () => {
      lock.die();
      attachHeap(watched, { lock, owner: 3 }).statistics();
    });
    lock.revive(told);
  }

  const next = attachHeap(memory, { lock, owner: 3 });
  const after = next.blocks().map(({ offset }) => offset);
  const gone = before.filter((offset) => !after.includes(offset));
  const come = after.filter((offset) => !before.includes(offset));
  // All or nothing, a block at a time.
  expect(gone.length + come.length).toBeLessThanOrEqual(scenario.name.includes("reclaim") ? 4 : 1);
  const { liveBlocks, freeBlocks, liveBytes, freeBytes } = next.statistics();
  const inUse = next.blocks().reduce((sum, { size }) => sum + size + 16, 0);
  expect([liveBlocks, liveBytes, liveBytes + freeBytes]).toEqual([after.length, inUse, CAPACITY]);
  expect(freeBlocks).toBeLessThanOrEqual(after.length + 1);

  // Nothing but the blocks that are listed can be freed: no header is left where none belongs.
  const taken: number[] = [];
  for (let offset = HEAP_CONSTANTS.first + 16; offset < SIZE; offset += 16) {
    if (!after.includes(offset) && codeOf(() => next.free(offset)) !== "NOT_OWNER")
      taken.push(offset);
  }
  expect(taken).toEqual([]);
  for (const offset of after) next.free(offset);
  expect(next.statistics()).toMatchObject({
    liveBytes: 0,
    liveBlocks: 0,
    freeBlocks: 1,
    largestFree: CAPACITY - 16,
  });
  return died;
}

describe.each(SCENARIOS)("a death in $name", (scenario) => {
  test.each([true, false])("leaves a heap that is repaired, told of it: %s", (told) => {
    let stores = 0;
    while (crash(scenario, stores, { told, repairStores: undefined })) stores++;
    expect(stores).toBeGreaterThan(5);
  });

  test("leaves it so also where the one who repairs it dies", () => {
    let stores = 0;
    for (; crash(scenario, stores, { told: true, repairStores: 0 }); stores++) {
      // First 426 words of the index are emptied; then blocks are merged, which is what matters.
      for (let repair = 1; repair < 480; repair += repair < 420 ? 200 : 3) {
        crash(scenario, stores, { told: true, repairStores: repair });
      }
    }
    expect(stores).toBeGreaterThan(5);
  });
});

test("a death while a heap is formatted leaves one that is formatted anew", () => {
  let died = true;
  for (let stores = 0; died; stores++) {
    let left = stores;
    const { memory, watched } = heapMemory(SIZE, {
      onWrite() {
        if (left-- <= 0) throw new Death();
      },
    });
    const lock = testLock();
    died = false;
    try {
      lock.die();
      openHeap(watched, { lock, owner: 1 });
    } catch (cause) {
      died = cause instanceof Death;
    }
    lock.revive(true);
    const heap = openHeap(memory, { lock, owner: 2 });
    heap.free(heap.allocate(100));
    expect(heap.statistics()).toMatchObject({ liveBlocks: 0, freeBlocks: 1, capacity: CAPACITY });
  }
});
