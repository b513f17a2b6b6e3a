/*
 * What the library needs of the place that it runs in: a board, or a process that plays one.
 * Everything here is called from one thread, and never from an interrupt.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "resource_table.h"

/* The virtio device in the live resource table; its vrings follow it. In memory that the host
 * writes. */
volatile struct fw_rsc_vdev *board_vdev(void);

/*
 * Turns an address from the host into a pointer.
 *
 * Returns NULL unless the whole range lies in memory that the host may hand to this side. The sum
 * of the two may be beyond 2^64: no answer relies on it.
 */
volatile void *board_resolve(uint64_t address, uint64_t length);

/* Rings the host: "look at the vring of this notification id". Never waits. A ring that cannot go
 * out yet is kept, and merged with others of the same id. */
void board_notify(uint32_t notify_id);

/*
 * Sleeps until the host rings, and for 10 ms at the most: a ring may be lost, and hosts exist that
 * change the status without one, so whoever waits looks again.
 */
void board_wait(void);

/* Takes one notification id that the host rang since it was last taken. A hint: "look". */
bool board_doorbell(uint32_t *notify_id);

/*
 * Makes this side's stores visible to the host before any later load of this side is done.
 * Notification suppression needs it on both sides (VirtIO 1.2, sections 2.7.7.1 and 2.7.10.1), and
 * only the board knows whether the processor's own barrier is enough.
 */
void board_fence(void);

/* Appends text to the trace buffer, and to the console where there is one. */
void board_trace(const char *text);

#endif
