import { interruptDomain, type SpuriousLimit } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { manualClock } from "../../fixtures/manual_clock.ts";

/** A shared line 9 whose handlers answer as they are told. */
function line(spurious?: SpuriousLimit) {
  const clock = manualClock();
  const lines: string[] = [];
  const disabled: number[] = [];
  const domain = interruptDomain({
    clock,
    ...(spurious === undefined ? {} : { spurious }),
    logger: { log: (level, text) => void lines.push(`<${level}>${text}`) },
    onNobodyCared(irq) {
      disabled.push(irq);
      throw new Error("listener");
    },
  });
  const controller = domain.registerController({ name: "gic", base: 8, count: 4 });
  const answer = { handled: false };
  const handler = domain.register(9, () => (answer.handled ? "handled" : "not-handled"), {
    name: "eth0",
    shared: true,
  });
  const raise = (count: number): void => {
    for (let event = 0; event < count; event++) controller.handle(9);
  };
  const state = () => domain.statistics()[0];
  return { clock, lines, disabled, domain, handler, answer, raise, state };
}

const LIMIT = { window: 100, unhandled: 90 };

describe("a line that nobody handles", () => {
  test("is switched off after the kernel's bound, with the kernel's words", () => {
    const { lines, disabled, raise, state } = line();
    raise(99_999);
    expect(lines).toEqual([]);
    raise(1);
    expect(state()).toMatchObject({ spurious: 100_000, spuriousDisabled: true, disableDepth: 1 });
    expect(disabled).toEqual([9]);
    expect(lines).toEqual([
      "<3>irq 9: nobody cared",
      "<3>irq 9: handlers: eth0",
      "<0>Disabling IRQ #9",
      "<3>irq 9: onNobodyCared of gic threw: Error: listener",
    ]);
    raise(5);
    expect(state()).toMatchObject({ count: 100_000, merged: 4, pending: true });
  });

  test("stays on where some are handled in each window", () => {
    const { disabled, answer, raise } = line(LIMIT);
    for (let window = 0; window < 5; window++) {
      raise(90);
      answer.handled = true;
      raise(10);
      answer.handled = false;
    }
    expect(disabled).toEqual([]);
    raise(100);
    expect(disabled).toEqual([9]);
  });

  test("stays on where they come more than 100 ms apart", () => {
    const { clock, disabled, raise, state } = line(LIMIT);
    for (let event = 0; event < 1000; event++) {
      clock.advance(101);
      raise(1);
    }
    expect(state()?.spurious).toBe(1000);
    expect(disabled).toEqual([]);
  });

  test("is switched on again by `enable`, or by another handler", () => {
    const { domain, handler, raise, state } = line(LIMIT);
    raise(100);
    domain.enable(9);
    expect(state()).toMatchObject({ disableDepth: 0, spuriousDisabled: false });
    raise(100);
    expect(state()).toMatchObject({ disableDepth: 1, spuriousDisabled: true });
    const second = domain.register(9, () => "handled", { shared: true });
    expect(state()).toMatchObject({ disableDepth: 0, spuriousDisabled: false });
    raise(1000);
    expect(state()).toMatchObject({ disableDepth: 0, spurious: 200 });
    second[Symbol.dispose]();
    raise(100);
    handler[Symbol.dispose]();
    domain.register(9, () => "handled");
    expect(state()).toMatchObject({ disableDepth: 0, spuriousDisabled: false });
  });

  test("is left alone where its last handler went in the meantime", () => {
    const { domain, handler, disabled, raise } = line({ window: 2, unhandled: 1 });
    domain.register(9, () => (handler[Symbol.dispose](), "not-handled"), { shared: true });
    raise(1);
    expect(disabled).toEqual([]);
    expect(domain.statistics()[0]?.handlers).toHaveLength(1);
  });

  test("is left alone where its only handler went, and is the next one's", () => {
    const { domain, handler, disabled, raise, state } = line({ window: 1, unhandled: 0 });
    handler[Symbol.dispose]();
    const last = domain.register(9, () => (last[Symbol.dispose](), "not-handled"));
    raise(1);
    expect([disabled, state()?.spurious]).toEqual([[], 1]);
    domain.register(9, () => "handled");
    expect(state()).toMatchObject({ disableDepth: 0, spuriousDisabled: false });
  });

  test("is one whose handler throws at each interrupt", () => {
    const domain = interruptDomain({ spurious: LIMIT });
    const controller = domain.registerController({
      name: "gic",
      base: 0,
      count: 1,
      trigger: "level",
    });
    domain.register(0, () => {
      throw new Error("never served");
    });
    // A level that stays up comes again by itself.
    controller.handle(0);
    expect(domain.statistics()[0]).toMatchObject({ count: 100, spuriousDisabled: true });
  });

  test("is off here also where its controller cannot switch it", () => {
    let broken = false;
    const domain = interruptDomain({ spurious: LIMIT });
    const controller = domain.registerController({
      name: "gic",
      base: 0,
      count: 1,
      setEnabled() {
        if (broken) throw new Error("no register");
      },
      end() {
        throw new Error("no register either");
      },
    });
    domain.register(0, () => "not-handled");
    broken = true;
    for (let event = 0; event < 200; event++) controller.handle(0);
    expect(domain.statistics()[0]).toMatchObject({ count: 100, disableDepth: 1 });
  });
});
