// A doorbell there and back, again and again: `doorbell.ts ROW ROUNDS`, with a row of doorbell_rows.ts
// by its number. Prints the microseconds of a round trip: median, 99th percentile.
//
// With the name of a socket behind these it is the other process, and answers.

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  atomicsFutex,
  type Doorbell,
  type Futex,
  type FutexDoorbell,
  futexDoorbell,
} from "@openamp/libmetal";
import {
  connectUnixSocket,
  createSharedMemory,
  type DoorbellEnd,
  listenUnixSocket,
  mapSharedFile,
  openDoorbell,
  openEventfd,
  openFutex,
  receiveDescriptors,
  sendDescriptors,
  unixSocketPair,
} from "@openamp/libmetal/system";
import { doorbellRows } from "../doorbell_rows.ts";

/** Round trips before those that count. */
const WARM_UP = 300;
/** No wait for the peer is longer. */
const LIMIT_MS = 20_000;
const WORDS = { size: 4096, physicalAddress: 0 };

/** What the other end is opened with. Words have an owner: the first is the measuring side's. */
type Peer =
  | { readonly words: SharedArrayBuffer }
  | { readonly end: Exclude<DoorbellEnd, { line: "futex" | "atomics" }> }
  | { readonly post: true };

const [number = "", rounds = "", path] = isMainThread
  ? process.argv.slice(2)
  : [String(workerData.row), "0"];
const row = doorbellRows[Number(number)];
if (row === undefined) throw new Error(`There is no row ${number}`);
const { line, between, wait, spins } = row;

if (!isMainThread) {
  await answerAsWorker(workerData.peer as Peer);
} else if (path !== undefined) {
  await answerAsProcess(path);
} else {
  const times = between === "workers" ? await measureWorker() : await measureProcess();
  times.sort();
  const at = (share: number): number => (times[Math.floor(times.length * share)] ?? 0) * 1000;
  console.log(JSON.stringify([at(0.5), at(0.99)]));
  process.exit(0);
}

/** The time of each round trip. */
async function measure(doorbell: Doorbell): Promise<Float64Array> {
  const times = new Float64Array(Number(rounds));
  if (wait === "blocking") {
    const blocking = doorbell as FutexDoorbell;
    for (let round = -WARM_UP; round < times.length; round++) {
      const start = performance.now();
      blocking.ring(0);
      if (!blocking.wait(LIMIT_MS)) throw new Error("The peer does not answer");
      if (round >= 0) times[round] = performance.now() - start;
    }
    return times;
  }
  let round = -WARM_UP;
  let start = 0;
  await new Promise<void>((resolve) => {
    doorbell.listen(() => {
      if (round >= 0) times[round] = performance.now() - start;
      if (++round === times.length) resolve();
      else ring();
    });
    function ring(): void {
      start = performance.now();
      doorbell.ring(0);
    }
    ring();
  });
  return times;
}

/** Tells that it is up, and answers each ring until it is killed. */
function answer(doorbell: Doorbell, tellUp: () => void): void {
  if (wait === "blocking") {
    tellUp();
    const blocking = doorbell as FutexDoorbell;
    while (blocking.wait(LIMIT_MS)) blocking.ring(0);
    return;
  }
  doorbell.listen(() => doorbell.ring(0));
  tellUp();
}

function overWords(futex: Futex, own: 0 | 1): FutexDoorbell {
  return futexDoorbell({ futex, own, peer: 1 - own, spins });
}

/** Both ends of a line of descriptors. */
async function descriptorEnds(): Promise<readonly [DescriptorEnd, DescriptorEnd]> {
  if (line === "eventfd") {
    const own = (await openEventfd()).release();
    const peer = (await openEventfd()).release();
    return [
      { line, own, peer },
      { line, own: peer, peer: own },
    ];
  }
  const [first, second] = await unixSocketPair(line === "seqpacket" ? line : "stream");
  return [
    { line: "socket", descriptor: first.release() },
    { line: "socket", descriptor: second.release() },
  ];
}

type DescriptorEnd = Exclude<DoorbellEnd, { line: "futex" | "atomics" }>;

/** What is measured against: messages between the Workers, whatever they carry. */
function overPort(port: {
  on(event: "message", callback: () => void): unknown;
  postMessage(message: number): void;
}): Doorbell {
  return {
    ring: () => port.postMessage(0),
    listen(callback) {
      port.on("message", () => callback(undefined));
      return { [Symbol.dispose]: () => {} };
    },
  };
}

async function measureWorker(): Promise<Float64Array> {
  const words = new SharedArrayBuffer(8);
  const [ours, theirs] = line === "atomics" || line === "postMessage" ? [] : await descriptorEnds();
  const peer: Peer =
    theirs !== undefined ? { end: theirs } : line === "atomics" ? { words } : { post: true };
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { row: Number(number), peer },
  });
  worker.on("error", fail);
  await new Promise((resolve) => worker.once("message", resolve));
  if (ours !== undefined) return await measure(await openDoorbell(ours));
  return await measure(line === "atomics" ? overWords(atomicsFutex(words), 0) : overPort(worker));
}

async function answerAsWorker(peer: Peer): Promise<void> {
  if (parentPort === null) throw new Error("This is no Worker");
  const port = parentPort;
  const tellUp = (): void => port.postMessage("up");
  if ("post" in peer) answer(overPort(port), tellUp);
  else if ("words" in peer) answer(overWords(atomicsFutex(peer.words), 1), tellUp);
  else answer(await openDoorbell(peer.end), tellUp);
}

async function measureProcess(): Promise<Float64Array> {
  using listener = await listenUnixSocket({ path: `@openamp-bench-${process.pid}` });
  const program = [...process.execArgv, fileURLToPath(import.meta.url)];
  const args = [...program, number, rounds, listener.path];
  const other = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  process.on("exit", () => other.kill("SIGKILL"));
  const socket = await listener.accept({ timeout: LIMIT_MS });
  if (line === "futex") {
    const shared = await createSharedMemory(WORDS);
    await sendDescriptors(socket, [Number(shared.path.split("/").at(-1))]);
    await receiveDescriptors(socket, { minimum: 0, timeout: LIMIT_MS });
    return await measure(overWords(await openFutex(shared.memory), 0));
  }
  const [ours, theirs] = await descriptorEnds();
  const descriptors = theirs.line === "socket" ? [theirs.descriptor] : [theirs.own, theirs.peer];
  await sendDescriptors(socket, descriptors);
  await receiveDescriptors(socket, { minimum: 0, timeout: LIMIT_MS });
  return await measure(await openDoorbell(ours));
}

async function answerAsProcess(name: string): Promise<void> {
  const socket = await connectUnixSocket({ path: name });
  using received = await receiveDescriptors(socket, { timeout: LIMIT_MS });
  const doorbell = await openReceived(received.descriptors.map((each) => each.release()));
  // Its own number, since something has to go with the byte.
  const up = sendDescriptors(socket, [0]);
  await up;
  answer(doorbell, () => {});
}

async function openReceived([first = -1, second = -1]: readonly number[]): Promise<Doorbell> {
  if (line === "futex") {
    const { memory } = await mapSharedFile({ ...WORDS, path: `/proc/self/fd/${first}` });
    return overWords(await openFutex(memory), 1);
  }
  return await openDoorbell(
    line === "eventfd" ? { line, own: first, peer: second } : { line: "socket", descriptor: first },
  );
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
