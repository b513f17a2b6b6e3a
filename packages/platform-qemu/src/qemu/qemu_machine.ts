import type { ProcessorCrash } from "@openamp/remoteproc";
import { QemuError } from "../error.ts";
import { type Limit, within } from "../host/limit.ts";
import { openQmp, type QmpClient } from "../qmp/qmp_client.ts";
import type { UartDoorbell } from "../uart/uart_doorbell.ts";
import { crashWitness } from "./qemu_crash.ts";
import type { QemuCommand } from "./qemu_command.ts";
import { type QemuExit, type QemuProcess, spawnQemu } from "./qemu_process.ts";

/** Milliseconds that the kernel gets to carry out SIGKILL, and QEMU to end where it fails. */
const killTimeout = 5000;

/** The machine's own serial ports and monitor, on what {@linkcode spawnQemu} gives to QEMU. */
const ports: readonly string[] = [
  "-chardev stdio,id=console,signal=off -serial chardev:console",
  "-chardev socket,id=monitor,fd=3 -mon chardev=monitor,mode=control",
  "-chardev socket,id=doorbell,fd=4 -serial chardev:doorbell",
].flatMap((line) => line.split(" "));

/** What {@linkcode startMachine} needs. */
export interface MachineOptions {
  /** The QEMU to run. */
  readonly command: QemuCommand;
  /** The machine and its memory, as QEMU's arguments. */
  readonly machine: readonly string[];
  /** The whole environment of QEMU. */
  readonly environment: Readonly<Record<string, string>>;
  /** Gets connected to the second serial port. */
  readonly doorbell: UartDoorbell;
  /** Gets what the first serial port sends. */
  readonly onConsole: (chunk: Uint8Array) => void;
  /** How long the start may take. */
  readonly limit: Limit;
}

/** A machine whose processor runs, or ran. */
export interface QemuMachine {
  /** The process id of QEMU. */
  readonly pid: number;
  /** Resolves when QEMU is gone: with a crash, or with undefined after `stop`. Never rejects. */
  readonly ended: Promise<ProcessorCrash | undefined>;
  /**
   * Ends QEMU: by the monitor, or else by SIGKILL. Resolves when the process is gone
   * and its sockets are closed.
   *
   * @param limit How long QEMU may take to obey the monitor.
   * @throws {QemuError} `TIMEOUT` where even SIGKILL does not end it.
   */
  stop(limit: Limit): Promise<void>;
}

/**
 * Starts QEMU with its processor halted, takes up the monitor, and lets the processor run.
 *
 * A guest that resets itself ends QEMU: it would start again over rings that this host still uses.
 *
 * @param options What to start.
 * @returns The machine. A processor that dies at its first instruction counts as started: `ended`
 *   tells.
 * @throws {QemuError} `QEMU_FAILED`, `TIMEOUT`, `ABORTED`, `SYSTEM`. QEMU is gone then.
 */
export async function startMachine(options: MachineOptions): Promise<QemuMachine> {
  const { command, machine, environment, doorbell, onConsole, limit } = options;
  const qemu = await spawnQemu({
    words: [...command.words, ...machine, ...ports, "-action", "reboot=shutdown", "-S"],
    environment,
    onOutput: onConsole,
  });
  const witness = crashWitness();
  let stopped = false;
  doorbell.connect(qemu.doorbell);

  async function powerUp(): Promise<QmpClient> {
    const monitor = await openQmp(qemu.monitor, limit);
    monitor.onEvent((event) => witness.see(event));
    try {
      await monitor.execute("cont", limit);
    } catch (error) {
      // The processor ran, and was faster to die than QEMU to answer.
      if (!closedBy(error)) throw error;
    }
    // Any command is an event that makes QEMU look at all of its sockets again.
    const patience = { clock: limit.clock, timeout: limit.timeout };
    doorbell.wakeBy(() => void monitor.execute("query-status", patience).catch(() => {}));
    return monitor;
  }

  async function end(): Promise<ProcessorCrash | undefined> {
    const exit = await qemu.exited;
    return stopped ? undefined : witness.testify(exit);
  }

  try {
    const monitor = await within(`Start QEMU ("${command.qemu}")`, powerUp, limit);
    return {
      pid: qemu.pid,
      ended: end(),
      async stop(stopLimit) {
        stopped = true;
        // Whether it is obeyed is seen by the process, whatever the monitor answers.
        monitor.execute("quit", stopLimit).catch(() => {});
        await endOf(qemu, stopLimit);
      },
    };
  } catch (error) {
    if (!closedBy(error)) qemu.kill();
    const { how, words } = await endOf(qemu, { clock: limit.clock, timeout: killTimeout });
    if (!closedBy(error)) throw error;
    throw new QemuError(
      "QEMU_FAILED",
      `Start QEMU ("${command.qemu}" ${command.version}): it ended with ${how}: ${words}`,
      { cause: error },
    );
  }
}

/** True where QEMU closed the monitor, which it does only at its own end. */
function closedBy(error: unknown): boolean {
  return error instanceof QemuError && error.code === "QMP_CLOSED";
}

async function endOf(qemu: QemuProcess, limit: Limit): Promise<QemuExit> {
  const what = `End QEMU, process ${qemu.pid}`;
  try {
    return await within(what, () => qemu.exited, limit);
  } catch {
    // No SIGTERM first: QEMU's main loop carries it out, and that has not carried out `quit` either.
    qemu.kill();
  }
  const patience = { clock: limit.clock, timeout: killTimeout };
  return within(`${what}, by SIGKILL`, () => qemu.exited, patience);
}
