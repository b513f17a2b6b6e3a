import type { WaitOptions } from "@openamp/libmetal";
import {
  createRemoteproc,
  type Firmware,
  type ProcessorDriver,
  type Remoteproc,
  type StartOptions,
} from "@openamp/remoteproc";
import { openRpmsgHost, type RpmsgDevice } from "@openamp/rpmsg";
import { RPMSG_BUFFER_SIZE } from "@openamp/rpmsg/wire";
import { VirtioDeviceId } from "@openamp/virtio/wire";

import { type Channel, type ChannelOptions, openChannel, type OwnedChannel } from "./channel.ts";
import { OpenampError } from "./error.ts";

/** Milliseconds that the firmware has for its first sign of life, and for an announcement. */
const READY_TIMEOUT = 5000;
/** Buffers that Linux gives to a device at the most, both directions together. */
const BUFFERS_MAX = 512;

/** Firmware to boot: a path, a URL, the bytes, or any of these with a name for messages. */
export type BootImage = string | URL | Uint8Array | Firmware;

/** How the wait for firmware is made. */
export type ReadyOptions = WaitOptions;

/** A processor that can be booted and talked to: the short way through all the packages. */
export interface Processor extends AsyncDisposable {
  /** Its life cycle, resources and trace buffers. */
  readonly remoteproc: Remoteproc;
  /** The first rpmsg device of the running firmware; undefined where there is none. */
  readonly rpmsg: RpmsgDevice | undefined;

  /**
   * Loads firmware, starts it, and sets up its virtio devices. Resolves when the processor runs:
   * {@linkcode ready} and {@linkcode channel} wait for what the firmware does.
   *
   * @param image What to boot.
   * @param options How the start may end early.
   * @throws Whatever is wrong with the image, the platform, or the resource table. Nothing is then
   *   half-started.
   * @throws {OpenampError} `STOPPED` where it was stopped meanwhile.
   */
  boot(image: BootImage, options?: StartOptions): Promise<void>;
  /**
   * Waits for the firmware's first sign of life: a ring, a used buffer or an announcement.
   *
   * @param options How long; default 5000 ms.
   * @throws {OpenampError} `NOT_READY`, `NO_RPMSG`, `CRASHED`, `STOPPED`, `ABORTED`.
   */
  ready(options?: ReadyOptions): Promise<void>;
  /**
   * Opens a channel to a service, once the firmware has announced it.
   *
   * @param name The service's name.
   * @param options Addresses, depth, and how long to wait; default 5000 ms.
   * @throws {OpenampError} `NOT_ANNOUNCED`, `NO_RPMSG`, `CRASHED`, `STOPPED`, `ABORTED`.
   */
  channel(name: string, options?: ChannelOptions): Promise<Channel>;
  /** Ends the channels and stops the processor. Harmless when it does not run. */
  stop(): Promise<void>;
}

/**
 * Opens a processor: nothing is held and nothing runs before `boot`.
 *
 * @param driver The platform's part: `mps2an385()`, `workerProcessor()` …
 * @returns The processor; disposing of it stops it and releases everything.
 *
 * @example A Worker that lives, and offers no service
 * ```ts
 * import { openProcessor } from "@openamp/openamp";
 * import { workerProcessor } from "@openamp/platform-local";
 *
 * await using worker = await openProcessor(workerProcessor());
 * await worker.boot(new URL("data:text/javascript,setInterval(() => {}, 1000)"));
 * const code = await worker.channel("echo", { timeout: 10 }).catch((error) => error.code);
 * if (code !== "NOT_ANNOUNCED") throw new Error(`Unexpected: ${code}`);
 * ```
 */
