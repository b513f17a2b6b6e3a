import { rmSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { withMounts } from "../../../fixtures/other_rights.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x10000;

test("a file with holes for which there is no room is not mapped for reading only", async () => {
  const name = `/libmetal-${crypto.randomUUID()}`;
  onTestFinished(() => rmSync(`/dev/shm${name}`, { force: true }));
  const program = `
    const { openSharedMemory } = await import(${JSON.stringify(SYSTEM_URL)});
    const options = { name: "${name}", size: ${SIZE}, readOnly: true };
    const failure = await openSharedMemory(options).catch((error) => error);
    console.log(failure.code + ": " + failure.message);
  `;
  const wrapper = withMounts(
    `mount -t tmpfs -o size=${SIZE / 2} tmpfs /dev/shm && truncate -s ${SIZE} /dev/shm${name}`,
  );
  const { output, complaint } = await runProgram(program, { wrapper });
  expect([output, complaint]).toEqual([
    `NO_SPACE: Open the shared memory "${name}": no space left on device (ENOSPC); ${SIZE} bytes ` +
      `are wanted: df /dev/shm${name} shows what is free`,
    "",
  ]);
});
