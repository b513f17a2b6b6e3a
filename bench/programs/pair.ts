import type { Doorbell, Memory, SharedWords } from "@openamp/libmetal";
import { sharedVdev } from "@openamp/testing";
import type { Measure } from "./answer.ts";
import { chunkTimes } from "./chunk_times.ts";

/** The memory that both sides map, wherever they run. */
export const PAIR_MEMORY = { size: 1 << 20, physicalAddress: 0x10000000 } as const;

/** What is measured. */
export interface PairTask {
  readonly kind: "one-way" | "round-trip";
  /** Bytes. */
  readonly payload: number;
}

/** One way: messages that the remote answers with one, and that are between two looks at the clock. */
const BLOCK = 4096;
/** Round trips between two looks at the clock. */
const TRIPS = 16;

const HOST_ADDRESS = 1025;
const REMOTE_ADDRESS = 1030;
/** Words behind the buffers: what the remote is to do, and what it does. */
const WANTED = PAIR_MEMORY.size - 128;
const ACTUAL = PAIR_MEMORY.size - 64;
const SLEEP = 0;
const RUN = 1;

/** Both sides spin on their queues: nobody rings, nobody is woken. */
const silent: Doorbell = {
  ring: () => {},
  listen: () => ({ [Symbol.dispose]: () => {} }),
};

/**
 * The host on its core, as in c/pair.c: one way, each message is published by itself; a round trip
 * is an echo. The result is the median of the chunks between two looks at the clock.
 *
 * @param memory The shared memory, zeroed.
 * @param task What is measured.
 * @param wakeRemote Wakes the remote out of the sleep in which it is between two measurements.
 * @returns What to ask.
 */
export async function pairHost(
  memory: Memory,
  task: PairTask,
  wakeRemote: () => Promise<void>,
): Promise<Measure> {
  const host = await sharedVdev(memory).openHost({ doorbell: silent });
  const payload = new Uint8Array(task.payload).fill(7);
  const target = new Uint8Array(512);
  const expected = task.kind === "one-way" ? 0 : payload.length;
  const times = chunkTimes();
  const answers = { wanted: 0, heard: 0 };
  const sender = host.createEndpoint({
    address: HOST_ADDRESS,
    destination: REMOTE_ADDRESS,
    onMessage(message) {
      if (message.copyTo(target) === expected) answers.heard++;
    },
  });

  function block(): void {
    for (let count = 0; count < BLOCK; count++) while (!sender.trySend(payload));
    answers.wanted++;
    host.poll();
  }

  function trips(): void {
    for (let count = 0; count < TRIPS; count++) {
      if (!sender.trySend(payload)) throw new Error("no buffer is free");
      answers.wanted++;
      while (answers.heard < answers.wanted) host.poll();
    }
  }

  const [chunk, messages] = task.kind === "one-way" ? [block, BLOCK] : [trips, TRIPS];
  return async (milliseconds) => {
    await wakeRemote();
    setRemote(memory.words, RUN);
    const start = performance.now();
    let from = start;
    do {
      chunk();
      const to = performance.now();
      times.add(to - from);
      from = to;
    } while (from - start < milliseconds);
    while (answers.heard < answers.wanted) host.poll();
    setRemote(memory.words, SLEEP);
    return [times.median() / messages];
  };
}

/** Tells the remote what to do, and waits until it does it. */
function setRemote(words: SharedWords, state: number): void {
  words.store32(WANTED, state);
  while (words.load32(ACTUAL) !== state);
}

/**
 * The remote on the other core.
 *
 * @param memory The same memory.
 * @param task What is measured.
 * @returns To be called when the host wakes the remote: spins until the host lets it sleep.
 */
export async function pairRemote(memory: Memory, task: PairTask): Promise<() => void> {
  const { words } = memory;
  const remote = await sharedVdev(memory).openRemote({ doorbell: silent });
  const nothing = new Uint8Array(0);
  const target = new Uint8Array(task.payload);
  let handled = 0;
  const endpoint = remote.createEndpoint({
    address: REMOTE_ADDRESS,
    destination: HOST_ADDRESS,
    onMessage:
      task.kind === "one-way"
        ? (message) => {
            message.copyTo(target);
            handled = (handled + 1) % BLOCK;
            if (handled === 0) endpoint.trySendTo(nothing, message.source);
          }
        : (message) => {
            message.copyTo(target);
            endpoint.trySendTo(target, message.source);
          },
  });
  return () => {
    while (words.load32(WANTED) !== RUN);
    words.store32(ACTUAL, RUN);
    while (words.load32(WANTED) === RUN) remote.poll();
    words.store32(ACTUAL, SLEEP);
  };
}

/**
 * What is measured, from the program's arguments.
 *
 * @param kind `one-way` or `round-trip`.
 * @param payload Bytes.
 */
export function pairTask(kind: string | undefined, payload: string | undefined): PairTask {
  return { kind: kind === "one-way" ? "one-way" : "round-trip", payload: Number(payload) };
}
