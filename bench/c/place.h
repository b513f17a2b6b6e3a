/*
 * Where everything lies in the memory that two sides of one machine share: as `sharedVdev` of
 * @openamp/testing lays it out.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "rpmsg.h"

#define MEMORY_ADDRESS 0x10000000
#define MEMORY_SIZE (1 << 20)
#define RING_SIZE 256
#define RING_ALIGN 4096
#define BUFFER_SIZE 512
/* Bytes from the start of the memory. */
#define RING_0 0x1000
#define RING_1 0x4000
#define BUFFERS 0x7000

/* The window leads to the memory, and stays where it is. */
static inline struct place place_in(const struct window *window)
{
	return (struct place){
		.space = { window, 1 },
		.rings = { MEMORY_ADDRESS + RING_0, MEMORY_ADDRESS + RING_1 },
		.buffers = MEMORY_ADDRESS + BUFFERS,
		.ring_size = RING_SIZE,
		.ring_align = RING_ALIGN,
		.buffer_count = 2 * RING_SIZE,
		.buffer_size = BUFFER_SIZE,
		.status = (void *)window->bytes,
	};
}

#endif
