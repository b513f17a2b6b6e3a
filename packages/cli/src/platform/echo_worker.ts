/**
 * The remote's firmware of `openamp demo --platform local`: sends each message back to its source,
 * as `echo.elf` does on the Cortex-M3.
 *
 * @module
 */
import { openRemote } from "@openamp/platform-local/remote";
import { openRpmsgRemote } from "@openamp/rpmsg";

const [transport] = openRemote().vdevs;
if (transport === undefined) throw new Error("The resource table has no virtio device");
const rpmsg = await openRpmsgRemote(transport);

const endpoint = rpmsg.createEndpoint({
  name: "rpmsg-openamp-demo-channel",
  onMessage(message) {
    if (endpoint.trySendTo(message.bytes, message.source)) return;
    // No buffer is free: the copy waits for one, in the order in which the messages came.
    const copy = new Uint8Array(message.length);
    message.copyTo(copy);
    void endpoint.sendTo(copy, message.source);
  },
});
