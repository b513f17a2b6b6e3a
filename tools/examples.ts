import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readWorkspace, repository } from "./workspace.ts";

/**
 * The files whose examples run as tests: published modules and documents with a block of ```ts.
 *
 * They are listed one by one, since `deno test --doc` also loads each file that it is given.
 */
export function filesWithExamples(): readonly string[] {
  const modules = readWorkspace().packages.flatMap(({ folder, sources }) =>
    sources.map((source) => `packages/${folder}/${source}`),
  );
  const documents = globSync(["README.md", "docs/*.md", "packages/*/README.md"], {
    cwd: repository,
  });
  return [
    ...modules.filter((path) => / \* ```ts$/m.test(textOf(path))),
    ...documents.toSorted().filter((path) => /^```ts$/m.test(textOf(path))),
  ];
}

function textOf(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}
