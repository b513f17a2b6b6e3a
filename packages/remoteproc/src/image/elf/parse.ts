import { RemoteprocError } from "../../error.ts";
import { readStruct } from "../../layout.ts";
import { checkInside, type ElfFile, type ElfHeader } from "./file.ts";
import type { ElfImage } from "./image.ts";
import { machineName } from "./machine.ts";
import { findResourceTable } from "./resource_section.ts";
import { readSections } from "./sections.ts";
import { checkEntry, readSegments } from "./segments.ts";
import { ELF, ELF32_HEADER, ELF_MAGIC } from "./wire.ts";

/** How {@linkcode parseElf} reads. */
export interface ParseElfOptions {
  /** What messages call the image, such as its file name; `The image` when absent. */
  readonly name?: string;
}

/**
 * Reads a firmware image: an executable ELF32 file, little-endian, for any instruction set.
 *
 * The bytes are copied once, before the first check, and only the copy is read: they may be shared
 * memory that changes meanwhile. (Memory of kind `device` cannot be copied like this; copy it out
 * through its own accessors first.)
 *
 * Everything that the image says about itself is checked before it is returned: each header and
 * each byte range lies inside the file, a segment holds no more in the file than in memory and ends
 * within 32 bits, section names end, the entry point lies in an executable segment, and there is at
 * most one resource table. Which memory the segments may go to is `planLoad`'s question, and the
 * instruction set `checkMachine`'s.
 *
 * @param bytes The whole file.
 * @param options What messages call it.
 * @returns The image; its `bytes` are views of the private copy.
 * @throws {RemoteprocError} `ELF_MAGIC`, `ELF_CLASS`, `ELF_BYTE_ORDER`, `ELF_VERSION` or `ELF_TYPE`
 *   when this is another kind of file; `ELF_TRUNCATED` when something that it names lies behind its
 *   end; `ELF_PROGRAM_HEADER`, `ELF_SECTION_HEADER`, `ELF_SEGMENT_SIZE`, `ELF_NO_SEGMENT` or
 *   `ELF_ENTRY` when it contradicts itself.
 * @see System V gABI chapters 4 and 5; Linux `rproc_elf_sanity_check`.
 *
 * @example A file that was cut gives one clear sentence
 * ```ts
 * import { parseElf, RemoteprocError } from "@openamp/remoteproc/elf";
 *
 * const start = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1);
 * let message = "";
 * try {
 *   parseElf(start, { name: "echo.elf" });
 * } catch (error) {
 *   if (!RemoteprocError.isRemoteprocError(error)) throw error;
 *   message = error.message;
 * }
 * if (message !== "echo.elf is cut: its ELF header would end at byte 52, the file has 7 bytes") {
 *   throw new Error(message);
 * }
 * ```
 */
export function parseElf(bytes: Uint8Array, options: ParseElfOptions = {}): ElfImage {
  const copy = new Uint8Array(bytes);
  const file: ElfFile = {
    name: options.name ?? "The image",
    bytes: copy,
    view: new DataView(copy.buffer),
  };
  const header = readHeader(file);
  const segments = readSegments(file, header);
  checkEntry(file, header.e_entry, segments);
  const sections = readSections(file, header);
  return {
    name: file.name,
    fileSize: copy.length,
    entry: header.e_entry,
    machine: header.e_machine,
    machineName: machineName(header.e_machine),
    segments,
    sections,
    resourceTable: findResourceTable(file, sections, segments),
  };
}

function readHeader(file: ElfFile): ElfHeader {
  const { bytes, name } = file;
  if (ELF_MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new RemoteprocError(
      "ELF_MAGIC",
      `${name} is no ELF image: it does not start with the bytes 7f 45 4c 46`,
    );
  }
  // Class and byte order come before the size, so that a short file of another kind is called by
  // its kind.
  const elfClass = bytes[ELF.EI_CLASS];
  if (elfClass === ELF.ELFCLASS64) {
    throw new RemoteprocError("ELF_CLASS", `${name} is an ELF64 image, this loader reads ELF32`);
  }
  const order = bytes[ELF.EI_DATA];
  if (order === ELF.ELFDATA2MSB) {
    throw new RemoteprocError(
      "ELF_BYTE_ORDER",
      `${name} is a big-endian image, this loader reads little-endian`,
    );
  }
  checkInside(file, "its ELF header", 0, ELF32_HEADER.size);
  if (elfClass !== ELF.ELFCLASS32) {
    throw new RemoteprocError("ELF_CLASS", `${name} has the unknown ELF class ${elfClass}`);
  }
  if (order !== ELF.ELFDATA2LSB) {
    throw new RemoteprocError("ELF_BYTE_ORDER", `${name} has the unknown byte order ${order}`);
  }
  const header = readStruct(ELF32_HEADER, file.view, 0);
  const version = bytes[ELF.EI_VERSION];
  if (version !== ELF.EV_CURRENT || header.e_version !== ELF.EV_CURRENT) {
    throw new RemoteprocError(
      "ELF_VERSION",
      `${name} has ELF version ${version} and ${header.e_version}, there is only version 1`,
    );
  }
  if (header.e_type !== ELF.ET_EXEC) {
    throw new RemoteprocError(
      "ELF_TYPE",
      `${name} is no executable: its e_type is ${header.e_type}, this loader reads ET_EXEC (2)`,
    );
  }
  return header;
}
