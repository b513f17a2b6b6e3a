/* What start-up calls before main. */
#ifndef STARTUP_H
#define STARTUP_H

/* Readies the trace, the doorbell and the 10 ms tick. */
void board_start(void);

#endif
