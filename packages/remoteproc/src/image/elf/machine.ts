import { RemoteprocError } from "../../error.ts";

/**
 * Instruction sets that remote processors have, under their names in `<elf.h>`: the number that
 * `e_machine` holds, and what messages call it.
 */
export const ELF_MACHINES = {
  EM_386: { value: 3, title: "x86" },
  EM_MIPS: { value: 8, title: "MIPS" },
  EM_PPC: { value: 20, title: "PowerPC" },
  EM_ARM: { value: 40, title: "Arm" },
  EM_X86_64: { value: 62, title: "x86-64" },
  EM_XTENSA: { value: 94, title: "Xtensa" },
  EM_TI_C6000: { value: 140, title: "TI C6000" },
  EM_TI_PRU: { value: 144, title: "TI PRU" },
  EM_QDSP6: { value: 164, title: "Hexagon" },
  EM_AARCH64: { value: 183, title: "AArch64" },
  EM_MICROBLAZE: { value: 189, title: "MicroBlaze" },
  EM_RISCV: { value: 243, title: "RISC-V" },
} as const;

/**
 * What people call an instruction set.
 *
 * @param machine The number in `e_machine` (System V gABI chapter 4).
 * @returns For example `Arm`; `machine 4711` where the number is not in {@linkcode ELF_MACHINES}.
 */
export function machineName(machine: number): string {
  const known = Object.values(ELF_MACHINES).find(({ value }) => value === machine);
  return known?.title ?? `machine ${machine}`;
}

/**
 * Refuses an image that was built for another instruction set.
 *
 * Neither Linux nor the C library checks this; the processor then dies on its first instruction.
 *
 * @param image What `parseElf` returned, or anything with its `name` and `machine`.
 * @param machine The `e_machine` that the processor runs, such as `ELF_MACHINES.EM_ARM.value`.
 * @throws {RemoteprocError} `ELF_MACHINE` when the two differ.
 *
 * @example
 * ```ts
 * import { checkMachine, ELF_MACHINES } from "@openamp/remoteproc/elf";
 *
 * let message = "";
 * try {
 *   checkMachine({ name: "echo.elf", machine: 243 }, ELF_MACHINES.EM_ARM.value);
 * } catch (error) {
 *   message = String(error);
 * }
 * if (!message.endsWith("echo.elf is built for RISC-V, this processor runs Arm")) {
 *   throw new Error(message);
 * }
 * ```
 */
export function checkMachine(
  image: { readonly name: string; readonly machine: number },
  machine: number,
): void {
  if (image.machine === machine) return;
  throw new RemoteprocError(
    "ELF_MACHINE",
    `${image.name} is built for ${machineName(image.machine)}, ` +
      `this processor runs ${machineName(machine)}`,
  );
}
