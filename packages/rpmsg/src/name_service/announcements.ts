import type { Announcement } from "./announcement.ts";

/** Services kept; a peer that announces more is counted and not kept (T30). */
const ANNOUNCEMENTS_MAX = 1024;

/** The services that the peer announced, in order of arrival. */
export class Announcements {
  readonly #services = new Map<string, Announcement>();

  /** The services that are there. */
  list(): readonly Announcement[] {
    return [...this.#services.values()];
  }

  /** The first service of a name, and of those that are accepted. */
  find(
    name: string,
    accept: (announcement: Announcement) => boolean = () => true,
  ): Announcement | undefined {
    for (const service of this.#services.values()) {
      if (service.name === name && accept(service)) return service;
    }
    return undefined;
  }

  /**
   * Keeps or forgets a service.
   *
   * @param announcement What the peer said.
   * @returns False where it changes nothing, or where the table is full.
   */
  apply(announcement: Announcement): boolean {
    const key = `${announcement.address} ${announcement.name}`;
    if (!announcement.present) return this.#services.delete(key);
    if (this.#services.has(key) || this.#services.size >= ANNOUNCEMENTS_MAX) return false;
    this.#services.set(key, announcement);
    return true;
  }
}
