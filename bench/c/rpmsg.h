/*
 * RPMsg over two split queues, host and remote role: the buffers, the header, the checks, the
 * endpoint look-up and the drain of VirtioRpmsgDevice in @openamp/rpmsg.
 */
#ifndef BENCH_RPMSG_H
#define BENCH_RPMSG_H

#include "virtqueue.h"

#define RPMSG_HEADER_SIZE 16
#define RPMSG_NS_ADDR 53
#define RPMSG_NS_NAME_SIZE 32
#define RPMSG_NS_MESSAGE_SIZE 40
#define RPMSG_ADDR_ANY UINT32_MAX
#define DRIVER_OK 4
#define NEEDS_RESET 64

/* Messages taken in one go. */
#define DRAIN_MAX 1024
/* Messages in one go from which on the peer is asked not to ring while we look. */
#define QUIET_BATCH 16
/* Lists of the endpoint table: a power of two. */
#define ENDPOINT_LISTS 64

struct rpmsg_header {
	_Atomic uint32_t source;
	_Atomic uint32_t destination;
	_Atomic uint32_t reserved;
	_Atomic uint16_t length;
	_Atomic uint16_t flags;
};

enum message_state { MESSAGE_DONE, MESSAGE_LIVE, MESSAGE_HELD };

/* What a handler gets: one, used again for every message. */
struct message {
	uint8_t *payload;
	uint32_t length;
	uint32_t source;
	uint32_t destination;
	enum message_state state;
};

struct device;
struct endpoint;
typedef void (*message_handler)(struct endpoint *endpoint, struct message *message);

struct endpoint {
	struct device *device;
	struct endpoint *next;
	uint32_t address;
	uint32_t destination;
	bool announced;
	bool closed;
	message_handler handler;
	void *context;
};

/* The line to the peer. */
struct doorbell {
	void (*ring)(struct doorbell *doorbell, int queue);
	void *context;
};

/* The buffers of the host: the first half receives, the second half transmits. */
struct host_buffers {
	struct driver_queue receive, transmit;
	uint8_t *receive_base, *transmit_base;
	/* What a descriptor says for the same places. */
	uint64_t receive_address, transmit_address;
	/* The buffer behind each head in flight. */
	uint16_t *receive_of_head, *transmit_of_head;
	/* Transmit buffers that are ours, as a stack. */
	uint16_t *free;
	unsigned int free_count;
};

/* The remote has none of its own: it uses what the host offers. */
struct remote_buffers {
	struct device_queue receive, transmit;
	/* Of each head that we hold: what its descriptor said, for used.len. */
	uint32_t *receive_lengths;
};

struct device {
	bool is_host;
	union {
		struct host_buffers host;
		struct remote_buffers remote;
	};
	uint32_t buffer_size;
	/* Of the buffer that was taken last, and of the message. */
	uint8_t *transmit_bytes, *receive_bytes;
	uint32_t transmit_capacity, receive_length;
	struct doorbell *doorbell;
	/* The status byte of the live table: the remote looks whether it was taken back. */
	_Atomic uint8_t *status;
	struct endpoint *endpoints[ENDPOINT_LISTS];
	struct message message;
	/* The address in the last announcement, or RPMSG_ADDR_ANY. */
	uint32_t announced_address;
	bool failed, heard, draining, ring_again, batching;
	struct {
		uint64_t sent, received, dropped_short, dropped_length, dropped_address, dropped_no_handler;
		uint64_t dropped_announcement, malformed;
	} counters;
};

/* ---------------------------------------------------------------------------------- buffers -- */

static inline bool usable(const uint8_t *bytes, uint64_t length)
{
	return length >= RPMSG_HEADER_SIZE && ((uintptr_t)bytes & 3) == 0;
}

/* Takes a free transmit buffer: a token, or -1 where none is free. */
static inline int take_transmit(struct device *device)
{
	if (device->is_host) {
		struct host_buffers *host = &device->host;

		if (host->free_count == 0) {
			for (int head; (head = driver_take_used(&host->transmit)) >= 0;)
				host->free[host->free_count++] = host->transmit_of_head[head];
		}
		if (host->free_count == 0)
			return -1;
		uint16_t token = host->free[--host->free_count];

		device->transmit_bytes = host->transmit_base + token * device->buffer_size;
		device->transmit_capacity = device->buffer_size;
		return token;
	}
	struct device_queue *queue = &device->remote.transmit;

	for (int head; (head = device_take(queue)) >= 0;) {
		if (queue->segment_count == 1 && usable(queue->segments[0].bytes, queue->writable)) {
			device->transmit_bytes = queue->segments[0].bytes;
			device->transmit_capacity = queue->writable;
			return head;
		}
		device->counters.malformed++;
		device_complete(queue, head, 0);
	}
	return -1;
}

