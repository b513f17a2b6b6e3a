import { isPowerOfTwo } from "../bits/align.ts";
import type { DeviceAccess } from "../device/device_dma.ts";
import { MetalError } from "../error.ts";
import type { AddressSpace, AddressWindow } from "../memory/address_space.ts";
import type { Memory } from "../memory/memory.ts";
import { allows, type PeerAccess } from "../memory/peer_access.ts";
import { type IommuFault, type IommuFaultOptions, iommuFaults } from "./iommu_fault.ts";
import { IommuWindow, IommuWindows } from "./iommu_window.ts";

/** What a device behind an IOMMU can reach: the space of the addresses that it names. */
export interface IommuTranslation extends AddressSpace {
  /** The name, for messages. */
  readonly name: string;
  /**
   * Finds the window in which a whole range lies. Allocates nothing where there is one; where there
   * is none, the device has faulted.
   *
   * A range that goes on in the addresses and not in one memory is refused, as `scattered`: ask in
   * pieces then.
   */
  resolve(iova: number, length: number, access?: PeerAccess): AddressWindow | undefined;
  /**
   * Translates what a device names to physical addresses. In the kernel: `iommu_iova_to_phys`.
   *
   * @param iova The first address: any number.
   * @param length Bytes, 1 and up.
   * @param access What the device is about to do.
   * @returns The physical address of the first byte; those of the others follow.
   * @throws {MetalError} `FAULT` where it reaches nothing, or the bytes do not lie together.
   */
  translate(iova: number, length: number, access: PeerAccess): number;
  /** How often a device has named what it must not. */
  readonly faults: number;
  /** The last time that it did. */
  readonly lastFault: IommuFault | undefined;
}

/**
 * The addresses of one device, or of several that may reach the same: each leads to memory, by
 * pages, or to a fault. In the kernel: `iommu_domain`. Upstream has none.
 */
export interface IommuDomain extends IommuTranslation {
  /** Bytes of a page, the smallest first: powers of two. In the kernel: `pgsize_bitmap`. */
  readonly pageSizes: readonly number[];
  /** The lowest and the highest address that can be mapped. In the kernel: the aperture. */
  readonly aperture: { readonly first: number; readonly last: number };
  /** Bytes that are mapped. */
  readonly mapped: number;
  /**
   * Lets addresses lead to memory. In the kernel: `iommu_map`.
   *
   * @param iova The first address.
   * @param memory The memory.
   * @param offset Where in it, in bytes.
   * @param length Bytes.
   * @param access What the device may do there.
   * @throws {MetalError} `MISALIGNED` where the address, a physical address or the length is no
   *   multiple of the smallest page; `OVERLAP` where some are mapped; `OUT_OF_RANGE` beyond the
   *   aperture or the memory. Nothing is mapped then.
   */
  map(iova: number, memory: Memory, offset: number, length: number, access: DeviceAccess): void;
  /**
   * Ends addresses, whole mappings or parts of them. In the kernel: `iommu_unmap`.
   *
   * What a device has resolved before and not finished, it still reaches: unmap when it is done.
   *
   * @param iova The first address.
   * @param length Bytes.
   * @throws {MetalError} `MISALIGNED`, `OUT_OF_RANGE` as above; `NOT_FOUND` where some are not
   *   mapped. Nothing is unmapped then.
   */
  unmap(iova: number, length: number): void;
}

/** What an IOMMU domain is. */
export interface IommuDomainOptions extends IommuFaultOptions {
  /** The name, for messages. Default `iommu`. */
  readonly name?: string;
  /** Bytes of a page, in any order: powers of two. Default 4 KiB, 2 MiB and 1 GiB. */
  readonly pageSizes?: readonly number[];
  /** The lowest address. Default: one page, so that nothing is at 0. */
  readonly first?: number;
  /** The highest address. Default 2^48 - 1. */
  readonly last?: number;
}

/**
 * Makes a domain in which nothing is mapped: every access faults.
 *
 * @param options Its pages, its addresses, and who hears of faults.
 * @returns The domain.
 * @throws {MetalError} `INVALID_ARGUMENT` for pages that are no powers of two, and for addresses
 *   that are not whole pages within 0 to 2^53 - 1.
 *
 * @example
 * ```ts
 * import { bufferMemory, iommuDomain } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x80000000, buffer: new ArrayBuffer(8192) });
 * const domain = iommuDomain({ name: "r5" });
 * domain.map(0x10000, ddr, 4096, 4096, "read");
 * if (domain.translate(0x10010, 4, "read") !== 0x80001010) throw new Error("The second page");
 * if (domain.resolve(0x10010, 4, "write") !== undefined) throw new Error("Only for reading");
 * if (domain.resolve(0x80001010, 4, "read") !== undefined) throw new Error("A physical address");
 * if (domain.faults !== 2) throw new Error("Both were counted");
 * ```
 */
