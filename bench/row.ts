import type { Case } from "./cases.ts";
import type { Runtime } from "./machine.ts";
import type { Placement } from "./placement.ts";
import { comparable, type Round } from "./rounds.ts";

/** What the round trip of a message through QEMU may take, in round trips of the bare doorbell. */
const DOORBELL_LIMIT = 1.3;

/** What a runtime showed in a case. */
export interface Row {
  readonly case: string;
  readonly runtime: Runtime;
  /** Bytes of a message's payload, where messages were sent. */
  readonly payload?: number;
  /** Messages that were sent before the other side was rung. */
  readonly batch?: number;
  /** Nanoseconds of a message or an operation: the median of the rounds. */
  readonly nanoseconds: number;
  /** The same of the fastest round. */
  readonly nanosecondsMin: number;
  /** What it is held against: the C program, or the bare operation of the same runtime. */
  readonly against: "C" | "bare";
  /** Nanoseconds of that: the median of the same rounds. */
  readonly baseline: number;
  readonly baselineMin: number;
  /** Median of the rounds' ratios, TypeScript over what it is held against. */
  readonly ratio: number;
  /** The most that the ratio may be, where something was promised. */
  readonly limit?: number;
  /** Rounds that these figures are of. */
  readonly rounds: number;
  /** How the two cores stood in these rounds, where two were busy; and how many rounds were left out. */
  readonly placement?: Placement;
  readonly leftOut?: number;
  /** Through QEMU: what the bare doorbell took, measured in turn with the messages. */
  readonly doorbell?: DoorbellRow;
}

/** A round trip of the bare doorbell. */
export interface DoorbellRow {
  /** Nanoseconds: the median of the rounds. */
  readonly nanoseconds: number;
  /** The median of the rounds' ratios, a message's round trip over the doorbell's. */
  readonly ratio: number;
  /** What the ratio may be. */
  readonly limit: number;
}

/**
 * Sums up the rounds.
 *
 * @param each The case.
 * @param runtime The runtime.
 * @param all Its rounds.
 * @returns The row.
 */
export function rowOf(each: Case, runtime: Runtime, all: readonly Round[]): Row {
  const still = comparable(all);
  const rounds = still.length > 0 ? still : all;
  const measured = rounds.map((round) => round.measured[0] ?? Number.NaN);
  const baseline = rounds.map((round) => round.baseline[0] ?? Number.NaN);
  // A burst takes one ring for many messages: only a single message can be compared with one.
  const doorbells = each.batch === 1 ? rounds.flatMap((round) => round.measured.slice(1)) : [];
  return {
    case: each.name,
    runtime,
    ...(each.payload === undefined ? {} : { payload: each.payload }),
    ...(each.batch === undefined ? {} : { batch: each.batch }),
    nanoseconds: rounded(median(measured)),
    nanosecondsMin: rounded(Math.min(...measured)),
    against: each.baseline === undefined ? "bare" : "C",
    baseline: rounded(median(baseline)),
    baselineMin: rounded(Math.min(...baseline)),
    ratio: rounded(median(ratios(measured, baseline))),
    ...(each.limit === undefined ? {} : { limit: each.limit }),
    rounds: rounds.length,
    ...(each.twoCores
      ? {
          placement: still[0]?.placement ?? "mixed",
          leftOut: all.length - rounds.length,
        }
      : {}),
    ...(doorbells.length > 0
      ? {
          doorbell: {
            nanoseconds: rounded(median(doorbells)),
            ratio: rounded(median(ratios(measured, doorbells))),
            limit: DOORBELL_LIMIT,
          },
        }
      : {}),
  };
}

function ratios(values: readonly number[], bases: readonly number[]): readonly number[] {
  return values.map((value, at) => value / (bases[at] ?? Number.NaN));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
