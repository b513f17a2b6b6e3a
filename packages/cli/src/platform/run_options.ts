import type { Arguments } from "../command_line/arguments.ts";
import type { Operand, Options } from "../command_line/command.ts";
import { type PlatformName, platformNames } from "./platform.ts";

/** Milliseconds that firmware has to announce its service by default. */
export const TIMEOUT = 10_000;
/** Milliseconds that firmware has to echo a message by default. */
export const REPLY_TIMEOUT = 5000;
/** The most that either may be: an hour. */
const TIMEOUT_MAX = 3_600_000;

/** What every command that runs firmware can be told. */
export interface RunOptions {
  /** Where it runs. Default: `qemu`; where that cannot be had and no firmware is named, `local`. */
  readonly platform?: PlatformName | undefined;
  /** QEMU's executable. Default `qemu-system-arm`, from PATH. */
  readonly qemu?: string | undefined;
  /** Milliseconds that the firmware has to announce its service. Default 10000. */
  readonly timeout?: number | undefined;
  /** Milliseconds that the firmware has to echo a message. Default 5000. */
  readonly replyTimeout?: number | undefined;
  /** Leaves standard output alone: everything goes to standard error. */
  readonly json?: boolean;
  /** Shows the debug log, and what the firmware prints. */
  readonly verbose?: boolean;
}

/** The firmware on the command line. */
export const FIRMWARE_OPERAND: Operand = {
  name: "firmware",
  optional: true,
  description: "An ELF image, or a module with --platform local. Default: the one that echoes.",
};

/** {@linkcode RunOptions} on the command line; `verbose` is an option of every command. */
export const RUN_OPTIONS: Options = {
  platform: {
    value: "qemu|local",
    description: "Run the firmware in QEMU or in a Worker. Default: QEMU, or a Worker without it.",
  },
  qemu: { value: "path", description: "QEMU's executable. Default: qemu-system-arm from PATH." },
  timeout: {
    value: "ms",
    description: `How long the firmware has to announce its service. Default: ${TIMEOUT}.`,
  },
  "reply-timeout": {
    value: "ms",
    description: `How long it has to echo a message. Default: ${REPLY_TIMEOUT}.`,
  },
  json: { description: "Print one JSON object; the log goes to standard error." },
};

/**
 * Reads {@linkcode RUN_OPTIONS}.
 *
 * @param given What the command line says.
 * @returns The options.
 * @throws {CliError} `USAGE`.
 */
export function readRunOptions(given: Arguments): RunOptions {
  return {
    platform: given.choice("platform", platformNames),
    qemu: given.text("qemu"),
    timeout: given.integer("timeout", { min: 1, max: TIMEOUT_MAX }),
    replyTimeout: given.integer("reply-timeout", { min: 1, max: TIMEOUT_MAX }),
    json: given.flag("json"),
    verbose: given.flag("verbose"),
  };
}
