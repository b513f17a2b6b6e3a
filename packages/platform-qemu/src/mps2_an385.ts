import process from "node:process";
import { addressSpace, hostClock, listeners, LogLevel, silentLogger } from "@openamp/libmetal";
import { createSharedMemory, hostFiles, type MappedFile } from "@openamp/libmetal/system";
import {
  type HostEnvironment,
  loadElf,
  type ProcessorCrash,
  type ProcessorDriver,
  type ProcessorResources,
} from "@openamp/remoteproc";
import { ELF_MACHINES } from "@openamp/remoteproc/elf";
import { QemuError } from "./error.ts";
import { mps2An385MemoryMap } from "./memory_map.ts";
import { findQemu, type QemuCommand } from "./qemu/qemu_command.ts";
import { type QemuMachine, startMachine } from "./qemu/qemu_machine.ts";
import { type UartConsole, uartConsole } from "./uart/uart_console.ts";
import { uartDoorbell } from "./uart/uart_doorbell.ts";

const { psram, pool, vectorTable } = mps2An385MemoryMap;

/** What {@linkcode mps2an385} can be told. */
export interface Mps2An385Options {
  /** The processor's name in logs and messages. Default `m3`. */
  readonly name?: string;
  /** QEMU's executable: a path, or a name to look up in PATH. Default `qemu-system-arm`. */
  readonly qemu?: string;
  /** Further arguments for QEMU. */
  readonly qemuArguments?: readonly string[];
  /**
   * The whole environment of QEMU. Default: this program's PATH and nothing else, since QEMU runs
   * firmware that need not be trusted with what this program knows.
   */
  readonly qemuEnvironment?: Readonly<Record<string, string>>;
  /** Milliseconds until a start has failed. Default 10000. */
  readonly startTimeout?: number;
  /** Milliseconds until a stop becomes a kill. Default 5000. */
  readonly stopTimeout?: number;
  /** What the host lends. Default: its clock, its files, and a silent logger. */
  readonly environment?: Partial<HostEnvironment>;
}

/** All that exists between `prepare` and `unprepare`. */
interface Session {
  /** Ends every call that is under way. */
  readonly closing: AbortController;
  /** The call that is under way, if any; it never rejects. */
  call: Promise<unknown>;
  command: QemuCommand | undefined;
  shared: MappedFile | undefined;
  machine: QemuMachine | undefined;
}

/**
 * A Cortex-M3 in QEMU (machine `mps2-an385`) as the other processor.
 *
 * Each `start` runs a QEMU of its own. The 16 MiB of PSRAM at 0x21000000 are shared memory of this
 * process: the image lies at their start, with its vector table first, rings and buffers in the top
 * MiB. UART1 is the doorbell, UART0 the console; see {@linkcode mps2An385MemoryMap}. Nothing of it
 * has a name in the file system.
 *
 * Any end of QEMU that was not asked for is a crash, a reset by the firmware or by the watchdog
 * among them. QEMU is ended with this program, whichever way that ends.
 *
 * @param options What differs from the defaults.
 * @returns The driver, for `openProcessor`. Its calls throw `QemuError`: `prepare` `QEMU_MISSING`
 *   and `QEMU_TOO_OLD`, `start` `QEMU_FAILED` and `TIMEOUT`, all of them `ABORTED` and
 *   `INVALID_STATE`.
 *
 * @example
 * ```ts
 * import { mps2an385 } from "@openamp/platform-qemu";
 *
 * const driver = mps2an385({ name: "m3", startTimeout: 5000 });
 * if (driver.platform !== "qemu mps2-an385") throw new Error("The platform is named");
 * ```
 */
