import { bufferMemory, type Doorbell, type Memory, memoryOver } from "@openamp/libmetal";
import {
  doorbellPair,
  fakeClock,
  forgetfulWords,
  type MaintenanceCall,
  nonCoherentMemory,
  rpmsgLoopback,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

const ADDRESS = 0x10000000;
const RING = 8;
/** Where the buffers lie: behind the table and two rings of a page and a little each. */
const BUFFERS = 5 * 4096;
/** Bytes of those that the remote writes; as many that the host writes follow. */
const HALF = RING * 512;

/** What both sides flush and invalidate of buffers: every call in the sources of rpmsg. */
const CALLS = [
  "host: flush of a buffer that the remote writes",
  "host: invalidate of a buffer that the remote writes",
  "host: flush of a buffer that the host writes",
  "remote: flush of a buffer that the remote writes",
  "remote: invalidate of a buffer that the host writes",
] as const;

/** A conversation in memory that is not coherent, one of its calls left out. */
async function converse(lineSize: number, forgotten?: string) {
  const buffer = new SharedArrayBuffer(1 << 20);
  const { words } = bufferMemory({ name: "ddr", physicalAddress: ADDRESS, buffer });
  const memory = nonCoherentMemory(words, { lineSize });
  const calls = new Set<string>();
  const host = memory.side("host");
  const remote = memory.side("remote");
  const over = (name: string, side: typeof host): Memory => {
    const forgets = ({ action, offset }: MaintenanceCall): boolean => {
      // What lies before is the table and the rings: remoteproc and virtio have lists of their own.
      if (offset < BUFFERS) return false;
      const writer = offset < BUFFERS + HALF ? "remote" : "host";
      const made = `${name}: ${action} of a buffer that the ${writer} writes`;
      calls.add(made);
      return made === forgotten;
    };
    return memoryOver("ddr", ADDRESS, "normal", forgetfulWords(side, forgets));
  };
  // The program used that memory for something before.
  host.fill(BUFFERS, 0xee, 2 * HALF);
  const [toRemote, toHost] = doorbellPair();
  let rings = 0;
  const evicting: Doorbell = {
    ring(id) {
      // Between a message and the look at it, a cache may make room, or not.
      if (rings++ < RING) host.evict();
      toHost.ring(id);
    },
    listen: (callback) => toHost.listen(callback),
  };
  using loopback = await rpmsgLoopback({
    clock: fakeClock(),
    memory: over("host", host),
    remoteMemory: over("remote", remote),
    doorbells: [toRemote, evicting],
    ringSize: RING,
  });
  const { buffers } = loopback.vdev;
  const heard: number[] = [];
  const hear = (message: { getUint8(offset: number): number }): void =>
    void heard.push(message.getUint8(0));
  const there = loopback.remote.createEndpoint({ address: 30, destination: 40, onMessage: hear });
  const here = loopback.host.createEndpoint({ address: 40, destination: 30, onMessage: hear });
  for (let index = 0; index < 4 * RING; index++) {
    here.trySend(new Uint8Array(1 + index * 8).fill(index));
    there.trySend(new Uint8Array(1 + index * 8).fill(index));
  }
  return { faults: memory.faults, heard, calls, buffers };
}

describe.each([32, 64])("buffers in memory that is not coherent, lines of %i", (lineSize) => {
  test("are flushed and invalidated enough, and the list has all that is done", async () => {
    const { faults, heard, calls, buffers } = await converse(lineSize);
    expect(buffers).toMatchObject({ offset: BUFFERS, size: 2 * HALF });
    expect(faults).toEqual([]);
    const sent = Array.from({ length: 4 * RING }, (_, index) => [index, index]);
    expect(heard).toEqual(sent.flat());
    expect([...calls].sort()).toEqual([...CALLS].sort());
  });

  test.each(CALLS)("without the %s, a write is hidden or lost", async (call) => {
    const { faults, calls } = await converse(lineSize, call);
    expect(calls).toContain(call);
    expect(faults.length).toBeGreaterThan(0);
  });
});
