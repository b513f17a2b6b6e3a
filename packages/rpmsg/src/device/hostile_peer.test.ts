import { createLogger, memoryOver } from "@openamp/libmetal";
import { RPMSG_HEADER_SIZE } from "@openamp/rpmsg/wire";
import {
  ATTACKED_ADDRESS,
  attacksOnDevice,
  attacksOnDriver,
  attacksOnRpmsg,
  changingWords,
  fakeClock,
  guardedWords,
  loopbackMemory,
  someMemoryModels,
  rawRpmsgHost,
  type RawRpmsgPeer,
  rawRpmsgRemote,
  rawSplitRing,
  refilled,
  type RingAttack,
  type RingAttackWay,
  seededRandom,
  swappedHeaders,
} from "@openamp/testing";
import type { BrokenQueue } from "@openamp/virtio";
import { describe, expect, test } from "vitest";

import type { Endpoint } from "../endpoint/endpoint.ts";
import type { RpmsgError } from "../error.ts";
import type { RpmsgCounters } from "../state/counters.ts";

const roles = ["host", "remote"] as const;
const cases = someMemoryModels.flatMap((model) => roles.map((role) => ({ role, model })));
const rawPeer = { host: rawRpmsgRemote, remote: rawRpmsgHost } as const;

const DROPS = [
  "droppedShort",
  "droppedLength",
  "droppedAddress",
  "droppedAnnouncement",
  "droppedNoHandler",
  "droppedBuffer",
] as const satisfies readonly (keyof RpmsgCounters)[];

interface Attacked {
  /** What the handler of the victim's endpoint got. */
  readonly heard: Uint8Array[];
  /** Why the device ended; each reason came once. */
  readonly failures: RpmsgError[];
  /** Whether the victim works: a good message still arrives. */
  works(): boolean;
}

/** Gives the victim an endpoint that reads all of each message. */
function watchVictim(peer: RawRpmsgPeer): Attacked {
  const heard: Uint8Array[] = [];
  const failures: RpmsgError[] = [];
  peer.victim.onFailure((reason) => failures.push(reason));
  peer.victim.createEndpoint({
    address: ATTACKED_ADDRESS,
    onMessage(message) {
      const copy = new Uint8Array(message.length);
      message.copyTo(copy);
      heard.push(copy);
    },
  });
  return {
    heard,
    failures,
    works() {
      const before = heard.length;
      peer.send({ destination: ATTACKED_ADDRESS, payload: Uint8Array.of(1, 2, 3) });
      const last = heard.at(-1);
      return heard.length === before + 1 && last?.join() === "1,2,3";
    },
  };
}

const messageWays = Object.entries(attacksOnRpmsg).flatMap(([number, { title, ways }]) =>
  ways.map((way) => ({ name: `${number}: ${title}: ${way.name}`, way })),
);

describe.each(cases)(
  "messages to the $role (T09, T18, T26 to T31), over $model.name",
  ({ role, model }) => {
    test.each(messageWays)("$name", async ({ way }) => {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      if (way.possible?.(peer) === false) return;
      const victim = watchVictim(peer);
      for (const step of way.steps) step(peer);
      const { counters } = peer.victim;
      const grown = DROPS.filter((counter) => counters[counter] > 0);
      const faults = way.verdict === "tolerated" ? [] : way.verdict;
      expect(faults).toEqual(expect.arrayContaining(grown));
      expect(grown).toHaveLength(Math.min(1, faults.length));
      // What is dropped never shows.
      expect(victim.heard.filter(() => grown.length > 0)).toEqual([]);
      expect(victim.failures).toEqual([]);
      expect(victim.works()).toBe(true);
    });
  },
);

interface RingCase {
  readonly name: string;
  readonly way: RingAttackWay;
  /**
   * Whether the attack is none on a victim that gives back at once: a head that was given back may
   * be used again.
   */
  readonly needsHolder: boolean;
}

