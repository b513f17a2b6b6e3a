import type { RoundTripTimes } from "../echo/round_trip_times.ts";
import type { PlatformName } from "../platform/platform.ts";

/** What came of the messages: the object of `openamp ping --json`. */
export interface PingReport {
  /** Where the firmware ran. */
  readonly platform: PlatformName;
  /** The runtime of the host. */
  readonly runtime: "bun" | "deno" | "node";
  /** The version of that runtime. */
  readonly runtimeVersion: string;
  /** The firmware's name. */
  readonly firmware: string;
  /** The service's name. */
  readonly service: string;
  /** The address that the firmware announced it at. */
  readonly address: number;
  /** Bytes of each message. */
  readonly size: number;
  /** How many messages were sent. */
  readonly sent: number;
  /** How many were answered. */
  readonly received: number;
  /** How many of the answers had wrong bytes. */
  readonly wrong: number;
  /** How many were not answered in time. */
  readonly lost: number;
  /** Round trip times of the answered ones; null where there are none. */
  readonly rtt: RoundTripTimes | null;
}
