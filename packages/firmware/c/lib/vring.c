#include "vring.h"

#include <stdatomic.h>
#include <stddef.h>

#include "board.h"
#include "trace.h"

static bool is_power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

void vring_start(struct vring *ring, const struct vring_config *config) {
  *ring = (struct vring){
    .index = config->index,
    .notify_id = config->notify_id,
    .broken = true,
  };
  if (!is_power_of_two(config->num) || config->num > VRING_MAX_NUM) {
    trace("virtio: vring%u broken: %u descriptors", config->index, config->num);
    return;
  }
  if (!is_power_of_two(config->align) || config->align < sizeof(uint32_t)) {
    trace("virtio: vring%u broken: alignment 0x%x", config->index, config->align);
    return;
  }
  /* Section 2.7.2. The flags, idx and event words are six bytes of each ring. In 64 bits no sum
   * overflows: num is at most 2^15 and align at most 2^31. */
  uint32_t num = config->num;
  uint64_t avail = sizeof(struct vring_desc) * num;
  uint64_t avail_end = avail + 6 + sizeof(uint16_t) * num;
  uint64_t used = (avail_end + config->align - 1) & ~((uint64_t)config->align - 1);
  uint64_t used_end = used + 6 + sizeof(struct vring_used_elem) * num;
  volatile uint8_t *base = board_resolve(config->address, used_end);
  if (base == NULL || config->address % sizeof(struct vring_desc) != 0) {
    trace("virtio: vring%u broken: at 0x%x, outside the memory or misaligned", config->index,
          (uint32_t)config->address);
    return;
  }
  ring->desc = (const volatile struct vring_desc *)base;
  ring->avail = (const volatile struct vring_avail *)(base + avail);
  ring->used = (volatile struct vring_used *)(base + used);
  ring->num = (uint16_t)num;
  ring->broken = false;
}

bool vring_pending(struct vring *ring) {
  if (ring->broken) return false;
  if (ring->next != ring->available) return true;
  uint16_t available = ring->avail->idx;
  uint16_t ahead = (uint16_t)(available - ring->next);
  if (ahead > ring->num) {
    trace("virtio: vring%u broken: %u buffers available of %u", ring->index, ahead, ring->num);
    ring->broken = true;
    return false;
  }
  /* What the index vouches for is read after it (section 2.7.13.3). */
  atomic_thread_fence(memory_order_acquire);
  ring->available = available;
  return ahead != 0;
}

bool vring_peek(struct vring *ring, enum vring_access access, struct vring_buffer *buffer) {
  if (!vring_pending(ring)) return false;
  uint16_t id = ring->avail->ring[ring->next & (ring->num - 1)];
  if (id >= ring->num) {
    trace("virtio: vring%u broken: descriptor %u of %u", ring->index, id, ring->num);
    ring->broken = true;
    return false;
  }
  uint64_t address = ring->desc[id].addr;
  uint32_t length = ring->desc[id].len;
  uint16_t flags = ring->desc[id].flags;
  /* One buffer is one descriptor; no table here offers indirect ones. A writable buffer may be
   * read, since rpmsg-lite marks all of its buffers so; the reverse is never done (2.7.5.1). */
  if ((flags & (VRING_DESC_F_NEXT | VRING_DESC_F_INDIRECT)) != 0 ||
      (access == VRING_WRITE && (flags & VRING_DESC_F_WRITE) == 0)) {
    trace("virtio: vring%u broken: descriptor %u has flags 0x%x", ring->index, id, flags);
    ring->broken = true;
    return false;
  }
  volatile uint8_t *bytes = board_resolve(address, length);
  if (bytes == NULL) {
    trace("virtio: vring%u broken: descriptor %u leads outside the memory", ring->index, id);
    ring->broken = true;
    return false;
  }
  *buffer = (struct vring_buffer){.bytes = bytes, .length = length, .id = id};
  return true;
}

void vring_complete(struct vring *ring, const struct vring_buffer *buffer, uint32_t length) {
  volatile struct vring_used_elem *element = &ring->used->ring[ring->next & (ring->num - 1)];
  element->id = buffer->id;
  element->len = length;
  /* The element and the buffer are visible before the index that vouches for them (2.7.8.2). */
  atomic_thread_fence(memory_order_release);
  ring->next++;
  ring->used->idx = ring->next;
}

void vring_want_notifications(struct vring *ring, bool wanted) {
  if (!ring->broken) ring->used->flags = wanted ? 0 : VRING_USED_F_NO_NOTIFY;
}

void vring_notify(struct vring *ring) {
  if (ring->broken || ring->next == ring->notified) return;
  ring->notified = ring->next;
  if ((ring->avail->flags & VRING_AVAIL_F_NO_INTERRUPT) == 0) board_notify(ring->notify_id);
}
