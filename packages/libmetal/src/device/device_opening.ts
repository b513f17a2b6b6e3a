import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import type { Device, DeviceRegion } from "./device.ts";
import type { DeviceInterrupt } from "./device_interrupt.ts";
import type { DeviceParts } from "./device_parts.ts";
import { noProperties } from "./device_properties.ts";

/**
 * Makes one opening of a device.
 *
 * @param name The device.
 * @param bus Its bus.
 * @param parts What all openings share.
 * @param close What to do when this one closes.
 * @returns The opening.
 */
export function deviceOpening(
  name: string,
  bus: string,
  parts: DeviceParts,
  close: () => void,
): Device {
  const title = `device "${name}" of bus "${bus}"`;
  const properties = parts.properties ?? noProperties(name);
  const listening = new Set<Disposable>();
  let closed = false;

  function use(action: string): DeviceParts {
    if (closed) throw new MetalError("CLOSED", `${action} ${title}: it was closed before`);
    return parts;
  }

  function find<Part extends { readonly name: string }>(
    what: string,
    entries: readonly Part[] = [],
    which: number | string,
  ): Part {
    const found =
      typeof which === "number" ? entries[which] : entries.find((entry) => entry.name === which);
    if (found !== undefined) return found;
    const wanted = typeof which === "number" ? String(which) : `"${which}"`;
    const present = entries.map((entry, index) => `${index} "${entry.name}"`).join(", ");
    throw new MetalError(
      "NOT_FOUND",
      `Find ${what} ${wanted} of ${title}: it has ${present === "" ? "none" : present}`,
    );
  }

  const interrupts = (parts.interrupts ?? []).map((interrupt) =>
    interruptOfOpening(interrupt, listening, use),
  );

  const region = (which: number | string): DeviceRegion =>
    find("region", use("Find a region of").regions, which);

  const device: Device = {
    name,
    bus,
    driver: parts.driver,
    get closed() {
      return closed;
    },
    get regions() {
      return use("List the regions of").regions ?? [];
    },
    get interrupts() {
      use("List the interrupts of");
      return interrupts;
    },
    get properties() {
      use("Read properties of");
      return properties;
    },
    get dma() {
      return use("Map memory for").dma;
    },
    region,
    memory(which) {
      const found = region(which);
      if (isMemory(found)) return found;
      throw new MetalError(
        "UNSUPPORTED",
        `Map region "${found.name}" of ${title}: it is reached by calls only, through region()`,
      );
    },
    interrupt(which = 0) {
      use("Find an interrupt of");
      return find("interrupt", interrupts, which);
    },
    reset() {
      const { reset } = use("Reset");
      if (reset === undefined) {
        const through = parts.driver === undefined ? "its bus" : `the driver ${parts.driver}`;
        throw new MetalError("UNSUPPORTED", `Reset ${title}: ${through} cannot reset it`);
      }
      reset();
    },
    close() {
      if (closed) return;
      closed = true;
      for (const each of listening) each[Symbol.dispose]();
      close();
    },
    [Symbol.dispose]() {
      device.close();
    },
  };
  return device;
}

/** An interrupt as one opening sees it: its listeners end with the opening. */
function interruptOfOpening(
  interrupt: DeviceInterrupt,
  listening: Set<Disposable>,
  use: (action: string) => void,
): DeviceInterrupt {
  const { name } = interrupt;
  return {
    name,
    get count() {
      return interrupt.count;
    },
    listen(callback) {
      use(`Listen to interrupt "${name}" of`);
      const inner = interrupt.listen(callback);
      const listener = {
        [Symbol.dispose]() {
          listening.delete(listener);
          inner[Symbol.dispose]();
        },
      };
      listening.add(listener);
      return listener;
    },
    enable() {
      use(`Enable interrupt "${name}" of`);
      interrupt.enable();
    },
    disable() {
      use(`Disable interrupt "${name}" of`);
      interrupt.disable();
    },
    acknowledge() {
      use(`Acknowledge interrupt "${name}" of`);
      interrupt.acknowledge();
    },
  };
}

function isMemory(region: DeviceRegion): region is Memory {
  return "words" in region;
}
