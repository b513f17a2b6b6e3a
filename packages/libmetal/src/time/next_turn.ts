/**
 * Calls back in the next turn of the event loop, after whatever waits for its turn there already:
 * timers, messages, files. A promise would come before all of these.
 *
 * By `setImmediate` where the host has it, else by a `MessageChannel` (a page has no faster way), else
 * by `setTimeout`.
 *
 * @param callback What to call.
 *
 * @example
 * ```ts
 * import { nextTurn } from "@openamp/libmetal";
 *
 * const order: string[] = [];
 * const turn = new Promise<void>((resolve) => nextTurn(resolve)).then(() => order.push("turn"));
 * await Promise.resolve().then(() => order.push("promise"));
 * await turn;
 * if (order.join() !== "promise,turn") throw new Error("Promises come first");
 * ```
 */
export function nextTurn(callback: () => void): void {
  // Of no runtime: Bun, Deno and Node have it, browsers and small engines do not.
  const immediate: unknown = Reflect.get(globalThis, "setImmediate");
  if (typeof immediate === "function") immediate(callback);
  else if (typeof MessageChannel === "function") postTurn(callback);
  else setTimeout(callback, 0);
}

function postTurn(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener("message", () => {
    port1.close();
    callback();
  });
  port1.start();
  port2.postMessage(undefined);
}
