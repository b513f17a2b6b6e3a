import type { ConstantRow } from "@openamp/libmetal";

import { ELF_MACHINES } from "./machine.ts";
import { ELF } from "./wire.ts";

/** The constants of an ELF image, by their names in `<elf.h>`. */
export const ELF_CONSTANTS: readonly ConstantRow[] = [
  ...Object.entries(ELF),
  ...Object.entries(ELF_MACHINES).map(([name, { value }]) => [name, value] as const),
].map(([name, value]) => ({ name, value, source: "elf.h" }));
