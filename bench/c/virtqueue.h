/*
 * The split virtqueue (VirtIO 1.3 2.7), driver and device side, with the checks and the private
 * state of SplitDriverVirtqueue and SplitDeviceVirtqueue in @openamp/virtio: whatever the peer can
 * write is read once and checked, and what is needed again is kept here.
 */
#ifndef BENCH_VIRTQUEUE_H
#define BENCH_VIRTQUEUE_H

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define DESC_F_NEXT 1
#define DESC_F_WRITE 2
#define AVAIL_F_NO_INTERRUPT 1
#define USED_F_NO_NOTIFY 1

struct descriptor {
	_Atomic uint64_t address;
	_Atomic uint32_t length;
	_Atomic uint16_t flags;
	_Atomic uint16_t next;
};

struct available_ring {
	_Atomic uint16_t flags;
	_Atomic uint16_t index;
	_Atomic uint16_t heads[];
};

struct used_element {
	_Atomic uint32_t id;
	_Atomic uint32_t length;
};

struct used_ring {
	_Atomic uint16_t flags;
	_Atomic uint16_t index;
	struct used_element elements[];
};

/* A ring in memory: who writes each part is in its name's section of the specification. */
struct ring {
	unsigned int size;
	struct descriptor *descriptors;
	struct available_ring *available;
	struct used_ring *used;
};

static inline void *table_of(unsigned int count, size_t size)
{
	void *table = calloc(count, size);

	if (table == NULL)
		abort();
	return table;
}

/* A legacy ring of one piece: the used ring starts at a multiple of the alignment. */
static inline struct ring ring_at(uint8_t *bytes, unsigned int size, unsigned int align)
{
	size_t available = size * sizeof(struct descriptor);
	size_t used = (available + 6 + 2 * (size_t)size + align - 1) / align * align;

	return (struct ring){ size, (void *)bytes, (void *)(bytes + available), (void *)(bytes + used) };
}

/* ------------------------------------------------------------------------------ driver side -- */

struct driver_queue {
	struct ring ring;
	uint16_t mask;
	const char *broken;
	/* The descriptor after each one: in its chain, or in the free list. */
	uint16_t *next;
	/* Descriptors of the chain that starts here; 0 where no chain in flight does. */
	uint16_t *chain_length;
	/* Bytes that the device may write into the chain that starts here. */
	uint32_t *capacity;
	uint16_t free;
	unsigned int free_count;
	bool interrupts_off;
	uint16_t added, published, taken, seen;
	/* Of the chain that was taken back last. */
	uint32_t used_length;
};

static inline void driver_queue_init(struct driver_queue *queue, struct ring ring)
{
	*queue = (struct driver_queue){ .ring = ring, .mask = ring.size - 1, .free_count = ring.size };
	queue->next = table_of(ring.size, sizeof(*queue->next));
	queue->chain_length = table_of(ring.size, sizeof(*queue->chain_length));
	queue->capacity = table_of(ring.size, sizeof(*queue->capacity));
	for (unsigned int index = 0; index < ring.size; index++)
		queue->next[index] = index + 1;
}

static inline int driver_break(struct driver_queue *queue, const char *why)
{
	queue->broken = why;
	return -1;
}

static inline int driver_add(struct driver_queue *queue, uint64_t address, uint32_t length,
			     bool device_writable)
{
	if (queue->free_count == 0 || queue->broken != NULL)
		return -1;
	uint16_t head = queue->free;
	struct descriptor *descriptor = &queue->ring.descriptors[head];

	queue->free = queue->next[head];
	queue->free_count--;
	queue->chain_length[head] = 1;
	queue->capacity[head] = device_writable ? length : 0;
	set(descriptor->address, address);
	set(descriptor->length, length);
	set(descriptor->flags, device_writable ? DESC_F_WRITE : 0);
	set(descriptor->next, 0);
	set(queue->ring.available->heads[queue->added & queue->mask], head);
	queue->added++;
	return head;
}

