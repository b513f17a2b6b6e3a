import { arch, availableParallelism, cpus, loadavg, release, type } from "node:os";
import { run } from "../tools/run.ts";

/** The runtimes that have rows, and how each runs a program of programs/. */
export const runtimeCommands = {
  bun: ["bun"],
  deno: ["deno", "run", "--quiet", "--no-check", "--allow-all"],
  node: ["node"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Runtime = keyof typeof runtimeCommands;

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  /** Version of each runtime that is here. */
  readonly runtimes: Readonly<Partial<Record<Runtime, string>>>;
  readonly compiler: string;
  /** Processes that wanted a core: the mean of a minute, before the run. */
  readonly load: number;
}

/** Looks at the machine, and at which runtimes are here. */
export async function machine(): Promise<Machine> {
  const load = loadavg()[0] ?? 0;
  const runtimes: Partial<Record<Runtime, string>> = {};
  for (const name of ["bun", "deno", "node"] as const) {
    const version = await versionOf(name);
    if (version !== undefined) runtimes[name] = version;
  }
  return {
    cpu: cpus()[0]?.model ?? arch(),
    cores: availableParallelism(),
    kernel: `${type()} ${release()}`,
    runtimes,
    compiler: `gcc ${(await versionOf("gcc")) ?? ""}`.trim(),
    load: Math.round(load * 100) / 100,
  };
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { status, stdout } = await run(program, ["--version"]);
    return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined;
  } catch {
    return undefined;
  }
}
