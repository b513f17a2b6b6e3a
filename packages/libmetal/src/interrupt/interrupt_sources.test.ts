import {
  deviceInterrupts,
  doorbellInterrupts,
  interruptDomain,
  interruptSource,
  listeners,
  MetalError,
  type MetalErrorCode,
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

/** A call that fails. */
function failing(code: MetalErrorCode, message: string): () => never {
  return () => {
    throw new MetalError(code, message);
  };
}

function device(driver: "switch" | "no switch" = "switch") {
  const log: string[] = [];
  const tell = (what: string) => (): void => {
    log.push(what);
    if (driver === "no switch") throw new MetalError("UNSUPPORTED", what);
  };
  const { interrupt, raise } = interruptSource({
    name: "a0000000.ipi",
    enable: tell("enable"),
    disable: tell("disable"),
    acknowledge: tell("acknowledge"),
  });
  const lines: string[] = [];
  const domain = interruptDomain({ logger: { log: (_, line) => void lines.push(line) } });
  const line = deviceInterrupts(domain, interrupt);
  const serve = () => (log.push("serve"), "not-handled" as const);
  return { raise, log, lines, domain, line, serve };
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
    const { raise, log, domain, line, serve } = device();
    domain.register(line.base, serve);
    raise(1);
    raise(2);
    expect(log).toEqual(["enable", "serve", "acknowledge", "serve", "acknowledge"]);
    expect(domain.statistics()[0]?.controller).toBe("a0000000.ipi");
  });

  test("that nobody serves stays masked until somebody does", () => {
    const { raise, log, domain, line, serve } = device();
    raise(1);
    expect(log).toEqual([]);
    const handler = domain.register(line.base, serve);
    expect(log).toEqual(["enable", "serve", "acknowledge"]);
    domain.disable(line.base);
    raise(2);
    expect(log.slice(3)).toEqual(["disable"]);
    domain.enable(line.base);
    expect(log.slice(4)).toEqual(["enable", "serve", "acknowledge"]);
    handler[Symbol.dispose]();
    expect(log.slice(7)).toEqual(["disable"]);
  });

  test("whose handler switches the line off is acknowledged when it is on again", () => {
    const { raise, log, domain, line } = device();
    domain.register(line.base, (irq) => (log.push("serve"), domain.disable(irq), "handled"));
    raise(1);
    expect(log).toEqual(["enable", "serve", "disable"]);
    domain.enable(line.base);
    expect(log.slice(3)).toEqual(["enable", "acknowledge"]);
  });

  test("needs no switch in its driver", () => {
    const { raise, log, lines, domain, line, serve } = device("no switch");
    domain.register(line.base, serve)[Symbol.dispose]();
    domain.register(line.base, serve);
    raise(1);
    expect(log).toEqual(["enable", "disable", "enable", "serve", "acknowledge"]);
    expect(lines).toEqual([]);
  });

  test("is heard no more after the controller was disposed of, nor acknowledged", () => {
    const { raise, log, domain, line, serve } = device();
    domain.register(line.base, serve);
    line[Symbol.dispose]();
    raise(1);
    expect(log).toEqual(["enable", "disable"]);
  });

  test("is refused where it cannot be switched for another reason, or its device is closed", () => {
    const domain = interruptDomain();
    const { interrupt } = interruptSource({ name: "ipi", enable: failing("SYSTEM", "write: EIO") });
    const closed = { ...interrupt, listen: failing("CLOSED", "the device is closed") };
    const line = deviceInterrupts(domain, interrupt, { irq: 5, name: "mine" });
    expect(() => domain.register(5, () => "handled")).toThrow("EIO");
    line[Symbol.dispose]();
    expect(() => deviceInterrupts(domain, closed, { irq: 5 })).toThrow("the device is closed");
    expect(deviceInterrupts(domain, interrupt, { irq: 5 }).base).toBe(5);
  });
});

test("a doorbell that cannot be listened to takes no numbers", () => {
  const domain = interruptDomain();
  const listen = failing("CLOSED", "Listen: it is closed");
  const make = () => doorbellInterrupts(domain, { listen }, { count: 2, base: 16 });
  for (let time = 0; time < 2; time++) {
    expect(make).toThrow(expect.objectContaining({ code: "CLOSED" }));
  }
});
