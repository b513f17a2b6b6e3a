import { RemoteprocError } from "../../error.ts";
import { readName, readStruct, type StructValues } from "../../layout.ts";
import { checkInside, type ElfFile, type ElfHeader, headerOffsets } from "./file.ts";
import type { ElfSection } from "./image.ts";
import { ELF, ELF32_SECTION_HEADER } from "./wire.ts";

/**
 * The longest section name that is read, in bytes. The format has no limit, but many headers may
 * name one long string, and this keeps the work in proportion to the file.
 */
const SECTION_NAME_LIMIT = 1024;

/**
 * Reads every section header with its name.
 *
 * @param file The file.
 * @param header Its header.
 * @returns None where the file has no sections.
 * @throws {RemoteprocError} `ELF_SECTION_HEADER` or `ELF_TRUNCATED`.
 */
export function readSections(file: ElfFile, header: ElfHeader): readonly ElfSection[] {
  const { e_shoff, e_shnum, e_shstrndx } = header;
  if (e_shoff === 0 && e_shnum === 0) return [];
  if (e_shnum === 0 || e_shnum >= ELF.SHN_LORESERVE) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} says that it has ${e_shnum} section headers, ` +
        `this loader reads 1 to ${ELF.SHN_LORESERVE - 1}`,
    );
  }
  const offsets = headerOffsets(file, {
    what: "section header",
    code: "ELF_SECTION_HEADER",
    layout: ELF32_SECTION_HEADER,
    offset: e_shoff,
    entrySize: header.e_shentsize,
    count: e_shnum,
  });
  const headers = offsets.map((offset) => readStruct(ELF32_SECTION_HEADER, file.view, offset));
  for (const [index, { sh_type, sh_offset, sh_size }] of headers.entries()) {
    if (sh_type === ELF.SHT_NULL || sh_type === ELF.SHT_NOBITS) continue;
    checkInside(file, `section ${index}`, sh_offset, sh_size);
  }
  const strings = readStringTable(file, e_shstrndx, headers[e_shstrndx]);
  return headers.map((fields, index) => ({
    name: sectionName(file, index, strings, fields.sh_name),
    type: fields.sh_type,
    flags: fields.sh_flags,
    address: fields.sh_addr,
    offset: fields.sh_offset,
    size: fields.sh_size,
  }));
}

/** The section names' bytes; none when the file has no names (`SHN_UNDEF`). */
function readStringTable(
  file: ElfFile,
  index: number,
  fields: StructValues<typeof ELF32_SECTION_HEADER> | undefined,
): Uint8Array {
  if (index === ELF.SHN_UNDEF) return new Uint8Array(1);
  if (fields?.sh_type !== ELF.SHT_STRTAB) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} keeps no section names where it says: section ${index} is no string table`,
    );
  }
  const strings = file.bytes.subarray(fields.sh_offset, fields.sh_offset + fields.sh_size);
  // gABI chapter 4, String Table: its last byte is NUL. Then every name that starts inside ends
  // inside, and no search runs past the end.
  if (strings.at(-1) !== 0) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} has section names that do not end: section ${index} does not end with NUL`,
    );
  }
  return strings;
}

function sectionName(file: ElfFile, index: number, strings: Uint8Array, start: number): string {
  if (start >= strings.length) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} has no name for section ${index}: it starts at byte ${start} ` +
        `of ${strings.length} bytes of names`,
    );
  }
  const name = readName(strings, start, SECTION_NAME_LIMIT + 1);
  if (name.length > SECTION_NAME_LIMIT) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} has a name for section ${index} that is longer ` +
        `than ${SECTION_NAME_LIMIT} bytes`,
    );
  }
  return name;
}
