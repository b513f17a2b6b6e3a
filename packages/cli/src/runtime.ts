import process from "node:process";

/** The runtime that this program runs on. */
export interface Runtime {
  /** Which one. */
  readonly name: "bun" | "deno" | "node";
  /** Its version, such as `24.21.0`. */
  readonly version: string;
}

/**
 * Tells the runtime that this program runs on.
 *
 * @returns Its name and version.
 */
export function currentRuntime(): Runtime {
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  // Bun and Deno tell a version of Node too, the one that they stand in for.
  for (const name of ["bun", "deno"] as const) {
    const version = versions[name];
    if (version !== undefined) return { name, version };
  }
  return { name: "node", version: process.versions.node };
}
