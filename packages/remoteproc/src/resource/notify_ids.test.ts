import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RemoteprocError } from "../error.ts";
import { buildResourceTable, type VdevRequest } from "./build.ts";
import type { VdevEntry } from "./entry.ts";
import { assignNotifyIds, NOTIFY_ID_COUNT, NotifyIds } from "./notify_ids.ts";
import { parseResourceTable } from "./parse.ts";
import { FW_RSC_NOTIFY_ID_ANY as ANY } from "./wire.ts";

const REFUSAL: unknown = expect.objectContaining({ name: "RemoteprocError", code: "NOTIFY_ID" });

/** Devices as they come from a table: the notify id of each, then those of its vrings. */
function vdevs(...ids: readonly (readonly [vdev: number, ...vrings: readonly number[]])[]) {
  const requests = ids.map(([notifyid, ...vrings]): VdevRequest => ({
    type: "vdev",
    id: 7,
    dfeatures: 1,
    notifyid,
    vrings: vrings.map((ring) => ({ num: 16, align: 16, notifyid: ring })),
  }));
  const { entries } = parseResourceTable(buildResourceTable(requests));
  return entries.filter((entry): entry is VdevEntry => entry.type === "vdev");
}

describe("T39 NotifyIds", () => {
  test("T39 gives each id once, the lowest first, and refuses when none is left", () => {
    const ids = new NotifyIds();
    const given = Array.from({ length: NOTIFY_ID_COUNT }, () => ids.allocate());
    expect(given).toEqual(Array.from({ length: NOTIFY_ID_COUNT }, (_, id) => id));
    expect(() => ids.allocate()).toThrow(REFUSAL);
    expect(ids.size).toBe(NOTIFY_ID_COUNT);
    ids.release(700);
    expect(ids.allocate()).toBe(700);
  });

  test("T39 a claim of a taken id is an error, not another id", () => {
    const ids = new NotifyIds();
    expect(ids.claim(5)).toBe(5);
    expect(() => ids.claim(5)).toThrow(REFUSAL);
    expect(ids.size).toBe(1);
  });

  test.each([-1, 0.5, Number.NaN, 1024, ANY, 2 ** 53])("T39 refuses the id %d", (id) => {
    const ids = new NotifyIds();
    expect(() => ids.claim(id)).toThrow(REFUSAL);
    expect(ids.size).toBe(0);
  });

  test("T39 claims at both edges", () => {
    const ids = new NotifyIds(256);
    expect([ids.claim(0), ids.claim(255)]).toEqual([0, 255]);
    expect(() => ids.claim(256)).toThrow(REFUSAL);
  });

  test.each([0, -1, 1.5, 1025, Number.POSITIVE_INFINITY])("refuses %d ids", (count) => {
    expect(() => new NotifyIds(count)).toThrow(REFUSAL);
  });
});

describe("T39 assignNotifyIds()", () => {
  test("numbers rings from 0 as Linux, and each device behind its rings", () => {
    expect(assignNotifyIds(new NotifyIds(), vdevs([ANY, ANY, ANY], [ANY, ANY, ANY]))).toEqual([
      { vdev: 2, vrings: [0, 1] },
      { vdev: 5, vrings: [3, 4] },
    ]);
  });

  test("T39 keeps fixed ids for those that fix them, even behind an ANY", () => {
    expect(assignNotifyIds(new NotifyIds(), vdevs([ANY, ANY, ANY], [31, 0, 1]))).toEqual([
      { vdev: 4, vrings: [2, 3] },
      { vdev: 31, vrings: [0, 1] },
    ]);
  });

  test.each([
    ["two rings with one id", vdevs([ANY, ANY, 1], [ANY, 1, ANY])],
    ["a device with the id of its ring", vdevs([0, ANY, 0])],
    ["an id beyond the last", vdevs([ANY, 0, 1], [ANY, 2, 1024])],
    [
      "more devices than ids",
      vdevs(...Array.from({ length: 342 }, () => [ANY, ANY, ANY] as const)),
    ],
  ])("T39 %s: all ids are free again", (_, devices) => {
    const ids = new NotifyIds();
    ids.claim(900);
    expect(() => assignNotifyIds(ids, devices)).toThrow(REFUSAL);
    expect(ids.size).toBe(1);
    expect(() => ids.claim(900)).toThrow(REFUSAL);
  });

  test("T39 whatever is fixed, ids are unique and fixed ones are kept, or none is taken", () => {
    const id = fc.oneof(fc.constant(ANY), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(id, id, id), { maxLength: 4 }), (wanted) => {
        const ids = new NotifyIds(12);
        const flat = wanted.flat();
        const fixed = flat.filter((each) => each !== ANY);
        const possible = new Set(fixed).size === fixed.length && !fixed.includes(12);
        const devices = vdevs(...wanted);
        let given: readonly number[] = [];
        try {
          given = assignNotifyIds(ids, devices).flatMap(({ vdev, vrings }) => [vdev, ...vrings]);
        } catch (error) {
          if (!RemoteprocError.isRemoteprocError(error)) throw error;
        }
        expect(given).toHaveLength(possible ? flat.length : 0);
        expect(new Set(given).size).toBe(given.length);
        expect(ids.size).toBe(given.length);
        expect(given.every((each, index) => flat[index] === ANY || flat[index] === each)).toBe(
          true,
        );
      }),
    );
  });
});
