import { LogLevel, type Logger, silentLogger } from "../log/logger.ts";
import { printable } from "../log/printable.ts";
import type { PeerAccess } from "../memory/peer_access.ts";
import type { Clock } from "../time/clock.ts";
import { hostClock } from "../time/host_clock.ts";

/**
 * Why a device did not reach what it has named.
 *
 * - `unmapped`: some of the addresses lead nowhere.
 * - `protection`: they do, and not for this access.
 * - `scattered`: they do, and the bytes do not lie together: the device has to ask in pieces.
 */
export type IommuFaultReason = "unmapped" | "protection" | "scattered";

/** An access of a device that was refused. In the kernel: `report_iommu_fault`. */
export interface IommuFault {
  /** The first address: any number. */
  readonly iova: number;
  /** Bytes. */
  readonly length: number;
  /** What the device was about to do; undefined where it did not say. */
  readonly access: PeerAccess | undefined;
  /** Why it was refused. */
  readonly reason: IommuFaultReason;
}

/** Who hears of faults. */
export interface IommuFaultOptions {
  /** Hears of faults: of 10 in 5 seconds, as the kernel logs them. All are counted. */
  readonly onFault?: (fault: IommuFault) => void;
  /** Takes a line for each of those. Default: nobody. */
  readonly logger?: Logger;
  /** Measures the 5 seconds. Default: this machine's. */
  readonly clock?: Clock;
}

/** Counts faults, and tells of some. */
export interface IommuFaults {
  /** Faults so far. */
  readonly count: number;
  /** The last of them. */
  readonly last: IommuFault | undefined;
  /** Notes a fault. Never throws. */
  report(fault: IommuFault): void;
}

/** The kernel's `DEFAULT_RATELIMIT_BURST` and `DEFAULT_RATELIMIT_INTERVAL`, in milliseconds. */
const BURST = 10;
const INTERVAL = 5000;

/** Makes a counter of the faults of a domain. */
export function iommuFaults(domain: string, options: IommuFaultOptions): IommuFaults {
  const { onFault, logger = silentLogger, clock = hostClock } = options;
  let count = 0;
  let last: IommuFault | undefined;
  let begin = -Infinity;
  let told = 0;

  function tell(fault: IommuFault): void {
    const { iova, length, access, reason } = fault;
    const address = Number.isInteger(iova) ? `0x${iova.toString(16)}` : String(iova);
    // The kernel's words (arm-smmu).
    logger.log(
      LogLevel.error,
      `${printable(domain)}: Unhandled context fault: iova=${address}, ${length} bytes, ` +
        `${access ?? "look"}: ${reason}`,
    );
    onFault?.(fault);
  }

  return {
    get count() {
      return count;
    },
    get last() {
      return last;
    },
    report(fault) {
      count++;
      last = fault;
      const now = clock.now();
      if (now - begin >= INTERVAL) {
        begin = now;
        told = 0;
      }
      if (told === BURST) return;
      told++;
      try {
        tell(fault);
      } catch {
        // A device is refused, whatever those say who hear of it.
      }
    },
  };
}
