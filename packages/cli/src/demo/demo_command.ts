import type { Command } from "../command_line/command.ts";
import { ExitStatus } from "../exit_status.ts";
import { FIRMWARE_OPERAND, readRunOptions, RUN_OPTIONS } from "../platform/run_options.ts";
import { demo } from "./demo.ts";

/** `openamp demo`. */
export const demoCommand: Command = {
  name: "demo",
  summary: "Boots a Cortex-M3 in QEMU, exchanges messages with it, and checks every byte.",
  operands: [FIRMWARE_OPERAND],
  options: {
    ...RUN_OPTIONS,
    count: {
      value: "n",
      description: "Messages of 32 bytes before the ten largest. Default: 100.",
    },
  },
  examples: [
    { command: "openamp demo", description: "100 messages of 32 bytes and 10 of the largest" },
    { command: "openamp demo --platform local", description: "the same with nothing installed" },
    { command: "openamp demo --json", description: "for a program: one object" },
  ],
  async run(given, io) {
    const options = readRunOptions(given);
    const count = given.integer("count", { min: 1, max: 1_000_000 });
    const [firmware] = given.operands;
    const report = await demo({ ...options, firmware, count }, io);
    if (options.json) io.out(JSON.stringify(report));
    return report.echoed === report.sent ? ExitStatus.ok : ExitStatus.wrong;
  },
};
