import { join, normalize, relative } from "node:path";
import { core, exportsOf } from "../workspace.ts";
import type { Package } from "../workspace.ts";
import type { Check } from "./check.ts";
import { importsOf } from "./syntax_tree.ts";

/** Which packages a package may import: the arrows of docs/architecture.md, and no others. */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  libmetal: [],
  virtio: ["libmetal"],
  rpmsg: ["libmetal", "virtio"],
  remoteproc: ["libmetal", "virtio"],
  openamp: ["libmetal", "virtio", "rpmsg", "remoteproc"],
  "platform-local": ["libmetal", "virtio", "remoteproc"],
  "platform-qemu": ["libmetal", "virtio", "remoteproc"],
  firmware: [],
  testing: core,
  cli: [...core, "platform-local", "platform-qemu", "firmware"],
};

const scope = "@openamp/";

/** Packages import only along the arrows, only what their manifests name, and only entry points. */
export const layers: Check = {
  name: "layers",
  problems: ({ packages }) => {
    const byName = new Map(packages.map((entry) => [entry.npm.name, entry]));
    return packages.flatMap((entry) => {
      const allowed = arrows[entry.folder];
      if (allowed === undefined) {
        return [`packages/${entry.folder}: has no row in the arrows of tools/checks/layers.ts`];
      }
      return [
        ...manifestProblems(entry, allowed),
        ...entry.sources.flatMap((source) => sourceProblems(entry, source, byName)),
        ...entry.tests.flatMap((test) => relativeProblems(entry, test, ["tools"])),
      ];
    });
  },
};

function manifestProblems(entry: Package, allowed: readonly string[]): readonly string[] {
  const where = `packages/${entry.folder}/package.json`;
  return declared(entry).flatMap((name) => {
    if (name.startsWith(scope)) {
      return allowed.includes(name.slice(scope.length))
        ? []
        : [`${where}: depends on ${name}, against the arrows`];
    }
    const optional = entry.npm.peerDependencies?.[name] !== undefined;
    return core.includes(entry.folder) && !optional
      ? [`${where}: depends on ${name}, but the core has no dependency`]
      : [];
  });
}

function sourceProblems(
  entry: Package,
  source: string,
  byName: ReadonlyMap<string, Package>,
): readonly string[] {
  const where = `packages/${entry.folder}/${source}`;
  const problems = importsOf(join(entry.path, source)).flatMap((specifier) => {
    if (/^(\.|node:|bun:)/.test(specifier)) return [];
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    if (!declared(entry).includes(name)) {
      return [`${where}: imports ${specifier}, which its package.json does not depend on`];
    }
    const target = byName.get(name);
    if (target === undefined) return [];
    const entryPoint = `.${specifier.slice(name.length)}`;
    return entryPoint in exportsOf(target.npm)
      ? []
      : [`${where}: imports ${specifier}, which is no entry point of ${name}`];
  });
  return [...problems, ...relativeProblems(entry, source, [])];
}

/** Relative imports stay inside the package, except for the named folders of the repository. */
function relativeProblems(
  entry: Package,
  source: string,
  besides: readonly string[],
): readonly string[] {
  return importsOf(join(entry.path, source)).flatMap((specifier) => {
    if (!specifier.startsWith(".")) return [];
    const target = normalize(join(entry.path, source, "..", specifier));
    const inside = relative(entry.path, target);
    const outside = relative(join(entry.path, "../.."), target);
    return inside.startsWith("..") && !besides.some((folder) => outside.startsWith(`${folder}/`))
      ? [`packages/${entry.folder}/${source}: imports ${specifier}, outside its package`]
      : [];
  });
}

function declared({ npm }: Package): readonly string[] {
  return Object.keys({
    ...npm.dependencies,
    ...npm.peerDependencies,
    ...npm.optionalDependencies,
    ...npm.devDependencies,
  });
}
