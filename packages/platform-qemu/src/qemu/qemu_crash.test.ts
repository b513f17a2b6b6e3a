import { expect, test } from "vitest";
import { crashWitness } from "./qemu_crash.ts";

const reset = { name: "SHUTDOWN", data: { guest: true, reason: "guest-reset" } };

test("an abort is told in QEMU's own words", () => {
  const words = "qemu: fatal: Lockup: can't escalate 3 to HardFault (current priority -1)";
  expect(crashWitness().testify({ how: "signal SIGABRT", words })).toEqual({
    type: "fatal error",
    reason: `QEMU ended with signal SIGABRT: ${words}`,
  });
});

test("a reset by the firmware is a crash", () => {
  const witness = crashWitness();
  witness.see({ name: "RESUME", data: {} });
  witness.see(reset);
  expect(witness.testify({ how: "status 0", words: "" })).toEqual({
    type: "fatal error",
    reason: "it reset itself (guest-reset); QEMU ended with status 0",
  });
});

test("a reset by the watchdog is told apart", () => {
  const witness = crashWitness();
  witness.see({ name: "WATCHDOG", data: { action: "reset" } });
  witness.see(reset);
  expect(witness.testify({ how: "status 0", words: "" })).toMatchObject({ type: "watchdog" });
});

test("another reason of a shutdown is named", () => {
  const witness = crashWitness();
  witness.see({ name: "SHUTDOWN", data: { guest: false, reason: "host-signal" } });
  expect(witness.testify({ how: "status 0", words: "" })).toEqual({
    type: "fatal error",
    reason: "QEMU ended with status 0 (host-signal)",
  });
});
