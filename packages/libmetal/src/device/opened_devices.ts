import type { Device } from "./device.ts";
import { deviceOpening } from "./device_opening.ts";
import type { DeviceParts } from "./device_parts.ts";

/** The devices of one bus that are open, each with a count of its openings. */
export interface OpenedDevices {
  /**
   * Opens a device, or counts one more opening of a device that is open or being opened.
   *
   * @param name Its name.
   * @param open Makes it; called only where it is not open.
   * @returns An opening of its own.
   * @throws What `open` throws; the device is not open then.
   */
  open(name: string, open: () => DeviceParts | Promise<DeviceParts>): Promise<Device>;
  /** How many openings a device has. */
  openings(name: string): number;
}

interface Opened {
  readonly parts: Promise<DeviceParts>;
  openings: number;
}

/**
 * Counts the openings of the devices of a bus: what every bus is made with.
 *
 * @param bus The name of the bus.
 * @returns No device yet.
 *
 * @example
 * ```ts
 * import { openedDevices } from "@openamp/libmetal";
 *
 * const devices = openedDevices("simulated");
 * const released: string[] = [];
 * const make = () => ({ release: () => void released.push("uart0") });
 * const first = await devices.open("uart0", make);
 * const second = await devices.open("uart0", make);
 * first.close();
 * if (released.length > 0) throw new Error("It is open a second time");
 * second.close();
 * if (released.length === 0) throw new Error("The last one gives it back");
 * ```
 */
export function openedDevices(bus: string): OpenedDevices {
  const opened = new Map<string, Opened>();

  function begin(name: string, open: () => DeviceParts | Promise<DeviceParts>): Opened {
    const entry: Opened = { parts: Promise.resolve().then(open), openings: 0 };
    opened.set(name, entry);
    return entry;
  }

  function openingOf(name: string, entry: Opened, parts: DeviceParts): Device {
    entry.openings++;
    return deviceOpening(name, bus, parts, () => {
      entry.openings--;
      if (entry.openings > 0) return;
      opened.delete(name);
      parts.release?.();
    });
  }

  return {
    async open(name, open) {
      for (;;) {
        const other = opened.get(name);
        const entry = other ?? begin(name, open);
        try {
          const parts = await entry.parts;
          // Its openings may all have closed since it resolved.
          if (opened.get(name) === entry) return openingOf(name, entry, parts);
        } catch (cause) {
          if (opened.get(name) === entry) opened.delete(name);
          // What another one was refused, by its own signal or limit, is not refused to us.
          if (other === undefined) throw cause;
        }
      }
    },
    openings: (name) => opened.get(name)?.openings ?? 0,
  };
}
