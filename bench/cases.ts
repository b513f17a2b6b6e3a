/**
 * What is measured: a program of programs/ beside one of c/ that does the same, or a program that
 * measures in turn what it is to be held against.
 */
export interface Case {
  /** What a row calls it. */
  readonly name: string;
  /** Bytes of a message's payload, where messages are sent. */
  readonly payload?: number;
  /** Messages that are sent before the other side is rung. */
  readonly batch?: number;
  /** The TypeScript program, in programs/. */
  readonly program: string;
  /**
   * The C program, in c/. Without one, the second figure of the TypeScript program is what the first
   * one is held against: the bare operation of the same runtime.
   */
  readonly baseline?: string;
  /** The most that the ratio may be, where something was promised. */
  readonly limit?: number;
  /** What both programs get as arguments. */
  readonly args: readonly string[];
  /** What the C program gets before these. */
  readonly baselineArgs?: readonly string[];
  /** Both sides are busy at once: rounds in which the cores' distance changed are passed over. */
  readonly twoCores: boolean;
  /** Milliseconds of one measurement. */
  readonly measure: number;
}

const payloads = [32, 496] as const;
const pairs = [
  { place: "workers", baselineArgs: ["threads"] },
  { place: "processes", baselineArgs: ["processes"] },
] as const;

/** Every case, in the order of the rows. */
export const cases: readonly Case[] = [
  ...payloads.map((payload) => thread("batched", payload, 64)),
  ...payloads.map((payload) => thread("one-way", payload, 64)),
  thread("one-way", 32, 1),
  thread("round-trip", 32, 1),
  ...pairs.flatMap(({ place, baselineArgs }) => [
    ...payloads.map((payload) => pair(place, baselineArgs, "one-way", payload)),
    pair(place, baselineArgs, "round-trip", 32),
  ]),
  qemu("round-trip", 1),
  qemu("burst", 64),
  ...["read8", "read16", "read32"].flatMap((access) => [
    bare("libmetal_io", [access, "relaxed"], 1.5),
    bare("libmetal_io", [access, "seq_cst"], 1.5),
  ]),
  bare("libmetal_lock", ["mutex"], 3),
  bare("libmetal_lock", ["recursive mutex"], 3),
  bare("libmetal_lock", ["spinlock"], 3),
  bare("libmetal_allocator", ["1000"], 1.5),
  bare("libmetal_allocator", ["100000"], 1.5),
];

/**
 * What a filter is compared with.
 *
 * @param each The case.
 * @returns Such as `thread one-way 32 B batch 64`.
 */
export function labelOf({ name, payload, batch }: Case): string {
  return payload === undefined ? name : `${name} ${payload} B batch ${batch}`;
}

function thread(kind: "batched" | "one-way" | "round-trip", payload: number, batch: number): Case {
  return {
    name: `thread ${kind}`,
    payload,
    batch,
    program: "thread",
    baseline: "thread",
    args: [kind, String(payload), String(batch)],
    twoCores: false,
    measure: 30,
  };
}

function pair(
  place: string,
  baselineArgs: readonly string[],
  kind: "one-way" | "round-trip",
  payload: number,
): Case {
  return {
    name: `${place} ${kind}`,
    payload,
    batch: 1,
    program: place,
    baseline: "pair",
    args: [kind, String(payload)],
    baselineArgs,
    twoCores: true,
    measure: 30,
  };
}

/** A program that measures a part of libmetal, and the bare operation in turn with it. */
function bare(program: string, args: readonly string[], limit: number): Case {
  return {
    name: [program.replace("_", " "), ...args].join(" "),
    program,
    args,
    limit,
    twoCores: false,
    measure: 60,
  };
}

function qemu(kind: "round-trip" | "burst", batch: number): Case {
  const images = ["echo", "bare"].map((name) => `packages/firmware/images/${name}.elf`);
  return {
    name: `qemu ${kind}`,
    payload: 32,
    batch,
    program: "qemu",
    baseline: "qemu",
    args: ["32", String(batch)],
    baselineArgs: images,
    twoCores: false,
    measure: 150,
  };
}
