import type { ProcessorCrash } from "@openamp/remoteproc";
import type { QmpEvent } from "../qmp/qmp_message.ts";
import type { QemuExit } from "./qemu_process.ts";

/** Gathers what the monitor tells before the end, and says what kind of end it was. */
export interface CrashWitness {
  /** Takes an event of the monitor. */
  see(event: QmpEvent): void;
  /**
   * Says why a processor that was not stopped is gone.
   *
   * @param exit How QEMU ended.
   * @returns The crash, as the kernel would name it.
   */
  testify(exit: QemuExit): ProcessorCrash;
}

/**
 * Makes a witness of one run of QEMU.
 *
 * @returns The witness.
 */
export function crashWitness(): CrashWitness {
  let watchdog = false;
  let shutdown: string | undefined;
  return {
    see({ name, data }) {
      if (name === "WATCHDOG") watchdog = true;
      if (name === "SHUTDOWN") shutdown = String(data["reason"]);
    },
    testify({ how, words }) {
      const end = `QEMU ended with ${how}${words === "" ? "" : `: ${words}`}`;
      if (watchdog) return { type: "watchdog", reason: `the watchdog reset it; ${end}` };
      if (shutdown === "guest-reset") {
        return { type: "fatal error", reason: `it reset itself (guest-reset); ${end}` };
      }
      const seen = shutdown === undefined ? end : `${end} (${shutdown})`;
      return { type: "fatal error", reason: seen };
    },
  };
}