/* Publishes what was added; true where the device is to be notified. */
static inline bool driver_publish(struct driver_queue *queue)
{
	if (queue->added == queue->published || queue->broken != NULL)
		return false;
	queue->published = queue->added;
	store(queue->ring.available->index, queue->added);
	return (load(queue->ring.used->flags) & USED_F_NO_NOTIFY) == 0;
}

/* Reads the used index; true where there is something to take. */
static inline bool driver_look(struct driver_queue *queue)
{
	uint16_t seen = load(queue->ring.used->index);
	uint16_t count = seen - queue->taken;

	if (count == 0)
		return false;
	if (count > (uint16_t)(queue->published - queue->taken)) {
		driver_break(queue, "used index gives back more chains than are posted");
		return false;
	}
	queue->seen = seen;
	return true;
}

/* Chains that were seen and not taken yet. */
static inline uint16_t driver_seen(const struct driver_queue *queue)
{
	return queue->seen - queue->taken;
}

/* Takes back a chain: its head, or -1. */
static inline int driver_take_used(struct driver_queue *queue)
{
	if (queue->broken != NULL)
		return -1;
	if (queue->taken == queue->seen && !driver_look(queue))
		return -1;
	struct used_element *element = &queue->ring.used->elements[queue->taken & queue->mask];
	uint32_t id = get(element->id);
	uint32_t length = get(element->length);

	if (id >= queue->ring.size)
		return driver_break(queue, "used id is no descriptor");
	uint16_t count = queue->chain_length[id];

	if (count == 0)
		return driver_break(queue, "used id is not the head of a chain in flight");
	queue->taken++;
	uint16_t last = id;

	for (uint16_t step = 1; step < count; step++)
		last = queue->next[last];
	queue->next[last] = queue->free;
	queue->free = id;
	queue->free_count += count;
	queue->chain_length[id] = 0;
	uint32_t capacity = queue->capacity[id];

	queue->used_length = length < capacity ? length : capacity;
	return id;
}

static inline void driver_disable_interrupts(struct driver_queue *queue)
{
	queue->interrupts_off = true;
	store(queue->ring.available->flags, AVAIL_F_NO_INTERRUPT);
}

/* True where something came untold. */
static inline bool driver_enable_interrupts(struct driver_queue *queue)
{
	if (queue->interrupts_off) {
		queue->interrupts_off = false;
		store(queue->ring.available->flags, 0);
		return queue->broken == NULL && driver_look(queue);
	}
	return queue->broken == NULL && queue->taken != queue->seen;
}

/* ------------------------------------------------------------------------------ device side -- */

struct segment {
	uint8_t *bytes;
	uint32_t length;
	bool writable;
};

struct device_queue {
	struct ring ring;
	const struct address_space *space;
	uint16_t mask;
	const char *broken;
	/* The chain that was taken last. */
	struct segment *segments;
	unsigned int segment_count;
	uint64_t readable, writable;
	/* Descriptors of the chain that was taken and not given back, at its head; 0 elsewhere. */
	uint16_t *chain_length;
	/* Descriptors that the driver cannot use again, and those among them that were given back. */
	unsigned int outstanding, returned;
	bool notifications_off;
	uint16_t taken, seen, completed, published;
};

static inline void device_queue_init(struct device_queue *queue, struct ring ring,
				     const struct address_space *space)
{
	*queue = (struct device_queue){ .ring = ring, .space = space, .mask = ring.size - 1 };
	queue->segments = table_of(ring.size, sizeof(*queue->segments));
	queue->chain_length = table_of(ring.size, sizeof(*queue->chain_length));
}

static inline int device_break(struct device_queue *queue, const char *why)
{
	queue->broken = why;
	return -1;
}

/* Reads the available index; true where there is something to take. */
static inline bool device_look(struct device_queue *queue)
{
	uint16_t seen = load(queue->ring.available->index);
	uint16_t count = seen - queue->taken;

	if (count == 0)
		return false;
	if (count > queue->ring.size - queue->outstanding) {
		device_break(queue, "available index offers more chains than there are descriptors left");
		return false;
	}
	queue->seen = seen;
	return true;
}

