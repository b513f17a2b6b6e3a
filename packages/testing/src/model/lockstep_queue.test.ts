import { SplitDeviceVirtqueue, SplitDriverVirtqueue } from "@openamp/virtio";
import type { DeviceVirtqueue, DriverVirtqueue } from "@openamp/virtio";
import { expect, test } from "vitest";

import { lockstepQueue } from "./lockstep_queue.ts";
import type { LockstepQueue } from "./lockstep_queue.ts";
import { loopbackRing } from "./loopback_ring.ts";
import { referenceRing } from "./reference_ring.ts";

/** What is wrong with a queue: methods that stand in for the real ones. */
interface Sabotage {
  readonly driver?: (real: DriverVirtqueue) => Partial<DriverVirtqueue>;
  readonly device?: (real: DeviceVirtqueue) => Partial<DeviceVirtqueue>;
}

/** An object that answers by its own methods first, and by those of the real queue else. */
function over<Queue extends object>(real: Queue, wrong: Partial<Queue> | undefined): Queue {
  return new Proxy(real, {
    get(target, name) {
      if (wrong !== undefined && Reflect.has(wrong, name)) return Reflect.get(wrong, name, wrong);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function queue({ driver, device }: Sabotage = {}): LockstepQueue {
  const loopback = loopbackRing({ size: 4 });
  const ring = loopback.over(loopback.words);
  const realDriver: DriverVirtqueue = new SplitDriverVirtqueue(ring);
  const realDevice: DeviceVirtqueue = new SplitDeviceVirtqueue(ring, loopback.space);
  return lockstepQueue({
    driver: over(realDriver, driver?.(realDriver)),
    device: over(realDevice, device?.(realDevice)),
    space: loopback.space,
  });
}

const BUFFER = { address: 0x22000000, length: 16, deviceWritable: true };

/** A message there and back, and a refusal to sleep over another. */
function use(target: LockstepQueue): void {
  target.add(BUFFER);
  target.addChain([BUFFER, BUFFER]);
  target.publish();
  target.take();
  target.disableNotifications();
  target.disableInterrupts();
  target.complete(0, 7);
  target.publishUsed();
  target.takeUsed();
  target.add(BUFFER);
  target.publish();
  target.enableNotifications();
  target.take();
  target.enableInterrupts();
}

test("a good queue and the model agree", () => {
  const good = queue();
  use(good);
  expect([good.held, good.inFlight]).toEqual([1, 2]);
});

const sabotages: readonly (readonly [string, Sabotage])[] = [
  ["loses a chain", { device: () => ({ take: () => -1 }) }],
  ["gives another head", { device: (real) => ({ take: () => real.take() + 1 }) }],
  ["describes another length", { device: () => ({ length: () => 15 }) }],
  ["describes another place", { device: () => ({ offset: () => 4 }) }],
  ["takes a writable buffer for readable", { device: () => ({ writable: () => false }) }],
  ["counts other writable bytes", { device: () => ({ writableLength: 17 }) }],
  ["never asks for an interrupt", { device: () => ({ publish: () => false }) }],
  [
    "does not see what came while it slept",
    { device: () => ({ enableNotifications: () => false }) },
  ],
  ["counts free descriptors wrongly", { driver: () => ({ freeCount: 3 }) }],
  ["gives a head twice", { driver: () => ({ add: () => 0, addChain: () => 0 }) }],
  ["refuses where there is room", { driver: () => ({ addChain: () => -1 }) }],
  ["notifies where it need not", { driver: (real) => ({ publish: () => real.publish() || true }) }],
  ["takes back what did not come", { driver: (real) => ({ takeUsed: () => real.takeUsed() + 1 }) }],
  ["counts another used length", { driver: () => ({ usedLength: 8 }) }],
  [
    "is broken",
    { driver: () => ({ broken: { queue: 0, fault: "USED_ID" as const, message: "broken" } }) },
  ],
];

test.each(sabotages)("a queue that %s is found out", (_, sabotage) => {
  expect(() => use(queue(sabotage))).toThrow(
    expect.objectContaining({ name: "TestingError", code: "DIVERGED" }),
  );
});

test("to complete what is not held is the test's own mistake", () => {
  expect(() => queue().complete(0, 0)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test("an event index that lies ahead asks for nothing before its entry is published", () => {
  const ring = referenceRing<string>({ eventIndex: true, startIndex: 65535 });
  ring.add("at 65535");
  expect(ring.publish()).toBe(false);
  ring.add("at 0");
  expect(ring.publish()).toBe(true);
  expect(ring.enable()).toBe(true);
  expect([ring.take(), ring.take(), ring.take()]).toEqual(["at 65535", "at 0", undefined]);
  expect(ring.enable()).toBe(false);
});
