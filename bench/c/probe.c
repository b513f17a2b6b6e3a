/*
 * How far apart two cores are: the time that one word takes to another core and back.
 *
 * On virtual machines it flips between two values, by a factor of 4 to 10, when the host moves a
 * virtual processor; rounds on different sides of such a flip cannot be compared.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"

#define TRIPS 16

/* Apart, so that each has a cache line of its own. */
static _Alignas(128) _Atomic uint32_t question;
static _Alignas(128) _Atomic uint32_t reply;
static _Alignas(128) _Atomic uint32_t running;

static void *repeat(void *unused)
{
	for (;;) {
		while (atomic_load(&running) == 0)
			syscall(SYS_futex, &running, FUTEX_WAIT, 0, NULL, NULL, 0);
		while (atomic_load(&running) != 0)
			atomic_store(&reply, atomic_load(&question));
	}
	return unused;
}

static void measure(uint64_t nanoseconds, double results[])
{
	uint64_t best = UINT64_MAX, start = now();

	atomic_store(&running, 1);
	syscall(SYS_futex, &running, FUTEX_WAKE, 1, NULL, NULL, 0);
	do {
		uint64_t from = now();

		for (unsigned int count = 0; count < TRIPS; count++) {
			uint32_t next = atomic_load(&question) + 1;

			atomic_store(&question, next);
			while (atomic_load(&reply) != next)
				;
		}
		uint64_t elapsed = now() - from;

		best = elapsed < best ? elapsed : best;
	} while (now() - start < nanoseconds);
	atomic_store(&running, 0);
	results[0] = (double)best / TRIPS;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, repeat, NULL) != 0)
		give_up("no thread");
	answer(measure, 1);
	return 0;
}
