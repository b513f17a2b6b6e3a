/*
 * The text that the firmware writes, in shared memory, as a ring of TRACE_BUFFER_SIZE bytes.
 *
 * A NUL always stands where the next character will go. So text[0] up to the first NUL is what was
 * written last, all of it until the ring is full for the first time; that is what Linux shows as
 * `trace0`. Once the ring has wrapped, what follows that NUL up to the end of the buffer is older.
 * A reader that keeps its place reads from there to the NUL, and goes on at 0 after the last byte.
 */
#ifndef TRACE_BUFFER_H
#define TRACE_BUFFER_H

#include <stdint.h>

#define TRACE_BUFFER_SIZE 4096 /* a power of two */

/* Written by this side; the host may write it too, and then reads its own words. */
extern volatile char trace_buffer[TRACE_BUFFER_SIZE];

/* Clears the buffer: it may still hold the text of an earlier run. */
void trace_buffer_start(void);

/* Sends text to UART0 that it had no room for. Where it falls a whole buffer behind, it skips. */
void trace_buffer_drain(void);

#endif
