// The thread that sleeps in epoll_wait(2) for a `Poller`, and tells it what has happened.
import { parentPort, workerData } from "node:worker_threads";
import { EPOLL_EVENT } from "../libc/epoll.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { isPollOrder } from "./poll_order.ts";

/** So many descriptors are told of at once; the others at the next call. */
const BATCH = 64;
/** So many failures without a success between them are no signals any more. */
const MOST_FAILURES = 1000;
/** What the kernel gives back for the control descriptor; those of watches start at 1. */
const CONTROL = 0;

const { size: EVENT_SIZE, fields } = EPOLL_EVENT;
const { events: EVENTS, data: DATA } = fields;

const order: unknown = workerData;
if (!isPollOrder(order) || parentPort === null)
  throw new TypeError("This is no Worker of a poller");
const { set, control, wakeInterval } = order;
const libc = await loadLibc();
const events = new Uint8Array(BATCH * EVENT_SIZE);
const view = new DataView(events.buffer);
const word = (offset: number): number => view.getUint32(offset, true);

view.setUint32(EVENTS.offset, LINUX.EPOLLIN, true);
view.setUint32(DATA.offset, CONTROL, true);
if (libc.epollCtl(set, LINUX.EPOLL_CTL_ADD, control, events) === -1) {
  throw systemError("Start a poller", libc.errno());
}
parentPort.postMessage([]);

let isOver = false;
let failures = 0;
while (!isOver) {
  const count = libc.epollWait(set, events, BATCH, wakeInterval);
  // A signal, for one. What cannot be mended fails again at once.
  if (count === -1) {
    const errno = libc.errno();
    if (++failures > MOST_FAILURES) throw systemError("Wait for descriptors", errno);
    continue;
  }
  failures = 0;
  const told: number[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * EVENT_SIZE;
    const token = word(at + DATA.offset);
    if (token === CONTROL) isOver = true;
    else told.push(token, word(at + EVENTS.offset));
  }
  if (told.length > 0) parentPort.postMessage(told);
}
