import { formatTime, type RoundTripTimes } from "../echo/round_trip_times.ts";
import type { Io } from "../terminal/io.ts";
import { styled } from "../terminal/style.ts";
import { type Column, table } from "../terminal/table.ts";
import type { DemoReport } from "./demo_report.ts";

const COLUMNS: readonly Column[] = [
  { title: "payload" },
  { title: "sent", align: "right" },
  { title: "echoed", align: "right" },
  { title: "min", align: "right" },
  { title: "median", align: "right" },
  { title: "p99", align: "right" },
];

/**
 * Prints the round trip times of the demonstration, and whether all is right.
 *
 * @param report What was seen.
 * @param io Where to.
 */
export function printDemoTable(report: DemoReport, io: Io): void {
  const { sent, echoed, rtt, payloads } = report;
  const rows = payloads.map((each) => [
    `${each.size} bytes`,
    `${each.sent}`,
    `${each.echoed}`,
    ...timeCells(each.rtt),
  ]);
  const [heading = "", ...lines] = table(COLUMNS, [
    ...rows,
    ["all", `${sent}`, `${echoed}`, ...timeCells(rtt)],
  ]);
  io.out("");
  io.out(styled(io, "bold", heading));
  for (const line of lines) io.out(line);
  io.out("");
  io.out(
    echoed === sent
      ? styled(io, "green", `${echoed} of ${sent} messages echoed, every byte right`)
      : styled(
          io,
          "red",
          `${echoed} of ${sent} messages echoed, ${sent - echoed} with wrong bytes`,
        ),
  );
}

function timeCells({ min, median, p99 }: RoundTripTimes): readonly string[] {
  return [min, median, p99].map(formatTime);
}
