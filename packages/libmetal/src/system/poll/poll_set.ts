import { setImmediate } from "node:timers";
import { MetalError } from "../../error.ts";
import { isDescriptor } from "../descriptor/is_descriptor.ts";
import { EPOLL_EVENT } from "../libc/epoll.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";

/** What a descriptor is watched for. */
export type Direction = "read" | "write";

/** Whom to tell when a descriptor is ready in one direction. */
export interface Slot {
  /** Called when the descriptor is ready, with bits of `EPOLLIN` and the like. */
  readonly callback: (events: number) => void;
  /** Whether these bits end the watch, before the callback hears of them. */
  readonly isLast: (events: number) => boolean;
  /** Whether the program is to stay alive for it. */
  readonly keepAlive: boolean;
}

/** An epoll set, and whom to tell of what happens there. */
export interface PollSet {
  /** How many watches there are. */
  readonly size: number;
  /** How many of them keep the program alive. */
  readonly keptAlive: number;
  /** Watches a descriptor in one direction. */
  watch(descriptor: number, direction: Direction, slot: Slot): Disposable;
  /**
   * Tells those who watch, each of them also where one before has thrown: that is thrown in a turn of
   * its own, as what a callback of the event loop throws.
   *
   * @param told Pairs of a token and what happened.
   */
  tell(told: readonly number[]): void;
  /** Tells everybody that their descriptors are watched no more. */
  fail(): void;
}

interface Entry {
  readonly descriptor: number;
  /** What the kernel gives back. A number that is closed and used again gets another. */
  readonly token: number;
  readonly slots: Record<Direction, Slot | undefined>;
}

const { size: EVENT_SIZE, fields } = EPOLL_EVENT;
const { events: EVENTS, data: DATA } = fields;
const TOKENS = 2 ** 32;
const BITS = { read: LINUX.EPOLLIN | LINUX.EPOLLRDHUP, write: LINUX.EPOLLOUT } as const;
/** What is told without being asked for. */
const ALWAYS = LINUX.EPOLLERR | LINUX.EPOLLHUP;

/**
 * The bookkeeping over an epoll set.
 *
 * Each event disarms its descriptor (`EPOLLONESHOT`) until all who were told have returned: there is
 * one message a descriptor on its way at the most, however late they are. Adding and removing are
 * calls to the kernel, and take effect before they return, also while the Worker sleeps.
 *
 * @param libc The C library.
 * @param set The descriptor of the set.
 * @param changed Called when a watch was added or has ended.
 */
