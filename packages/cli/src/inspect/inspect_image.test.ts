import { image } from "@openamp/firmware";
import { buildResourceTable } from "@openamp/remoteproc/resource-table";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capturedIo } from "../../fixtures/captured_io.ts";
import { type Fault, spoiltImage } from "../../fixtures/images.ts";
import { inspectImage } from "./inspect_image.ts";
import { printInspection } from "./print_inspection.ts";

/** What a terminal would obey, besides the ends of lines. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

function printed(bytes: Uint8Array, file: string): string {
  const io = capturedIo();
  printInspection(inspectImage(bytes, file), io);
  return io.lines.join("\n");
}

describe("inspection of echo.elf", () => {
  test("gives segments, sections, and the table with its device", async () => {
    const bytes = await image("echo");
    expect(inspectImage(bytes, "echo.elf")).toEqual({
      file: "echo.elf",
      size: bytes.length,
      machine: { value: 40, name: "Arm" },
      entry: expect.any(Number),
      segments: [
        expect.objectContaining({ index: 0, flags: "r-x", physicalAddress: 0x21000000 }),
        expect.objectContaining({ index: 1, flags: "rw-", physicalAddress: 0x21010000 }),
      ],
      sections: [
        { name: ".text", address: 0x21000000, size: expect.any(Number) },
        { name: ".resource_table", address: 0x21010000, size: 140 },
        { name: ".trace", address: 0x21011000, size: 4096 },
        { name: ".bss", address: 0x20000000, size: expect.any(Number) },
      ],
      resourceTable: {
        address: 0x21010000,
        loadAddress: 0x21010000,
        size: 140,
        entries: [
          { index: 0, type: "trace", name: "trace0", da: 0x21011000, len: 4096 },
          {
            index: 1,
            type: "vdev",
            id: 7,
            device: "rpmsg",
            notifyid: 31,
            dfeatures: 1,
            features: ["VIRTIO_RPMSG_F_NS"],
            configSize: 0,
            vrings: [
              { da: null, align: 4096, num: 256, notifyid: null },
              { da: null, align: 4096, num: 256, notifyid: null },
            ],
          },
        ],
      },
      problems: [],
    });
  });

  test("prints for a person", async () => {
    const text = printed(await image("echo"), "echo.elf");
    expect(text).toMatch(/^echo\.elf: ELF32 for Arm, starts at 0x210000\w\w, \d+ bytes$/m);
    expect(text).toMatch(/^ +0 {2}r-x {4}0x21000000 {2}0x21000000 +\d+ +\d+$/m);
    expect(text).toMatch(/^\.resource_table {2}0x21010000 +140$/m);
    expect(text).toMatch(/^ +0 {2}trace {2}trace0 {2}0x21011000 +4096$/m);
    expect(text).toContain("virtio device in entry 1: rpmsg (7), offers VIRTIO_RPMSG_F_NS");
    expect(text).toMatch(/^ +1 +256 +4096 {2}any {6}any$/m);
    expect(text.endsWith("no problems found")).toBe(true);
  });
});

describe("problems", () => {
  test.each<[fault: Fault, code: string, machine: boolean]>([
    ["table-outside", "ELF_TRUNCATED", false],
    ["entry-outside", "TABLE_ENTRY_TRUNCATED", true],
  ])("of %s have the code %s", async (fault, code, machine) => {
    const report = inspectImage(await spoiltImage(fault), `${fault}.elf`);
    expect(report.problems.map((problem) => problem.code)).toEqual([code]);
    expect(report.problems[0]?.message).toContain(`${fault}.elf`);
    expect(report.machine !== null).toBe(machine);
  });

  test("an image without a table offers nothing", async () => {
    expect(inspectImage(await image("bare"), "bare.elf")).toMatchObject({
      resourceTable: null,
      problems: [{ code: "NO_RESOURCE_TABLE" }],
    });
  });

  test("what can be read is shown, and every problem is", async () => {
    const vring = { num: 256, align: 4096 };
    const table = buildResourceTable([
      {
        type: "vdev",
        id: 7,
        dfeatures: 1,
        notifyid: 5,
        vrings: [vring, { ...vring, notifyid: 5 }],
      },
    ]);
    const view = new DataView(table.buffer, table.byteOffset);
    const entry = view.getUint32(16, true);
    view.setUint32(entry + 28 + 4, 3, true);
    const report = inspectImage(await withTable(table), "odd.elf");
    expect(report.problems.map(({ code }) => code)).toEqual(["VRING_ALIGN", "NOTIFY_ID"]);
    expect(report.resourceTable?.entries).toHaveLength(1);
    for (const { message } of report.problems) expect(message).toContain("odd.elf");
  });

  test("what is no image is no more than its size and its problem", () => {
    expect(inspectImage(new TextEncoder().encode("notes"), "notes.txt")).toEqual({
      file: "notes.txt",
      size: 5,
      machine: null,
      entry: null,
      segments: [],
      sections: [],
      resourceTable: null,
      problems: [
        {
          code: "ELF_MAGIC",
          message: "notes.txt is no ELF image: it does not start with the bytes 7f 45 4c 46",
        },
      ],
    });
  });
});

describe("hostile images", () => {
  test("names cannot reach the terminal (T44)", async () => {
    const bytes = await spoiltImage("control-characters");
    const [trace] = inspectImage(bytes, "a.elf").resourceTable?.entries ?? [];
    expect(trace).toMatchObject({ name: "\\x1b[2J\\x9b" });
    expect(printed(bytes, "a\u001b[31m.elf")).not.toMatch(CONTROL);
  });

  test("bytes that were changed anywhere are inspected without an exception", async () => {
    const whole = await image("echo");
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice();
        for (const [index, byte] of changes) bytes[index] = byte;
        for (const part of [bytes, bytes.subarray(0, length)]) {
          expect(printed(part, "any.elf")).not.toMatch(CONTROL);
        }
      }),
    );
  });
});

/** `echo.elf` with another table, no longer than its own, in the place of its own. */
async function withTable(table: Uint8Array): Promise<Uint8Array> {
  const bytes = await image("echo");
  const { resourceTable } = inspectImage(bytes, "echo.elf");
  const segment = inspectImage(bytes, "echo.elf").segments[1];
  if (resourceTable === null || segment === undefined || table.length > resourceTable.size) {
    throw new Error("echo.elf has another table than this test expects");
  }
  // The table is the start of the second segment, whose program header tells its place in the file.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const place = view.getUint32(view.getUint32(28, true) + 32 + 4, true);
  bytes.fill(0, place, place + resourceTable.size);
  bytes.set(table, place);
  return bytes;
}
