import { ExitStatus } from "./exit_status.ts";

/** The error classes of these packages, whichever version of them is loaded. */
const OURS: readonly string[] = [
  "CliError",
  "FirmwareError",
  "LocalError",
  "MetalError",
  "OpenampError",
  "QemuError",
  "RemoteprocError",
  "RpmsgError",
  "VirtioError",
];

/** Codes of errors that tell of the firmware at work, not of its image. */
const MISBEHAVIOUR: readonly string[] = [
  "NO_ANSWER",
  "NOT_ANNOUNCED",
  "NOT_READY",
  "CRASHED",
  "STOPPED",
  "BROKEN",
  "RESET",
];

/**
 * The name and code of an error of these packages. Errors are told by name and code, since two
 * versions of a package may be loaded.
 *
 * @param error Whatever was thrown.
 * @returns Undefined where it is no error of these packages.
 */
function ours(error: unknown): { readonly name: string; readonly code: string } | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { name, code } = error;
  return typeof code === "string" && OURS.includes(name) ? { name, code } : undefined;
}

/**
 * The exit status for an error that ended a command.
 *
 * @param error Whatever was thrown.
 * @returns A value of `ExitStatus`; `internal` for what no package of ours has thrown.
 */
export function exitStatusOf(error: unknown): number {
  const known = ours(error);
  if (known === undefined) return ExitStatus.internal;
  const { name, code } = known;
  if (code === "USAGE") return ExitStatus.usage;
  if (MISBEHAVIOUR.includes(code)) return ExitStatus.firmware;
  switch (name) {
    case "QemuError":
      return ExitStatus.platform;
    case "MetalError":
      return code === "UNSUPPORTED" || code === "SYSTEM"
        ? ExitStatus.platform
        : ExitStatus.internal;
    case "RpmsgError":
    case "VirtioError":
      return ExitStatus.firmware;
    case "FirmwareError":
    case "LocalError":
    case "OpenampError":
    case "RemoteprocError":
      return ExitStatus.image;
    default:
      return ExitStatus.internal;
  }
}

/**
 * Whether an error says that the emulator cannot be had on this machine, whatever the firmware.
 *
 * @param error Whatever was thrown.
 * @returns True where QEMU is missing or too old, or this runtime cannot share memory with it.
 */
export function cannotBeHad(error: unknown): error is Error {
  const code = ours(error)?.code;
  return code === "QEMU_MISSING" || code === "QEMU_TOO_OLD" || code === "UNSUPPORTED";
}
