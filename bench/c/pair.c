/*
 * Host and remote on two cores over one memory: `pair threads|processes one-way|round-trip PAYLOAD`.
 *
 * Both spin on their queues; nobody is woken. One way, each message is published by itself, and the
 * remote tells of each BLOCK that it has handled. A round trip is an echo. Between two measurements
 * the remote sleeps. The result is the median of the chunks between two looks at the clock.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "place.h"
#include "rpmsg.h"

/* One way: messages that the remote answers with one, and that are between two looks at the clock. */
#define BLOCK 4096
/* Round trips between two looks at the clock. */
#define TRIPS 16

enum { SLEEP, RUN };

static uint8_t *memory;
/* What the remote is to do, and what it does: futex words behind the buffers. */
static _Atomic uint32_t *wanted, *actual;
static struct place place;
static bool one_way;
static uint32_t length;

static uint8_t payload[BUFFER_SIZE];
static struct device host;
static struct endpoint sender;
static struct chunks chunks;
static uint64_t answered;

static void nobody(struct doorbell *doorbell, int queue)
{
	(void)doorbell, (void)queue;
}

static struct doorbell silent = { nobody, NULL };

static void futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* ----------------------------------------------------------------------------------- remote -- */

struct remote_state {
	struct device device;
	struct endpoint endpoint;
	uint8_t target[BUFFER_SIZE];
	uint64_t handled;
};

static void take(struct endpoint *endpoint, struct message *message)
{
	struct remote_state *state = endpoint->context;

	if (copy_to(message, state->target, sizeof(state->target)) == length)
		state->handled++;
	if (state->handled % BLOCK == 0)
		try_send_to(endpoint, message->source, state->target, 0);
}

static void echo(struct endpoint *endpoint, struct message *message)
{
	struct remote_state *state = endpoint->context;

	if (copy_to(message, state->target, sizeof(state->target)) == length)
		try_send_to(endpoint, message->source, state->target, length);
}

static void *serve(void *unused)
{
	struct remote_state *state = table_of(1, sizeof(*state));

	while (load(*place.status) != DRIVER_OK)
		futex(wanted, FUTEX_WAIT, SLEEP);
	open_remote(&state->device, &place, &silent);
	create_endpoint(&state->device, &state->endpoint, 1030, 1025, one_way ? take : echo);
	state->endpoint.context = state;
	for (;;) {
		while (load(*wanted) == SLEEP)
			futex(wanted, FUTEX_WAIT, SLEEP);
		store(*actual, RUN);
		while (load(*wanted) == RUN)
			look(&state->device);
		store(*actual, SLEEP);
	}
	return unused;
}

/* ------------------------------------------------------------------------------------- host -- */

static void hear(struct endpoint *endpoint, struct message *message)
{
	static uint8_t target[BUFFER_SIZE];

	(void)endpoint;
	if (copy_to(message, target, sizeof(target)) == (one_way ? 0 : (int64_t)length))
		answered++;
}

static void set_remote(uint32_t state)
{
	store(*wanted, state);
	futex(wanted, FUTEX_WAKE, 1);
	while (load(*actual) != state)
		;
}

static double measure_one_way(uint64_t nanoseconds)
{
	uint64_t blocks = 0, start = now(), from = start, to;

	answered = 0;
	do {
		for (unsigned int count = 0; count < BLOCK; count++) {
			while (try_send(&sender, payload, length) != SENT)
				;
		}
		blocks++;
		look(&host);
		to = now();
		add_chunk(&chunks, to - from);
		from = to;
	} while (to - start < nanoseconds);
	while (answered < blocks)
		look(&host);
	return median(&chunks) / BLOCK;
}

static double measure_round_trip(uint64_t nanoseconds)
{
	uint64_t sent = 0, start = now(), from = start, to;

	answered = 0;
	do {
		for (unsigned int count = 0; count < TRIPS; count++) {
			if (try_send(&sender, payload, length) != SENT)
				give_up("no buffer is free");
			sent++;
			while (answered < sent)
				look(&host);
		}
		to = now();
		add_chunk(&chunks, to - from);
		from = to;
	} while (to - start < nanoseconds);
	return median(&chunks) / TRIPS;
}

static void measure(uint64_t nanoseconds, double results[])
{
	set_remote(RUN);
	results[0] = one_way ? measure_one_way(nanoseconds) : measure_round_trip(nanoseconds);

	set_remote(SLEEP);
	if (host.failed)
		give_up("the remote broke a ring");
}

static void start_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, NULL) != 0)
		give_up("no thread");
}

static pid_t start_process(void)
{
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		give_up("no process");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			serve(NULL);
		_exit(1);
	}
	return child;
}

int main(int count, char **arguments)
{
	if (count != 4)
		give_up("pair threads|processes one-way|round-trip PAYLOAD");
	one_way = strcmp(arguments[2], "one-way") == 0;
	length = strtoul(arguments[3], NULL, 10);
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		give_up("no memory");
	wanted = (void *)(memory + MEMORY_SIZE - 128);
	actual = (void *)(memory + MEMORY_SIZE - 64);
	const struct window window = { MEMORY_ADDRESS, MEMORY_SIZE, memory };

	place = place_in(&window);
	memset(payload, 7, sizeof(payload));
	open_host(&host, &place, &silent);
	create_endpoint(&host, &sender, 1025, 1030, hear);
	if (strcmp(arguments[1], "threads") == 0) {
		start_thread();
		answer(measure, 1);
	} else {
		pid_t child = start_process();

		answer(measure, 1);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return 0;
}
