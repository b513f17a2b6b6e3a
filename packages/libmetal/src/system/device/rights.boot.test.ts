import { chmodSync } from "node:fs";
import { expect, test } from "vitest";
import { addDevice, addDriver, madeUpTree } from "../../../fixtures/made_up_tree.ts";
import { asNobody } from "../../../fixtures/other_rights.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

test("another user than root is told what giving a driver takes", async () => {
  using tree = madeUpTree();
  addDevice(tree, { bus: "platform", name: "a.b" });
  addDriver(tree, "platform", "uio_pdrv_genirq");
  chmodSync(tree.root, 0o755);
  for (const file of [`devices/a.b/driver_override`, `drivers/uio_pdrv_genirq/bind`]) {
    chmodSync(tree.path(`/sys/bus/platform/${file}`), 0o444);
  }
  const { output, complaint } = await runProgram(
    `
      const { platformBus } = await import(${JSON.stringify(SYSTEM_URL)});
      const bus = platformBus({ root: ${JSON.stringify(tree.root)} });
      const failure = await bus.open("a.b").catch((error) => error);
      console.log(failure.code + ": " + failure.message);
    `,
    { wrapper: asNobody, permissions: ["--allow-all"] },
  );
  expect(complaint).toBe("");
  expect(output).toMatch(
    /^PERMISSION: Open device .*driver_override": permission denied \(EACCES\)/,
  );
  expect(output).toContain("; to give a device another driver takes root; or give it beforehand");
});

test("what Deno does not allow is an error of ours, with the flag to add", async () => {
  const program = `
    const { platformBus } = await import(${JSON.stringify(SYSTEM_URL)});
    const failure = await platformBus().list().catch((error) => error);
    console.log(failure.name + " " + failure.code + ": " + failure.message);
  `;
  const { output } = await runProgram(program, { runtime: "deno", permissions: ["--allow-ffi"] });
  expect(output).toMatch(/^MetalError PERMISSION: Look at "\/sys\/bus": .*--allow-/);
});
