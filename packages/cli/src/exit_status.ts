/**
 * What the exit status of the command says. The numbers are part of the interface and stay as they
 * are.
 */
export const ExitStatus = {
  /** The job was done, and nothing was wrong. */
  ok: 0,
  /** The job was done, and found something wrong: bytes that differ, messages lost, problems. */
  wrong: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The firmware cannot be read, or cannot be booted here. */
  image: 3,
  /** The platform cannot be had: no QEMU, or one that is too old or fails. */
  platform: 4,
  /** The firmware ran and did not do its part: it died, or was silent for too long. */
  firmware: 5,
  /** A fault of this program. `EX_SOFTWARE` of sysexits(3). */
  internal: 70,
} as const;

/** One row of the table of exit statuses. */
export interface ExitStatusRow {
  /** The status, as the documents write it. */
  readonly status: string;
  /** What it means, for a person. */
  readonly meaning: string;
}

/** The table of exit statuses: `--help` prints it and the README has it. */
export const EXIT_STATUS_ROWS: readonly ExitStatusRow[] = [
  { status: "0", meaning: "done, and nothing was wrong" },
  { status: "1", meaning: "done, and something was wrong: wrong bytes, lost messages, problems" },
  { status: "2", meaning: "the command line is wrong" },
  { status: "3", meaning: "the firmware cannot be read, or cannot be booted" },
  { status: "4", meaning: "the platform cannot be had: QEMU is missing, too old, or fails" },
  { status: "5", meaning: "the firmware ran, and died or did not answer in time" },
  { status: "70", meaning: "a fault of this program" },
  { status: "130, 143", meaning: "ended by SIGINT or SIGTERM (129 by SIGHUP)" },
];
