import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSharedMemory, unlinkSharedMemory } from "@openamp/libmetal/system";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import { asNobody, nobody, withMounts } from "../../../fixtures/other_rights.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x10000;

let directory: string;
let name: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => void (name = `/libmetal-${crypto.randomUUID()}`));
afterEach(() => rmSync(`/dev/shm${name}`, { force: true, recursive: true }));

/** The error of opening, or undefined where it succeeds after all. */
async function failure(
  options: Partial<Parameters<typeof openSharedMemory>[0]> = {},
): Promise<unknown> {
  return openSharedMemory({ name, size: SIZE, ...options }).then(
    (memory) => memory.close(),
    (error: unknown) => error,
  );
}

describe("POSIX shared memory", () => {
  test("is made whole, found by its name, and removed", async () => {
    using ours = await openSharedMemory({ name, size: SIZE, create: "exclusive" });
    using theirs = await openSharedMemory({ name, size: SIZE });
    expect([ours.created, theirs.created, ours.path]).toEqual([true, false, `/dev/shm${name}`]);
    expect([ours.memory.name, ours.memory.physicalAddress]).toEqual([name, 0]);
    const { size, mode, blocks } = statSync(ours.path);
    expect([size, mode & 0o777, blocks * 512]).toEqual([SIZE, 0o600, SIZE]);
    ours.memory.write32(SIZE - 4, 42);
    expect(theirs.memory.read32(SIZE - 4)).toBe(42);

    await unlinkSharedMemory(name);
    expect(await failure()).toMatchObject({ code: "NOT_FOUND" });
    ours.memory.write32(0, 7);
    expect(theirs.memory.read32(0)).toBe(7);
  });

  test("of less than half a page is mapped; upstream maps nothing", async () => {
    using ours = await openSharedMemory({ name, size: 128, create: "exclusive" });
    using theirs = await openSharedMemory({ name, size: 128 });
    ours.memory.write32(124, 42);
    expect([theirs.memory.size, theirs.memory.read32(124)]).toEqual([128, 42]);
  });

  test("is opened where it is there, and made where it is missing", async () => {
    const place = { name, size: SIZE, create: "if-missing" } as const;
    const all = await Promise.all(Array.from({ length: 10 }, () => openSharedMemory(place)));
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    all.at(-1)?.memory.write32(0, 42);
    expect(all.map(({ memory }) => memory.read32(0))).toEqual(all.map(() => 42));
    for (const memory of all) memory.close();
  });

  test("has the mode that was asked for, whatever the umask is", async () => {
    using ours = await openSharedMemory({ name, size: 4, create: "exclusive", mode: 0o666 });
    expect(statSync(ours.path).mode & 0o777).toBe(0o666);
  });

  test("is what C programs open, make, size and remove", async () => {
    const text = `
      #include <fcntl.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <unistd.h>
      int main(int count, char **words) {
        const char *name = words[2];
        if (!strcmp(words[1], "unlink")) return shm_unlink(name);
        int flags = !strcmp(words[1], "make") ? O_RDWR | O_CREAT | O_EXCL : O_RDWR;
        int shared = shm_open(name, flags, 0600);
        if (shared < 0 || (flags & O_CREAT && ftruncate(shared, ${SIZE}))) return 1;
        unsigned *words32 = mmap(0, ${SIZE}, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
        if (words32 == MAP_FAILED) return 2;
        printf("%u", words32[1]);
        words32[2] = 8;
        return 0;
      }`;
    using program = buildCProgram({ text });
    const c = (action: string): string => program.run(action, name);

    const first = await openSharedMemory({ name, size: SIZE, create: "exclusive" });
    first.memory.write32(4, 7);
    expect([c("open"), first.memory.read32(8)]).toEqual(["7", 8]);
    first.close();
    c("unlink");
    expect(await failure()).toMatchObject({ code: "NOT_FOUND" });

    c("make");
    using second = await openSharedMemory({ name, size: SIZE });
    expect(second.memory.read32(8)).toBe(8);
    await unlinkSharedMemory(name);
    expect(() => c("open")).toThrow(/failed/);
  });
});

