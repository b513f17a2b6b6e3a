import type { Echo } from "../echo/echo_channel.ts";
import { formatTime } from "../echo/round_trip_times.ts";
import type { PingReport } from "./ping_report.ts";

/** The message that a line is about. */
export interface PingMessage {
  /** The firmware's address, for a person. */
  readonly place: string;
  /** Bytes. */
  readonly size: number;
  /** Its number, from 1. */
  readonly sequence: number;
  /** Milliseconds that the firmware had. */
  readonly replyTimeout: number;
}

/**
 * What came of one message, as ping(8) says it.
 *
 * @param echo What came.
 * @param message The message.
 * @returns One line.
 */
export function pingLine(echo: Echo, { place, size, sequence, replyTimeout }: PingMessage): string {
  if (echo.outcome === "lost")
    return `no answer from ${place}: seq=${sequence} in ${replyTimeout} ms`;
  const line = `${size} bytes from ${place}: seq=${sequence} time=${formatTime(echo.microseconds)}`;
  return echo.outcome === "wrong" ? `${line}, wrong bytes` : line;
}

/**
 * What came of all messages, as ping(8) says it.
 *
 * @param report What was seen.
 * @returns The lines.
 */
export function pingStatistics(report: PingReport): readonly string[] {
  const { service, sent, received, wrong, lost, rtt } = report;
  const share = sent === 0 ? 0 : Math.round((100 * lost) / sent);
  const faults = wrong === 0 ? "" : `, ${wrong} with wrong bytes`;
  return [
    "",
    `--- ${service} ping statistics ---`,
    `${sent} sent, ${received} received${faults}, ${lost} lost (${share} %)`,
    ...(rtt === null
      ? []
      : [`rtt min/median/p99 = ${[rtt.min, rtt.median, rtt.p99].map(formatTime).join(" / ")}`]),
  ];
}
