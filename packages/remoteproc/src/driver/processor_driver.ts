import type { AddressSpace, Clock, Doorbell, FileSystem, Logger } from "@openamp/libmetal";

/** What the host lends to the packages above it. */
export interface HostEnvironment {
  /** Measures every timeout. */
  readonly clock: Clock;
  /** Takes what happens, in the kernel's words. */
  readonly logger: Logger;
  /** Firmware is read through it; absent where there are no files (a browser). */
  readonly files?: FileSystem;
}

/** Memory that the host hands out: rings and buffers that the firmware did not place itself. */
export interface CarveoutPool {
  /** The first address as the resource table names it. */
  readonly da: number;
  /** The same place as descriptors name it; equal to `da` on most platforms. */
  readonly bus: number;
  /** Bytes. */
  readonly size: number;
}

/** What a prepared processor shares with its host. */
export interface ProcessorResources {
  /** The memories that an image and a resource table may name. */
  readonly da: AddressSpace;
  /** The memories that a descriptor may name. */
  readonly bus: AddressSpace;
  /** Where the host places rings and buffers. It lies within `da` and `bus`, in one memory. */
  readonly pool: CarveoutPool;
  /** Tells the processor to look, and hears when it tells us. */
  readonly doorbell: Doorbell;
}

/** Firmware to load: a file, a module, or the bytes themselves. */
export interface Firmware {
  /** The name, for messages. */
  readonly name: string;
  /** Where it is, or what it is. A string is a path. */
  readonly source: string | URL | Uint8Array;
}

/** Where the resource table of a loaded image is. Upstream: `rproc->rsc_table`. */
export interface TablePlace {
  /** Its first byte, as a device address. */
  readonly da: number;
  /** Bytes. */
  readonly size: number;
}

/** An image that is in the processor's memory. */
export interface LoadedImage {
  /** The name, for messages. */
  readonly name: string;
  /** Bytes of the image file. */
  readonly size: number;
  /** Where the processor starts: `e_entry`. */
  readonly entry: number;
  /** Where the live resource table is; absent where the firmware has none. */
  readonly resourceTable?: TablePlace;
}

/** Why a processor died, in the kernel's words (`enum rproc_crash_type`). */
export interface ProcessorCrash {
  /** What kind of fault it was. */
  readonly type: "mmufault" | "watchdog" | "fatal error";
  /** What was seen, for a person. */
  readonly reason: string;
}

/**
 * The one thing that a platform package supplies. Upstream: `remoteproc_ops`, in the kernel
 * `rproc_ops`.
 *
 * The calls come in the order prepare, load, start, stop, unprepare; load, start and stop may come
 * again between prepare and unprepare. No call comes while another one is under way, except
 * `unprepare`, which may come at any moment and ends whatever goes on.
 */
export interface ProcessorDriver {
  /** The processor's name: `m3`, `r5@0`. The kernel logs it. */
  readonly name: string;
  /** The platform's name: `qemu mps2-an385`. */
  readonly platform: string;
  /** What the host lends. */
  readonly environment: HostEnvironment;
  /**
   * Maps the memories and opens what is needed to run. Nothing runs yet.
   *
   * @returns What the processor shares with its host.
   */
  prepare(): Promise<ProcessorResources>;
  /**
   * Brings firmware into the processor's memory, in two phases: everything is checked before the
   * first byte is written. Platforms whose processor runs ELF images call `loadElf`.
   *
   * @param firmware What to load.
   * @param resources What `prepare` returned.
   * @returns The loaded image.
   */
  load(firmware: Firmware, resources: ProcessorResources): Promise<LoadedImage>;
  /**
   * Lets the processor run.
   *
   * @param image The loaded image.
   * @param signal Aborts the start: what had been started is ended.
   */
  start(image: LoadedImage, signal?: AbortSignal): Promise<void>;
  /** Stops the processor and resolves when it no longer runs. Harmless when it does not run. */
  stop(): Promise<void>;
  /** Releases everything, whatever state it is in: no process, file or mapping stays behind. */
  unprepare(): Promise<void>;
  /**
   * Calls back when the processor died by itself, once per start. Not called for `stop`.
   *
   * @param callback Gets the reason.
   * @returns Ends the calls.
   */
  onCrash(callback: (crash: ProcessorCrash) => void): Disposable;
  /**
   * Calls back with what the processor prints, where the platform has a console line for it.
   *
   * @param callback Gets one line without its line end.
   * @returns Ends the calls.
   */
  onConsole?(callback: (line: string) => void): Disposable;
}
