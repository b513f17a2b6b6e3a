/** The version of this package: that of package.json, which `bun run version` raises. */
export const version = "0.1.0";