function ringCases(attacks: Readonly<Record<string, RingAttack>>): readonly RingCase[] {
  return Object.entries(attacks).flatMap(([number, { title, ways }]) =>
    ways.map((way) => ({
      name: `${number}: ${title}: ${way.name}`,
      way,
      needsHolder: number === "T04" || number === "T06",
    })),
  );
}

/** Performs an attack on a queue of the victim, which runs after each step. */
function attackRing(peer: RawRpmsgPeer, queue: 0 | 1, way: RingAttackWay, run: () => void): string {
  const { physicalAddress, size } = peer.memory;
  const hands = {
    ring: rawSplitRing(peer.vdev.ring(queue)),
    buffer: { address: physicalAddress + size - 512, length: 512 },
    random: seededRandom(2),
  };
  const failures: RpmsgError[] = [];
  peer.victim.onFailure((reason) => failures.push(reason));
  if (way.possible?.(hands) === false) return "impossible";
  for (const step of way.steps) {
    step(hands);
    run();
  }
  if (failures.length === 0) return "tolerated";
  // It stays broken, and says so once.
  run();
  peer.victim.poll();
  const [failure] = failures;
  return failures.length === 1 && failure?.code === "BROKEN"
    ? (failure.cause as BrokenQueue).fault
    : `failed ${failures.length} times`;
}

/** What may come of an attack. */
function outcomes({ verdict }: RingAttackWay): readonly string[] {
  return ["impossible", ...(verdict === "tolerated" ? [verdict] : verdict)];
}

/** Holds what comes: a ring that is zeroed or scribbled over has messages to address 0. */
function holdAll(peer: RawRpmsgPeer): void {
  peer.victim.createEndpoint({ address: 0, onMessage: (message) => void message.hold() });
}

/** Sends until there is no buffer left; nothing but BROKEN and MESSAGE_SIZE may come out. */
function sendAll(endpoint: Endpoint): void {
  try {
    while (endpoint.trySend(new Uint8Array(4)));
  } catch (error) {
    if (!isDeclared(error)) throw error;
  }
}

function isDeclared(error: unknown): boolean {
  const { name, code } = error as RpmsgError;
  return name === "RpmsgError" && (code === "BROKEN" || code === "MESSAGE_SIZE");
}

describe.each(someMemoryModels)("rings of the remote, over $name", (model) => {
  test.each(ringCases(attacksOnDevice))("where it receives: $name", async ({ way }) => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, ringSize: 16 });
    holdAll(peer);
    expect(outcomes(way)).toContain(attackRing(peer, 1, way, () => peer.ring(1)));
  });

  const sending = ringCases(attacksOnDevice).filter(({ needsHolder }) => !needsHolder);
  test.each(sending)("where it sends: $name", async ({ way }) => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, ringSize: 16, offered: [] });
    const endpoint = peer.victim.createEndpoint({ destination: 1 });
    expect(outcomes(way)).toContain(attackRing(peer, 0, way, () => sendAll(endpoint)));
  });
});

describe.each(someMemoryModels)("rings of the host, over $name", (model) => {
  // A message without a byte, as T06 gives it back, is dropped, and its buffer is posted again.
  const attacks = ringCases(attacksOnDriver).filter(({ needsHolder }) => !needsHolder);

  test.each(attacks)("where it receives: $name", async ({ way }) => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, ringSize: 16 });
    expect(outcomes(way)).toContain(attackRing(peer, 0, way, () => peer.ring(0)));
  });

  test.each([16, 0x10000, 0xffffffff])("T33: a forged id, %i, reaches no handler", async (id) => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, ringSize: 16 });
    const { heard, failures } = watchVictim(peer);
    // A buffer that nobody has filled is all zeros: a message to address 0.
    peer.victim.createEndpoint({
      address: 0,
      onMessage: ({ length }) => heard.push(new Uint8Array(length)),
    });
    rawSplitRing(peer.vdev.ring(0)).giveBack([id, 48]);
    peer.ring(0);
    expect(heard).toEqual([]);
    expect(failures).toMatchObject([{ code: "BROKEN", cause: { fault: "USED_ID_RANGE" } }]);
  });

  test("T06: where it receives: a held message is given back a second time", async () => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, ringSize: 16 });
    const failures: RpmsgError[] = [];
    peer.victim.onFailure((reason) => failures.push(reason));
    holdAll(peer);
    peer.send({ destination: 0, payload: new Uint8Array(4) });
    const ring = rawSplitRing(peer.vdev.ring(0));
    ring.giveBack([ring.availableHead(0), 20]);
    peer.ring(0);
    expect(failures).toMatchObject([{ code: "BROKEN", cause: { fault: "USED_ID" } }]);
  });

  test.each(attacks)("where it sends: $name", async ({ way }) => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, ringSize: 16 });
    const endpoint = peer.victim.createEndpoint({ destination: 1 });
    sendAll(endpoint);
    expect(outcomes(way)).toContain(attackRing(peer, 1, way, () => sendAll(endpoint)));
  });
});

