/** Fetches what a test boots; see guest.mjs. */
export function fetchGuest(folder: string, say: (line: string) => void): string | undefined;
