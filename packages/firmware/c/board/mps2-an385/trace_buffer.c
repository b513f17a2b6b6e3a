#include "trace_buffer.h"

#include "board.h"
#include "registers.h"

__attribute__((section(".trace"))) volatile char trace_buffer[TRACE_BUFFER_SIZE];

/* Characters since the start, modulo 2^32: written to the buffer, and sent to UART0. */
static uint32_t written;
static uint32_t sent;

static volatile char *place(uint32_t position) {
  return &trace_buffer[position % TRACE_BUFFER_SIZE];
}

void trace_buffer_start(void) {
  for (uint32_t i = 0; i < TRACE_BUFFER_SIZE; i++) *place(i) = '\0';
  UART0->bauddiv = 16;
  UART0->ctrl = UART_CTRL_TX_ENABLE;
}

void trace_buffer_drain(void) {
  if (written - sent >= TRACE_BUFFER_SIZE) sent = written - (TRACE_BUFFER_SIZE - 1);
  while (sent != written && (UART0->state & UART_STATE_TX_FULL) == 0) {
    UART0->data = (uint8_t)*place(sent++);
  }
  UART0->ctrl = UART_CTRL_TX_ENABLE | (sent != written ? UART_CTRL_TX_INTERRUPT : 0);
}

void board_trace(const char *text) {
  for (; *text != '\0'; text++) {
    /* The NUL first, so that a reader finds an end at any moment. */
    *place(written + 1) = '\0';
    *place(written) = *text;
    written++;
  }
  trace_buffer_drain();
}
