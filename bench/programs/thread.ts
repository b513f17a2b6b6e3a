// Host and remote in one thread over one memory:
// `thread.ts one-way|batched|round-trip PAYLOAD BATCH`.
//
// One way, each message is published by itself, and a batch of more than one while rings are held,
// as by a sender that masks its doorbell; then the one ring that is pending is heard. Batched, the
// messages are published together. A round trip is an echo. As c/thread.c.

import process from "node:process";
import { heldDoorbells, rpmsgLoopback } from "@openamp/testing";
import { answer } from "./answer.ts";

/** Batches between two looks at the clock. */
const BATCHES = 64;

const [, , kind, payloadText, batchText] = process.argv;
const batch = Number(batchText);
const payload = new Uint8Array(Number(payloadText)).fill(7);
const target = new Uint8Array(512);
const echoed = new Uint8Array(payload.length);
let handled = 0;

const { toRemote, toHost, hold, release } = heldDoorbells();
const { host, remote } = await rpmsgLoopback({ doorbells: [toRemote, toHost] });
const sender = host.createEndpoint({
  address: 1025,
  destination: 1030,
  onMessage(message) {
    if (message.copyTo(target) === payload.length) handled++;
  },
});
const receiver = remote.createEndpoint({
  address: 1030,
  destination: 1025,
  onMessage:
    kind === "round-trip"
      ? (message) => {
          message.copyTo(echoed);
          receiver.trySendTo(echoed, message.source);
        }
      : (message) => {
          if (message.copyTo(target) === payload.length) handled++;
        },
});

function sendAll(): void {
  for (let count = 0; count < batch; count++) {
    if (!sender.trySend(payload)) throw new Error("no buffer is free");
  }
}

function sendHeld(): void {
  hold();
  sendAll();
  release();
}

function sendBatched(): void {
  host.batch(sendAll);
}

const sendBatch = kind === "batched" ? sendBatched : batch > 1 ? sendHeld : sendAll;

function measure(milliseconds: number): readonly number[] {
  const start = performance.now();
  let sent = 0;
  let elapsed: number;
  handled = 0;
  do {
    for (let count = 0; count < BATCHES; count++) sendBatch();
    sent += BATCHES * batch;
    elapsed = performance.now() - start;
  } while (elapsed < milliseconds);
  if (handled !== sent || payload.some((byte, at) => target[at] !== byte)) {
    throw new Error(`${handled} of ${sent} messages arrived`);
  }
  return [(elapsed * 1e6) / sent];
}

await answer(measure);
process.exit(0);
