import { RemoteprocError, type RemoteprocErrorCode } from "../error.ts";
import { readStruct } from "../layout.ts";
import type { EntryPlace, ResourceEntry } from "./entry.ts";
import { entrySize, readEntry } from "./read_entry.ts";
import { checkReserved, type TableReader } from "./table_reader.ts";
import { FW_RSC_HDR, RESOURCE_TABLE, RESOURCE_TABLE_VERSION } from "./wire.ts";

/** How a table is read. */
export interface ParseResourceTableOptions {
  /** What messages call the image that the table comes from, such as its file name. */
  readonly name?: string;
}

/** A resource table after every check. */
export interface ResourceTable {
  /** Bytes of the whole table, whatever follows its last entry included. */
  readonly size: number;
  /** In the order of the table's list of offsets. */
  readonly entries: readonly ResourceEntry[];
}

/** Something in a table that breaks a rule. */
export interface ResourceProblem {
  /** The rule. */
  readonly code: RemoteprocErrorCode;
  /** One sentence without a full stop. */
  readonly message: string;
  /** The number of the entry, or `undefined` when it is the table's head. */
  readonly entry: number | undefined;
}

/** What could be read of a table, and what could not. */
export interface ResourceInspection extends ResourceTable {
  /** Empty exactly when {@linkcode parseResourceTable} accepts the table. */
  readonly problems: readonly ResourceProblem[];
}

/**
 * The most entries that a table may have. Real ones have fewer than a dozen; the limit keeps what a
 * hostile table costs small.
 */
export const RESOURCE_TABLE_MAX_ENTRIES = 1024;

/**
 * Reads a resource table, or refuses it at the first rule that it breaks.
 *
 * The bytes are copied once, before the first check, and only the copy is read, since a live table
 * is memory that the remote may change at any moment. Of a live table only the named fields (status,
 * features, configuration) may be read again later, each where its entry's `offset` says. (Memory of
 * kind `device` cannot be copied like this; copy it out through its own accessors first.)
 *
 * The checks are those of Linux, with each entry held against the bytes that are left for it, and
 * some that Linux leaves out: entries start on a multiple of 4 and do not overlap, so that writing
 * to one changes no other; a queue size is a power of two from 1 to 32768, an alignment a power of
 * two from 4 to 65536; there are at most {@linkcode RESOURCE_TABLE_MAX_ENTRIES} entries.
 *
 * @param bytes The whole table, head first, as `.resource_table` or the live table has it.
 * @param options What messages call the image.
 * @returns The entries with the offset of each.
 * @throws {RemoteprocError} `TABLE_TRUNCATED`, `TABLE_VERSION`, `TABLE_RESERVED` or `TABLE_ENTRIES`
 *   for the head; `TABLE_ENTRY_TRUNCATED`, `TABLE_ENTRY_ALIGN`, `TABLE_ENTRY_OVERLAP`,
 *   `TABLE_RESERVED`, `VDEV_VRINGS`, `VRING_SIZE` or `VRING_ALIGN` for an entry.
 * @see `<linux/remoteproc.h>`; Linux `rproc_elf_load_rsc_table`, `rproc_handle_vdev`.
 *
 * @example
 * ```ts
 * import { buildResourceTable, parseResourceTable } from "@openamp/remoteproc/resource-table";
 *
 * const bytes = buildResourceTable([
 *   { type: "trace", name: "trace", da: 0x2100_8000, len: 4096 },
 *   { type: "vdev", id: 7, dfeatures: 1, vrings: [{ num: 16, align: 16 }, { num: 16, align: 16 }] },
 * ]);
 * const { entries } = parseResourceTable(bytes, { name: "echo.elf" });
 * const vdev = entries[1];
 * if (vdev?.type !== "vdev" || vdev.vrings[1]?.num !== 16) throw new Error("Unexpected table");
 * ```
 */
export function parseResourceTable(
  bytes: Uint8Array,
  options: ParseResourceTableOptions = {},
): ResourceTable {
  return readTable(bytes, options, (code, message) => {
    throw new RemoteprocError(code, message);
  });
}

/**
 * Reads as much of a resource table as can be read, and lists every rule that it breaks.
 *
 * For people who look at an image; `parseResourceTable` is for programs that act on one. It throws
 * nothing, whatever the bytes are, and copies them once as that does.
 *
 * @param bytes The whole table, head first.
 * @param options What messages call the image.
 * @returns The entries that lie wholly inside the table, and the problems in the order of reading.
 *
 * @example
 * ```ts
 * import { inspectResourceTable } from "@openamp/remoteproc/resource-table";
 *
 * const { entries, problems } = inspectResourceTable(Uint8Array.of(2, 0, 0, 0));
 * if (entries.length !== 0 || problems[0]?.code !== "TABLE_TRUNCATED") {
 *   throw new Error("Unexpected inspection");
 * }
 * ```
 */
