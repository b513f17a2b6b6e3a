/** One member of a C structure. */
export interface StructField {
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes that it takes: 1, 2, 4 or 8 for an integer, anything else for an array of bytes. */
  readonly size: number;
}

/**
 * A C structure without implicit padding, as data: what lies in shared memory or in a file, in a
 * form that a test can hold against the header that it comes from.
 *
 * @example
 * ```ts
 * import type { StructLayout } from "@openamp/libmetal";
 *
 * const available = {
 *   name: "vring_avail",
 *   source: "linux/virtio_ring.h",
 *   size: 4,
 *   fields: { flags: { offset: 0, size: 2 }, idx: { offset: 2, size: 2 } },
 *   tail: { name: "ring", size: 2 },
 * } as const satisfies StructLayout;
 * if (available.fields.idx.offset !== 2) throw new Error("idx follows flags");
 * ```
 */
export interface StructLayout {
  /** Its name in C, such as `Elf32_Ehdr`. */
  readonly name: string;
  /** The header or the specification's section that it comes from. */
  readonly source: string;
  /** `sizeof` in bytes, in which a tail counts nothing. */
  readonly size: number;
  /** Its members under their names in C. */
  readonly fields: Readonly<Record<string, StructField>>;
  /** The array of no fixed length that follows at `size`: its name, and bytes of one element. */
  readonly tail?: { readonly name: string; readonly size: number };
}

/** One constant under its name in C. */
export interface ConstantRow {
  /** Its name in C. */
  readonly name: string;
  /** Its value. */
  readonly value: number;
  /** The header or the specification's section that it comes from. */
  readonly source: string;
}
