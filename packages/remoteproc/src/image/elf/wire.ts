import type { StructLayout } from "@openamp/libmetal";

/** The file header of an ELF32 image, at offset 0. */
export const ELF32_HEADER = {
  name: "Elf32_Ehdr",
  source: "elf.h, System V gABI chapter 4, ELF Header",
  size: 52,
  fields: {
    e_ident: { offset: 0, size: 16 },
    e_type: { offset: 16, size: 2 },
    e_machine: { offset: 18, size: 2 },
    e_version: { offset: 20, size: 4 },
    e_entry: { offset: 24, size: 4 },
    e_phoff: { offset: 28, size: 4 },
    e_shoff: { offset: 32, size: 4 },
    e_flags: { offset: 36, size: 4 },
    e_ehsize: { offset: 40, size: 2 },
    e_phentsize: { offset: 42, size: 2 },
    e_phnum: { offset: 44, size: 2 },
    e_shentsize: { offset: 46, size: 2 },
    e_shnum: { offset: 48, size: 2 },
    e_shstrndx: { offset: 50, size: 2 },
  },
} as const;

/** One program header: a segment as the loader sees it. */
export const ELF32_PROGRAM_HEADER = {
  name: "Elf32_Phdr",
  source: "elf.h, System V gABI chapter 5, Program Header",
  size: 32,
  fields: {
    p_type: { offset: 0, size: 4 },
    p_offset: { offset: 4, size: 4 },
    p_vaddr: { offset: 8, size: 4 },
    p_paddr: { offset: 12, size: 4 },
    p_filesz: { offset: 16, size: 4 },
    p_memsz: { offset: 20, size: 4 },
    p_flags: { offset: 24, size: 4 },
    p_align: { offset: 28, size: 4 },
  },
} as const;

/** One section header: a part of the file under its name. */
export const ELF32_SECTION_HEADER = {
  name: "Elf32_Shdr",
  source: "elf.h, System V gABI chapter 4, Sections",
  size: 40,
  fields: {
    sh_name: { offset: 0, size: 4 },
    sh_type: { offset: 4, size: 4 },
    sh_flags: { offset: 8, size: 4 },
    sh_addr: { offset: 12, size: 4 },
    sh_offset: { offset: 16, size: 4 },
    sh_size: { offset: 20, size: 4 },
    sh_link: { offset: 24, size: 4 },
    sh_info: { offset: 28, size: 4 },
    sh_addralign: { offset: 32, size: 4 },
    sh_entsize: { offset: 36, size: 4 },
  },
} as const;

/** Every structure of this file, for tests that hold them against `<elf.h>`. */
export const ELF_LAYOUTS: readonly StructLayout[] = [
  ELF32_HEADER,
  ELF32_PROGRAM_HEADER,
  ELF32_SECTION_HEADER,
];

/** The constants of `<elf.h>` that the loader uses, under their names in C. */
export const ELF = {
  /** Places in `e_ident`. */
  EI_CLASS: 4,
  EI_DATA: 5,
  EI_VERSION: 6,
  ELFCLASS32: 1,
  ELFCLASS64: 2,
  ELFDATA2LSB: 1,
  ELFDATA2MSB: 2,
  EV_CURRENT: 1,
  /** Values of `e_type`. */
  ET_NONE: 0,
  ET_REL: 1,
  ET_EXEC: 2,
  ET_DYN: 3,
  ET_CORE: 4,
  /** `e_phnum` of a file that keeps the real number elsewhere. */
  PN_XNUM: 0xffff,
  /** Values of `p_type` and `p_flags`. */
  PT_LOAD: 1,
  PF_X: 1,
  PF_W: 2,
  PF_R: 4,
  /** Values of `sh_type`, `sh_flags` and section numbers. */
  SHT_NULL: 0,
  SHT_STRTAB: 3,
  SHT_NOBITS: 8,
  SHF_ALLOC: 2,
  SHN_UNDEF: 0,
  SHN_LORESERVE: 0xff00,
} as const;

/** The bytes that an ELF file starts with (`ELFMAG`). */
export const ELF_MAGIC: readonly number[] = [0x7f, 0x45, 0x4c, 0x46];

/** The section that holds the resource table (Linux, Documentation/staging/remoteproc.rst). */
export const RESOURCE_TABLE_SECTION = ".resource_table";
