/**
 * Workers of this machine as the other processor.
 *
 * @module
 */
export * from "./error.ts";
export * from "./worker_processor.ts";
export { type AtomicsDoorbell, atomicsDoorbell, DOORBELL_BYTES } from "./atomics_doorbell.ts";
