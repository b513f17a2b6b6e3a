import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { bufferMemory, type Futex } from "@openamp/libmetal";
import { createSharedMemory, mapSharedFile, openFutex } from "@openamp/libmetal/system";
import { describe, expect, test } from "vitest";
import { LIMIT_MS, RUNTIMES, startModule } from "../../../fixtures/other_process.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";
import { FUTEX_NUMBERS } from "../libc/futex.ts";
import { loadLibc } from "../libc/libc.ts";
import { makeFutexRelay } from "./futex_relay.ts";

const PLACE = { size: 4096, physicalAddress: 0 };
/** No sleep of a test that is woken takes as long. */
const LONG = LIMIT_MS;

interface Two extends Disposable {
  readonly path: string;
  readonly ours: Futex;
  readonly theirs: Futex;
  close(): void;
}

/** The same words, mapped twice. */
async function mappedTwice(): Promise<Two> {
  const first = await createSharedMemory({ ...PLACE, name: "shm" });
  const second = await mapSharedFile({ ...PLACE, path: first.path });
  return {
    path: first.path,
    ours: await openFutex(first.memory),
    theirs: await openFutex(second.memory),
    close: () => first.close(),
    [Symbol.dispose]() {
      second.close();
      first.close();
    },
  };
}

/** Changes a word and wakes those who sleep on it. */
function change(futex: Futex, index: number): number {
  Atomics.add(futex.words, index, 1);
  return futex.wake(index, Infinity);
}

describe("an asynchronous sleep", () => {
  test("is woken through another mapping", async () => {
    using two = await mappedTwice();
    const sleep = two.ours.waitAsync(5, 0, { timeout: LONG });
    change(two.theirs, 5);
    expect(await sleep).toBe("ok");
  });

  test("is woken by a wake without a change, once it sleeps", async () => {
    using two = await mappedTwice();
    let outcome: string | undefined;
    void two.ours.waitAsync(5, 0, { timeout: LONG }).then((value) => (outcome = value));
    await expect.poll(() => outcome ?? two.theirs.wake(5, 1), { timeout: LONG }).toBe("ok");
  });

  test("does not begin where the word is another", async () => {
    using two = await mappedTwice();
    change(two.theirs, 5);
    expect(await two.ours.waitAsync(5, 0, { timeout: LONG })).toBe("not-equal");
    two.theirs.words[5] = -1;
    expect(await two.ours.waitAsync(5, 0xffffffff, { timeout: 10 })).toBe("timed-out");
  });

  test("ends when its time is up, and not before", async () => {
    using two = await mappedTwice();
    const start = performance.now();
    expect(await two.ours.waitAsync(5, 0, { timeout: 30 })).toBe("timed-out");
    // A timer may come up to a millisecond early.
    expect(performance.now() - start).toBeGreaterThan(28);
  });

  test("ends with its signal, and passes a wake on that comes too late", async () => {
    using two = await mappedTwice();
    const abort = new AbortController();
    const first = two.ours.waitAsync(5, 0, { timeout: LONG, signal: abort.signal });
    const second = two.ours.waitAsync(5, 0, { timeout: LONG });
    abort.abort(new Error("enough"));
    await expect(first).rejects.toMatchObject({
      code: "ABORTED",
      message: 'Wait for word 5 of "shm": aborted',
      cause: { message: "enough" },
    });
    let outcome: string | undefined;
    void second.then((value) => (outcome = value));
    await expect.poll(() => outcome ?? two.theirs.wake(5, 1), { timeout: LONG }).toBe("ok");
  });

  test("ends with the memory, and none begins after that", async () => {
    using two = await mappedTwice();
    const sleep = two.ours.waitAsync(5, 0, { timeout: LONG });
    two.close();
    await expect(sleep).rejects.toMatchObject({
      code: "CLOSED",
      message: 'Wait for word 5 of "shm": it is closed',
    });
    expect([two.ours.closed, two.theirs.closed]).toEqual([true, false]);
    const refusal = { code: "CLOSED" };
    await expect(two.ours.waitAsync(5, 0, { timeout: 0 })).rejects.toMatchObject(refusal);
    expect(() => two.ours.wait(5, 0, 0)).toThrow(expect.objectContaining(refusal));
    expect(() => two.ours.wake(5, 1)).toThrow(expect.objectContaining(refusal));
  });

  test("leaves the event loop its turns, and the files theirs", async () => {
    using two = await mappedTwice();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const sleeps = Array.from({ length: 20 }, async (_, index) =>
      two.ours.waitAsync(index, 0, { timeout: LONG }),
    );
    await expect.poll(() => ticks).toBeGreaterThan(20);
    clearInterval(timer);
    for (let index = 0; index < 20; index++) change(two.theirs, index);
    expect(new Set(await Promise.all(sleeps))).toEqual(new Set(["ok"]));
  });

  test("costs no time of the processor", async () => {
    using two = await mappedTwice();
    await two.ours.waitAsync(5, 0, { timeout: 50 });
    const { user, system } = cpuUsage();
    const sleep = two.ours.waitAsync(5, 0, { timeout: 1000 });
    expect(await sleep).toBe("timed-out");
    const used = cpuUsage();
    // Of a second: other threads of this process are running too.
    expect((used.user - user + used.system - system) / 1000).toBeLessThan(500);
  });
});

