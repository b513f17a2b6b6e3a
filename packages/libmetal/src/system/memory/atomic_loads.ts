import { arch, versions } from "node:process";
import { MetalError } from "../../error.ts";

/** Whether a runtime's `Atomics.load` writes: on arm64 that of Bun 1.4 is an atomic OR with 0, LDSETAL. */
export function atomicLoadsWrite(bun: string | undefined, architecture: string): boolean {
  return bun !== undefined && architecture === "arm64";
}

/**
 * Refuses to map for reading only where an atomic load would end the process by SIGSEGV.
 *
 * @param action What is attempted, on what.
 * @throws {MetalError} `UNSUPPORTED` with Bun on arm64.
 */
export function checkAtomicLoads(action: string): void {
  if (!atomicLoadsWrite(versions["bun"], arch)) return;
  throw new MetalError(
    "UNSUPPORTED",
    `${action}: on arm64 the atomic loads of Bun write, which memory for reading only does not ` +
      "allow; map it for writing too, or use Deno or Node",
  );
}
