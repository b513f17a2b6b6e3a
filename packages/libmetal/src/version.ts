/**
 * The version of this package: that of package.json, which `bun run version` raises.
 * Upstream: `metal_ver`.
 */
export const version = "0.1.0";

/** The version in numbers. Upstream: `metal_ver_major`, `metal_ver_minor`, `metal_ver_patch`. */
export const versionNumbers: {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
} = numbersOf(version);

function numbersOf(text: string): typeof versionNumbers {
  const [major = 0, minor = 0, patch = 0] = text.split(/[.-]/).map(Number);
  return { major, minor, patch };
}
