import type { RpmsgCounters } from "@openamp/rpmsg";
import { encodeNameService, RPMSG_HEADER_SIZE, RPMSG_NS_ADDR } from "@openamp/rpmsg/wire";

import type { Attack, AttackWay } from "../attack.ts";
import type { RawDelivery, RawRpmsgPeer } from "./raw_rpmsg_peer.ts";

/** What an rpmsg device makes of a bad message: the counter that grows. */
export type RpmsgFault = Extract<keyof RpmsgCounters, `dropped${string}`>;

/** One way of attacking an rpmsg device. */
export type RpmsgAttackWay = AttackWay<RawRpmsgPeer, RpmsgFault>;

/** An attack on an rpmsg device. */
export type RpmsgAttack = Attack<RawRpmsgPeer, RpmsgFault>;

/** Attacks on either role of an rpmsg device, by message. */
export type AttackOnRpmsg = "T09" | "T18" | "T26" | "T27" | "T28" | "T29" | "T30" | "T31";

/** The address at which the victim is to have an endpoint with a handler. */
export const ATTACKED_ADDRESS = 0x400;

function way(
  name: string,
  verdict: RpmsgAttackWay["verdict"],
  ...deliveries: readonly Partial<RawDelivery>[]
): RpmsgAttackWay {
  return {
    name,
    verdict,
    steps: deliveries.map((delivery) => (peer: RawRpmsgPeer) => {
      peer.send({ destination: ATTACKED_ADDRESS, ...delivery });
    }),
  };
}

const upTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

const payload = new Uint8Array(8).fill(0xa5);

/** A remote says how long a message is in `used.len`, a host in the descriptor. */
const shorterThanHeader: RpmsgAttack = {
  title: "a message with no room for a header",
  ways: upTo(RPMSG_HEADER_SIZE).map((claimed) => ({
    ...way(`${claimed} bytes`, ["droppedShort", "droppedBuffer"], { claimed, payload }),
    // A host cannot offer a chain without a byte: that is T13, and breaks the queue.
    possible: ({ victimRole }) => victimRole === "host" || claimed > 0,
  })),
};

const headerInPieces: RpmsgAttack = {
  title: "a header that is split over several descriptors",
  ways: [
    ...upTo(RPMSG_HEADER_SIZE - 1).map((at) => [at + 1]),
    [RPMSG_HEADER_SIZE],
    upTo(7).map((part) => 2 * part + 2),
  ].map((cuts) => ({
    ...way(`cut at ${cuts.join(", ")}`, ["droppedBuffer"], { payload, cuts }),
    // A remote has one buffer for a message, as it was posted.
    possible: ({ victimRole }) => victimRole === "remote",
  })),
};

const lengthBeyondBuffer: RpmsgAttack = {
  title: "the header's length is more than there is",
  ways: [
    ...[9, 100, 496, 497, 512, 0x7fff, 0x8000, 0xfff0, 0xffff].map((length) =>
      way(`length ${length} of 8`, ["droppedLength"], { payload, length }),
    ),
    way("length 1 of 0", ["droppedLength"], { length: 1 }),
    way("length 497 in a full buffer", ["droppedLength"], {
      payload: new Uint8Array(496),
      length: 497,
    }),
  ],
};

const fieldsOfNobody: RpmsgAttack = {
  title: "fields of the header that say nothing",
  ways: [
    way("reserved, all bits", "tolerated", { payload, reserved: 0xffffffff }),
    way("flags, all bits", "tolerated", { payload, flags: 0xffff }),
    way("a length that is less than there is", "tolerated", { payload, length: 3 }),
  ],
};

/** The message of the name service with other bytes in the place of the name. */
function announcing(name: Uint8Array): Uint8Array {
  const message = encodeNameService("x", 1, false);
  message.fill(0, 0, 32);
  message.set(name);
  return message;
}

const nameService = (
  name: string,
  verdict: RpmsgAttackWay["verdict"],
  ...messages: readonly Uint8Array[]
): RpmsgAttackWay =>
  way(
    name,
    verdict,
    ...messages.map((message) => ({ destination: RPMSG_NS_ADDR, payload: message })),
  );

const badNames: RpmsgAttack = {
  title: "service names",
  ways: [
    nameService("no NUL", "tolerated", announcing(new Uint8Array(32).fill(0x61))),
    nameService("no UTF-8", "tolerated", announcing(new Uint8Array(32).fill(0xff))),
    nameService("an escape sequence", "tolerated", announcing(Uint8Array.of(0x1b, 0x63))),
    nameService("empty", ["droppedAnnouncement"], announcing(new Uint8Array(32))),
  ],
};

const badAnnouncements: RpmsgAttack = {
  title: "announcements of a wrong form",
  ways: [
    ...[0, 1, 32, 36, 39, 41, 64, 496].map((size) =>
      nameService(`${size} bytes`, ["droppedAnnouncement"], new Uint8Array(size).fill(0x61)),
    ),
    ...[2, 3, 0x80000000].map((flags) => {
      const message = encodeNameService("x", 1, false);
      new DataView(message.buffer).setUint32(36, flags, true);
      return nameService(`flags ${flags}`, ["droppedAnnouncement"], message);
    }),
  ],
};

const announcementFlood: RpmsgAttack = {
  title: "announcements without end",
  ways: [
    nameService(
      "more than the table holds",
      ["droppedAnnouncement"],
      ...upTo(1100).map((address) => encodeNameService("flood", address, false)),
    ),
    nameService(
      "one twice",
      ["droppedAnnouncement"],
      encodeNameService("x", 1, false),
      encodeNameService("x", 1, false),
    ),
    nameService("withdrawn, never made", ["droppedAnnouncement"], encodeNameService("x", 1, true)),
    nameService(
      "withdrawn twice",
      ["droppedAnnouncement"],
      encodeNameService("x", 1, false),
      encodeNameService("x", 1, true),
      encodeNameService("x", 1, true),
    ),
  ],
};

const nobodysAddress: RpmsgAttack = {
  title: "messages to an address that nobody has",
  ways: [0, 1, 52, 54, ATTACKED_ADDRESS + 1, 0x7fffffff, 0x80000000, 0xffffffff].map(
    (destination) =>
      way(`to 0x${destination.toString(16)}`, ["droppedAddress"], { destination, payload }),
  ),
};

/**
 * What a hostile peer does to an rpmsg device by the messages that it sends, by number. The victim
 * is either role, with name service, and with an endpoint at {@linkcode ATTACKED_ADDRESS}; what it
 * does to the rings is in `attacksOnDevice` and `attacksOnDriver`.
 */
export const attacksOnRpmsg: Readonly<Record<AttackOnRpmsg, RpmsgAttack>> = {
  T09: shorterThanHeader,
  T18: headerInPieces,
  T26: lengthBeyondBuffer,
  T27: fieldsOfNobody,
  T28: badNames,
  T29: badAnnouncements,
  T30: announcementFlood,
  T31: nobodysAddress,
};
