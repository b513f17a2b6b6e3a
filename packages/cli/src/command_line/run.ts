import { printable } from "@openamp/libmetal";
import { CliError } from "../error.ts";
import { ExitStatus } from "../exit_status.ts";
import { exitStatusOf } from "../failure.ts";
import type { Io } from "../terminal/io.ts";
import { styled } from "../terminal/style.ts";
import { version } from "../version.ts";
import type { Command } from "./command.ts";
import { printCommandHelp, printProgramHelp, usageOf } from "./help.ts";
import { InterruptError } from "./interrupts.ts";
import { readArguments } from "./read_arguments.ts";

/**
 * Runs a command line to its end. Nothing is thrown: what goes wrong is said on standard error.
 *
 * @param commands The commands that there are.
 * @param words The command line, without the program's name.
 * @param io Where it writes, and what ends it early.
 * @returns The exit status.
 */
export async function runCommandLine(
  commands: readonly Command[],
  words: readonly string[],
  io: Io,
): Promise<number> {
  const [name, ...rest] = words;
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return await runCommand(command, rest, io);

  if (name === "--version") {
    io.out(version);
    return ExitStatus.ok;
  }
  if (name === "--help" || name === "-h") {
    printProgramHelp(commands, io);
    return ExitStatus.ok;
  }
  const what = name?.startsWith("-") ? "option" : "command";
  const fault = name === undefined ? "Missing command" : `Unknown ${what} "${name}"`;
  const names = commands.map((each) => each.name).join(", ");
  say(io, `${fault}: there are ${names}; see openamp --help`);
  return ExitStatus.usage;
}

async function runCommand(command: Command, words: readonly string[], io: Io): Promise<number> {
  let verbose = false;
  try {
    const given = readArguments(command, words);
    verbose = given.flag("verbose");
    if (given.flag("help")) {
      printCommandHelp(command, io);
      return ExitStatus.ok;
    }
    return await command.run(given, io);
  } catch (error) {
    return explain(error, command, verbose, io);
  }
}

/** Says what ended a command, and gives the exit status that says the same. */
function explain(error: unknown, command: Command, verbose: boolean, io: Io): number {
  if (io.signal.aborted) {
    const reason: unknown = io.signal.reason;
    say(io, String(reason instanceof Error ? reason.message : reason));
    return reason instanceof InterruptError ? reason.exitStatus : exitStatusOf(error);
  }
  const status = exitStatusOf(error);
  say(io, error instanceof Error ? error.message : String(error));
  if (error instanceof CliError && error.code === "USAGE") {
    io.err(`usage: ${usageOf(command)}; see openamp ${command.name} --help`);
  } else if (verbose || status === ExitStatus.internal) {
    for (const line of stackOf(error)) io.err(printable(line));
  }
  return status;
}

function say(io: Io, sentence: string): void {
  io.err(`${styled(io, "red", "openamp:")} ${printable(sentence)}`);
}

/** The stack of an error and those of its causes. */
function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? String(error)).split("\n");
  return error.cause === undefined ? own : [...own, "caused by", ...stackOf(error.cause)];
}
