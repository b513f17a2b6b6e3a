import { describe, expect, test } from "vitest";
import { capturedIo } from "../../fixtures/captured_io.ts";
import { type RemoteName, remotePath } from "../../fixtures/remote_path.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { ping, type PingOptions } from "./ping.ts";
import { pingCommand } from "./ping_command.ts";

const quick = { platform: "local", count: 4, interval: 0, timeout: 30_000 } as const;

function pingRemote(name: RemoteName, options: PingOptions = {}) {
  return ping({ ...quick, firmware: remotePath(name), ...options }, capturedIo());
}

describe("ping", () => {
  test("reports all that went and came", async () => {
    const io = capturedIo();
    const report = await ping({ ...quick, json: true }, io);
    expect(report).toEqual({
      platform: "local",
      runtime: expect.any(String),
      runtimeVersion: expect.any(String),
      firmware: "echo_worker",
      service: "rpmsg-openamp-demo-channel",
      address: 0x400,
      size: 32,
      sent: 4,
      received: 4,
      wrong: 0,
      lost: 0,
      rtt: { min: expect.any(Number), median: expect.any(Number), p99: expect.any(Number) },
    });
    expect(io.lines).toEqual([]);
    expect(io.errors).toContain("4 sent, 4 received, 0 lost (0 %)");
  });

  test.each([0, 1, 3, 496])("echoes messages of %i bytes", async (size) => {
    expect(await ping({ ...quick, size }, capturedIo())).toMatchObject({ received: 4, wrong: 0 });
  });

  test("tells wrong bytes from right ones", async () => {
    const report = await pingRemote("flips_a_bit", { count: 25 });
    expect(report).toMatchObject({ sent: 25, received: 25, wrong: 2, lost: 0 });
  });

  test("does not take a late echo for that of the next message", async () => {
    const report = await pingRemote("is_late", { replyTimeout: 1000 });
    expect(report).toMatchObject({ sent: 4, received: 3, wrong: 0, lost: 1 });
  });

  test("has no round trip times where nothing comes back", async () => {
    const io = capturedIo();
    const firmware = remotePath("is_mute");
    const report = await ping({ ...quick, firmware, count: 2, replyTimeout: 100 }, io);
    expect(report).toMatchObject({ sent: 2, received: 0, lost: 2, rtt: null });
    expect(io.lines).toContain("no answer from 0x400: seq=1 in 100 ms");
    expect(io.lines).toContain("2 sent, 0 received, 2 lost (100 %)");
  });

  test("refuses a size that no buffer takes", async () => {
    await expect(ping({ ...quick, size: 497 }, capturedIo())).rejects.toMatchObject({
      code: "USAGE",
      message: "Ping rpmsg-openamp-demo-channel with 497 bytes: a buffer of echo_worker takes 496",
    });
  });

  test("tells a service that is not announced", async () => {
    await expect(
      ping({ ...quick, service: "other", timeout: 200 }, capturedIo()),
    ).rejects.toMatchObject({
      code: "NOT_ANNOUNCED",
      message: 'Open channel "other": echo_worker did not announce it within 200 ms',
    });
  });

  test("prints its statistics when its signal aborts in an interval", async () => {
    const controller = new AbortController();
    const io = capturedIo(controller.signal);
    const report = await ping(
      { platform: "local", interval: 60_000 },
      {
        ...io,
        out(line) {
          io.out(line);
          if (line.includes("seq=1 ")) controller.abort();
        },
      },
    );
    expect(report).toMatchObject({ sent: 1, received: 1 });
    expect(io.lines).toContain("1 sent, 1 received, 0 lost (0 %)");
  });

  test.each([
    ["is_late", 1],
    ["flips_a_bit", 1],
    [undefined, 0],
  ] as const)("of %s ends with status %i", async (name, status) => {
    const firmware = name === undefined ? [] : [remotePath(name)];
    const words = [
      "--platform",
      "local",
      "--count",
      "12",
      "--interval",
      "0",
      "--reply-timeout",
      "1000",
    ];
    const given = readArguments(pingCommand, [...words, ...firmware]);
    expect(await pingCommand.run(given, capturedIo())).toBe(status);
  });
});
