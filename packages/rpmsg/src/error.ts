/**
 * What went wrong, as a closed list.
 *
 * | code | meaning | upstream's number |
 * | --- | --- | --- |
 * | `MESSAGE_SIZE` | a payload larger than a buffer takes; it is never cut | RPMSG_ERR_BUFF_SIZE -2005 |
 * | `NOT_BOUND` | the endpoint knows no destination yet | RPMSG_ERR_ADDR -2007 |
 * | `ADDRESS` | an address that no endpoint can have | RPMSG_ERR_PARAM -2003 |
 * | `ADDRESS_IN_USE` | another endpoint has it | RPMSG_ERR_ADDR -2007 |
 * | `NAME` | a service name that the wire cannot carry | RPMSG_ERR_PARAM -2003 |
 * | `BUFFERS` | memory for buffers that does not fit | RPMSG_ERR_NO_MEM -2001 |
 * | `TIMEOUT` | no buffer, or no peer, within the limit | RPMSG_ERR_NO_BUFF -2002 |
 * | `ABORTED` | the caller's signal aborted | - |
 * | `BROKEN` | the peer broke a ring | RPMSG_ERR_DEV_STATE -2004 |
 * | `RESET` | the peer took the device back | RPMSG_ERR_DEV_STATE -2004 |
 * | `CLOSED` | the endpoint or the device was closed here | RPMSG_ERR_DEV_STATE -2004 |
 * | `RELEASED` | a message was used after its handler returned, or released twice | RPMSG_ERR_PERM -2008 |
 */
export type RpmsgErrorCode =
  | "MESSAGE_SIZE"
  | "NOT_BOUND"
  | "ADDRESS"
  | "ADDRESS_IN_USE"
  | "NAME"
  | "BUFFERS"
  | "TIMEOUT"
  | "ABORTED"
  | "BROKEN"
  | "RESET"
  | "CLOSED"
  | "RELEASED";

/**
 * The error of this package. Compare `code`, not the class.
 *
 * @example
 * ```ts
 * import { RpmsgError } from "@openamp/rpmsg";
 *
 * const error = new RpmsgError("MESSAGE_SIZE", "Send 497 bytes: a buffer takes 496");
 * if (error.code !== "MESSAGE_SIZE") throw new Error("The code is kept");
 * ```
 */
export class RpmsgError extends Error {
  override readonly name: string = "RpmsgError";
  /** What went wrong. */
  readonly code: RpmsgErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: RpmsgErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
