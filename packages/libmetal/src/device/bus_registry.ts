import { MetalError } from "../error.ts";
import { type Logger, LogLevel, silentLogger } from "../log/logger.ts";
import type { WaitOptions } from "../time/clock.ts";
import type { Bus } from "./bus.ts";
import type { Device } from "./device.ts";

/**
 * The buses of a program, by name. Upstream keeps them in `metal_common_state`, one list a process;
 * here a program makes as many registries as it likes.
 */
export interface BusRegistry {
  /**
   * Adds a bus. Upstream: `metal_bus_register`, whose check for a second bus of one name never
   * finds one.
   *
   * @param bus The bus.
   * @throws {MetalError} `EXISTS` where there is one of that name.
   */
  register(bus: Bus): void;
  /**
   * Adds a bus where it can be had, and otherwise remembers why not, so that a missing bus stops
   * nothing else: {@linkcode BusRegistry.find} tells the reason to whoever asks for it.
   *
   * @param name Its name.
   * @param make Makes it.
   * @returns The error, or undefined where the bus was added.
   * @throws {MetalError} `EXISTS` where there is a bus of that name.
   */
  tryRegister(name: string, make: () => Bus | Promise<Bus>): Promise<unknown>;
  /**
   * Takes a bus out. Its open devices stay open. Upstream: `metal_bus_unregister`.
   *
   * @param name Its name.
   * @throws {MetalError} `NOT_FOUND` where there is none of that name.
   */
  unregister(name: string): void;
  /**
   * Finds a bus. Upstream: `metal_bus_find`.
   *
   * @param name Its name.
   * @returns The bus.
   * @throws {MetalError} `NOT_FOUND` where there is none; the message has those that are, or the
   *   reason why this one is missing, which is also the cause.
   */
  find(name: string): Bus;
  /** The names of the buses, in the order in which they were added. */
  list(): readonly string[];
  /** What could not be added, with the reasons. */
  failures(): ReadonlyMap<string, unknown>;
  /**
   * Opens a device of a bus. Upstream: `metal_device_open`.
   *
   * @param bus The name of the bus.
   * @param device The name of the device.
   * @param options For how long to wait.
   * @returns The device, for its opener to close.
   * @throws {MetalError} As {@linkcode BusRegistry.find} and `Bus.open`.
   */
  open(bus: string, device: string, options?: WaitOptions): Promise<Device>;
}

/** What {@linkcode busRegistry} needs. */
export interface BusRegistryOptions {
  /** Takes a line for each bus that could not be added. Default: none is written. */
  readonly logger?: Logger;
}

/**
 * Makes a registry of buses, with no bus.
 *
 * @param options Where lines go.
 * @returns The registry.
 *
 * @example
 * ```ts
 * import { busRegistry, genericBus } from "@openamp/libmetal";
 *
 * const buses = busRegistry();
 * buses.register(genericBus({ devices: [{ name: "poll_dev" }] }));
 * await buses.tryRegister("pci", () => Promise.reject(new Error("no PCI here")));
 * using device = await buses.open("generic", "poll_dev");
 * if (device.name !== "poll_dev") throw new Error("The missing bus stops nothing else");
 * ```
 */
export function busRegistry(options: BusRegistryOptions = {}): BusRegistry {
  const { logger = silentLogger } = options;
  const buses = new Map<string, Bus>();
  const failures = new Map<string, unknown>();

  function mustBeNew(name: string): void {
    if (!buses.has(name)) return;
    throw new MetalError("EXISTS", `Register bus "${name}": there is a bus of that name already`);
  }

  function register(bus: Bus): void {
    mustBeNew(bus.name);
    failures.delete(bus.name);
    buses.set(bus.name, bus);
  }

  function find(name: string): Bus {
    const bus = buses.get(name);
    if (bus !== undefined) return bus;
    const cause = failures.get(name);
    if (cause !== undefined) {
      throw new MetalError("NOT_FOUND", `Find bus "${name}": ${reason(cause)}`, { cause });
    }
    const present = [...buses.keys()].map((each) => `"${each}"`).join(", ");
    throw new MetalError(
      "NOT_FOUND",
      `Find bus "${name}": there is ${present === "" ? "none at all" : present}`,
    );
  }

  return {
    register,
    async tryRegister(name, make) {
      mustBeNew(name);
      let bus: Bus;
      try {
        bus = await make();
      } catch (cause) {
        failures.set(name, cause);
        logger.log(LogLevel.warning, `bus ${name} is left out: ${reason(cause)}`);
        return cause;
      }
      register(bus);
      return undefined;
    },
    unregister(name) {
      find(name);
      buses.delete(name);
    },
    find,
    list: () => [...buses.keys()],
    failures: () => new Map(failures),
    open: async (bus, device, wait) => find(bus).open(device, wait),
  };
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
