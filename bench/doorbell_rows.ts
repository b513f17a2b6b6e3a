/** A way to ring, of which the benchmark of doorbells has a row. */
export interface DoorbellRow {
  /** Who is at the ends. */
  readonly between: "processes" | "workers";
  /** What the doorbells are over. */
  readonly line: "atomics" | "futex" | "eventfd" | "seqpacket" | "stream" | "postMessage";
  /** How the ends wait: in the event loop, or blocked in `wait`. */
  readonly wait: "async" | "blocking";
  /** Looks at the word before it sleeps. */
  readonly spins: number;
}

/** Looks that take longer than a ring needs, and are over within a fraction of a millisecond. */
const SPINS = 2000;

function row(
  between: DoorbellRow["between"],
  line: DoorbellRow["line"],
  wait: DoorbellRow["wait"] = "async",
  spins: number = 0,
): DoorbellRow {
  return { between, line, wait, spins };
}

/** All of them, in the order of the report. */
export const doorbellRows: readonly DoorbellRow[] = [
  row("processes", "stream"),
  row("processes", "seqpacket"),
  row("processes", "eventfd"),
  row("processes", "futex"),
  row("processes", "futex", "async", SPINS),
  row("processes", "futex", "blocking"),
  row("processes", "futex", "blocking", SPINS),
  row("workers", "stream"),
  row("workers", "seqpacket"),
  row("workers", "eventfd"),
  row("workers", "atomics"),
  row("workers", "atomics", "async", SPINS),
  row("workers", "atomics", "blocking"),
  row("workers", "atomics", "blocking", SPINS),
  row("workers", "postMessage"),
];
