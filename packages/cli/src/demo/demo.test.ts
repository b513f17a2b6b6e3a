import { describe, expect, test } from "vitest";
import { capturedIo } from "../../fixtures/captured_io.ts";
import { remotePath } from "../../fixtures/remote_path.ts";
import { demo } from "./demo.ts";
import { demoCommand } from "./demo_command.ts";
import { readArguments } from "../command_line/read_arguments.ts";

describe("demo", () => {
  test("leaves standard output alone with json", async () => {
    const io = capturedIo();
    const report = await demo({ platform: "local", json: true, count: 5 }, io);
    expect(report).toMatchObject({ platform: "local", sent: 15, echoed: 15 });
    expect(io.lines).toEqual([]);
    expect(io.errors.at(-1)).toContain("stopped remote processor");
  });

  test("counts a message with one wrong bit as not echoed", async () => {
    const io = capturedIo();
    const firmware = remotePath("flips_a_bit");
    const report = await demo({ platform: "local", firmware, count: 20 }, io);
    expect(report).toMatchObject({ sent: 30, echoed: 27 });
    expect(report.payloads.map(({ echoed }) => echoed)).toEqual([18, 9]);
    expect(io.lines).toContain("27 of 30 messages echoed, 3 with wrong bytes");
  });

  test("takes the echo of a stale buffer for wrong", async () => {
    const firmware = remotePath("is_stale");
    const report = await demo({ platform: "local", firmware, count: 10 }, capturedIo());
    // The first is right: there was no message before it.
    expect(report).toMatchObject({ sent: 20, echoed: 1 });
  });

  test("ends with status 1 where a byte is wrong", async () => {
    const words = ["--platform", "local", remotePath("flips_a_bit")];
    expect(await demoCommand.run(readArguments(demoCommand, words), capturedIo())).toBe(1);
  });

  test("names the message that is not echoed in time", async () => {
    const options = {
      platform: "local",
      firmware: remotePath("is_mute"),
      timeout: 30_000,
      replyTimeout: 100,
    } as const;
    const io = capturedIo();
    await expect(demo(options, io)).rejects.toMatchObject({
      code: "NO_ANSWER",
      message: expect.stringMatching(/is_mute\.ts did not echo message 1 of 110 within 100 ms$/),
    });
    expect(io.lines.at(-1)).toContain("stopped remote processor");
  });

  test("tells a firmware that dies on the way", async () => {
    const options = { platform: "local", firmware: remotePath("dies") } as const;
    await expect(demo(options, capturedIo())).rejects.toMatchObject({
      code: "CRASHED",
      message: expect.stringContaining("the third was too much"),
    });
  });

  test("ends, and stops the processor, when its signal aborts", async () => {
    const controller = new AbortController();
    const io = capturedIo(controller.signal);
    const options = {
      platform: "local",
      firmware: remotePath("is_mute"),
      timeout: 30_000,
      replyTimeout: 30_000,
    } as const;
    const running = demo(options, {
      ...io,
      out(line) {
        io.out(line);
        if (line.includes("creating channel")) controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: "ABORTED" });
    expect(io.lines.at(-1)).toContain("stopped remote processor");
  });
});
