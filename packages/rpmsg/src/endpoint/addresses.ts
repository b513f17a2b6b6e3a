import { RpmsgError } from "../error.ts";
import { RPMSG_ADDR_ANY, RPMSG_NS_ADDR, RPMSG_RESERVED_ADDRESSES } from "../wire/header.ts";

/**
 * Hands out addresses from 1024 up. One that was handed out is not handed out again, so that a late
 * message cannot reach a stranger, and there is no upper bound of 128 as in the C library.
 */
export class Addresses {
  #next = RPMSG_RESERVED_ADDRESSES;

  /**
   * Takes an address.
   *
   * @param wanted The address that the caller chose, or undefined for the next one.
   * @param inUse Whether an endpoint has an address.
   * @returns The address.
   * @throws {RpmsgError} `ADDRESS` or `ADDRESS_IN_USE`.
   */
  take(wanted: number | undefined, inUse: (address: number) => boolean): number {
    if (wanted === undefined) return this.#takeNext(inUse);
    if (!isAddress(wanted) || wanted === RPMSG_NS_ADDR) {
      throw new RpmsgError(
        "ADDRESS",
        `Create an endpoint at ${wanted}: an address is 0 to 2^32 - 2, and ${RPMSG_NS_ADDR} is ` +
          "the name service's",
      );
    }
    if (inUse(wanted)) {
      throw new RpmsgError(
        "ADDRESS_IN_USE",
        `Create an endpoint at 0x${wanted.toString(16)}: another one has that address`,
      );
    }
    return wanted;
  }

  #takeNext(inUse: (address: number) => boolean): number {
    while (inUse(this.#next)) this.#next++;
    if (this.#next >= RPMSG_ADDR_ANY) {
      throw new RpmsgError("ADDRESS", "Create an endpoint: all addresses up to 2^32 - 2 were used");
    }
    return this.#next++;
  }
}

/**
 * Whether a number is an address that one endpoint can have.
 *
 * @param address Any number.
 * @returns True for 0 to 2^32 - 2.
 */
export function isAddress(address: number): boolean {
  return Number.isInteger(address) && address >= 0 && address < RPMSG_ADDR_ANY;
}
