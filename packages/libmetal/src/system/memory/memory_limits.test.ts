import { describe, expect, test } from "vitest";
import { asNobody } from "../../../fixtures/other_rights.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

/** What goes wrong in a process that has limits of its own, which the shell sets. */
async function failureUnder(limit: string, attempt: string): Promise<string> {
  const program = `
    const { createSharedMemory } = await import(${JSON.stringify(SYSTEM_URL)});
    const kept = [];
    const make = async (options) => kept.push(await createSharedMemory(options));
    const attempt = async () => { ${attempt} };
    const failure = await attempt().catch((error) => error);
    console.log(failure.code + ": " + failure.message);
  `;
  const wrapper = [...asNobody, "sh", "-c", `${limit}; exec "$@"`, "sh"];
  const { output, complaint } = await runProgram(program, { wrapper });
  return output + complaint;
}

const CREATE = 'Create the shared memory "shared"';
const LOCK_HINT = "ulimit -l raises the limit, or the capability CAP_IPC_LOCK";

describe("a clear error", () => {
  test("where more pages are to be kept in memory than this user may", async () => {
    const attempt = "await make({ size: 0x100000, locked: true });";
    expect(await failureUnder("ulimit -l 16", attempt)).toBe(
      `NO_SPACE: ${CREATE}: keep its pages in memory: not enough memory (ENOMEM); ${LOCK_HINT}`,
    );
    expect(await failureUnder("ulimit -l 0", attempt)).toBe(
      `PERMISSION: ${CREATE}: keep its pages in memory: operation not permitted (EPERM); ${LOCK_HINT}`,
    );
  });

  test("where too many files are open", async () => {
    const attempt = "for (let count = 0; count < 500; count++) await make({ size: 4096 });";
    expect(await failureUnder("ulimit -n 200", attempt)).toBe(
      `NO_SPACE: ${CREATE}: too many open files (EMFILE); ` +
        "this process has as many files open as it may: ulimit -n raises that",
    );
  });
});
