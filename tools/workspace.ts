import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds this repository. */
export const repository: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The part of package.json and deno.json that the repository's scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly exports?: Readonly<Record<string, string>> | string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly imports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Name of the folder below `packages/`, which is also the name below the scope. */
  readonly folder: string;
  /** Absolute path of the folder. */
  readonly path: string;
  readonly npm: Manifest;
  /** `undefined` when there is no deno.json. */
  readonly jsr: Manifest | undefined;
  /** The modules that are published, as paths below `path`. */
  readonly sources: readonly string[];
  /** Tests and benchmarks beside them, as paths below `path`. */
  readonly tests: readonly string[];
}

export interface Workspace {
  readonly root: string;
  readonly packages: readonly Package[];
}

/** Folders of the pure core: no runtime dependency, no runtime global, loadable in a browser. */
export const core: readonly string[] = ["libmetal", "virtio", "rpmsg", "remoteproc", "openamp"];

/** The one folder of the core that may use what a runtime offers. */
export const systemFolder = "libmetal/src/system/";

/** Reads the packages of the workspace at `root`. */
export function readWorkspace(root: string = repository): Workspace {
  const packages = readdirSync(join(root, "packages"))
    .toSorted()
    .map((folder): Package => {
      const path = join(root, "packages", folder);
      const modules = globSync("src/**/*.ts", { cwd: path }).toSorted();
      return {
        folder,
        path,
        npm: readJson(join(path, "package.json")),
        jsr: existsSync(join(path, "deno.json")) ? readJson(join(path, "deno.json")) : undefined,
        sources: modules.filter((module) => !isTest(module)),
        tests: modules.filter(isTest),
      };
    });
  return { root, packages };
}

/** The entry points of a manifest, by sub-path. */
export function exportsOf(manifest: Manifest): Readonly<Record<string, string>> {
  const { exports = {} } = manifest;
  return typeof exports === "string" ? { ".": exports } : exports;
}

function isTest(module: string): boolean {
  return /\.(test|bench)\.ts$/.test(module);
}

function readJson(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
