import { env } from "node:process";

/** How often a repeated test repeats. */
export interface Count {
  /** In `npm test`, which has ten minutes a runtime on two cores. */
  readonly short: number;
  /** In `bun run test:long`. */
  readonly long: number;
  /** The promise that the long count keeps. */
  readonly meets: string;
}

/** Every number of repetitions in the suite: tests take them from here, and from nowhere else. */
export const counts = {
  "announcements of a flood": {
    short: 100_000,
    long: 1_000_000,
    meets:
      "10^6 announcements leave a bounded table, bounded lines in the log, and a counter (T30)",
  },
  "boots in a row": {
    short: 10,
    long: 200,
    meets: "200 boots in a row leave no process, socket or file behind, and every one echoes",
  },
  "calls of two processes to one heap": {
    short: 20_000,
    long: 1_000_000,
    meets: "an allocator that two processes use at once: nothing overlaps, and all comes back",
  },
  "heaps that are scribbled over": {
    short: 300,
    long: 20_000,
    meets: "a heap that others scribble over is an error, and no hang and no access outside",
  },
  "histories of a device behind an IOMMU": {
    short: 100,
    long: 5000,
    meets: "whatever is mapped for a device, no two mappings share an address",
  },
  "histories of an address allocator": {
    short: 500,
    long: 50_000,
    meets: "device addresses are given out and taken back as a table of pages would",
  },
  "histories of an interrupt domain": {
    short: 500,
    long: 50_000,
    meets:
      "whatever is raised, switched and registered, interrupts go where a plain model sends them",
  },
  "increments of two processes": {
    short: 100_000,
    long: 10_000_000,
    meets: "real Atomics across processes: two that add to one word lose no addition",
  },
  "interrupts without a collection": {
    short: 1_000_000,
    long: 10_000_000,
    meets: "10 million interrupts of every kind cause no garbage collection on Node 24",
  },
  "killed owners of a mutex": {
    short: 30,
    long: 10_000,
    meets:
      "kill -9 of the owner, 10,000 times: never stuck, never two owners, the next one is told",
  },
  "litmus rounds": {
    short: 100_000,
    long: 10_000_000,
    meets: "message passing and store buffering across processes and runtimes: no violation",
  },
  "maps and unmaps of an IOMMU domain": {
    short: 100_000,
    long: 2_000_000,
    meets: "whatever is mapped and unmapped, an IOMMU domain leads where a table of pages leads",
  },
  "messages without a collection": {
    short: 1_000_000,
    long: 10_000_000,
    meets: "10 million messages of random length cause no garbage collection on Node 24",
  },
  "rings full of noise": {
    short: 20,
    long: 1000,
    meets: "a remote that writes anything into a ring costs one event, and nothing else",
  },
  "runs of the heap's model": {
    short: 150,
    long: 5000,
    meets: "the allocator does what a plain table does: nothing overlaps, and all comes back",
  },
  "users of a heap that are killed": {
    short: 12,
    long: 500,
    meets: "a process that dies at any instruction leaves the allocator neither locked nor broken",
  },
  "watches disposed of in a race": {
    short: 30,
    long: 2000,
    meets: "a watch that was disposed of is never told of what was on its way",
  },
  "scatter lists against flat arrays": {
    short: 100,
    long: 10_000,
    meets: "however a scatter list is cut and joined, it is the same row of bytes as a flat array",
  },
} as const satisfies Readonly<Record<string, Count>>;

export type Depth = "short" | "long";

/** The depth of this run: tools/test.ts sets the variable for every runtime. */
export const depth: Depth = env["OPENAMP_TEST_DEPTH"] === "long" ? "long" : "short";

/** An emulated processor takes ten times as long, and more: tools/arm64/pool.ts sets the variable. */
const share = env["OPENAMP_EMULATED"] === undefined ? 1 : 10;

/** The number of repetitions of the row `name` at this run's depth; a tenth on an emulated processor. */
export function count(name: keyof typeof counts): number {
  return Math.ceil(counts[name][depth] / share);
}
