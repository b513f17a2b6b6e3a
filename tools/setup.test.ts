import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { repository } from "./workspace.ts";

const runtimes: readonly (readonly [string, readonly string[]])[] = [
  ["node", [`${repository}/node_modules/.bin/node`]],
  ["bun", [`${repository}/node_modules/.bin/bun`]],
  ["deno", [`${repository}/node_modules/.runtimes/deno`, "run", "--allow-all"]],
];

/** Commands that set-up or the shell needs; all else on a machine is what a test puts there. */
const always = ["env", "sh", "touch", "chmod"];

interface Machine {
  /** Commands that the machine has: the text of a shell script, or nothing for one that succeeds. */
  readonly commands: Readonly<Record<string, string>>;
  /** The checkout; this one, where everything is installed, unless told otherwise. */
  readonly root?: string;
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was left in the machine's folder for temporary files. */
  readonly left: readonly string[];
}

function setUp(runtime: readonly string[], machine: Machine, ...args: string[]): Outcome {
  const folder = temporaryFolder();
  const bin = join(folder, "bin");
  const temporary = join(folder, "tmp");
  mkdirSync(bin);
  mkdirSync(temporary);
  for (const name of always) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  for (const [name, script] of Object.entries(machine.commands)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const [command = "", ...before] = runtime;
  const { root = repository } = machine;
  const { status, stdout, stderr } = spawnSync(
    command,
    [...before, join(root, "tools/setup.mjs"), ...args],
    { cwd: root, encoding: "utf8", env: { PATH: bin, BIN: bin, TMPDIR: temporary, NO_COLOR: "1" } },
  );
  return { status, stdout, stderr, left: readdirSync(temporary) };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "openamp-setup-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A checkout in which nothing has been installed yet. */
function freshCheckout(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, "tools"));
  for (const file of ["tools/setup.mjs", "tools/guest.mjs", "package.json", "bun.lock"]) {
    cpSync(join(repository, file), join(root, file));
  }
  return root;
}

const compilers = { gcc: "", "arm-none-eabi-gcc": "" };
const emulator = { "qemu-aarch64": "", "aarch64-linux-gnu-gcc": "" };
const complete = { ...compilers, ...emulator, "qemu-system-arm": "" };
const print = ["bun", "--print", "process.argv.slice(1).join()"];

describe.each(runtimes)("on %s", (_, runtime) => {
  test("says nothing when nothing is missing, and leaves the output to the program", () => {
    const outcome = setUp(runtime, { commands: complete }, "test", ...print, "--", "a", "b");
    expect(outcome).toEqual({ status: 0, stdout: "a,b\n", stderr: "", left: [] });
  });

  test("passes on the status of the program", () => {
    const exit = ["bun", "--eval", "process.exit(7)"];
    expect(setUp(runtime, { commands: complete }, "start", ...exit).status).toBe(7);
  });

  test("does not run the tests without their compilers, and prints the line to type", () => {
    const machine = { commands: { ...emulator, gcc: "" } };
    const { status, stdout, stderr } = setUp(runtime, machine, "test", ...print);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/type: sudo apt-get install qemu-system-arm gcc-arm-none-eabi\n$/);
    expect(stderr.split("\n")).toHaveLength(2);
  });

  test("starts the demonstration without QEMU, and prints the line to type", () => {
    const { status, stdout, stderr } = setUp(runtime, { commands: {} }, "start", ...print, "a");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "a\n" });
    expect(stderr).toMatch(/^set-up: .*; type: sudo apt-get install qemu-system-arm\n$/);
  });

  test.each([["--platform", "local"], ["--platform=local"]])(
    "asks for no QEMU with %s",
    (...args) => {
      const { stderr } = setUp(runtime, { commands: {} }, "start", ...print, ...args);
      expect(stderr).toBe("");
    },
  );
});

const [[, node] = ["", []]] = runtimes;
const sudo = 'shift; exec "$@"';

