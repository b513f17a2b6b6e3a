import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildResourceTable,
  type ResourceRequest,
  type VdevRequest,
  type VringRequest,
} from "./build.ts";
import { parseResourceTable } from "./parse.ts";
import { FW_RSC_ADDR_ANY, FW_RSC_NOTIFY_ID_ANY } from "./wire.ts";

const RING = { num: 16, align: 16 };
const TRACE = { type: "trace", name: "trace", da: 0, len: 16 } as const;

function vdev(vrings: readonly VringRequest[]): VdevRequest {
  return { type: "vdev", id: 7, dfeatures: 1, vrings };
}

describe("buildResourceTable()", () => {
  test("leaves the choice to the host where nothing is given", () => {
    const { entries } = parseResourceTable(
      buildResourceTable([
        { type: "carveout", name: "vdev0buffer", len: 0x8000 },
        { type: "vdev", id: 7, dfeatures: 1, vrings: [RING] },
      ]),
    );
    expect(entries).toMatchObject([
      { da: FW_RSC_ADDR_ANY, pa: FW_RSC_ADDR_ANY, flags: 0 },
      {
        notifyid: FW_RSC_NOTIFY_ID_ANY,
        gfeatures: 0,
        status: 0,
        vrings: [{ da: FW_RSC_ADDR_ANY, notifyid: FW_RSC_NOTIFY_ID_ANY, pa: 0 }],
        config: new Uint8Array(),
      },
    ]);
  });

  test("writes the bytes of <linux/remoteproc.h>", () => {
    const bytes = buildResourceTable([{ type: "trace", name: "log", da: 0x1234_5678, len: 0x400 }]);
    const head = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const offsets = [20, 0, 0, 0];
    const trace = [2, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 4, 0, 0, 0, 0, 0, 0];
    const name = [0x6c, 0x6f, 0x67, ...new Uint8Array(29)];
    expect([...bytes]).toEqual([...head, ...offsets, ...trace, ...name]);
  });

  test("starts each entry on a multiple of 4, whatever configuration precedes it", () => {
    const config = Uint8Array.of(1, 2, 3, 4, 5);
    const device = { type: "vdev", id: 1, dfeatures: 0, vrings: [], config } as const;
    const { entries } = parseResourceTable(buildResourceTable([device, device]));
    expect(entries).toMatchObject([
      { offset: 24, configOffset: 52, config },
      { offset: 60, configOffset: 88, config },
    ]);
  });

  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  const name = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 31,
  });
  const vring = fc.record({
    da: word,
    align: fc.constantFrom(4, 16, 64, 4096, 65536),
    num: fc.constantFrom(1, 2, 256, 32768),
    notifyid: word,
    pa: word,
  });
  const range = { da: word, pa: word, len: word, flags: word, name };
  const request: fc.Arbitrary<ResourceRequest> = fc.oneof(
    fc.record({ type: fc.constant("carveout"), ...range }),
    fc.record({ type: fc.constant("devmem"), ...range }),
    fc.record({ type: fc.constant("trace"), da: word, len: word, name }),
    fc.record({
      type: fc.constant("vdev"),
      id: word,
      notifyid: word,
      dfeatures: word,
      gfeatures: word,
      status: fc.nat(255),
      vrings: fc.array(vring, { maxLength: 2 }),
      config: fc.uint8Array({ maxLength: 20 }),
    }),
  );

  test("what it writes is what is read, and reading gives what can be written", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 6 }), (requests) => {
        const bytes = buildResourceTable(requests);
        const { entries } = parseResourceTable(bytes);
        expect(entries).toMatchObject(requests);
        const known = entries.filter((each) => each.type !== "vendor" && each.type !== "unknown");
        expect(buildResourceTable(known)).toEqual(bytes);
      }),
    );
  });

  test.each<readonly [string, string, ResourceRequest]>([
    ["a queue size of 3", "VRING_SIZE", vdev([{ num: 3, align: 16 }])],
    ["an alignment of 0", "VRING_ALIGN", vdev([{ num: 16, align: 0 }])],
    ["three vrings", "VDEV_VRINGS", vdev([RING, RING, RING])],
    ["256 vrings", "TABLE_FIELD", vdev(Array.from({ length: 256 }, () => RING))],
    ["an address beyond 32 bits", "TABLE_FIELD", { ...TRACE, da: 2 ** 32 }],
    ["a negative length", "TABLE_FIELD", { ...TRACE, len: -1 }],
    ["a name of 32 characters", "TABLE_FIELD", { ...TRACE, name: "x".repeat(32) }],
    ["a name with a NUL", "TABLE_FIELD", { ...TRACE, name: "a\0b" }],
    ["a name with a wide character", "TABLE_FIELD", { ...TRACE, name: "\u0100" }],
  ])("refuses %s", (_, code, broken) => {
    expect(() => buildResourceTable([broken])).toThrow(
      expect.objectContaining({ name: "RemoteprocError", code }),
    );
  });
});
