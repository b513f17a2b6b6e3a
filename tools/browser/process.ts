// Stands in for node:process on a page, where tools/counts.ts asks for the depth of the run:
// vitest.browser.config.ts hands it to the page.

export const env: Readonly<Record<string, string | undefined>> = import.meta.env;
