import { describe, expect, test } from "vitest";
import { ELF_CONSTANTS } from "./rows.ts";
import { ELF_LAYOUTS, ELF_MAGIC } from "./wire.ts";

/** Members with their sizes in the order of `<elf.h>`; C leaves no gap between any of them. */
const DECLARATIONS: Readonly<Record<string, string>> = {
  Elf32_Ehdr:
    "e_ident:16 e_type:2 e_machine:2 e_version:4 e_entry:4 e_phoff:4 e_shoff:4 e_flags:4 " +
    "e_ehsize:2 e_phentsize:2 e_phnum:2 e_shentsize:2 e_shnum:2 e_shstrndx:2",
  Elf32_Phdr: "p_type:4 p_offset:4 p_vaddr:4 p_paddr:4 p_filesz:4 p_memsz:4 p_flags:4 p_align:4",
  Elf32_Shdr:
    "sh_name:4 sh_type:4 sh_flags:4 sh_addr:4 sh_offset:4 sh_size:4 sh_link:4 sh_info:4 " +
    "sh_addralign:4 sh_entsize:4",
};

test("every declared structure is laid out", () => {
  expect(ELF_LAYOUTS.map(({ name }) => name)).toEqual(Object.keys(DECLARATIONS));
});

describe.each(ELF_LAYOUTS)("$name", ({ name, size, fields, source }) => {
  let end = 0;
  const members = (DECLARATIONS[name] ?? "").split(" ").map((member) => {
    const [field = "", bytes] = member.split(":");
    const row = { field, offset: end, size: Number(bytes) };
    end += row.size;
    return row;
  });

  test.each(members)("$field is $size bytes at $offset", ({ field, offset, size: bytes }) => {
    expect(fields[field]).toEqual({ offset, size: bytes });
  });

  test("has no other members and the right size", () => {
    expect(Object.keys(fields)).toHaveLength(members.length);
    expect(size).toBe(end);
    expect(source).toMatch(/^elf\.h, /);
  });
});

test("ELFMAG is DEL and ELF", () => {
  expect(String.fromCharCode(...ELF_MAGIC)).toBe("\u007fELF");
});

/** As `<elf.h>` defines them. */
const CONSTANTS: readonly (readonly [name: string, value: number])[] = [
  ["EI_CLASS", 4],
  ["EI_DATA", 5],
  ["EI_VERSION", 6],
  ["ELFCLASS32", 1],
  ["ELFCLASS64", 2],
  ["ELFDATA2LSB", 1],
  ["ELFDATA2MSB", 2],
  ["EV_CURRENT", 1],
  ["ET_NONE", 0],
  ["ET_REL", 1],
  ["ET_EXEC", 2],
  ["ET_DYN", 3],
  ["ET_CORE", 4],
  ["PN_XNUM", 0xffff],
  ["PT_LOAD", 1],
  ["PF_X", 1],
  ["PF_W", 2],
  ["PF_R", 4],
  ["SHT_NULL", 0],
  ["SHT_STRTAB", 3],
  ["SHT_NOBITS", 8],
  ["SHF_ALLOC", 2],
  ["SHN_UNDEF", 0],
  ["SHN_LORESERVE", 0xff00],
  ["EM_386", 3],
  ["EM_MIPS", 8],
  ["EM_PPC", 20],
  ["EM_ARM", 40],
  ["EM_X86_64", 62],
  ["EM_XTENSA", 94],
  ["EM_TI_C6000", 140],
  ["EM_TI_PRU", 144],
  ["EM_QDSP6", 164],
  ["EM_AARCH64", 183],
  ["EM_MICROBLAZE", 189],
  ["EM_RISCV", 243],
];

test.each(CONSTANTS)("%s is %i", (name, value) => {
  expect(ELF_CONSTANTS).toContainEqual({ name, value, source: "elf.h" });
});

test("the rows hold no other constant", () => {
  expect(ELF_CONSTANTS).toHaveLength(CONSTANTS.length);
});
