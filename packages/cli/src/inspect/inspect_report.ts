/**
 * What was read of an image: the object of `openamp inspect --json`.
 *
 * Every text that comes from the file is in printable characters, others as `\xNN`. Addresses are
 * device addresses; one that the host is to choose is null, and so is a notify id.
 */
export interface InspectReport {
  /** The file, as it was named. */
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  /** The instruction set; null where the file is no image that can be read. */
  readonly machine: InspectedMachine | null;
  /** Where the processor starts (`e_entry`); null where the file is no image that can be read. */
  readonly entry: number | null;
  /** What is loaded, in the order of the program headers. */
  readonly segments: readonly InspectedSegment[];
  /** The sections that are in memory when the program runs (`SHF_ALLOC`). */
  readonly sections: readonly InspectedSection[];
  /** The section `.resource_table`; null where there is none. */
  readonly resourceTable: InspectedTable | null;
  /** What is wrong; empty where nothing is. */
  readonly problems: readonly InspectedProblem[];
}

/** An instruction set. */
export interface InspectedMachine {
  /** `e_machine`. */
  readonly value: number;
  /** What people call it. */
  readonly name: string;
}

/** A segment that is loaded. */
export interface InspectedSegment {
  /** Its number among the program headers. */
  readonly index: number;
  /** `r`, `w` and `x`, or `-` in their places. */
  readonly flags: string;
  /** Where it is loaded (`p_paddr`). */
  readonly physicalAddress: number;
  /** Where the program expects it (`p_vaddr`). */
  readonly virtualAddress: number;
  /** Bytes in the file. */
  readonly fileSize: number;
  /** Bytes in memory. */
  readonly memorySize: number;
}

/** A section that is in memory. */
export interface InspectedSection {
  /** Its name. */
  readonly name: string;
  /** Where the program expects it (`sh_addr`). */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/** A resource table. */
export interface InspectedTable {
  /** Where the program expects it (`sh_addr`). */
  readonly address: number;
  /** Where loading puts it; null where no segment carries it. */
  readonly loadAddress: number | null;
  /** Bytes. */
  readonly size: number;
  /** Its entries, in the order of the table; those that lie outside it are left out. */
  readonly entries: readonly InspectedEntry[];
}

/** An entry of a resource table. */
export type InspectedEntry =
  | InspectedRange
  | InspectedTrace
  | InspectedVdev
  | { readonly index: number; readonly type: "vendor" | "unknown"; readonly resourceType: number };

/** A request for memory, or to reach a peripheral. */
export interface InspectedRange {
  /** Its number in the table. */
  readonly index: number;
  /** Which of the two. */
  readonly type: "carveout" | "devmem";
  /** Its name. */
  readonly name: string;
  /** Its first device address. */
  readonly da: number | null;
  /** Its first physical address. */
  readonly pa: number | null;
  /** Bytes. */
  readonly len: number;
  /** IOMMU protection flags. */
  readonly flags: number;
}

/** A buffer that the firmware writes its log to. */
export interface InspectedTrace {
  /** Its number in the table. */
  readonly index: number;
  /** What it is. */
  readonly type: "trace";
  /** Its name. */
  readonly name: string;
  /** Its first device address. */
  readonly da: number | null;
  /** Bytes. */
  readonly len: number;
}

/** A virtio device. */
export interface InspectedVdev {
  /** Its number in the table. */
  readonly index: number;
  /** What it is. */
  readonly type: "vdev";
  /** The virtio device type. */
  readonly id: number;
  /** What people call the device type. */
  readonly device: string;
  /** The notify id of the device itself. */
  readonly notifyid: number | null;
  /** The feature bits that it offers. */
  readonly dfeatures: number;
  /** Their names; `bit N` for one without. */
  readonly features: readonly string[];
  /** Bytes of its configuration space. */
  readonly configSize: number;
  /** Its rings. */
  readonly vrings: readonly InspectedVring[];
}

/** A ring of a virtio device. */
export interface InspectedVring {
  /** Its first device address. */
  readonly da: number | null;
  /** Its alignment, in bytes. */
  readonly align: number;
  /** How many buffers it holds. */
  readonly num: number;
  /** Its notify id. */
  readonly notifyid: number | null;
}

/** Something that is wrong with an image. */
export interface InspectedProblem {
  /** The rule that is broken: a code of `@openamp/remoteproc`. */
  readonly code: string;
  /** One sentence without a full stop. */
  readonly message: string;
}
