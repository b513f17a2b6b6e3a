import { expect, test } from "vitest";
import { virtioDeviceName, virtioFeatureNames } from "./virtio_names.ts";

test.each([
  [1, "network"],
  [7, "rpmsg"],
  [26, "file system"],
  [4711, "type 4711"],
])("device type %i is called %s", (id, name) => {
  expect(virtioDeviceName(id)).toBe(name);
});

test("the low bits mean what the device type says, the high ones what the ring says", () => {
  expect(virtioFeatureNames(7, 0x2000_0001)).toEqual([
    "VIRTIO_RPMSG_F_NS",
    "VIRTIO_RING_F_EVENT_IDX",
  ]);
  expect(virtioFeatureNames(1, 0x8000_0001)).toEqual(["bit 0", "bit 31"]);
  expect(virtioFeatureNames(7, 0)).toEqual([]);
});
