/** The bounds of a number on the command line. */
export interface Bounds {
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
}

/** What a command line says, read with the types that its command expects. */
export interface Arguments {
  /** What stands there besides the options. */
  readonly operands: readonly string[];
  /**
   * A switch.
   *
   * @param name Its long name.
   * @returns Whether it is there.
   */
  flag(name: string): boolean;
  /**
   * The value of an option.
   *
   * @param name Its long name.
   * @returns Undefined where it is not there.
   */
  text(name: string): string | undefined;
  /**
   * The value of an option that takes a whole number.
   *
   * @param name Its long name.
   * @param bounds What it may be.
   * @returns Undefined where it is not there.
   * @throws {CliError} `USAGE`.
   */
  integer(name: string, bounds: Bounds): number | undefined;
  /**
   * The value of an option that takes one of a few words.
   *
   * @param name Its long name.
   * @param words What it may be.
   * @returns Undefined where it is not there.
   * @throws {CliError} `USAGE`.
   */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined;
}
