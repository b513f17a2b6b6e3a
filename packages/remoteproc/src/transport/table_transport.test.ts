import {
  addressSpace,
  bufferMemory,
  type Doorbell,
  listeners,
  type Memory,
  memoryOver,
  type SharedWords,
} from "@openamp/libmetal";
import { openRpmsgHost } from "@openamp/rpmsg";
import {
  coherentModel,
  doorbellPair,
  fakeClock,
  type MemoryModel,
  memoryModels,
  observedWords,
  sharedVdev,
  type WordAccess,
} from "@openamp/testing";
import { VIRTIO_CONFIG_S_DRIVER_OK } from "@openamp/virtio/wire";
import { describe, expect, test } from "vitest";

import { buildResourceTable } from "../resource/build.ts";
import { parseResourceTable } from "../resource/parse.ts";
import { FW_RSC_VDEV, FW_RSC_VDEV_VRING } from "../resource/wire.ts";
import { tableDeviceTransport } from "./table_device_transport.ts";
import { tableDriverTransport } from "./table_driver_transport.ts";
import { listenToQueues } from "./vdev_place.ts";

const ADDRESS = 0x10000000;
const IDS = { vdev: 2, vrings: [0, 1] } as const;

/** A memory that lists what is done to it, and the rings of the host, in one line. */
function bench(model: MemoryModel) {
  const log: (WordAccess | { readonly action: "ring"; readonly id: number })[] = [];
  const sided = model.open(1 << 20, ADDRESS);
  const { memory: raw } = sided;
  const observed = ({ kind, words }: Memory): Memory =>
    memoryOver(
      "shm",
      ADDRESS,
      kind,
      observedWords(words, (access) => void log.push(access)),
    );
  const sides = { host: observed(sided.host), remote: observed(sided.remote) };
  const [toRemote, toHost] = doorbellPair();
  const host: Doorbell = {
    ring(id) {
      log.push({ action: "ring", id });
      toRemote.ring(id);
    },
    listen: (callback) => toRemote.listen(callback),
  };
  const vdev = sharedVdev(raw, { ringSize: 16, sides });
  const clock = fakeClock();
  const { entry } = vdev;
  const at = (field: keyof typeof FW_RSC_VDEV.fields): number =>
    entry.offset + FW_RSC_VDEV.fields[field].offset;
  const ringAt = (queue: 0 | 1, field: "da" | "notifyid"): number =>
    (entry.vrings[queue]?.offset ?? NaN) + FW_RSC_VDEV_VRING.fields[field].offset;
  return { log, raw, vdev, host, toHost, clock, entry, at, ringAt };
}

/** Bytes of the table; the rings and buffers lie behind. */
const TABLE = 4096;

