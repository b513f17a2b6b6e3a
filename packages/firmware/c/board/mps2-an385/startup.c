/* From reset to main, and what happens when the processor faults (DDI 0403, sections B1.5.2 to
 * B1.5.6). */
#include "startup.h"

#include <stdint.h>

#include "board.h"
#include "trace.h"

extern uint32_t private_start[], private_end[], stack_top[]; /* from the linker script */

/* Beside the compiler's own name in the section .comment. */
__asm__(".ident \"" LINKER "\"");

int main(void);

__attribute__((noreturn)) void reset(void);
__attribute__((noreturn)) void fault(void);

/* The stack pointer at reset, then one handler for each exception. Interrupts are masked, so the
 * faults are the last that can come. */
__attribute__((section(".vectors"), used)) const uintptr_t vectors[16] = {
  (uintptr_t)stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
  (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
  (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
  (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};

void reset(void) {
  __asm__ volatile("cpsid i" ::: "memory");
  for (volatile uint32_t *word = private_start; word < private_end; word++) *word = 0;
  board_start();
  main();
  for (;;) board_wait();
}

__attribute__((noreturn, used)) static void report_fault(const uint32_t *frame) {
  trace("fault: pc 0x%x lr 0x%x", frame[6], frame[5]);
  /* A fault in a fault handler locks the processor up. QEMU aborts then, which the host sees; a
   * loop would look like work. */
  for (;;) __asm__ volatile("udf #0");
}

__attribute__((naked)) void fault(void) {
  /* The processor has stored its registers on the stack that it was using. */
  __asm__ volatile("mov r0, sp\n b report_fault");
}