describe.each([true, false])("a relay, with futex_waitv: %s", (vectored) => {
  test("sleeps on more words than one call of the kernel takes", async () => {
    using two = await mappedTwice();
    await using relay = makeFutexRelay(await loadLibc(), { vectored });
    using mapped = await mapSharedFile({ ...PLACE, path: two.path });
    const address = mapped.memory.mapping?.address ?? 0;
    const woken: number[] = [];
    const all = Array.from({ length: 300 }, (_, index) => index);
    for (const index of all) {
      relay.sleep(address + index * 4, 0, (outcome) => {
        woken.push(outcome === "ok" ? index : -1);
        return true;
      });
    }
    // In an order of its own, the last first.
    for (const index of all.toReversed()) change(two.theirs, index);
    await expect.poll(() => woken.length, { timeout: LONG }).toBe(300);
    expect(woken.toSorted((a, b) => a - b)).toEqual(all);
  });

  test("forgets a sleep that was given up", async () => {
    using two = await mappedTwice();
    await using relay = makeFutexRelay(await loadLibc(), { vectored });
    using mapped = await mapSharedFile({ ...PLACE, path: two.path });
    const address = mapped.memory.mapping?.address ?? 0;
    let late = 0;
    relay.sleep(address, 0, () => ++late > 0).abandon();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    relay.sleep(address + 4, 0, (outcome) => {
      resolve(outcome);
      return true;
    });
    change(two.theirs, 0);
    change(two.theirs, 1);
    expect(await promise).toBe("ok");
    expect(late).toBe(0);
  });
});

describe("a blocking sleep", () => {
  test("does not begin where the word is another, and ends in time", async () => {
    using two = await mappedTwice();
    expect(two.ours.wait(5, 1, LONG)).toBe("not-equal");
    const start = performance.now();
    expect(two.ours.wait(5, 0, 300)).toBe("timed-out");
    expect(performance.now() - start).toBeGreaterThan(299);
    expect(two.ours.wait(5, 0, 0)).toBe("timed-out");
  });
});

describe.each(RUNTIMES)("a process of %s", (runtime) => {
  test("lives while it sleeps, and not longer", async () => {
    using two = await mappedTwice();
    for (const what of ["sleep", "idle", "sleep in Atomics"]) {
      await using other = startModule(runtime, "./futex_program.ts", [what, two.path]);
      expect([what, await other.line(), await other.exit]).toEqual([what, "timed-out", 0]);
    }
  });

  test.each(["woken", "block"])("is woken by this one: %s", async (what) => {
    using two = await mappedTwice();
    await using other = startModule(runtime, "./futex_program.ts", [what, two.path]);
    // Interrupted by signals as well.
    const wake = (): number => {
      other.kill("SIGSTOP");
      other.kill("SIGCONT");
      return two.ours.wake(0, 1);
    };
    await expect.poll(wake, { timeout: LONG }).toBe(1);
    expect([await other.line(), await other.exit]).toEqual(["ok", 0]);
  });

  test.each([
    ["exit", 7],
    ["crash", 1],
  ])("ends while it sleeps: %s", async (what, code) => {
    using two = await mappedTwice();
    await using other = startModule(runtime, "./futex_program.ts", [what, two.path]);
    expect(await other.exit).toBe(code);
  });
});

test.each(RUNTIMES.filter((runtime) => runtime === "deno"))(
  "a sleep without blocking says what it needs: %s",
  async (runtime) => {
    const program = `
      import { createSharedMemory, openFutex } from "${SYSTEM_URL}";
      using shared = await createSharedMemory({ size: 4096 });
      const futex = await openFutex(shared.memory);
      const failure = await futex.waitAsync(0, 0, { timeout: 0 }).catch((error) => error);
      console.log(futex.wait(0, 0, 0), failure.code, failure.message);
    `;
    const { output } = await runProgram(program, { runtime, permissions: ["--allow-ffi"] });
    expect(output).toMatch(
      /^timed-out UNSUPPORTED Deno starts the Worker .* only with --allow-read=.*relay_worker\.ts$/u,
    );
  },
);

describe("openFutex refuses", () => {
  test("memory that the operating system has not mapped", async () => {
    const buffer = new SharedArrayBuffer(64);
    const memory = bufferMemory({ name: "heap", physicalAddress: 0, buffer });
    await expect(openFutex(memory)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"heap": the operating system has not mapped it'),
    });
  });

  test("device memory", async () => {
    using shared = await createSharedMemory({ ...PLACE, kind: "device" });
    await expect(openFutex(shared.memory)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("it is device memory"),
    });
  });

  test("words beyond the memory", async () => {
    using two = await mappedTwice();
    const refusal = { code: "OUT_OF_RANGE", message: expect.stringContaining("has 1024 words") };
    await expect(two.ours.waitAsync(1024, 0, { timeout: 0 })).rejects.toMatchObject(refusal);
    expect(() => two.ours.wait(-1, 0, 0)).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
    expect(() => two.ours.wake(0.5, 1)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});

test("the numbers of the calls are those of the headers", () => {
  const compilers = { x64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" };
  const directory = mkdtempSync(join(tmpdir(), "libmetal-"));
  try {
    const source = join(directory, "numbers.c");
    execFileSync("sh", [
      "-c",
      `printf '#include <asm/unistd.h>\\nfutex __NR_futex futex_waitv __NR_futex_waitv' > ${source}`,
    ]);
    const compared = Object.entries(compilers).filter(([, compiler]) =>
      existsSync(`/usr/bin/${compiler}`),
    );
    expect(compared.length).toBeGreaterThan(0);
    for (const [arch, compiler] of compared) {
      const output = join(directory, arch);
      execFileSync(compiler, ["-E", "-P", source, "-o", output]);
      const { futex, futexWaitv } = FUTEX_NUMBERS[arch] ?? {};
      const text = readFileSync(output, "utf8").trim();
      expect([arch, text]).toEqual([arch, `futex ${futex} futex_waitv ${futexWaitv}`]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
