import type { StructField } from "@openamp/libmetal";

import { RemoteprocError } from "../error.ts";
import { writeStruct } from "../layout.ts";
import { parseResourceTable } from "./parse.ts";
import {
  FW_RSC_ADDR_ANY,
  FW_RSC_CARVEOUT,
  FW_RSC_DEVMEM,
  FW_RSC_NOTIFY_ID_ANY,
  FW_RSC_TRACE,
  FW_RSC_VDEV,
  FW_RSC_VDEV_VRING,
  RESOURCE_TABLE,
  RESOURCE_TABLE_VERSION,
  RSC,
} from "./wire.ts";

/** A request for memory; a `CarveoutEntry` is one. */
export interface CarveoutRequest {
  readonly type: "carveout";
  /** At most 31 characters, each of one byte. */
  readonly name: string;
  /** Bytes. */
  readonly len: number;
  /** Device address; `FW_RSC_ADDR_ANY` when absent. */
  readonly da?: number;
  /** Physical address; `FW_RSC_ADDR_ANY` when absent. */
  readonly pa?: number;
  /** IOMMU protection flags; 0 when absent. */
  readonly flags?: number;
}

/** A request to reach a peripheral; a `DevmemEntry` is one. */
export interface DevmemRequest {
  readonly type: "devmem";
  /** At most 31 characters, each of one byte. */
  readonly name: string;
  /** Device address. */
  readonly da: number;
  /** Physical address. */
  readonly pa: number;
  /** Bytes. */
  readonly len: number;
  /** IOMMU protection flags; 0 when absent. */
  readonly flags?: number;
}

/** Where the remote writes its log; a `TraceEntry` is one. */
export interface TraceRequest {
  readonly type: "trace";
  /** At most 31 characters, each of one byte. */
  readonly name: string;
  /** Device address of the buffer. */
  readonly da: number;
  /** Bytes of the buffer. */
  readonly len: number;
}

/** One ring of a virtio device; a `VringEntry` is one. */
export interface VringRequest {
  /** Queue size: a power of two, 1 to 32768. */
  readonly num: number;
  /** Bytes on whose multiple the used ring starts: a power of two, 4 to 65536. */
  readonly align: number;
  /** Device address; `FW_RSC_ADDR_ANY` when absent. */
  readonly da?: number;
  /** `FW_RSC_NOTIFY_ID_ANY` when absent. */
  readonly notifyid?: number;
  /** Physical address; 0 when absent. */
  readonly pa?: number;
}

/** A virtio device; a `VdevEntry` is one. */
export interface VdevRequest {
  readonly type: "vdev";
  /** Virtio device type, such as 7 for rpmsg (`<linux/virtio_ids.h>`). */
  readonly id: number;
  /** Feature bits 0 to 31 that the device offers. */
  readonly dfeatures: number;
  /** At most two. */
  readonly vrings: readonly VringRequest[];
  /** `FW_RSC_NOTIFY_ID_ANY` when absent. */
  readonly notifyid?: number;
  /** 0 when absent; the host fills it in. */
  readonly gfeatures?: number;
  /** 0 when absent; the host fills it in. */
  readonly status?: number;
  /** The configuration space; none when absent. */
  readonly config?: Uint8Array;
}

/** What {@linkcode buildResourceTable} can put into a table. */
export type ResourceRequest = CarveoutRequest | DevmemRequest | TraceRequest | VdevRequest;

/**
 * Writes a resource table, for a remote that has no image to carry one.
 *
 * The result is what `.resource_table` of an image would hold: the head, the offsets, then the
 * entries in the given order, each on a multiple of 4.
 *
 * @param requests What the remote asks for.
 * @returns The table; `parseResourceTable` accepts it and finds the same entries.
 * @throws {RemoteprocError} `TABLE_FIELD` for a number or name that does not fit its field; else
 *   whatever `parseResourceTable` refuses, such as `VRING_SIZE`, `VRING_ALIGN` or `VDEV_VRINGS`.
 * @see `<linux/remoteproc.h>`.
 *
 * @example
 * ```ts
 * import { buildResourceTable } from "@openamp/remoteproc/resource-table";
 *
 * const vring = { num: 256, align: 4096 };
 * const bytes = buildResourceTable([
 *   { type: "vdev", id: 7, dfeatures: 1, vrings: [vring, vring] },
 * ]);
 * if (bytes.length !== 16 + 4 + 28 + 2 * 20) throw new Error(`${bytes.length} bytes`);
 * ```
 */
