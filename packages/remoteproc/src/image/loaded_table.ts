import type { TablePlace } from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";
import type { ElfImage } from "./elf/image.ts";

/**
 * Where the resource table of an image will be, once the image is loaded.
 *
 * @param image What `parseElf` returned.
 * @returns `undefined` where the image has no table.
 * @throws {RemoteprocError} `NO_RESOURCE_TABLE` where loading does not bring the table to memory.
 *
 * @example
 * ```ts
 * import { loadedTable } from "@openamp/remoteproc";
 *
 * const place = loadedTable({
 *   name: "echo.elf",
 *   resourceTable: { address: 0x21010000, loadAddress: 0x21010000, offset: 64, bytes: new Uint8Array(16) },
 * });
 * if (place?.da !== 0x21010000 || place.size !== 16) throw new Error("Unexpected place");
 * ```
 */
export function loadedTable(
  image: Pick<ElfImage, "name" | "resourceTable">,
): TablePlace | undefined {
  const table = image.resourceTable;
  if (table === undefined) return undefined;
  // The remote reads the table where the loader put it; elsewhere it would never see our answers.
  if (table.loadAddress === undefined) {
    throw new RemoteprocError(
      "NO_RESOURCE_TABLE",
      `${image.name}: no segment carries its section .resource_table, so that the processor would ` +
        "never see it",
    );
  }
  return { da: table.loadAddress, size: table.bytes.length };
}
