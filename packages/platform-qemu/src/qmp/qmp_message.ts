import { QemuError } from "../error.ts";

/** QEMU's version, as the greeting has it. */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

/** Something that QEMU tells without being asked. */
export interface QmpEvent {
  /** `SHUTDOWN`, `RESUME`, `WATCHDOG`, … */
  readonly name: string;
  /** What belongs to it; empty where QEMU sends none. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** One message of the server, told apart (QEMU Machine Protocol specification, section 2). */
export type QmpMessage =
  | { readonly kind: "greeting"; readonly version: QemuVersion }
  | { readonly kind: "return"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly reason: string }
  | { readonly kind: "event"; readonly event: QmpEvent };

/**
 * Reads one line of the server.
 *
 * @param line One JSON object, without the line end.
 * @returns What it says.
 * @throws {QemuError} `QMP_PROTOCOL` where it is no JSON, or none of the four kinds of message.
 */
export function parseQmpMessage(line: string): QmpMessage {
  const message = record(parseJson(line));
  if (message !== undefined) {
    const { id, QMP, event, error } = message;
    const version = record(record(record(QMP)?.["version"])?.["qemu"]);
    if (version !== undefined) {
      const { major, minor, micro } = version;
      if (isCount(major) && isCount(minor) && isCount(micro)) {
        return { kind: "greeting", version: { major, minor, micro } };
      }
    }
    if (typeof event === "string") {
      return { kind: "event", event: { name: event, data: record(message["data"]) ?? {} } };
    }
    if (isCount(id)) {
      if ("return" in message) return { kind: "return", id, value: message["return"] };
      const reason = record(error)?.["desc"];
      if (typeof reason === "string") return { kind: "error", id, reason };
    }
  }
  throw new QemuError(
    "QMP_PROTOCOL",
    `Read from QEMU's monitor: ${JSON.stringify(line.slice(0, 80))} is no QMP message`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
