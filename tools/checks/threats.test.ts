import { expect, test } from "vitest";
import { fixture } from "./fixture.ts";
import { threats } from "./threats.ts";

test("accepts a covered attack that a test names", () => {
  expect(threats.problems(fixture())).toEqual([]);
});

test("accepts an attack that is not called covered", () => {
  const table = "| T01 | a loop | covered |\n| T02 | an index | not yet: no such device |\n";
  expect(threats.problems(fixture({ "docs/threats.md": table }))).toEqual([]);
});

test("refuses a covered attack that only a comment names", () => {
  const workspace = fixture({
    "packages/virtio/src/ring.test.ts": '// T01\ntest("a loop ends", () => {});\n',
  });
  expect(threats.problems(workspace)).toEqual([
    "docs/threats.md: T01 is called covered, but no test names it",
  ]);
});

test("refuses a document that covers nothing", () => {
  const workspace = fixture({ "docs/threats.md": "# Threats\n" });
  expect(threats.problems(workspace)).toEqual(["docs/threats.md: calls no attack covered"]);
});
