import { describe, expect, test } from "vitest";
import { capturedIo } from "../../fixtures/captured_io.ts";
import { commands } from "../commands.ts";
import { CliError } from "../error.ts";
import { EXIT_STATUS_ROWS } from "../exit_status.ts";
import { version } from "../version.ts";
import type { Command } from "./command.ts";
import { InterruptError } from "./interrupts.ts";
import { runCommandLine } from "./run.ts";

async function openamp(...words: readonly string[]) {
  const io = capturedIo();
  return { status: await runCommandLine(commands, words, io), ...io };
}

/** A command that throws. */
function failing(error: unknown): readonly Command[] {
  const command = { name: "fail", summary: "Fails.", operands: [], options: {}, examples: [] };
  async function run(): Promise<never> {
    throw error;
  }
  return [{ ...command, run }];
}

describe("help", () => {
  test.each(["--help", "-h"])("%s names every command and every exit status", async (word) => {
    const { status, lines, errors } = await openamp(word);
    expect(status).toBe(0);
    expect(errors).toEqual([]);
    const text = lines.join("\n");
    for (const { name, summary } of commands)
      expect(text).toContain(`  ${name}`.padEnd(11) + summary);
    for (const { meaning } of EXIT_STATUS_ROWS) expect(text).toContain(meaning);
  });

  test.each(commands)("$name --help names every option, with examples", async (command) => {
    const { status, lines, errors } = await openamp(command.name, "--help");
    expect(status).toBe(0);
    expect(errors).toEqual([]);
    const text = lines.join("\n");
    for (const name of [...Object.keys(command.options), "verbose", "help"]) {
      expect(text).toContain(`--${name}`);
    }
    for (const example of command.examples) expect(text).toContain(example.command);
    for (const { meaning } of EXIT_STATUS_ROWS) expect(text).toContain(meaning);
  });

  test("--version is that of the package", async () => {
    expect(await openamp("--version")).toMatchObject({ status: 0, lines: [version] });
  });
});

describe("a wrong command line ends with status 2", () => {
  test.each([
    [[], "Missing command: there are demo, ping, inspect; see openamp --help"],
    [["dmeo"], 'Unknown command "dmeo": there are demo, ping, inspect; see openamp --help'],
    [["--jsn"], 'Unknown option "--jsn": there are demo, ping, inspect; see openamp --help'],
    [["demo", "--jsn"], "Unknown option '--jsn'"],
    [["demo", "-x"], "Unknown option '-x'"],
    [["demo", "--no-json"], "Unknown option '--no-json'"],
    [["demo", "--json=yes"], "Option '--json' does not take an argument"],
    [["demo", "--count"], "Option '--count <value>' argument missing"],
    [["demo", "--count", "ten"], '--count takes a whole number from 1 to 1000000, got "ten"'],
    [["demo", "--count", "0"], '--count takes a whole number from 1 to 1000000, got "0"'],
    [["demo", "--count", "1e3"], '--count takes a whole number from 1 to 1000000, got "1e3"'],
    [["demo", "--platform", "zynq"], '--platform takes qemu or local, got "zynq"'],
    [["demo", "a.elf", "b.elf"], 'Unexpected argument "b.elf"'],
    [["inspect"], "Missing elf"],
  ])("%j", async (words, sentence) => {
    const { status, lines, errors } = await openamp(...words);
    expect(status).toBe(2);
    expect(lines).toEqual([]);
    expect(errors[0]).toBe(`openamp: ${sentence}`);
    expect(errors.slice(1).every((line) => line.startsWith("usage: openamp "))).toBe(true);
  });
});

describe("an error", () => {
  test("of a user is one sentence, and with -v it has its stack and its causes", async () => {
    const error = new CliError("NO_ANSWER", "x.elf did not echo\u001b[2J", {
      cause: new Error("underneath"),
    });
    const short = capturedIo();
    expect(await runCommandLine(failing(error), ["fail"], short)).toBe(5);
    expect(short.errors).toEqual(["openamp: x.elf did not echo\\x1b[2J"]);
    const long = capturedIo();
    expect(await runCommandLine(failing(error), ["fail", "-v"], long)).toBe(5);
    expect(long.errors.join("\n")).toMatch(/caused by\nError: underneath\n/);
  });

  test("that nobody expected is a fault of this program, with its stack", async () => {
    const io = capturedIo();
    expect(await runCommandLine(failing(new TypeError("oops")), ["fail"], io)).toBe(70);
    expect(io.errors[0]).toBe("openamp: oops");
    expect(io.errors.length).toBeGreaterThan(1);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGPIPE", 141],
  ] as const)("after %s has status %i", async (signal, status) => {
    const io = capturedIo(AbortSignal.abort(new InterruptError(signal)));
    expect(await runCommandLine(failing(new Error("aborted")), ["fail"], io)).toBe(status);
    expect(io.errors).toEqual([`openamp: Ended by ${signal}`]);
  });
});
