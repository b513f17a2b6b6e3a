import type { Firmware, HostEnvironment } from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";

/**
 * Gets the bytes of a firmware image.
 *
 * @param firmware The bytes, or where they are.
 * @param environment Reads the file.
 * @returns The bytes.
 * @throws {RemoteprocError} `DRIVER` where the file cannot be read, with the reason.
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
