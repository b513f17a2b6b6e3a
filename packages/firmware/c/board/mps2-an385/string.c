/* GCC may call these four for plain C, in any environment ("Language Standards Supported by GCC"). */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *one, const void *other, size_t length);

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  for (size_t i = 0; i < length; i++) target[i] = source[i];
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source) return memcpy(to, from, length);
  for (size_t i = length; i > 0; i--) target[i - 1] = source[i - 1];
  return to;
}

void *memset(void *to, int value, size_t length) {
  uint8_t *target = to;
  for (size_t i = 0; i < length; i++) target[i] = (uint8_t)value;
  return to;
}

int memcmp(const void *one, const void *other, size_t length) {
  const uint8_t *left = one, *right = other;
  for (size_t i = 0; i < length; i++) {
    if (left[i] != right[i]) return left[i] - right[i];
  }
  return 0;
}
