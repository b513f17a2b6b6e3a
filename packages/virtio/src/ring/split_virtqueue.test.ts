import {
  lockstepQueue,
  loopbackRing,
  memoryModels,
  rawSplitRing,
  seededRandom,
} from "@openamp/testing";
import type { LockstepQueue, LoopbackRing } from "@openamp/testing";
import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
} from "fast-check";
import { describe, expect, test } from "vitest";

import { clearSplitRing } from "./split_ring.ts";
import { SplitDeviceVirtqueue } from "./split_device_virtqueue.ts";
import { SplitDriverVirtqueue } from "./split_driver_virtqueue.ts";
import type { ChainBuffer } from "./virtqueue.ts";

interface QueueOptions {
  readonly size: number;
  readonly eventIndex: boolean;
  /** Absent: a fresh ring. */
  readonly startIndex?: number;
}

/** One thing that one side does. Numbers choose among what there is at that moment. */
type Action =
  | { readonly type: "add"; readonly buffers: readonly ChainBuffer[] }
  | { readonly type: "complete"; readonly which: number; readonly written: number }
  | {
      readonly type:
        | "publish"
        | "take"
        | "publishUsed"
        | "takeUsed"
        | "disableNotifications"
        | "enableNotifications"
        | "disableInterrupts"
        | "enableInterrupts";
    };

/** Both sides over one ring, cleared, each seeing it as its memory has it, beside the model. */
function bothSides(
  { size, eventIndex, startIndex }: QueueOptions,
  loopback: LoopbackRing = loopbackRing({ size }),
): LockstepQueue {
  const { space } = loopback;
  const start = startIndex === undefined ? {} : { startIndex };
  // A ring that was in use: its indices stand somewhere, its flags and event words at 0.
  clearSplitRing(loopback.over(loopback.driverWords));
  const raw = rawSplitRing(loopback.over(loopback.words));
  raw.availableIndex = startIndex ?? 0;
  raw.usedIndex = startIndex ?? 0;
  return lockstepQueue({
    driver: new SplitDriverVirtqueue(loopback.over(loopback.driverWords), { eventIndex, ...start }),
    device: new SplitDeviceVirtqueue(loopback.over(loopback.deviceWords), space, {
      eventIndex,
      ...start,
    }),
    space,
    eventIndex,
    ...start,
  });
}

function perform(queue: LockstepQueue, action: Action): void {
  if (action.type === "add") {
    const [first, ...more] = action.buffers;
    if (first !== undefined && more.length === 0) queue.add(first);
    else queue.addChain(action.buffers);
  } else if (action.type === "complete") {
    if (queue.held > 0) queue.complete(action.which % queue.held, action.written);
  } else {
    queue[action.type]();
  }
}

/** Lets both sides finish: every chain that is anywhere comes back. */
function finish(queue: LockstepQueue): void {
  queue.publish();
  while (queue.take());
  while (queue.held > 0) queue.complete(0, 1);
  queue.publishUsed();
  while (queue.takeUsed());
}

const someBuffer = record({
  address: integer({ min: 0x22000000, max: 0x2200f000 }),
  length: integer({ min: 1, max: 4096 }),
  deviceWritable: boolean(),
});

/** Chains of up to `most` buffers, readable ones first (§2.7.4.2). */
const someChain = (most: number) =>
  array(someBuffer, { minLength: 1, maxLength: most }).map((buffers) =>
    buffers.toSorted((a, b) => Number(a.deviceWritable) - Number(b.deviceWritable)),
  );

