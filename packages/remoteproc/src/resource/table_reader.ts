import type { StructField } from "@openamp/libmetal";

import type { RemoteprocErrorCode } from "../error.ts";
import type { EntryPlace } from "./entry.ts";

/** A private copy of the table that is being read, and whom to tell about a broken rule. */
export interface TableReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /**
   * Throws, or returns to have the rest read.
   *
   * @param code The rule.
   * @param message What breaks it.
   * @param place The entry, unless it is the head.
   */
  readonly report: (code: RemoteprocErrorCode, message: string, place?: EntryPlace) => void;
}

/**
 * Reports a structure whose reserved bytes are not zero; Linux refuses it too.
 *
 * @param reader The table.
 * @param offset Where the structure starts.
 * @param field Its reserved bytes.
 * @param place The entry, unless it is the head.
 */
export function checkReserved(
  { bytes, report }: TableReader,
  offset: number,
  field: StructField,
  place?: EntryPlace,
): void {
  const start = offset + field.offset;
  if (bytes.subarray(start, start + field.size).every((byte) => byte === 0)) return;
  report("TABLE_RESERVED", "its reserved bytes are not zero", place);
}
