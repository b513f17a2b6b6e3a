/* Greets, answers the first message, says goodbye and exits. */
#include "board.h"
#include "rpmsg_remote.h"
#include "trace.h"

static bool answered;

static enum rpmsg_verdict answer(struct rpmsg_remote *remote, const struct rpmsg_message *message) {
  static const char text[] = "hello world!";
  if (answered) return RPMSG_DONE;
  if (rpmsg_send(remote, message->source, text, sizeof(text) - 1) == RPMSG_NO_BUFFER) {
    return RPMSG_KEEP;
  }
  answered = true;
  return RPMSG_DONE;
}

static const struct rpmsg_endpoint endpoint = {
  .name = "hello",
  .address = 1024,
  .receive = answer,
};

static struct rpmsg_remote remote;

int main(void) {
  trace("hello: hello from the remote processor");
  rpmsg_open(&remote, board_vdev(), &endpoint);
  while (!answered) {
    if (!rpmsg_poll(&remote)) board_wait();
  }
  while (!rpmsg_close(&remote)) board_wait();
  trace("hello: exit");
  return 0;
}
