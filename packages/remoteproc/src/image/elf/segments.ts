import { RemoteprocError } from "../../error.ts";
import { hex } from "../../hex.ts";
import { readStruct, type StructValues } from "../../layout.ts";
import { checkInside, type ElfFile, type ElfHeader, headerOffsets } from "./file.ts";
import type { ElfSegment } from "./image.ts";
import { ELF, ELF32_PROGRAM_HEADER } from "./wire.ts";

/** Device addresses of an ELF32 image end here. */
const ADDRESS_SPACE = 2 ** 32;

/**
 * Reads every segment that is loaded.
 *
 * @param file The file.
 * @param header Its header.
 * @returns At least one segment that takes memory.
 * @throws {RemoteprocError} `ELF_NO_SEGMENT`, `ELF_PROGRAM_HEADER`, `ELF_SEGMENT_SIZE` or
 *   `ELF_TRUNCATED`.
 */
export function readSegments(file: ElfFile, header: ElfHeader): readonly ElfSegment[] {
  if (header.e_phnum === 0) {
    throw new RemoteprocError("ELF_NO_SEGMENT", `${file.name} has no program headers`);
  }
  if (header.e_phnum === ELF.PN_XNUM) {
    throw new RemoteprocError(
      "ELF_PROGRAM_HEADER",
      `${file.name} has more than 65534 program headers`,
    );
  }
  const offsets = headerOffsets(file, {
    what: "program header",
    code: "ELF_PROGRAM_HEADER",
    layout: ELF32_PROGRAM_HEADER,
    offset: header.e_phoff,
    entrySize: header.e_phentsize,
    count: header.e_phnum,
  });
  const segments: ElfSegment[] = [];
  for (const [index, offset] of offsets.entries()) {
    const fields = readStruct(ELF32_PROGRAM_HEADER, file.view, offset);
    if (fields.p_type === ELF.PT_LOAD) segments.push(readSegment(file, index, fields));
  }
  if (!segments.some(({ memorySize }) => memorySize > 0)) {
    throw new RemoteprocError("ELF_NO_SEGMENT", `${file.name} has nothing to load`);
  }
  return segments;
}

function readSegment(
  file: ElfFile,
  index: number,
  fields: StructValues<typeof ELF32_PROGRAM_HEADER>,
): ElfSegment {
  const { p_offset, p_filesz, p_memsz, p_paddr, p_vaddr } = fields;
  if (p_filesz > p_memsz) {
    throw new RemoteprocError(
      "ELF_SEGMENT_SIZE",
      `${file.name} contradicts itself: segment ${index} has ${p_filesz} bytes in the file ` +
        `but takes only ${p_memsz} in memory`,
    );
  }
  const highest = Math.max(p_paddr, p_vaddr);
  if (highest + p_memsz > ADDRESS_SPACE) {
    throw new RemoteprocError(
      "ELF_SEGMENT_SIZE",
      `${file.name} contradicts itself: segment ${index}, ${p_memsz} bytes at ${hex(highest)}, ` +
        "ends past the last 32-bit address",
    );
  }
  checkInside(file, `segment ${index}`, p_offset, p_filesz);
  return {
    index,
    physicalAddress: p_paddr,
    virtualAddress: p_vaddr,
    flags: fields.p_flags,
    offset: p_offset,
    fileSize: p_filesz,
    memorySize: p_memsz,
    bytes: file.bytes.subarray(p_offset, p_offset + p_filesz),
  };
}

/**
 * Refuses an entry point that no executable segment holds.
 *
 * @param file The file.
 * @param entry `e_entry`.
 * @param segments Its segments.
 * @throws {RemoteprocError} `ELF_ENTRY`.
 */
export function checkEntry(file: ElfFile, entry: number, segments: readonly ElfSegment[]): void {
  const inside = segments.some(
    ({ flags, virtualAddress, memorySize }) =>
      (flags & ELF.PF_X) !== 0 && entry >= virtualAddress && entry < virtualAddress + memorySize,
  );
  if (inside) return;
  throw new RemoteprocError(
    "ELF_ENTRY",
    `${file.name} starts at ${hex(entry)}, which lies in no executable segment`,
  );
}
