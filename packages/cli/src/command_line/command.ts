import type { Io } from "../terminal/io.ts";
import type { Arguments } from "./arguments.ts";

/** An option of a command. */
export interface Option {
  /** One letter, for the short form. */
  readonly short?: string;
  /** What its value is called in the help; an option without a value is a switch. */
  readonly value?: string;
  /** What it does, and its default. */
  readonly description: string;
}

/** Options by their long names. */
export type Options = Readonly<Record<string, Option>>;

/** What a command takes besides its options. */
export interface Operand {
  /** What it is called in the help. */
  readonly name: string;
  /** Whether it may be left out. */
  readonly optional: boolean;
  /** What it is. */
  readonly description: string;
}

/** A command line that shows what a command is good for. */
export interface Example {
  /** The command line. */
  readonly command: string;
  /** What it does. */
  readonly description: string;
}

/** A command: what its help says, and what it does. */
export interface Command {
  /** Its name. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What it takes besides its options, in order. */
  readonly operands: readonly Operand[];
  /** Its options, besides those that every command has. */
  readonly options: Options;
  /** What it is good for. */
  readonly examples: readonly Example[];
  /**
   * Does it.
   *
   * @param given What the command line says.
   * @param io Where it writes, and what ends it early.
   * @returns The exit status.
   */
  run(given: Arguments, io: Io): Promise<number>;
}

/** The options that every command has. */
export const COMMON_OPTIONS: Options = {
  verbose: { short: "v", description: "Show more: the debug log, and the stack of an error." },
  help: { short: "h", description: "Show this help." },
};
