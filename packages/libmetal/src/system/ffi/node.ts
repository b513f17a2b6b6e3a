import { createRequire } from "node:module";
import { MetalError } from "../../error.ts";
import { LIBRARY, numeric, type ForeignLibrary } from "./foreign.ts";

/** The part of koffi that is used here; its own types are not at hand where it is not installed. */
interface Koffi {
  load(library: string): {
    func(name: string, result: string, parameters: string[]): unknown;
  };
  errno(): number;
  view(address: bigint, length: number): ArrayBuffer;
  address(value: Uint8Array): bigint;
}

const TYPES = { int: "int", long: "int64_t", bytes: "void *" } as const;

/**
 * Reaches the C library from Node, through koffi.
 *
 * @throws {MetalError} `UNSUPPORTED` where koffi is not installed or does not load.
 */
export function openLibrary(): ForeignLibrary {
  const koffi = requireKoffi();
  const library = koffi.load(LIBRARY);
  return {
    bind(name, result, parameters) {
      const types = parameters.map((type) => TYPES[type]);
      return numeric(library.func(name, TYPES[result], types));
    },
    errno: () => koffi.errno(),
    view: (address, length) => koffi.view(BigInt(address), length),
    address: (bytes) => Number(koffi.address(bytes)),
  };
}

/** An optional peer dependency: required here, and not imported, so that no bundler asks for it. */
function requireKoffi(): Koffi {
  try {
    const koffi: Koffi = createRequire(import.meta.url)("koffi");
    return koffi;
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND";
    throw new MetalError(
      "UNSUPPORTED",
      missing
        ? 'Node shares memory through the package "koffi", which is not installed: npm install koffi'
        : `Node shares memory through the package "koffi", which does not load: ${String(cause)}`,
      { cause },
    );
  }
}
