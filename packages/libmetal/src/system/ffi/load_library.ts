import { platform, versions } from "node:process";
import { MetalError } from "../../error.ts";
import type { ForeignLibrary } from "./foreign.ts";

let loaded: ForeignLibrary | undefined;

/**
 * The C library of this machine. The first call chooses the runtime's way to it, so that importing
 * this package touches none.
 *
 * @returns The library.
 * @throws {MetalError} `UNSUPPORTED` where it cannot be reached; the message says what is missing.
 */
export async function loadLibrary(): Promise<ForeignLibrary> {
  loaded ??= await openLibrary();
  return loaded;
}

async function openLibrary(): Promise<ForeignLibrary> {
  if (platform !== "linux") {
    throw new MetalError(
      "UNSUPPORTED",
      `The system layer of libmetal is for Linux only, and this is ${platform}`,
    );
  }
  try {
    if (versions["bun"] !== undefined) return (await import("./bun.ts")).openLibrary();
    if (versions["deno"] !== undefined) return (await import("./deno.ts")).openLibrary();
    return (await import("./node.ts")).openLibrary();
  } catch (cause) {
    if (cause instanceof MetalError) throw cause;
    const refused = cause instanceof Error && cause.name === "NotCapable";
    throw new MetalError(
      "UNSUPPORTED",
      refused
        ? "Deno calls the C library only with --allow-ffi"
        : `The C library cannot be called: ${String(cause)}`,
      { cause },
    );
  }
}
