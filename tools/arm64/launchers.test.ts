import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, onTestFinished, test } from "vitest";
import { repository } from "../workspace.ts";

const launchers = join(repository, "tools/arm64/bin");
const gcc = join(launchers, "gcc");

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "openamp-launchers-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe.runIf(process.arch !== "arm64")("on a machine that is not arm64", () => {
  test.each([
    ["bun", ["--print", "process.arch"]],
    ["deno", ["eval", "console.log(Deno.build.arch)"]],
    ["node", ["--print", "process.arch"]],
  ])("%s is its arm64 build", (name, args) => {
    const output = execFileSync(join(launchers, name), args, { encoding: "utf8" });
    expect(output.trim()).toMatch(/^(arm64|aarch64)$/);
  });

  test("a program that gcc makes runs as an arm64 one", () => {
    const program = join(temporaryFolder(), "program");
    const input = `#include <stdio.h>
      int main(int count, char **words) { printf("%d %s", __aarch64__, words[count - 1]); return 3; }`;
    execFileSync(gcc, ["-x", "c", "-", "-o", program], { input });
    const { status, stdout } = spawnSync(program, ["two words"], { encoding: "utf8" });
    expect([status, stdout]).toEqual([3, "1 two words"]);
  });

  test("what gcc makes that is no program is left as it is", () => {
    const output = join(temporaryFolder(), "output");
    execFileSync(gcc, ["-x", "c", "-E", "-P", "-", "-o", output], {
      input: "int a = __aarch64__;",
    });
    expect(execFileSync("cat", [output], { encoding: "utf8" }).trim()).toBe("int a = 1;");
  });

  test("what gcc refuses fails", () => {
    const { status, stderr } = spawnSync(gcc, ["-x", "c", "-"], { input: "?", encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("error:");
  });
});
