import { parseArgs } from "node:util";
import { CliError } from "../error.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, COMMON_OPTIONS, type Options } from "./command.ts";

/**
 * Reads the words behind a command's name.
 *
 * @param command The command.
 * @param words The words.
 * @returns What they say.
 * @throws {CliError} `USAGE` for an option that the command does not have, a value that is missing
 *   or too much, and operands that are missing or too many.
 */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const { values, positionals } = parse(words, { ...command.options, ...COMMON_OPTIONS });
  const flag = (name: string): boolean => values[name] === true;
  const needed = command.operands.filter(({ optional }) => !optional);
  const missing = needed[positionals.length];
  if (missing !== undefined && !flag("help")) {
    throw new CliError("USAGE", `Missing ${missing.name}`);
  }
  const excess = positionals[command.operands.length];
  if (excess !== undefined) throw new CliError("USAGE", `Unexpected argument "${excess}"`);

  function text(name: string): string | undefined {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  }

  return {
    operands: positionals,
    flag,
    text,
    integer(name, { min, max }) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return number;
      throw new CliError(
        "USAGE",
        `--${name} takes a whole number from ${min} to ${max}, got "${value}"`,
      );
    },
    choice(name, allowed) {
      const value = text(name);
      if (value === undefined) return undefined;
      const word = allowed.find((each) => each === value);
      if (word !== undefined) return word;
      throw new CliError("USAGE", `--${name} takes ${allowed.join(" or ")}, got "${value}"`);
    },
  };
}

function parse(words: readonly string[], options: Options): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { short, value }]) => [
          name,
          {
            type: value === undefined ? "boolean" : "string",
            ...(short === undefined ? {} : { short }),
          },
        ]),
      ),
    });
  } catch (cause) {
    // Its first sentence names the word; the others are advice on how to quote.
    const [sentence = ""] = String(cause instanceof Error ? cause.message : cause).split(/\. |\n/);
    throw new CliError("USAGE", sentence.replace(/\.$/, ""), { cause });
  }
}
