import type { Command } from "../command_line/command.ts";
import { ECHO_SERVICE } from "../echo/echo_channel.ts";
import { ExitStatus } from "../exit_status.ts";
import { FIRMWARE_OPERAND, readRunOptions, RUN_OPTIONS } from "../platform/run_options.ts";
import { ping } from "./ping.ts";

/** `openamp ping`. */
export const pingCommand: Command = {
  name: "ping",
  summary: "Boots firmware and measures the round trips of messages that it echoes.",
  operands: [FIRMWARE_OPERAND],
  options: {
    ...RUN_OPTIONS,
    service: { value: "name", description: `The service to ping. Default: ${ECHO_SERVICE}.` },
    count: { value: "n", description: "How many messages. Default: until Ctrl-C." },
    size: { value: "bytes", description: "Bytes of each message, 0 to 496. Default: 32." },
    interval: { value: "ms", description: "From an echo to the next message. Default: 1000." },
  },
  examples: [
    { command: "openamp ping", description: "echo.elf, a message a second" },
    { command: "openamp ping --count 1000 --interval 0", description: "as fast as it answers" },
    { command: "openamp ping fw.elf --service rpmsg-raw", description: "your firmware" },
  ],
  async run(given, io) {
    const options = readRunOptions(given);
    const [firmware] = given.operands;
    const report = await ping(
      {
        ...options,
        firmware,
        service: given.text("service"),
        count: given.integer("count", { min: 1, max: 1_000_000_000 }),
        size: given.integer("size", { min: 0, max: 65_535 }),
        interval: given.integer("interval", { min: 0, max: 3_600_000 }),
      },
      io,
    );
    if (options.json) io.out(JSON.stringify(report));
    const right = report.received === report.sent && report.wrong === 0;
    return right && report.sent > 0 ? ExitStatus.ok : ExitStatus.wrong;
  },
};