export async function openProcessor(driver: ProcessorDriver): Promise<Processor> {
  const remoteproc = createRemoteproc(driver);
  const { clock, logger } = driver.environment;
  const channels = new Set<OwnedChannel>();
  let devices: RpmsgDevice[] = [];
  let booting: Promise<void> = Promise.resolve();

  function gone(what: string): OpenampError {
    const firmware = `${remoteproc.image?.name ?? "the firmware"} on ${driver.name}`;
    return remoteproc.crash === undefined
      ? new OpenampError("STOPPED", `${what}: ${firmware} is not running`)
      : new OpenampError("CRASHED", `${what}: ${firmware} died: ${remoteproc.crash.reason}`);
  }

  function closeDevices(): void {
    for (const channel of channels) channel.fail(gone(`Use channel "${channel.name}"`));
    for (const device of devices) device.close();
    devices = [];
  }

  async function setUpDevices(): Promise<void> {
    for (const vdev of remoteproc.resources.vdevs) {
      if (vdev.deviceId !== VirtioDeviceId.rpmsg) continue;
      const carveout = vdev.buffers(BUFFERS_MAX * RPMSG_BUFFER_SIZE);
      const device = await openRpmsgHost(vdev.transport, {
        buffers: {
          words: carveout.window.words,
          offset: carveout.da - carveout.window.bias,
          address: carveout.bus,
          size: carveout.size,
        },
        clock,
        logger,
      });
      devices.push(device);
    }
  }

  /** The firmware's device; where it is gone, or never was, the sentence that says so. */
  function firstDevice(what: string): RpmsgDevice {
    const [first] = devices;
    if (first !== undefined) return first;
    if (remoteproc.state !== "running") throw gone(what);
    const { image } = remoteproc;
    const lack =
      image?.resourceTable === undefined
        ? "has no resource table, so that it offers no rpmsg device"
        : "has no rpmsg device in its resource table";
    throw new OpenampError("NO_RPMSG", `${what}: ${image?.name} ${lack}`);
  }

  /** Runs boots one after the other: one that fails must not end what another has started. */
  function inTurn(boot: () => Promise<void>): Promise<void> {
    const turn = booting.then(boot);
    booting = turn.catch(() => undefined);
    return turn;
  }

  /** Turns the failure of a wait on the firmware into what a person wants to know. */
  function explain(
    error: unknown,
    what: string,
    late: "NOT_READY" | "NOT_ANNOUNCED",
    did: string,
  ): unknown {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const options = { cause: error };
    if (code === "TIMEOUT") {
      return new OpenampError(late, `${what}: ${remoteproc.image?.name} ${did}`, options);
    }
    if (code === "ABORTED") return new OpenampError("ABORTED", `${what}: aborted`, options);
    // We have closed its devices, and it may still be about to stop.
    return code === "CLOSED" && devices.length === 0 ? gone(what) : error;
  }

  // Whoever ends it, and however: also a device that is still being set up is to be closed.
  remoteproc.onState((state) => {
    if (state !== "running") closeDevices();
  });

  async function bootNow(image: BootImage, options: StartOptions | undefined): Promise<void> {
    if (remoteproc.state === "crashed") await remoteproc.stop();
    await remoteproc.load(firmwareOf(image));
    try {
      await remoteproc.start(options);
      await setUpDevices();
    } catch (error) {
      closeDevices();
      await remoteproc.shutdown();
      throw error;
    }
    if (remoteproc.state === "running") return;
    closeDevices();
    // Firmware that died meanwhile is reported by whoever waits for it next.
    if (remoteproc.crash === undefined) throw gone(`Boot ${driver.name}`);
  }

  return {
    remoteproc,
    get rpmsg() {
      return devices[0];
    },
    boot: (image, options) => inTurn(() => bootNow(image, options)),
    async ready(options = {}) {
      const what = `Wait for ${driver.name}`;
      const timeout = options.timeout ?? READY_TIMEOUT;
      try {
        await firstDevice(what).whenHeard({ ...options, timeout });
      } catch (error) {
        throw explain(error, what, "NOT_READY", `gave no sign of life within ${timeout} ms`);
      }
    },
    async channel(name, options = {}) {
      const what = `Open channel "${name}"`;
      const timeout = options.timeout ?? READY_TIMEOUT;
      try {
        const device = firstDevice(what);
        const destination =
          options.destination ??
          (await device.whenAnnounced(name, { ...options, timeout })).address;
        const onEnd = (): void => void channels.delete(channel);
        const channel = openChannel({ device, name, destination, clock, onEnd }, options);
        channels.add(channel);
        return channel;
      } catch (error) {
        throw explain(error, what, "NOT_ANNOUNCED", `did not announce it within ${timeout} ms`);
      }
    },
    async stop() {
      await resetDevices();
      closeDevices();
      await remoteproc.stop();
    },
    async [Symbol.asyncDispose]() {
      closeDevices();
      await remoteproc.shutdown();
    },
  };

  /** Takes the devices back from the firmware before it is stopped (VirtIO 1.3 §2.4). */
  async function resetDevices(): Promise<void> {
    if (remoteproc.state !== "running") return;
    for (const vdev of remoteproc.resources.vdevs) await vdev.transport.setStatus(0);
  }
}

function firmwareOf(image: BootImage): Firmware {
  if (image instanceof Uint8Array) return { name: "firmware", source: image };
  if (image instanceof URL) return { name: image.pathname.split("/").pop() ?? "", source: image };
  if (typeof image === "string") return { name: image.split("/").pop() ?? "", source: image };
  return image;
}
