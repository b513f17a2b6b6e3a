import { FirmwareError } from "./error.ts";
import { readAsset } from "./read_asset.ts";

/**
 * The images of this package, all for Cortex-M3 on QEMU's mps2-an385.
 *
 * | name | what it does |
 * | --- | --- |
 * | `bare` | answers each doorbell byte with the same byte; has no resource table |
 * | `echo` | announces `rpmsg-openamp-demo-channel` at 1024 and sends each message back |
 * | `fault` | faults at once, and locks the processor up |
 * | `hello` | announces `hello` at 1024, answers the first message, says goodbye, exits |
 * | `silent` | has a resource table, and announces nothing |
 */
export const firmwareNames = ["bare", "echo", "fault", "hello", "silent"] as const;

/** The name of an image. */
export type FirmwareName = (typeof firmwareNames)[number];

/**
 * Says where an image lies: an ELF file beside the sources, in the repository as in the published
 * package.
 *
 * @param name The image.
 * @returns Its URL, with the scheme under which this module was loaded.
 * @throws {FirmwareError} `UNKNOWN_IMAGE`.
 *
 * @example
 * ```ts
 * import { imageUrl } from "@openamp/firmware";
 *
 * if (!imageUrl("echo").pathname.endsWith("/images/echo.elf")) throw new Error("Not the image");
 * ```
 */
export function imageUrl(name: FirmwareName): URL {
  if (!firmwareNames.includes(name)) {
    throw new FirmwareError(
      "UNKNOWN_IMAGE",
      `No firmware image is called "${name}": there are ${firmwareNames.join(", ")}`,
    );
  }
  return new URL(`../images/${name}.elf`, import.meta.url);
}

/**
 * Reads an image.
 *
 * @param name The image.
 * @returns The bytes of an ELF32 file, little-endian, for Arm; the caller's own.
 * @throws {FirmwareError} `UNKNOWN_IMAGE`; `UNREADABLE` where the file is missing or may not be read.
 *
 * @example
 * ```ts
 * import { image } from "@openamp/firmware";
 *
 * const elf = await image("echo");
 * if (elf[0] !== 0x7f || elf[1] !== 0x45) throw new Error("Not an ELF file");
 * ```
 */
export async function image(name: FirmwareName): Promise<Uint8Array> {
  return await readAsset(imageUrl(name));
}
