import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { channelOver } from "./channel.ts";

/** The two ends of a connection. */
async function connection(): Promise<readonly [Socket, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), "openamp-channel-"));
  const server = createServer().listen(join(folder, "socket"));
  await once(server, "listening");
  const ours = connect(join(folder, "socket"));
  const [theirs] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return [ours, theirs];
}

async function received(socket: Socket, count: number): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  await new Promise<void>((resolve) => {
    channelOver(socket).onMessage((message) => {
      if (messages.push(message) === count) resolve();
    });
  });
  return messages;
}

test("a message that holds itself arrives as one that does", async () => {
  const [ours, theirs] = await connection();
  const file = { name: "a.test.ts", tasks: [] as unknown[] };
  file.tasks.push({ name: "first\nline", file });
  channelOver(ours).send(file);
  expect(await received(theirs, 1)).toEqual([file]);
});

test("a pattern arrives as one", async () => {
  const [ours, theirs] = await connection();
  channelOver(ours).send({ testNamePattern: /^a "b"\n/iu });
  expect(await received(theirs, 1)).toEqual([{ testNamePattern: /^a "b"\n/iu }]);
});

test("messages that arrive in pieces are whole", async () => {
  const [ours, theirs] = await connection();
  const messages = received(theirs, 2);
  for (const piece of ['[{"a"', ':1}]\n[{"', 'a":2}]\n']) {
    ours.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await messages).toEqual([{ a: 1 }, { a: 2 }]);
});

test("who listens no more hears no more", async () => {
  const [ours, theirs] = await connection();
  const channel = channelOver(theirs);
  const heard: unknown[] = [];
  const listener = (message: unknown): void => void heard.push(message);
  channel.onMessage(listener);
  channel.offMessage(listener);
  const last = new Promise((resolve) => channel.onMessage(resolve));
  channelOver(ours).send("last");
  expect([await last, heard]).toEqual(["last", []]);
});
