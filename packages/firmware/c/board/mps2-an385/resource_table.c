/*
 * What this firmware asks of its host: a virtio device for RPMsg and a place for the host to read
 * the trace from. The host writes into the vdev entry while the firmware runs, so the live table is
 * in shared memory and is read as volatile.
 */
#include "resource_table.h"

#include "board.h"
#include "rpmsg.h"
#include "trace_buffer.h"
#include "virtio_config.h"

struct table {
  uint32_t ver;
  uint32_t num;
  uint32_t reserved[2];
  uint32_t offset[2];
  struct fw_rsc_trace trace;
  struct fw_rsc_vdev vdev;
  struct fw_rsc_vdev_vring vring[2];
};

_Static_assert(offsetof(struct table, offset) == sizeof(struct resource_table),
               "the offsets follow the head");
_Static_assert(offsetof(struct table, vring) ==
                   offsetof(struct table, vdev) + sizeof(struct fw_rsc_vdev),
               "the vrings follow the device");

/* 256 descriptors and 4096 bytes of alignment: what Linux and the C library's demos use. */
#define VRING                                                                          \
  {                                                                                    \
    .da = FW_RSC_ADDR_ANY, .align = 4096, .num = 256, .notifyid = FW_RSC_NOTIFY_ID_ANY \
  }

__attribute__((section(".resource_table"), used)) volatile struct table resource_table = {
  .ver = RESOURCE_TABLE_VERSION,
  .num = 2,
  .offset = {offsetof(struct table, trace), offsetof(struct table, vdev)},
  .trace =
    {
      .type = RSC_TRACE,
      .da = (uintptr_t)trace_buffer,
      .len = TRACE_BUFFER_SIZE,
      .name = "trace0",
    },
  .vdev =
    {
      .type = RSC_VDEV,
      .id = VIRTIO_ID_RPMSG,
      /* Linux numbers vrings from 0 upwards and writes the numbers here. The device's own id must
       * differ from all of them, or a change of status looks like a buffer. */
      .notifyid = 31,
      /* The C library's host accepts each bit that it is offered, also without using it. So the
       * one that it does use is the only one here. */
      .dfeatures = 1u << VIRTIO_RPMSG_F_NS,
      .num_of_vrings = 2,
    },
  .vring = {VRING, VRING},
};

volatile struct fw_rsc_vdev *board_vdev(void) { return &resource_table.vdev; }
