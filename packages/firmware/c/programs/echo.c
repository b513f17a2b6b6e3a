/* Sends each message back to where it came from. */
#include "board.h"
#include "rpmsg_remote.h"
#include "trace.h"

static enum rpmsg_verdict echo(struct rpmsg_remote *remote, const struct rpmsg_message *message) {
  /* Without a buffer for the answer the message stays in the vring, so none is lost. */
  switch (rpmsg_send(remote, message->source, message->payload, message->length)) {
    case RPMSG_NO_BUFFER:
      return RPMSG_KEEP;
    case RPMSG_TOO_LONG:
      trace("echo: no transmit buffer for %u bytes", message->length);
      return RPMSG_DONE;
    case RPMSG_SENT:
      return RPMSG_DONE;
  }
  return RPMSG_DONE;
}

static const struct rpmsg_endpoint endpoint = {
  .name = "rpmsg-openamp-demo-channel",
  .address = 1024,
  .receive = echo,
};

static struct rpmsg_remote remote;

int main(void) {
  trace("echo: started");
  rpmsg_open(&remote, board_vdev(), &endpoint);
  for (;;) {
    if (!rpmsg_poll(&remote)) board_wait();
  }
}
