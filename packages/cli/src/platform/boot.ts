import { LogLevel } from "@openamp/libmetal";
import { openProcessor, type Processor } from "@openamp/openamp";
import { cannotBeHad } from "../failure.ts";
import type { Io } from "../terminal/io.ts";
import { kernelLog } from "../terminal/kernel_log.ts";
import { driverOf, firmwareOf, type PlatformName } from "./platform.ts";
import type { RunOptions } from "./run_options.ts";

/** What is booted, and where. */
export interface BootOptions extends RunOptions {
  /**
   * The path of the firmware: an ELF image for `qemu`, a module for `local`. Default: the firmware
   * that echoes.
   */
  readonly firmware?: string | undefined;
}

/** A processor that runs. Disposing of it stops it and leaves nothing. */
export interface Booted extends AsyncDisposable {
  /** Where it runs. */
  readonly platform: PlatformName;
  /** What it runs, as messages call it. */
  readonly firmware: string;
  /** The processor. */
  readonly processor: Processor;
}

/**
 * Boots firmware. Where QEMU cannot be had and nothing was asked for that takes it, a Worker of this
 * process stands in.
 *
 * @param options What, and where.
 * @param io Where the log goes, and what ends the boot early.
 * @returns The processor, once it runs.
 * @throws Whatever is wrong with the image or the platform; nothing is left then.
 */
export async function boot(options: BootOptions, io: Io): Promise<Booted> {
  try {
    return await bootOn(options.platform ?? "qemu", options, io);
  } catch (error) {
    const chosen = options.platform ?? options.qemu ?? options.firmware;
    if (chosen !== undefined || !cannotBeHad(error)) throw error;
    io.err(`openamp: ${error.message}; a Worker of this process stands in`);
    return await bootOn("local", options, io);
  }
}

async function bootOn(platform: PlatformName, options: BootOptions, io: Io): Promise<Booted> {
  const { json = false, verbose = false } = options;
  const logger = kernelLog(io, json, verbose);
  const driver = driverOf(platform, options.qemu, logger);
  const firmware = firmwareOf(platform, options.firmware);
  driver.onConsole?.((line) => logger.log(LogLevel.debug, `${driver.name}: ${line}`));
  const processor = await openProcessor(driver);
  try {
    await processor.boot(firmware, { signal: io.signal });
  } catch (error) {
    await processor[Symbol.asyncDispose]();
    throw error;
  }
  return {
    platform,
    firmware: firmware.name,
    processor,
    async [Symbol.asyncDispose]() {
      try {
        await processor.stop();
      } finally {
        await processor[Symbol.asyncDispose]();
      }
    },
  };
}
