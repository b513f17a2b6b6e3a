import { openEventfd, receiveDescriptors, sendDescriptors } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { leavesNothing } from "../../../fixtures/leaves_nothing.ts";
import { pair } from "../../../fixtures/socket_pair.ts";

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
