/** Where an entry lies in its table. */
export interface EntryPlace {
  /** Its number in the table's list of offsets, from 0. */
  readonly index: number;
  /** Bytes from the start of the table to the entry's `type`; a multiple of 4. */
  readonly offset: number;
}

/**
 * A request for physically contiguous memory (`fw_rsc_carveout`).
 *
 * Names are read one character a byte, and may hold control characters: escape them before a
 * terminal sees them.
 */
export interface CarveoutEntry extends EntryPlace {
  readonly type: "carveout";
  /** Device address, or `FW_RSC_ADDR_ANY` where the host is to choose. */
  readonly da: number;
  /** Physical address, which the host fills in. */
  readonly pa: number;
  /** Bytes. */
  readonly len: number;
  /** IOMMU protection flags. */
  readonly flags: number;
  /** At most 31 characters. */
  readonly name: string;
}

/** A request to reach a peripheral through the IOMMU (`fw_rsc_devmem`). */
export interface DevmemEntry extends EntryPlace {
  readonly type: "devmem";
  /** Device address. */
  readonly da: number;
  /** Physical address. */
  readonly pa: number;
  /** Bytes. */
  readonly len: number;
  /** IOMMU protection flags. */
  readonly flags: number;
  /** At most 31 characters. */
  readonly name: string;
}

/** Where the remote writes its log (`fw_rsc_trace`). */
export interface TraceEntry extends EntryPlace {
  readonly type: "trace";
  /** Device address of the buffer. */
  readonly da: number;
  /** Bytes of the buffer. */
  readonly len: number;
  /** At most 31 characters. */
  readonly name: string;
}

/** One ring of a virtio device (`fw_rsc_vdev_vring`). */
export interface VringEntry {
  /** Bytes from the start of the table to the vring's `da`. */
  readonly offset: number;
  /** Device address, or `FW_RSC_ADDR_ANY` where the host is to choose. */
  readonly da: number;
  /** Bytes on whose multiple the used ring starts: a power of two, 4 to 65536. */
  readonly align: number;
  /** Queue size: a power of two, 1 to 32768. */
  readonly num: number;
  /** What the host rings for this queue, or `FW_RSC_NOTIFY_ID_ANY` where the host is to choose. */
  readonly notifyid: number;
  /** Physical address (`reserved` in older headers). */
  readonly pa: number;
}

/** A virtio device with its rings and its configuration space (`fw_rsc_vdev`). */
export interface VdevEntry extends EntryPlace {
  readonly type: "vdev";
  /** Virtio device type, such as 7 for rpmsg (`<linux/virtio_ids.h>`). */
  readonly id: number;
  /** What the host rings for status and features, or `FW_RSC_NOTIFY_ID_ANY`. */
  readonly notifyid: number;
  /** Feature bits 0 to 31 that the device offers. */
  readonly dfeatures: number;
  /** Feature bits that both sides use; the host fills them in. */
  readonly gfeatures: number;
  /** Device status when the table was read (VirtIO 1.3 §2.1). */
  readonly status: number;
  /** At most two, as Linux. */
  readonly vrings: readonly VringEntry[];
  /** Bytes from the start of the table to the configuration space. */
  readonly configOffset: number;
  /** The configuration space when the table was read. */
  readonly config: Uint8Array;
}

/** An entry whose meaning the processor's vendor defines. */
export interface VendorEntry extends EntryPlace {
  readonly type: "vendor";
  /** The number, 128 to 512. */
  readonly resourceType: number;
  /** All bytes after the type up to the end of the table: the entry does not tell its length. */
  readonly data: Uint8Array;
}

/** An entry of a type that nobody has defined; Linux skips it. */
export interface UnknownEntry extends EntryPlace {
  readonly type: "unknown";
  /** The number. */
  readonly resourceType: number;
}

/** One entry of a resource table. */
export type ResourceEntry =
  | CarveoutEntry
  | DevmemEntry
  | TraceEntry
  | VdevEntry
  | VendorEntry
  | UnknownEntry;