export function mps2an385(options: Mps2An385Options = {}): ProcessorDriver {
  const { name = "m3", qemu = "qemu-system-arm", qemuArguments = [] } = options;
  const { startTimeout = 10_000, stopTimeout = 5000 } = options;
  const environment: HostEnvironment = {
    clock: hostClock,
    logger: silentLogger,
    files: hostFiles,
    ...options.environment,
  };
  const { clock, logger } = environment;
  const qemuEnvironment = options.qemuEnvironment ?? searchPath();
  const doorbell = uartDoorbell(clock);
  const crashes = listeners<ProcessorCrash>();
  const lines = listeners<string>();
  let session: Session | undefined;

  /** Makes a call known to `unprepare`, which waits for its end. */
  function during<Value>(what: string, call: (current: Session) => Promise<Value>): Promise<Value> {
    const current = session;
    if (current === undefined) {
      return Promise.reject(new QemuError("INVALID_STATE", `${what} ${name}: it is not prepared`));
    }
    const result = call(current);
    current.call = result.catch(() => {});
    return result;
  }

  async function open(current: Session): Promise<ProcessorResources> {
    const { signal } = current.closing;
    const command = await findQemu(qemu, qemuEnvironment, { clock, timeout: startTimeout, signal });
    if (!command.guarded) {
      logger.log(
        LogLevel.notice,
        `${name}: setpriv cannot be run, so QEMU outlives this program if it is killed by SIGKILL`,
      );
    }
    current.command = command;
    current.shared = await createSharedMemory({
      name: psram.name,
      physicalAddress: psram.address,
      size: psram.size,
    });
    const { memory } = current.shared;
    const space = addressSpace([{ name: psram.name, address: psram.address, memory }]);
    return {
      da: space,
      bus: space,
      pool: { da: pool.address, bus: pool.address, size: pool.size },
      doorbell,
    };
  }

  async function run(current: Session, caller: AbortSignal | undefined): Promise<void> {
    const { command, shared, closing } = current;
    if (command === undefined || shared === undefined || current.machine !== undefined) {
      throw new QemuError("INVALID_STATE", `Start ${name}: it is not prepared, or runs already`);
    }
    const signal =
      caller === undefined ? closing.signal : AbortSignal.any([caller, closing.signal]);
    const uart0 = uartConsole((line) => lines.emit(line));
    const machine = await startMachine({
      command,
      machine: [...board(shared.path), ...qemuArguments],
      environment: qemuEnvironment,
      doorbell,
      onConsole: (chunk) => uart0.write(chunk),
      limit: { clock, timeout: startTimeout, signal },
    });
    logger.log(LogLevel.debug, `${name}: QEMU ${command.version} runs as process ${machine.pid}`);
    current.machine = machine;
    void watch(current, machine, uart0);
  }

  async function watch(current: Session, machine: QemuMachine, uart0: UartConsole): Promise<void> {
    const crash = await machine.ended;
    uart0.end();
    if (crash === undefined || current.machine !== machine) return;
    current.machine = undefined;
    crashes.emit(crash);
  }

  async function halt(current: Session): Promise<void> {
    const { machine } = current;
    // From here on its end is no crash.
    current.machine = undefined;
    await machine?.stop({ clock, timeout: stopTimeout });
  }

  return {
    name,
    platform: "qemu mps2-an385",
    environment,
    async prepare() {
      if (session !== undefined) {
        throw new QemuError("INVALID_STATE", `Prepare ${name}: it is prepared already`);
      }
      const current: Session = {
        closing: new AbortController(),
        call: Promise.resolve(),
        command: undefined,
        shared: undefined,
        machine: undefined,
      };
      session = current;
      try {
        return await during("Prepare", open);
      } catch (error) {
        current.shared?.close();
        session = undefined;
        throw error;
      }
    },
    load: (firmware, resources) =>
      during("Load", async (current) => {
        if (current.machine !== undefined) {
          // QEMU would go on with what it translated of the old code.
          throw new QemuError("INVALID_STATE", `Load "${firmware.name}" into ${name}: it runs`);
        }
        return loadElf(firmware, resources, environment, { machine: ELF_MACHINES.EM_ARM.value });
      }),
    start: (_image, signal) => during("Start", (current) => run(current, signal)),
    stop: () => (session === undefined ? Promise.resolve() : during("Stop", halt)),
    async unprepare() {
      const current = session;
      if (current === undefined) return;
      current.closing.abort();
      await current.call;
      try {
        await halt(current);
      } finally {
        current.shared?.close();
        if (session === current) session = undefined;
      }
    },
    onCrash: (callback) => crashes.add(callback),
    onConsole: (callback) => lines.add(callback),
  };
}

/** Without a PATH the operating system has its own; an empty one would name the current directory. */
function searchPath(): Readonly<Record<string, string>> {
  const { PATH } = process.env;
  return PATH === undefined ? {} : { PATH };
}

/** QEMU's arguments for the board, with its PSRAM in shared memory. */
function board(ram: string): readonly string[] {
  return [
    "-no-user-config -nodefaults -display none -accel tcg",
    "-machine mps2-an385,memory-backend=psram",
    `-object memory-backend-file,id=psram,size=${psram.size},mem-path=${ram},share=on`,
    `-global armv7m.init-nsvtor=0x${vectorTable.toString(16)}`,
  ].flatMap((line) => line.split(" "));
}
