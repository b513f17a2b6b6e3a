import { clearTimeout, setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { MetalError } from "../../error.ts";
import { moduleUrl } from "../worker/module_url.ts";
import type { PollOrder } from "./poll_order.ts";

/** Milliseconds that a Worker has to be up: it needs tens, and a loaded machine seconds. */
const START_TIMEOUT = 30_000;

/** The Worker of a poller. It does not keep the program alive unless it is told to. */
export interface PollWorker {
  /** Gets what the Worker tells: pairs of a token and what happened there. */
  listen(callback: (told: readonly number[]) => void): void;
  /** Keeps the program alive. */
  ref(): void;
  /** Lets the program end. */
  unref(): void;
  /** Resolves when the Worker has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/**
 * Starts the Worker of a poller.
 *
 * @param order What it watches.
 * @param wake Makes it end, also while it sleeps.
 * @returns The Worker, which is up.
 * @throws {MetalError} `UNSUPPORTED` where it does not start; the cause is kept.
 */
export async function startPollWorker(order: PollOrder, wake: () => void): Promise<PollWorker> {
  const worker = createWorker(order);
  let failure: unknown;
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", () => resolve());
    worker.on("error", (error: unknown) => {
      failure = error;
      resolve();
    });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const first = new Promise<"up">((resolve) => worker.once("message", () => resolve("up")));
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), START_TIMEOUT);
  });
  const state = await Promise.race([first, late, ended]);
  clearTimeout(timer);
  if (state !== "up") {
    // It may be up by now, and asleep: to terminate it alone would wait for ever on Node.
    wake();
    await worker.terminate();
    throw startError(state === "late" ? `it is not up after ${START_TIMEOUT} ms` : failure);
  }
  worker.unref();
  return {
    listen(callback) {
      worker.on("message", (told: unknown) => {
        if (isNumbers(told)) callback(told);
      });
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    ended,
  };
}

function createWorker(order: PollOrder): Worker {
  const url = moduleUrl("./poll_worker", import.meta.url);
  try {
    return new Worker(url, { workerData: order, name: "libmetal poll" });
  } catch (cause) {
    const refused = cause instanceof Error && cause.name === "NotCapable";
    throw startError(refused ? `Deno reads ${url.pathname} only with --allow-read` : cause, cause);
  }
}

function startError(reason: unknown, cause: unknown = reason): MetalError {
  return new MetalError(
    "UNSUPPORTED",
    `Start the Worker that waits for descriptors: ${String(reason)}`,
    { cause },
  );
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}
