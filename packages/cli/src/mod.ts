/**
 * The commands of `openamp`, as functions that a program can call.
 *
 * @module
 */
export * from "./error.ts";
export * from "./exit_status.ts";
export * from "./demo/demo.ts";
export type * from "./demo/demo_report.ts";
export * from "./ping/ping.ts";
export type * from "./ping/ping_report.ts";
export * from "./inspect/inspect.ts";
export * from "./inspect/inspect_image.ts";
export type * from "./inspect/inspect_report.ts";
export type { Io } from "./terminal/io.ts";
export { type Column, table } from "./terminal/table.ts";
export { type PlatformName, platformNames } from "./platform/platform.ts";
export type { RunOptions } from "./platform/run_options.ts";
export type { BootOptions } from "./platform/boot.ts";
export type { RoundTripTimes } from "./echo/round_trip_times.ts";
