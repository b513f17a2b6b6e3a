import { spawn } from "node:child_process";
import { once } from "node:events";
import { execPath, versions } from "node:process";
import type { SharedWords } from "@openamp/libmetal";
import { createSharedMemory, type MappedFile } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import { EMULATED } from "../../../fixtures/runtimes.ts";

const PLACE = { size: 0x1000, physicalAddress: 0 };
const INCREMENTS = count("increments of two processes");
const MESSAGES = 2000;
/** No wait for the other process is longer. */
const LIMIT_MS = EMULATED ? 120_000 : 30_000;

/** Offsets: who has begun, then what the processes share. */
const READY = 0;
const GO = 4;
const COUNTER = 64;
const REQUEST = 128;
const REPLY = 132;
const PAYLOAD = 256;

/** What both processes have, in the text of the other one: its functions are those of this module. */
const PRELUDE = `
  import { mapSharedFile } from "${new URL("../mod.ts", import.meta.url).href}";
  const [READY, GO, COUNTER, REQUEST, REPLY, PAYLOAD] = [${[READY, GO, COUNTER, REQUEST, REPLY, PAYLOAD].join(", ")}];
  const pattern = ${String(pattern)};
  const waitFor = ${String(waitFor)};
  const LIMIT_MS = ${LIMIT_MS};
`;

/** Byte `index` of message `number`. */
function pattern(number: number, index: number): number {
  return (number * 31 + index * 7) & 0xff;
}

/** Spins until a word has a value: `load32`, since engines take a plain read out of the loop. */
function waitFor(words: SharedWords, offset: number, value: number): void {
  const end = performance.now() + LIMIT_MS;
  for (let turn = 1; words.load32(offset) !== value; turn++) {
    if (turn % 1000 === 0 && performance.now() > end) {
      throw new Error(`The word at ${offset} is not ${value} after ${LIMIT_MS} ms`);
    }
  }
}

/** Runs a program in another process of this runtime, which maps the memory, while `action` runs. */
async function withOther(
  program: string,
  shared: MappedFile,
  action: (words: SharedWords) => void,
): Promise<void> {
  const flags = versions["bun"]
    ? ["run", "-"]
    : versions["deno"]
      ? ["run", "--quiet", "--no-check", "--allow-ffi", "--allow-read", "-"]
      : ["--input-type=module", "-"];
  const other = spawn(execPath, flags, { stdio: ["pipe", "pipe", "pipe"] });
  const exit = once(other, "exit");
  let complaint = "";
  other.stderr.on("data", (chunk: unknown) => (complaint += String(chunk)));
  other.stdin.end(`${PRELUDE}
    const { memory } = await mapSharedFile(${JSON.stringify({ ...PLACE, path: shared.path })});
    const { words } = memory;
    console.log("mapped");
    words.store32(READY, 1);
    waitFor(words, GO, 1);
    ${program}
  `);
  try {
    const first = await Promise.race([
      once(other.stdout, "data").then(String),
      exit.then(() => ""),
    ]);
    if (!first.includes("mapped")) throw new Error(`The other process has ended: ${complaint}`);
    waitFor(shared.memory.words, READY, 1);
    shared.memory.words.store32(GO, 1);
    action(shared.memory.words);
    expect([...(await exit), complaint]).toEqual([0, null, ""]);
  } finally {
    other.kill("SIGKILL");
  }
}

test("no increment is lost when two processes count with Atomics", async () => {
  using shared = await createSharedMemory(PLACE);
  const program = `
    const view = words.view(0, ${PLACE.size});
    const counters = new Int32Array(view.buffer, view.byteOffset);
    for (let turn = 0; turn < ${INCREMENTS}; turn++) Atomics.add(counters, COUNTER / 4, 1);
  `;
  await withOther(program, shared, (words) => {
    const view = words.view(0, PLACE.size);
    const counters = new Int32Array(view.buffer, view.byteOffset);
    for (let turn = 0; turn < INCREMENTS; turn++) Atomics.add(counters, COUNTER / 4, 1);
  });
  expect(shared.memory.read32(COUNTER)).toBe(2 * INCREMENTS);
});

test("what one process publishes the other one reads whole", async () => {
  using shared = await createSharedMemory(PLACE);
  const program = `
    const bytes = new Uint8Array(128);
    for (let number = 1; number <= ${MESSAGES}; number++) {
      const length = number % 128;
      waitFor(words, REQUEST, number);
      words.copyOut(PAYLOAD, bytes, 0, length);
      for (let index = 0; index < length; index++) {
        if (bytes[index] !== pattern(number, index)) throw new Error("Message " + number + " is torn");
        bytes[index] ^= 0xff;
      }
      words.copyIn(PAYLOAD, bytes, 0, length);
      words.store32(REPLY, number);
    }
  `;
  let right = 0;
  await withOther(program, shared, (words) => {
    const bytes = new Uint8Array(128);
    for (let number = 1; number <= MESSAGES; number++) {
      const length = number % 128;
      for (let index = 0; index < length; index++) bytes[index] = pattern(number, index);
      words.copyIn(PAYLOAD, bytes, 0, length);
      words.store32(REQUEST, number);
      waitFor(words, REPLY, number);
      words.copyOut(PAYLOAD, bytes, 0, length);
      if (bytes.subarray(0, length).every((byte, at) => byte === (pattern(number, at) ^ 0xff)))
        right++;
    }
  });
  expect(right).toBe(MESSAGES);
});
