import type { RoundTripTimes } from "../echo/round_trip_times.ts";
import type { PlatformName } from "../platform/platform.ts";

/** What came of the messages of one size. */
export interface DemoPayloads {
  /** Bytes of each. */
  readonly size: number;
  /** How many were sent. */
  readonly sent: number;
  /** How many came back with every byte right. */
  readonly echoed: number;
  /** Their round trip times. */
  readonly rtt: RoundTripTimes;
}

/** What the demonstration saw: the object of `openamp demo --json`. */
export interface DemoReport {
  /** Where the firmware ran. */
  readonly platform: PlatformName;
  /** The runtime of the host. */
  readonly runtime: "bun" | "deno" | "node";
  /** The version of that runtime. */
  readonly runtimeVersion: string;
  /** The firmware's name. */
  readonly firmware: string;
  /** How many messages were sent. */
  readonly sent: number;
  /** How many came back with every byte right. */
  readonly echoed: number;
  /** Round trip times of all messages. */
  readonly rtt: RoundTripTimes;
  /** The same for each size of payload, in the order of sending. */
  readonly payloads: readonly DemoPayloads[];
}
