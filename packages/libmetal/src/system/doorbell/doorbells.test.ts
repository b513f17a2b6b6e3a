import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  adoptUnixSocket,
  createDoorbellLine,
  type DoorbellEnd,
  eventfdDoorbell,
  listenUnixSocket,
  openDoorbell,
  openEventfd,
  sendDescriptors,
  socketDoorbell,
  unixSocketPair,
  watchReadable,
} from "@openamp/libmetal/system";
import type { Doorbell } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import {
  descriptorsOf,
  type Line,
  LINES,
  makeLine,
  PROCESS_LINES,
  SOCKET_LINES,
} from "../../../fixtures/doorbell_lines.ts";
import { hear } from "../../../fixtures/heard.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { openDescriptors } from "../../../fixtures/open_descriptors.ts";
import { type OtherProcess, RUNTIMES, startModule } from "../../../fixtures/other_process.ts";
import { startWorker } from "../../../fixtures/portable_worker.ts";
import { catchUncaught } from "../../../fixtures/uncaught.ts";
import { thisRuntime } from "../../../fixtures/this_runtime.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

interface Both extends Disposable {
  readonly host: Doorbell & Disposable;
  readonly remote: Doorbell & Disposable;
}

/** Both ends of a line, in this thread. */
async function both(line: Line): Promise<Both> {
  const made = await makeLine(line);
  const [first, second] = made.ends;
  const host = await openDoorbell(first);
  const remote = await openDoorbell(second);
  return {
    host,
    remote,
    [Symbol.dispose]() {
      host[Symbol.dispose]();
      remote[Symbol.dispose]();
      made[Symbol.dispose]();
    },
  };
}

const carriesIds = (line: Line): boolean => SOCKET_LINES.some((each) => each === line);

describe.each(LINES)("a line of type %s", (line) => {
  test("is heard on the other side, both ways, again and again", async () => {
    using ends = await both(line);
    using host = hear(ends.host);
    using remote = hear(ends.remote);
    for (let round = 1; round <= 50; round++) {
      ends.host.ring(round);
      await remote.reach(round);
      ends.remote.ring(0xffffffff);
      await host.reach(round);
    }
    const ids = Array.from({ length: 50 }, (_, round) =>
      carriesIds(line) ? round + 1 : undefined,
    );
    expect(remote.ids).toEqual(ids);
    expect(new Set(host.ids)).toEqual(new Set([carriesIds(line) ? 0xffffffff : undefined]));
  });

  test("makes nobody deaf where a listener throws", async () => {
    using ends = await both(line);
    const caught: unknown[] = [];
    const restore = catchUncaught((error) => caught.push(error));
    try {
      using _throwing = ends.remote.listen(() => {
        throw new Error("a listener");
      });
      using remote = hear(ends.remote);
      for (let round = 1; round <= 3; round++) {
        ends.host.ring(1);
        await remote.reach(round);
      }
      await eventually(() => caught.length === 3, "The errors");
    } finally {
      restore();
    }
    expect(caught.map(String)).toEqual(Array.from({ length: 3 }, () => "Error: a listener"));
  });

  test("T24: rings that nobody takes are merged, block nobody, and cost the listener few turns", async () => {
    using ends = await both(line);
    using remote = hear(ends.remote);
    // Nothing is read meanwhile: whatever a line holds is full by then.
    for (let ring = 0; ring < 20_000; ring++) ends.host.ring(ring);
    await remote.reach(1);
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    const most = remote.ids.length;
    expect(most).toBeLessThan(500);
    ends.host.ring(1);
    await remote.reach(most + 1);
    expect(remote.ids.slice(0, most)).toContain(undefined);
  });

  test("tells nobody once it is disposed of, and leaves nothing open", async () => {
    // The Workers that a thread keeps for its lines are there from here on.
    (await both(line))[Symbol.dispose]();
    const list = await openDescriptors();
    const before = list();
    for (let round = 0; round < 5; round++) {
      const ends = await both(line);
      using remote = hear(ends.remote);
      ends.host.ring(1);
      await remote.reach(1);
      ends.host.ring(1);
      ends.remote[Symbol.dispose]();
      ends.remote[Symbol.dispose]();
      ends.host.ring(1);
      ends.remote.ring(1);
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      expect(remote.ids).toHaveLength(1);
      ends[Symbol.dispose]();
    }
    await eventually(() => list().length <= before.length, `As before: ${before.join(", ")}`);
  });

  test("rings between a Worker and this thread", async () => {
    using worker = startWorker(new URL("../../../fixtures/doorbell_thread.ts", import.meta.url));
    using made = await makeLine(line);
    const [ours, theirs] = made.ends;
    worker.post(made.memory === undefined ? theirs : { path: made.memory.path });
    expect(await worker.receive()).toBe("up");
    using doorbell = await openDoorbell(ours);
    using heard = hear(doorbell);
    for (let round = 1; round <= 50; round++) {
      doorbell.ring(round);
      await heard.reach(round);
    }
    expect(heard.ids.at(-1)).toBe(carriesIds(line) ? 51 : undefined);
    worker.post("quit");
    expect(await worker.receive()).toBe("over");
  });
});

