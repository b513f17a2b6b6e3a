import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { type SystemErrorOptions, systemError } from "../../libc/system_error.ts";
import type { StructLayout } from "../../../wire/struct_layout.ts";
import { member } from "./structure.ts";

/** The most bytes that an answer has: more would be no answer. */
const LONGEST = 65536;

/**
 * Gives an order, once more where a signal came between.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param descriptor The device file.
 * @param request The order.
 * @param argument A structure or a number.
 * @param hint What would let it succeed, by the error number.
 * @returns The result, 0 and up.
 * @throws {MetalError} What `systemError` makes of the reason.
 */
export function tell(
  libc: Libc,
  action: string,
  descriptor: number,
  request: number,
  argument: Uint8Array | number,
  hint?: (errno: number) => SystemErrorOptions["hint"],
): number {
  for (;;) {
    const result =
      typeof argument === "number"
        ? libc.ioctl(descriptor, request, argument)
        : libc.ioctlWith(descriptor, request, argument);
    if (result !== -1) return result;
    const errno = libc.errno();
    if (errno !== LINUX.EINTR) throw systemError(action, errno, { hint: hint?.(errno) });
  }
}

/**
 * Asks for a structure that capabilities may follow: the kernel tells in `argsz` how many bytes all
 * of it has, and is asked again with so many.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param descriptor The device file.
 * @param request The order.
 * @param layout The layout of the structure.
 * @param make Makes it, with so many bytes behind it.
 * @returns The answer.
 * @throws {MetalError} What `systemError` makes of the reason.
 */
export function askWithCapabilities(
  libc: Libc,
  action: string,
  descriptor: number,
  request: number,
  layout: StructLayout,
  make: (tail: number) => Uint8Array,
): Uint8Array {
  const short = make(0);
  tell(libc, action, descriptor, request, short);
  const needed = Math.min(member(layout, short, "argsz"), LONGEST);
  if (needed <= short.length) return short;
  const whole = make(needed - layout.size);
  tell(libc, action, descriptor, request, whole);
  return whole;
}
