// A Cortex-M3 in QEMU as the remote: `qemu.ts PAYLOAD BATCH`.
//
// Two machines run: one echoes messages, the other answers each byte of the doorbell with the same
// byte. Trips to them alternate, and the answer is both medians: of a message's way there and back,
// and of the bare doorbell's. A batch is sent in one go, and its trip ends with the last echo; what
// it took is shared among its messages. As c/qemu.c.

import process from "node:process";
import type { Doorbell } from "@openamp/libmetal";
import { image } from "@openamp/firmware";
import { openProcessor } from "@openamp/openamp";
import { mps2an385 } from "@openamp/platform-qemu";
import type { ProcessorDriver } from "@openamp/remoteproc";
import { answer } from "./answer.ts";
import { chunkTimes } from "./chunk_times.ts";

const payload = new Uint8Array(Number(process.argv[2])).fill(7);
const batch = Number(process.argv[3]);
const target = new Uint8Array(512);
/** Messages and rings that are still to come. */
let missing = 0;
/** Ends the trip that is under way. */
let end = (): void => {};

function arrived(): void {
  missing--;
  if (missing === 0) end();
}

await using ends = new AsyncDisposableStack();
const echo = ends.use(await openProcessor(mps2an385({ name: "echo" })));
await echo.boot({ name: "echo.elf", source: await image("echo") });
await echo.ready();
if (echo.rpmsg === undefined) throw new Error("echo.elf has no rpmsg device");
const { address } = await echo.rpmsg.whenAnnounced("rpmsg-openamp-demo-channel");
const sender = echo.rpmsg.createEndpoint({
  destination: address,
  onMessage(message) {
    if (message.copyTo(target) === payload.length) arrived();
  },
});

const bare = mps2an385({ name: "bare" });
ends.defer(() => bare.unprepare());
const doorbell = await startBare(bare);
doorbell.listen(() => arrived());

/** Runs the firmware that only answers the doorbell. */
async function startBare(driver: ProcessorDriver): Promise<Doorbell> {
  const resources = await driver.prepare();
  const loaded = await driver.load({ name: "bare.elf", source: await image("bare") }, resources);
  await driver.start(loaded);
  return resources.doorbell;
}

/** Milliseconds from a start until all that it starts has come back. */
async function trip(count: number, start: () => void): Promise<number> {
  const from = performance.now();
  await new Promise<void>((resolve) => {
    end = resolve;
    missing = count;
    start();
  });
  return performance.now() - from;
}

function send(): void {
  for (let count = 0; count < batch; count++) {
    if (!sender.trySend(payload)) throw new Error("no buffer is free");
  }
}

function ring(): void {
  doorbell.ring(1);
}

const messages = chunkTimes();
const doorbells = chunkTimes();
await trip(1, ring);
await answer(async (milliseconds) => {
  const until = performance.now() + milliseconds;
  do {
    messages.add(await trip(batch, send));
    doorbells.add(await trip(1, ring));
  } while (performance.now() < until);
  if (payload.some((byte, at) => target[at] !== byte)) throw new Error("a message came back wrong");
  return [messages.median() / batch, doorbells.median()];
});
