import type { StructLayout } from "@openamp/libmetal";

import { RemoteprocError } from "../../error.ts";
import type { StructValues } from "../../layout.ts";
import type { ELF32_HEADER } from "./wire.ts";

/** The whole file, which nobody else can change. */
export interface ElfFile {
  /** What messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The file header's numbers. */
export type ElfHeader = StructValues<typeof ELF32_HEADER>;

/**
 * Refuses a range that does not lie wholly inside the file.
 *
 * The sum is exact: both numbers come from 32-bit fields.
 *
 * @param file The file.
 * @param what What lies there, for the message.
 * @param offset Where it starts.
 * @param length Bytes.
 * @throws {RemoteprocError} `ELF_TRUNCATED`.
 */
export function checkInside(file: ElfFile, what: string, offset: number, length: number): void {
  const end = offset + length;
  if (end <= file.bytes.length) return;
  throw new RemoteprocError(
    "ELF_TRUNCATED",
    `${file.name} is cut: ${what} would end at byte ${end}, the file has ${file.bytes.length} bytes`,
  );
}

/** One of the two tables of headers, as the file header describes it. */
export interface HeaderTable {
  readonly what: "program header" | "section header";
  readonly code: "ELF_PROGRAM_HEADER" | "ELF_SECTION_HEADER";
  readonly layout: StructLayout;
  readonly offset: number;
  readonly entrySize: number;
  readonly count: number;
}

/**
 * Where each header of a table starts, after the checks that both tables need.
 *
 * @param file The file.
 * @param table Which table.
 * @returns Offsets in the file; a header at each of them lies inside.
 * @throws {RemoteprocError} The table's code when its entries have another size; `ELF_TRUNCATED`.
 */
export function headerOffsets(file: ElfFile, table: HeaderTable): readonly number[] {
  const { what, code, layout, offset, entrySize, count } = table;
  if (entrySize !== layout.size) {
    throw new RemoteprocError(
      code,
      `${file.name} says that a ${what} takes ${entrySize} bytes, ` +
        `${layout.name} takes ${layout.size}`,
    );
  }
  checkInside(file, `its ${what}s`, offset, count * entrySize);
  return Array.from({ length: count }, (_, index) => offset + index * entrySize);
}
