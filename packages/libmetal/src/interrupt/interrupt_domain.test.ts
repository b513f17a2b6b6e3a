import { type InterruptController, interruptDomain } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { manualClock } from "../../fixtures/manual_clock.ts";

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });

function fail(): never {
  throw new Error("nothing works");
}

/** A domain with one controller of lines 32 to 39, and a list of what its handlers were called for. */
function gic(trigger: "edge" | "level" = "edge") {
  const domain = interruptDomain();
  const switched: string[] = [];
  const controller = domain.registerController({
    name: "gic",
    base: 32,
    count: 8,
    trigger,
    setEnabled: (irq, on) => void switched.push(`${on ? "on" : "off"} ${irq}`),
  });
  const served: (number | string)[] = [];
  const serve = (irq: number, name?: string): "handled" => {
    served.push(name ?? irq);
    return "handled";
  };
  return { domain, controller, switched, served, serve };
}

function controllerOf(range: Partial<InterruptController>): InterruptController {
  return { name: "controller", base: "any", count: 8, ...range };
}

describe("the numbers of controllers", () => {
  test("any: the first above all that are taken, in whatever order these came", () => {
    // Upstream looks at its list once, and hands out 10 here: a number that is taken.
    const domain = interruptDomain();
    domain.registerController(controllerOf({ base: 10, count: 10 }));
    domain.registerController(controllerOf({ base: 0, count: 10 }));
    const bases = [5, 1, 64].map(
      (count) => domain.registerController(controllerOf({ count })).base,
    );
    expect(bases).toEqual([20, 25, 26]);
    expect(interruptDomain().registerController(controllerOf({})).base).toBe(0);
  });

  test.each([
    [32, 8],
    [31, 2],
    [39, 1],
    [0, 100],
    [33, 1],
  ])("OVERLAP: %i and %i more, where 32 to 39 are taken", (base, count) => {
    const { domain } = gic();
    const register = () => domain.registerController(controllerOf({ base, count }));
    expect(register).toThrow(refusal("OVERLAP"));
    expect(register).toThrow('overlap those of "gic", 32 to 39');
  });

  test("neighbours on both sides do not overlap", () => {
    const { domain } = gic();
    expect(domain.registerController(controllerOf({ base: 24 })).base).toBe(24);
    expect(domain.registerController(controllerOf({ base: 40 })).base).toBe(40);
  });

  test.each([
    { count: 0 },
    { count: -1 },
    { count: 1.5 },
    { count: NaN },
    { count: 65537 },
    { base: -1 },
    { base: 0.5 },
    { base: NaN },
    { base: 2 ** 31 },
    { base: 2 ** 31 - 4, count: 5 },
  ])("INVALID_ARGUMENT: %o", (range) => {
    const register = () => interruptDomain().registerController(controllerOf(range));
    expect(register).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("NO_SPACE where none are left above, though there are gaps", () => {
    const domain = interruptDomain();
    domain.registerController(controllerOf({ base: 2 ** 31 - 9, count: 8 }));
    const last = domain.registerController(controllerOf({ count: 1 }));
    expect(last.base).toBe(2 ** 31 - 1);
    expect(() => domain.registerController(controllerOf({ count: 1 }))).toThrow(
      refusal("NO_SPACE"),
    );
  });

  test("EXISTS: the same controller twice", () => {
    const domain = interruptDomain();
    const controller = controllerOf({});
    const registered = domain.registerController(controller);
    expect(() => domain.registerController(controller)).toThrow(refusal("EXISTS"));
    registered[Symbol.dispose]();
    expect(domain.registerController(controller).base).toBe(0);
  });
});

describe("upstream's test of interrupts", () => {
  test("linux: two of them, registered, one unregistered and registered again", () => {
    const { domain } = gic();
    const first = domain.register(33, () => "not-handled");
    const second = domain.register(34, () => "not-handled");
    first[Symbol.dispose]();
    const again = domain.register(33, () => "not-handled");
    again[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(domain.statistics().map(({ handlers }) => handlers)).toEqual([[], []]);
  });

  test("generic: 1 and 2, as what each call returns", () => {
    const domain = interruptDomain();
    domain.registerController(controllerOf({ base: 0, count: 3 }));
    for (const irq of [1, 2, 1, 2]) {
      const handler = domain.register(irq, () => "handled");
      expect(() => domain.register(irq, () => "handled")).toThrow(refusal("BUSY"));
      handler[Symbol.dispose]();
    }
    expect(() => domain.register(3, () => "handled")).toThrow(refusal("NOT_FOUND"));
    expect(() => domain.register(-1, () => "handled")).toThrow(refusal("NOT_FOUND"));
    expect(() => domain.register(NaN, () => "handled")).toThrow(refusal("NOT_FOUND"));
  });
});

describe("handlers", () => {
  test("are called with the number of their line, until they are disposed of", () => {
    const { domain, controller, served, serve } = gic();
    const handler = domain.register(33, serve);
    domain.register(39, serve);
    controller.handle(33);
    controller.handle(39);
    handler[Symbol.dispose]();
    handler[Symbol.dispose]();
    controller.handle(33);
    expect(served).toEqual([33, 39]);
  });

  test("of a shared line are all asked, in order, whoever handled it", () => {
    const { domain, controller, served } = gic();
    for (const name of ["a", "b", "c"]) {
      const answer = name === "b" ? "handled" : "not-handled";
      domain.register(33, () => (served.push(name), answer), { shared: true, name });
    }
    controller.handle(33);
    expect(served).toEqual(["a", "b", "c"]);
    expect(domain.statistics()[0]).toMatchObject({
      count: 1,
      spurious: 0,
      handlers: [
        { name: "a", calls: 1, handled: 0 },
        { name: "b", calls: 1, handled: 1 },
        { name: "c", calls: 1, handled: 0 },
      ],
    });
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
  ])("BUSY where not both are shared: %s, %s", (first, second) => {
    const { domain, serve } = gic();
    domain.register(33, serve, { shared: first, name: "uart" });
    const register = () => domain.register(33, serve, { shared: second });
    expect(register).toThrow(refusal("BUSY"));
    expect(register).toThrow('"uart" has it');
  });

  test("may share a line with themselves, each registration for itself", () => {
    const { domain, controller, served, serve } = gic();
    const first = domain.register(33, serve, { shared: true });
    domain.register(33, serve, { shared: true });
    controller.handle(33);
    first[Symbol.dispose]();
    controller.handle(33);
    expect(served).toEqual([33, 33, 33]);
  });

  test("may unregister themselves, those before them and those behind them", () => {
    const { domain, controller, served } = gic();
    const handlers = ["before", "self", "behind"].map((name) =>
      domain.register(
        33,
        () => {
          served.push(name);
          if (name === "self") for (const handler of handlers) handler[Symbol.dispose]();
          return "handled";
        },
        { shared: true },
      ),
    );
    controller.handle(33);
    expect(served).toEqual(["before", "self"]);
    domain.register(33, () => (served.push("next owner"), "handled"));
    controller.handle(33);
    expect(served).toEqual(["before", "self", "next owner"]);
  });

  test("that throw are counted, and harm neither their neighbours nor the source", () => {
    const lines: string[] = [];
    const domain = interruptDomain({ logger: { log: (_, line) => void lines.push(line) } });
    const controller = domain.registerController(controllerOf({ base: 0 }));
    const thrown: unknown[] = [new Error("no\u001b[2J"), Object.create(null), undefined];
    for (const [index, each] of thrown.entries()) {
      domain.register(
        1,
        () => {
          domain.saveDisable();
          throw each;
        },
        { shared: true, name: `bad${index}` },
      );
    }
    let served = 0;
    domain.register(1, () => (served++, "handled"), { shared: true, name: "good" });
    controller.handle(1);
    controller.handle(1);
    expect(served).toBe(2);
    expect(domain.enabled).toBe(true);
    expect(domain.statistics()[0]).toMatchObject({
      spurious: 0,
      handlers: [
        { failures: 2, handled: 0 },
        { failures: 2, handled: 0 },
        { failures: 2, handled: 0 },
        { failures: 0, handled: 2 },
      ],
    });
    expect(lines.slice(0, 3)).toEqual([
      "irq 1: handler bad0 threw: Error: no\\x1b[2J",
      "irq 1: handler bad1 threw: something without a text",
      "irq 1: handler bad2 threw: undefined",
    ]);
  });

  test("that throw harm no source, also where the logger throws", () => {
    const domain = interruptDomain({ logger: { log: fail } });
    const controller = domain.registerController({ ...controllerOf({ base: 0 }), end: fail });
    domain.register(1, fail);
    expect(() => controller.handle(1)).not.toThrow();
    expect(() => controller.handle(99)).not.toThrow();
    expect(() => controller.handle(1)).not.toThrow();
    expect(domain.statistics()[0]?.handlers).toMatchObject([{ failures: 2 }]);
  });

  test("T47 that throw without end write a hundred lines in five seconds", () => {
    const clock = manualClock();
    let lines = 0;
    const domain = interruptDomain({ clock, logger: { log: () => void lines++ } });
    const controller = domain.registerController(controllerOf({ base: 0 }));
    domain.register(1, () => {
      throw new Error("again");
    });
    for (let event = 0; event < 5000; event++) controller.handle(event % 2 === 0 ? 1 : 99);
    expect(lines).toBe(100);
    expect(domain.unexpected).toBe(2500);
  });

  test("are timed by the clock, each for itself", () => {
    const clock = manualClock();
    const domain = interruptDomain({ clock });
    const controller = domain.registerController(controllerOf({ base: 0 }));
    let length = 3;
    const wait = (milliseconds: number) => (clock.advance(milliseconds), "handled" as const);
    domain.register(1, () => wait(length), { shared: true, name: "slow" });
    domain.register(1, () => wait(0.5), { shared: true, name: "fast" });
    controller.handle(1);
    length = 1;
    controller.handle(1);
    expect(domain.statistics()[0]?.handlers).toEqual([
      { name: "slow", calls: 2, handled: 2, failures: 0, totalTime: 4, maximumTime: 3 },
      { name: "fast", calls: 2, handled: 2, failures: 0, totalTime: 1, maximumTime: 0.5 },
    ]);
  });
});

describe("a line that is off", () => {
  test("keeps an edge, once, and delivers it when it is on", () => {
    const { domain, controller, switched, served, serve } = gic();
    domain.register(33, serve);
    domain.disable(33);
    for (let event = 0; event < 5; event++) controller.handle(33);
    expect(served).toEqual([]);
    expect(domain.statistics()[0]).toMatchObject({ pending: true, merged: 4, disableDepth: 1 });
    domain.enable(33);
    expect(served).toEqual([33]);
    expect(switched).toEqual(["on 33", "off 33", "on 33"]);
  });

  test("delivers a level for as long as it is up, and none that went down", () => {
    const { domain, controller, served } = gic("level");
    let left = 3;
    domain.register(33, () => {
      served.push(33);
      if (--left === 0) controller.lower(33);
      return "handled";
    });
    domain.disable(33);
    controller.handle(33);
    controller.handle(33);
    domain.enable(33);
    expect(served).toEqual([33, 33, 33]);
    domain.disable(33);
    controller.handle(33);
    controller.lower(33);
    domain.enable(33);
    expect(served).toHaveLength(3);
    expect(domain.statistics()[0]).toMatchObject({ count: 3, pending: false });
  });

  test("is off as often as it was switched off, as in the kernel", () => {
    const { domain, controller, switched, served, serve } = gic();
    domain.register(33, serve);
    domain.disable(33);
    domain.disable(33);
    controller.handle(33);
    domain.enable(33);
    expect(served).toEqual([]);
    domain.enable(33);
    expect(served).toEqual([33]);
    expect(switched).toEqual(["on 33", "off 33", "on 33"]);
    expect(() => domain.enable(33)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(() => domain.enable(33)).toThrow("Unbalanced enable for IRQ 33");
  });

  test("may be switched off by its own handler, in the midst of a level", () => {
    const { domain, controller, served } = gic("level");
    domain.register(33, () => (served.push(33), domain.disable(33), "handled"));
    controller.handle(33);
    expect(served).toEqual([33]);
    domain.enable(33);
    expect(served).toEqual([33, 33]);
  });

  test("is one without a handler: an edge waits for the first", () => {
    const { domain, controller, switched, served, serve } = gic();
    controller.handle(33);
    expect(domain.statistics()[0]).toMatchObject({ irq: 33, pending: true, disableDepth: 1 });
    const first = domain.register(33, serve);
    expect(served).toEqual([33]);
    domain.disable(33);
    controller.handle(33);
    first[Symbol.dispose]();
    // What waited was for the handler that is gone.
    domain.register(33, serve);
    expect(served).toEqual([33]);
    expect(switched).toEqual(["on 33", "off 33", "on 33"]);
  });

  test("is one that was registered with `enable` false, as upstream's are", () => {
    const { domain, controller, switched, served, serve } = gic();
    domain.register(33, serve, { enable: false });
    controller.handle(33);
    expect([served, switched]).toEqual([[], []]);
    domain.enable(33);
    expect([served, switched]).toEqual([[33], ["on 33"]]);
    const shared = () => domain.register(34, serve, { enable: false, shared: true });
    expect(shared).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test.each(["enable", "disable"] as const)("NOT_FOUND: %s without a handler", (call) => {
    const { domain } = gic();
    expect(() => domain[call](33)).toThrow(refusal("NOT_FOUND"));
    expect(() => domain[call](7)).toThrow(refusal("NOT_FOUND"));
  });

  test("stays as it was where the controller cannot switch it", () => {
    const domain = interruptDomain();
    let broken = true;
    const controller = domain.registerController({
      ...controllerOf({ base: 0 }),
      setEnabled() {
        if (broken) throw new Error("no register");
      },
    });
    expect(() => domain.register(1, () => "handled")).toThrow("no register");
    expect(domain.statistics()[0]).toMatchObject({ handlers: [], disableDepth: 1 });
    broken = false;
    domain.register(1, () => "handled");
    broken = true;
    expect(() => domain.disable(1)).toThrow("no register");
    controller.handle(1);
    expect(domain.statistics()[0]).toMatchObject({ count: 1, disableDepth: 0 });
  });
});

describe("saveDisable and restoreEnable", () => {
  test("nest, and the outermost delivers what waits, the most urgent first", () => {
    const { domain, controller, served, serve } = gic();
    for (const irq of [33, 34, 35, 36]) domain.register(irq, serve);
    domain.setPriority(36, 0);
    domain.setPriority(33, 15);
    const outer = domain.saveDisable();
    const inner = domain.saveDisable();
    for (const irq of [33, 35, 34, 36, 33]) controller.handle(irq);
    domain.restoreEnable(inner);
    expect(served).toEqual([]);
    expect(domain.enabled).toBe(false);
    domain.restoreEnable(outer);
    // Of one priority, the one that came first.
    expect(served).toEqual([36, 35, 34, 33]);
    expect(domain.enabled).toBe(true);
  });

  test("INVALID_ARGUMENT: flags of another, or none", () => {
    const { domain } = gic();
    expect(() => domain.restoreEnable(-1)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(domain.enabled).toBe(true);
    const outer = domain.saveDisable();
    const inner = domain.saveDisable();
    for (const flags of [outer, 7, -1, NaN]) {
      expect(() => domain.restoreEnable(flags)).toThrow(refusal("INVALID_ARGUMENT"));
    }
    domain.restoreEnable(inner);
    domain.restoreEnable(outer);
    expect(() => domain.restoreEnable(outer)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("a handler may leave them off: nothing is delivered until somebody restores them", () => {
    const { domain, controller, served, serve } = gic();
    let flags = -1;
    domain.register(33, () => (controller.handle(34), (flags = domain.saveDisable()), "handled"));
    domain.register(34, serve);
    controller.handle(33);
    expect(served).toEqual([]);
    domain.restoreEnable(flags);
    expect(served).toEqual([34]);
  });

  test.each([-1, 16, 0.5, NaN])("INVALID_ARGUMENT: priority %d", (priority) => {
    const { domain } = gic();
    expect(() => domain.setPriority(33, priority)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(() => domain.setPriority(7, 1)).toThrow(refusal("NOT_FOUND"));
  });
});

describe("an interrupt that comes while a handler runs", () => {
  test("waits for its end, however urgent it is", () => {
    const { domain, controller, served, serve } = gic();
    domain.register(33, () => {
      served.push("begin");
      for (const irq of [35, 34, 33]) controller.handle(irq);
      served.push("end");
      return "handled";
    });
    domain.register(34, serve);
    domain.register(35, serve);
    domain.setPriority(34, 0);
    controller.handle(33);
    expect(served.slice(0, 4)).toEqual(["begin", "end", 34, 35]);
  });

  test("in a storm leaves the event loop its turns, and no stack grows", () => {
    const clock = manualClock();
    const domain = interruptDomain({ clock });
    const controller = domain.registerController(controllerOf({ base: 0 }));
    let left = 5000;
    let deepest = 0;
    let depth = 0;
    domain.register(1, () => {
      deepest = Math.max(deepest, ++depth);
      if (left-- > 0) controller.handle(1);
      depth--;
      return "handled";
    });
    controller.handle(1);
    expect(domain.statistics()[0]).toMatchObject({ count: 1024, pending: true });
    for (let turn = 0; turn < 10 && clock.pending > 0; turn++) clock.advance(0);
    expect(domain.statistics()[0]).toMatchObject({ count: 5001, pending: false });
    expect([deepest, clock.pending]).toEqual([1, 0]);
  });

  test("on a level that never goes down does not keep others from their turn", () => {
    const clock = manualClock();
    const domain = interruptDomain({ clock });
    const options = controllerOf({ base: 0, trigger: "level" });
    const controller = domain.registerController(options);
    let other = 0;
    domain.register(1, () => "handled");
    domain.register(2, () => (other++, controller.lower(2), "handled"));
    controller.handle(1);
    controller.handle(2);
    // One turn is asked for, however often.
    expect(clock.pending).toBe(1);
    clock.advance(0);
    expect(other).toBe(1);
    domain.disable(1);
    clock.advance(0);
    expect(clock.pending).toBe(0);
  });
});

describe("a controller that is taken out", () => {
  test("calls no handler any more, names them in the log, and gives its numbers back", () => {
    const lines: string[] = [];
    const domain = interruptDomain({ logger: { log: (_, line) => void lines.push(line) } });
    const switched: string[] = [];
    const controller = domain.registerController({
      ...controllerOf({ base: 8, name: "gpio" }),
      setEnabled: (irq, on) => void switched.push(`${on ? "on" : "off"} ${irq}`),
    });
    let served = 0;
    const handler = domain.register(9, () => (served++, "handled"), { name: "button" });
    controller.handle(10);
    const flags = domain.saveDisable();
    controller.handle(9);
    controller[Symbol.dispose]();
    controller[Symbol.dispose]();
    domain.restoreEnable(flags);
    controller.handle(9);
    handler[Symbol.dispose]();
    expect(served).toBe(0);
    expect(switched).toEqual(["on 9", "off 9"]);
    expect(lines).toEqual(["irq 9: controller gpio is gone, handler button with it"]);
    expect(domain.statistics()).toEqual([]);
    expect(() => domain.register(9, () => "handled")).toThrow(refusal("NOT_FOUND"));
    const next = domain.registerController(controllerOf({ base: 8 }));
    domain.register(9, () => (served++, "handled"));
    controller.handle(9);
    expect(served).toBe(0);
    next.handle(9);
    expect(served).toBe(1);
  });

  test("in the midst of a delivery lets the handler that runs come to its end", () => {
    const { domain, controller, served } = gic();
    for (const name of ["first", "second"]) {
      domain.register(33, () => (served.push(name), controller[Symbol.dispose](), "handled"), {
        shared: true,
      });
    }
    controller.handle(33);
    expect(served).toEqual(["first"]);
  });
});

describe("a number that no controller has", () => {
  test.each([31, 40, -1, 33.5, NaN, Infinity, 2 ** 32 + 33])("%d is counted", (irq) => {
    const { domain, controller } = gic();
    expect(() => controller.handle(irq)).not.toThrow();
    expect(domain.unexpected).toBe(1);
    expect(domain.statistics()).toEqual([]);
    controller.lower(irq);
    controller.release(irq);
  });

  test("is logged in the kernel's words", () => {
    const lines: string[] = [];
    const domain = interruptDomain({ logger: { log: (_, line) => void lines.push(line) } });
    domain.registerController(controllerOf({ base: 0, name: "gic" })).handle(127);
    expect(lines).toEqual(["gic: unexpected IRQ trap at vector 7f"]);
  });
});
