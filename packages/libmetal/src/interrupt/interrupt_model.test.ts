import { interruptDomain, type RegisteredController } from "@openamp/libmetal";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { manualClock } from "../../fixtures/manual_clock.ts";

/** At the long count it takes minutes. */
const LONG = { timeout: 1_200_000 };

/** Lines 0 to 3 are edges, 4 to 7 levels, which their handlers lower. */
const LINES = 8;

interface Step {
  readonly act: string;
  readonly irq: number;
  /** Which handler is unregistered. */
  readonly which: number;
  readonly priority: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    { weight: 3, arbitrary: fc.constant("handle") },
    {
      weight: 8,
      arbitrary: fc.constantFrom(
        "lower",
        "enable",
        "disable",
        "register",
        "unregister",
        "priority",
        "save",
        "restore",
      ),
    },
  ),
  irq: fc.nat(LINES - 1),
  which: fc.nat(3),
  priority: fc.nat(15),
});

interface ModelLine {
  handlers: number[];
  off: number;
  edge: boolean;
  level: boolean;
  priority: number;
}

/** What a domain does, in plain lists: which handlers are called, in which order. */
class Model {
  readonly calls: string[] = [];
  readonly lines: readonly ModelLine[] = Array.from({ length: LINES }, () => ({
    handlers: [],
    off: 1,
    edge: false,
    level: false,
    priority: 8,
  }));
  saved = 0;
  #waiting: { readonly irq: number; readonly priority: number }[] = [];

  line(number: number): ModelLine {
    const line = this.lines[number];
    if (line === undefined) throw new Error(`No line ${number}`);
    return line;
  }

  /** A line that is on and has something to deliver waits, once, until its turn. */
  settle(number: number): void {
    const { off, edge, level, priority } = this.line(number);
    const waits = this.#waiting.some((each) => each.irq === number);
    if (off === 0 && (edge || level) && !waits) this.#waiting.push({ irq: number, priority });
    this.deliver();
  }

  deliver(): void {
    while (this.saved === 0 && this.#waiting.length > 0) {
      const urgent = Math.min(...this.#waiting.map(({ priority }) => priority));
      const next = this.#waiting.find(({ priority }) => priority === urgent);
      this.#waiting = this.#waiting.filter((each) => each !== next);
      const number = next?.irq ?? -1;
      const line = this.line(number);
      if (line.off > 0 || !(line.edge || line.level)) continue;
      line.edge = false;
      for (const id of line.handlers) {
        this.calls.push(`${number}:${id}`);
        line.level = false;
      }
    }
  }
}

test(
  "whatever is raised, switched, registered and restored: the calls are those of a plain model",
  LONG,
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const domain = interruptDomain({ clock: manualClock() });
        const edges = domain.registerController({ name: "edges", base: 0, count: 4 });
        const levels = domain.registerController({
          name: "levels",
          base: 4,
          count: 4,
          trigger: "level",
        });
        const controllerOf = (number: number): RegisteredController =>
          number < 4 ? edges : levels;
        const calls: string[] = [];
        const handlers = new Map<
          number,
          { readonly irq: number; readonly registered: Disposable }
        >();
        const model = new Model();
        const flags: number[] = [];
        let id = 0;

        for (const each of steps) {
          if (each.act === "save") {
            flags.push(domain.saveDisable());
            model.saved++;
          } else if (each.act === "restore") {
            const last = flags.pop();
            if (last === undefined) continue;
            model.saved--;
            domain.restoreEnable(last);
            model.deliver();
          } else {
            const line = model.line(each.irq);
            const controller = controllerOf(each.irq);
            if (each.act === "handle") {
              if (each.irq < 4) line.edge = true;
              else line.level = true;
              controller.handle(each.irq);
            } else if (each.act === "lower") {
              controller.lower(each.irq);
              if (each.irq >= 4) line.level = false;
            } else if (each.act === "priority") {
              domain.setPriority(each.irq, each.priority);
              line.priority = each.priority;
            } else if (each.act === "disable") {
              if (line.handlers.length === 0) continue;
              domain.disable(each.irq);
              line.off++;
            } else if (each.act === "enable") {
              if (line.off === 0 || line.handlers.length === 0) continue;
              line.off--;
              domain.enable(each.irq);
            } else if (each.act === "register") {
              const own = id++;
              if (line.handlers.length === 0) line.off = 0;
              line.handlers.push(own);
              const registered = domain.register(
                each.irq,
                (number) => {
                  calls.push(`${number}:${own}`);
                  controller.lower(number);
                  return "handled";
                },
                { shared: true },
              );
              handlers.set(own, { irq: each.irq, registered });
            } else {
              const own = line.handlers[each.which % Math.max(1, line.handlers.length)];
              if (own === undefined) continue;
              handlers.get(own)?.registered[Symbol.dispose]();
              line.handlers = line.handlers.filter((other) => other !== own);
              if (line.handlers.length === 0) {
                line.off = 1;
                line.edge = false;
              }
            }
            model.settle(each.irq);
          }
          expect(calls).toEqual(model.calls);
        }
        for (const { irq: number, pending, disableDepth, handlers: of } of domain.statistics()) {
          const line = model.line(number);
          expect([pending, disableDepth, of.length]).toEqual([
            line.edge || line.level,
            line.off,
            line.handlers.length,
          ]);
        }
      }),
      { numRuns: count("histories of an interrupt domain") },
    );
  },
);

