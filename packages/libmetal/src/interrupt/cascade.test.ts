import { interruptDomain } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });

/** A GPIO controller of 4 pins behind line 1 of a level-triggered controller. */
function board() {
  const domain = interruptDomain();
  const log: string[] = [];
  const gic = domain.registerController({
    name: "gic",
    base: 0,
    count: 4,
    trigger: "level",
    end: (irq) => void log.push(`end ${irq}`),
  });
  const gpio = domain.registerController({
    name: "gpio",
    base: 100,
    count: 4,
    end: (irq) => void log.push(`end ${irq}`),
  });
  let status = 0;
  const cascaded = gpio.cascade(1, (child) => {
    const pins = status;
    status = 0;
    gic.lower(1);
    for (let pin = 0; pin < 4; pin++) if ((pins & (1 << pin)) !== 0) child.handle(100 + pin);
    log.push("demultiplexed");
  });
  const press = (...pins: number[]): void => {
    for (const pin of pins) status |= 1 << pin;
    gic.handle(1);
  };
  return { domain, log, gic, gpio, cascaded, press };
}

describe("a controller behind a line of another", () => {
  test("delivers inside it, so that the line is acknowledged afterwards", () => {
    const { domain, log, press } = board();
    for (const irq of [100, 103]) {
      domain.register(irq, () => (log.push(`pin ${irq}`), "handled"));
    }
    press(0, 3);
    expect(log).toEqual(["pin 100", "end 100", "pin 103", "end 103", "demultiplexed", "end 1"]);
    expect(domain.statistics().map(({ irq, count }) => [irq, count])).toEqual([
      [1, 1],
      [100, 1],
      [103, 1],
    ]);
  });

  test("raises what its handlers raise after them, not inside", () => {
    const { domain, log, press } = board();
    domain.register(100, () => {
      log.push("begin");
      press(3);
      log.push("end");
      return "handled";
    });
    domain.register(103, () => (log.push("pin 103"), "handled"));
    press(0);
    expect(log.filter((line) => line !== "demultiplexed" && !line.startsWith("end "))).toEqual([
      "begin",
      "end",
      "pin 103",
    ]);
  });

  test("runs no handler inside another, also where that raises a line beside its own", () => {
    const { domain, log, gpio, press } = board();
    domain.register(100, () => (log.push("begin"), gpio.handle(103), log.push("end"), "handled"));
    domain.register(103, () => (log.push("pin 103"), "handled"));
    press(0);
    expect(log.slice(0, 3)).toEqual(["begin", "end", "end 100"]);
    expect(log.slice(3)).toEqual(["demultiplexed", "end 1", "pin 103", "end 103"]);
  });

  test("delivers nothing after a handler has switched interrupts off", () => {
    const { domain, log, press } = board();
    let flags = -1;
    domain.register(100, () => ((flags = domain.saveDisable()), "handled"));
    domain.register(101, () => (log.push("pin 101"), "handled"));
    press(0, 1);
    expect(log).toEqual(["end 100", "demultiplexed", "end 1"]);
    domain.restoreEnable(flags);
    expect(log.slice(3)).toEqual(["pin 101", "end 101"]);
  });

  test("keeps an edge of a line that is off, and of all while interrupts are", () => {
    const { domain, log, press } = board();
    domain.register(100, () => (log.push("pin"), "handled"));
    domain.disable(100);
    press(0);
    expect(log).toEqual(["demultiplexed", "end 1"]);
    domain.enable(100);
    expect(log.slice(2)).toEqual(["pin", "end 100"]);
    const flags = domain.saveDisable();
    press(0);
    expect(log).toHaveLength(4);
    domain.restoreEnable(flags);
    expect(log.slice(4)).toEqual(["pin", "end 100", "demultiplexed", "end 1"]);
  });

  test("that finds no line up was not handled", () => {
    const { domain, press } = board();
    press();
    expect(domain.statistics()[0]).toMatchObject({ irq: 1, count: 1, spurious: 1 });
    press(2);
    expect(domain.statistics()[0]).toMatchObject({ irq: 1, count: 2, spurious: 1 });
  });

  test("that finds a line up has handled it, whatever is found behind that line", () => {
    const { domain, gpio, press } = board();
    const expander = domain.registerController({ name: "expander", base: 200, count: 8 });
    expander.cascade(100, () => undefined);
    press(0);
    expect(domain.statistics().map(({ irq, count, spurious }) => [irq, count, spurious])).toEqual([
      [1, 1, 0],
      [100, 1, 1],
    ]);
    expect(gpio.count).toBe(4);
  });

  test("whose demultiplexing throws harms nobody", () => {
    const domain = interruptDomain();
    const parent = domain.registerController({ name: "parent", base: 0, count: 2 });
    const child = domain.registerController({ name: "child", base: 10, count: 1 });
    let served = 0;
    domain.register(10, () => (served++, "handled"));
    child.cascade(0, () => {
      child.handle(10);
      throw new Error("the bus is gone");
    });
    parent.handle(0);
    parent.handle(0);
    expect(served).toBe(2);
    expect(domain.statistics()[0]?.handlers).toMatchObject([{ name: "child", failures: 2 }]);
    // Outside of the demultiplexing, an interrupt of the child comes as any other.
    child.handle(10);
    expect(served).toBe(3);
  });

  test.each(["cascaded", "gpio"] as const)("is off the line when %s is disposed of", (part) => {
    const all = board();
    all[part][Symbol.dispose]();
    all.press(0);
    expect(all.log).toEqual([]);
    all.domain.register(1, () => "handled");
    all.cascaded[Symbol.dispose]();
    expect(all.domain.statistics()[0]?.handlers).toHaveLength(1);
  });

  test("may go behind another line when the controller before it is gone", () => {
    const { domain, log, gic, gpio, cascaded } = board();
    gic[Symbol.dispose]();
    const next = domain.registerController({ name: "next", base: 0, count: 4 });
    gpio.cascade(2, (child) => child.handle(101));
    domain.register(101, () => (log.push("pin 101"), "handled"));
    cascaded[Symbol.dispose]();
    expect(() => gpio.cascade(3, () => undefined)).toThrow(refusal("BUSY"));
    next.handle(2);
    expect(log).toEqual(["pin 101", "end 101"]);
  });
});

