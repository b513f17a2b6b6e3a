/* A set of notification ids from 0 to 255, as many as one doorbell byte can name. */
#ifndef NOTIFY_IDS_H
#define NOTIFY_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct notify_ids {
  uint32_t words[8];
};

static inline void notify_ids_add(struct notify_ids *ids, uint8_t id) {
  ids->words[id / 32] |= 1u << (id % 32);
}

/* Takes the lowest id out of the set. */
static inline bool notify_ids_take(struct notify_ids *ids, uint32_t *id) {
  for (uint32_t i = 0; i < 8; i++) {
    if (ids->words[i] == 0) continue;
    *id = i * 32 + (uint32_t)__builtin_ctz(ids->words[i]);
    ids->words[i] &= ids->words[i] - 1;
    return true;
  }
  return false;
}

static inline bool notify_ids_empty(const struct notify_ids *ids) {
  for (uint32_t i = 0; i < 8; i++) {
    if (ids->words[i] != 0) return false;
  }
  return true;
}

#endif
