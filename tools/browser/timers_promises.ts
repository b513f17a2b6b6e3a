// Stands in for node:timers/promises on a page, where the fake clock of @openamp/testing waits a turn.

/** Resolves in the next turn of the event loop: a message is not put off, as nested timers are. */
export function setImmediate(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