/** A chain of so many controllers, each behind line 0 of the one before. */
function chain(length: number) {
  const domain = interruptDomain();
  const controllers = Array.from({ length }, (_, index) =>
    domain.registerController({ name: `c${index}`, base: 2 * index, count: 2 }),
  );
  const behind = (child: number, parent: number) =>
    controllers[child]?.cascade(2 * parent, (each) => each.handle(2 * child));
  return { domain, controllers, behind };
}

describe("cascade", () => {
  test("goes 8 controllers deep, and no deeper, in whatever order they are put together", () => {
    const { domain, controllers, behind } = chain(9);
    for (let index = 7; index > 0; index--) behind(index, index - 1);
    expect(() => behind(8, 7)).toThrow(refusal("INVALID_ARGUMENT"));
    let depth = 0;
    domain.register(14, () => (depth++, "handled"));
    controllers[0]?.handle(0);
    expect(depth).toBe(1);
    expect(domain.statistics().map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test("INVALID_ARGUMENT where the line is its own, or behind it", () => {
    const { behind } = chain(3);
    expect(() => behind(0, 0)).toThrow(refusal("INVALID_ARGUMENT"));
    behind(1, 0);
    behind(2, 1);
    expect(() => behind(0, 2)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("BUSY where it is behind a line already, or the line has a handler", () => {
    const { domain, behind } = chain(3);
    const first = behind(1, 0);
    expect(() => behind(1, 2)).toThrow(refusal("BUSY"));
    expect(() => behind(2, 0)).toThrow(refusal("BUSY"));
    domain.register(4, () => "handled", { shared: true });
    first?.[Symbol.dispose]();
    expect(() => behind(1, 2)).toThrow(refusal("BUSY"));
    expect(() => behind(1, 0)).not.toThrow();
  });

  test("NOT_FOUND where no controller has the line, CLOSED where it is gone itself", () => {
    const { controllers, behind } = chain(2);
    expect(() => behind(0, 77)).toThrow(refusal("NOT_FOUND"));
    controllers[1]?.[Symbol.dispose]();
    expect(() => behind(1, 0)).toThrow(refusal("CLOSED"));
  });
});
