import {
  deviceInterrupts,
  doorbellInterrupts,
  interruptDomain,
  listeners,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

function ringing() {
  const rings = listeners<number | undefined>();
  const domain = interruptDomain();
  const lines = doorbellInterrupts(
    domain,
    { listen: (each) => rings.add(each) },
    { count: 3, base: 16 },
  );
  const served: number[] = [];
  for (const irq of [16, 18]) domain.register(irq, () => (served.push(irq), "handled"));
  return { rings, domain, lines, served };
}

function device() {
  const events = listeners<number>();
  const log: string[] = [];
  const domain = interruptDomain();
  const source = {
    listen: (each: () => void) => events.add(each),
    acknowledge: () => void log.push("acknowledge"),
  };
  const line = deviceInterrupts(domain, source, { name: "a0000000.ipi" });
  const serve = () => (log.push("serve"), "not-handled" as const);
  return { events, log, domain, line, serve };
}

describe("the rings of a doorbell", () => {
  test("are interrupts of the line of their notify id", () => {
    const { rings, lines, served } = ringing();
    rings.emit(2);
    rings.emit(0);
    expect(served).toEqual([18, 16]);
    expect([lines.base, lines.count]).toEqual([16, 3]);
  });

  test.each([undefined, 3, -1, 0.5, NaN, 2 ** 32])("of id %s mean every line", (id) => {
    const { rings, domain, served } = ringing();
    rings.emit(id);
    expect(served).toEqual([16, 18]);
    expect(domain.unexpected).toBe(0);
  });

  test("that come before the driver are kept for it", () => {
    const { rings, domain, served } = ringing();
    rings.emit(1);
    domain.register(17, () => (served.push(17), "handled"));
    expect(served).toEqual([17]);
  });

  test("are heard no more after the controller was disposed of", () => {
    const { rings, domain, lines, served } = ringing();
    lines[Symbol.dispose]();
    rings.emit(0);
    expect(served).toEqual([]);
    expect(() => domain.register(17, () => "handled")).toThrow("no controller has this line");
  });
});

describe("the interrupt of a device", () => {
  test("is acknowledged after its handlers, whatever they say", () => {
    const { events, log, domain, line, serve } = device();
    domain.register(line.base, serve);
    events.emit(1);
    events.emit(2);
    expect(log).toEqual(["serve", "acknowledge", "serve", "acknowledge"]);
    expect(domain.statistics()[0]?.controller).toBe("a0000000.ipi");
  });

  test("that nobody serves stays masked until somebody does", () => {
    const { events, log, domain, line, serve } = device();
    events.emit(1);
    expect(log).toEqual([]);
    domain.register(line.base, serve);
    expect(log).toEqual(["serve", "acknowledge"]);
    domain.disable(line.base);
    events.emit(2);
    expect(log).toHaveLength(2);
    domain.enable(line.base);
    expect(log).toEqual(["serve", "acknowledge", "serve", "acknowledge"]);
  });

  test("whose handler switches the line off is acknowledged when it is on again", () => {
    const { events, log, domain, line } = device();
    domain.register(line.base, (irq) => (log.push("serve"), domain.disable(irq), "handled"));
    events.emit(1);
    expect(log).toEqual(["serve"]);
    domain.enable(line.base);
    expect(log).toEqual(["serve", "acknowledge"]);
  });

  test("is heard no more after the controller was disposed of, nor acknowledged", () => {
    const { events, log, domain, line, serve } = device();
    domain.register(line.base, serve);
    line[Symbol.dispose]();
    events.emit(1);
    expect(log).toEqual([]);
  });

  test("needs no acknowledgement where the source has none", () => {
    const events = listeners<void>();
    const domain = interruptDomain();
    const line = deviceInterrupts(
      domain,
      { listen: (each: () => void) => events.add(each) },
      { irq: 5 },
    );
    let served = 0;
    domain.register(line.base, () => (served++, "handled"));
    events.emit();
    expect([line.base, served]).toEqual([5, 1]);
  });
});
