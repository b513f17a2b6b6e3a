import { ECHO_SERVICE, type EchoChannel, openEchoChannel } from "../echo/echo_channel.ts";
import { echoPayload } from "../echo/payload.ts";
import { type RoundTripTimes, roundTripTimes } from "../echo/round_trip_times.ts";
import { CliError } from "../error.ts";
import { boot, type BootOptions } from "../platform/boot.ts";
import { REPLY_TIMEOUT, TIMEOUT } from "../platform/run_options.ts";
import { currentRuntime } from "../runtime.ts";
import type { Io } from "../terminal/io.ts";
import type { DemoPayloads, DemoReport } from "./demo_report.ts";
import { printDemoTable } from "./demo_table.ts";

/** Bytes of the small messages. */
const SMALL_SIZE = 32;
/** How many small messages go by default. */
const SMALL_COUNT = 100;
/** How many of the largest messages go. */
const LARGEST_COUNT = 10;

/** How the demonstration runs. */
export interface DemoOptions extends BootOptions {
  /** How many messages of 32 bytes go before the ten largest. Default 100. */
  readonly count?: number | undefined;
}

/**
 * Boots firmware that echoes, exchanges messages with it, checks every byte that comes back, and
 * stops it. What happens is written as it happens, then a table of round trip times.
 *
 * @param options How.
 * @param io Where it is written, and what ends it early.
 * @returns What was seen. All is right where `echoed` equals `sent`.
 * @throws {CliError} `NO_ANSWER`; or whatever is wrong with the platform or the firmware. Nothing is
 *   left running then.
 */
export async function demo(options: DemoOptions, io: Io): Promise<DemoReport> {
  const { count = SMALL_COUNT, timeout = TIMEOUT, replyTimeout = REPLY_TIMEOUT } = options;
  await using booted = await boot(options, io);
  const { platform, firmware, processor } = booted;
  const waits = { timeout, replyTimeout, signal: io.signal };
  const channel = await openEchoChannel(processor, ECHO_SERVICE, waits);

  const batches = [
    { size: SMALL_SIZE, sent: count },
    { size: channel.maxPayload, sent: LARGEST_COUNT },
  ];
  const total = count + LARGEST_COUNT;
  const times: number[] = [];
  const payloads: DemoPayloads[] = [];
  for (const { size, sent } of batches) {
    const before = times.length;
    let echoed = 0;
    for (let index = 0; index < sent; index++) {
      const sequence = times.length;
      io.progress(`message ${sequence + 1} of ${total}`);
      // oxlint-disable-next-line no-await-in-loop
      const { right, microseconds } = await exchange(channel, size, sequence, {
        firmware,
        total,
        replyTimeout,
      });
      times.push(microseconds);
      if (right) echoed++;
    }
    payloads.push({ size, sent, echoed, rtt: summary(times.slice(before)) });
  }
  io.progress("");

  const { name: runtime, version: runtimeVersion } = currentRuntime();
  const report: DemoReport = {
    platform,
    runtime,
    runtimeVersion,
    firmware,
    sent: total,
    echoed: payloads.reduce((sum, { echoed }) => sum + echoed, 0),
    rtt: summary(times),
    payloads,
  };
  if (options.json !== true) printDemoTable(report, io);
  return report;
}

interface Course {
  readonly firmware: string;
  readonly total: number;
  readonly replyTimeout: number;
}

async function exchange(
  channel: EchoChannel,
  size: number,
  sequence: number,
  { firmware, total, replyTimeout }: Course,
): Promise<{ readonly right: boolean; readonly microseconds: number }> {
  const echo = await channel.exchange(echoPayload(size, sequence));
  if (echo.outcome === "lost") {
    throw new CliError(
      "NO_ANSWER",
      `${firmware} did not echo message ${sequence + 1} of ${total} within ${replyTimeout} ms`,
    );
  }
  return { right: echo.outcome === "right", microseconds: echo.microseconds };
}

/** Of at least one time, since every batch has a message. */
function summary(times: readonly number[]): RoundTripTimes {
  return roundTripTimes(times) ?? { min: 0, median: 0, p99: 0 };
}
