import { MetalError } from "../../error.ts";

/**
 * Makes a call again that has failed with `SYSTEM`, which no case of it expects.
 *
 * The reason of a failure is asked for by a call of its own, and a runtime may have made calls for
 * itself on this thread in between, which leave theirs (seen on Deno, under load, once). For calls
 * without effect where they fail.
 *
 * @param call Makes the call, and throws where it fails in a way that it does not expect.
 * @returns What the call returns.
 */
export function callAgain<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (error) {
    if (error instanceof MetalError && error.code === "SYSTEM") return call();
    throw error;
  }
}