describe.each(roles)("T11: what the %s reads of shared memory", (role) => {
  test("each field of the header once a message, and no byte beyond what was sent", async () => {
    const memory = loopbackMemory();
    const words = guardedWords(memory.words);
    using peer = await rawPeer[role]({
      clock: fakeClock(),
      memory,
      victimMemory: memoryOver(memory.name, memory.physicalAddress, memory.kind, words),
    });
    const victim = watchVictim(peer);
    const { offset, size } = peer.vdev.buffers;
    for (const length of [0, 1, 3, 4, 17, 496]) {
      peer.post({ destination: ATTACKED_ADDRESS, payload: new Uint8Array(length) });
      const { accesses, repeatedReads } = words.record(() => peer.ring(peer.victimReceives));
      expect(repeatedReads).toEqual([]);
      const inBuffers = accesses.filter(
        (access) =>
          access.action === "read" && access.offset >= offset && access.offset < offset + size,
      );
      const bytes = inBuffers.reduce((sum, access) => sum + access.length, 0);
      // `reserved` says nothing, and is not read.
      expect(bytes).toBe(RPMSG_HEADER_SIZE - 4 + length);
    }
    expect(victim.heard.map(({ length }) => length)).toEqual([0, 1, 3, 4, 17, 496]);
  });

  test("a header that is another one at its second reading changes nothing", async () => {
    const memory = loopbackMemory();
    const words = changingWords(memory.words);
    using peer = await rawPeer[role]({
      clock: fakeClock(),
      memory,
      victimMemory: memoryOver(memory.name, memory.physicalAddress, memory.kind, words),
    });
    const sources: number[] = [];
    peer.victim.createEndpoint({
      address: ATTACKED_ADDRESS,
      onMessage: (message) => sources.push(message.source, message.length, message.destination),
    });
    const swap = swappedHeaders(peer.vdev);
    for (let message = 0; message < 10; message++) {
      words.change = swap;
      peer.send({ source: 7, destination: ATTACKED_ADDRESS, payload: new Uint8Array(5) });
      words.change = undefined;
    }
    expect(sources).toEqual(Array.from({ length: 10 }, () => [7, 5, ATTACKED_ADDRESS]).flat());
    expect(peer.victim.counters).toMatchObject({ droppedAddress: 0, droppedLength: 0 });
  });

  test("memory that is something else at each reading: no exception, no hang, no byte outside", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const memory = loopbackMemory(64 * 1024);
      const random = seededRandom(seed);
      const words = changingWords(guardedWords(memory.words));
      using peer = await rawPeer[role]({
        clock: fakeClock(),
        ringSize: 8,
        memory,
        victimMemory: memoryOver(memory.name, memory.physicalAddress, memory.kind, words),
      });
      const victim = watchVictim(peer);
      const { victim: device } = peer;
      const endpoint = device.createEndpoint({ destination: 1 });
      const target = random.pick([
        peer.vdev.ring(0).descriptors,
        peer.vdev.ring(0).available,
        peer.vdev.ring(0).used,
        peer.vdev.ring(1).descriptors,
        peer.vdev.ring(1).available,
        peer.vdev.ring(1).used,
        { offset: peer.vdev.buffers.offset, byteLength: peer.vdev.buffers.size },
      ]);
      peer.post({ destination: ATTACKED_ADDRESS, payload: new Uint8Array(32) });
      words.change = refilled({
        random,
        offset: target.offset,
        length: target.byteLength,
        after: random.below(3),
      });
      for (let round = 0; round < 20; round++) {
        device.poll();
        sendAll(endpoint);
      }
      for (const bytes of victim.heard) expect(bytes.length).toBeLessThanOrEqual(496);
    }
  });
});