/* Chains that were seen and not taken yet. */
static inline uint16_t device_seen(const struct device_queue *queue)
{
	return queue->seen - queue->taken;
}

/* Reads a chain into the private segments: how many descriptors it has, or -1. */
static inline int device_walk(struct device_queue *queue, uint16_t head)
{
	unsigned int left = queue->ring.size - queue->outstanding;
	unsigned int steps = 0, segments = 0;
	uint64_t readable = 0, writable = 0;
	uint16_t index = head;

	for (;;) {
		if (steps == left)
			return device_break(queue, "chain takes more descriptors than the driver has left");
		steps++;
		struct descriptor *descriptor = &queue->ring.descriptors[index];
		uint64_t address = get(descriptor->address);
		uint32_t length = get(descriptor->length);
		uint16_t flags = get(descriptor->flags);
		uint16_t next = get(descriptor->next);

		if ((flags & ~(DESC_F_NEXT | DESC_F_WRITE)) != 0)
			return device_break(queue, "descriptor has an unknown flag");
		bool device_writable = (flags & DESC_F_WRITE) != 0;

		if (!device_writable && writable > 0)
			return device_break(queue, "descriptor is readable after a writable");
		if (length > 0) {
			uint8_t *bytes = resolve(queue->space, address, length);

			if (bytes == NULL)
				return device_break(queue, "descriptor names bytes outside");
			queue->segments[segments++] = (struct segment){ bytes, length, device_writable };
			if (device_writable)
				writable += length;
			else
				readable += length;
		}
		if ((flags & DESC_F_NEXT) == 0)
			break;
		index = next;
		if (index >= queue->ring.size)
			return device_break(queue, "next is no descriptor");
	}
	if (segments == 0)
		return device_break(queue, "chain has no byte");
	if (readable + writable > UINT32_MAX)
		return device_break(queue, "chain has more than 2^32 - 1 bytes");
	queue->segment_count = segments;
	queue->readable = readable;
	queue->writable = writable;
	return steps;
}

/* Takes a chain: its head, or -1. */
static inline int device_take(struct device_queue *queue)
{
	if (queue->broken != NULL)
		return -1;
	if (queue->taken == queue->seen && !device_look(queue))
		return -1;
	uint16_t head = get(queue->ring.available->heads[queue->taken & queue->mask]);

	if (head >= queue->ring.size)
		return device_break(queue, "head is no descriptor");
	if (queue->chain_length[head] != 0)
		return device_break(queue, "head was made available twice");
	int count = device_walk(queue, head);

	if (count < 0)
		return -1;
	queue->taken++;
	queue->chain_length[head] = count;
	queue->outstanding += count;
	return head;
}

static inline void device_complete(struct device_queue *queue, uint16_t head, uint32_t written)
{
	uint16_t count = queue->chain_length[head];

	if (count == 0)
		abort();
	struct used_element *element = &queue->ring.used->elements[queue->completed & queue->mask];

	queue->chain_length[head] = 0;
	queue->returned += count;
	set(element->id, head);
	set(element->length, written);
	queue->completed++;
}

/* Publishes what was completed; true where the driver is to be notified. */
static inline bool device_publish(struct device_queue *queue)
{
	if (queue->completed == queue->published || queue->broken != NULL)
		return false;
	queue->published = queue->completed;
	queue->outstanding -= queue->returned;
	queue->returned = 0;
	store(queue->ring.used->index, queue->completed);
	return (load(queue->ring.available->flags) & AVAIL_F_NO_INTERRUPT) == 0;
}

static inline void device_disable_notifications(struct device_queue *queue)
{
	queue->notifications_off = true;
	store(queue->ring.used->flags, USED_F_NO_NOTIFY);
}

/* True where something came untold. */
static inline bool device_enable_notifications(struct device_queue *queue)
{
	if (queue->notifications_off) {
		queue->notifications_off = false;
		store(queue->ring.used->flags, 0);
		return queue->broken == NULL && device_look(queue);
	}
	return queue->broken == NULL && queue->taken != queue->seen;
}

#endif
