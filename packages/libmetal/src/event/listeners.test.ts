import { listeners } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("listeners are called in the order in which they came, each as often as it was added", () => {
  const heard: string[] = [];
  const list = listeners<number>();
  const twice = (value: number): void => void heard.push(`twice ${value}`);
  const first = list.add(twice);
  list.add((value) => heard.push(`other ${value}`));
  list.add(twice);
  list.emit(1);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  list.emit(2);
  expect(heard).toEqual(["twice 1", "other 1", "twice 1", "other 2", "twice 2"]);
});

test("a listener may add and remove others, for the next call", () => {
  const heard: string[] = [];
  const list = listeners<undefined>();
  list.add(() => {
    heard.push("a");
    removed[Symbol.dispose]();
    list.add(() => heard.push("new"));
  });
  const removed = list.add(() => heard.push("b"));
  list.emit(undefined);
  expect(heard).toEqual(["a", "b"]);
  list.emit(undefined);
  expect(heard).toEqual(["a", "b", "a", "new"]);
});

test("a listener that throws does not keep the call from the others", () => {
  const heard: string[] = [];
  const list = listeners<string>();
  list.add(() => {
    throw new Error("first");
  });
  list.add((value) => heard.push(value));
  list.add(() => {
    throw new Error("second");
  });
  expect(() => list.emit("value")).toThrow("first");
  expect(heard).toEqual(["value"]);
});
