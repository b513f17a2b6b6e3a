import process from "node:process";
import { createInterface } from "node:readline";

/** Measures for a number of milliseconds; gives nanoseconds: of a message, and what else it measures. */
export type Measure = (milliseconds: number) => readonly number[] | Promise<readonly number[]>;

/**
 * How a benchmark program is asked, the same as in c/answer.h: it says "ready", then answers each
 * line of standard input, a number of milliseconds, with one line, the nanoseconds of a message and
 * what else the program measures.
 *
 * @param measure What is asked for.
 */
export async function answer(measure: Measure): Promise<void> {
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const results = await measure(Number(line));
    console.log(results.map((nanoseconds) => nanoseconds.toFixed(3)).join(" "));
  }
}