test(
  "whatever handlers do: none runs inside another, none is called while off, no edge is lost",
  LONG,
  () => {
    const reaction = fc.record({
      act: fc.constantFrom("handle", "disable", "unregister", "save", "throw", "self"),
      irq: fc.nat(3),
    });
    const scripts = fc.array(fc.array(reaction, { maxLength: 4 }), { maxLength: 60 });
    fc.assert(
      fc.property(scripts, (script) => {
        const domain = interruptDomain({ clock: manualClock() });
        const controller = domain.registerController({ name: "edges", base: 0, count: 4 });
        const off = [0, 0, 0, 0];
        const raised = [0, 0, 0, 0];
        const registered = new Map<number, Disposable>();
        let running = false;
        let saved: number[] = [];
        let turn = 0;
        const wrong: string[] = [];

        const raise = (number: number): void => {
          raised[number] = 1;
          controller.handle(number);
        };
        const register = (number: number): void => {
          const handler = domain.register(number, (line) => {
            if (running) wrong.push(`${line} inside another`);
            if (saved.length > 0 || off[line] !== 0) wrong.push(`${line} while off`);
            if (raised[line] === 0) wrong.push(`${line} for nothing`);
            raised[line] = 0;
            running = true;
            try {
              for (const { act, irq: other } of script[turn++] ?? []) {
                if (act === "handle") raise(other);
                else if (act === "self") raise(line);
                else if (act === "disable" && registered.has(other)) {
                  domain.disable(other);
                  off[other] = (off[other] ?? 0) + 1;
                } else if (act === "unregister" && registered.has(other)) {
                  registered.get(other)?.[Symbol.dispose]();
                  registered.delete(other);
                  off[other] = 0;
                  raised[other] = 0;
                } else if (act === "save") saved.push(domain.saveDisable());
                else if (act === "throw") {
                  // What it saved is restored for it.
                  saved = [];
                  throw new Error("reaction");
                }
              }
            } finally {
              running = false;
            }
            return "handled";
          });
          registered.set(number, handler);
        };
        /** Switches everything on again, and registers what is not. */
        const recover = (): void => {
          for (let flags = saved.pop(); flags !== undefined; flags = saved.pop()) {
            domain.restoreEnable(flags);
          }
          for (let number = 0; number < 4; number++) {
            if (!registered.has(number)) register(number);
            while ((off[number] ?? 0) > 0) {
              off[number] = (off[number] ?? 0) - 1;
              domain.enable(number);
            }
          }
        };

        recover();
        for (let round = 0; round < 8; round++) {
          raise(round % 4);
          recover();
        }
        for (let end = 0; end < 100 && (raised.includes(1) || saved.length > 0); end++) recover();
        expect(wrong).toEqual([]);
        expect(raised).toEqual([0, 0, 0, 0]);
        expect(domain.statistics().some(({ pending }) => pending)).toBe(false);
      }),
      { numRuns: count("histories of an interrupt domain") },
    );
  },
);
