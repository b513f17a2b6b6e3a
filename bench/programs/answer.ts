import process from "node:process";
import { createInterface } from "node:readline";

/** Measures for a number of milliseconds; gives the nanoseconds that a message took. */
export type Measure = (milliseconds: number) => number | Promise<number>;

/**
 * How a benchmark program is asked, the same as in c/answer.h: it says "ready", then answers each
 * line of standard input, a number of milliseconds, with one line, the nanoseconds of a message.
 *
 * @param measure What is asked for.
 */
export async function answer(measure: Measure): Promise<void> {
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    console.log((await measure(Number(line))).toFixed(3));
  }
}
