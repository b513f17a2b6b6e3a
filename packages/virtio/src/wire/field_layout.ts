/** One field of a structure in shared memory, as data. */
export interface FieldLayout {
  /** The structure's name in its header. */
  readonly struct: string;
  /** The field's name in its header. */
  readonly field: string;
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Where it is defined: header, or section of the specification. */
  readonly source: string;
}

/** One constant of a header, as data. */
export interface ConstantRow {
  /** Its name in the header. */
  readonly name: string;
  /** Its value. */
  readonly value: number;
  /** Where it is defined. */
  readonly source: string;
}
