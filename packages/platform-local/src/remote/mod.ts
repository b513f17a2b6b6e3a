/**
 * The remote's side of a Worker that is a processor: what its firmware module imports.
 *
 * @module
 */
export * from "./open_remote.ts";
