import { printable } from "@openamp/libmetal";
import { loadedTable, planLoad } from "@openamp/remoteproc";
import {
  ELF,
  type ElfImage,
  type ElfSegment,
  parseElf,
  RemoteprocError,
} from "@openamp/remoteproc/elf";
import {
  assignNotifyIds,
  FW_RSC_ADDR_ANY,
  FW_RSC_NOTIFY_ID_ANY,
  inspectResourceTable,
  NotifyIds,
  type ResourceEntry,
  type VdevEntry,
} from "@openamp/remoteproc/resource-table";
import type {
  InspectedEntry,
  InspectedProblem,
  InspectedTable,
  InspectedVdev,
  InspectReport,
} from "./inspect_report.ts";
import { virtioDeviceName, virtioFeatureNames } from "./virtio_names.ts";

/**
 * Reads an image as far as it can be read, and lists what is wrong with it. Throws nothing, whatever
 * the bytes are.
 *
 * @param bytes The whole file.
 * @param file What messages call it.
 * @returns What was read.
 */
export function inspectImage(bytes: Uint8Array, file: string): InspectReport {
  const problems: InspectedProblem[] = [];

  /** Does what may find a problem; what it finds is noted, and ends only it. */
  function attempt<Value>(step: () => Value): Value | undefined {
    try {
      return step();
    } catch (error) {
      if (!RemoteprocError.isRemoteprocError(error)) throw error;
      problems.push({ code: error.code, message: printable(error.message) });
      return undefined;
    }
  }

  const image = attempt(() => parseElf(bytes, { name: file }));
  if (image !== undefined) {
    // Any memory would do: here it is only about segments that overlap.
    attempt(() => planLoad(image, { fits: () => true, reserved: [] }));
    attempt(() => requireTable(image));
  }
  const table = image?.resourceTable;
  let resourceTable: InspectedTable | null = null;
  if (table !== undefined) {
    const inspection = inspectResourceTable(table.bytes, { name: file });
    for (const { code, message } of inspection.problems) {
      problems.push({ code, message: printable(message) });
    }
    attempt(() => requireNotifyIds(inspection.entries, file));
    resourceTable = {
      address: table.address,
      loadAddress: table.loadAddress ?? null,
      size: table.bytes.length,
      entries: inspection.entries.map(entryOf),
    };
  }

  return {
    file: printable(file),
    size: bytes.length,
    machine: image === undefined ? null : { value: image.machine, name: image.machineName },
    entry: image?.entry ?? null,
    segments: (image?.segments ?? []).map((segment) => ({
      index: segment.index,
      flags: flagsOf(segment),
      physicalAddress: segment.physicalAddress,
      virtualAddress: segment.virtualAddress,
      fileSize: segment.fileSize,
      memorySize: segment.memorySize,
    })),
    sections: (image?.sections ?? [])
      .filter(({ flags }) => (flags & ELF.SHF_ALLOC) !== 0)
      .map(({ name, address, size }) => ({ name: printable(name), address, size })),
    resourceTable,
    problems,
  };
}

/** Without a table, or with one that is not loaded, a host learns of no virtio device. */
function requireTable(image: ElfImage): void {
  if (loadedTable(image) !== undefined) return;
  throw new RemoteprocError(
    "NO_RESOURCE_TABLE",
    `${image.name} has no resource table, so that it offers no virtio device`,
  );
}

function requireNotifyIds(entries: readonly ResourceEntry[], file: string): void {
  try {
    assignNotifyIds(
      new NotifyIds(),
      entries.filter((entry) => entry.type === "vdev"),
    );
  } catch (cause) {
    if (!RemoteprocError.isRemoteprocError(cause)) throw cause;
    throw new RemoteprocError(cause.code, `The resource table of ${file}: ${cause.message}`, {
      cause,
    });
  }
}

function flagsOf({ flags }: ElfSegment): string {
  const letter = (bit: number, name: string): string => ((flags & bit) === 0 ? "-" : name);
  return letter(ELF.PF_R, "r") + letter(ELF.PF_W, "w") + letter(ELF.PF_X, "x");
}

function entryOf(entry: ResourceEntry): InspectedEntry {
  const { index, type } = entry;
  switch (type) {
    case "carveout":
    case "devmem": {
      const { name, da, pa, len, flags } = entry;
      const place = { da: addressOf(da), pa: addressOf(pa) };
      return { index, type, name: printable(name), ...place, len, flags };
    }
    case "trace":
      return {
        index,
        type,
        name: printable(entry.name),
        da: addressOf(entry.da),
        len: entry.len,
      };
    case "vdev":
      return vdevOf(entry);
    case "vendor":
    case "unknown":
    default:
      return { index, type, resourceType: entry.resourceType };
  }
}

function vdevOf({
  index,
  type,
  id,
  notifyid,
  dfeatures,
  config,
  vrings,
}: VdevEntry): InspectedVdev {
  return {
    index,
    type,
    id,
    device: virtioDeviceName(id),
    notifyid: notifyIdOf(notifyid),
    dfeatures,
    features: virtioFeatureNames(id, dfeatures),
    configSize: config.length,
    vrings: vrings.map((vring) => ({
      da: addressOf(vring.da),
      align: vring.align,
      num: vring.num,
      notifyid: notifyIdOf(vring.notifyid),
    })),
  };
}

function addressOf(address: number): number | null {
  return address === FW_RSC_ADDR_ANY ? null : address;
}

function notifyIdOf(id: number): number | null {
  return id === FW_RSC_NOTIFY_ID_ANY ? null : id;
}
