// Stands in for node:fs/promises on a page: @openamp/firmware imports it, and then fetches its images.

export function readFile(): never {
  throw new Error("A page has no files");
}
