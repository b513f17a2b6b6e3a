import { interruptDomain, softInterrupts, type SoftInterruptOptions } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });

function softly(options: SoftInterruptOptions = {}) {
  const domain = interruptDomain();
  const soft = softInterrupts(domain, options);
  const served: number[] = [];
  const serve = (irq: number): "handled" => {
    served.push(irq);
    return "handled";
  };
  return { domain, soft, served, serve };
}

describe("soft interrupts are given out", () => {
  test("all 64 of them: upstream's pool stops at 63", () => {
    const { domain, soft, served, serve } = softly();
    const { base, count } = soft.allocate(64);
    expect([base, count]).toEqual([soft.base, 64]);
    for (let irq = base; irq < base + 64; irq++) {
      domain.register(irq, serve);
      soft.set(irq);
    }
    expect(soft.dispatch()).toBe(false);
    expect(served).toEqual(Array.from({ length: 64 }, (_, index) => base + index));
    expect(() => soft.allocate(1)).toThrow(refusal("NO_SPACE"));
  });

  test("above the controllers that are there, as upstream's", () => {
    const domain = interruptDomain();
    domain.registerController({ name: "gic", base: 0, count: 160 });
    expect(softInterrupts(domain).base).toBe(160);
    expect(softInterrupts(domain, { base: 1000, count: 3 }).allocate(3).base).toBe(1000);
  });

  test("again once they were given back, where so many lie together", () => {
    const { soft } = softly({ count: 8 });
    const first = soft.allocate(3);
    const second = soft.allocate(2);
    soft.allocate(3);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(() => soft.allocate(4)).toThrow(refusal("NO_SPACE"));
    second[Symbol.dispose]();
    expect(soft.allocate(5).base).toBe(soft.base);
    // Given back once: what is now another's stays so.
    first[Symbol.dispose]();
    expect(() => soft.allocate(1)).toThrow(refusal("NO_SPACE"));
  });

  test("and keep neither handler nor priority nor a pending one of their last owner", () => {
    const { domain, soft, served, serve } = softly({ count: 2 });
    const first = soft.allocate(1, 0);
    domain.register(first.base, serve);
    soft.set(first.base);
    first[Symbol.dispose]();
    expect(soft.pending(first.base)).toBe(false);
    expect(() => soft.set(first.base)).toThrow(refusal("NOT_FOUND"));
    const second = soft.allocate(1);
    domain.register(second.base, serve);
    expect(soft.dispatch()).toBe(false);
    expect(served).toEqual([]);
    expect(domain.statistics()[0]).toMatchObject({ irq: second.base, priority: 8 });
  });

  test.each([0, -1, 1.5, NaN])("INVALID_ARGUMENT: %d of them", (count) => {
    const { domain, soft } = softly();
    expect(() => soft.allocate(count)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(() => softInterrupts(domain, { count })).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test.each([-1, 16, 0.5])("INVALID_ARGUMENT: priority %d, and none is taken", (priority) => {
    const { soft } = softly();
    expect(() => soft.allocate(1, priority)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(soft.allocate(64).count).toBe(64);
  });
});

describe("soft interrupts are dispatched", () => {
  test("the most urgent first, and of one priority the lowest number", () => {
    const { domain, soft, served, serve } = softly();
    const priorities = [9, 3, 15, 3, 0, 8];
    const bases = priorities.map((priority) => soft.allocate(1, priority).base);
    for (const irq of bases.toReversed()) {
      domain.register(irq, serve);
      soft.set(irq);
    }
    soft.dispatch();
    expect(served.map((irq) => irq - soft.base)).toEqual([4, 1, 3, 5, 0, 2]);
  });

  test("once, however often they were set", () => {
    const { domain, soft, served, serve } = softly();
    const { base } = soft.allocate(1);
    domain.register(base, serve);
    for (let time = 0; time < 3; time++) soft.set(base);
    expect([soft.pending(base), served]).toEqual([true, []]);
    soft.dispatch();
    soft.dispatch();
    expect([soft.pending(base), served]).toEqual([false, [base]]);
  });

  test("when they are on; until then they stay pending", () => {
    const { domain, soft, served, serve } = softly();
    const { base } = soft.allocate(1);
    soft.set(base);
    expect(soft.dispatch()).toBe(false);
    domain.register(base, serve, { enable: false });
    soft.dispatch();
    expect([soft.pending(base), served]).toEqual([true, []]);
    domain.enable(base);
    expect(soft.dispatch()).toBe(false);
    expect(served).toEqual([base]);
  });

  test("not while all interrupts are off", () => {
    const { domain, soft, served, serve } = softly();
    const { base } = soft.allocate(2);
    domain.register(base, serve);
    soft.set(base);
    const flags = domain.saveDisable();
    expect(soft.dispatch()).toBe(true);
    expect([soft.pending(base), served]).toEqual([true, []]);
    domain.restoreEnable(flags);
    expect(served).toEqual([]);
    soft.dispatch();
    expect(served).toEqual([base]);
  });

  test("no more, once a handler has switched all interrupts off", () => {
    const { domain, soft, served, serve } = softly();
    const { base } = soft.allocate(2);
    domain.register(base, () => (domain.saveDisable(), "handled"));
    domain.register(base + 1, serve);
    soft.set(base);
    soft.set(base + 1);
    expect(soft.dispatch()).toBe(true);
    expect([soft.pending(base + 1), served]).toEqual([true, []]);
    domain.restoreEnable(0);
    expect([soft.dispatch(), served]).toEqual([false, [base + 1]]);
  });

  test("also those that a handler sets, up to the limit", () => {
    const { domain, soft, served } = softly();
    const { base } = soft.allocate(2);
    for (const irq of [base, base + 1]) {
      domain.register(irq, () => {
        served.push(irq);
        // Each sets the other, without end; a dispatch inside is none.
        soft.set(irq === base ? base + 1 : base);
        soft.dispatch();
        return "handled";
      });
    }
    soft.set(base);
    expect(soft.dispatch(5)).toBe(true);
    expect(served.map((irq) => irq - base)).toEqual([0, 1, 0, 1, 0]);
    expect(soft.dispatch()).toBe(true);
    expect(served).toHaveLength(5 + 1024);
  });

  test("after the handler, where one dispatches", () => {
    const { domain, soft, served, serve } = softly();
    const hard = domain.registerController({ name: "gic", base: "any", count: 1 });
    const { base } = soft.allocate(1);
    domain.register(base, serve);
    domain.register(hard.base, (irq) => {
      soft.set(base);
      soft.dispatch();
      served.push(irq);
      return "handled";
    });
    hard.handle(hard.base);
    expect(served).toEqual([hard.base, base]);
  });

  test("no more, once they are disposed of", () => {
    const { domain, soft, served, serve } = softly();
    const { base } = soft.allocate(1);
    domain.register(base, serve);
    soft.set(base);
    soft[Symbol.dispose]();
    expect(soft.dispatch()).toBe(false);
    expect(served).toEqual([]);
    expect(() => domain.register(base, serve)).toThrow(refusal("NOT_FOUND"));
  });

  test.each([-1, 64, 0.5, NaN, 2 ** 32])("NOT_FOUND: set of number %d", (irq) => {
    const { soft } = softly();
    soft.allocate(64);
    expect(() => soft.set(irq)).toThrow(refusal("NOT_FOUND"));
    expect(soft.pending(irq)).toBe(false);
  });
});
