/** Files that a package may read: passed in by the platform, never taken from a global. */
export interface FileSystem {
  /**
   * Reads a whole file.
   *
   * @param path A path, or a URL as in `import.meta.url`.
   * @returns Its bytes.
   * @throws Whatever the host throws; the message names the file.
   */
  read(path: string | URL): Promise<Uint8Array>;
}
