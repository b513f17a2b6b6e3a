/*
 * Host and remote in one thread over one memory:
 * `thread one-way|batched|round-trip PAYLOAD BATCH`.
 *
 * One way, each message is published by itself, and a batch of more than one while rings are held,
 * as by a sender that masks its doorbell; then the one ring that is pending is heard. Batched, the
 * messages are published together. A round trip is an echo.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "place.h"
#include "rpmsg.h"

/* Batches between two looks at the clock. */
#define BATCHES 64

static _Alignas(4096) uint8_t memory[MEMORY_SIZE];
static uint8_t payload[BUFFER_SIZE], target[BUFFER_SIZE], echoed[BUFFER_SIZE];
static struct device host, remote;
static struct endpoint sender, receiver;
static uint64_t handled;
static uint32_t length;
static unsigned int batch;
static bool batched, held, pending;

static void ring_remote(struct doorbell *doorbell, int queue)
{
	(void)doorbell, (void)queue;
	if (held) {
		pending = true;
		return;
	}
	remote.heard = true;
	look(&remote);
}

static void ring_host(struct doorbell *doorbell, int queue)
{
	(void)doorbell, (void)queue;
	host.heard = true;
	look(&host);
}

static struct doorbell to_remote = { ring_remote, NULL };
static struct doorbell to_host = { ring_host, NULL };

static void take(struct endpoint *endpoint, struct message *message)
{
	(void)endpoint;
	if (copy_to(message, target, sizeof(target)) == length)
		handled++;
}

static void echo(struct endpoint *endpoint, struct message *message)
{
	if (copy_to(message, echoed, sizeof(echoed)) == length)
		try_send_to(endpoint, message->source, echoed, length);
}

static void send_batch(void)
{
	held = batch > 1;
	if (batched)
		begin_batch(&host);
	for (unsigned int count = 0; count < batch; count++) {
		if (try_send(&sender, payload, length) != SENT)
			give_up("no buffer is free");
	}
	if (batched)
		end_batch(&host);
	held = false;
	if (pending) {
		pending = false;
		ring_remote(&to_remote, 1);
	}
}

static void measure(uint64_t nanoseconds, double results[])
{
	uint64_t sent = 0, start = now(), elapsed;

	handled = 0;
	do {
		for (unsigned int count = 0; count < BATCHES; count++) {
			send_batch();
			sent += batch;
		}
		elapsed = now() - start;
	} while (elapsed < nanoseconds);
	if (handled != sent || memcmp(target, payload, length) != 0)
		give_up("a message was lost");
	results[0] = (double)elapsed / sent;
}

int main(int count, char **arguments)
{
	if (count != 4)
		give_up("thread one-way|batched|round-trip PAYLOAD BATCH");
	bool echoing = strcmp(arguments[1], "round-trip") == 0;
	const struct window window = { MEMORY_ADDRESS, MEMORY_SIZE, memory };
	const struct place place = place_in(&window);

	batched = strcmp(arguments[1], "batched") == 0;
	length = strtoul(arguments[2], NULL, 10);
	batch = strtoul(arguments[3], NULL, 10);
	memset(payload, 7, sizeof(payload));
	open_host(&host, &place, &to_remote);
	open_remote(&remote, &place, &to_host);
	create_endpoint(&host, &sender, 1025, 1030, take);
	create_endpoint(&remote, &receiver, 1030, 1025, echoing ? echo : take);
	answer(measure, 1);
	return 0;
}
