#!/usr/bin/env node
import process from "node:process";
import { catchInterrupts } from "./command_line/interrupts.ts";
import { runCommandLine } from "./command_line/run.ts";
import { commands } from "./commands.ts";
import { processIo } from "./terminal/process_io.ts";

using interrupts = catchInterrupts();
process.exitCode = await runCommandLine(
  commands,
  process.argv.slice(2),
  processIo(interrupts.signal),
);