describe.each(memoryModels)("the host's side, over $name", (model) => {
  test("writes all before DRIVER_OK, and rings queue 0 once after it", async () => {
    const { log, raw, vdev, host, clock, at, ringAt } = bench(model);
    const driver = vdev.driver(host);
    log.length = 0;
    // What was there before the start: rings are to be zeroed.
    raw.setBlock(TABLE, 0xff, 4 * 4096);
    const { buffers } = vdev;
    using device = await openRpmsgHost(driver, { buffers, clock, pollInterval: 0 });
    expect(device.name).toBe("virtio0");
    const driverOk = log.findLastIndex(
      (each) => each.action === "write" && each.offset === at("status"),
    );
    const written = (offset: number): number =>
      log.findIndex(
        (each) =>
          each.action === "write" && each.offset <= offset && each.offset + each.length > offset,
      );
    const fields = [
      at("gfeatures"),
      at("notifyid"),
      ringAt(0, "da"),
      ringAt(0, "notifyid"),
      ringAt(1, "da"),
      ringAt(1, "notifyid"),
      vdev.ring(0).descriptors.offset,
      vdev.ring(0).available.offset,
      vdev.ring(0).used.offset,
      vdev.ring(1).descriptors.offset,
      vdev.ring(1).used.offset,
    ];
    for (const offset of fields) {
      expect(written(offset)).toBeGreaterThanOrEqual(0);
      expect(written(offset)).toBeLessThan(driverOk);
    }
    // Zeroed first, then told; 16 receive buffers are posted by then.
    expect(written(vdev.ring(0).used.offset)).toBeLessThan(written(ringAt(0, "da")));
    expect(raw.read16(vdev.ring(0).available.offset + 2)).toBe(16);
    expect(raw.read16(vdev.ring(0).used.offset + 2)).toBe(0);
    expect(raw.read8(at("status")) & VIRTIO_CONFIG_S_DRIVER_OK).toBe(VIRTIO_CONFIG_S_DRIVER_OK);
    expect(raw.read32(at("gfeatures"))).toBe(1);
    expect([raw.read32(ringAt(0, "da")), raw.read32(ringAt(1, "da"))]).toEqual([
      ADDRESS + vdev.ring(0).descriptors.offset,
      ADDRESS + vdev.ring(1).descriptors.offset,
    ]);
    // The word that says so is written atomically, and flushed before the ring.
    expect(log[driverOk]).toMatchObject({ atomic: true, width: 1 });
    const rings = log.flatMap((each, index) =>
      each.action === "ring" ? [{ ...each, index }] : [],
    );
    expect(rings).toEqual([{ action: "ring", id: 0, index: expect.any(Number) }]);
    expect(rings[0]?.index).toBeGreaterThan(driverOk + 1);
    // Again with back-off, until something arrives.
    clock.advance(10);
    clock.advance(20);
    expect(log.filter(({ action }) => action === "ring")).toHaveLength(3);
  });

  test("T40: after it was accepted, nothing of the table but status and configuration is read", async () => {
    const { log, raw, vdev, host, clock, entry, at, ringAt } = bench(model);
    const driver = vdev.driver(host);
    // The firmware rewrites all that it may: sizes, addresses, ids, features, types.
    raw.setBlock(entry.offset, 0xa5, at("status") - entry.offset);
    for (const { offset } of entry.vrings) raw.setBlock(offset, 0xa5, FW_RSC_VDEV_VRING.size);
    log.length = 0;
    const { buffers } = vdev;
    using device = await openRpmsgHost(driver, { buffers, clock, pollInterval: 0 });
    raw.setBlock(ringAt(0, "da"), 0xa5, 4);
    raw.setBlock(ringAt(0, "notifyid"), 0xa5, 4);
    raw.write32(at("gfeatures"), 0xffffffff);
    device.poll();
    await driver.getStatus();
    expect(await driver.getFeatures()).toBe(1n);
    driver.notify(0);
    await driver.setStatus(0);
    const read = log.filter((each) => each.action === "read" && each.offset < TABLE);
    expect(read).toEqual([
      { action: "read", offset: at("status"), length: 1, width: 1, atomic: true },
    ]);
    const ids = log.flatMap((each) => (each.action === "ring" ? [each.id] : []));
    expect(ids).toEqual([0, 0, IDS.vdev]);
  });

  test("rings the device's own id for what it does to a remote at work, and not before", async () => {
    const { log, vdev, host } = bench(model);
    const driver = vdev.driver(host);
    const rung: number[][] = [];
    for (const status of [0, 1, 3, 7, 7, 0, 0]) {
      log.length = 0;
      await driver.setStatus(status);
      rung.push(log.flatMap((each) => (each.action === "ring" ? [each.id] : [])));
    }
    expect(rung).toEqual([[], [], [], [], [2], [2], []]);
  });

  test("has no third queue", async () => {
    const { vdev, host } = bench(model);
    const driver = vdev.driver(host);
    await expect(driver.createQueue(2)).rejects.toMatchObject({
      code: "QUEUE_INDEX",
      message: "Create queue 2 of virtio0: it has 2",
    });
    driver.notify(2);
  });
});

