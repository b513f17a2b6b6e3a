import { isPowerOfTwo, type StructField } from "@openamp/libmetal";

import { readName, readStruct } from "../layout.ts";
import type { CarveoutEntry, EntryPlace, ResourceEntry, VdevEntry, VringEntry } from "./entry.ts";
import { checkReserved, type TableReader } from "./table_reader.ts";
import {
  FW_RSC_CARVEOUT,
  FW_RSC_DEVMEM,
  FW_RSC_HDR,
  FW_RSC_TRACE,
  FW_RSC_VDEV,
  FW_RSC_VDEV_VRING,
  RSC,
  RVDEV_NUM_VRINGS,
} from "./wire.ts";

/** Legacy rings have a power of two of descriptors (VirtIO 1.3 §2.7). */
const VRING_SIZE_MAX = 32768;

/** The used ring holds 32-bit words (VirtIO 1.3 §2.7, alignment of the virtqueue parts). */
const VRING_ALIGN_MIN = 4;

/** Legacy alignment is a page (VirtIO 1.3 §2.7.2); the largest that Arm has is 64 KiB. */
const VRING_ALIGN_MAX = 65536;

/**
 * How many bytes an entry says it takes, rings and configuration space included.
 *
 * The sum is exact, since each part has at most 32 bits; it may be more than the table has.
 *
 * @param reader The table; the entry's type lies inside.
 * @param offset Where the entry starts.
 * @returns Bytes; for a type whose length is not defined, those of the type alone.
 */
export function entrySize({ bytes, view }: TableReader, offset: number): number {
  switch (view.getUint32(offset, true)) {
    case RSC.CARVEOUT:
      return FW_RSC_CARVEOUT.size;
    case RSC.DEVMEM:
      return FW_RSC_DEVMEM.size;
    case RSC.TRACE:
      return FW_RSC_TRACE.size;
    case RSC.VDEV: {
      if (bytes.length - offset < FW_RSC_VDEV.size) return FW_RSC_VDEV.size;
      const { num_of_vrings, config_len } = readStruct(FW_RSC_VDEV, view, offset);
      return FW_RSC_VDEV.size + num_of_vrings * FW_RSC_VDEV_VRING.size + config_len;
    }
    default:
      return FW_RSC_HDR.size;
  }
}

/**
 * Reads one entry, and reports each rule that it breaks.
 *
 * @param reader The table; the entry with its {@linkcode entrySize} lies inside.
 * @param place Where it is.
 * @returns The entry.
 */
export function readEntry(reader: TableReader, place: EntryPlace): ResourceEntry {
  const { bytes, view } = reader;
  const { index, offset } = place;
  const resourceType = view.getUint32(offset, true);
  switch (resourceType) {
    case RSC.CARVEOUT:
      return { type: "carveout", index, offset, ...readRange(reader, place, FW_RSC_CARVEOUT) };
    case RSC.DEVMEM:
      return { type: "devmem", index, offset, ...readRange(reader, place, FW_RSC_DEVMEM) };
    case RSC.TRACE: {
      checkReserved(reader, offset, FW_RSC_TRACE.fields.reserved, place);
      const { da, len } = readStruct(FW_RSC_TRACE, view, offset);
      const name = readNameField(reader, offset, FW_RSC_TRACE.fields.name);
      return { type: "trace", index, offset, da, len, name };
    }
    case RSC.VDEV:
      return readVdev(reader, place);
    default:
      break;
  }
  if (resourceType >= RSC.VENDOR_START && resourceType <= RSC.VENDOR_END) {
    const data = bytes.subarray(offset + FW_RSC_HDR.size);
    return { type: "vendor", index, offset, resourceType, data };
  }
  return { type: "unknown", index, offset, resourceType };
}

/** Carveout and devmem have the same members. */
function readRange(
  reader: TableReader,
  place: EntryPlace,
  layout: typeof FW_RSC_CARVEOUT | typeof FW_RSC_DEVMEM,
): Omit<CarveoutEntry, "type" | keyof EntryPlace> {
  checkReserved(reader, place.offset, layout.fields.reserved, place);
  const { da, pa, len, flags } = readStruct(layout, reader.view, place.offset);
  return { da, pa, len, flags, name: readNameField(reader, place.offset, layout.fields.name) };
}

/** The caller has checked that the device with all that follows it lies inside. */
function readVdev(reader: TableReader, place: EntryPlace): VdevEntry {
  const { bytes, view, report } = reader;
  const { index, offset } = place;
  checkReserved(reader, offset, FW_RSC_VDEV.fields.reserved, place);
  const fields = readStruct(FW_RSC_VDEV, view, offset);
  const { id, notifyid, dfeatures, gfeatures, status, num_of_vrings, config_len } = fields;
  if (num_of_vrings > RVDEV_NUM_VRINGS) {
    report("VDEV_VRINGS", `it has ${num_of_vrings} vrings, at most 2 are allowed`, place);
  }
  const vrings = Array.from({ length: num_of_vrings }, (_, number) =>
    readVring(reader, place, number),
  );
  const configOffset = offset + FW_RSC_VDEV.size + num_of_vrings * FW_RSC_VDEV_VRING.size;
  const config = bytes.subarray(configOffset, configOffset + config_len);
  return {
    type: "vdev",
    index,
    offset,
    id,
    notifyid,
    dfeatures,
    gfeatures,
    status,
    vrings,
    configOffset,
    config,
  };
}

function readVring(reader: TableReader, vdev: EntryPlace, number: number): VringEntry {
  const offset = vdev.offset + FW_RSC_VDEV.size + number * FW_RSC_VDEV_VRING.size;
  const vring = readStruct(FW_RSC_VDEV_VRING, reader.view, offset);
  if (!isPowerOfTwo(vring.num) || vring.num > VRING_SIZE_MAX) {
    reader.report(
      "VRING_SIZE",
      `vring ${number} has the queue size ${vring.num}, a power of two from 1 to 32768 is allowed`,
      vdev,
    );
  }
  const { align } = vring;
  if (!isPowerOfTwo(align) || align < VRING_ALIGN_MIN || align > VRING_ALIGN_MAX) {
    reader.report(
      "VRING_ALIGN",
      `vring ${number} has the alignment ${align}, a power of two from 4 to 65536 is allowed`,
      vdev,
    );
  }
  return { offset, ...vring };
}

/** The last byte is the NUL's place, whatever it holds: C readers put one there. */
function readNameField(reader: TableReader, offset: number, field: StructField): string {
  return readName(reader.bytes, offset + field.offset, field.size - 1);
}