export function inspectResourceTable(
  bytes: Uint8Array,
  options: ParseResourceTableOptions = {},
): ResourceInspection {
  const problems: ResourceProblem[] = [];
  const table = readTable(bytes, options, (code, message, entry) => {
    problems.push({ code, message, entry: entry?.index });
  });
  return { ...table, problems };
}

/** Reads on after each report, as far as what it reads still lies inside the table. */
function readTable(
  bytes: Uint8Array,
  options: ParseResourceTableOptions,
  report: TableReader["report"],
): ResourceTable {
  const title =
    options.name === undefined ? "The resource table" : `The resource table of ${options.name}`;
  const copy = new Uint8Array(bytes);
  const reader: TableReader = {
    bytes: copy,
    view: new DataView(copy.buffer),
    report: (code, message, place) => {
      const where = place === undefined ? "" : ` in entry ${place.index} at byte ${place.offset}`;
      report(code, `${title} is malformed${where}: ${message}`, place);
    },
  };
  const entries: ResourceEntry[] = [];
  const extents: Extent[] = [];
  for (const place of readPlaces(reader)) {
    const size = entrySize(reader, place.offset);
    const avail = copy.length - place.offset;
    if (size > avail) {
      reader.report("TABLE_ENTRY_TRUNCATED", `it takes ${size} bytes, ${avail} are left`, place);
      continue;
    }
    entries.push(readEntry(reader, place));
    extents.push({ ...place, size });
  }
  checkOverlaps(reader, extents);
  return { size: copy.length, entries };
}

/** An entry and all that follows it. */
interface Extent extends EntryPlace {
  readonly size: number;
}

/** Where the entries are; those whose type does not lie behind the head and inside are left out. */
function readPlaces(reader: TableReader): readonly EntryPlace[] {
  const { bytes, view, report } = reader;
  const size = bytes.length;
  if (size < RESOURCE_TABLE.size) {
    report("TABLE_TRUNCATED", `its head takes ${RESOURCE_TABLE.size} bytes, it has ${size}`);
    return [];
  }
  const { ver, num } = readStruct(RESOURCE_TABLE, view, 0);
  if (ver !== RESOURCE_TABLE_VERSION) {
    report("TABLE_VERSION", `its version is ${ver}, there is only ${RESOURCE_TABLE_VERSION}`);
    return [];
  }
  checkReserved(reader, 0, RESOURCE_TABLE.fields.reserved);
  const headEnd = RESOURCE_TABLE.size + 4 * num;
  if (headEnd > size) {
    report(
      "TABLE_TRUNCATED",
      `its head with ${num} entries takes ${headEnd} bytes, it has ${size}`,
    );
    return [];
  }
  if (num > RESOURCE_TABLE_MAX_ENTRIES) {
    report(
      "TABLE_ENTRIES",
      `it has ${num} entries, at most ${RESOURCE_TABLE_MAX_ENTRIES} are read`,
    );
    return [];
  }
  return Array.from({ length: num }, (_, index) => ({
    index,
    offset: view.getUint32(RESOURCE_TABLE.size + 4 * index, true),
  })).filter((place) => checkPlace(reader, headEnd, place));
}

function checkPlace({ bytes, report }: TableReader, headEnd: number, place: EntryPlace): boolean {
  if (place.offset + FW_RSC_HDR.size > bytes.length) {
    report("TABLE_ENTRY_TRUNCATED", `the table ends at byte ${bytes.length}`, place);
    return false;
  }
  if (place.offset < headEnd) {
    report("TABLE_ENTRY_OVERLAP", `the table's head ends at byte ${headEnd}`, place);
    return false;
  }
  if (place.offset % 4 !== 0) {
    // Both sides use aligned 32-bit loads and stores on a live table.
    report("TABLE_ENTRY_ALIGN", "it does not start on a multiple of 4", place);
    return false;
  }
  return true;
}

/** Two entries in one place would let a write to one change the other. */
function checkOverlaps({ report }: TableReader, extents: readonly Extent[]): void {
  let furthest: Extent | undefined;
  for (const extent of extents.toSorted((left, right) => left.offset - right.offset)) {
    if (furthest !== undefined && extent.offset < end(furthest)) {
      report("TABLE_ENTRY_OVERLAP", `it overlaps entry ${furthest.index}`, extent);
    }
    if (furthest === undefined || end(extent) > end(furthest)) furthest = extent;
  }
}

function end({ offset, size }: Extent): number {
  return offset + size;
}
