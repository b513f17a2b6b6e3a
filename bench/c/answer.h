/*
 * How a benchmark program is asked: it says "ready", then answers each line of standard input, a
 * number of milliseconds to measure for, with one line, the nanoseconds that a message took.
 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline _Noreturn void give_up(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

static inline void answer(double (*measure)(uint64_t nanoseconds))
{
	char line[64];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		printf("%.3f\n", measure(strtoull(line, NULL, 10) * 1000000));
		fflush(stdout);
	}
}

#endif
