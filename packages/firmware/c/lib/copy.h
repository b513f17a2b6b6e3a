/* Copying into, out of and within shared memory. */
#ifndef COPY_H
#define COPY_H

#include <stdint.h>

/* Copies `length` bytes, each read once and written once. Where a host made the two ranges overlap,
 * it gets what it asked for: no other byte is touched. */
void copy_bytes(volatile void *to, const volatile void *from, uint32_t length);

#endif
