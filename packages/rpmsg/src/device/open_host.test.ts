import type { Doorbell } from "@openamp/libmetal";
import { type BufferMemory, openRpmsgHost } from "@openamp/rpmsg";
import {
  cachedModel,
  codeOf,
  doorbellPair,
  fakeClock,
  loopbackMemory,
  type RawRpmsgPeer,
  rawRpmsgRemote,
  rpmsgLoopback,
  sharedVdev,
} from "@openamp/testing";
import type { VirtioDriverTransport } from "@openamp/virtio";
import { describe, expect, test } from "vitest";

const silent: Doorbell = { ring() {}, listen: () => ({ [Symbol.dispose]() {} }) };

describe("opening as host", () => {
  test("everything is written before DRIVER_OK; then vring 0 is rung, once", async () => {
    const memory = loopbackMemory();
    const vdev = sharedVdev(memory, { ringSize: 4 });
    const events: string[] = [];
    const doorbell = { ...silent, ring: (id: number) => void events.push(`ring ${id}`) };
    const clock = fakeClock();
    const transport = vdev.driver(doorbell);
    const statuses: number[] = [];
    const spied: VirtioDriverTransport = {
      ...transport,
      async setStatus(status) {
        statuses.push(status);
        events.push(
          `status ${status}, available ${memory.read16(vdev.ring(0).available.offset + 2)}`,
        );
        await transport.setStatus(status);
      },
    };
    using device = await openRpmsgHost(spied, { buffers: vdev.buffers, clock, pollInterval: 0 });
    expect(device.maxPayload).toBe(496);
    expect(statuses).toEqual([0, 1, 3, 7]);
    // Receive buffers are posted by then, the transmit ring is empty.
    expect(events).toEqual([
      "status 0, available 0",
      "status 1, available 0",
      "status 3, available 0",
      "status 7, available 4",
      "ring 0",
    ]);
    expect(memory.read16(vdev.ring(1).available.offset + 2)).toBe(0);
  });

  test("a remote that is not heard is rung again, ever less often, until it is heard", async () => {
    const clock = fakeClock();
    const [toRemote, toHost] = doorbellPair();
    const vdev = sharedVdev(loopbackMemory());
    const rings: number[] = [];
    toHost.listen(() => rings.push(clock.now()));
    using device = await vdev.openHost({ doorbell: toRemote, clock });
    clock.advance(10_000);
    expect(rings).toEqual([
      0, 10, 30, 70, 150, 310, 630, 1270, 2270, 3270, 4270, 5270, 6270, 7270, 8270, 9270,
    ]);
    toHost.ring(0);
    rings.length = 0;
    clock.advance(60_000);
    expect(rings).toEqual([]);
    await device.whenHeard();
    expect(clock.pending).toBe(0);
  });

  test.each<readonly [string, (peer: RawRpmsgPeer) => void]>([
    ["a ring", (peer) => peer.ring(0)],
    ["a message, without a ring", (peer) => void peer.post({ destination: 1 })],
    ["a message of ours that was read, without a ring", (peer) => void peer.receive()],
  ])("the first sign of life is %s", async (_what, sign) => {
    const clock = fakeClock();
    using peer = await rawRpmsgRemote({ clock, pollInterval: 100 });
    peer.victim.createEndpoint({ destination: 1 }).trySend(new Uint8Array(1));
    const late = codeOf(peer.victim.whenHeard({ timeout: 500 }));
    await clock.advanceAsync(500);
    expect(await late).toBe("TIMEOUT");
    const heard = peer.victim.whenHeard();
    sign(peer);
    await clock.advanceAsync(100);
    await heard;
  });

  test("T41: a wait for a sign of life ends at its limit, 15 s by default, or by a signal", async () => {
    const clock = fakeClock();
    const vdev = sharedVdev(loopbackMemory());
    using device = await vdev.openHost({ doorbell: silent, clock });
    const abort = new AbortController();
    const waits = [device.whenHeard(), device.whenHeard({ signal: abort.signal })].map(codeOf);
    abort.abort();
    await clock.advanceAsync(15_000);
    expect(await Promise.all(waits)).toEqual(["TIMEOUT", "ABORTED"]);
  });

  test("closing ends the timers, the listening and every wait", async () => {
    const clock = fakeClock();
    const [toRemote, toHost] = doorbellPair();
    const vdev = sharedVdev(loopbackMemory());
    const device = await vdev.openHost({ doorbell: toRemote, clock, pollInterval: 100 });
    const heard = codeOf(device.whenHeard());
    let failures = 0;
    device.onFailure(() => failures++);
    device.close();
    device.close();
    toHost.ring(0);
    device.poll();
    expect(await heard).toBe("CLOSED");
    await clock.advanceAsync(0);
    expect(clock.pending).toBe(0);
    // What was closed here did not fail: nobody is told, now or later.
    device.onFailure(() => failures++);
    expect(failures).toBe(0);
    expect(() => device.createEndpoint({})).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("only what both sides know is accepted", async () => {
    for (const [offered, accepted] of [
      [0xffffffff, 0x20000001],
      [1, 1],
      [0x20000000, 0x20000000],
      [0, 0],
    ] as const) {
      const memory = loopbackMemory();
      const vdev = sharedVdev(memory, { features: offered });
      using device = await vdev.openHost({ doorbell: silent, clock: fakeClock() });
      expect(device.nameService).toBe(offered % 2 === 1);
      expect(memory.read32(vdev.entry.offset + 16)).toBe(accepted);
    }
  });
});

async function open(buffers: BufferMemory, bufferSize = 512): Promise<void> {
  const vdev = sharedVdev(loopbackMemory(), { ringSize: 8 });
  const options = { buffers, bufferSize, clock: fakeClock(), pollInterval: 0 };
  using _device = await openRpmsgHost(vdev.driver(silent), options);
}

describe("memory for buffers", () => {
  const small = loopbackMemory(4096);
  const fits: BufferMemory = { words: small.words, offset: 0, address: 0x10000000, size: 4096 };

  test.each([
    ["too little for one in each direction", { ...fits, size: 1023 }, 512],
    ["buffers that are no multiple of 4", fits, 510],
    ["buffers without room for a payload", fits, 16],
    ["a size that is no number", fits, Number.NaN],
    ["a negative size", fits, -512],
    ["an offset that is no multiple of 4", { ...fits, offset: 2, size: 2048 }, 512],
    ["an offset before the memory", { ...fits, offset: -4 }, 512],
    ["more than the memory has", { ...fits, offset: 4 }, 512],
  ])("%s is refused", async (_what, buffers, size) => {
    await expect(open(buffers, size)).rejects.toMatchObject({
      name: "RpmsgError",
      code: "BUFFERS",
    });
  });

  test("the least: one buffer in each direction", async () => {
    expect(await codeOf(open({ ...fits, size: 1024 }))).toBe("done");
    expect(await codeOf(open({ ...fits, size: 40 }, 20))).toBe("done");
  });

  test.each([
    ["buffers that are no whole lines", 0, 96, 64],
    ["buffers that start within a line", 32, 512, 64],
    ["the smallest buffers, with the smallest lines", 0, 20, 32],
  ])("%s are refused where memory is not coherent", async (_what, offset, size, lineSize) => {
    const { host } = cachedModel(lineSize).open(4096, 0x10000000);
    const address = 0x10000000 + offset;
    const buffers = { words: host.words, offset, address, size: 2048 };
    await expect(open(buffers, size)).rejects.toMatchObject({
      code: "BUFFERS",
      message: `Lay out buffers of ${size} bytes from offset ${offset}: the memory is not coherent, and these are no multiples of its cache lines of ${lineSize} bytes`,
    });
    expect(await codeOf(open({ ...buffers, offset: 0 }, 2 * lineSize))).toBe("done");
  });

  test("fewer buffers than entries: as many messages at a time", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), ringSize: 16, bufferCount: 6 });
    loopback.remote.createEndpoint({ address: 30, onMessage: (message) => void message.hold() });
    const endpoint = loopback.host.createEndpoint({ destination: 30 });
    let sent = 0;
    while (endpoint.trySend(new Uint8Array(1))) sent++;
    expect(sent).toBe(3);
  });
});

