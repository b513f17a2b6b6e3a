import type { Command } from "./command_line/command.ts";
import { demoCommand } from "./demo/demo_command.ts";
import { inspectCommand } from "./inspect/inspect_command.ts";
import { pingCommand } from "./ping/ping_command.ts";

/** What `openamp` can do. */
export const commands: readonly Command[] = [demoCommand, pingCommand, inspectCommand];
