import type { SharedWords } from "@openamp/libmetal";

import type { BrokenQueue } from "./broken_queue.ts";

/** One buffer of a chain that a driver offers. */
export interface ChainBuffer {
  /** Its address as the device names it, 0 to 2^53 - 1. */
  readonly address: number;
  /** Bytes, 1 to 2^32 - 1. */
  readonly length: number;
  /** Whether the device writes it. Readable buffers come before writable ones. */
  readonly deviceWritable: boolean;
}

/**
 * The driver's side of a queue: it offers buffers and gets them back. Upstream: `virtqueue` with
 * the driver role.
 *
 * Nothing here throws because of what a peer did: a broken queue offers nothing and returns
 * nothing.
 */
export interface DriverVirtqueue {
  /** The queue's number on its device. */
  readonly index: number;
  /** Entries. */
  readonly size: number;
  /** What the peer did, once it broke the queue. */
  readonly broken: BrokenQueue | undefined;
  /** Descriptors that are free. */
  readonly freeCount: number;
  /**
   * Of the chain that `takeUsed` returned last: the bytes that the device says it wrote, at most
   * what it could write. 0 for a chain that the device only reads.
   */
  readonly usedLength: number;
  /** Chains that the last look saw and `takeUsed` has not returned yet: these need no other look. */
  readonly seen: number;

  /**
   * Offers a chain of one buffer. It is not seen before {@linkcode publish}.
   *
   * @param address The buffer's address as the device names it, 0 to 2^53 - 1.
   * @param length Bytes, 1 to 2^32 - 1.
   * @param deviceWritable Whether the device writes it.
   * @returns The head, which `takeUsed` returns later; -1 where no descriptor is free.
   */
  add(address: number, length: number, deviceWritable: boolean): number;
  /**
   * Offers a chain of several buffers, readable ones first.
   *
   * @param buffers The buffers, in order; at least one.
   * @returns The head; -1 where too few descriptors are free now.
   * @throws {VirtioError} `DESCRIPTOR` for a chain that no queue of this size may hold.
   */
  addChain(buffers: readonly ChainBuffer[]): number;
  /**
   * Makes visible what was added since the last call.
   *
   * @returns True where the device asks to be notified of it.
   */
  publish(): boolean;
  /**
   * Takes back one chain that the device is done with.
   *
   * @returns Its head, or -1 where there is none.
   */
  takeUsed(): number;
  /** Asks the device not to interrupt. A hint: it may all the same. */
  disableInterrupts(): void;
  /**
   * Asks the device to interrupt for the next chain.
   *
   * @returns True where one is there already, for which no interrupt may come: take it.
   */
  enableInterrupts(): boolean;
}

/**
 * The device's side of a queue: it takes chains and gives them back. Upstream: `virtqueue` with
 * the device role.
 *
 * The chain that `take` returned last is described by `segments` and the methods after it, read
 * once from shared memory and checked; it stays described until the next `take`.
 */
export interface DeviceVirtqueue {
  /** The queue's number on its device. */
  readonly index: number;
  /** Entries. */
  readonly size: number;
  /** What the peer did, once it broke the queue. */
  readonly broken: BrokenQueue | undefined;
  /** Buffers in the last chain that are not empty. */
  readonly segments: number;
  /** Bytes of the last chain that the device may read. */
  readonly readableLength: number;
  /** Bytes of the last chain that the device may write. */
  readonly writableLength: number;
  /** Chains that the last look saw and `take` has not returned yet: these need no other look. */
  readonly seen: number;

  /**
   * Takes the next chain that the driver offered.
   *
   * @returns Its head, or -1 where there is none.
   */
  take(): number;
  /** The memory in which segment `segment` lies. */
  words(segment: number): SharedWords;
  /** Where in that memory it starts. */
  offset(segment: number): number;
  /** Its bytes, 1 and up. */
  length(segment: number): number;
  /** Whether the device may write it; else it may only read. */
  writable(segment: number): boolean;
  /**
   * Gives a chain back. It is not seen before {@linkcode publish}.
   *
   * @param head What `take` returned.
   * @param written Bytes for `used.len`.
   * @throws {VirtioError} `DESCRIPTOR` where the chain was not taken, or was given back before.
   */
  complete(head: number, written: number): void;
  /**
   * Makes visible what was completed since the last call.
   *
   * @returns True where the driver asks to be interrupted for it.
   */
  publish(): boolean;
  /** Asks the driver not to notify. A hint: it may all the same. */
  disableNotifications(): void;
  /**
   * Asks the driver to notify for the next chain.
   *
   * @returns True where one is there already, for which no notification may come: take it.
   */
  enableNotifications(): boolean;
}

/** What both sides of a queue need besides its ring. */
export interface VirtqueueOptions {
  /** The queue's number on its device. Default 0. */
  readonly index?: number;
  /** Whether `VIRTIO_RING_F_EVENT_IDX` was negotiated. Default false. */
  readonly eventIndex?: boolean;
  /** The index at which both rings stand: 0 for a fresh ring, else a live ring is taken over. */
  readonly startIndex?: number;
  /** Called once, when the peer breaks the queue. */
  readonly onBroken?: (broken: BrokenQueue) => void;
}
