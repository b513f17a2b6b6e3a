import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../tools/run.ts";
import { repository } from "../tools/workspace.ts";

/** A C source, as it was compiled. */
export interface BaselineSource {
  /** From the repository's root. */
  readonly path: string;
  readonly sha256: string;
}

/** The C programs that the TypeScript ones are compared with. */
export interface Baseline {
  /** How each is built, with NAME for its name. */
  readonly command: string;
  readonly sources: readonly BaselineSource[];
}

const folder = "bench/c";
const output = ".cache/bench";
const flags = ["-O2", "-std=c11", "-Wall", "-Wextra", "-pthread"];

/**
 * The executable of a C program.
 *
 * @param name Its source's name, without `.c`.
 */
export function baselineProgram(name: string): string {
  return join(repository, output, name);
}

/**
 * Builds C programs with gcc.
 *
 * @param names Their sources' names, without `.c`.
 * @returns How they were built, and from what.
 * @throws {Error} With gcc's complaint.
 */
export async function buildBaseline(names: readonly string[]): Promise<Baseline> {
  mkdirSync(join(repository, output), { recursive: true });
  for (const name of names) {
    const args = [...flags, "-o", `${output}/${name}`, `${folder}/${name}.c`];
    const { status, stderr } = await run("gcc", args);
    if (status !== 0) throw new Error(`gcc ${args.join(" ")} ended with ${status}\n${stderr}`);
  }
  return {
    command: `gcc ${flags.join(" ")} -o ${output}/NAME ${folder}/NAME.c`,
    sources: readdirSync(join(repository, folder))
      .sort()
      .map((name) => ({ path: `${folder}/${name}`, sha256: sha256Of(`${folder}/${name}`) })),
  };
}

function sha256Of(path: string): string {
  return createHash("sha256")
    .update(readFileSync(join(repository, path)))
    .digest("hex");
}