describe("what goes wrong on the way", () => {
  test.each([
    ["another type", { deviceId: 3 }],
    ["one queue", { queueCount: 1 }],
    ["three queues", { queueCount: 3 }],
  ])("a device of %s is not touched", async (_what, change) => {
    const vdev = sharedVdev(loopbackMemory());
    let touched = 0;
    const transport: VirtioDriverTransport = {
      ...vdev.driver(silent),
      ...change,
      async setStatus() {
        touched++;
      },
    };
    await expect(openRpmsgHost(transport, { buffers: vdev.buffers })).rejects.toMatchObject({
      name: "VirtioError",
      code: "DEVICE_TYPE",
    });
    expect(touched).toBe(0);
  });

  test("whatever step fails: the device is FAILED, the error comes out, and nobody listens", async () => {
    const steps = ["getFeatures", "setFeatures", "createQueue", "setStatus"] as const;
    for (const step of steps) {
      const vdev = sharedVdev(loopbackMemory());
      const transport = vdev.driver(silent);
      const clock = fakeClock();
      let listeners = 0;
      const fails = async (...given: readonly unknown[]): Promise<never> => {
        if (step === "setStatus" && given[0] !== 7) {
          await transport.setStatus(Number(given[0]));
          return undefined as never;
        }
        throw new Error(`${step} failed`);
      };
      const failing: VirtioDriverTransport = {
        ...transport,
        [step]: fails,
        listen(callback) {
          listeners++;
          const listening = transport.listen(callback);
          return {
            [Symbol.dispose]() {
              listeners--;
              listening[Symbol.dispose]();
            },
          };
        },
      };
      const options = { buffers: vdev.buffers, clock };
      await expect(openRpmsgHost(failing, options)).rejects.toThrow(`${step} failed`);
      expect((await transport.getStatus()) & 0x80).toBe(0x80);
      expect(listeners).toBe(0);
      expect(clock.pending).toBe(0);
    }
  });

  test("a transport that is dead: the first error comes out", async () => {
    const vdev = sharedVdev(loopbackMemory());
    let calls = 0;
    const dead: VirtioDriverTransport = {
      ...vdev.driver(silent),
      async setStatus() {
        if (++calls > 2) throw new Error(`call ${calls}`);
      },
    };
    await expect(openRpmsgHost(dead, { buffers: vdev.buffers })).rejects.toThrow("call 3");
  });
});
