import type { Command } from "../command_line/command.ts";
import { ExitStatus } from "../exit_status.ts";
import { inspect } from "./inspect.ts";

/** `openamp inspect`. */
export const inspectCommand: Command = {
  name: "inspect",
  summary: "Shows what a firmware image asks of its host, and what is wrong with it.",
  operands: [{ name: "elf", optional: false, description: "The image: an ELF32 file." }],
  options: { json: { description: "Print one JSON object." } },
  examples: [
    { command: "openamp inspect fw.elf", description: "segments, resource table, problems" },
    { command: "openamp inspect fw.elf --json", description: "for a program: one object" },
  ],
  async run(given, io) {
    const [file = ""] = given.operands;
    const json = given.flag("json");
    const report = await inspect({ file, json }, io);
    if (json) io.out(JSON.stringify(report));
    return report.problems.length === 0 ? ExitStatus.ok : ExitStatus.wrong;
  },
};
