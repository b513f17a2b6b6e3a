/*
 * Memory that two sides share: atomics, and the addresses that a peer may name.
 *
 * The counterpart of SharedWords and AddressSpace in @openamp/libmetal. Plain accesses are relaxed
 * atomics, so that the compiler reads each field exactly once, as the TypeScript does.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define get(field) atomic_load_explicit(&(field), memory_order_relaxed)
#define set(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)
/* Sequentially consistent, as Atomics.load and Atomics.store: a store is also the full fence that
 * the notification check needs (VirtIO 1.3 2.7.7.2, 2.7.13.4.1). */
#define load(field) atomic_load_explicit(&(field), memory_order_seq_cst)
#define store(field, value) atomic_store_explicit(&(field), (value), memory_order_seq_cst)

/* A range of addresses that leads into memory. */
struct window {
	uint64_t address;
	uint64_t size;
	uint8_t *bytes;
};

struct address_space {
	const struct window *windows;
	unsigned int count;
};

/* Finds the bytes of a whole range, or NULL where any of them lies outside. */
static inline uint8_t *resolve(const struct address_space *space, uint64_t address, uint64_t length)
{
	for (unsigned int index = 0; index < space->count; index++) {
		const struct window *window = &space->windows[index];
		uint64_t offset = address - window->address;

		/* Differences, so that no sum can wrap. */
		if (address >= window->address && offset <= window->size && length <= window->size - offset)
			return window->bytes + offset;
	}
	return NULL;
}

#endif
