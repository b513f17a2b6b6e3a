import { describe, expect, test } from "vitest";

import { MessageQueue } from "./message_queue.ts";

describe("a queue", () => {
  test("gives what was pushed in order, to those who wait in order", async () => {
    const queue = new MessageQueue<number>(4);
    queue.push(1);
    const takes = [queue.take(), queue.take(), queue.take()];
    queue.push(2);
    queue.push(3);
    expect(await Promise.all(takes)).toEqual([1, 2, 3]);
  });

  test("holds as many as its depth, and counts the others", async () => {
    const queue = new MessageQueue<number>(2);
    for (let value = 0; value < 5; value++) queue.push(value);
    expect(queue.dropped).toBe(3);
    expect([await queue.take(), await queue.take()]).toEqual([0, 1]);
    queue.push(5);
    expect(await queue.take()).toBe(5);
  });

  test("ended without a reason gives what is left, then nothing, and takes no more", async () => {
    const queue = new MessageQueue<number>(2);
    queue.push(1);
    queue.end();
    queue.push(2);
    expect([await queue.take(), await queue.take()]).toEqual([1, undefined]);
    expect(queue.dropped).toBe(1);
  });

  test("ended with a reason rejects those who wait and those who come, after what is left", async () => {
    const queue = new MessageQueue<number>(2);
    const waiting = queue.take();
    queue.end(new Error("over"));
    queue.end(new Error("later"));
    await expect(waiting).rejects.toThrow("over");
    await expect(queue.take()).rejects.toThrow("over");
    const left = new MessageQueue<number>(2);
    left.push(1);
    left.end(new Error("over"));
    expect(await left.take()).toBe(1);
    await expect(left.take()).rejects.toThrow("over");
  });

  test("who gives up takes nothing", async () => {
    const queue = new MessageQueue<number>(2);
    const given: ((reason: unknown) => void)[] = [];
    const impatient = queue.take((giveUp) => given.push(giveUp));
    const patient = queue.take();
    given[0]?.(new Error("enough"));
    given[0]?.(new Error("again"));
    await expect(impatient).rejects.toThrow("enough");
    queue.push(1);
    expect(await patient).toBe(1);
    given[0]?.(new Error("too late"));
  });
});
