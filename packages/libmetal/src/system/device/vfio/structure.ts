import { MetalError } from "../../../error.ts";
import type { StructLayout } from "../../../wire/struct_layout.ts";

/** The values of members that are integers. */
export type StructureValues<Layout extends StructLayout> = {
  readonly [Name in Exclude<keyof Layout["fields"], "argsz">]?: number;
};

/**
 * Makes a structure for an order, with its size in `argsz`.
 *
 * @param layout Its layout.
 * @param values Its members; what is not named is 0.
 * @param tail Bytes that follow it. Default 0.
 * @returns Its bytes.
 */
export function structure<Layout extends StructLayout>(
  layout: Layout,
  values: StructureValues<Layout> = {},
  tail = 0,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size + tail);
  const named: Readonly<Record<string, number | undefined>> = { ...values, argsz: bytes.length };
  for (const [name, { offset, size }] of Object.entries(layout.fields)) {
    const value = named[name] ?? 0;
    const view = new DataView(bytes.buffer, offset, size);
    if (size === 8) view.setBigUint64(0, BigInt(value), true);
    else view.setUint32(0, value, true);
  }
  return bytes;
}

/**
 * Reads a member of a structure.
 *
 * @param layout Its layout.
 * @param bytes What it lies in.
 * @param name The member.
 * @param at Where the structure begins in the bytes. Default 0.
 * @returns Its value.
 * @throws {MetalError} `OUT_OF_RANGE` where it lies beyond the bytes or is beyond 2^53 - 1.
 */
export function member<Layout extends StructLayout>(
  layout: Layout,
  bytes: Uint8Array,
  name: Extract<keyof Layout["fields"], string>,
  at = 0,
): number {
  const { offset, size } = layout.fields[name]!;
  if (at < 0 || at + offset + size > bytes.length) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `Read ${layout.name}.${name}: the kernel has cut it short`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + offset, size);
  if (size === 2) return view.getUint16(0, true);
  if (size === 4) return view.getUint32(0, true);
  const value = Number(view.getBigUint64(0, true));
  if (Number.isSafeInteger(value)) return value;
  throw new MetalError("OUT_OF_RANGE", `Read ${layout.name}.${name}: it is beyond 2^53 - 1`);
}
