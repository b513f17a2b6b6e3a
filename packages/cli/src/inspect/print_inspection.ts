import type { Io } from "../terminal/io.ts";
import { styled } from "../terminal/style.ts";
import { type Column, table } from "../terminal/table.ts";
import type { InspectedEntry, InspectedVdev, InspectReport } from "./inspect_report.ts";

const SEGMENTS: readonly Column[] = [
  { title: "segment", align: "right" },
  { title: "flags" },
  { title: "physical" },
  { title: "virtual" },
  { title: "in file", align: "right" },
  { title: "in memory", align: "right" },
];

const SECTIONS: readonly Column[] = [
  { title: "section" },
  { title: "address" },
  { title: "bytes", align: "right" },
];

const ENTRIES: readonly Column[] = [
  { title: "entry", align: "right" },
  { title: "type" },
  { title: "name" },
  { title: "address" },
  { title: "bytes", align: "right" },
];

const RINGS: readonly Column[] = [
  { title: "ring", align: "right" },
  { title: "entries", align: "right" },
  { title: "alignment", align: "right" },
  { title: "address" },
  { title: "notify id" },
];

/**
 * Prints what was read of an image, for a person.
 *
 * @param report What was read.
 * @param io Where to.
 */
export function printInspection(report: InspectReport, io: Io): void {
  const { file, size, machine, entry, segments, sections, resourceTable, problems } = report;
  io.out(
    machine === null || entry === null
      ? `${file}: ${size} bytes`
      : `${file}: ELF32 for ${machine.name}, starts at ${hex(entry)}, ${size} bytes`,
  );
  printTable(
    io,
    SEGMENTS,
    segments.map((segment) => [
      `${segment.index}`,
      segment.flags,
      hex(segment.physicalAddress),
      hex(segment.virtualAddress),
      `${segment.fileSize}`,
      `${segment.memorySize}`,
    ]),
  );
  printTable(
    io,
    SECTIONS,
    sections.map(({ name, address, size: bytes }) => [name, hex(address), `${bytes}`]),
  );
  if (resourceTable !== null) {
    const { address, loadAddress, entries } = resourceTable;
    const place = hex(loadAddress ?? address);
    io.out("");
    io.out(`resource table: ${entries.length} entries, ${resourceTable.size} bytes at ${place}`);
    printTable(io, ENTRIES, entries.map(entryCells));
    for (const each of entries) if (each.type === "vdev") printVdev(io, each);
  }
  io.out("");
  if (problems.length === 0) io.out(styled(io, "green", "no problems found"));
  for (const { message } of problems) io.out(`${styled(io, "red", "problem:")} ${message}`);
}

function entryCells(entry: InspectedEntry): readonly string[] {
  const index = `${entry.index}`;
  switch (entry.type) {
    case "carveout":
    case "devmem":
    case "trace":
      return [index, entry.type, entry.name, choice(entry.da, hex), `${entry.len}`];
    case "vdev":
      return [index, entry.type, entry.device];
    case "vendor":
    case "unknown":
    default:
      return [index, entry.type, `type ${entry.resourceType}`];
  }
}

function printVdev(io: Io, vdev: InspectedVdev): void {
  const { index, id, device, features, configSize, notifyid, vrings } = vdev;
  const offers = features.length === 0 ? "no features" : features.join(", ");
  io.out("");
  io.out(`virtio device in entry ${index}: ${device} (${id}), offers ${offers}`);
  io.out(`notify id ${choice(notifyid, String)}, ${configSize} bytes of configuration space`);
  printTable(
    io,
    RINGS,
    vrings.map((vring, ring) => [
      `${ring}`,
      `${vring.num}`,
      `${vring.align}`,
      choice(vring.da, hex),
      choice(vring.notifyid, String),
    ]),
  );
}

function printTable(
  io: Io,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): void {
  if (rows.length === 0) return;
  const [heading = "", ...lines] = table(columns, rows);
  io.out("");
  io.out(styled(io, "bold", heading));
  for (const line of lines) io.out(line);
}

function choice(value: number | null, show: (value: number) => string): string {
  return value === null ? "any" : show(value);
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}
