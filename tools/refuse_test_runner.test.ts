import { expect, test } from "vitest";
import { run } from "./run.ts";

test("`bun test` names the right command and fails", async () => {
  const { status, stderr } = await run("bun", ["test"]);
  expect(stderr).toBe("These tests run under vitest, on Bun, Deno and Node: type npm test\n");
  expect(status).toBe(1);
});

test("`deno test` names the right command and fails", async () => {
  const { status, stdout, stderr } = await run("deno", ["test"], { env: { NO_COLOR: "1" } });
  const [, line, end] = stdout.split("\n");
  expect(line).toBe("These tests run under vitest, on Bun, Deno and Node: type deno task test");
  expect([end, stderr]).toEqual(["", ""]);
  expect(status).not.toBe(0);
});
