import { setTimeout } from "node:timers/promises";
import { ECHO_SERVICE, openEchoChannel } from "../echo/echo_channel.ts";
import { echoPayload } from "../echo/payload.ts";
import { roundTripTimes } from "../echo/round_trip_times.ts";
import { CliError } from "../error.ts";
import { boot, type BootOptions } from "../platform/boot.ts";
import { REPLY_TIMEOUT, TIMEOUT } from "../platform/run_options.ts";
import { currentRuntime } from "../runtime.ts";
import type { Io } from "../terminal/io.ts";
import type { PingReport } from "./ping_report.ts";
import { pingLine, pingStatistics } from "./ping_lines.ts";

/** Bytes of a message by default. */
const SIZE = 32;
/** Milliseconds from one message to the next by default, as ping(8). */
const INTERVAL = 1000;

/** How firmware is pinged. */
export interface PingOptions extends BootOptions {
  /** The service to ping. Default `rpmsg-openamp-demo-channel`. */
  readonly service?: string | undefined;
  /** How many messages go. Default: until the signal aborts. */
  readonly count?: number | undefined;
  /** Bytes of each message. Default 32. */
  readonly size?: number | undefined;
  /** Milliseconds from an echo to the next message. Default 1000. */
  readonly interval?: number | undefined;
}

/**
 * Boots firmware and pings one of its services, as ping(8) does: a line for each message, then
 * statistics. The abort of `io.signal` is the usual end once messages go.
 *
 * @param options What, how often, how large.
 * @param io Where it is written, and what ends it.
 * @returns What was seen. All is right where `received` equals `sent` and `wrong` is 0.
 * @throws {CliError} `USAGE` where the size is more than a buffer takes; or whatever is wrong with
 *   the platform or the firmware. Nothing is left running then.
 */
export async function ping(options: PingOptions, io: Io): Promise<PingReport> {
  const { service = ECHO_SERVICE, size = SIZE } = options;
  const { timeout = TIMEOUT, replyTimeout = REPLY_TIMEOUT } = options;
  const { signal } = io;
  const write = options.json === true ? io.err : io.out;
  await using booted = await boot(options, io);
  const { platform, firmware, processor } = booted;
  const channel = await openEchoChannel(processor, service, { timeout, replyTimeout, signal });
  const { address, maxPayload } = channel;
  if (size > maxPayload) {
    throw new CliError(
      "USAGE",
      `Ping ${service} with ${size} bytes: a buffer of ${firmware} takes ${maxPayload}`,
    );
  }
  const place = `0x${address.toString(16)}`;
  write(`PING ${service} at ${place} of ${firmware}: ${size} bytes`);

  const counts = { right: 0, wrong: 0, lost: 0 };
  const times: number[] = [];
  const { count = Number.POSITIVE_INFINITY, interval = INTERVAL } = options;
  try {
    for (let sequence = 1; sequence <= count; sequence++) {
      if (sequence > 1) await setTimeout(interval, undefined, { signal });
      const echo = await channel.exchange(echoPayload(size, sequence));
      counts[echo.outcome]++;
      if (echo.outcome !== "lost") times.push(echo.microseconds);
      write(pingLine(echo, { place, size, sequence, replyTimeout }));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }

  const { name: runtime, version: runtimeVersion } = currentRuntime();
  const report: PingReport = {
    platform,
    runtime,
    runtimeVersion,
    firmware,
    service,
    address,
    size,
    sent: times.length + counts.lost,
    received: times.length,
    wrong: counts.wrong,
    lost: counts.lost,
    rtt: roundTripTimes(times) ?? null,
  };
  for (const line of pingStatistics(report)) write(line);
  return report;
}
