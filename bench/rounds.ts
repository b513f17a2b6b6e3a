import { baselineProgram } from "./baseline.ts";
import type { Case } from "./cases.ts";
import { type Contestant, startContestant } from "./contestant.ts";
import { type Runtime, runtimeCommands } from "./machine.ts";
import { placed, type Placement } from "./placement.ts";

/** Rounds that count, of each runtime; an odd number has one in the middle. */
const ROUNDS = 11;
/** Seconds after which a case ends with what it has. */
const BUDGET = 15;
/** Milliseconds for which a program runs before it counts: the compilers' last tiers come late. */
const WARM_UP = [500, 500] as const;

/** TypeScript and what it is held against, one right after the other. */
export interface Round {
  readonly placement: Placement;
  /** What the TypeScript program answered, nanoseconds. */
  readonly measured: readonly number[];
  /** What the C program answered, or the TypeScript program for the bare operation. */
  readonly baseline: readonly number[];
}

/**
 * Measures a case: in each round every runtime, and C right before or after it in turn.
 *
 * @param each The case.
 * @param runtimes The runtimes that are here.
 * @returns The rounds of each runtime.
 */
export async function measure(
  each: Case,
  runtimes: readonly Runtime[],
): Promise<ReadonlyMap<Runtime, readonly Round[]>> {
  await using programs = new AsyncDisposableStack();
  const start = async (command: readonly string[]): Promise<Contestant> => {
    const program = programs.use(await startContestant(command));
    for (const milliseconds of WARM_UP) await program.ask(milliseconds);
    return program;
  };
  const probe = each.twoCores ? await start([baselineProgram("probe")]) : undefined;
  const baseline =
    each.baseline === undefined
      ? undefined
      : await start([baselineProgram(each.baseline), ...(each.baselineArgs ?? []), ...each.args]);
  const contestants = new Map<Runtime, Contestant>();
  for (const runtime of runtimes) {
    const command = runtimeCommands[runtime];
    contestants.set(
      runtime,
      await start([...command, `bench/programs/${each.program}.ts`, ...each.args]),
    );
  }

  const rounds = new Map<Runtime, Round[]>(runtimes.map((runtime) => [runtime, []]));
  const end = performance.now() + BUDGET * 1000;
  for (let turn = 0; performance.now() < end; turn++) {
    if ([...rounds.values()].every((list) => comparable(list).length >= ROUNDS)) break;
    for (const [runtime, contestant] of contestants) {
      const both = (): Promise<Omit<Round, "placement">> =>
        baseline === undefined
          ? bareBeside(contestant, each.measure)
          : oneAfterOther(contestant, baseline, each.measure, turn % 2 === 1);
      const { placement, result } =
        probe === undefined
          ? { placement: "near" as const, result: await both() }
          : await placed(probe, both);
      rounds.get(runtime)?.push({ placement, ...result });
    }
  }
  return rounds;
}

/**
 * The rounds that can be compared: those of the placement that most had. All of them, where the
 * cores never stood still.
 *
 * @param rounds The rounds of one runtime.
 */
export function comparable(rounds: readonly Round[]): readonly Round[] {
  const near = rounds.filter(({ placement }) => placement === "near");
  const far = rounds.filter(({ placement }) => placement === "far");
  return near.length >= far.length ? near : far;
}

async function bareBeside(
  contestant: Contestant,
  milliseconds: number,
): Promise<Omit<Round, "placement">> {
  const [measured = Number.NaN, bare = Number.NaN] = await contestant.ask(milliseconds);
  return { measured: [measured], baseline: [bare] };
}

async function oneAfterOther(
  contestant: Contestant,
  baseline: Contestant,
  milliseconds: number,
  reversed: boolean,
): Promise<Omit<Round, "placement">> {
  if (reversed) {
    const measured = await contestant.ask(milliseconds);
    return { measured, baseline: await baseline.ask(milliseconds) };
  }
  const first = await baseline.ask(milliseconds);
  return { measured: await contestant.ask(milliseconds), baseline: first };
}