const someAction = (size: number) =>
  oneof(
    {
      weight: 5,
      arbitrary: record({ type: constant("add" as const), buffers: someChain(Math.min(size, 4)) }),
    },
    {
      weight: 4,
      arbitrary: record({
        type: constant("complete" as const),
        which: nat(31),
        written: oneof(nat(5000), integer({ min: 0, max: 0xffffffff })),
      }),
    },
    {
      weight: 12,
      arbitrary: record({
        type: constantFrom(
          "publish" as const,
          "take" as const,
          "publishUsed" as const,
          "takeUsed" as const,
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: record({
        type: constantFrom(
          "disableNotifications" as const,
          "enableNotifications" as const,
          "disableInterrupts" as const,
          "enableInterrupts" as const,
        ),
      }),
    },
  );

const someRunOf = (size: number) =>
  record({
    size: constant(size),
    startIndex: oneof(constant(undefined), integer({ min: 65500, max: 65535 }), nat(65535)),
    actions: array(someAction(size), { minLength: 1, maxLength: 150, size: "max" }),
  });

const modes = [
  { mode: "flags", eventIndex: false },
  { mode: "event index", eventIndex: true },
];

describe.each(modes)("both sides, notifications by $mode", ({ eventIndex }) => {
  const someRun = constantFrom(1, 2, 4, 8, 16, 32).chain(someRunOf);

  test("T04 T23 any interleaving does as the model: nothing lost, nothing twice, no lost wake-up", () => {
    const asModel = property(someRun, ({ size, startIndex, actions }) => {
      const start = startIndex === undefined ? {} : { startIndex };
      const queue = bothSides({ size, eventIndex, ...start });
      for (const action of actions) perform(queue, action);
      finish(queue);
      return queue.inFlight === 0;
    });
    expect(() => assert(asModel, { numRuns: 1500, seed: 2 })).not.toThrow();
  });

  test.each(memoryModels)(
    "T23 queues one after another over $name do as the model, and no write is hidden or lost",
    (model) => {
      const someRuns = constantFrom(1, 2, 4, 8, 16, 32).chain((size) =>
        array(someRunOf(size), { minLength: 1, maxLength: 3 }),
      );
      const asModel = property(someRuns, (runs) => {
        using loopback = loopbackRing({ size: runs[0]?.size ?? 1, model });
        let lost = 0;
        for (const { size, startIndex, actions } of runs) {
          const start = startIndex === undefined ? {} : { startIndex };
          const queue = bothSides({ size, eventIndex, ...start }, loopback);
          for (const action of actions) perform(queue, action);
          finish(queue);
          lost += queue.inFlight;
        }
        loopback.check();
        return lost === 0;
      });
      expect(() => assert(asModel, { numRuns: 100, seed: 3 })).not.toThrow();
    },
  );

  test.each([1, 2])(
    "from every state that a queue of %i can reach, every step is right",
    (size) => {
      const { states, complete } = everyState(size, eventIndex, 99);
      expect(complete).toBe(true);
      expect(states).toBeGreaterThan(size === 1 ? 100 : 1000);
    },
  );

  test("from every state that a queue of 4 can reach in 8 steps, every step is right", () => {
    expect(everyState(4, eventIndex, 8).states).toBeGreaterThan(3000);
  });

  test.each([1, 2, 4])("every sequence of 4 steps on a queue of %i is right", (size) => {
    expect(everySequence(size, eventIndex, 4)).toBe(stepsOf(size).length ** 4);
  });

  test("T23 200,000 messages through a queue of 2 wrap the indices and lose nothing", () => {
    const queue = bothSides({ size: 2, eventIndex });
    const buffer = { address: 0x22000000, length: 512, deviceWritable: true };
    const random = seededRandom(23);
    let messages = 0;
    while (messages < 200_000) {
      const batch = random.between(1, 2);
      for (let each = 0; each < batch; each++) queue.add(buffer);
      queue.publish();
      if (random.chance(0.1)) queue.disableNotifications();
      while (queue.take());
      if (random.chance(0.5)) queue.enableNotifications();
      while (queue.held > 0) queue.complete(random.below(queue.held), messages & 0x1ff);
      queue.publishUsed();
      if (random.chance(0.1)) queue.disableInterrupts();
      while (queue.takeUsed()) messages++;
      if (random.chance(0.5)) queue.enableInterrupts();
    }
    expect(queue.inFlight).toBe(0);
  });

  test("a consumer that leaves what it has seen is told so when it wants to sleep", () => {
    const queue = bothSides({ size: 4, eventIndex });
    const buffer = { address: 0x22000000, length: 16, deviceWritable: true };
    queue.enableNotifications();
    queue.enableInterrupts();
    for (let each = 0; each < 3; each++) queue.add(buffer);
    expect(queue.publish()).toBe(true);
    queue.take();
    expect(queue.enableNotifications()).toBe(true);
    while (queue.take());
    expect(queue.enableNotifications()).toBe(false);
    for (let each = 0; each < 3; each++) queue.complete(0, 0);
    expect(queue.publishUsed()).toBe(true);
    queue.takeUsed();
    expect(queue.enableInterrupts()).toBe(true);
    while (queue.takeUsed());
    expect(queue.enableInterrupts()).toBe(false);
  });
});

test("§2.7.7 §2.7.10 on a live ring, a flag that an earlier owner left set is cleared", () => {
  const loopback = loopbackRing({ size: 2 });
  const ring = loopback.over(loopback.words);
  const raw = rawSplitRing(ring);
  raw.availableFlags = 1;
  raw.usedFlags = 1;
  new SplitDriverVirtqueue(ring, { startIndex: 0 }).enableInterrupts();
  new SplitDeviceVirtqueue(ring, loopback.space, { startIndex: 0 }).enableNotifications();
  expect([raw.availableFlags, raw.usedFlags]).toEqual([0, 0]);
});

/** What can be done in an exhaustive world: a chain of one, a chain of two, first and last of held. */
const STEPS: readonly ((queue: LockstepQueue) => void)[] = [
  (queue) => queue.add({ address: 0x22000000, length: 16, deviceWritable: true }),
  (queue) =>
    queue.addChain([
      { address: 0x22000010, length: 8, deviceWritable: false },
      { address: 0x22000020, length: 4, deviceWritable: true },
    ]),
  (queue) => queue.publish(),
  (queue) => queue.take(),
  (queue) => perform(queue, { type: "complete", which: 0, written: 4 }),
  (queue) => perform(queue, { type: "complete", which: queue.held - 1, written: 0xffffffff }),
  (queue) => queue.publishUsed(),
  (queue) => queue.takeUsed(),
  (queue) => queue.disableNotifications(),
  (queue) => queue.enableNotifications(),
  (queue) => queue.disableInterrupts(),
  (queue) => queue.enableInterrupts(),
];

/** A queue after some steps, its indices about to wrap. */
function after(
  path: readonly number[],
  loopback: LoopbackRing,
  eventIndex: boolean,
): LockstepQueue {
  const { size } = loopback;
  const queue = bothSides({ size, eventIndex, startIndex: 65535 }, loopback);
  for (const step of path) STEPS[step]?.(queue);
  return queue;
}

/** The steps that a queue of a size can make: one descriptor holds no chain of two. */
function stepsOf(size: number): number[] {
  return [...STEPS.keys()].filter((step) => size > 1 || step !== 1);
}

/** Performs every sequence of steps of a length; returns how many there are. */
function everySequence(size: number, eventIndex: boolean, length: number): number {
  const loopback = loopbackRing({ size });
  let paths: readonly (readonly number[])[] = [[]];
  for (let step = 0; step < length; step++) {
    paths = paths.flatMap((path) => stepsOf(size).map((next) => [...path, next]));
  }
  for (const path of paths) after(path, loopback, eventIndex);
  return paths.length;
}

/**
 * From every state that the model can reach within a distance, makes every step.
 *
 * @returns How many states there are, and whether there are more behind them.
 */
function everyState(
  size: number,
  eventIndex: boolean,
  distance: number,
): { states: number; complete: boolean } {
  const loopback = loopbackRing({ size });
  const known = new Set<string>([after([], loopback, eventIndex).state]);
  let edge: readonly (readonly number[])[] = [[]];
  for (let away = 0; away < distance && edge.length > 0; away++) {
    const next: (readonly number[])[] = [];
    for (const path of edge) {
      for (const step of stepsOf(size)) {
        const reached = [...path, step];
        const { state } = after(reached, loopback, eventIndex);
        if (!known.has(state)) next.push(reached);
        known.add(state);
      }
    }
    edge = next;
  }
  return { states: known.size, complete: edge.length === 0 };
}
