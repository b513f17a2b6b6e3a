import { readFileSync } from "node:fs";
import { kill } from "node:process";
import { image } from "@openamp/firmware";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Fault, spoiltImage } from "../fixtures/images.ts";
import { type Desk, openDesk, type Result } from "../fixtures/openamp.ts";

/** Everything here is run as a user does: the program, in a process of its own. */
let desk: Desk;

beforeEach(async () => {
  desk = await openDesk();
});

afterEach(async () => {
  const left = await desk.leftovers();
  await desk[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`Left behind: ${left.join(", ")}`);
});

/** The words of the kernel, in the order in which they come. */
const KERNEL_WORDS = [
  /^remoteproc remoteproc0: powering up \S+$/,
  /^remoteproc remoteproc0: Booting fw image \S+, size \d+$/,
  /^remoteproc remoteproc0: remote processor \S+ is now up$/,
  /^virtio_rpmsg_bus virtio0: rpmsg host is online$/,
  /^virtio_rpmsg_bus virtio0: creating channel rpmsg-openamp-demo-channel addr 0x400$/,
];

const STOPPED = /^remoteproc remoteproc0: stopped remote processor \S+$/;

describe.each(["qemu", "local"] as const)("openamp demo on %s", (platform) => {
  test("echoes 110 of 110 messages, in the kernel's words", async () => {
    const { status, stdout, stderr } = await desk.openamp(["demo", "--platform", platform]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    for (const [index, words] of KERNEL_WORDS.entries()) expect(lines[index]).toMatch(words);
    expect(lines.at(-1)).toMatch(STOPPED);
    expect(lines.at(-2)).toBe("110 of 110 messages echoed, every byte right");
    expect(stdout).toMatch(/^32 bytes +100 +100( +[\d.]+ us){3}$/m);
    expect(stdout).toMatch(/^496 bytes +10 +10( +[\d.]+ us){3}$/m);
    expect(stdout).toMatch(/^all +110 +110( +[\d.]+ us){3}$/m);
  });

  test("prints one object with --json, alone on standard output", async () => {
    const words = ["demo", "--platform", platform, "--json", "--count", "20"];
    const { status, stdout, stderr } = await desk.openamp(words);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\{.*\}\n$/);
    const report: unknown = JSON.parse(stdout);
    const rtt = { min: expect.any(Number), median: expect.any(Number), p99: expect.any(Number) };
    expect(report).toEqual({
      platform,
      runtime: expect.stringMatching(/^(bun|deno|node)$/),
      runtimeVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      firmware: platform === "qemu" ? "echo.elf" : "echo_worker",
      sent: 30,
      echoed: 30,
      rtt,
      payloads: [
        { size: 32, sent: 20, echoed: 20, rtt },
        { size: 496, sent: 10, echoed: 10, rtt },
      ],
    });
    for (const line of KERNEL_WORDS) expect(stderr).toMatch(new RegExp(line, "m"));
  });

  test.each(["SIGINT", "SIGTERM"] as const)("stops at %s", async (signal) => {
    const { status, stdout, stderr } = await desk.openamp(
      ["demo", "--platform", platform, "--count", "1000000"],
      {
        onLine: (line, pid) => {
          if (line.includes("creating channel")) kill(pid, signal);
        },
      },
    );
    expect(status).toBe(signal === "SIGINT" ? 130 : 143);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(STOPPED);
    expect(stderr).toBe(`openamp: Ended by ${signal}\n`);
  });
});

describe("openamp demo", () => {
  test("says in one line that QEMU is missing, and lets a Worker stand in", async () => {
    const { status, stdout, stderr } = await desk.openamp(["demo", "--json"], { path: "" });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^openamp: QEMU cannot be run as "qemu-system-arm": .* stands in\n/);
    expect(JSON.parse(stdout)).toMatchObject({ platform: "local", sent: 110, echoed: 110 });
  });

  test("says in one line that QEMU is too old, and lets a Worker stand in", async () => {
    await desk.pretendQemu('echo "QEMU emulator version 4.2.1"');
    const { status, stdout, stderr } = await desk.openamp(["demo", "--json"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^openamp: "qemu-system-arm" is QEMU 4\.2\.1, .* stands in\n/);
    expect(JSON.parse(stdout)).toMatchObject({ platform: "local", sent: 110, echoed: 110 });
  });

  test("maps no file that has a name while it runs", async () => {
    let maps = "";
    await desk.openamp(["demo", "--platform", "qemu"], {
      onLine: (line, pid) => {
        if (line.includes("creating channel")) maps = readFileSync(`/proc/${pid}/maps`, "latin1");
      },
    });
    expect(maps).toContain("/memfd:openamp");
    expect(maps).not.toMatch(/\/dev\/shm\/(?!.*\(deleted\))/);
  });
});

