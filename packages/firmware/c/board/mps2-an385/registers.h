/*
 * The registers that the firmware uses of QEMU's mps2-an385: Arm MPS2 with the Cortex-M3 image of
 * application note 385. Names from the Cortex-M System Design Kit TRM (DDI 0479, APB UART) and the
 * Armv7-M Architecture Reference Manual (DDI 0403, sections B3.2 to B3.4).
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

/* CMSDK APB UART: a buffer of one byte each way. */
struct cmsdk_uart {
  uint32_t data;
  uint32_t state;
  uint32_t ctrl;
  uint32_t intstatus; /* write 1 to clear */
  uint32_t bauddiv;   /* at least 16, or the UART stays off */
};

#define UART_STATE_TX_FULL (1u << 0)
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CTRL_TX_ENABLE (1u << 0)
#define UART_CTRL_RX_ENABLE (1u << 1)
#define UART_CTRL_TX_INTERRUPT (1u << 2)
#define UART_CTRL_RX_INTERRUPT (1u << 3)
#define UART_INT_TX (1u << 0)
#define UART_INT_RX (1u << 1)

#define UART0 ((volatile struct cmsdk_uart *)0x40004000)
#define UART1 ((volatile struct cmsdk_uart *)0x40005000)

#define IRQ_UART0_TX (1u << 1)
#define IRQ_UART1_RX (1u << 2)
#define IRQ_UART1_TX (1u << 3)

/* Interrupts 0 to 31 of the NVIC. */
#define NVIC_ISER0 (*(volatile uint32_t *)0xE000E100)
#define NVIC_ICPR0 (*(volatile uint32_t *)0xE000E280)

/* SysTick, at the processor's clock. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)
#define SYST_CSR_ENABLE (1u << 0)
#define SYST_CSR_TICKINT (1u << 1)
#define SYST_CSR_CLKSOURCE (1u << 2)

#define ICSR (*(volatile uint32_t *)0xE000ED04)
#define ICSR_PENDSTCLR (1u << 25)

#define PROCESSOR_CLOCK_HZ 25000000u

#endif
