import type { CacheFault } from "./cache_fault.ts";

/** The faults of all caches over one memory: those of one call that touch one another are one. */
export class CacheFaults {
  readonly list: CacheFault[] = [];
  #fresh = true;

  /** The next fault is of another call. */
  begin(): void {
    this.#fresh = true;
  }

  /** Notes a fault. */
  report(fault: CacheFault): void {
    const last = this.list.at(-1);
    if (!this.#fresh && last !== undefined && continues(last, fault)) {
      this.list[this.list.length - 1] = { ...last, length: last.length + fault.length };
      return;
    }
    this.#fresh = false;
    this.list.push(fault);
  }
}

function continues(last: CacheFault, next: CacheFault): boolean {
  return (
    last.fault === next.fault &&
    last.side === next.side &&
    last.writer === next.writer &&
    last.missing === next.missing &&
    last.by === next.by &&
    last.offset + last.length === next.offset
  );
}
