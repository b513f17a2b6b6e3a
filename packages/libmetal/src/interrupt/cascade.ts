import { MetalError } from "../error.ts";
import type { ControllerLines } from "./controller_lines.ts";
import type { InterruptHandler } from "./interrupt.ts";
import type { InterruptLine } from "./interrupt_line.ts";

/** How many controllers may stand one behind another: each is a call inside a call. */
const MAXIMUM_DEPTH = 8;

/** What {@linkcode cascade} needs. */
export interface Cascade {
  /** The controller that is put behind the line. */
  readonly child: ControllerLines;
  /** The line. */
  readonly parent: InterruptLine;
  /** All controllers of the domain. */
  readonly controllers: readonly ControllerLines[];
  /** Puts a handler on the line. */
  readonly register: (handler: InterruptHandler) => Disposable;
  /** Asks the child which of its lines are up; true where one was. */
  readonly demultiplex: () => boolean;
}

/**
 * Puts a controller behind a line of another. In the kernel: `irq_set_chained_handler`.
 *
 * @param options The two, and how to go from one to the other.
 * @returns Takes it off the line.
 * @throws {MetalError} `BUSY` or `INVALID_ARGUMENT`.
 */
export function cascade(options: Cascade): Disposable {
  const { child, parent, demultiplex } = options;
  const attempt = `Put controller "${child.controller.name}" behind IRQ ${parent.irq}`;
  if (child.closed) throw new MetalError("CLOSED", `${attempt}: it was disposed of`);
  if (child.parent !== undefined) {
    throw new MetalError("BUSY", `${attempt}: it is behind IRQ ${child.parent.irq}`);
  }
  const depth = depthOf(parent, options);
  if (depth === undefined) {
    throw new MetalError("INVALID_ARGUMENT", `${attempt}: the line is its own, or behind it`);
  }
  if (depth + heightOf(child, options) > MAXIMUM_DEPTH) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${attempt}: more than ${MAXIMUM_DEPTH} controllers would stand one behind another`,
    );
  }
  const handler = options.register(() => (demultiplex() ? "handled" : "not-handled"));
  child.parent = parent;
  const cascaded = {
    [Symbol.dispose]() {
      if (child.cascaded !== cascaded) return;
      child.parent = undefined;
      child.cascaded = undefined;
      handler[Symbol.dispose]();
    },
  };
  child.cascaded = cascaded;
  return cascaded;
}

/** How many controllers an interrupt of a line goes through; undefined where `child` is one. */
function depthOf(
  line: InterruptLine,
  { child, controllers }: Pick<Cascade, "child" | "controllers">,
): number | undefined {
  let depth = 0;
  let current: InterruptLine | undefined = line;
  while (current !== undefined) {
    const { controller }: InterruptLine = current;
    if (controller === child.controller) return undefined;
    depth++;
    current = controllers.find((each) => each.controller === controller)?.parent;
  }
  return depth;
}

/** How many controllers stand one behind another from a controller on, itself included. */
function heightOf(of: ControllerLines, options: Pick<Cascade, "controllers">): number {
  const behind = options.controllers.filter(({ parent }) => parent?.controller === of.controller);
  return 1 + Math.max(0, ...behind.map((each) => heightOf(each, options)));
}