/* Gives a filled transmit buffer to the peer, to be published later. */
static inline void give_transmit(struct device *device, int token, uint32_t length)
{
	if (device->is_host) {
		struct host_buffers *host = &device->host;
		uint64_t address = host->transmit_address + (uint64_t)token * device->buffer_size;
		int head = driver_add(&host->transmit, address, length, false);

		if (head >= 0)
			host->transmit_of_head[head] = token;
		return;
	}
	device_complete(&device->remote.transmit, token, length);
}

/* True where the peer is to be notified. */
static inline bool publish_transmit(struct device *device)
{
	return device->is_host ? driver_publish(&device->host.transmit) :
				 device_publish(&device->remote.transmit);
}

/* Takes a received message: a token, or -1 where none is there. */
static inline int take_receive(struct device *device)
{
	if (device->is_host) {
		struct host_buffers *host = &device->host;
		int head = driver_take_used(&host->receive);

		if (head < 0)
			return -1;
		uint16_t token = host->receive_of_head[head];

		device->receive_bytes = host->receive_base + token * device->buffer_size;
		device->receive_length = host->receive.used_length;
		return token;
	}
	struct device_queue *queue = &device->remote.receive;

	for (int head; (head = device_take(queue)) >= 0;) {
		device->remote.receive_lengths[head] = queue->readable;
		if (queue->segment_count == 1 && usable(queue->segments[0].bytes, queue->readable)) {
			device->receive_bytes = queue->segments[0].bytes;
			device->receive_length = queue->readable;
			return head;
		}
		device->counters.malformed++;
		device_complete(queue, head, device->remote.receive_lengths[head]);
	}
	return -1;
}

/* Gives a message's buffer back, to be published later. */
static inline void give_receive(struct device *device, int token)
{
	if (device->is_host) {
		struct host_buffers *host = &device->host;
		uint64_t address = host->receive_address + (uint64_t)token * device->buffer_size;
		int head = driver_add(&host->receive, address, device->buffer_size, true);

		if (head >= 0)
			host->receive_of_head[head] = token;
		return;
	}
	device_complete(&device->remote.receive, token, device->remote.receive_lengths[token]);
}

static inline bool publish_receive(struct device *device)
{
	return device->is_host ? driver_publish(&device->host.receive) :
				 device_publish(&device->remote.receive);
}

/* Messages that were seen and not taken yet. */
static inline unsigned int receive_seen(const struct device *device)
{
	return device->is_host ? driver_seen(&device->host.receive) :
				 device_seen(&device->remote.receive);
}

/* Whether the peer tells when a message comes; returns true where one is there untold. */
static inline bool tell_receive(struct device *device, bool tell)
{
	if (device->is_host) {
		if (tell)
			return driver_enable_interrupts(&device->host.receive);
		driver_disable_interrupts(&device->host.receive);
	} else {
		if (tell)
			return device_enable_notifications(&device->remote.receive);
		device_disable_notifications(&device->remote.receive);
	}
	return false;
}

static inline int receive_queue(const struct device *device)
{
	return device->is_host ? 0 : 1;
}

static inline int transmit_queue(const struct device *device)
{
	return device->is_host ? 1 : 0;
}

/* ---------------------------------------------------------------------------------- opening -- */

/* Where everything lies in one shared memory: the same numbers on both sides. */
struct place {
	struct address_space space;
	uint64_t rings[2];
	uint64_t buffers;
	unsigned int ring_size, ring_align, buffer_count, buffer_size;
	_Atomic uint8_t *status;
};

static inline struct ring ring_of(const struct place *place, int queue)
{
	size_t bytes = 16 * (size_t)place->ring_size;

	return ring_at(resolve(&place->space, place->rings[queue], bytes), place->ring_size,
		       place->ring_align);
}

/* The driver: posts all receive buffers, then sets DRIVER_OK. The rings are zeroes. */
static inline void open_host(struct device *device, const struct place *place,
			     struct doorbell *doorbell)
{
	unsigned int half = place->buffer_count / 2;
	struct host_buffers *host = &device->host;

