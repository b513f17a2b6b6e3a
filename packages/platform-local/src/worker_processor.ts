import { Worker } from "node:worker_threads";

import {
  addressSpace,
  bufferMemory,
  type Clock,
  hostClock,
  listeners,
  type Logger,
  silentLogger,
  type Timer,
} from "@openamp/libmetal";
import type {
  Firmware,
  HostEnvironment,
  LoadedImage,
  ProcessorCrash,
  ProcessorDriver,
  ProcessorResources,
} from "@openamp/remoteproc";
import { buildResourceTable } from "@openamp/remoteproc/resource-table";
import { VirtioDeviceId } from "@openamp/virtio/wire";

import { type AtomicsDoorbell, atomicsDoorbell, DOORBELL_BYTES } from "./atomics_doorbell.ts";
import { LocalError } from "./error.ts";
import type { WorkerBoot } from "./worker_boot.ts";

/** The device address of the shared memory: nothing is at 0, so that a null address is refused. */
const MEMORY_ADDRESS = 0x10000000;
/** Bytes at the start of the memory for the resource table. */
const TABLE_AREA = 4096;
/** Bytes of the shared memory by default: two rings of 256 and 512 buffers of 512, and room. */
const MEMORY_SIZE = 1024 * 1024;
/** Bytes of the least memory, in which rings and some buffers have room, and of each step. */
const MEMORY_SIZE_MIN = 65536;
const MEMORY_SIZE_STEP = 4096;
/** Milliseconds that a Worker has to be up: it needs tens, and a loaded machine seconds. */
const START_TIMEOUT = 30_000;
/** Entries of each ring. */
const RING_SIZE = 256;
/** Alignment of each ring. */
const RING_ALIGN = 4096;
/** `VIRTIO_RPMSG_F_NS`: the remote announces its services. */
const FEATURES = 1;

/** How a Worker is made a processor. */
export interface WorkerProcessorOptions {
  /** Its name in the log. Default `worker`. */
  readonly name?: string;
  /** Bytes of the shared memory: a multiple of 4096, 65536 and up. Default 1 MiB. */
  readonly memorySize?: number;
  /** Measures every timeout. Default: this machine's. */
  readonly clock?: Clock;
  /** Takes what happens, in the kernel's words. Default: nobody. */
  readonly logger?: Logger;
}

/**
 * A Worker of this process as the other processor: its firmware is a module, whose URL is booted.
 * The module takes its side with `openRemote` of `@openamp/platform-local/remote`.
 *
 * Each start is a new Worker; an uncaught error or an exit of it is a crash.
 *
 * @param options Name, memory and environment.
 * @returns The platform's part of the processor. Its `prepare` throws `MEMORY_SIZE`, its `load`
 *   `MODULE`, its `start` `START` ({@linkcode LocalError}).
 *
 * @example
 * ```ts
 * import { createRemoteproc } from "@openamp/remoteproc";
 * import { workerProcessor } from "@openamp/platform-local";
 *
 * await using processor = createRemoteproc(workerProcessor({ name: "worker" }));
 * const source = new URL("data:text/javascript,setInterval(() => {}, 1000)");
 * await processor.load({ name: "idle", source });
 * await processor.start();
 * if (processor.state !== "running") throw new Error("The Worker is up");
 * ```
 */
