import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MetalError } from "../../error.ts";
import type { FileSystem } from "../../files/file_system.ts";
import { systemError } from "../libc/system_error.ts";

/**
 * The files of this machine, through `node:fs`.
 *
 * Reads ordinary files only: a device or a pipe may have no end. Every error is a `MetalError` that
 * names the file and the fault: `NOT_FOUND`, `INVALID_ARGUMENT` for what is no ordinary file, or
 * `SYSTEM`.
 *
 * @example
 * ```ts
 * import { hostFiles } from "@openamp/libmetal/system";
 *
 * const failure = await hostFiles.read("no-such.elf").catch((error: Error) => error.message);
 * const expected = 'Read "no-such.elf": no such file or directory (ENOENT)';
 * if (failure !== expected) throw new Error("The error names the file and the fault");
 * ```
 */
export const hostFiles: FileSystem = {
  async read(path) {
    const action = `Read "${path instanceof URL ? readableUrl(path) : path}"`;
    let fault: string;
    try {
      const entry = await stat(path);
      if (entry.isFile()) return await readFile(path);
      fault = entry.isDirectory() ? "it is a directory" : "it is no ordinary file";
    } catch (cause) {
      throw hostError(action, cause);
    }
    throw new MetalError("INVALID_ARGUMENT", `${action}: ${fault}`);
  },
};

function readableUrl(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    // Another protocol, or another host: there is no path.
    return url.href;
  }
}

function hostError(action: string, cause: unknown): MetalError {
  if (cause instanceof Error && "errno" in cause && typeof cause.errno === "number") {
    return systemError(action, Math.abs(cause.errno), { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MetalError("SYSTEM", `${action}: ${reason}`, { cause });
}
