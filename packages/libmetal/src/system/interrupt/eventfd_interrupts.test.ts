import { deviceInterrupts, interruptDomain, interruptSource } from "@openamp/libmetal";
import { openEventfd, watchReadable } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { eventually } from "../../../fixtures/eventually.ts";

/** An eventfd as an interrupt, its number of the line that of the descriptor, as upstream has it. */
async function eventfdInterrupt() {
  const counter = await openEventfd();
  const { interrupt, raise } = interruptSource({ name: `eventfd ${counter.descriptor}` });
  const watch = await watchReadable(counter.descriptor, () => {
    const events = counter.take();
    if (events > 0) raise(events);
  });
  return {
    irq: counter.descriptor,
    interrupt,
    ring: () => counter.add(1),
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
      counter[Symbol.dispose]();
    },
  };
}

test("upstream's test of interrupts on Linux: two eventfds, and they interrupt", async () => {
  using first = await eventfdInterrupt();
  using second = await eventfdInterrupt();
  const domain = interruptDomain();
  for (const { interrupt, irq } of [first, second]) deviceInterrupts(domain, interrupt, { irq });
  const served: number[] = [];
  const serve = (irq: number): "handled" => {
    served.push(irq);
    return "handled";
  };

  const one = domain.register(first.irq, serve);
  const two = domain.register(second.irq, serve);
  one[Symbol.dispose]();
  const again = domain.register(first.irq, serve);
  first.ring();
  await eventually(() => served.length === 1, "The first has interrupted");
  second.ring();
  await eventually(() => served.length === 2, "The second has interrupted");
  expect(served).toEqual([first.irq, second.irq]);

  domain.disable(first.irq);
  first.ring();
  second.ring();
  await eventually(() => served.length === 3, "The second has interrupted again");
  await eventually(
    () => domain.statistics().some(({ irq, pending }) => irq === first.irq && pending),
    "The first is pending",
  );
  domain.enable(first.irq);
  expect(served.slice(2)).toEqual([second.irq, first.irq]);
  again[Symbol.dispose]();
  two[Symbol.dispose]();
});
