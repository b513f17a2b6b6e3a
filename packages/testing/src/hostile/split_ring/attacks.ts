import type { RingAttack } from "./peer.ts";
import {
  addressRange,
  chainLoop,
  chainOrder,
  descriptorRange,
  indirectTable,
  totalLength,
  zeroLength,
} from "./chain_attacks.ts";
import {
  availableIndexJump,
  deviceWishes,
  driverWishes,
  duplicateHead,
  usedIndexJump,
} from "./index_attacks.ts";
import {
  descriptorChanged,
  forgedCompletion,
  usedIdRange,
  usedIdTruncation,
  usedLengthOfReadable,
  usedLengthTooLarge,
} from "./completion_attacks.ts";

/** Attacks of a driver on a device's queue. T11 is `swappedDescriptors`. */
export type AttackOnDevice =
  | "T01"
  | "T02"
  | "T03"
  | "T04"
  | "T12"
  | "T13"
  | "T14"
  | "T15"
  | "T16"
  | "T23";

/** Attacks of a device on a driver's queue. */
export type AttackOnDriver = "T03" | "T05" | "T06" | "T07" | "T08" | "T10" | "T22" | "T23";

/**
 * What a hostile driver does to a device's queue, by number. The victim is a device that takes all
 * it can and holds it.
 */
export const attacksOnDevice: Readonly<Record<AttackOnDevice, RingAttack>> = {
  T01: chainLoop,
  T02: descriptorRange,
  T03: availableIndexJump,
  T04: duplicateHead,
  T12: addressRange,
  T13: zeroLength,
  T14: totalLength,
  T15: indirectTable,
  T16: chainOrder,
  T23: driverWishes,
};

/**
 * What a hostile device does to a driver's queue, by number. The victim is a driver that has posted
 * buffers and takes back all it can. T07 wants writable buffers of 512 bytes, T08 readable ones, and
 * T06 a chain of two among them.
 */
export const attacksOnDriver: Readonly<Record<AttackOnDriver, RingAttack>> = {
  T03: usedIndexJump,
  T05: usedIdRange,
  T06: forgedCompletion,
  T07: usedLengthTooLarge,
  T08: usedLengthOfReadable,
  T10: descriptorChanged,
  T22: usedIdTruncation,
  T23: deviceWishes,
};