describe("the size of POSIX shared memory", () => {
  test("is waited for where its creator has not set it, and nothing of 0 bytes is mapped", async () => {
    writeFileSync(`/dev/shm${name}`, "");
    const opening = openSharedMemory({ name, size: SIZE, timeout: 20_000 });
    expect(await Promise.race([opening, Promise.resolve("waits")])).toBe("waits");
    writeFileSync(`/dev/shm${name}`, new Uint8Array(SIZE).fill(5));
    using memory = await opening;
    expect(memory.memory.read8(SIZE - 1)).toBe(5);
  });

  test("is waited for with a limit", async () => {
    writeFileSync(`/dev/shm${name}`, "");
    expect(await failure({ timeout: 20 })).toMatchObject({
      code: "TIMEOUT",
      message: `Open the shared memory "${name}": it has no size, and its creator gives it none since 20 ms`,
    });
    const reason = new Error("enough");
    const stop = AbortSignal.abort(reason);
    expect(await failure({ signal: stop })).toMatchObject({ code: "ABORTED", cause: reason });
  });

  test("is never changed: one that is too small is refused (T46)", async () => {
    writeFileSync(`/dev/shm${name}`, new Uint8Array(SIZE - 1));
    for (const create of [undefined, "if-missing"] as const) {
      expect(await failure(create === undefined ? {} : { create })).toMatchObject({
        code: "OUT_OF_RANGE",
        message: `Open the shared memory "${name}": ${SIZE} bytes are asked for, and it has ${SIZE - 1}`,
      });
    }
    expect(statSync(`/dev/shm${name}`).size).toBe(SIZE - 1);
  });
});

