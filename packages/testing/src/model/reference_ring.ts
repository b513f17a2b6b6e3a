import { TestingError } from "../error.ts";

/** A plain model of one of the two rings of a split queue: a producer, a consumer, and a bell. */
export interface ReferenceRing<Entry> {
  /** Entries that the producer wrote and has not published. */
  readonly waiting: readonly Entry[];
  /** Entries that are published and not taken. */
  readonly published: readonly Entry[];
  /** All else that decides what happens next, as text: there are only so many of them. */
  readonly state: string;
  /** The producer writes an entry. */
  add(entry: Entry): void;
  /**
   * The producer publishes what it wrote.
   *
   * @returns Whether the consumer asked to be told.
   * @throws {TestingError} `DIVERGED` for a lost wake-up: the consumer sleeps and is not told.
   */
  publish(): boolean;
  /** The consumer takes the next entry; undefined where there is none. */
  take(): Entry | undefined;
  /** The consumer asks not to be told. */
  disable(): void;
  /**
   * The consumer asks to be told, and sleeps if the answer is false.
   *
   * @returns Whether an entry is there for which the bell may not ring.
   * @throws {TestingError} `DIVERGED` for a lost wake-up: an entry is there, the bell did not ring
   *   for it, and the consumer goes to sleep.
   */
  enable(): boolean;
}

/** What both models of a queue need. */
export interface ReferenceOptions {
  /** Whether the consumer's wish is an event index; else it is a flag. Default false. */
  readonly eventIndex?: boolean;
  /** Where the 16-bit index stands at first. Default 0. */
  readonly startIndex?: number;
}

/**
 * Makes a model of one ring out of plain numbers, which never wrap, and an array. It says what the
 * rules of VirtIO 1.3 §2.7.7 and §2.7.10 make of each call, and finds a wake-up that they lose.
 *
 * @param options How the consumer says its wish.
 * @returns The model.
 *
 * @example
 * ```ts
 * import { referenceRing } from "@openamp/testing";
 *
 * const ring = referenceRing<string>();
 * ring.disable();
 * ring.add("first");
 * if (ring.publish()) throw new Error("The consumer asked not to be told");
 * if (!ring.enable() || ring.take() !== "first") throw new Error("So it has to look by itself");
 * ```
 */
export function referenceRing<Entry>(options: ReferenceOptions = {}): ReferenceRing<Entry> {
  const { eventIndex = false, startIndex = 0 } = options;
  const waiting: Entry[] = [];
  const entries: { readonly entry: Entry; readonly told: boolean }[] = [];
  let published = 0;
  let seen = 0;
  let taken = 0;
  // A live ring may come with the flag set, so its consumer looks at the first `enable`.
  let off = options.startIndex !== undefined;
  let flag = false;
  let asleep = false;
  // The word is 0 at first: from where the index stands, so far ahead.
  let event = modulo16(-startIndex);

  return {
    waiting,
    get published() {
      return entries.map(({ entry }) => entry);
    },
    get state() {
      const told = entries.map((each) => (each.told ? "t" : "-")).join("");
      // An event that is past is past, however long: it asks for nothing.
      const ahead = eventIndex ? Math.max(-1, event - taken) : 0;
      return `${told} ${seen - taken} ${ahead} ${off} ${flag} ${asleep}`;
    },
    add(entry) {
      waiting.push(entry);
    },
    publish() {
      const count = waiting.length;
      if (count === 0) return false;
      const told = eventIndex ? modulo16(event - published) < count : !flag;
      if (asleep && !told) throw lostWakeUp("published, and the sleeping consumer is not told");
      // Who is told is awake, and looks before it sleeps again.
      if (told) asleep = false;
      for (const entry of waiting.splice(0)) entries.push({ entry, told });
      published += count;
      return told;
    },
    take() {
      asleep = false;
      if (taken === seen) seen = published;
      if (taken === seen) return undefined;
      taken++;
      return entries.shift()?.entry;
    },
    disable() {
      asleep = false;
      off = true;
      flag = true;
      event = taken - 1;
    },
    enable() {
      if (eventIndex || off) seen = published;
      off = false;
      flag = false;
      event = taken;
      asleep = taken === seen;
      if (asleep && entries.some(({ told }) => !told)) {
        throw lostWakeUp("there, the consumer was not told, and goes to sleep");
      }
      return !asleep;
    },
  };
}

function modulo16(value: number): number {
  return ((value % 65536) + 65536) % 65536;
}

function lostWakeUp(how: string): TestingError {
  return new TestingError("DIVERGED", `A wake-up is lost: an entry is ${how}`);
}
