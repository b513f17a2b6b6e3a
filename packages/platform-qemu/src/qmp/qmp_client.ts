import type { Duplex } from "node:stream";
import { listeners } from "@openamp/libmetal";
import { QemuError } from "../error.ts";
import { deferred } from "../host/deferred.ts";
import { type Limit, within } from "../host/limit.ts";
import { parseQmpMessage, type QemuVersion, type QmpEvent } from "./qmp_message.ts";

/** Characters of one message. The longest that QEMU sends here has a few hundred. */
const longestMessage = 1 << 20;

/** The monitor of a running QEMU. */
export interface QmpClient {
  /** QEMU's version. */
  readonly version: QemuVersion;
  /**
   * Lets QEMU do something.
   *
   * @param command A command of the QEMU QMP reference: `cont`, `quit`, …
   * @param limit How long it may take.
   * @returns What the command returns.
   * @throws {QemuError} `QMP_REFUSED` with QEMU's reason, `QMP_CLOSED`, `QMP_PROTOCOL`, `TIMEOUT`,
   *   `ABORTED`.
   */
  execute(command: string, limit: Limit): Promise<unknown>;
  /**
   * Calls back for each event.
   *
   * @param callback Gets the event.
   * @returns Ends the calls.
   */
  onEvent(callback: (event: QmpEvent) => void): Disposable;
}

/**
 * Takes up the QEMU Machine Protocol on a socket: waits for the greeting and leaves negotiation
 * mode (specification, section 4).
 *
 * @param socket Connected to QEMU's monitor.
 * @param limit How long the greeting may take.
 * @returns The monitor, ready for commands.
 * @throws {QemuError} As `execute`. The socket is destroyed then.
 */
export async function openQmp(socket: Duplex, limit: Limit): Promise<QmpClient> {
  const events = listeners<QmpEvent>();
  const greeting = deferred<QemuVersion>();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 1;
  let unread = "";
  let failure: QemuError | undefined;

  function fail(error: QemuError): void {
    failure ??= error;
    greeting.reject(failure);
    for (const command of waiting.values()) command.reject(failure);
    waiting.clear();
    socket.destroy();
  }

  function take(line: string): void {
    const message = parseQmpMessage(line);
    switch (message.kind) {
      case "greeting":
        greeting.resolve(message.version);
        break;
      case "event":
        events.emit(message.event);
        break;
      case "return":
        waiting.get(message.id)?.resolve(message.value);
        break;
      case "error":
        waiting
          .get(message.id)
          ?.reject(new QemuError("QMP_REFUSED", `QEMU refused: ${message.reason}`));
        break;
    }
  }

  function read(chunk: string): void {
    const lines = (unread + chunk).split("\n");
    unread = lines.pop() ?? "";
    try {
      for (const line of lines) if (failure === undefined && line.trim() !== "") take(line);
      if (unread.length > longestMessage) {
        const limitText = `more than ${longestMessage} characters without a line end`;
        throw new QemuError("QMP_PROTOCOL", `Read from QEMU's monitor: ${limitText}`);
      }
    } catch (error) {
      if (!(error instanceof QemuError)) throw error;
      fail(error);
    }
  }

  async function execute(command: string, patience: Limit): Promise<unknown> {
    if (failure !== undefined) throw failure;
    const id = nextId++;
    const answer = deferred<unknown>();
    waiting.set(id, answer);
    try {
      socket.write(`${JSON.stringify({ execute: command, id })}\n`);
      return await within(`QMP command ${command}`, () => answer.promise, patience);
    } finally {
      waiting.delete(id);
    }
  }

  // The monitor may close before anybody asks for its greeting.
  greeting.promise.catch(() => {});
  socket.setEncoding("utf8");
  socket.on("data", read);
  // A reset is how some runtimes see that QEMU is gone; `close` follows and tells.
  socket.on("error", () => {});
  socket.on("close", () => {
    fail(new QemuError("QMP_CLOSED", "QEMU's monitor is closed"));
  });

  try {
    const version = await within("Wait for QEMU's greeting", () => greeting.promise, limit);
    await execute("qmp_capabilities", limit);
    return { version, execute, onEvent: (callback) => events.add(callback) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
