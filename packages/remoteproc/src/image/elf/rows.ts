import { type ConstantRow, type FieldRow, fieldRows } from "../../layout.ts";
import { ELF_MACHINES } from "./machine.ts";
import { ELF, ELF_LAYOUTS } from "./wire.ts";

/** The structures of an ELF32 image, a row a member. */
export const ELF_FIELDS: readonly FieldRow[] = fieldRows(ELF_LAYOUTS);

/** The constants of an ELF image, by their names in `<elf.h>`. */
export const ELF_CONSTANTS: readonly ConstantRow[] = [
  ...Object.entries(ELF),
  ...Object.entries(ELF_MACHINES).map(([name, { value }]) => [name, value] as const),
].map(([name, value]) => ({ name, value, source: "elf.h" }));
