import {
  type Clock,
  hostClock,
  type Logger,
  silentLogger,
  type WaitOptions,
} from "@openamp/libmetal";
import { type VirtioDeviceTransport, VirtioError } from "@openamp/virtio";
import { hasFeature, VirtioDeviceId } from "@openamp/virtio/wire";

import { RemoteBuffers } from "../buffer/remote_buffers.ts";
import { RPMSG_BUFFER_SIZE, VIRTIO_RPMSG_F_NS } from "../wire/header.ts";
import type { RpmsgDevice } from "./rpmsg_device.ts";
import { VirtioRpmsgDevice } from "./virtio_rpmsg_device.ts";
import { POLL_INTERVAL, watch } from "./watchdog.ts";

/** What the remote role needs. It needs no memory: the host lends the buffers. */
export interface RpmsgRemoteOptions extends WaitOptions {
  /** Bytes of a buffer, until the first that the host offers tells. Default 512. */
  readonly bufferSize?: number;
  /** Milliseconds between two looks when nobody rings; 0 for none. Default 100. */
  readonly pollInterval?: number;
  /** Measures every timeout. Default: this machine's. */
  readonly clock?: Clock;
  /** Takes what happens, in the kernel's words. Default: nobody. */
  readonly logger?: Logger;
}

/**
 * Opens rpmsg as the remote, the virtio device: waits for the driver, with a limit, and takes the
 * queues that it made. Upstream: `rpmsg_init_vdev` with the remote role.
 *
 * @param transport Reaches the driver.
 * @param options How long to wait for DRIVER_OK (default 5000 ms), and the environment.
 * @returns The device. It fails with `RESET` when the driver takes it back; open it again then.
 * @throws {VirtioError} `TIMEOUT`, `ABORTED`, `DEVICE_TYPE`, or what a bad ring throws.
 *
 * @example
 * ```ts
 * import { openRpmsgHost, openRpmsgRemote } from "@openamp/rpmsg";
 * import { doorbellPair, loopbackMemory, sharedVdev } from "@openamp/testing";
 *
 * const vdev = sharedVdev(loopbackMemory());
 * const [toRemote, toHost] = doorbellPair();
 * using host = await openRpmsgHost(vdev.driver(toRemote), { buffers: vdev.buffers });
 * using remote = await openRpmsgRemote(vdev.device(toHost), { timeout: 1000 });
 *
 * const echo = remote.createEndpoint({
 *   name: "echo",
 *   onMessage: (message) => void echo.trySendTo(message.bytes, message.source),
 * });
 * const answers: number[] = [];
 * const onMessage = (message: { length: number }) => answers.push(message.length);
 * host.createEndpoint({ destination: echo.address, onMessage }).trySend(new Uint8Array(7));
 * if (answers[0] !== 7) throw new Error("The remote sends back what came");
 * ```
 */
export async function openRpmsgRemote(
  transport: VirtioDeviceTransport,
  options: RpmsgRemoteOptions = {},
): Promise<RpmsgDevice> {
  const { clock = hostClock, logger = silentLogger } = options;
  if (transport.deviceId !== VirtioDeviceId.rpmsg || transport.queueCount !== 2) {
    throw new VirtioError(
      "DEVICE_TYPE",
      `Open rpmsg on ${transport.name}: device type ${transport.deviceId} with ` +
        `${transport.queueCount} queues, rpmsg is type ${VirtioDeviceId.rpmsg} with 2`,
    );
  }
  const features = await transport.waitForDriver(options);
  const transmit = transport.openQueue(0);
  const receive = transport.openQueue(1);
  const device = new VirtioRpmsgDevice({
    name: transport.name,
    buffers: new RemoteBuffers(transmit, receive, options.bufferSize ?? RPMSG_BUFFER_SIZE),
    nameService: hasFeature(features, VIRTIO_RPMSG_F_NS),
    notify: (queue) => transport.notify(queue),
    isReset: () => transport.isReset(),
    clock,
    logger,
  });
  device.attach(transport.listen(() => device.notified()));
  device.attach(watch(device, clock, options.pollInterval ?? POLL_INTERVAL));
  device.poll();
  return device;
}
