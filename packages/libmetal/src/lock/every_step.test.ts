import { expect, test } from "vitest";
import {
  type Deed,
  interruptedHistory,
  LockHistory,
  type Operation,
} from "../../fixtures/lock_histories.ts";

/** More atomic accesses than anything here has. */
const MOST_STEPS = 1000;

const does = (tid: number, ...operations: readonly Operation[]): Deed[] =>
  operations.map((operation) => ({ tid, does: operation }));

/** What thread 1 finds, and what it does then. */
const MUTEX_STATES: Readonly<Record<string, readonly Deed[]>> = {
  "nobody owns": [],
  "another owns": does(2, "acquire"),
  "a dead thread owned": does(9, "acquire", "die"),
  "an earlier thread of its number owned": does(1, "acquire", "die"),
};
const LOCK_STATES: Readonly<Record<string, readonly Deed[]>> = {
  "nobody has": [],
  "another reads": does(2, "read"),
  "another writes": does(2, "write"),
  "a dead thread read": does(9, "read", "die"),
  "two dead threads read": [...does(8, "read", "die"), ...does(9, "read", "die")],
  "a dead thread wrote": does(9, "write", "die"),
  "a dead thread waited to write": [...does(2, "read"), ...does(9, "wait to write")],
  "a dead thread wrote, as a reader knows": [...does(9, "write", "die"), ...does(2, "read")],
};

interface Case {
  readonly title: string;
  readonly before: readonly Deed[];
  readonly deed: Deed;
}

function* cases(
  states: Readonly<Record<string, readonly Deed[]>>,
  take: Operation,
): Iterable<Case> {
  for (const [state, before] of Object.entries(states)) {
    yield { title: `${take}, where ${state}`, before, deed: { tid: 1, does: take } };
    const taken = [...before, ...does(1, take)];
    const history = new LockHistory();
    if (taken.map((deed) => history.does(deed)).at(-1) === undefined) continue;
    const deed: Deed = { tid: 1, does: "give back" };
    yield { title: `${take} and give back, where ${state}`, before: taken, deed };
  }
}

const CASES: readonly Case[] = [
  ...cases(MUTEX_STATES, "acquire"),
  ...cases(LOCK_STATES, "read"),
  ...cases(LOCK_STATES, "write"),
];

/** What others do meanwhile; the second may own it already. */
const MEANWHILE: readonly (readonly Deed[])[] = [
  [],
  does(2, "give back"),
  ...(["acquire", "read", "write"] as const).flatMap((take) => [
    does(3, take),
    does(3, take, "give back"),
    does(3, take, "die"),
    [...does(2, "give back"), ...does(3, take)],
    [...does(2, "give back"), ...does(3, take, "die")],
  ]),
  does(3, "wait to write"),
  [...does(3, "read"), ...does(4, "wait to write")],
];

test.each(CASES)("at every step another may come, or it may die: $title", ({ before, deed }) => {
  for (const deeds of MEANWHILE) {
    for (const dies of [false, true]) {
      let step = 0;
      while (interruptedHistory(before, deed, step, { deeds, dies })) {
        step++;
        expect(step).toBeLessThan(MOST_STEPS);
      }
      expect(step).toBeGreaterThan(0);
    }
  }
});
