/* Lines of text for whoever watches the firmware. */
#ifndef TRACE_H
#define TRACE_H

/*
 * Writes one line, cut after 126 characters. Knows %s, and %u and %x of at most 32 bits, without
 * width. Text from the host does not belong here: nothing is escaped.
 */
void trace(const char *format, ...);

#endif
