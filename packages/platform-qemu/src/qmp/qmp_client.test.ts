import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { hostClock } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import type { Limit } from "../host/limit.ts";
import { openQmp } from "./qmp_client.ts";
import type { QmpEvent } from "./qmp_message.ts";

const limit: Limit = { clock: hostClock, timeout: 5000 };
const soon: Limit = { clock: hostClock, timeout: 20 };
const greeting = '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}}}\r\n';

interface Request {
  readonly execute: string;
  readonly id: number;
}

/** The other end of a monitor socket: greets, answers what `answer` says, in pieces of some bytes. */
function fakeQemu(
  answer: (request: Request, say: (text: string) => void) => void,
  { greets = greeting, pieces = Infinity }: { greets?: string; pieces?: number } = {},
): Duplex {
  function say(text: string): void {
    for (let start = 0; start < text.length; start += pieces) {
      socket.push(Buffer.from(text.slice(start, start + pieces)));
    }
  }
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trim().split("\n")) {
        const request = JSON.parse(line) as Request;
        if (request.execute === "qmp_capabilities") say(`{"return": {}, "id": ${request.id}}\r\n`);
        else answer(request, say);
      }
      done();
    },
  });
  say(greets);
  return socket;
}

describe("openQmp", () => {
  test("reads messages that come byte by byte", async () => {
    const socket = fakeQemu(({ id }, say) => say(`{"return": "gr\\u00fcn", "id": ${id}}\r\n`), {
      pieces: 1,
    });
    const qmp = await openQmp(socket, limit);
    expect(qmp.version).toEqual({ major: 7, minor: 2, micro: 0 });
    expect(await qmp.execute("query-status", limit)).toBe("grün");
    socket.destroy();
  });

  test("reads several messages that come at once, and gives answers to whom they belong", async () => {
    const requests: Request[] = [];
    const socket = fakeQemu((request, say) => {
      requests.push(request);
      if (requests.length < 2) return;
      const [first, second] = requests.map(({ id }) => id);
      say(
        `{"return": "second", "id": ${second}}\r\n{"event": "STOP"}\r\n\r\n` +
          `{"return": "first", "id": ${first}}\r\n`,
      );
    });
    const qmp = await openQmp(socket, limit);
    const events: QmpEvent[] = [];
    qmp.onEvent((event) => events.push(event));
    const answers = await Promise.all([qmp.execute("stop", limit), qmp.execute("cont", limit)]);
    expect(answers).toEqual(["first", "second"]);
    expect(events).toEqual([{ name: "STOP", data: {} }]);
    socket.destroy();
  });

  test("says why QEMU refused", async () => {
    const socket = fakeQemu(({ id }, say) =>
      say(`{"id": ${id}, "error": {"class": "GenericError", "desc": "not now"}}\r\n`),
    );
    const qmp = await openQmp(socket, limit);
    await expect(qmp.execute("cont", limit)).rejects.toMatchObject({
      code: "QMP_REFUSED",
      message: "QEMU refused: not now",
    });
    socket.destroy();
  });

  test("gives up a command that is not answered, and drops the late answer", async () => {
    const late: (() => void)[] = [];
    const socket = fakeQemu(({ execute, id }, say) => {
      const answer = (): void => say(`{"return": "${execute}", "id": ${id}}\r\n`);
      if (execute === "slow") late.push(answer);
      else answer();
    });
    const qmp = await openQmp(socket, limit);
    await expect(qmp.execute("slow", soon)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "QMP command slow: not done within 20 ms",
    });
    for (const answer of late) answer();
    expect(await qmp.execute("quick", limit)).toBe("quick");
    socket.destroy();
  });

  test("ends a command by its signal", async () => {
    const qmp = await openQmp(
      fakeQemu(() => {}),
      limit,
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(qmp.execute("cont", { ...limit, signal })).rejects.toMatchObject({
      code: "ABORTED",
      cause: new Error("enough"),
    });
  });

  test("rejects what waits, and what comes after, when garbage arrives", async () => {
    const socket = fakeQemu((_request, say) => say("\u0000\u0001 garbage\n"));
    const qmp = await openQmp(socket, limit);
    await expect(qmp.execute("cont", limit)).rejects.toMatchObject({ code: "QMP_PROTOCOL" });
    await expect(qmp.execute("cont", limit)).rejects.toMatchObject({ code: "QMP_PROTOCOL" });
    expect(socket.destroyed).toBe(true);
  });

  test("does not gather a line without an end", async () => {
    const socket = fakeQemu((_request, say) => say("x".repeat((1 << 20) + 1)));
    const qmp = await openQmp(socket, limit);
    await expect(qmp.execute("cont", limit)).rejects.toMatchObject({
      code: "QMP_PROTOCOL",
      message: expect.stringContaining("1048576 characters"),
    });
  });

  test("rejects what waits when the socket closes", async () => {
    const socket = fakeQemu(() => socket.destroy());
    const qmp = await openQmp(socket, limit);
    await expect(qmp.execute("quit", limit)).rejects.toMatchObject({ code: "QMP_CLOSED" });
    await expect(qmp.execute("quit", limit)).rejects.toMatchObject({ code: "QMP_CLOSED" });
  });

  test("does not wait for ever for a greeting", async () => {
    const socket = fakeQemu(() => {}, { greets: "" });
    await expect(openQmp(socket, soon)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(socket.destroyed).toBe(true);
  });
});
