import { hostFiles } from "@openamp/libmetal/system";
import { hostClock, silentLogger } from "@openamp/libmetal";
import { readFirmware } from "@openamp/remoteproc";
import type { Io } from "../terminal/io.ts";
import { inspectImage } from "./inspect_image.ts";
import type { InspectReport } from "./inspect_report.ts";
import { printInspection } from "./print_inspection.ts";

/** What is inspected. */
export interface InspectOptions {
  /** The path of the image. */
  readonly file: string;
  /** Leaves standard output alone. */
  readonly json?: boolean;
}

/**
 * Looks at a firmware image: segments, sections, resource table, virtio devices, and what is wrong.
 *
 * @param options Which image.
 * @param io Where it is written.
 * @returns What was read. All is right where `problems` is empty.
 * @throws {RemoteprocError} `DRIVER` where the file cannot be read.
 */
export async function inspect(options: InspectOptions, io: Io): Promise<InspectReport> {
  const { file, json = false } = options;
  const bytes = await readFirmware(
    { name: file, source: file },
    { clock: hostClock, logger: silentLogger, files: hostFiles },
  );
  const report = inspectImage(bytes, file);
  if (!json) printInspection(report, io);
  return report;
}
