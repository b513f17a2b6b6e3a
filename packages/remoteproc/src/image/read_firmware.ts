import type { Firmware, HostEnvironment } from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";

/**
 * Gets the bytes of a firmware image.
 *
 * @param firmware The bytes, or where they are.
 * @param environment Reads the file.
 * @returns The bytes.
 * @throws {RemoteprocError} `DRIVER` where the file cannot be read, with the reason.
 *
 * @example
 * ```ts
 * import { hostClock, silentLogger } from "@openamp/libmetal";
 * import { readFirmware } from "@openamp/remoteproc";
 *
 * const environment = { clock: hostClock, logger: silentLogger };
 * const source = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
 * const bytes = await readFirmware({ name: "echo.elf", source }, environment);
 * if (bytes.length !== 4) throw new Error("The bytes are what was given");
 * ```
 */
export async function readFirmware(
  firmware: Firmware,
  environment: HostEnvironment,
): Promise<Uint8Array> {
  const { name, source } = firmware;
  if (source instanceof Uint8Array) return source;
  if (environment.files === undefined) {
    throw new RemoteprocError("DRIVER", `Read ${name}: this environment has no files, give bytes`);
  }
  try {
    return await environment.files.read(source);
  } catch (cause) {
    // It names the file, as `FileSystem` promises.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RemoteprocError("DRIVER", message, { cause });
  }
}