test("installs what is missing with apt-get, and says so", () => {
  const appear =
    "for name in qemu-system-arm arm-none-eabi-gcc qemu-aarch64 aarch64-linux-gnu-gcc; do" +
    ' touch "$BIN/$name"; chmod +x "$BIN/$name"; done';
  const machine = { commands: { gcc: "", sudo, "apt-get": appear } };
  const { status, stdout, stderr } = setUp(node ?? [], machine, "test", ...print, "a");
  expect({ status, stdout }).toEqual({ status: 0, stdout: "a\n" });
  expect(stderr).toMatch(
    /^set-up: installing qemu-system-arm, gcc-arm-none-eabi, qemu-user, gcc-aarch64-linux-gnu with apt-get .*\n$/,
  );
});

test("says in one line that apt-get failed", () => {
  const failing = { sudo, "apt-get": "echo much >&2; exit 100" };
  const machine = { commands: { ...compilers, ...emulator, ...failing } };
  const { status, stderr } = setUp(node ?? [], machine, "test", ...print);
  expect(status).toBe(1);
  const [, problem, end] = stderr.split("\n");
  expect(problem).toBe(
    "set-up: apt-get could not install qemu-system-arm (is this machine offline?); " +
      "type: sudo apt-get install qemu-system-arm",
  );
  expect(end).toBe("");
});

test("names what runs arm64 programs, and starts the benchmarks without it", () => {
  const commands = { ...compilers, "qemu-system-arm": "" };
  const { status, stderr } = setUp(node ?? [], { commands }, "test", ...print);
  expect(status).toBe(1);
  expect(stderr).toMatch(/type: sudo apt-get install qemu-user gcc-aarch64-linux-gnu\n$/);
  const bench = setUp(node ?? [], { commands }, "bench", ...print, "a");
  expect(bench).toEqual({ status: 0, stdout: "a\n", stderr: "", left: [] });
});

describe("the arm64 builds of the runtimes", () => {
  /** A checkout with all else that the tests need, whose Bun is a script. */
  function checkoutWithBun(script: string): string {
    const root = freshCheckout();
    mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
    mkdirSync(join(root, "node_modules/.guest"));
    cpSync(join(repository, stamp), join(root, stamp));
    writeFileSync(join(root, "node_modules/.bin/bun"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, "node_modules/.bin/bun"), 0o755);
    return root;
  }

  const stamp = "node_modules/.openamp-setup";
  const said = "set-up: installing the arm64 builds of the runtimes\n";

  test("are installed once, from their rows of the lock", () => {
    const root = checkoutWithBun("echo $*");
    const machine = { commands: complete, root };
    const first = setUp(node ?? [], machine, "test", "bun", "a");
    expect(first).toEqual({ status: 0, stdout: "a\n", stderr: said, left: [] });
    const lock = readFileSync(join(root, "bun.lock"), "utf8").split("\n");
    const rows = readFileSync(join(root, "node_modules/.runtimes/arm64/bun.lock"), "utf8")
      .split("\n")
      .filter((line) => line.includes("sha512-"));
    expect(rows).toHaveLength(4);
    expect(lock).toEqual(expect.arrayContaining(rows));
    expect(setUp(node ?? [], machine, "test", "bun", "a").stderr).toBe("");
  });

  test("are installed anew after they could not be", () => {
    const root = checkoutWithBun("exit 1");
    const machine = { commands: complete, root };
    for (const _ of ["first", "second"]) {
      const { status, stderr } = setUp(node ?? [], machine, "test", ...print);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^set-up: installing .*\nset-up: ".*" ended with status 1 .*\n$/);
    }
  });
});

describe("in a checkout without its tools", () => {
  test.each([
    ["no package manager", {}, "neither npm nor Bun nor Deno is on the PATH"],
    ["an npm that fails", { npm: "exit 1" }, "ended with status 1 (is this machine offline?)"],
  ])("leaves nothing half-done with %s", (_, commands, problem) => {
    const root = freshCheckout();
    const outcome = setUp(node ?? [], { commands, root }, "start", ...print);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain(problem);
    expect(outcome.left).toEqual([]);
    expect(existsSync(join(root, "node_modules"))).toBe(false);
  });
});