describe("openSharedMemory refuses", () => {
  test("to make what is there, and to open what is not", async () => {
    expect(await failure()).toMatchObject({
      code: "NOT_FOUND",
      message: `Open the shared memory "${name}": no such file or directory (ENOENT)`,
    });
    await expect(unlinkSharedMemory(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
    using memory = await openSharedMemory({ name, size: SIZE, create: "exclusive" });
    memory.memory.write32(0, 42);
    expect(await failure({ create: "exclusive" })).toMatchObject({
      code: "EXISTS",
      message: `Create the shared memory "${name}": file already exists (EEXIST)`,
    });
    expect(memory.memory.read32(0)).toBe(42);
  });

  test.each([
    "",
    "/",
    "foo",
    "//foo",
    "/foo/bar",
    "/foo/",
    "/.",
    "/..",
    "/a\0b",
    `/${"x".repeat(256)}`,
    `/${"ü".repeat(128)}`,
  ])("the name %j", async (fault) => {
    const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining("a name is") };
    expect(await failure({ name: fault, create: "exclusive" })).toMatchObject(refusal);
    await expect(unlinkSharedMemory(fault)).rejects.toMatchObject(refusal);
  });

  test("no name that the C library takes", async () => {
    name = `${name}${"x".repeat(256 - name.length)}`;
    using memory = await openSharedMemory({ name, size: 4, create: "exclusive" });
    expect(memory.path).toHaveLength("/dev/shm/".length + 255);
  });

  test.each([0, 2, -4, 2 ** 32 + 4])("%d bytes", async (size) => {
    expect(await failure({ size, create: "exclusive" })).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test.each([-1, NaN, Infinity])("a wait of %d ms", async (timeout) => {
    expect(await failure({ timeout })).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("an address beyond 2^53 - 1, and leaves nothing that it has made", async () => {
    for (const create of ["exclusive", "if-missing"] as const) {
      expect(await failure({ physicalAddress: 2 ** 53, create })).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
      expect(await failure()).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test.each([-1, 0o1000, 0.5])("the mode %d", async (mode) => {
    expect(await failure({ mode, create: "exclusive" })).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("a directory", async () => {
    mkdirSync(`/dev/shm${name}`);
    expect(await failure()).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failure({ create: "exclusive" })).toMatchObject({ code: "EXISTS" });
  });
});

/** What goes wrong when another user opens the memory, in a process of its own. */
async function failureOf(wrapper: readonly string[], options: string): Promise<string> {
  const program = `
    const { openSharedMemory } = await import(${JSON.stringify(SYSTEM_URL)});
    const options = { name: ${JSON.stringify(name)}, size: ${SIZE}, ${options} };
    const failure = await openSharedMemory(options).catch((error) => error);
    console.log(failure.code + ": " + failure.message);
  `;
  const { output, complaint } = await runProgram(program, { wrapper });
  return output + complaint;
}

const open = (): string => `Open the shared memory "${name}"`;
const create = (): string => `Create the shared memory "${name}"`;

/** A /dev with nothing but what a runtime needs to start. */
const BARE_DEV = `
  mount -t tmpfs -o mode=755 tmpfs /mnt
  for device in null zero random urandom; do
    touch /mnt/$device
    mount --bind /dev/$device /mnt/$device
  done
  ln -s /proc/self/fd /mnt/fd
  ln -s /proc/self/fd/0 /mnt/stdin
  mount --rbind /mnt /dev
`;

describe("a clear error", () => {
  test("to a user who may not open it says whose it is, and how that is changed", async () => {
    using memory = await openSharedMemory({ name, size: SIZE, create: "exclusive" });
    chmodSync(memory.path, 0);
    const { uid, gid } = statSync(memory.path);
    expect(await failureOf(asNobody, "")).toBe(
      `PERMISSION: ${open()}: permission denied (EACCES); ${memory.path} has mode 0000, ` +
        `user ${uid} and group ${gid}, and this process is user ${nobody}: ` +
        "chgrp and chmod g+rw let a group in",
    );
    chmodSync(memory.path, 0o666);
    expect(await failureOf(asNobody, "")).toBe("undefined: undefined");
  });

  test("where /dev/shm is missing says how it is mounted", async () => {
    const hint = "/dev/shm is not there: mount -t tmpfs tmpfs /dev/shm";
    const missing = `no such file or directory (ENOENT); ${hint}`;
    expect(await failureOf(withMounts(BARE_DEV), "")).toBe(`NOT_FOUND: ${open()}: ${missing}`);
    expect(await failureOf(withMounts(BARE_DEV), 'create: "exclusive"')).toBe(
      `NOT_FOUND: ${create()}: ${missing}`,
    );
  });

  test("where /dev/shm is full, at once and not by SIGBUS later", async () => {
    const small = withMounts(`mount -t tmpfs -o size=${SIZE / 2} tmpfs /dev/shm`);
    expect(await failureOf(small, 'create: "exclusive"')).toBe(
      `NO_SPACE: ${create()}: no space left on device (ENOSPC); ${SIZE} bytes are wanted: ` +
        "df /dev/shm shows what is free",
    );
  });

  test("where somebody else made it without its blocks, and there is no room for them", async () => {
    const sparse = withMounts(
      `mount -t tmpfs -o size=${SIZE / 2} tmpfs /dev/shm && truncate -s ${SIZE} /dev/shm${name}`,
    );
    const sentence =
      `NO_SPACE: ${open()}: no space left on device (ENOSPC); ${SIZE} bytes are wanted: ` +
      `df /dev/shm${name} shows what is free`;
    expect(await failureOf(sparse, "")).toBe(sentence);
    writeFileSync(`/dev/shm${name}`, "");
    truncateSync(`/dev/shm${name}`, SIZE);
    using memory = await openSharedMemory({ name, size: SIZE / 2 });
    const { size, blocks } = statSync(memory.path);
    expect([size, blocks * 512]).toEqual([SIZE, SIZE / 2]);
  });

  test("where /dev/shm may not be written says whose it is", async () => {
    const closed = withMounts("mount -t tmpfs -o mode=555 tmpfs /dev/shm");
    expect(await failureOf([...closed, ...asNobody], 'create: "exclusive"')).toBe(
      `PERMISSION: ${create()}: permission denied (EACCES); /dev/shm has mode 0555, ` +
        `user 0 and group 0, and this process is user ${nobody}: ` +
        "chgrp and chmod g+rwx let a group in",
    );
  });
});