	*device = (struct device){ .is_host = true, .announced_address = RPMSG_ADDR_ANY };
	device->buffer_size = place->buffer_size;
	device->doorbell = doorbell;
	device->status = place->status;
	driver_queue_init(&host->receive, ring_of(place, 0));
	driver_queue_init(&host->transmit, ring_of(place, 1));
	host->receive_of_head = table_of(place->ring_size, sizeof(uint16_t));
	host->transmit_of_head = table_of(place->ring_size, sizeof(uint16_t));
	host->free = table_of(half, sizeof(uint16_t));
	host->receive_address = place->buffers;
	host->transmit_address = place->buffers + (uint64_t)half * place->buffer_size;
	host->receive_base = resolve(&place->space, host->receive_address, half * place->buffer_size);
	host->transmit_base = resolve(&place->space, host->transmit_address, half * place->buffer_size);
	for (unsigned int index = 0; index < half; index++)
		host->free[index] = half - 1 - index;
	host->free_count = half;
	/* Nobody waits for a transmit buffer, so nobody is told when one comes free. */
	driver_disable_interrupts(&host->transmit);
	for (unsigned int index = 0; index < half; index++)
		give_receive(device, index);
	publish_receive(device);
	store(*place->status, DRIVER_OK);
}

/* The device: the driver has set DRIVER_OK. */
static inline void open_remote(struct device *device, const struct place *place,
			       struct doorbell *doorbell)
{
	*device = (struct device){ .is_host = false, .announced_address = RPMSG_ADDR_ANY };
	device->buffer_size = place->buffer_size;
	device->doorbell = doorbell;
	device->status = place->status;
	device_queue_init(&device->remote.transmit, ring_of(place, 0), &place->space);
	device_queue_init(&device->remote.receive, ring_of(place, 1), &place->space);
	device->remote.receive_lengths = table_of(place->ring_size, sizeof(uint32_t));
	device_disable_notifications(&device->remote.transmit);
}

/* -------------------------------------------------------------------------------- endpoints -- */

static inline struct endpoint **endpoint_list(struct device *device, uint32_t address)
{
	return &device->endpoints[(address * 2654435761u) >> 26 & (ENDPOINT_LISTS - 1)];
}

static inline struct endpoint *find_endpoint(struct device *device, uint32_t address)
{
	struct endpoint *endpoint = *endpoint_list(device, address);

	while (endpoint != NULL && endpoint->address != address)
		endpoint = endpoint->next;
	return endpoint;
}

static inline void create_endpoint(struct device *device, struct endpoint *endpoint,
				   uint32_t address, uint32_t destination, message_handler handler)
{
	struct endpoint **list = endpoint_list(device, address);

	*endpoint = (struct endpoint){ device, *list, address, destination, false, false, handler, NULL };
	*list = endpoint;
}

/* ------------------------------------------------------------------------------------- send -- */

static inline void tell_transmitted(struct device *device)
{
	if (publish_transmit(device))
		device->doorbell->ring(device->doorbell, transmit_queue(device));
}

/* Publishes together what is sent until the end, and rings once. */
static inline void begin_batch(struct device *device)
{
	device->batching = true;
}

static inline void end_batch(struct device *device)
{
	device->batching = false;
	tell_transmitted(device);
}

enum send_result { SENT = 1, NO_BUFFER = 0, TOO_LARGE = -1, UNUSABLE = -2, NOT_BOUND = -3 };

/* Sends if a buffer is free. */
static inline enum send_result try_send_to(struct endpoint *endpoint, uint32_t destination,
					   const uint8_t *payload, uint32_t length)
{
	struct device *device = endpoint->device;

	if (endpoint->closed || device->failed)
		return UNUSABLE;
	if (length > device->buffer_size - RPMSG_HEADER_SIZE)
		return TOO_LARGE;
	int token = take_transmit(device);

	if (token < 0) {
		tell_transmitted(device);
		return NO_BUFFER;
	}
	uint32_t total = RPMSG_HEADER_SIZE + length;

	if (total > device->transmit_capacity)
		return TOO_LARGE;
	struct rpmsg_header *header = (void *)device->transmit_bytes;

	set(header->source, endpoint->address);
	set(header->destination, destination);
	set(header->reserved, 0);
	set(header->length, length);
	set(header->flags, 0);
	memcpy(device->transmit_bytes + RPMSG_HEADER_SIZE, payload, length);
	device->counters.sent++;
	give_transmit(device, token, total);
	if (!device->batching)
		tell_transmitted(device);
	return SENT;
}

