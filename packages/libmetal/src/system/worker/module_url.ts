/**
 * The URL of a module beside another one, for a Worker to run: `.ts` in the source, `.js` in what
 * npm gets. The compiler rewrites the extensions of imports, and not those of URLs.
 *
 * @param name The module, relative to `base` and without its extension, such as `./futex_worker`.
 * @param base `import.meta.url` of the module that asks.
 * @returns The URL.
 */
export function moduleUrl(name: string, base: string): URL {
  const extension = base.slice(base.lastIndexOf("."));
  return new URL(`${name}${extension}`, base);
}
