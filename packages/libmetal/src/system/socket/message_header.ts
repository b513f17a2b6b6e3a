import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { CMSGHDR, IOVEC, MSGHDR } from "../libc/socket.ts";

/** The most descriptors that one message carries (`SCM_MAX_FD` of the kernel). */
export const MAXIMUM_DESCRIPTORS = 253;

/** A message that recvmsg(2) fills. Look at it only where that has succeeded. */
export interface MessageToReceive {
  /** `struct msghdr`, for the call. */
  readonly header: Uint8Array;
  /** Room for the bytes. */
  readonly bytes: Uint8Array;
  /** All descriptors that came, also when others were lost. */
  readonly descriptors: () => readonly number[];
  /** Those that the kernel has made besides, which nobody has sent: they are to be closed. */
  readonly unwanted: () => readonly number[];
  /** `MSG_TRUNC` and the like. */
  readonly flags: () => number;
}

const { msg_iov, msg_iovlen, msg_control, msg_controllen, msg_flags } = MSGHDR.fields;
const { iov_base, iov_len } = IOVEC.fields;
const { cmsg_len, cmsg_level, cmsg_type } = CMSGHDR.fields;
/** Bytes of one descriptor, an `int`. */
const DESCRIPTOR_SIZE = 4;
/** A descriptor of the sender's process; the headers of the C library do not have it yet. */
const SCM_PIDFD = 4;
/** What `CMSG_ALIGN` rounds up to. */
const ALIGNMENT = 8;

/** The parts of a message, one behind the other in one piece of memory. */
const VECTOR = MSGHDR.size;
const CONTROL = VECTOR + IOVEC.size;
const DESCRIPTORS = CONTROL + CMSGHDR.size;

/**
 * Lays out a message for sendmsg(2).
 *
 * @param libc The C library.
 * @param bytes The bytes, which are copied.
 * @param descriptors The descriptors that go with them, or none.
 * @returns `struct msghdr`. What it points to is kept as long as it is.
 */
export function messageToSend(
  libc: Libc,
  bytes: Uint8Array,
  descriptors: readonly number[],
): Uint8Array {
  const { header, view, control } = layOut(libc, bytes.length, descriptors.length);
  if (control > 0) {
    view.setBigUint64(CONTROL + cmsg_len.offset, BigInt(control), true);
    view.setInt32(CONTROL + cmsg_level.offset, LINUX.SOL_SOCKET, true);
    view.setInt32(CONTROL + cmsg_type.offset, LINUX.SCM_RIGHTS, true);
  }
  for (const [index, descriptor] of descriptors.entries()) {
    view.setInt32(DESCRIPTORS + index * DESCRIPTOR_SIZE, descriptor, true);
  }
  header.set(bytes, header.length - bytes.length);
  return header;
}

/**
 * Lays out a message for recvmsg(2).
 *
 * @param libc The C library.
 * @param length The most bytes that it takes.
 * @param maximum The most descriptors that it takes: the kernel closes what is beyond them.
 * @returns The message.
 */
export function messageToReceive(libc: Libc, length: number, maximum: number): MessageToReceive {
  const { header, view, control } = layOut(libc, length, maximum);

  /**
   * The descriptors in the control messages of one type. Others may stand before it: who has made the
   * socket can have asked for the credentials of the sender, and for more (`SO_PASSCRED`).
   */
  function descriptorsOf(type: number): readonly number[] {
    const used = Math.min(Number(view.getBigUint64(msg_controllen.offset, true)), control);
    const found: number[] = [];
    for (let at = 0; at + CMSGHDR.size <= used;) {
      const message = CONTROL + at;
      const size = Number(view.getBigUint64(message + cmsg_len.offset, true));
      if (size < CMSGHDR.size || size > used - at) break;
      const isWanted =
        view.getInt32(message + cmsg_level.offset, true) === LINUX.SOL_SOCKET &&
        view.getInt32(message + cmsg_type.offset, true) === type;
      const count = isWanted ? Math.floor((size - CMSGHDR.size) / DESCRIPTOR_SIZE) : 0;
      for (let index = 0; index < count; index++) {
        found.push(view.getInt32(message + CMSGHDR.size + index * DESCRIPTOR_SIZE, true));
      }
      at += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    }
    return found;
  }

  return {
    header,
    bytes: header.subarray(header.length - length),
    descriptors: () => descriptorsOf(LINUX.SCM_RIGHTS),
    unwanted: () => descriptorsOf(SCM_PIDFD),
    flags: () => view.getInt32(msg_flags.offset, true),
  };
}

interface Layout {
  /** All parts; the bytes of the message are the last. */
  readonly header: Uint8Array;
  readonly view: DataView;
  /** Bytes of the part that holds descriptors. */
  readonly control: number;
}

function layOut(libc: Libc, length: number, descriptors: number): Layout {
  // Not rounded up as by CMSG_SPACE: the kernel would find room for one more.
  const control = descriptors === 0 ? 0 : CMSGHDR.size + descriptors * DESCRIPTOR_SIZE;
  const bytes = CONTROL + Math.ceil(control / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(new ArrayBuffer(bytes + length));
  const view = new DataView(header.buffer);
  const base = libc.address(header);
  const setLong = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  setLong(msg_iov.offset, base + VECTOR);
  setLong(msg_iovlen.offset, 1);
  setLong(VECTOR + iov_base.offset, base + bytes);
  setLong(VECTOR + iov_len.offset, length);
  if (control > 0) {
    setLong(msg_control.offset, base + CONTROL);
    setLong(msg_controllen.offset, control);
  }
  return { header, view, control };
}
