/** Builds the firmware images. For tests; needs the Arm cross compiler. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The C sources of this package. */
export const sources: string = fileURLToPath(new URL("../c", import.meta.url));

/**
 * Builds every image from its sources.
 *
 * @param directory Where the `.elf` files go; made where it does not exist.
 * @param from The folder of the C sources; by default this package's.
 * @returns What the compiler and the linker had to say: nothing, unless they are of another version
 *   and warn of more.
 */
export async function buildImages(directory: string, from: string = sources): Promise<string> {
  return (await run(`${from}/build.sh`, [directory])).stderr;
}