export function buildResourceTable(requests: readonly ResourceRequest[]): Uint8Array<ArrayBuffer> {
  const entries = requests.map(writeEntry);
  const offsets: number[] = [];
  let size = RESOURCE_TABLE.size + 4 * entries.length;
  for (const entry of entries) {
    offsets.push(size);
    size += roundUpToWord(entry.length);
  }
  const table = new Uint8Array(size);
  const view = new DataView(table.buffer);
  writeStruct(RESOURCE_TABLE, view, 0, { ver: RESOURCE_TABLE_VERSION, num: entries.length });
  for (const [index, offset] of offsets.entries()) {
    view.setUint32(RESOURCE_TABLE.size + 4 * index, offset, true);
  }
  for (const [index, entry] of entries.entries()) table.set(entry, offsets[index]);
  // The reader knows every rule, so the writer need not repeat them.
  parseResourceTable(table);
  return table;
}

function writeEntry(request: ResourceRequest): Uint8Array {
  if (request.type === "vdev") return writeVdev(request);
  if (request.type === "trace") return writeTrace(request);
  return writeRange(request);
}

/** Carveout and devmem have the same members. */
function writeRange(request: CarveoutRequest | DevmemRequest): Uint8Array {
  const layout = request.type === "carveout" ? FW_RSC_CARVEOUT : FW_RSC_DEVMEM;
  const type = request.type === "carveout" ? RSC.CARVEOUT : RSC.DEVMEM;
  const { name, len, da = FW_RSC_ADDR_ANY, pa = FW_RSC_ADDR_ANY, flags = 0 } = request;
  const { bytes, view } = allocate(layout.size);
  writeStruct(layout, view, 0, { type, da, pa, len, flags });
  writeName(bytes, layout.fields.name, name);
  return bytes;
}

function writeTrace({ name, da, len }: TraceRequest): Uint8Array {
  const { bytes, view } = allocate(FW_RSC_TRACE.size);
  writeStruct(FW_RSC_TRACE, view, 0, { type: RSC.TRACE, da, len });
  writeName(bytes, FW_RSC_TRACE.fields.name, name);
  return bytes;
}

function writeVdev(request: VdevRequest): Uint8Array {
  const { vrings, config = new Uint8Array() } = request;
  const configOffset = FW_RSC_VDEV.size + vrings.length * FW_RSC_VDEV_VRING.size;
  const { bytes, view } = allocate(configOffset + config.length);
  writeStruct(FW_RSC_VDEV, view, 0, {
    type: RSC.VDEV,
    id: request.id,
    notifyid: request.notifyid ?? FW_RSC_NOTIFY_ID_ANY,
    dfeatures: request.dfeatures,
    gfeatures: request.gfeatures ?? 0,
    config_len: config.length,
    status: request.status ?? 0,
    num_of_vrings: vrings.length,
  });
  for (const [index, vring] of vrings.entries()) {
    writeStruct(FW_RSC_VDEV_VRING, view, FW_RSC_VDEV.size + index * FW_RSC_VDEV_VRING.size, {
      da: vring.da ?? FW_RSC_ADDR_ANY,
      align: vring.align,
      num: vring.num,
      notifyid: vring.notifyid ?? FW_RSC_NOTIFY_ID_ANY,
      pa: vring.pa ?? 0,
    });
  }
  bytes.set(config, configOffset);
  return bytes;
}

function allocate(size: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** The field is zero, so that the name ends; the check leaves room for that NUL. */
function writeName(bytes: Uint8Array, field: StructField, name: string): void {
  const codes = Array.from({ length: name.length }, (_, index) => name.charCodeAt(index));
  if (codes.length >= field.size || codes.some((code) => code === 0 || code > 0xff)) {
    throw new RemoteprocError(
      "TABLE_FIELD",
      `A name in a resource table has at most ${field.size - 1} characters of one byte each, ` +
        `got ${JSON.stringify(name)}`,
    );
  }
  bytes.set(codes, field.offset);
}

function roundUpToWord(size: number): number {
  return Math.ceil(size / 4) * 4;
}
