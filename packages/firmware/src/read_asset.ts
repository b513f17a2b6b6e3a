import { readFile } from "node:fs/promises";
import { FirmwareError } from "./error.ts";

/**
 * Reads a file of this package, wherever the package was loaded from: Deno loads JSR packages over
 * the network.
 *
 * @param url A `file:`, `http:` or `https:` URL.
 * @returns The bytes, the caller's own.
 * @throws {FirmwareError} `UNREADABLE`.
 */
export async function readAsset(url: URL): Promise<Uint8Array> {
  try {
    return url.protocol === "file:" ? new Uint8Array(await readFile(url)) : await download(url);
  } catch (cause) {
    throw new FirmwareError("UNREADABLE", `Reading ${url.href}: ${reason(cause)}`, { cause });
  }
}

async function download(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
