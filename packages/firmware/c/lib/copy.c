#include "copy.h"

void copy_bytes(volatile void *to, const volatile void *from, uint32_t length) {
  volatile uint8_t *target = to;
  const volatile uint8_t *source = from;
  if ((((uintptr_t)target | (uintptr_t)source) & 3) == 0) {
    for (; length >= 4; length -= 4, target += 4, source += 4) {
      *(volatile uint32_t *)target = *(const volatile uint32_t *)source;
    }
  }
  for (; length > 0; length--) *target++ = *source++;
}