export function iommuDomain(options: IommuDomainOptions = {}): IommuDomain {
  const { name = "iommu", last = 2 ** 48 - 1 } = options;
  const pageSizes = [...(options.pageSizes ?? [2 ** 12, 2 ** 21, 2 ** 30])].sort((a, b) => a - b);
  const page = pageSizes[0] ?? 0;
  const first = options.first ?? page;
  checkShape(name, pageSizes, first, last);
  const windows = new IommuWindows();
  const faults = iommuFaults(name, options);
  let mapped = 0;

  function check(attempt: string, iova: number, length: number): void {
    if (iova % page !== 0 || length % page !== 0) {
      throw new MetalError("MISALIGNED", `${attempt}: not whole pages of ${page} bytes`);
    }
    if (!(iova >= first && length > 0 && length <= last + 1 - iova)) {
      throw new MetalError(
        "OUT_OF_RANGE",
        `${attempt}: not within 0x${first.toString(16)} to 0x${last.toString(16)}`,
      );
    }
  }

  /** A device's pages are physical ones: each run of the memory is whole pages. */
  function checkPages(attempt: string, memory: Memory, offset: number, length: number): void {
    const inside = Number.isInteger(offset) && offset >= 0 && length <= memory.size - offset;
    if (!inside) {
      throw new MetalError("OUT_OF_RANGE", `${attempt}: it has ${memory.size} bytes`);
    }
    for (let done = 0; done < length;) {
      const run = Math.min(length - done, memory.physicalRun(offset + done));
      if (memory.physicalAt(offset + done) % page !== 0 || run % page !== 0) {
        throw new MetalError(
          "MISALIGNED",
          `${attempt}: its physical addresses are not whole pages of ${page} bytes`,
        );
      }
      done += run;
    }
  }

  function fault(iova: number, length: number, access: PeerAccess | undefined): void {
    const reason = reasonOf(windows, iova, length, access);
    faults.report({ iova, length, access, reason });
  }

  function find(
    iova: number,
    length: number,
    access: PeerAccess | undefined,
  ): AddressWindow | undefined {
    // A fraction would be cut off where it becomes an index, behind this check.
    if (!Number.isInteger(iova) || !Number.isInteger(length) || length < 0) return undefined;
    const window = windows.list[windows.indexAt(iova)];
    if (window === undefined) return undefined;
    const offset = iova - window.address;
    return offset >= 0 && length <= window.size - offset && allows(window, access)
      ? window
      : undefined;
  }

  return {
    name,
    pageSizes,
    aperture: { first, last },
    get windows() {
      return windows.list;
    },
    get mapped() {
      return mapped;
    },
    get faults() {
      return faults.count;
    },
    get lastFault() {
      return faults.last;
    },
    map(iova, memory, offset, length, access) {
      const attempt =
        `Map ${length} bytes at offset ${offset} of "${memory.name}" ` +
        `to 0x${iova.toString(16)} in "${name}"`;
      check(attempt, iova, length);
      checkPages(attempt, memory, offset, length);
      const other = windows.overlapping(iova, length);
      if (other !== undefined) {
        throw new MetalError(
          "OVERLAP",
          `${attempt}: 0x${other.address.toString(16)} to 0x${(other.end - 1).toString(16)} ` +
            `lead to "${other.name}"`,
        );
      }
      const rights = { readable: access !== "write", writable: access !== "read" };
      windows.add(new IommuWindow(memory, iova, offset, length, rights));
      mapped += length;
    },
    unmap(iova, length) {
      const attempt = `Unmap ${length} bytes at 0x${iova.toString(16)} in "${name}"`;
      check(attempt, iova, length);
      if (!windows.covers(iova, length)) {
        throw new MetalError("NOT_FOUND", `${attempt}: some of them are not mapped`);
      }
      windows.remove(iova, length);
      mapped -= length;
    },
    resolve(iova, length, access) {
      const window = find(iova, length, access);
      if (window === undefined) fault(iova, length, access);
      return window;
    },
    translate(iova, length, access) {
      const window = length > 0 ? find(iova, length, access) : undefined;
      const offset = window === undefined ? 0 : iova - window.bias;
      if (window === undefined || window.memory.physicalRun(offset) < length) {
        fault(iova, length, access);
        throw new MetalError(
          "FAULT",
          `Translate ${length} bytes at 0x${iova.toString(16)} in "${name}" to ${access}: ` +
            (faults.last?.reason ?? "unmapped"),
        );
      }
      return window.memory.physicalAt(offset);
    },
  };
}

function checkShape(name: string, pageSizes: readonly number[], first: number, last: number): void {
  const page = pageSizes[0] ?? 0;
  const attempt = `Make IOMMU domain "${name}"`;
  // An address of a window is a multiple of 4, so that words stay aligned.
  if (page < 4 || pageSizes.some((size) => !isPowerOfTwo(size))) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${attempt}: pages of ${pageSizes.join(", ")} bytes are not powers of two from 4 on`,
    );
  }
  const whole = first % page === 0 && (last + 1) % page === 0;
  if (!whole || first < 0 || last < first || !Number.isSafeInteger(last)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${attempt}: ${first} to ${last} are not whole pages of ${page} bytes within 0 to 2^53 - 1`,
    );
  }
}

/** Why a range was not found. */
function reasonOf(
  windows: IommuWindows,
  iova: number,
  length: number,
  access: PeerAccess | undefined,
): IommuFault["reason"] {
  const whole = Number.isInteger(iova) && Number.isInteger(length) && length > 0;
  if (!whole || !windows.covers(iova, length)) return "unmapped";
  const end = iova + length;
  for (let index = windows.indexAt(iova); ; index++) {
    const window = windows.list[index];
    if (window === undefined || window.address >= end) return "scattered";
    if (!allows(window, access)) return "protection";
  }
}
