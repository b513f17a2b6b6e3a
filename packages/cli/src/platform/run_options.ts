import type { Arguments } from "../command_line/arguments.ts";
import type { Operand, Options } from "../command_line/command.ts";
import { type PlatformName, platformNames } from "./platform.ts";

/** Milliseconds that firmware has for its announcement, and for each answer, by default. */
export const TIMEOUT = 5000;

/** What every command that runs firmware can be told. */
export interface RunOptions {
  /** Where it runs. Default: `qemu`; where that cannot be had and no firmware is named, `local`. */
  readonly platform?: PlatformName | undefined;
  /** QEMU's executable. Default `qemu-system-arm`, from PATH. */
  readonly qemu?: string | undefined;
  /** Milliseconds that the firmware has for its announcement, and for each answer. Default 5000. */
  readonly timeout?: number | undefined;
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
    description: `How long the firmware has to announce itself, and to answer. Default: ${TIMEOUT}.`,
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
    timeout: given.integer("timeout", { min: 1, max: 3_600_000 }),
    json: given.flag("json"),
    verbose: given.flag("verbose"),
  };
}
