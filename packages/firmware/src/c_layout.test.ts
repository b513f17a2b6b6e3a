import { describe, expect, test } from "vitest";
import { cConstants, cLayout, systemConstants, systemLayout } from "../tools/c_layout.ts";

/** What two sets of facts both speak of, as each of them has it. */
function common<Value>(
  ours: Readonly<Record<string, Value>>,
  theirs: Readonly<Record<string, Value>>,
): { readonly names: string[]; readonly ours: unknown; readonly theirs: unknown } {
  const names = Object.keys(ours).filter((name) => name in theirs);
  const pick = (facts: Readonly<Record<string, Value>>): unknown =>
    Object.fromEntries(names.map((name) => [name, facts[name]]));
  return { names, ours: pick(ours), theirs: pick(theirs) };
}

describe("the firmware's wire headers", () => {
  test("lay rings out as <linux/virtio_ring.h> does", async () => {
    const { names, ours, theirs } = common(await cLayout(), await systemLayout());
    expect(names).toStrictEqual(["vring_desc", "vring_avail", "vring_used_elem", "vring_used"]);
    expect(ours).toStrictEqual(theirs);
  });

  test("have the constants of <linux/virtio_ring.h>, virtio_config.h and virtio_ids.h", async () => {
    const { names, ours, theirs } = common(await cConstants(), await systemConstants());
    expect(names).toHaveLength(12);
    expect(ours).toStrictEqual(theirs);
  });

  // No header of these two is exported to user space, so the rows stand here, from
  // drivers/rpmsg/virtio_rpmsg_bus.c, include/linux/rpmsg/ns.h and include/linux/remoteproc.h.
  test("lay messages out as Linux does", async () => {
    const layout = await cLayout();
    expect(layout["rpmsg_hdr"]).toStrictEqual({
      size: 16,
      fields: { src: 0, dst: 4, reserved: 8, len: 12, flags: 14 },
    });
    expect(layout["rpmsg_ns_msg"]).toStrictEqual({
      size: 40,
      fields: { name: 0, addr: 32, flags: 36 },
    });
    expect(await cConstants()).toMatchObject({
      VIRTIO_RPMSG_F_NS: 0,
      RPMSG_RESERVED_ADDRESSES: 1024,
      RPMSG_NS_ADDR: 53,
      RPMSG_NAME_SIZE: 32,
      RPMSG_NS_CREATE: 0,
      RPMSG_NS_DESTROY: 1,
    });
  });

  test("lay the resource table out as Linux does", async () => {
    const memory = {
      size: 56,
      fields: { type: 0, da: 4, pa: 8, len: 12, flags: 16, reserved: 20, name: 24 },
    };
    const vdev = {
      type: 0,
      id: 4,
      notifyid: 8,
      dfeatures: 12,
      gfeatures: 16,
      config_len: 20,
      status: 24,
      num_of_vrings: 25,
      reserved: 26,
    };
    expect(await cLayout()).toMatchObject({
      resource_table: { size: 16, fields: { ver: 0, num: 4, reserved: 8, offset: 16 } },
      fw_rsc_carveout: memory,
      fw_rsc_devmem: memory,
      fw_rsc_trace: { size: 48, fields: { type: 0, da: 4, len: 8, reserved: 12, name: 16 } },
      fw_rsc_vdev: { size: 28, fields: vdev },
      fw_rsc_vdev_vring: { size: 20, fields: { da: 0, align: 4, num: 8, notifyid: 12, pa: 16 } },
    });
    expect(await cConstants()).toMatchObject({
      RESOURCE_TABLE_VERSION: 1,
      RSC_CARVEOUT: 0,
      RSC_DEVMEM: 1,
      RSC_TRACE: 2,
      RSC_VDEV: 3,
      RSC_VENDOR_START: 128,
      RSC_VENDOR_END: 512,
      FW_RSC_ADDR_ANY: 0xffffffff,
      FW_RSC_NOTIFY_ID_ANY: 0xffffffff,
    });
  });
});
