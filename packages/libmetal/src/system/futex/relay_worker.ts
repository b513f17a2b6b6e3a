/**
 * The Worker that sleeps on words for the thread that has started it.
 *
 * While nothing sleeps it is in its event loop. Otherwise it sleeps in futex_waitv(2), on all words
 * and on the one by which the thread calls it out. More than 127 words take turns of 5 ms; so they
 * do, one by one, where the kernel has no futex_waitv(2). A word that is not in its turn is looked
 * at when it is: then only a wake that comes with a change of the word is seen, which is what locks
 * and doorbells do.
 */
import { parentPort, workerData } from "node:worker_threads";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { futexWords } from "./futex_words.ts";
import { CONTROL_SENT, CONTROL_STOP, isRelayData, type RelayRequest } from "./relay_protocol.ts";
import { type FutexWaiter, futexWaitv } from "./waitv.ts";

/** Words of one sleep: one place is the control word's. */
const MOST_WORDS = LINUX.FUTEX_WAITV_MAX - 1;
/** Milliseconds of a sleep on all words: the Worker can only be ended between two. */
const SLICE = 500;
/** Milliseconds of a sleep on some of the words. */
const TURN = 5;

interface Sleeper extends FutexWaiter {
  readonly id: number;
}

const data: unknown = workerData;
const port = parentPort;
if (!isRelayData(data) || port === null) throw new TypeError("This is no Worker of a relay");
const report = (id: number): void => port.postMessage(id);
const libc = await loadLibc();
const calls = futexWords(libc);
const waitv = futexWaitv(libc);
const control = new Int32Array(data.control);
const controlAddress = libc.address(new Uint8Array(data.control));

// In the order of their turns: one that had its turn goes to the end.
const sleepers = new Map<number, Sleeper>();
let vectored = data.vectored;
let received = 0;
let scheduled = false;

port.on("message", (request: RelayRequest) => {
  received = (received + 1) | 0;
  const [id, address, expected] = request;
  if (address !== undefined && expected !== undefined) {
    sleepers.set(id, { id, address, expected });
  } else if (sleepers.delete(id)) {
    report(-id);
  }
  schedule();
});

/** Requests are taken between two turns. */
function schedule(): void {
  if (scheduled || sleepers.size === 0) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    if (Atomics.load(control, CONTROL_STOP) === 1) return;
    if (vectored) sleepOnMany();
    else sleepInTurn();
    schedule();
  });
}

function sleepOnMany(): void {
  const turn = [...sleepers.values()].slice(0, MOST_WORDS);
  const all = turn.length === sleepers.size;
  const words = [{ address: controlAddress, expected: received }, ...turn];
  const outcome = waitv(words, all ? SLICE : TURN);
  if (outcome === "unsupported") {
    vectored = false;
    return;
  }
  if (!all) for (const sleeper of turn) moveBehind(sleeper);
  if (outcome === "timed-out") return;
  if (typeof outcome === "number" && outcome > 0) tell(turn[outcome - 1]!);
  // Others may have been woken with it, of which the call says nothing. Where the word is what it was,
  // going on to sleep is right, as it would be for one that comes now.
  for (const sleeper of turn) {
    if (sleepers.has(sleeper.id) && sleep(sleeper, 0) !== "timed-out") tell(sleeper);
  }
}

function sleepInTurn(): void {
  for (const sleeper of [...sleepers.values()].slice(0, MOST_WORDS)) {
    if (Atomics.load(control, CONTROL_SENT) !== received) return;
    moveBehind(sleeper);
    if (sleep(sleeper, TURN / Math.min(sleepers.size, TURN)) !== "timed-out") tell(sleeper);
  }
}

function sleep({ address, expected }: FutexWaiter, milliseconds: number): string {
  return calls.wait(address, expected, milliseconds);
}

function moveBehind(sleeper: Sleeper): void {
  sleepers.delete(sleeper.id);
  sleepers.set(sleeper.id, sleeper);
}

function tell({ id }: Sleeper): void {
  sleepers.delete(id);
  report(id);
}
