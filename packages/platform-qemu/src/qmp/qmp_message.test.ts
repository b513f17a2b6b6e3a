import { describe, expect, test } from "vitest";
import { parseQmpMessage } from "./qmp_message.ts";

describe("parseQmpMessage", () => {
  test("reads the greeting", () => {
    const line =
      '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": []}}';
    expect(parseQmpMessage(line)).toEqual({
      kind: "greeting",
      version: { major: 7, minor: 2, micro: 22 },
    });
  });

  test("reads a return and an error by their id", () => {
    expect(parseQmpMessage('{"return": {}, "id": 3}')).toEqual({
      kind: "return",
      id: 3,
      value: {},
    });
    expect(
      parseQmpMessage('{"id": 4, "error": {"class": "CommandNotFound", "desc": "no such"}}'),
    ).toEqual({ kind: "error", id: 4, reason: "no such" });
  });

  test("reads an event, with and without data", () => {
    const line = '{"event": "SHUTDOWN", "data": {"reason": "guest-reset"}, "timestamp": {}}';
    expect(parseQmpMessage(line)).toEqual({
      kind: "event",
      event: { name: "SHUTDOWN", data: { reason: "guest-reset" } },
    });
    expect(parseQmpMessage('{"event": "RESUME"}')).toEqual({
      kind: "event",
      event: { name: "RESUME", data: {} },
    });
  });

  test.each([
    ["no JSON", "OK hello"],
    ["half an object", '{"return": {}'],
    ["an array", "[1, 2]"],
    ["null", "null"],
    ["an object of another kind", '{"hello": 1}'],
    ["a greeting without a version", '{"QMP": {}}'],
    ["a version that is no number", '{"QMP": {"version": {"qemu": {"major": "7"}}}}'],
    ["a return without an id", '{"return": {}}'],
    ["an id that is no number", '{"return": {}, "id": "1"}'],
    ["an error without a description", '{"error": {}, "id": 1}'],
  ])("refuses %s", (_what, line) => {
    expect(() => parseQmpMessage(line)).toThrow(
      expect.objectContaining({
        code: "QMP_PROTOCOL",
        message: expect.stringContaining("no QMP message"),
      }),
    );
  });
});