export function pollSet(libc: Libc, set: number, changed: () => void): PollSet {
  const entries = new Map<number, Entry>();
  const byDescriptor = new Map<number, Entry>();
  const event = new Uint8Array(EVENT_SIZE);
  const view = new DataView(event.buffer);
  const toArm = new Set<Entry>();
  let lastToken = 0;
  let size = 0;
  let keptAlive = 0;

  /** Returns 0, or the error number. */
  function control(operation: number, descriptor: number, bits: number, token: number): number {
    view.setUint32(EVENTS.offset, bits, true);
    view.setUint32(DATA.offset, token, true);
    return libc.epollCtl(set, operation, descriptor, event) === -1 ? libc.errno() : 0;
  }

  function arm(operation: number, { descriptor, token, slots }: Entry): number {
    const read = slots.read === undefined ? 0 : BITS.read;
    const write = slots.write === undefined ? 0 : BITS.write;
    return control(operation, descriptor, read | write | LINUX.EPOLLONESHOT, token);
  }

  function nextToken(): number {
    do lastToken = (lastToken % (TOKENS - 1)) + 1;
    while (entries.has(lastToken));
    return lastToken;
  }

  function fill(entry: Entry, direction: Direction, slot: Slot | undefined): void {
    const before = entry.slots[direction];
    entry.slots[direction] = slot;
    size += Number(slot !== undefined) - Number(before !== undefined);
    keptAlive += Number(slot?.keepAlive ?? false) - Number(before?.keepAlive ?? false);
  }

  /** Ends what is left of an entry whose file is gone. */
  function forget(entry: Entry): void {
    fill(entry, "read", undefined);
    fill(entry, "write", undefined);
    entries.delete(entry.token);
    // A number that its owner closed too early may be another entry's by now.
    if (byDescriptor.get(entry.descriptor) === entry) byDescriptor.delete(entry.descriptor);
    changed();
  }

  /** The entry of a descriptor, if the kernel still watches the same file there. */
  function liveEntry(descriptor: number): Entry | undefined {
    const entry = byDescriptor.get(descriptor);
    if (entry === undefined || arm(LINUX.EPOLL_CTL_MOD, entry) === 0) return entry;
    forget(entry);
    return undefined;
  }

  function watch(descriptor: number, direction: Direction, slot: Slot): Disposable {
    const action = `Watch descriptor ${descriptor}`;
    if (!isDescriptor(descriptor)) {
      throw new MetalError("INVALID_ARGUMENT", `${action}: that is no descriptor`);
    }
    const live = liveEntry(descriptor);
    if (live?.slots[direction] !== undefined) {
      throw new MetalError("EXISTS", `${action}: it is watched for that already`);
    }
    const entry: Entry = live ?? {
      descriptor,
      token: nextToken(),
      slots: { read: undefined, write: undefined },
    };
    fill(entry, direction, slot);
    const errno = arm(live === undefined ? LINUX.EPOLL_CTL_ADD : LINUX.EPOLL_CTL_MOD, entry);
    if (errno !== 0) {
      fill(entry, direction, undefined);
      throw watchError(action, errno);
    }
    entries.set(entry.token, entry);
    byDescriptor.set(descriptor, entry);
    changed();
    return {
      [Symbol.dispose]() {
        if (entry.slots[direction] === slot) end(entry, direction);
      },
    };
  }

  function end(entry: Entry, direction: Direction): void {
    const other = direction === "read" ? "write" : "read";
    if (entry.slots[other] !== undefined) {
      fill(entry, direction, undefined);
      changed();
      return;
    }
    const isCurrent = byDescriptor.get(entry.descriptor) === entry;
    forget(entry);
    // Fails where the owner has closed it before, which is as good.
    if (isCurrent) control(LINUX.EPOLL_CTL_DEL, entry.descriptor, 0, 0);
  }

  function call(entry: Entry, direction: Direction, events: number): void {
    const slot = entry.slots[direction];
    if (slot === undefined || (events & (BITS[direction] | ALWAYS)) === 0) return;
    if (slot.isLast(events)) end(entry, direction);
    slot.callback(events);
  }

  function tellOne(entry: Entry, events: number): void {
    try {
      call(entry, "read", events);
    } finally {
      call(entry, "write", events);
    }
  }

  function tell(told: readonly number[]): void {
    const failures: unknown[] = [];
    for (let index = 0; index + 1 < told.length; index += 2) {
      const entry = entries.get(told[index]!);
      // Where there is none the watch is over by now: what was told was on its way before.
      if (entry === undefined) continue;
      try {
        tellOne(entry, told[index + 1]!);
      } catch (thrown) {
        failures.push(thrown);
      }
      toArm.add(entry);
    }
    setImmediate(armAgain);
    for (const failure of failures) setImmediate(rethrow, failure);
  }

  /**
   * In a turn of its own: Node hands out the messages of a Worker in one turn, as many as come
   * meanwhile, and a descriptor that is always ready would keep the event loop there (T24).
   */
  function armAgain(): void {
    for (const entry of toArm) {
      if (entries.get(entry.token) !== entry) continue;
      // Its owner has closed it: there is nothing left to watch.
      if (arm(LINUX.EPOLL_CTL_MOD, entry) !== 0) forget(entry);
    }
    toArm.clear();
  }

  return {
    get size() {
      return size;
    },
    get keptAlive() {
      return keptAlive;
    },
    watch,
    tell,
    fail() {
      tell([...entries.keys()].flatMap((token) => [token, LINUX.EPOLLERR]));
    },
  };
}

function rethrow(failure: unknown): never {
  throw failure;
}

function watchError(action: string, errno: number): MetalError {
  switch (errno) {
    case LINUX.EBADF:
      return new MetalError("CLOSED", `${action}: it is not open`);
    case LINUX.EPERM:
      return new MetalError(
        "INVALID_ARGUMENT",
        `${action}: a file or directory is always ready, and there is nothing to wait for`,
      );
    default:
      return systemError(action, errno);
  }
}
