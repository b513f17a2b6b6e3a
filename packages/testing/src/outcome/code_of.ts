/**
 * How a call ended: the code of the error that it rejected with or threw, for comparing what many
 * calls came to.
 *
 * @param call A promise, or a function that is called.
 * @returns The error's `code`; its name where it has no code; `done` where there was no error.
 *
 * @example
 * ```ts
 * import { RpmsgError } from "@openamp/rpmsg";
 * import { codeOf } from "@openamp/testing";
 *
 * const late = Promise.reject(new RpmsgError("TIMEOUT", "Send 4 bytes: time is up"));
 * if ((await codeOf(late)) !== "TIMEOUT") throw new Error("The code of the error");
 * if ((await codeOf(() => 1)) !== "done") throw new Error("There was no error");
 * ```
 */
export async function codeOf(call: PromiseLike<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof call === "function" ? call() : call);
    return "done";
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return "code" in error && typeof error.code === "string" ? error.code : error.name;
  }
}
