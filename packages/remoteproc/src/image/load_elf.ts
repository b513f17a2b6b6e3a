import type {
  Firmware,
  HostEnvironment,
  LoadedImage,
  ProcessorResources,
} from "../driver/processor_driver.ts";
import { parseResourceTable } from "../resource/parse.ts";
import { checkMachine } from "./elf/machine.ts";
import { parseElf } from "./elf/parse.ts";
import { loadedTable } from "./loaded_table.ts";
import { planLoad } from "./plan.ts";
import { readFirmware } from "./read_firmware.ts";

/** What a processor expects of an ELF image. */
export interface LoadElfOptions {
  /** The instruction set that it runs: a value of `ELF_MACHINES`. */
  readonly machine: number;
}

/**
 * Loads an ELF image into a processor's memory, in two phases: everything is checked before the
 * first byte is written. Upstream: `remoteproc_load`; in the kernel `rproc_elf_load_segments`.
 *
 * @param firmware What to load.
 * @param resources The memories of the processor; no segment may touch the pool.
 * @param environment Reads the file.
 * @param options What the processor expects.
 * @returns The loaded image, with the place of its live resource table.
 * @throws {RemoteprocError} What `parseElf`, `checkMachine`, `planLoad`, `loadedTable` and
 *   `parseResourceTable` throw; `DRIVER` where the file cannot be read.
 *
 * @example
 * ```ts
 * import { image } from "@openamp/firmware";
 * import { addressSpace, bufferMemory, hostClock, silentLogger } from "@openamp/libmetal";
 * import { loadElf } from "@openamp/remoteproc";
 * import { ELF_MACHINES } from "@openamp/remoteproc/elf";
 *
 * const buffer = new ArrayBuffer(0x100000);
 * const memory = bufferMemory({ name: "psram", physicalAddress: 0x21000000, buffer });
 * const da = addressSpace([{ name: "psram", address: 0x21000000, memory }]);
 * const pool = { da: 0x210f0000, bus: 0x210f0000, size: 0x10000 };
 * const doorbell = { ring() {}, listen: () => ({ [Symbol.dispose]() {} }) };
 * const loaded = await loadElf(
 *   { name: "echo.elf", source: await image("echo") },
 *   { da, bus: da, pool, doorbell },
 *   { clock: hostClock, logger: silentLogger },
 *   { machine: ELF_MACHINES.EM_ARM.value },
 * );
 * if (loaded.resourceTable === undefined) throw new Error("echo.elf has a resource table");
 * ```
 */
export async function loadElf(
  firmware: Firmware,
  resources: ProcessorResources,
  environment: HostEnvironment,
  options: LoadElfOptions,
): Promise<LoadedImage> {
  const image = parseElf(await readFirmware(firmware, environment), { name: firmware.name });
  checkMachine(image, options.machine);
  const { da, pool } = resources;
  const plan = planLoad(image, {
    fits: (address, length) => da.resolve(address, length) !== undefined,
    reserved: [{ name: "the host's pool", address: pool.da, length: pool.size }],
  });
  const table = loadedTable(image);
  if (image.resourceTable !== undefined) {
    parseResourceTable(image.resourceTable.bytes, { name: image.name });
  }
  for (const { address, bytes, zeroFill } of plan.writes) {
    const size = bytes.length + zeroFill;
    const window = da.resolve(address, size);
    if (window === undefined) continue;
    const offset = address - window.bias;
    // A line goes back whole. Its first and last are fetched anew, for what others wrote beside.
    window.memory.invalidate(offset, size);
    window.memory.writeBlock(offset, bytes);
    window.memory.setBlock(offset + bytes.length, 0, zeroFill);
  }
  return {
    name: image.name,
    size: image.fileSize,
    entry: image.entry,
    ...(table === undefined ? {} : { resourceTable: table }),
  };
}