describe("the configuration space", () => {
  const lengths = [0, 1, 4, 13, 16, 17, 64];
  test.each(lengths)("of %i bytes is read inside, and refused beyond", async (length) => {
    const config = Uint8Array.from({ length }, (_, index) => index + 1);
    const vring = { num: 16, align: 16 };
    const table = buildResourceTable([
      { type: "vdev", id: 2, dfeatures: 0, vrings: [vring], config },
      { type: "trace", name: "behind it", da: 1, len: 1 },
    ]);
    const memory = bufferMemory({
      name: "shm",
      physicalAddress: ADDRESS,
      buffer: new ArrayBuffer(4096),
    });
    memory.writeBlock(0, table);
    const entry = parseResourceTable(table).entries.find((each) => each.type === "vdev");
    if (entry === undefined) throw new Error("It has a vdev");
    const [doorbell] = doorbellPair();
    const da = addressSpace([{ name: "shm", address: ADDRESS, memory }]);
    const place = { name: "virtio0", words: memory.words, table: 0, entry, da, doorbell };
    const driver = tableDriverTransport(place, { ids: IDS, rings: [ADDRESS] });
    expect(driver.configLength).toBe(length);
    const whole = new Uint8Array(length);
    await driver.readConfig(0, whole);
    expect(whole).toEqual(config);
    await driver.readConfig(length, new Uint8Array(0));
    for (const [offset, count] of [
      [0, length + 1],
      [length, 1],
      [-1, 1],
      [NaN, 1],
      [2 ** 53, 1],
    ] as const) {
      await expect(driver.readConfig(offset, new Uint8Array(count))).rejects.toMatchObject({
        code: "DEVICE_STATE",
        message: expect.stringContaining(`of the configuration of virtio0: it has ${length}`),
      });
    }
  });
});

/** Both sides; the host's has set up its queues and nothing more. */
async function waiting(model: MemoryModel) {
  const parts = bench(model);
  const { vdev, host, toHost, clock } = parts;
  const driver = vdev.driver(host);
  await driver.setStatus(3);
  await driver.setFeatures(1n);
  await driver.createQueue(0);
  await driver.createQueue(1);
  return { ...parts, driver, device: vdev.device(toHost, clock) };
}

/** The reason of a wait that is to fail, seen before it does. */
function failure(wait: Promise<unknown>): Promise<unknown> {
  return wait.then(
    () => "nothing failed",
    (error: unknown) => error,
  );
}

