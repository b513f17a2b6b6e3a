import { MetalError } from "../error.ts";

/**
 * The properties of a device as its description has them: a node of the device tree, whose numbers
 * are big-endian cells of 32 bits (Devicetree Specification v0.4, section 2.2.4). Upstream:
 * `metal_linux_get_device_property`, which copies bytes and leaves their meaning to the caller.
 *
 * A reader checks that the bytes have the form that it reads. Each throws `NOT_FOUND` for a name
 * that is not there, and `INVALID_ARGUMENT` for another form or for what is no name.
 */
export interface DeviceProperties {
  /** The names of all properties, in alphabetical order. */
  names(): readonly string[];
  /** Whether there is a property of that name; without bytes, that is all that it says. */
  has(name: string): boolean;
  /** Its bytes as they are. */
  bytes(name: string): Uint8Array;
  /** Its one cell. */
  u32(name: string): number;
  /** All of its cells, none where it is empty. */
  u32s(name: string): readonly number[];
  /** Its text, without the zero byte that ends it. */
  string(name: string): string;
  /** Its texts, each of which ends with a zero byte, such as `compatible`. */
  strings(name: string): readonly string[];
}

/** Where properties come from. */
export interface PropertySource {
  /** The names of all properties. */
  names(): readonly string[];
  /** The bytes of one, or undefined where there is none of that name. */
  read(name: string): Uint8Array | undefined;
}

/** The longest name of a property is 31 characters; what Linux adds itself is longer. */
const LONGEST_NAME = 255;

/**
 * Makes readers over the bytes of properties.
 *
 * @param device Whose properties they are, for messages.
 * @param source Where their bytes come from. It is only asked for what is a name: neither empty nor
 *   a path.
 * @returns The readers.
 *
 * @example
 * ```ts
 * import { deviceProperties } from "@openamp/libmetal";
 *
 * const bytes = new Map([["clock-frequency", Uint8Array.of(0, 0x98, 0x96, 0x80)]]);
 * const properties = deviceProperties("uart0", {
 *   names: () => [...bytes.keys()],
 *   read: (name) => bytes.get(name),
 * });
 * if (properties.u32("clock-frequency") !== 10_000_000) throw new Error("Cells are big-endian");
 * ```
 */
export function deviceProperties(device: string, source: PropertySource): DeviceProperties {
  function refuse(name: string, reason: string): never {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Read property "${name}" of device "${device}": ${reason}`,
    );
  }

  function look(name: string): Uint8Array | undefined {
    // A property is a file of one folder: no name leads out of it.
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
      refuse(name, "that is no name of a property");
    }
    if (name.length > LONGEST_NAME) refuse(name, `a name has at most ${LONGEST_NAME} characters`);
    return source.read(name);
  }

  function bytes(name: string): Uint8Array {
    const found = look(name);
    if (found !== undefined) return found;
    throw new MetalError(
      "NOT_FOUND",
      `Read property "${name}" of device "${device}": it has none of that name`,
    );
  }

  function u32s(name: string): readonly number[] {
    const found = bytes(name);
    if (found.length % 4 !== 0) {
      refuse(name, `its ${found.length} bytes are no cells of 32 bits`);
    }
    const view = new DataView(found.buffer, found.byteOffset, found.length);
    return Array.from({ length: found.length / 4 }, (_, index) => view.getUint32(4 * index));
  }

  function strings(name: string): readonly string[] {
    const found = bytes(name);
    if (found.length === 0) return [];
    if (found.at(-1) !== 0) refuse(name, "it does not end with a zero byte, as text does");
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(found);
      return text.slice(0, -1).split("\0");
    } catch {
      return refuse(name, "its bytes are no text");
    }
  }

  return {
    names: () => [...source.names()].sort(),
    has: (name) => look(name) !== undefined,
    bytes,
    u32(name) {
      const cells = u32s(name);
      if (cells.length !== 1) refuse(name, `it has ${cells.length} cells, not one`);
      return cells[0]!;
    },
    u32s,
    string(name) {
      const texts = strings(name);
      if (texts.length !== 1) refuse(name, `it has ${texts.length} texts, not one`);
      return texts[0]!;
    },
    strings,
  };
}

/** The properties of a device that has none. */
export function noProperties(device: string): DeviceProperties {
  return deviceProperties(device, { names: () => [], read: () => undefined });
}
