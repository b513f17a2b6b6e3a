import type { SharedWords } from "@openamp/libmetal";
import type { BrokenQueue } from "@openamp/virtio";

/**
 * The buffers of an rpmsg device over its two queues, the same for both roles: a transmit buffer is
 * taken, filled and given to the peer; a received one is taken, read and given back.
 *
 * What was taken last is described by the fields, so that nothing is allocated per message. Every
 * place given out is a multiple of 4 and lies in memory that was checked.
 */
export interface RpmsgBuffers {
  /** The queue on which the peer hears of our messages. */
  readonly transmitQueue: number;
  /** The queue on which we hear of the peer's. */
  readonly receiveQueue: number;
  /** Bytes that a transmit buffer takes, header and payload. */
  readonly transmitSize: number;
  /** Set once the peer broke one of the queues. */
  readonly broken: BrokenQueue | undefined;
  /** Buffers of the peer that no message fits into or that no message can be in; passed over. */
  readonly malformed: number;

  /** Of the transmit buffer taken last: its memory. */
  readonly transmitWords: SharedWords;
  /** Of the transmit buffer taken last: where in that memory it starts. */
  readonly transmitOffset: number;
  /** Of the transmit buffer taken last: its bytes. */
  readonly transmitCapacity: number;
  /** Takes a free transmit buffer: a token of 0 and up, or -1 where none is free. */
  takeTransmit(): number;
  /** Takes back what the peer has read; true where that was anything. */
  reclaimTransmit(): boolean;
  /** Keeps a taken transmit buffer for the next `takeTransmit`. */
  keepTransmit(token: number): void;
  /** Gives a filled transmit buffer to the peer, which does not see it before `publishTransmit`. */
  giveTransmit(token: number, length: number): void;
  /** Publishes what was given; true where the peer is to be notified on `transmitQueue`. */
  publishTransmit(): boolean;
  /** Whether the peer tells when a transmit buffer comes free; returns true where one is. */
  tellTransmit(tell: boolean): boolean;

  /** Of the message taken last: its memory. */
  readonly receiveWords: SharedWords;
  /** Of the message taken last: where in that memory its header starts. */
  readonly receiveOffset: number;
  /** Of the message taken last: the bytes that may be read, 16 and up. */
  readonly receiveLength: number;
  /** Takes a received message: a token of 0 and up, or -1 where none is there. */
  takeReceive(): number;
  /** Messages that the last look saw and `takeReceive` has not returned yet. */
  readonly receiveSeen: number;
  /** Gives a message's buffer back to the peer, which does not see it before `publishReceive`. */
  giveReceive(token: number): void;
  /** Publishes what was given back; true where the peer is to be notified on `receiveQueue`. */
  publishReceive(): boolean;
  /** Whether the peer tells when a message comes; returns true where one is there untold. */
  tellReceive(tell: boolean): boolean;
}