describe("openamp ping", () => {
  test("prints a line for each message, then statistics", async () => {
    const words = ["ping", "--platform", "local", "--count", "3", "--interval", "1", "--size", "7"];
    const { status, stdout } = await desk.openamp(words);
    expect(status).toBe(0);
    expect(stdout).toContain("PING rpmsg-openamp-demo-channel at 0x400 of echo_worker: 7 bytes\n");
    for (const sequence of [1, 2, 3]) {
      expect(stdout).toMatch(
        new RegExp(`^7 bytes from 0x400: seq=${sequence} time=[\\d.]+ us$`, "m"),
      );
    }
    expect(stdout).toContain("\n3 sent, 3 received, 0 lost (0 %)\nrtt min/median/p99 = ");
  });

  test("prints its statistics at SIGINT, and that is its usual end", async () => {
    const { status, stdout, stderr } = await desk.openamp(["ping", "--interval", "1"], {
      onLine: (line, pid) => {
        if (line.includes("seq=3 ")) kill(pid, "SIGINT");
      },
    });
    expect(status).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\d+ sent, \d+ received, 0 lost \(0 %\)$/m);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(STOPPED);
  });
});

/** Writes a file, and runs the demonstration with it. */
async function demoOf(name: string, content: Uint8Array | string): Promise<Result> {
  await desk.write(name, content);
  return await desk.openamp(["demo", name]);
}

/** One sentence, and nothing that was started. */
function refusal(sentence: RegExp): unknown {
  const stderr = expect.stringMatching(new RegExp(`^openamp: ${sentence.source}\\n$`));
  return { status: 3, stdout: "", stderr };
}

describe("bad firmware", () => {
  test.each<[fault: Fault, sentence: RegExp]>([
    ["other-machine", /other-machine\.elf is built for RISC-V, this processor runs Arm/],
    [
      "table-outside",
      /table-outside\.elf is cut: section 2 would end at byte \d+, the file has \d+ bytes/,
    ],
    [
      "entry-outside",
      /The resource table of entry-outside\.elf is malformed in entry 0 at byte 4096: the table ends at byte \d+/,
    ],
    [
      "segment-outside",
      /segment-outside\.elf: segment 0, \d+ bytes at 0x60000000, lies outside the processor's memory/,
    ],
  ])("%s.elf is refused before anything starts", async (fault, sentence) => {
    const result = await demoOf(`${fault}.elf`, await spoiltImage(fault));
    expect(result).toEqual(refusal(sentence));
  });

  test("what is no ELF file is refused before anything starts", async () => {
    const sentence = /notes\.txt is no ELF image: it does not start with the bytes 7f 45 4c 46/;
    const result = await demoOf("notes.txt", "These are notes, and no firmware.");
    expect(result).toEqual(refusal(sentence));
  });

  test("a file that was cut is refused before anything starts", async () => {
    const sentence = /cut\.elf is cut: segment 0 would end at byte \d+, the file has 5000 bytes/;
    const result = await demoOf("cut.elf", (await image("echo")).subarray(0, 5000));
    expect(result).toEqual(refusal(sentence));
  });

  test("a file that is not there is refused before anything starts", async () => {
    const sentence = /Read "absent\.elf": no such file or directory \(ENOENT\)/;
    expect(await desk.openamp(["demo", "absent.elf"])).toEqual(refusal(sentence));
  });

  test.each([
    ["bare", 3, "bare.elf has no resource table, so that it offers no rpmsg device"],
    ["silent", 5, "silent.elf did not announce it within 300 ms"],
    ["fault", 5, "fault.elf on m3 died: QEMU ended with signal SIGABRT: qemu: fatal: Lockup"],
  ] as const)("%s.elf is stopped, and said to be at fault", async (name, status, sentence) => {
    await desk.write(`${name}.elf`, await image(name));
    const patience = name === "silent" ? ["--timeout", "300"] : [];
    const result = await desk.openamp(["demo", `${name}.elf`, ...patience]);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(/^openamp: [^\n]*\n$/);
    expect(result.stderr).toContain(`Open channel "rpmsg-openamp-demo-channel": ${sentence}`);
    expect(result.stdout.trimEnd().split("\n").at(-1)).toMatch(STOPPED);
  });
});

describe("a platform that cannot be had", () => {
  test("QEMU is asked for and missing", async () => {
    const result = await desk.openamp(["demo", "--platform", "qemu"], { path: "" });
    expect(result).toMatchObject({ status: 4, stdout: "" });
    expect(result.stderr).toMatch(/^openamp: QEMU cannot be run as "qemu-system-arm": [^\n]*\n$/);
  });

  test("QEMU is asked for and too old", async () => {
    await desk.pretendQemu('echo "QEMU emulator version 4.2.1"');
    expect(await desk.openamp(["demo", "--platform", "qemu"])).toEqual({
      status: 4,
      stdout: "",
      stderr: 'openamp: "qemu-system-arm" is QEMU 4.2.1, and 6.1 or newer is needed\n',
    });
  });

  test("QEMU fails to start", async () => {
    await desk.pretendQemu(
      'case "$1" in --version) echo "QEMU emulator version 7.2.0" ;; ' +
        "*) echo 'qemu-fake: no such board' >&2; exit 3 ;; esac",
    );
    const { status, stderr } = await desk.openamp(["demo"]);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^openamp: Start QEMU [^\n]*: qemu-fake: no such board\n$/);
  });
});
