import { EXIT_STATUS_ROWS } from "../exit_status.ts";
import type { Io } from "../terminal/io.ts";
import { styled } from "../terminal/style.ts";
import { type Command, COMMON_OPTIONS, type Options } from "./command.ts";

/** A word of the help, and what it means. */
type Row = readonly [word: string, meaning: string];

/**
 * Prints what the program can do.
 *
 * @param commands Its commands.
 * @param io Where to.
 */
export function printProgramHelp(commands: readonly Command[], io: Io): void {
  io.out("Boots, pings and inspects firmware of other processors with OpenAMP.");
  printSection(io, "Usage", [
    ["openamp <command> [options]", ""],
    ["openamp <command> --help", ""],
  ]);
  printSection(
    io,
    "Commands",
    commands.map(({ name, summary }) => [name, summary]),
  );
  printSection(io, "Options", [
    ["-h, --help", "Show this help."],
    ["--version", "Show the version."],
  ]);
  printExitStatuses(io);
}

/**
 * Prints what one command can do.
 *
 * @param command The command.
 * @param io Where to.
 */
export function printCommandHelp(command: Command, io: Io): void {
  const { operands, options, examples } = command;
  io.out(command.summary);
  printSection(io, "Usage", [[usageOf(command), ""]]);
  if (operands.length > 0) {
    printSection(
      io,
      "Operands",
      operands.map(({ name, description }) => [name, description]),
    );
  }
  printSection(io, "Options", optionRows({ ...options, ...COMMON_OPTIONS }));
  printSection(
    io,
    "Examples",
    examples.map(({ command: line, description }) => [line, description]),
  );
  printExitStatuses(io);
}

/**
 * How a command is typed.
 *
 * @param command The command.
 * @returns One line.
 */
export function usageOf({ name, operands }: Command): string {
  const words = operands.map((operand) =>
    operand.optional ? `[<${operand.name}>]` : `<${operand.name}>`,
  );
  return ["openamp", name, "[options]", ...words].join(" ");
}

function optionRows(options: Options): readonly Row[] {
  return Object.entries(options).map(([name, { short, value, description }]) => [
    `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`,
    description,
  ]);
}

function printExitStatuses(io: Io): void {
  printSection(
    io,
    "Exit status",
    EXIT_STATUS_ROWS.map(({ status, meaning }) => [status, meaning]),
  );
}

function printSection(io: Io, title: string, rows: readonly Row[]): void {
  io.out("");
  io.out(styled(io, "bold", `${title}:`));
  const width = Math.max(...rows.map(([word]) => word.length));
  for (const [word, meaning] of rows) io.out(`  ${word.padEnd(width)}  ${meaning}`.trimEnd());
}