interface Partner extends AsyncDisposable {
  readonly process: OtherProcess;
  readonly doorbell: Doorbell & Disposable;
}

/** A process of a runtime at the other end of a line. */
async function partner(line: Line, runtime: (typeof RUNTIMES)[number]): Promise<Partner> {
  const made = await makeLine(line);
  const [ours, theirs] = made.ends;
  using listener = await listenUnixSocket({ path: `@openamp-${randomUUID()}` });
  const words = [line, listener.path, made.memory?.path ?? ""];
  const other = startModule(runtime, "./doorbell_program.ts", words);
  if (line !== "futex") await handOver(listener.accept({ timeout: 30_000 }), theirs);
  expect(await other.line()).toBe("up");
  const doorbell = await openDoorbell(ours);
  return {
    process: other,
    doorbell,
    async [Symbol.asyncDispose]() {
      doorbell[Symbol.dispose]();
      made[Symbol.dispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

/** Sends an end to the process that has connected, and closes it here. */
async function handOver(
  accepted: ReturnType<Awaited<ReturnType<typeof listenUnixSocket>>["accept"]>,
  end: DoorbellEnd,
): Promise<void> {
  const libc = await loadLibc();
  using socket = await accepted;
  await sendDescriptors(socket, descriptorsOf(end));
  for (const descriptor of descriptorsOf(end)) libc.close(descriptor);
}

describe.each(RUNTIMES)("with a process of %s", (runtime) => {
  test.each(PROCESS_LINES)("a line of type %s rings both ways, and ends", async (line) => {
    await using other = await partner(line, runtime);
    using heard = hear(other.doorbell);
    for (let round = 1; round <= 50; round++) {
      other.doorbell.ring(round);
      await heard.reach(round);
    }
    expect(heard.ids.at(-1)).toBe(carriesIds(line) ? 51 : undefined);
    other.process.tell("quit");
    // By itself: nothing of the doorbell is left there.
    expect(await other.process.exit).toBe(0);
    other.doorbell.ring(1);
  });
});

describe.each(PROCESS_LINES)("a process at a line of type %s", (line) => {
  test("takes no time of the processor while nobody rings", async () => {
    await using other = await partner(line, thisRuntime);
    // Milliseconds in a second: a thread that spins takes a thousand, in each. An engine or an emulator
    // may still be translating the code in the first.
    let used = Infinity;
    for (let second = 0; used >= 250 && second < 10; second++) {
      other.process.tell("idle");
      used = Number(await other.process.line());
    }
    expect(used).toBeLessThan(250);
  });

  test("T24, T43: rings in a storm, and is killed in it: timers go on, and then nothing spins", async () => {
    await using other = await partner(line, thisRuntime);
    using heard = hear(other.doorbell);
    other.process.tell("storm");
    await heard.reach(10);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await eventually(() => ticks >= 50, "The timer goes on");
    clearInterval(timer);
    other.process.kill("SIGKILL");
    await other.process.exit;
    for (let ring = 0; ring < 1000; ring++) other.doorbell.ring(ring);
    // What was on the line is heard; then it is silent, which a line that spins never is.
    let before = -1;
    let silent = 0;
    await eventually(() => {
      silent = before === heard.ids.length ? silent + 1 : 0;
      before = heard.ids.length;
      return silent >= 20;
    }, "Silence");
    expect(ticks).toBeGreaterThanOrEqual(50);
  });
});

describe.each(SOCKET_LINES)("a doorbell over a socket of type %s", (type) => {
  test("T43: tells once that its peer was killed", async () => {
    await using other = await partner(type, thisRuntime);
    const doorbell = other.doorbell;
    if (!("onHangUp" in doorbell)) throw new Error("A socket tells when the peer is gone");
    const { promise, resolve } = Promise.withResolvers<void>();
    let count = 0;
    (doorbell as Awaited<ReturnType<typeof socketDoorbell>>).onHangUp(() => {
      count++;
      resolve();
    });
    other.process.kill("SIGKILL");
    await promise;
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(count).toBe(1);
  });

  test("tells what was rung before the peer has gone, and of that also later", async () => {
    const [first, second] = await unixSocketPair(type);
    using remote = await socketDoorbell(second);
    using heard = hear(remote);
    const host = await socketDoorbell(first);
    for (const id of [3, 4, 5]) host.ring(id);
    const gone = new Promise<void>((resolve) => remote.onHangUp(resolve));
    host[Symbol.dispose]();
    await gone;
    expect(heard.ids).toEqual([3, 4, 5]);
    await new Promise<void>((resolve) => remote.onHangUp(resolve));
    const cancelled = remote.onHangUp(() => {
      throw new Error("It was cancelled");
    });
    cancelled[Symbol.dispose]();
    remote.ring(1);
    for (let turn = 0; turn < 5; turn++) await setImmediate();
  });

  test("T24: takes garbage for rings, of bounded number, and descriptors for nothing", async () => {
    const [first, second] = await unixSocketPair(type);
    using hostile = first;
    using remote = await socketDoorbell(second);
    using heard = hear(remote);
    const libc = await loadLibc();
    const list = await openDescriptors();
    const before = list();
    const bytes = crypto.getRandomValues(new Uint8Array(4096));
    for (let round = 0; round < 50; round++) {
      const length = 1 + ((bytes[round] ?? 0) % 32);
      libc.send(hostile.descriptor, bytes, round === 9 ? 4096 : length, LINUX.MSG_DONTWAIT);
      if (round % 5 === 0) await setImmediate();
    }
    await sendDescriptors(hostile, [hostile.descriptor], bytes.subarray(0, 4));
    const told = heard.ids.length;
    // Whole rings, wherever the garbage has left off.
    for (let ring = 0; ring < 20; ring++) {
      libc.send(hostile.descriptor, bytes, 4, LINUX.MSG_DONTWAIT);
    }
    await heard.reach(told + 1);
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    expect(heard.ids.length).toBeLessThan(500);
    expect(list().length).toBeLessThanOrEqual(before.length);
  });

  test("ends with its socket, whoever closes it", async () => {
    const [first, second] = await unixSocketPair(type);
    const doorbell = await socketDoorbell(first);
    using other = await socketDoorbell(second);
    const gone = new Promise<void>((resolve) => other.onHangUp(resolve));
    first.close();
    doorbell.ring(1);
    doorbell[Symbol.dispose]();
    await gone;
    await expect(socketDoorbell(first)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("is none where its socket is closed while it is made, and leaves nothing", async () => {
    const list = await openDescriptors();
    // The poller, which stays for a while, is there before.
    const [warm, cold] = await unixSocketPair(type);
    (await socketDoorbell(warm))[Symbol.dispose]();
    cold.close();
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    const before = list();
    const ends = new Set<string>();
    // After each of the steps that it takes, and after none.
    for (let steps = 0; steps < 20; steps++) {
      const [first, second] = await unixSocketPair(type);
      const made = socketDoorbell(first).then(
        () => "made",
        (error: { readonly code?: string }) => String(error.code),
      );
      for (let step = 0; step < steps; step++) await Promise.resolve();
      first.close();
      ends.add(await made);
      // The other end is open all the time: nothing ends because its peer has.
      await eventually(() => list().length <= before.length + 1, `${steps} steps: as before`);
      second.close();
    }
    expect(ends).toContain("CLOSED");
    expect([...ends].filter((end) => end !== "made" && end !== "CLOSED")).toEqual([]);
  });
});

test("an eventfd that is closed beside its doorbell ends it, whoever else has the same file", async () => {
  const libc = await loadLibc();
  const [own, peer] = [await openEventfd(), await openEventfd()];
  // What a peer holds that has got it over a socket.
  const copy = libc.fcntl(own.descriptor, LINUX.F_DUPFD_CLOEXEC, 0);
  const caught: unknown[] = [];
  const end = catchUncaught((error) => void caught.push(error));
  try {
    const doorbell = await eventfdDoorbell({ own, peer });
    // Who is told with it, or after it.
    using other = await openEventfd();
    const told = Promise.withResolvers<void>();
    using _watch = await watchReadable(other.descriptor, () => {
      other.take();
      told.resolve();
    });
    own.close();
    libc.write(copy, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
    other.add(1);
    await told.promise;
    await setImmediate();
    doorbell.ring(0);
    doorbell[Symbol.dispose]();
    expect([caught, peer.closed.aborted]).toEqual([[], true]);
    const late = await openEventfd();
    const making = eventfdDoorbell({ own: late, peer });
    late.close();
    await expect(making).rejects.toMatchObject({ code: "CLOSED" });
  } finally {
    end();
    libc.close(copy);
  }
});

test("a ring of a stream is heard when its last byte has come", async () => {
  const [first, second] = await unixSocketPair("stream");
  using hand = first;
  using remote = await socketDoorbell(second);
  using heard = hear(remote);
  const libc = await loadLibc();
  const bytes = Uint8Array.of(0x78, 0x56, 0x34, 0x12, 7);
  libc.send(hand.descriptor, bytes.subarray(0, 3), 3, 0);
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  expect(heard.ids).toEqual([]);
  libc.send(hand.descriptor, bytes.subarray(3), 2, 0);
  await heard.reach(1);
  libc.send(hand.descriptor, Uint8Array.of(0, 0, 0), 3, 0);
  await heard.reach(2);
  expect(heard.ids).toEqual([0x12345678, 7]);
});

test.each(["workers", "processes"] as const)("the line of choice between %s", async (between) => {
  const [first, second] = await createDoorbellLine(between);
  expect([first.line, second.line]).toEqual(["socket", "socket"]);
  using host = await openDoorbell(first);
  using remote = await openDoorbell(second);
  using heard = hear(remote);
  host.ring(9);
  await heard.reach(1);
  expect(heard.ids).toEqual([9]);
});

test("between Workers, without the C library, it is a shared buffer", () => {
  const program = new URL("../../../fixtures/line_without_ffi.ts", import.meta.url);
  const deno = fileURLToPath(
    new URL("../../../../../node_modules/.runtimes/deno", import.meta.url),
  );
  const flags = ["run", "--quiet", "--no-check", "--no-prompt"];
  const run = spawnSync(deno, [...flags, fileURLToPath(program)], {
    encoding: "utf8",
    timeout: 50_000,
  });
  expect([run.stdout.trim(), run.stderr]).toEqual(["atomics, rung; UNSUPPORTED", ""]);
});

test("what is no end of a line is refused, and stays open", async () => {
  const [first, second] = await unixSocketPair();
  using socket = first;
  second.close();
  const refused = openDoorbell({ line: "eventfd", own: socket.descriptor, peer: 0 });
  await expect(refused).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  using again = await adoptUnixSocket(socket.release());
  expect(again.type).toBe("seqpacket");
  const wrong: unknown = { line: "telephone" };
  await expect(openDoorbell(wrong as DoorbellEnd)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
