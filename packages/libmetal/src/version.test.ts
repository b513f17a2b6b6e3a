import { version, versionNumbers } from "@openamp/libmetal";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

test("the version is that of the package, as text and in numbers", () => {
  const { major, minor, patch } = versionNumbers;
  expect(version).toBe(manifest.version);
  expect(`${major}.${minor}.${patch}`).toBe(version);
});
