import { type ChildProcess, spawn } from "node:child_process";
import { QemuError } from "../error.ts";
import { type Limit, within } from "../host/limit.ts";

/**
 * The oldest QEMU that has all that is used here: `init-nsvtor` of `armv7m` came with 6.1, the
 * machine's `memory-backend` and `-action` before it.
 */
const oldestQemu = { major: 6, minor: 1 } as const;

/**
 * Lets the kernel end QEMU when this host ends, however it ends: SIGKILL included
 * (prctl(2), PR_SET_PDEATHSIG; setpriv(1) of util-linux).
 */
const guard = ["setpriv", "--pdeathsig", "KILL"] as const;

/** How to run a QEMU that was looked at. */
export interface QemuCommand {
  /** The executable as the user named it, for messages. */
  readonly qemu: string;
  /** Its version, as it says: `7.2.22`. */
  readonly version: string;
  /** True where the kernel ends QEMU when this program is killed. */
  readonly guarded: boolean;
  /** The words of the command line before QEMU's own arguments; the first is the executable. */
  readonly words: readonly [string, ...string[]];
}

/**
 * Looks whether a QEMU is there and new enough, and whether it can be guarded.
 *
 * @param qemu A path, or a name that is looked up in PATH.
 * @param environment The environment that it runs with.
 * @param limit How long it may take to tell its version.
 * @returns How to run it.
 * @throws {QemuError} `QEMU_MISSING`, `QEMU_TOO_OLD`, `QEMU_FAILED`, `TIMEOUT`, `ABORTED`.
 */
export async function findQemu(
  qemu: string,
  environment: Readonly<Record<string, string>>,
  limit: Limit,
): Promise<QemuCommand> {
  const guardedWords = [...guard, qemu] as const;
  const guarded = await versionOf(guardedWords, qemu, environment, limit).catch(otherThanOurs);
  if (guarded !== undefined) {
    return { qemu, version: newEnough(qemu, guarded), guarded: true, words: guardedWords };
  }
  const version = await versionOf([qemu], qemu, environment, limit).catch((cause: unknown) => {
    otherThanOurs(cause);
    throw new QemuError(
      "QEMU_MISSING",
      `QEMU cannot be run as "${qemu}": install it (Debian, Ubuntu: apt install qemu-system-arm), ` +
        "or name its executable with the option qemu",
      { cause },
    );
  });
  if (version === undefined) {
    throw new QemuError("QEMU_FAILED", `"${qemu} --version" tells no version: is it QEMU?`);
  }
  return { qemu, version: newEnough(qemu, version), guarded: false, words: [qemu] };
}

/** Throws a limit or an abort on; what the operating system says has more than one meaning. */
function otherThanOurs(error: unknown): undefined {
  if (error instanceof QemuError) throw error;
}

function newEnough(qemu: string, version: string): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldestQemu.major || (major === oldestQemu.major && minor >= oldestQemu.minor)) {
    return version;
  }
  throw new QemuError(
    "QEMU_TOO_OLD",
    `"${qemu}" is QEMU ${version}, and ${oldestQemu.major}.${oldestQemu.minor} or newer is needed`,
  );
}

async function versionOf(
  words: readonly [string, ...string[]],
  qemu: string,
  env: Readonly<Record<string, string>>,
  limit: Limit,
): Promise<string | undefined> {
  const [executable, ...options] = words;
  const child = spawn(executable, [...options, "--version"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const text = await within(`Ask "${qemu}" for its version`, () => outputOf(child), limit);
    return /version (\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
  } finally {
    child.kill("SIGKILL");
  }
}

function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      // A version fits in the first kilobyte of whatever this executable prints.
      if (text.length < 1024) text += chunk;
    });
    child.on("error", reject);
    child.on("close", () => resolve(text));
  });
}
