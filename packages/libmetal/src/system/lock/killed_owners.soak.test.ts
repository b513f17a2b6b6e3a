import { createMutex } from "@openamp/libmetal";
import { createSharedMemory, openFutex, threadIdentity } from "@openamp/libmetal/system";
import { afterAll, expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import { HOLDER, MUTEX, TOLD, VIOLATIONS } from "../../../fixtures/lock_actions.ts";
import {
  type OtherProcess,
  RUNTIMES,
  startModule,
  startProgram,
} from "../../../fixtures/other_process.ts";

const KILLS = count("killed owners of a mutex");
/** Processes that contend at a time: one owns the mutex, and the others wait for it. */
const CONTENDING = 4;
/** Processes that start meanwhile. */
const STARTING = 3;
/** Milliseconds after which a mutex counts as stuck. */
const STUCK_MS = 20_000;
/** Looks in a row, of some milliseconds each, at which no victim owned it: then it is stuck too. */
const MOST_IDLE = 5000;
/**
 * Looks in a row after which one that starts is killed like the others. It takes part as soon as it is
 * up, and a mutex is not fair: on a quiet processor it may take it again and again before another wakes.
 */
const JOIN_IDLE = 500;

const peer = buildCProgram("./c/lock_peer.c");
afterAll(() => peer[Symbol.dispose]());

const FORMS = ["block", "task", "try", "spin"] as const;

function startC(path: string): OtherProcess {
  return startProgram(peer.path, ["victim", path]);
}

/** What is killed, in turns: three in C, which start in no time, for one of each runtime and form. */
const VICTIMS: readonly ((path: string) => OtherProcess)[] = RUNTIMES.flatMap((runtime) =>
  FORMS.map((form) => (path: string) => startModule(runtime, "./lock_victim.ts", [path, form])),
).flatMap((startModuleOf) => [startModuleOf, startC, startC, startC]);

/** A process that was seen to be up. */
async function victim(turn: number, path: string): Promise<OtherProcess> {
  const started = VICTIMS[turn % VICTIMS.length]?.(path);
  if (started === undefined) throw new Error("There is no victim");
  expect(await started.line()).toBe("ready");
  return started;
}

test(
  `a mutex whose owner is killed ${KILLS} times is never stuck, and never has two owners`,
  { timeout: 2 * 3_600_000 },
  async () => {
    using shared = await createSharedMemory({ size: 4096, physicalAddress: 0 });
    const { memory, path } = shared;
    const futex = await openFutex(memory);
    const identity = await threadIdentity();
    const mutex = createMutex({ memory, futex, identity, offset: MUTEX });
    const { words } = futex;

    let turn = 0;
    const starting = Array.from({ length: CONTENDING + STARTING }, () => victim(turn++, path));
    const contending = new Set<OtherProcess>();
    try {
      for (const each of starting.splice(0, CONTENDING)) contending.add(await each);
      let killed = 0;
      let idle = 0;
      while (killed < KILLS) {
        // Any moment, with some that nobody is at.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
        const owner = [...contending].find(({ pid }) => pid === mutex.owner);
        const [any] = contending;
        // One in eight is killed whatever it does: it waits, or was just woken.
        const chosen = turn % 8 === 0 ? any : owner;
        if (chosen === undefined) {
          if (++idle > MOST_IDLE) throw new Error(`Thread ${mutex.owner} owns the mutex for ever`);
          const joining = idle % JOIN_IDLE === 0 ? starting.shift() : undefined;
          if (joining !== undefined) {
            contending.add(await joining);
            starting.push(victim(turn++, path));
          }
          continue;
        }
        idle = 0;
        chosen.kill("SIGKILL");
        contending.delete(chosen);
        starting.push(victim(turn++, path));
        expect(await chosen.exit).toBe("SIGKILL");
        // Mostly it is another victim that gets it; at times this thread, whose tasks wait longest.
        const looks = turn % 16 === 0 ? 0 : 50;
        for (let look = 0; look < looks && mutex.owner === chosen.pid; look++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        if (looks === 0 || mutex.owner === chosen.pid) {
          const acquisition = await mutex.acquireAsync({ timeout: STUCK_MS });
          if (acquisition === "owner-died") Atomics.add(words, TOLD, 1);
          else if (Atomics.load(words, HOLDER) !== 0) Atomics.add(words, VIOLATIONS, 1);
          Atomics.store(words, HOLDER, 0);
          mutex.release();
        }
        expect(words[VIOLATIONS]).toBe(0);
        killed = Atomics.load(words, TOLD);
        const next = starting.shift();
        if (next !== undefined) contending.add(await next);
      }
      expect(killed).toBeGreaterThanOrEqual(KILLS);
    } finally {
      for (const each of [...contending, ...(await Promise.all(starting))]) {
        await each[Symbol.asyncDispose]();
      }
    }
  },
);
