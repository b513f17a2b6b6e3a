/*
 * The board interface on QEMU's mps2-an385. The doorbell is UART1: each way, a byte is the
 * notification id of a vring or of the device.
 *
 * No interrupt is ever taken: start-up masks them all for good. One that is enabled still ends a
 * WFI when it becomes pending (DDI 0403, section B1.5.18), and that is all that is needed. So there
 * is one thread of execution, and nothing to guard from an interrupt handler.
 */
#include "board.h"

#include <stddef.h>

#include "notify_ids.h"
#include "registers.h"
#include "startup.h"
#include "trace_buffer.h"

#define PSRAM_END 0x22000000u

extern uint8_t image_end[]; /* from the linker script */

static struct notify_ids rung; /* by the host, and not yet taken */
static struct notify_ids owed; /* to the host */

volatile void *board_resolve(uint64_t address, uint64_t length) {
  /* The image itself is no place for a buffer: the host could have its own code overwritten. */
  uint64_t start = (uintptr_t)image_end;
  if (address < start || address > PSRAM_END || length > PSRAM_END - address) return NULL;
  return (volatile void *)(uintptr_t)address;
}

static void send_owed(void) {
  uint32_t id;
  while ((UART1->state & UART_STATE_TX_FULL) == 0 && notify_ids_take(&owed, &id)) UART1->data = id;
  UART1->ctrl = UART_CTRL_TX_ENABLE | UART_CTRL_RX_ENABLE | UART_CTRL_RX_INTERRUPT |
                (notify_ids_empty(&owed) ? 0 : UART_CTRL_TX_INTERRUPT);
}

void board_notify(uint32_t notify_id) {
  /* An id beyond a byte still means "look". */
  notify_ids_add(&owed, (uint8_t)notify_id);
  send_owed();
}

bool board_doorbell(uint32_t *notify_id) { return notify_ids_take(&rung, notify_id); }

void board_wait(void) {
  send_owed();
  trace_buffer_drain();
  /* A byte that came since the last look has its interrupt pending, and WFI falls through. Only
   * where the request was never lowered there is no new one, and nothing to wait for either. */
  if ((UART1->intstatus & UART_INT_RX) == 0) __asm__ volatile("dsb\n wfi" ::: "memory");
  /* First the requests, then the byte: the buffer holds one, so while it is full no other can
   * raise a request that would be cleared unseen. */
  UART0->intstatus = UART_INT_TX;
  UART1->intstatus = UART_INT_TX | UART_INT_RX;
  NVIC_ICPR0 = IRQ_UART0_TX | IRQ_UART1_RX | IRQ_UART1_TX;
  ICSR = ICSR_PENDSTCLR;
  if ((UART1->state & UART_STATE_RX_FULL) != 0) notify_ids_add(&rung, (uint8_t)UART1->data);
}

void board_fence(void) {
  /* On this machine of one processor QEMU turns DMB into nothing, while the host runs on another
   * processor. Reading a device register takes QEMU's lock, and that orders memory on any host. */
  __asm__ volatile("dmb" ::: "memory");
  (void)UART1->state;
  __asm__ volatile("dmb" ::: "memory");
}

void board_start(void) {
  trace_buffer_start();
  UART1->bauddiv = 16;
  send_owed();
  SYST_RVR = PROCESSOR_CLOCK_HZ / 100 - 1; /* every 10 ms */
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  NVIC_ISER0 = IRQ_UART0_TX | IRQ_UART1_RX | IRQ_UART1_TX;
}
