import {
  type HardwareSpinlockBank,
  ioRegion,
  registerSpinlockBank,
  type RegisterSpinlockBankOptions,
} from "@openamp/libmetal";
import { type SpinlockDevice, spinlockDevice } from "@openamp/testing";
import { describe, expect, test } from "vitest";

function bankOf(
  device: SpinlockDevice,
  options: Partial<RegisterSpinlockBankOptions> = {},
): HardwareSpinlockBank {
  return registerSpinlockBank({ ...device, count: 32, ...options });
}

function code(expected: string, message?: string): unknown {
  return expect.objectContaining({ code: expected, ...(message !== undefined && { message }) });
}

describe("a hardware spinlock", () => {
  test("belongs to one processor until that gives it back", () => {
    const device = spinlockDevice();
    const [ours, theirs] = [bankOf(device), bankOf(device)].map((bank) => bank.requestSpecific(5));
    expect([ours?.id, ours?.isAcquired]).toEqual([5, false]);
    expect([ours?.tryLock(), theirs?.tryLock()]).toEqual([true, false]);
    expect([ours?.isAcquired, theirs?.isAcquired, device.isTaken(5)]).toEqual([true, false, true]);
    // The register would take it for another's.
    expect(ours?.tryLock()).toBe(false);
    expect(() => theirs?.unlock()).toThrow(
      code("NOT_OWNER", 'Release spinlock 5 of "spinlock": this side does not own it'),
    );
    expect(device.isTaken(5)).toBe(true);
    ours?.unlock();
    expect(() => ours?.unlock()).toThrow(code("NOT_OWNER"));
    expect([device.isTaken(5), theirs?.tryLock()]).toEqual([false, true]);
  });

  test("is waited for no longer than is said", async () => {
    const device = spinlockDevice();
    const [ours, theirs] = [bankOf(device), bankOf(device)].map((bank) => bank.request());
    theirs?.lock();
    expect(() => theirs?.lock()).toThrow(code("DEADLOCK"));
    expect(() => ours?.lock(5)).toThrow(
      code("TIMEOUT", 'Acquire spinlock 0 of "spinlock": it was not free in 5 ms'),
    );
    expect(() => ours?.lock(NaN)).toThrow(code("INVALID_ARGUMENT"));
    await expect(ours?.lockAsync({ timeout: 5 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const signal = AbortSignal.abort();
    await expect(ours?.lockAsync({ signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("leaves the event loop its turns while a task waits", async () => {
    const device = spinlockDevice();
    const [ours, theirs] = [bankOf(device), bankOf(device)].map((bank) => bank.request());
    theirs?.lock();
    const abort = new AbortController();
    const aborted = theirs?.lockAsync({ timeout: 20_000, signal: abort.signal });
    const waiting = ours?.lockAsync({ timeout: 20_000 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 2);
    await expect.poll(() => ticks, { timeout: 20_000 }).toBeGreaterThan(5);
    clearInterval(timer);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    theirs?.unlock();
    await waiting;
    expect(ours?.isAcquired).toBe(true);
  });
});

describe("a bank", () => {
  test("hands out each of its locks once", () => {
    const bank = bankOf(spinlockDevice(), { baseId: 100, count: 3 });
    expect([bank.baseId, bank.count]).toEqual([100, 3]);
    const second = bank.requestSpecific(101);
    expect([bank.request().id, bank.request().id]).toEqual([100, 102]);
    expect(() => bank.request()).toThrow(
      code("BUSY", 'Request a spinlock of "spinlock": all 3 are in use'),
    );
    expect(() => bank.requestSpecific(101)).toThrow(code("BUSY"));
    for (const id of [99, 103, 100.5, NaN]) {
      expect(() => bank.requestSpecific(id)).toThrow(code("NOT_FOUND"));
    }
    second.lock();
    expect(() => bank.free(second)).toThrow(code("BUSY"));
    second.unlock();
    bank.free(second);
    expect(() => second.tryLock()).toThrow(code("NOT_OWNER"));
    expect(() => bank.free(second)).toThrow(code("NOT_OWNER"));
    expect(bank.request().id).toBe(101);
    expect(() => bank.free(second)).toThrow(code("NOT_OWNER"));
  });

  test("gives back with the value that the device asks for", () => {
    const device = spinlockDevice({ release: 0x55aa10c5 });
    const lock = bankOf(device, { release: 0x55aa10c5 }).request();
    lock.lock();
    lock.unlock();
    expect(device.isTaken(0)).toBe(false);
    const other = bankOf(device).request();
    other.lock();
    other.unlock();
    expect(device.isTaken(0)).toBe(true);
  });

  test("touches its registers only, a word at a time", () => {
    const accesses: string[] = [];
    const registers = ioRegion({
      name: "mailbox",
      physicalAddress: 0,
      size: 64,
      operations: {
        read(offset, width) {
          accesses.push(`read ${offset} ${width}`);
          return 7;
        },
        write: (offset, value, width) => void accesses.push(`write ${offset} ${value} ${width}`),
      },
    });
    const options = { registers, offset: 16, stride: 8, count: 6, taken: 7, release: 9 };
    const lock = registerSpinlockBank(options).requestSpecific(5);
    lock.lock();
    lock.unlock();
    expect(accesses).toEqual(["read 56 4", "write 56 9 4"]);
  });

  test.each([
    ["OUT_OF_RANGE", { count: 33 }],
    ["OUT_OF_RANGE", { offset: -4 }],
    ["OUT_OF_RANGE", { stride: 0 }],
    ["OUT_OF_RANGE", { count: NaN }],
    ["MISALIGNED", { offset: 0x802 }],
    ["MISALIGNED", { stride: 2 }],
    ["INVALID_ARGUMENT", { count: 0 }],
    ["INVALID_ARGUMENT", { count: 1.5 }],
    ["INVALID_ARGUMENT", { baseId: -1 }],
  ])("is refused: %s for %o", (expected, options) => {
    expect(() => bankOf(spinlockDevice(), options)).toThrow(code(expected));
  });
});
