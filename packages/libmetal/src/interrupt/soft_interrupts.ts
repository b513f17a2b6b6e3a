import { MetalError } from "../error.ts";
import { DEFAULT_INTERRUPT_PRIORITY, INTERRUPT_PRIORITIES } from "./interrupt.ts";
import { MAXIMUM_LINES } from "./interrupt_controller.ts";
import type { InterruptDomain } from "./interrupt_domain.ts";

/** How soft interrupts are made. */
export interface SoftInterruptOptions {
  /** How many there are, 1 to 65536. Default 64, as upstream. */
  readonly count?: number;
  /** The number of the first. Default `any`, as upstream. */
  readonly base?: number | "any";
  /** The name of their controller. Default `softirq`. */
  readonly name?: string;
}

/** Soft interrupts that belong to somebody; disposing gives them back. */
export interface SoftInterruptRange extends Disposable {
  /** The number of the first. */
  readonly base: number;
  /** How many there are, one number after the other. */
  readonly count: number;
}

/**
 * Interrupts that a program raises itself, and serves when it calls `dispatch`: work that an
 * interrupt handler leaves for later. Their handlers are registered with the domain, like any.
 * Upstream: `softirq.h`, whose pool gives out 63 of its 64.
 *
 * Disposing takes their controller out of the domain.
 */
export interface SoftInterrupts extends Disposable {
  /** The number of the first. */
  readonly base: number;
  /** How many there are. */
  readonly count: number;
  /**
   * Gives out numbers, one after the other. Upstream: `metal_softirq_allocate`.
   *
   * @param count How many.
   * @param priority How urgent they are: 0, the most urgent, to 15. Default 8.
   * @returns The numbers. Disposing takes their handlers off, and they may be given out again.
   * @throws {MetalError} `NO_SPACE` where no so many lie together; `INVALID_ARGUMENT`.
   */
  allocate(count: number, priority?: number): SoftInterruptRange;
  /**
   * Makes one pending, also from within a handler. Once, however often. Upstream:
   * `metal_softirq_set`.
   *
   * @param irq Its number.
   * @throws {MetalError} `NOT_FOUND` where it was not given out.
   */
  set(irq: number): void;
  /**
   * Whether one is pending: set, and not dispatched since.
   *
   * @param irq Its number.
   */
  pending(irq: number): boolean;
  /**
   * Calls the handlers of those that are pending and on: the most urgent first, and of one priority
   * the lowest number, as upstream. One that a handler sets is served in the same call. Upstream:
   * `metal_softirq_dispatch`.
   *
   * Within a handler, they are called after it. While all interrupts are off, nothing happens.
   *
   * @param limit How many are served at most, so that those that set one another come to an end.
   *   Default 1024.
   * @returns True where some are left to be served.
   */
  dispatch(limit?: number): boolean;
}

/** Deliveries in one go, as of the domain. */
const LIMIT = 1024;

/**
 * Makes soft interrupts in a domain.
 *
 * @param domain Where their handlers are registered.
 * @param options How many.
 * @returns The soft interrupts, none of them given out.
 * @throws {MetalError} As `registerController`.
 *
 * @example
 * ```ts
 * import { interruptDomain, softInterrupts } from "@openamp/libmetal";
 *
 * const domain = interruptDomain();
 * using soft = softInterrupts(domain);
 * using late = soft.allocate(1);
 * using soon = soft.allocate(1, 0);
 * const served: number[] = [];
 * for (const { base } of [late, soon]) {
 *   domain.register(base, (irq) => (served.push(irq), "handled"));
 *   soft.set(base);
 * }
 * soft.dispatch();
 * if (served[0] !== soon.base || served[1] !== late.base) throw new Error("The urgent one first");
 * ```
 */
export function softInterrupts(
  domain: InterruptDomain,
  options: SoftInterruptOptions = {},
): SoftInterrupts {
  const { count = 64, base: wanted = "any", name = "softirq" } = options;
  if (!(Number.isInteger(count) && count >= 1 && count <= MAXIMUM_LINES)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make soft interrupts: ${count} are not within 1 to ${MAXIMUM_LINES}`,
    );
  }
  const allocated = new Uint8Array(count);
  const enabled = new Uint8Array(count);
  const pending = new Uint8Array(count);
  let dispatching = false;
  const controller = domain.registerController({
    name,
    base: wanted,
    count,
    setEnabled(irq, on) {
      enabled[irq - controller.base] = on ? 1 : 0;
    },
  });
  const { base } = controller;

  /** The index of the next to be served; -1 where there is none. */
  function next(): number {
    let best = -1;
    let bestPriority = INTERRUPT_PRIORITIES;
    for (let index = 0; index < count; index++) {
      if (pending[index] === 0 || enabled[index] === 0) continue;
      const priority = domain.priority(base + index);
      if (priority >= bestPriority) continue;
      best = index;
      bestPriority = priority;
    }
    return best;
  }

  /** Where so many lie together that nobody has; -1 where nowhere. */
  function findFree(wantedCount: number): number {
    let free = 0;
    for (let index = 0; index < count; index++) {
      free = allocated[index] === 0 ? free + 1 : 0;
      if (free === wantedCount) return index + 1 - wantedCount;
    }
    return -1;
  }

  return {
    base,
    count,
    allocate(wantedCount, priority = DEFAULT_INTERRUPT_PRIORITY) {
      const attempt = `Allocate ${wantedCount} soft interrupts of "${name}"`;
      if (!(Number.isInteger(wantedCount) && wantedCount >= 1)) {
        throw new MetalError("INVALID_ARGUMENT", `${attempt}: not a whole number from 1`);
      }
      const first = findFree(wantedCount);
      if (first < 0) {
        throw new MetalError("NO_SPACE", `${attempt}: of its ${count}, no so many lie together`);
      }
      const end = first + wantedCount;
      for (let index = first; index < end; index++) domain.setPriority(base + index, priority);
      allocated.fill(1, first, end);
      let owned = true;
      return {
        base: base + first,
        count: wantedCount,
        [Symbol.dispose]() {
          if (!owned) return;
          owned = false;
          for (let index = first; index < end; index++) controller.release(base + index);
          allocated.fill(0, first, end);
          pending.fill(0, first, end);
        },
      };
    },
    set(irq) {
      const index = irq - base;
      if (allocated[index] !== 1) {
        throw new MetalError("NOT_FOUND", `Set soft interrupt ${irq}: nobody has allocated it`);
      }
      pending[index] = 1;
    },
    pending: (irq) => pending[irq - base] === 1,
    dispatch(limit = LIMIT) {
      if (!dispatching && domain.enabled) {
        dispatching = true;
        for (let served = 0; served < limit && domain.enabled; served++) {
          const index = next();
          if (index < 0) break;
          pending[index] = 0;
          controller.handle(base + index);
        }
        dispatching = false;
      }
      return next() >= 0;
    },
    [Symbol.dispose]() {
      controller[Symbol.dispose]();
    },
  };
}
