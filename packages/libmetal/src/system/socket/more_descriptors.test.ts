import { openEventfd, receiveDescriptors, sendDescriptors } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { leavesNothing } from "../../../fixtures/leaves_nothing.ts";
import { pair } from "../../../fixtures/socket_pair.ts";
import { loadLibrary } from "../ffi/load_library.ts";
import { LINUX } from "../libc/linux.ts";

test("a peer that sends more descriptors: an error, and none is left open", async () => {
  using sockets = await pair();
  using counter = await openEventfd();
  const { descriptor } = counter;
  for (const [sent, maximum] of [
    [4, 2],
    [4, 3],
    [1, 0],
    [253, 1],
  ] as const) {
    await leavesNothing(async () => {
      await sendDescriptors(
        sockets.ours,
        Array.from({ length: sent }, () => descriptor),
      );
      await expect(receiveDescriptors(sockets.theirs, { maximum })).rejects.toMatchObject({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining("all of them were closed"),
      });
    });
  }
  // The socket is as good as before.
  await sendDescriptors(sockets.ours, [descriptor]);
  using received = await receiveDescriptors(sockets.theirs, { maximum: 1 });
  expect(received.descriptors).toHaveLength(1);
});

/** Socket options by which the kernel adds to each message who has sent it (`asm/socket.h`). */
const SO_PASSCRED = 16;
const SO_PASSPIDFD = 76;

test("a peer that has made the socket add to its messages: the descriptors come, and no others", async () => {
  const library = await loadLibrary();
  const types = ["int", "int", "int", "bytes", "int"] as const;
  const setsockopt = library.bind("setsockopt", "int", types);
  const on = new Uint8Array(Int32Array.of(1).buffer);
  using sockets = await pair();
  using counter = await openEventfd();
  const { descriptor } = sockets.theirs;
  expect(setsockopt(descriptor, LINUX.SOL_SOCKET, SO_PASSCRED, on, on.length)).toBe(0);
  // Older kernels do not have the second: nothing is added then.
  setsockopt(descriptor, LINUX.SOL_SOCKET, SO_PASSPIDFD, on, on.length);
  await leavesNothing(async () => {
    await sendDescriptors(sockets.ours, [counter.descriptor, counter.descriptor]);
    using received = await receiveDescriptors(sockets.theirs);
    expect(received.descriptors).toHaveLength(2);
  });
});
