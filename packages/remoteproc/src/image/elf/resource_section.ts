import { RemoteprocError } from "../../error.ts";
import type { ElfFile } from "./file.ts";
import type { ElfResourceTable, ElfSection, ElfSegment } from "./image.ts";
import { ELF, RESOURCE_TABLE_SECTION } from "./wire.ts";

/**
 * Finds the section `.resource_table` and the segment that carries it to memory.
 *
 * @param file The file.
 * @param sections Its sections.
 * @param segments Its segments.
 * @returns `undefined` where there is no such section.
 * @throws {RemoteprocError} `ELF_SECTION_HEADER` when there are two, or it has no bytes in the file.
 */
export function findResourceTable(
  file: ElfFile,
  sections: readonly ElfSection[],
  segments: readonly ElfSegment[],
): ElfResourceTable | undefined {
  const [table, second] = sections.filter(({ name }) => name === RESOURCE_TABLE_SECTION);
  if (table === undefined) return undefined;
  if (second !== undefined) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} has more than one section ${RESOURCE_TABLE_SECTION}`,
    );
  }
  const { address, offset, size, type } = table;
  if (type === ELF.SHT_NULL || type === ELF.SHT_NOBITS) {
    throw new RemoteprocError(
      "ELF_SECTION_HEADER",
      `${file.name} has a section ${RESOURCE_TABLE_SECTION} without bytes in the file`,
    );
  }
  const carrier = segments.find(
    (segment) =>
      offset >= segment.offset &&
      offset + size <= segment.offset + segment.fileSize &&
      address - segment.virtualAddress === offset - segment.offset,
  );
  return {
    address,
    loadAddress: carrier && carrier.physicalAddress + (offset - carrier.offset),
    offset,
    bytes: file.bytes.subarray(offset, offset + size),
  };
}