test("T47: 100000 bad frames: counted, and not a line in the log for them", async () => {
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  using peer = await rawRpmsgRemote({ clock: fakeClock(), logger });
  const before = lines.length;
  const bad = [
    { destination: ATTACKED_ADDRESS, length: 0xffff },
    { destination: ATTACKED_ADDRESS, claimed: 3 },
    { destination: 9 },
    { destination: 53 },
  ];
  for (let frame = 0; frame < 25_000; frame++) for (const delivery of bad) peer.send(delivery);
  expect(peer.victim.counters).toMatchObject({
    droppedLength: 25_000,
    droppedShort: 25_000,
    droppedAddress: 25_000,
    droppedAnnouncement: 25_000,
  });
  expect(lines.slice(before)).toEqual([]);
});

test("T47: a handler that throws at each message leaves bounded lines and a counter", async () => {
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  using peer = await rawRpmsgRemote({ clock: fakeClock(), logger });
  peer.victim.createEndpoint({
    address: ATTACKED_ADDRESS,
    onMessage() {
      throw new Error("no");
    },
  });
  for (let frame = 0; frame < 10_000; frame++) peer.send({ destination: ATTACKED_ADDRESS });
  expect(peer.victim.counters.handlerErrors).toBe(10_000);
  expect(lines.length).toBeLessThan(110);
});

describe.each(cases)(
  "T31: endpoints of the $role that come and go, over $model.name",
  ({ role, model }) => {
    test("no handler is called for an endpoint that is closed, also inside its own handler", async () => {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      let heard = 0;
      const endpoint = peer.victim.createEndpoint({
        address: ATTACKED_ADDRESS,
        onMessage() {
          heard++;
          endpoint.close();
        },
      });
      for (let message = 0; message < 5; message++) peer.post({ destination: ATTACKED_ADDRESS });
      peer.ring(peer.victimReceives);
      expect(heard).toBe(1);
      expect(peer.victim.counters.droppedAddress).toBe(4);
    });

    test("an endpoint at an address that came free gets what is sent from then on", async () => {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      const heard: string[] = [];
      const open = (name: string): Disposable =>
        peer.victim.createEndpoint({
          address: ATTACKED_ADDRESS,
          onMessage: () => void heard.push(name),
        });
      const first = open("first");
      peer.send({ destination: ATTACKED_ADDRESS });
      first[Symbol.dispose]();
      peer.send({ destination: ATTACKED_ADDRESS });
      open("second");
      peer.send({ destination: ATTACKED_ADDRESS });
      expect(heard).toEqual(["first", "second"]);
    });

    test("closing the device inside a handler: nothing more is handled, the ring is left alone", async () => {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      let heard = 0;
      peer.victim.createEndpoint({
        address: ATTACKED_ADDRESS,
        onMessage(message) {
          heard++;
          peer.victim.close();
          expect(() => message.length).toThrow(expect.objectContaining({ code: "RELEASED" }));
        },
      });
      for (let message = 0; message < 5; message++) peer.post({ destination: ATTACKED_ADDRESS });
      peer.ring(peer.victimReceives);
      peer.ring(peer.victimReceives);
      peer.victim.poll();
      expect(heard).toBe(1);
      expect(peer.victim.counters.handlerErrors).toBe(0);
      expect(peer.returned()).toEqual([]);
    });

    test("a message without a handler is counted", async () => {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      peer.victim.createEndpoint({ address: ATTACKED_ADDRESS });
      peer.send({ destination: ATTACKED_ADDRESS });
      expect(peer.victim.counters).toMatchObject({ droppedNoHandler: 1, received: 0 });
    });
  },
);
