import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";
import { readWorkspace } from "./workspace.ts";

export interface Tarball {
  /** The package's name with its scope. */
  readonly name: string;
  /** Absolute path of the file. */
  readonly file: string;
}

/**
 * Packs every staged package as npm would get it, and lends the tarballs to `use`.
 *
 * They lie in a temporary folder, which is removed with everything in it when `use` is done.
 */
export async function withTarballs(
  use: (tarballs: readonly Tarball[], folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "openamp-pack-"));
  try {
    const tarballs = await Promise.all(
      readWorkspace().packages.map(async ({ npm, path }): Promise<Tarball> => {
        const args = ["pm", "pack", "--quiet", "--destination", folder];
        const { status, stdout, stderr } = await run("bun", args, { cwd: join(path, "dist") });
        if (status !== 0) throw new Error(`Cannot pack ${npm.name}: ${stderr}`);
        return { name: npm.name, file: stdout.trim() };
      }),
    );
    await use(tarballs, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
