import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type Stats, statSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { MetalError } from "../../error.ts";
import { systemError } from "../libc/system_error.ts";

/**
 * The files by which the kernel shows its devices, below a root: `/sys` and `/dev` of this machine,
 * or a made-up tree of a test.
 *
 * What is absent is undefined; what is there and refuses is an error.
 */
export interface Sysfs {
  /**
   * The path of a file on this machine.
   *
   * @param path Its path below the root, such as `/dev/uio0`.
   */
  path(path: string): string;
  /** Whether there is such a file or folder. */
  exists(path: string): boolean;
  /** Whether it is an ordinary file: in a made-up tree, what stands for a device's memory. */
  ordinary(path: string): boolean;
  /** The size that the file tells, in bytes. */
  size(path: string): number | undefined;
  /** Its bytes. */
  bytes(path: string): Uint8Array | undefined;
  /** Its text, without the line end. */
  text(path: string): string | undefined;
  /**
   * The number in it, `0x…` or decimal.
   *
   * @throws {MetalError} `OUT_OF_RANGE` beyond 2^53 - 1; `INVALID_ARGUMENT` for what is no number.
   */
  number(path: string): number | undefined;
  /** The names in a folder, in alphabetical order. */
  list(path: string): readonly string[] | undefined;
  /** The last part of what a link leads to, such as the name of a driver. */
  link(path: string): string | undefined;
  /**
   * Writes a text, which is an order to the kernel.
   *
   * @param action What is attempted, for the error.
   * @param path The file; it is not made.
   * @param text The order.
   * @param hint What would let it succeed, by the error number.
   */
  write(action: string, path: string, text: string, hint?: (errno: number) => string): void;
}

/**
 * The device files below a root.
 *
 * @param root The folder in which `sys` and `dev` lie.
 */
export function sysfsAt(root: string): Sysfs {
  const at = (path: string): string => join(root, path);

  function read(path: string): Buffer | undefined {
    return present(`Read "${at(path)}"`, () => readFileSync(at(path)));
  }

  function status(path: string): Stats | undefined {
    return present(`Look at "${at(path)}"`, () => statSync(at(path)));
  }

  function text(path: string): string | undefined {
    return read(path)?.toString("utf8").replace(/\n$/, "");
  }

  return {
    path: at,
    exists: (path) => status(path) !== undefined,
    ordinary: (path) => status(path)?.isFile() ?? false,
    size: (path) => status(path)?.size,
    bytes: read,
    text,
    number(path) {
      const found = text(path);
      return found === undefined ? undefined : parseNumber(`Read "${at(path)}"`, found);
    },
    list: (path) => present(`List "${at(path)}"`, () => readdirSync(at(path)).toSorted()),
    link: (path) => present(`Read "${at(path)}"`, () => basename(readlinkSync(at(path)))),
    write(action, path, order, hint) {
      try {
        // The kernel wants one write for an order, and has files that may only be written.
        const descriptor = openSync(at(path), constants.O_WRONLY | constants.O_TRUNC);
        try {
          writeSync(descriptor, order);
        } finally {
          closeSync(descriptor);
        }
      } catch (cause) {
        throw fileError(`${action}: write "${order.trim()}" to "${at(path)}"`, cause, hint);
      }
    },
  };
}

/**
 * Reads a number as sysfs writes it.
 *
 * @param action What is attempted, on what.
 * @param text `0x…` or decimal.
 * @returns The number.
 * @throws {MetalError} `OUT_OF_RANGE` beyond 2^53 - 1; `INVALID_ARGUMENT` for what is no number.
 */
export function parseNumber(action: string, text: string): number {
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new MetalError(
    Number.isNaN(value) ? "INVALID_ARGUMENT" : "OUT_OF_RANGE",
    Number.isNaN(value)
      ? `${action}: ${JSON.stringify(text.slice(0, 40))} is no number`
      : `${action}: ${text} is beyond 2^53 - 1`,
  );
}

function present<Value>(action: string, read: () => Value): Value | undefined {
  try {
    return read();
  } catch (cause) {
    const error = fileError(action, cause);
    if (error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** The error of `node:fs`, as one of ours. */
function fileError(action: string, cause: unknown, hint?: (errno: number) => string): MetalError {
  if (cause instanceof Error && "errno" in cause && typeof cause.errno === "number") {
    const errno = Math.abs(cause.errno);
    return systemError(action, errno, { cause, hint: hint?.(errno) });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const refused = cause instanceof Error && cause.name === "NotCapable";
  return new MetalError(refused ? "PERMISSION" : "SYSTEM", `${action}: ${reason}`, { cause });
}
