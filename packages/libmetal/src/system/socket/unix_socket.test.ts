import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { connectUnixSocket, listenUnixSocket, unixSocketPair } from "@openamp/libmetal/system";
import { afterAll, describe, expect, test } from "vitest";
import { openDescriptors } from "../../../fixtures/open_descriptors.ts";
import { startModule } from "../../../fixtures/other_process.ts";
import { thisRuntime } from "../../../fixtures/this_runtime.ts";

const directory = mkdtempSync(join(tmpdir(), "libmetal-"));
afterAll(() => rmSync(directory, { recursive: true }));
let names = 0;
/** A path that nobody has used. */
function fresh(): string {
  return join(directory, `socket${names++}`);
}

describe("a Unix socket", () => {
  test.each(["seqpacket", "stream"] as const)("of type %s connects two programs", async (type) => {
    using listener = await listenUnixSocket({ path: fresh(), type });
    using theirs = await connectUnixSocket({ path: listener.path, type });
    using ours = await listener.accept();
    expect([ours.type, theirs.type]).toEqual([type, type]);
    for (const { peer } of [ours, theirs]) {
      expect(peer).toEqual({
        pid: process.pid,
        uid: process.getuid?.(),
        gid: process.getgid?.(),
      });
    }
  });

  test("lets this user in and nobody else, and leaves no file", async () => {
    const path = fresh();
    {
      using listener = await listenUnixSocket({ path });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      listener.close();
      expect(existsSync(path)).toBe(false);
      // The name may be another's by now.
      writeFileSync(path, "another");
    }
    expect(existsSync(path)).toBe(true);
    using shared = await listenUnixSocket({ path: fresh(), mode: 0o666 });
    expect(statSync(shared.path).mode & 0o111).toBe(0);
  });

  test("accepts those who wait, in their order, and waits for the next", async () => {
    using listener = await listenUnixSocket({ path: fresh() });
    const accepted = listener.accept({ timeout: 30_000 });
    using _first = await connectUnixSocket({ path: listener.path });
    using one = await accepted;
    expect(one.peer.pid).toBe(process.pid);
    await expect(listener.accept({ timeout: 10 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: `Accept a connection to "${listener.path}": nothing within 10 ms`,
    });
    const waiting = listener.accept({ timeout: 30_000 });
    listener.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("leaves no descriptor", async () => {
    // The poller's own are there from here on.
    using warm = await listenUnixSocket({ path: fresh() });
    await warm.accept({ timeout: 1 }).catch(() => {});
    const list = await openDescriptors();
    const before = list();
    for (let round = 0; round < 10; round++) {
      using listener = await listenUnixSocket({ path: fresh() });
      using _theirs = await connectUnixSocket({ path: listener.path });
      using _ours = await listener.accept();
      const [first, second] = await unixSocketPair();
      first.close();
      second.close();
    }
    expect(list()).toEqual(before);
  });
});

describe("in a sentence it refuses", () => {
  test("a path that is too long, empty, or ends before its end", async () => {
    const path = `/tmp/${"long".repeat(30)}`;
    const refusal = {
      code: "INVALID_ARGUMENT",
      message:
        `Listen on the socket "${path}": its path has 125 bytes, and the path of a socket has 107 at ` +
        "the most; take a shorter directory, such as one in /run or /tmp, or a path relative to the " +
        "working directory",
    };
    await expect(listenUnixSocket({ path })).rejects.toMatchObject(refusal);
    for (const wrong of ["", "@", "a\0b", path]) {
      const { code } = refusal;
      await expect(connectUnixSocket({ path: wrong })).rejects.toMatchObject({ code });
    }
    // 107 bytes are not too long.
    const longest = "@".padEnd(107, "x");
    using listener = await listenUnixSocket({ path: longest });
    using _socket = await connectUnixSocket({ path: longest });
    using _accepted = await listener.accept();
  });

  test("a path that is not there, or that nobody listens to", async () => {
    const path = fresh();
    await expect(connectUnixSocket({ path })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("no such file or directory (ENOENT)"),
    });
    const nowhere = join(directory, "none", "socket");
    await expect(listenUnixSocket({ path: nowhere })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(connectUnixSocket({ path: "@openamp-nobody" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'Connect to the socket "@openamp-nobody": nobody listens there',
    });
  });

  test("a directory that lets nobody in", async () => {
    await expect(listenUnixSocket({ path: "/sys/openamp" })).rejects.toMatchObject({
      code: "PERMISSION",
      message: expect.stringContaining("and this process is user"),
    });
  });

  test("a listener of another type", async () => {
    using listener = await listenUnixSocket({ path: fresh(), type: "stream" });
    const { path } = listener;
    await expect(connectUnixSocket({ path })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `Connect to the socket "${path}": it is no seqpacket socket`,
    });
  });

  test("a path where somebody listens, and an ordinary file, which stays", async () => {
    using listener = await listenUnixSocket({ path: fresh() });
    const { path } = listener;
    const refusal = {
      code: "EXISTS",
      message: `Listen on the socket "${path}": another program listens there`,
    };
    await expect(listenUnixSocket({ path })).rejects.toMatchObject(refusal);
    await expect(listenUnixSocket({ path, replaceStale: true })).rejects.toMatchObject(refusal);
    const file = fresh();
    writeFileSync(file, "kept");
    await expect(listenUnixSocket({ path: file, replaceStale: true })).rejects.toMatchObject({
      code: "EXISTS",
      message: `Listen on the socket "${file}": there is a file that is no socket`,
    });
    expect(statSync(file).size).toBe(4);
  });

  test("the file that a program has left, unless it is told to replace it", async () => {
    const path = fresh();
    await using child = startModule(thisRuntime, "./listen_program.ts", [path]);
    expect(await child.line()).toBe("listening");
    child.kill();
    await child.exit;
    await expect(connectUnixSocket({ path })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("its file is left of a program that has ended"),
    });
    await expect(listenUnixSocket({ path })).rejects.toMatchObject({
      code: "EXISTS",
      message: expect.stringContaining("remove it, or set replaceStale"),
    });
    using listener = await listenUnixSocket({ path, replaceStale: true });
    using _socket = await connectUnixSocket({ path });
    using _accepted = await listener.accept();
  });

  test("to wait for ever for a listener that accepts nobody", async () => {
    using listener = await listenUnixSocket({ path: fresh(), backlog: 0 });
    const { path } = listener;
    using _first = await connectUnixSocket({ path });
    const list = await openDescriptors();
    const before = list();
    await expect(connectUnixSocket({ path, timeout: 30 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: `Connect to the socket "${path}": nobody accepted it within 30 ms`,
    });
    const abort = new AbortController();
    const waiting = connectUnixSocket({ path, timeout: 30_000, signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    expect(list()).toEqual(before);
  });
});