export function workerProcessor(options: WorkerProcessorOptions = {}): ProcessorDriver {
  const name = options.name ?? "worker";
  const environment: HostEnvironment = {
    clock: options.clock ?? hostClock,
    logger: options.logger ?? silentLogger,
  };
  const crashes = listeners<ProcessorCrash>();
  let memory: SharedArrayBuffer | undefined;
  let doorbellWords: SharedArrayBuffer | undefined;
  let doorbell: AtomicsDoorbell | undefined;
  let module: URL | undefined;
  let worker: Worker | undefined;

  async function prepare(): Promise<ProcessorResources> {
    const { memorySize = MEMORY_SIZE } = options;
    if (!(memorySize >= MEMORY_SIZE_MIN && memorySize % MEMORY_SIZE_STEP === 0)) {
      throw new LocalError(
        "MEMORY_SIZE",
        `Prepare ${name}: its memory is to have ${memorySize} bytes, which is not a multiple of ` +
          `${MEMORY_SIZE_STEP} from ${MEMORY_SIZE_MIN}`,
      );
    }
    memory = new SharedArrayBuffer(memorySize);
    doorbellWords = new SharedArrayBuffer(DOORBELL_BYTES);
    doorbell = atomicsDoorbell(new Int32Array(doorbellWords), 0);
    const mapped = bufferMemory({ name, physicalAddress: MEMORY_ADDRESS, buffer: memory });
    const space = addressSpace([{ name, address: MEMORY_ADDRESS, memory: mapped }]);
    const pool = MEMORY_ADDRESS + TABLE_AREA;
    const size = mapped.size - TABLE_AREA;
    return { da: space, bus: space, pool: { da: pool, bus: pool, size }, doorbell };
  }

  async function load(firmware: Firmware, resources: ProcessorResources): Promise<LoadedImage> {
    module = moduleOf(firmware);
    const vring = { num: RING_SIZE, align: RING_ALIGN };
    const table = buildResourceTable([
      { type: "vdev", id: VirtioDeviceId.rpmsg, dfeatures: FEATURES, vrings: [vring, vring] },
    ]);
    const window = resources.da.resolve(MEMORY_ADDRESS, TABLE_AREA);
    window?.memory.writeBlock(0, table);
    return {
      name: firmware.name,
      size: table.length,
      entry: MEMORY_ADDRESS,
      resourceTable: { da: MEMORY_ADDRESS, size: table.length },
    };
  }

  async function start(image: LoadedImage, signal?: AbortSignal): Promise<void> {
    if (memory === undefined || doorbellWords === undefined || module === undefined) {
      throw new LocalError("START", `Start ${name}: nothing is loaded`);
    }
    signal?.throwIfAborted();
    const boot: WorkerBoot = {
      openamp: 1,
      memory,
      address: MEMORY_ADDRESS,
      tableSize: image.resourceTable?.size ?? 0,
      doorbell: doorbellWords,
    };
    const started = new Worker(module, { workerData: boot, name });
    worker = started;
    let up = false;
    let reason = "";
    let abort: (() => void) | undefined;
    let deadline: Timer | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        deadline = environment.clock.after(START_TIMEOUT, () => {
          const late = `it was not up within ${START_TIMEOUT} ms`;
          reject(new LocalError("START", `Start ${name} with ${image.name}: ${late}`));
        });
        const fail = (cause: unknown): void =>
          reject(new LocalError("START", `Start ${name} with ${image.name}: ${reason}`, { cause }));
        abort = () => reject(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
        started.on("online", () => resolve());
        started.on("error", (error: unknown) => {
          reason = error instanceof Error ? error.message : String(error);
          if (!up) fail(error);
        });
        started.on("exit", (code) => {
          reason ||= `its Worker ended with code ${code}`;
          if (!up) fail(undefined);
          else if (worker === started) crashes.emit({ type: "fatal error", reason });
        });
      });
      up = true;
    } catch (error) {
      await stop();
      throw error;
    } finally {
      deadline?.cancel();
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
    }
  }

  async function stop(): Promise<void> {
    const stopping = worker;
    worker = undefined;
    await stopping?.terminate();
  }

  return {
    name,
    platform: "local worker",
    environment,
    prepare,
    load,
    start,
    stop,
    async unprepare() {
      await stop();
      doorbell?.[Symbol.dispose]();
      doorbell = undefined;
      doorbellWords = undefined;
      memory = undefined;
    },
    onCrash: (callback) => crashes.add(callback),
  };
}

function moduleOf(firmware: Firmware): URL {
  const { source } = firmware;
  if (source instanceof URL) return source;
  if (typeof source === "string" && URL.canParse(source)) return new URL(source);
  throw new LocalError(
    "MODULE",
    `Load ${firmware.name}: the firmware of a Worker is a module, give its URL`,
  );
}
