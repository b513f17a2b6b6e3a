import { type Clock, hostClock, type Logger, LogLevel, silentLogger } from "@openamp/libmetal";
import { type VirtioDriverTransport, VirtioError } from "@openamp/virtio";
import {
  hasFeature,
  VIRTIO_CONFIG_S_ACKNOWLEDGE,
  VIRTIO_CONFIG_S_DRIVER,
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_CONFIG_S_FAILED,
  VirtioDeviceId,
  VirtioFeature,
} from "@openamp/virtio/wire";

import { type BufferMemory, HostBuffers } from "../buffer/host_buffers.ts";
import { RPMSG_BUFFER_SIZE, VIRTIO_RPMSG_F_NS } from "../wire/header.ts";
import type { RpmsgDevice } from "./rpmsg_device.ts";
import { VirtioRpmsgDevice } from "./virtio_rpmsg_device.ts";
import { POLL_INTERVAL, watch } from "./watchdog.ts";

/** Features that this driver understands: name service, and suppression by event index. */
const SUPPORTED = (1n << BigInt(VIRTIO_RPMSG_F_NS)) | (1n << BigInt(VirtioFeature.eventIndex));

/** What the host role needs. */
export interface RpmsgHostOptions {
  /** Memory for the buffers: room for two for each entry of a ring, or fewer buffers. */
  readonly buffers: BufferMemory;
  /**
   * Bytes of a buffer, header and payload: a multiple of 4, and of a cache line where the memory is
   * not coherent. Default 512.
   */
  readonly bufferSize?: number;
  /** Milliseconds between two looks when nobody rings; 0 for none. Default 100. */
  readonly pollInterval?: number;
  /** Measures every timeout. Default: this machine's. */
  readonly clock?: Clock;
  /** Takes what happens, in the kernel's words. Default: nobody. */
  readonly logger?: Logger;
}

/**
 * Opens rpmsg as the host, the virtio driver: resets the device, negotiates, posts the receive
 * buffers, sets DRIVER_OK, and rings until the remote shows a sign of life. Upstream:
 * `rpmsg_init_vdev` with the host role; in the kernel `rpmsg_probe`.
 *
 * @param transport Reaches the device, of type 7.
 * @param options Memory for buffers, and the environment.
 * @returns The device. Closing it does not reset the virtio device: its owner does.
 * @throws {VirtioError} `DEVICE_TYPE`, or what the transport throws.
 * @throws {RpmsgError} `BUFFERS` where the memory is too small.
 *
 * @example
 * ```ts
 * import { openRpmsgHost, openRpmsgRemote } from "@openamp/rpmsg";
 * import { doorbellPair, loopbackMemory, sharedVdev } from "@openamp/testing";
 *
 * const vdev = sharedVdev(loopbackMemory()); // or what a resource table offers
 * const [toRemote, toHost] = doorbellPair();
 * using host = await openRpmsgHost(vdev.driver(toRemote), { buffers: vdev.buffers });
 * using remote = await openRpmsgRemote(vdev.device(toHost));
 *
 * remote.createEndpoint({ name: "service" });
 * const { address } = await host.whenAnnounced("service");
 * const endpoint = host.createEndpoint({ destination: address });
 * await endpoint.send(new TextEncoder().encode("hello"));
 * if (host.counters.sent !== 1) throw new Error("One message went out");
 * ```
 */
export async function openRpmsgHost(
  transport: VirtioDriverTransport,
  options: RpmsgHostOptions,
): Promise<RpmsgDevice> {
  const { clock = hostClock, logger = silentLogger } = options;
  if (transport.deviceId !== VirtioDeviceId.rpmsg || transport.queueCount !== 2) {
    throw new VirtioError(
      "DEVICE_TYPE",
      `Open rpmsg on ${transport.name}: device type ${transport.deviceId} with ` +
        `${transport.queueCount} queues, rpmsg is type ${VirtioDeviceId.rpmsg} with 2`,
    );
  }
  let status = VIRTIO_CONFIG_S_ACKNOWLEDGE;
  await transport.setStatus(0);
  await transport.setStatus(status);
  try {
    await transport.setStatus((status |= VIRTIO_CONFIG_S_DRIVER));
    const features = (await transport.getFeatures()) & SUPPORTED;
    await transport.setFeatures(features);
    const receive = await transport.createQueue(0);
    const transmit = await transport.createQueue(1);
    const buffers = new HostBuffers(
      receive,
      transmit,
      options.buffers,
      options.bufferSize ?? RPMSG_BUFFER_SIZE,
    );
    const device = new VirtioRpmsgDevice({
      name: transport.name,
      buffers,
      nameService: hasFeature(features, VIRTIO_RPMSG_F_NS),
      notify: (queue) => transport.notify(queue),
      // The driver is the one that resets; a remote that starts anew says so by other means.
      isReset: () => false,
      clock,
      logger,
    });
    buffers.publishReceive();
    await transport.setStatus((status |= VIRTIO_CONFIG_S_DRIVER_OK));
    device.attach(transport.listen(() => device.notified()));
    // rpmsg-lite's link comes up on this kick, whether or not it asks to be notified.
    const kick = (): void => transport.notify(buffers.receiveQueue);
    device.attach(watch(device, clock, options.pollInterval ?? POLL_INTERVAL, kick));
    logger.log(LogLevel.info, `virtio_rpmsg_bus ${transport.name}: rpmsg host is online`);
    kick();
    // The remote may have rung before we listened.
    device.poll();
    return device;
  } catch (error) {
    // Where the transport itself is dead, the first error says more than this one.
    await transport.setStatus(status | VIRTIO_CONFIG_S_FAILED).catch(() => undefined);
    throw error;
  }
}
