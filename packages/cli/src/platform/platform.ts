import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { imageUrl } from "@openamp/firmware";
import type { Logger } from "@openamp/libmetal";
import { workerProcessor } from "@openamp/platform-local";
import { mps2an385 } from "@openamp/platform-qemu";
import type { Firmware, ProcessorDriver } from "@openamp/remoteproc";

/** Where firmware can be run: a Cortex-M3 in QEMU, or a Worker of this process. */
export const platformNames = ["qemu", "local"] as const;

/** One of {@linkcode platformNames}. */
export type PlatformName = (typeof platformNames)[number];

/**
 * The driver of a platform. Nothing is held before it prepares.
 *
 * @param platform Which platform.
 * @param qemu QEMU's executable, where it is not the usual one.
 * @param logger Takes what happens.
 * @returns The driver.
 */
export function driverOf(
  platform: PlatformName,
  qemu: string | undefined,
  logger: Logger,
): ProcessorDriver {
  if (platform === "local") return workerProcessor({ logger });
  return mps2an385({ ...(qemu === undefined ? {} : { qemu }), environment: { logger } });
}

/**
 * The firmware that a platform is to run.
 *
 * @param platform Which platform: `qemu` runs ELF images, `local` modules.
 * @param path Where it is; undefined for the firmware that echoes.
 * @returns Its name, as the user typed it, and where it is.
 */
export function firmwareOf(platform: PlatformName, path: string | undefined): Firmware {
  if (platform === "local") {
    return path === undefined
      ? { name: "echo_worker", source: echoWorker() }
      : { name: path, source: pathToFileURL(resolve(path)) };
  }
  return path === undefined
    ? { name: "echo.elf", source: imageUrl("echo") }
    : { name: path, source: path };
}

/** The compiler does not rewrite URLs: the Worker's module has the extension that this one has. */
function echoWorker(): URL {
  return new URL(`./echo_worker${extname(import.meta.url)}`, import.meta.url);
}
