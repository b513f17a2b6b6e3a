#include "rpmsg_remote.h"

#include <stdatomic.h>
#include <stddef.h>

#include "board.h"
#include "copy.h"
#include "rpmsg.h"
#include "trace.h"
#include "virtio_config.h"

static void start_vring(struct vring *ring, uint32_t index,
                        const volatile struct fw_rsc_vdev_vring *resource) {
  struct vring_config config = {
    .index = index,
    .address = resource->da,
    .num = resource->num,
    .align = resource->align,
    .notify_id = resource->notifyid,
  };
  vring_start(ring, &config);
}

static void start(struct rpmsg_remote *remote) {
  /* Addresses, ids and features are the host's final word only once DRIVER_OK is set. */
  atomic_thread_fence(memory_order_acquire);
  const volatile struct fw_rsc_vdev_vring *vrings = (volatile void *)(remote->vdev + 1);
  start_vring(&remote->transmit, 0, &vrings[0]);
  start_vring(&remote->receive, 1, &vrings[1]);
  remote->name_service = (remote->vdev->gfeatures & (1u << VIRTIO_RPMSG_F_NS)) != 0;
  remote->announced = false;
  trace("virtio_rpmsg: rpmsg host is online");
}

/* Follows the status byte. No other bit than DRIVER_OK is asked for: the C library's host shows 4,
 * Linux 7. A host that resets writes 0, or, as the C library does, NEEDS_RESET. */
static bool follow_status(struct rpmsg_remote *remote) {
  uint8_t status = remote->vdev->status;
  bool up = (status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET |
                       VIRTIO_CONFIG_S_FAILED)) == VIRTIO_CONFIG_S_DRIVER_OK;
  if (up && !remote->up) start(remote);
  if (!up && remote->up) trace("virtio_rpmsg: reset by the host, status 0x%x", status);
  remote->up = up;
  return up;
}

static enum rpmsg_result send(struct rpmsg_remote *remote, uint32_t destination,
                              const volatile void *payload, uint32_t length) {
  struct vring *ring = &remote->transmit;
  struct vring_buffer buffer;
  if (!vring_peek(ring, VRING_WRITE, &buffer)) return RPMSG_NO_BUFFER;
  struct rpmsg_hdr header = {
    .src = remote->endpoint->address,
    .dst = destination,
    .len = (uint16_t)length,
  };
  if (buffer.length < sizeof(header)) {
    /* No message will ever fit, and behind it nothing moves. */
    trace("virtio: vring0 broken: transmit buffer of %u bytes", buffer.length);
    ring->broken = true;
    return RPMSG_NO_BUFFER;
  }
  if (length > UINT16_MAX || length > buffer.length - sizeof(header)) return RPMSG_TOO_LONG;
  copy_bytes(buffer.bytes, &header, sizeof(header));
  copy_bytes(buffer.bytes + sizeof(header), payload, length);
  vring_complete(ring, &buffer, sizeof(header) + length);
  return RPMSG_SENT;
}

/* Tells the name service about the endpoint. False where there is no buffer for that now. */
static bool announce(struct rpmsg_remote *remote, uint32_t flags) {
  if (!remote->name_service) return true;
  const struct rpmsg_endpoint *endpoint = remote->endpoint;
  struct rpmsg_ns_msg message = {.addr = endpoint->address, .flags = flags};
  for (uint32_t i = 0; i < RPMSG_NAME_SIZE - 1 && endpoint->name[i] != '\0'; i++) {
    message.name[i] = endpoint->name[i];
  }
  enum rpmsg_result result = send(remote, RPMSG_NS_ADDR, &message, sizeof(message));
  if (result == RPMSG_TOO_LONG) trace("virtio_rpmsg: transmit buffer too small to announce");
  return result != RPMSG_NO_BUFFER;
}

/* Delivers the message in a buffer. One that lies about its length, or is for nobody here, is
 * dropped: that harms no other message. */
static enum rpmsg_verdict deliver(struct rpmsg_remote *remote, const struct vring_buffer *buffer) {
  struct rpmsg_hdr header;
  if (buffer->length < sizeof(header)) {
    trace("virtio_rpmsg: inbound msg too small: %u bytes", buffer->length);
    return RPMSG_DONE;
  }
  copy_bytes(&header, buffer->bytes, sizeof(header));
  if (header.len > buffer->length - sizeof(header)) {
    trace("virtio_rpmsg: inbound msg too big: %u in a buffer of %u", header.len, buffer->length);
    return RPMSG_DONE;
  }
  if (header.dst != remote->endpoint->address) {
    trace("virtio_rpmsg: msg received with no recipient: 0x%x", header.dst);
    return RPMSG_DONE;
  }
  struct rpmsg_message message = {
    .source = header.src,
    .payload = buffer->bytes + sizeof(header),
    .length = header.len,
  };
  return remote->endpoint->receive(remote, &message);
}

/* Works through the vrings, and returns the one whose next buffer is awaited. */
static struct vring *serve(struct rpmsg_remote *remote) {
  if (!remote->announced) remote->announced = announce(remote, RPMSG_NS_CREATE);
  if (!remote->announced) return &remote->transmit;
  struct vring_buffer buffer;
  for (uint32_t budget = remote->receive.num; budget > 0; budget--) {
    if (!vring_peek(&remote->receive, VRING_READ, &buffer)) break;
    if (deliver(remote, &buffer) == RPMSG_KEEP) return &remote->transmit;
    /* The hosts of the C library and of rpmsg-lite take used.len as the capacity of the buffer
     * when they use it again, so it is never 0. */
    vring_complete(&remote->receive, &buffer, buffer.length);
  }
  return &remote->receive;
}

/* Tells the host what was done, asks to be told of the awaited vring's next buffer, and says
 * whether that came before the host could know. */
static bool settle(struct rpmsg_remote *remote, struct vring *awaited) {
  vring_want_notifications(awaited, true);
  board_fence();
  vring_notify(&remote->transmit);
  vring_notify(&remote->receive);
  return vring_pending(awaited);
}

void rpmsg_open(struct rpmsg_remote *remote, volatile struct fw_rsc_vdev *vdev,
                const struct rpmsg_endpoint *endpoint) {
  *remote = (struct rpmsg_remote){.vdev = vdev, .endpoint = endpoint};
}

bool rpmsg_poll(struct rpmsg_remote *remote) {
  if (!follow_status(remote)) return false;
  vring_want_notifications(&remote->transmit, false);
  vring_want_notifications(&remote->receive, false);
  return settle(remote, serve(remote));
}

enum rpmsg_result rpmsg_send(struct rpmsg_remote *remote, uint32_t destination,
                             const volatile void *payload, uint32_t length) {
  if (!remote->up) return RPMSG_NO_BUFFER;
  return send(remote, destination, payload, length);
}

bool rpmsg_close(struct rpmsg_remote *remote) {
  for (;;) {
    if (!follow_status(remote) || !remote->announced) return true;
    if (announce(remote, RPMSG_NS_DESTROY)) {
      remote->announced = false;
      settle(remote, &remote->receive);
      return true;
    }
    if (!settle(remote, &remote->transmit)) return false;
  }
}
