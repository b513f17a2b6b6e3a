import { randomUUID } from "node:crypto";
import { createSharedMemory } from "@openamp/libmetal/system";
import {
  adoptEventfd,
  adoptUnixSocket,
  type Eventfd,
  listenUnixSocket,
  openEventfd,
  receiveDescriptors,
  sendDescriptors,
  type UnixSocket,
  watchReadable,
} from "@openamp/libmetal/system";
import { describe, expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import { leavesNothing } from "../../../fixtures/leaves_nothing.ts";
import { RUNTIMES, startModule, startProgram } from "../../../fixtures/other_process.ts";
import { pair } from "../../../fixtures/socket_pair.ts";
import { loadLibrary } from "../ffi/load_library.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

/** The bytes that a socket keeps for its peer (`asm/socket.h`). */
const SO_SNDBUF = 7;
/** No wait for another process is longer. */
const LONG = 30_000;

/** Waits until a counter was added to. */
async function nextCount(counter: Eventfd): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  using _watch = await watchReadable(counter.descriptor, () => resolve(counter.take()));
  return await promise;
}

describe("descriptors over a Unix socket", () => {
  test.each(RUNTIMES)("go to a process of %s and come from it", async (runtime) => {
    using listener = await listenUnixSocket({ path: `@openamp-${randomUUID()}` });
    await using child = startModule(runtime, "./descriptor_program.ts", [listener.path]);
    using socket = await listener.accept({ timeout: LONG });
    expect(socket.peer.pid).toBe(child.pid);
    using shared = await createSharedMemory({ size: 4096, physicalAddress: 0 });
    shared.memory.write32(0, 41);
    using counter = await openEventfd();
    const descriptors = [Number(shared.path.split("/").at(-1)), counter.descriptor];
    await sendDescriptors(socket, descriptors, Uint8Array.of(7));
    using received = await receiveDescriptors(socket, { maximum: 1, timeout: LONG });
    expect(new TextDecoder().decode(received.bytes)).toBe("ours");
    expect([counter.take(), shared.memory.read32(4)]).toEqual([7, 42]);
    using theirs = await adoptEventfd(received.take(0));
    const rung = nextCount(theirs);
    child.tell("9");
    expect(await rung).toBe(9);
    expect([await child.line(), await child.exit]).toEqual(["done", 0]);
  });

  test("go to a C program and come from it", async () => {
    using program = buildCProgram("./descriptors.c");
    using listener = await listenUnixSocket({ path: `/tmp/openamp-${randomUUID()}` });
    await using child = startProgram(program.path, [listener.path]);
    using socket = await listener.accept({ timeout: LONG });
    using received = await receiveDescriptors(socket, { minimum: 2, timeout: LONG });
    expect(new TextDecoder().decode(received.bytes)).toBe("from C");
    const libc = await loadLibc();
    const text = new Uint8Array(32);
    const length = libc.read(received.descriptors[0]?.descriptor ?? -1, text, text.length);
    expect(new TextDecoder().decode(text.subarray(0, length))).toBe("in the pipe");
    using counter = await openEventfd();
    const rung = nextCount(counter);
    await sendDescriptors(socket, [counter.descriptor]);
    expect(await rung).toBe(3);
    expect(await child.exit).toBe(0);
  });

  test("are 253 at the most", async () => {
    using sockets = await pair();
    using counter = await openEventfd();
    const most = Array.from({ length: 253 }, () => counter.descriptor);
    await sendDescriptors(sockets.ours, most);
    using received = await receiveDescriptors(sockets.theirs, { maximum: 253 });
    expect(new Set(received.descriptors.map(({ descriptor }) => descriptor)).size).toBe(253);
    await expect(sendDescriptors(sockets.ours, [...most, 0])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Send 254 descriptors and 1 bytes: a message has 1 to 253 descriptors",
    });
    await expect(receiveDescriptors(sockets.ours, { maximum: 254 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("are closed on exec, and are the receiver's own", async () => {
    using sockets = await pair();
    using counter = await openEventfd();
    await sendDescriptors(sockets.ours, [counter.descriptor]);
    using received = await receiveDescriptors(sockets.theirs);
    const libc = await loadLibc();
    const [own] = received.descriptors;
    for (const each of [own, counter, sockets.ours, sockets.theirs]) {
      expect(libc.fcntl(each?.descriptor ?? -1, LINUX.F_GETFD, 0)).toBe(LINUX.FD_CLOEXEC);
    }
    expect(own?.descriptor).not.toBe(counter.descriptor);
  });

  test("go with the first part of a stream, whose rest comes without", async () => {
    using sockets = await pair("stream");
    using counter = await openEventfd();
    const bytes = Uint8Array.from({ length: 65_536 }, (_, index) => index);
    const sent = sendDescriptors(sockets.ours, [counter.descriptor], bytes);
    const parts: number[] = [];
    let descriptors = 0;
    while (parts.length < bytes.length) {
      using received = await receiveDescriptors(sockets.theirs, {
        minimum: parts.length === 0 ? 1 : 0,
        maximumBytes: 10_000,
      });
      parts.push(...received.bytes);
      descriptors += received.descriptors.length;
    }
    await sent;
    expect(Uint8Array.from(parts)).toEqual(bytes);
    expect(descriptors).toBe(1);
  });
});

describe("a peer that sends something else", () => {
  test("fewer descriptors, or none", async () => {
    using sockets = await pair();
    using counter = await openEventfd();
    await leavesNothing(async () => {
      await sendDescriptors(sockets.ours, [counter.descriptor]);
      await expect(receiveDescriptors(sockets.theirs, { minimum: 2 })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: "Receive 2 to 16 descriptors: 1 came, with 1 bytes",
      });
    });
    const libc = await loadLibc();
    libc.send(sockets.ours.descriptor, Uint8Array.of(1, 2), 2, LINUX.MSG_NOSIGNAL);
    await expect(receiveDescriptors(sockets.theirs)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a longer message: an error, and what came with it is closed", async () => {
    using sockets = await pair();
    using counter = await openEventfd();
    await leavesNothing(async () => {
      await sendDescriptors(sockets.ours, [counter.descriptor], new Uint8Array(100));
      await expect(receiveDescriptors(sockets.theirs, { maximumBytes: 99 })).rejects.toMatchObject({
        code: "OUT_OF_RANGE",
        message: "Receive 1 to 16 descriptors: more than 99 bytes came",
      });
    });
  });

  test("descriptors of another kind, which stay the caller's to close", async () => {
    using sockets = await pair();
    const { descriptor } = sockets.ours;
    await sendDescriptors(sockets.ours, [descriptor]);
    using received = await receiveDescriptors(sockets.theirs);
    const number = received.descriptors[0]?.descriptor ?? -1;
    await expect(adoptEventfd(number)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^Take descriptor \d+ as an eventfd: it is socket:\[\d+\]$/),
    });
    using counter = await openEventfd();
    await expect(adoptUnixSocket(counter.descriptor)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("it is no socket"),
    });
    await expect(adoptUnixSocket(100_000)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(adoptEventfd(100_000)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("nothing: the wait has a limit, and ends with its signal", async () => {
    using sockets = await pair();
    await expect(receiveDescriptors(sockets.ours, { timeout: 20 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "Receive 1 to 16 descriptors: nothing within 20 ms",
    });
    const abort = new AbortController();
    const waiting = receiveDescriptors(sockets.ours, { timeout: LONG, signal: abort.signal });
    await expect(receiveDescriptors(sockets.ours, { timeout: 20 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(EXISTS|TIMEOUT)$/),
    });
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    const late = receiveDescriptors(sockets.ours, { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("its end, or ours: the wait is over", async () => {
    using sockets = await pair();
    const waiting = receiveDescriptors(sockets.ours, { timeout: LONG });
    sockets.theirs.close();
    await expect(waiting).rejects.toMatchObject({
      code: "CLOSED",
      message: "Receive 1 to 16 descriptors: the other end is closed",
    });
    await expect(sendDescriptors(sockets.ours, [0])).rejects.toMatchObject({
      code: "CLOSED",
      message: "Send 1 descriptors and 1 bytes: the other end is closed",
    });
    using others = await pair();
    const ended = receiveDescriptors(others.ours, { timeout: LONG });
    others.ours.close();
    await expect(ended).rejects.toMatchObject({
      code: "CLOSED",
      message: "Receive 1 to 16 descriptors: it is closed",
    });
    expect(() => others.ours.descriptor).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("no room: a send has a limit, ends with its signal, and goes on when there is room", async () => {
    using sockets = await pair();
    using counter = await openEventfd();
    const bytes = new Uint8Array(65_536);
    const failure = await fill(sockets.ours, counter, bytes);
    expect(failure).toMatchObject({ code: "TIMEOUT" });
    const abort = new AbortController();
    const aborted = sendDescriptors(sockets.ours, [counter.descriptor], bytes, {
      timeout: LONG,
      signal: abort.signal,
    });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    const waiting = sendDescriptors(sockets.ours, [counter.descriptor], bytes, { timeout: LONG });
    using _received = await receiveDescriptors(sockets.theirs, { maximumBytes: bytes.length });
    await waiting;
  });

  test("bytes that it takes a few at a time: a send has one limit for all of them", async () => {
    const [libc, library] = [await loadLibc(), await loadLibrary()];
    const types = ["int", "int", "int", "bytes", "int"] as const;
    const setsockopt = library.bind("setsockopt", "int", types);
    const least = new Uint8Array(Int32Array.of(1).buffer);
    using sockets = await pair("stream");
    using counter = await openEventfd();
    const { descriptor } = sockets.ours;
    expect(setsockopt(descriptor, LINUX.SOL_SOCKET, SO_SNDBUF, least, least.length)).toBe(0);
    const bytes = new Uint8Array(1024);
    const reading = setInterval(() => {
      libc.recv(sockets.theirs.descriptor, bytes, bytes.length, LINUX.MSG_DONTWAIT);
    }, 20);
    try {
      const sending = sendDescriptors(sockets.ours, [counter.descriptor], new Uint8Array(65_536), {
        timeout: 300,
      });
      await expect(sending).rejects.toMatchObject({ code: "TIMEOUT" });
    } finally {
      clearInterval(reading);
    }
  });

  test("its own numbers: what is not open is refused", async () => {
    using sockets = await pair();
    await expect(sendDescriptors(sockets.ours, [100_000])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Send 1 descriptors and 1 bytes: one of them is not open",
    });
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 32]) {
      const refusal = { code: "INVALID_ARGUMENT" };
      await expect(sendDescriptors(sockets.ours, [wrong])).rejects.toMatchObject(refusal);
      await expect(adoptEventfd(wrong)).rejects.toMatchObject(refusal);
      await expect(adoptUnixSocket(wrong)).rejects.toMatchObject(refusal);
      await expect(watchReadable(wrong, () => {})).rejects.toMatchObject(refusal);
    }
    for (const timeout of [-1, Number.NaN]) {
      await expect(receiveDescriptors(sockets.ours, { timeout })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: `Receive 1 to 16 descriptors: ${timeout} is no number of milliseconds`,
      });
    }
    await expect(sendDescriptors(sockets.ours, [])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    const none = sendDescriptors(sockets.ours, [0], new Uint8Array());
    await expect(none).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

/** Sends until there is no room, and returns how that failed. */
async function fill(socket: UnixSocket, counter: Eventfd, bytes: Uint8Array): Promise<unknown> {
  for (let message = 0; message < 100; message++) {
    try {
      await sendDescriptors(socket, [counter.descriptor], bytes, { timeout: 20 });
    } catch (error) {
      return error;
    }
  }
  return undefined;
}
