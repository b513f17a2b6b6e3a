import { describe, expect, test } from "vitest";
import { checkMachine, ELF_MACHINES, machineName } from "./machine.ts";

describe("machineName()", () => {
  test("knows the usual processors and numbers the others", () => {
    expect(machineName(40)).toBe("Arm");
    expect(machineName(183)).toBe("AArch64");
    expect(machineName(4711)).toBe("machine 4711");
  });
});

describe("checkMachine()", () => {
  test("accepts an image for the processor", () => {
    expect(() => checkMachine({ name: "echo.elf", machine: 40 }, 40)).not.toThrow();
  });

  test.each(Object.entries(ELF_MACHINES).filter(([name]) => name !== "EM_ARM"))(
    "refuses an image for %s on an Arm",
    (_, { value, title }) => {
      expect(() => checkMachine({ name: "echo.elf", machine: value }, 40)).toThrow(
        expect.objectContaining({
          code: "ELF_MACHINE",
          message: `echo.elf is built for ${title}, this processor runs Arm`,
        }),
      );
    },
  );
});
