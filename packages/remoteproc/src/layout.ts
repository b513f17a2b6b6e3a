/**
 * One reader and one writer of C structures, which go by their layouts.
 *
 * All numbers are little-endian and unsigned.
 *
 * @module
 */
import type { StructLayout } from "@openamp/libmetal";

import { RemoteprocError } from "./error.ts";

/** The integer members of a structure; those that are arrays are left out. */
export type StructValues<Layout extends StructLayout> = {
  readonly [
    Name in keyof Layout["fields"] as Layout["fields"][Name]["size"] extends 1 | 2 | 4
      ? Name
      : never
  ]: number;
};

/**
 * Reads each integer member of a structure once.
 *
 * @param layout The structure.
 * @param view Bytes that nobody else can change; the caller has checked that the structure is inside.
 * @param offset Where in `view` the structure starts.
 * @returns One number for each integer member.
 */
export function readStruct<Layout extends StructLayout>(
  layout: Layout,
  view: DataView,
  offset: number,
): StructValues<Layout> {
  const values: Record<string, number> = {};
  for (const [name, field] of Object.entries(layout.fields)) {
    const at = offset + field.offset;
    if (field.size === 1) values[name] = view.getUint8(at);
    else if (field.size === 2) values[name] = view.getUint16(at, true);
    else if (field.size === 4) values[name] = view.getUint32(at, true);
  }
  // The compiler cannot see that the loop and the type leave out the same members.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return values as StructValues<Layout>;
}

/**
 * Writes the given integer members of a structure and leaves the others as they are.
 *
 * @param layout The structure.
 * @param view Bytes that nobody else can change; the caller has made room for the structure.
 * @param offset Where in `view` the structure starts.
 * @param values The members to write.
 * @throws {RemoteprocError} `TABLE_FIELD` when a value is no integer or does not fit its member.
 */
export function writeStruct<Layout extends StructLayout>(
  layout: Layout,
  view: DataView,
  offset: number,
  values: Partial<StructValues<Layout>>,
): void {
  for (const [name, value] of Object.entries<number | undefined>(values)) {
    const field = layout.fields[name];
    if (field === undefined || value === undefined) continue;
    const limit = 2 ** (8 * field.size);
    if (!Number.isInteger(value) || value < 0 || value >= limit) {
      throw new RemoteprocError(
        "TABLE_FIELD",
        `${layout.name}.${name} holds integers from 0 to ${limit - 1}, got ${value}`,
      );
    }
    const at = offset + field.offset;
    if (field.size === 1) view.setUint8(at, value);
    else if (field.size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
}

/**
 * Reads a name that ends at its first NUL, or at `limit` where there is none.
 *
 * Each byte becomes the character of the same number, so that no byte is lost and none is invalid.
 * The result may hold control characters: escape it before a terminal sees it.
 *
 * @param bytes Where the name is.
 * @param offset Its first byte.
 * @param limit At most so many characters.
 * @returns The name without its NUL.
 */
export function readName(bytes: Uint8Array, offset: number, limit: number): string {
  const field = bytes.subarray(offset, offset + limit);
  const nul = field.indexOf(0);
  const name = nul < 0 ? field : field.subarray(0, nul);
  // Spreading goes through an iterator and takes seven times as long; a file may have many names.
  const text: string = Reflect.apply(String.fromCharCode, undefined, name);
  return text;
}
