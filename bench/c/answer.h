/*
 * How a benchmark program is asked: it says "ready", then answers each line of standard input, a
 * number of milliseconds to measure for, with one line: the nanoseconds that a message took, and
 * what else it measures.
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

/* The chunks of one measurement: their median passes over those in which the core was taken away. */
#define CHUNKS 65536

struct chunks {
	uint32_t times[CHUNKS];
	unsigned int count;
};

static inline void add_chunk(struct chunks *chunks, uint64_t nanoseconds)
{
	if (chunks->count < CHUNKS)
		chunks->times[chunks->count++] = nanoseconds < UINT32_MAX ? nanoseconds : UINT32_MAX;
}

static inline int compare_times(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

/* Gives the median, and empties the chunks. */
static inline double median(struct chunks *chunks)
{
	qsort(chunks->times, chunks->count, sizeof(chunks->times[0]), compare_times);
	double middle = chunks->times[chunks->count / 2];

	chunks->count = 0;
	return middle;
}

/* Each line holds as many figures as the program measures. */
static inline void answer(void (*measure)(uint64_t nanoseconds, double results[]), int count)
{
	char line[64];
	double results[2];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		measure(strtoull(line, NULL, 10) * 1000000, results);
		for (int index = 0; index < count; index++)
			printf("%.3f%c", results[index], index + 1 < count ? ' ' : '\n');
		fflush(stdout);
	}
}

#endif
