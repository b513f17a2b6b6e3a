/** A part of the file that goes to the processor's memory (`PT_LOAD`). */
export interface ElfSegment {
  /** Its number among the program headers, as `readelf -l` counts from 0. */
  readonly index: number;
  /** Where it is loaded (`p_paddr`): a device address of the remote processor. */
  readonly physicalAddress: number;
  /** Where the program expects it when it runs (`p_vaddr`). */
  readonly virtualAddress: number;
  /** `PF_R` 4, `PF_W` 2, `PF_X` 1, or any sum of them. */
  readonly flags: number;
  /** Where in the file its bytes start. */
  readonly offset: number;
  /** Bytes that the file holds. */
  readonly fileSize: number;
  /** Bytes that it takes in memory, at least `fileSize`; those after the file's are zero. */
  readonly memorySize: number;
  /** The `fileSize` bytes from the file. */
  readonly bytes: Uint8Array;
}

/** A named part of the file. */
export interface ElfSection {
  /** One character a byte; may hold control characters, so escape it before a terminal sees it. */
  readonly name: string;
  /** `sh_type`. */
  readonly type: number;
  /** `sh_flags`: `SHF_ALLOC` 2 where it is in memory when the program runs. */
  readonly flags: number;
  /** Where the program expects it when it runs (`sh_addr`), 0 when it is not in memory. */
  readonly address: number;
  /** Where in the file it starts. */
  readonly offset: number;
  /** Its bytes; in the file too, unless `type` is `SHT_NOBITS`. */
  readonly size: number;
}

/** The section `.resource_table` and where it will be found in memory. */
export interface ElfResourceTable {
  /**
   * Where the remote processor sees the table (`sh_addr`, a device address). Linux looks for the
   * live table here.
   */
  readonly address: number;
  /**
   * Where loading the segments puts the table (a device address); `undefined` when no segment
   * carries it, and then the remote never sees what the host writes to it. It differs from `address`
   * only in a program that copies its own data when it starts.
   */
  readonly loadAddress: number | undefined;
  /** Where in the file it starts. */
  readonly offset: number;
  /** Its bytes as the file has them; `parseResourceTable` reads them. */
  readonly bytes: Uint8Array;
}

/** A firmware image after every check: what it says about itself, and nothing that points outside. */
export interface ElfImage {
  /** What messages call the image; mostly a file name. */
  readonly name: string;
  /** Bytes of the whole file. */
  readonly fileSize: number;
  /** First instruction (`e_entry`), a virtual address; on Arm bit 0 stands for Thumb state. */
  readonly entry: number;
  /** Instruction set (`e_machine`). */
  readonly machine: number;
  /** What people call the instruction set. */
  readonly machineName: string;
  /** In the order of the program headers, at least one of them not empty. */
  readonly segments: readonly ElfSegment[];
  /** In the order of the section headers, with the empty one at 0; none in a stripped file. */
  readonly sections: readonly ElfSection[];
  /** `undefined` when the file has no section of that name. */
  readonly resourceTable: ElfResourceTable | undefined;
}
