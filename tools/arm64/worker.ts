// Runs test files as vitest asks for them; the counterpart of pool.ts.

import { connect } from "node:net";
import process from "node:process";
import { init, runBaseTests, setupEnvironment } from "vitest/worker";
import { channelOver } from "./channel.ts";

// vitest takes process.exit from the tests.
const exit = process.exit.bind(process);
const socket = connect(process.argv[2] ?? "");
const channel = channelOver(socket);
socket.on("close", () => exit());

init({
  post: (message) => channel.send(message),
  on: (listener) => channel.onMessage(listener),
  off: (listener) => channel.offMessage(listener),
  runTests: (state, traces) => runBaseTests("run", state, traces),
  collectTests: (state, traces) => runBaseTests("collect", state, traces),
  setup: setupEnvironment,
});