describe.each(memoryModels)("the remote's side, over $name", (model) => {
  test.each([4, 7, 12])("takes status %i for ready: the bit alone suffices", async (status) => {
    const { driver, device } = await waiting(model);
    await driver.setStatus(status);
    expect(await device.waitForDriver()).toBe(1n);
    expect(device.isReset()).toBe(false);
  });

  test.each([0, 1, 3, 8, 0x40, 0x44, 0x80])("does not take status %i for ready", async (status) => {
    const { raw, at, clock, device } = await waiting(model);
    raw.write8(at("status"), status);
    const ended = failure(device.waitForDriver({ timeout: 100 }));
    await clock.advanceAsync(100);
    expect(await ended).toMatchObject({
      code: "TIMEOUT",
      message: `Wait for DRIVER_OK on virtio0: status is still ${status}`,
    });
    expect(device.isReset()).toBe(true);
  });

  test("reads addresses, ids and features only after DRIVER_OK, and each once", async () => {
    const { log, raw, at, ringAt, clock, device } = await waiting(model);
    log.length = 0;
    const wait = device.waitForDriver();
    await clock.advanceAsync(50);
    expect(new Set(log.flatMap((each) => (each.action === "read" ? [each.offset] : [])))).toEqual(
      new Set([at("status")]),
    );
    log.length = 0;
    raw.write8(at("status"), VIRTIO_CONFIG_S_DRIVER_OK);
    await clock.advanceAsync(10);
    await wait;
    device.openQueue(0);
    device.openQueue(1);
    const reads = log.flatMap((each) =>
      each.action === "read" && each.offset < TABLE ? [each.offset] : [],
    );
    expect(reads).toEqual([
      at("status"),
      at("gfeatures"),
      ringAt(0, "da"),
      ringAt(0, "notifyid"),
      ringAt(1, "da"),
      ringAt(1, "notifyid"),
    ]);
  });

  test("accepts no feature that it did not offer", async () => {
    const { raw, at, driver, device } = await waiting(model);
    raw.write32(at("gfeatures"), 0xffffffff);
    await driver.setStatus(4);
    expect(await device.waitForDriver()).toBe(1n);
  });

  test("hears the reset of a host by status 0 and by NEEDS_RESET", async () => {
    for (const status of [0, 0x40, 0x47]) {
      const { driver, device } = await waiting(model);
      await driver.setStatus(7);
      await device.waitForDriver();
      const heard: unknown[] = [];
      using _ = device.listen((queue) => heard.push(queue, device.isReset()));
      await driver.setStatus(status);
      expect(heard).toEqual([undefined, true]);
    }
  });

  test("T41: waits for DRIVER_OK no longer than it was told, and leaves no timer", async () => {
    const { clock, device } = await waiting(model);
    const ended = failure(device.waitForDriver());
    await clock.advanceAsync(4999);
    expect(clock.pending).toBeGreaterThan(0);
    await clock.advanceAsync(1);
    expect(await ended).toMatchObject({ code: "TIMEOUT" });
    expect(clock.pending).toBe(0);
    const abort = new AbortController();
    const { signal } = abort;
    const second = failure(device.waitForDriver({ timeout: Infinity, signal }));
    await clock.advanceAsync(10_000);
    abort.abort();
    expect(await second).toMatchObject({ code: "ABORTED" });
    expect(clock.pending).toBe(0);
  });

  test("T41: is woken by a ring before its next look", async () => {
    const { raw, at, host, clock, device } = await waiting(model);
    const wait = device.waitForDriver();
    raw.write8(at("status"), 4);
    host.ring(0);
    expect(await wait).toBe(1n);
    expect([clock.now(), clock.pending]).toEqual([0, 0]);
  });

  test("refuses a ring outside the memory, and a third queue", async () => {
    const { raw, ringAt, driver, device } = await waiting(model);
    raw.write32(ringAt(0, "da"), ADDRESS + (1 << 20) - 64);
    await driver.setStatus(4);
    await device.waitForDriver();
    expect(() => device.openQueue(0)).toThrow(expect.objectContaining({ code: "RING_OUTSIDE" }));
    expect(() => device.openQueue(2)).toThrow(expect.objectContaining({ code: "QUEUE_INDEX" }));
  });

  test("rings nobody for a queue that is not open, and then by the id of the host", async () => {
    const { raw, ringAt, host, driver, device } = await waiting(model);
    const heard: unknown[] = [];
    using _ = host.listen((id) => heard.push(id));
    raw.write32(ringAt(1, "notifyid"), 77);
    await driver.setStatus(4);
    await device.waitForDriver();
    device.notify(1);
    device.openQueue(1);
    device.notify(1);
    expect(heard).toEqual([77]);
  });
});

test("an id that is absent, or nobody's, says: look at every queue", () => {
  const rings = listeners<number | undefined>();
  const line: Doorbell = { ring: () => undefined, listen: (callback) => rings.add(callback) };
  const ids: number[] = [];
  ids[1] = 9;
  const heard: unknown[] = [];
  using _ = listenToQueues(line, ids, (queue) => heard.push(queue));
  for (const id of [9, 5, undefined, -1]) rings.emit(id);
  expect(heard).toEqual([1, undefined, undefined, undefined]);
});

test("a remote takes the words that its memory gives it", async () => {
  const { vdev, raw, toHost, clock, entry } = bench(coherentModel);
  const words: SharedWords = raw.words;
  const device = tableDeviceTransport({
    name: "virtio0",
    words,
    table: 0,
    entry,
    da: vdev.space,
    bus: vdev.space,
    doorbell: toHost,
    clock,
  });
  expect([device.deviceId, device.queueCount, device.isReset()]).toEqual([7, 2, true]);
});