static inline enum send_result try_send(struct endpoint *endpoint, const uint8_t *payload,
					uint32_t length)
{
	if (endpoint->destination == RPMSG_ADDR_ANY)
		return NOT_BOUND;
	return try_send_to(endpoint, endpoint->destination, payload, length);
}

/* ---------------------------------------------------------------------------------- receive -- */

/* Copies a payload out: its length, or -1 where it does not fit or the message is over. */
static inline int64_t copy_to(const struct message *message, uint8_t *target, size_t capacity)
{
	if (message->state == MESSAGE_DONE || message->length > capacity)
		return -1;
	memcpy(target, message->payload, message->length);
	return message->length;
}

static inline void receive(struct device *device, int token)
{
	struct rpmsg_header *header = (void *)device->receive_bytes;
	int64_t available = (int64_t)device->receive_length - RPMSG_HEADER_SIZE;

	if (available < 0) {
		device->counters.dropped_short++;
		give_receive(device, token);
		return;
	}
	uint32_t source = get(header->source);
	uint32_t destination = get(header->destination);
	uint16_t length = get(header->length);

	if (length > available) {
		device->counters.dropped_length++;
		give_receive(device, token);
		return;
	}
	if (destination == RPMSG_NS_ADDR) {
		if (length == RPMSG_NS_MESSAGE_SIZE)
			memcpy(&device->announced_address,
			       device->receive_bytes + RPMSG_HEADER_SIZE + RPMSG_NS_NAME_SIZE, 4);
		else
			device->counters.dropped_announcement++;
		give_receive(device, token);
		return;
	}
	struct endpoint *endpoint = find_endpoint(device, destination);

	if (endpoint == NULL) {
		device->counters.dropped_address++;
		give_receive(device, token);
		return;
	}
	if (endpoint->destination == RPMSG_ADDR_ANY && endpoint->announced)
		endpoint->destination = source;
	if (endpoint->handler == NULL) {
		device->counters.dropped_no_handler++;
		give_receive(device, token);
		return;
	}
	device->counters.received++;
	struct message *message = &device->message;

	message->payload = device->receive_bytes + RPMSG_HEADER_SIZE;
	message->length = length;
	message->source = source;
	message->destination = destination;
	message->state = MESSAGE_LIVE;
	endpoint->handler(endpoint, message);
	if (message->state != MESSAGE_LIVE)
		return;
	message->state = MESSAGE_DONE;
	give_receive(device, token);
}

static inline bool queues_broken(const struct device *device)
{
	return device->is_host ?
		       device->host.receive.broken != NULL || device->host.transmit.broken != NULL :
		       device->remote.receive.broken != NULL || device->remote.transmit.broken != NULL;
}

static inline unsigned int take_batch(struct device *device, unsigned int limit)
{
	/* What was passed over is work too. */
	uint64_t passed_over = device->counters.malformed;
	unsigned int taken = 0;

	do {
		int token = take_receive(device);

		if (token < 0)
			break;
		receive(device, token);
		taken++;
		/* One look a batch: what came after it comes with a ring of its own. */
	} while (taken < limit && receive_seen(device) > 0 && !device->failed);
	return taken + (device->counters.malformed - passed_over);
}

static inline void drain(struct device *device)
{
	unsigned int total = 0;

	if (device->draining) {
		device->ring_again = true;
		return;
	}
	device->draining = true;
	do {
		device->ring_again = false;
		unsigned int taken = take_batch(device, DRAIN_MAX - total);

		total += taken;
		if (publish_receive(device))
			device->doorbell->ring(device->doorbell, receive_queue(device));
		if (total >= DRAIN_MAX)
			break;
		if (taken >= QUIET_BATCH) {
			tell_receive(device, false);
			device->ring_again = true;
		} else if (tell_receive(device, true)) {
			device->ring_again = true;
		}
	} while (device->ring_again);
	device->draining = false;
	if (total > 0)
		device->heard = true;
}

/* Looks at the queues: what a ring makes a side do. */
static inline void look(struct device *device)
{
	if (device->failed)
		return;
	if (!device->is_host) {
		uint8_t status = load(*device->status);

		if ((status & DRIVER_OK) == 0 || (status & NEEDS_RESET) != 0) {
			device->failed = true;
			return;
		}
	}
	drain(device);
	if (queues_broken(device))
		device->failed = true;
}

#endif
