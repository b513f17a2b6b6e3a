import { expect, test } from "vitest";

import { fakeClock } from "../clock/fake_clock.ts";
import { seededRandom } from "../random/seeded_random.ts";
import { doorbellPair } from "./doorbell_pair.ts";
import { faultyDoorbell } from "./faulty_doorbell.ts";

test("each end hears the other and not itself, until it stops listening", () => {
  const [host, remote] = doorbellPair();
  const heard: string[] = [];
  const listening = host.listen((id) => heard.push(`host ${id}`));
  remote.listen((id) => heard.push(`remote ${id}`));
  host.ring(1);
  remote.ring(2);
  listening[Symbol.dispose]();
  remote.ring(3);
  expect(heard).toEqual(["remote 1", "host 2"]);
});

test("rings within a ring wait for it: answers neither nest nor pile up on the stack", () => {
  const [host, remote] = doorbellPair();
  let depth = 0;
  let deepest = 0;
  let answers = 0;
  remote.listen((id) => {
    depth++;
    deepest = Math.max(deepest, depth);
    remote.ring(id ?? 0);
    depth--;
  });
  host.listen(() => {
    answers++;
    if (answers < 100_000) host.ring(0);
  });
  host.ring(0);
  expect(answers).toBe(100_000);
  expect(deepest).toBe(1);
});

test("an exception of a listener comes out, and the line works on", () => {
  const [host, remote] = doorbellPair();
  const failing = remote.listen(() => {
    throw new Error("from the listener");
  });
  expect(() => host.ring(0)).toThrow("from the listener");
  failing[Symbol.dispose]();
  let heard = 0;
  remote.listen(() => heard++);
  host.ring(0);
  expect(heard).toBe(1);
});

interface FaultyRun {
  readonly heard: readonly (number | undefined)[];
  readonly dropped: number;
  readonly doubled: number;
  readonly stripped: number;
}

/** Rings 2000 times from an end that drops and doubles to one that strips. */
function faultyRun(seed: number): FaultyRun {
  const random = seededRandom(seed);
  const [host, remote] = doorbellPair();
  const bad = faultyDoorbell(host, { random, drop: 0.25, double: 0.5 });
  const deaf = faultyDoorbell(remote, { random, strip: 0.5 });
  const heard: (number | undefined)[] = [];
  deaf.listen((id) => heard.push(id));
  for (let ring = 0; ring < 2000; ring++) bad.ring(7);
  return { heard, dropped: bad.dropped, doubled: bad.doubled, stripped: deaf.stripped };
}

test("a faulty line drops, doubles and strips as often as it says, and repeats with its seed", () => {
  const { heard, dropped, doubled, stripped } = faultyRun(11);
  expect(heard).toHaveLength(2000 - dropped + doubled);
  expect(heard.filter((id) => id === undefined)).toHaveLength(stripped);
  expect(heard.every((id) => id === undefined || id === 7)).toBe(true);
  expect(Math.abs(dropped - 500)).toBeLessThan(100);
  expect(Math.abs(doubled - 750)).toBeLessThan(100);
  expect(stripped / heard.length).toBeCloseTo(0.5, 1);
  expect(faultyRun(11).heard).toEqual(heard);
});

test("a faulty line delays by the given clock; late rings may overtake", () => {
  const clock = fakeClock();
  const [host, remote] = doorbellPair();
  const slow = faultyDoorbell(host, {
    random: seededRandom(2),
    delay: { clock, milliseconds: 50 },
  });
  const heard: (number | undefined)[] = [];
  remote.listen((id) => heard.push(id));
  const sent = Array.from({ length: 20 }, (_, id) => id);
  for (const id of sent) slow.ring(id);
  expect(heard).toEqual([]);
  expect(clock.pending).toBe(20);
  clock.advance(50);
  expect(heard).not.toEqual(sent);
  expect(heard.sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(sent);
});

test("a line without faults is the line", () => {
  const [host, remote] = doorbellPair();
  const heard: (number | undefined)[] = [];
  faultyDoorbell(remote, { random: seededRandom(1) }).listen((id) => heard.push(id));
  const good = faultyDoorbell(host, { random: seededRandom(1) });
  for (let id = 0; id < 100; id++) good.ring(id);
  expect(heard).toEqual(Array.from({ length: 100 }, (_, id) => id));
});
