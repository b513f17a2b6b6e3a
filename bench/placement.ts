import type { Contestant } from "./contestant.ts";

/**
 * How two cores stood to each other while a round ran: near or far, as a virtual machine's host
 * places them, or changing, or taken away by other work for a while. Only rounds of the same kind
 * can be compared.
 */
export type Placement = "near" | "far" | "mixed";

/** Nanoseconds of a word's way to the other core and back. */
const NEAR_BELOW = 260;
const FAR_FROM = 400;
const FAR_BELOW = 1000;

/** Milliseconds of one look. */
const LOOK = 4;

/**
 * Runs a round between two looks at the distance of the cores.
 *
 * @param probe The program of c/probe.c.
 * @param round What runs in between.
 * @returns What both looks saw, and what the round gave.
 */
export async function placed<Result>(
  probe: Contestant,
  round: () => Promise<Result>,
): Promise<{ readonly placement: Placement; readonly result: Result }> {
  const before = await look(probe);
  const result = await round();
  const after = await look(probe);
  return { placement: before === after ? before : "mixed", result };
}

async function look(probe: Contestant): Promise<Placement> {
  const [nanoseconds = Infinity] = await probe.ask(LOOK);
  if (nanoseconds < NEAR_BELOW) return "near";
  return nanoseconds >= FAR_FROM && nanoseconds < FAR_BELOW ? "far" : "mixed";
}
