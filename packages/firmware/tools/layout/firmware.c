/* The firmware's own wire headers. */
#include "print.h"
#include "resource_table.h"
#include "rpmsg.h"
#include "virtio_config.h"
#include "virtio_ring.h"

#define S(name) STRUCT(struct name, name)
#define F(name, field) FIELD(struct name, name, field)
#define T(name, field) TAIL(struct name, name, field)

int main(void) {
  S(vring_desc), F(vring_desc, addr), F(vring_desc, len), F(vring_desc, flags);
  F(vring_desc, next);
  S(vring_avail), F(vring_avail, flags), F(vring_avail, idx);
  T(vring_avail, ring);
  S(vring_used_elem), F(vring_used_elem, id), F(vring_used_elem, len);
  S(vring_used), F(vring_used, flags), F(vring_used, idx);
  T(vring_used, ring);
  CONSTANT(VRING_DESC_F_NEXT);
  CONSTANT(VRING_DESC_F_WRITE);
  CONSTANT(VRING_DESC_F_INDIRECT);
  CONSTANT(VRING_USED_F_NO_NOTIFY);
  CONSTANT(VRING_AVAIL_F_NO_INTERRUPT);
  CONSTANT(VRING_MAX_NUM);

  CONSTANT(VIRTIO_CONFIG_S_ACKNOWLEDGE);
  CONSTANT(VIRTIO_CONFIG_S_DRIVER);
  CONSTANT(VIRTIO_CONFIG_S_DRIVER_OK);
  CONSTANT(VIRTIO_CONFIG_S_FEATURES_OK);
  CONSTANT(VIRTIO_CONFIG_S_NEEDS_RESET);
  CONSTANT(VIRTIO_CONFIG_S_FAILED);
  CONSTANT(VIRTIO_ID_RPMSG);

  S(rpmsg_hdr), F(rpmsg_hdr, src), F(rpmsg_hdr, dst), F(rpmsg_hdr, reserved), F(rpmsg_hdr, len);
  F(rpmsg_hdr, flags);
  S(rpmsg_ns_msg), F(rpmsg_ns_msg, name), F(rpmsg_ns_msg, addr), F(rpmsg_ns_msg, flags);
  CONSTANT(VIRTIO_RPMSG_F_NS);
  CONSTANT(RPMSG_RESERVED_ADDRESSES);
  CONSTANT(RPMSG_NS_ADDR);
  CONSTANT(RPMSG_NAME_SIZE);
  CONSTANT(RPMSG_NS_CREATE);
  CONSTANT(RPMSG_NS_DESTROY);

  S(resource_table), F(resource_table, ver), F(resource_table, num);
  F(resource_table, reserved);
  T(resource_table, offset);
  S(fw_rsc_carveout), F(fw_rsc_carveout, type), F(fw_rsc_carveout, da), F(fw_rsc_carveout, pa);
  F(fw_rsc_carveout, len), F(fw_rsc_carveout, flags), F(fw_rsc_carveout, reserved);
  F(fw_rsc_carveout, name);
  S(fw_rsc_devmem), F(fw_rsc_devmem, type), F(fw_rsc_devmem, da), F(fw_rsc_devmem, pa);
  F(fw_rsc_devmem, len), F(fw_rsc_devmem, flags), F(fw_rsc_devmem, reserved);
  F(fw_rsc_devmem, name);
  S(fw_rsc_trace), F(fw_rsc_trace, type), F(fw_rsc_trace, da), F(fw_rsc_trace, len);
  F(fw_rsc_trace, reserved), F(fw_rsc_trace, name);
  S(fw_rsc_vdev), F(fw_rsc_vdev, type), F(fw_rsc_vdev, id), F(fw_rsc_vdev, notifyid);
  F(fw_rsc_vdev, dfeatures), F(fw_rsc_vdev, gfeatures), F(fw_rsc_vdev, config_len);
  F(fw_rsc_vdev, status), F(fw_rsc_vdev, num_of_vrings), F(fw_rsc_vdev, reserved);
  S(fw_rsc_vdev_vring), F(fw_rsc_vdev_vring, da), F(fw_rsc_vdev_vring, align);
  F(fw_rsc_vdev_vring, num), F(fw_rsc_vdev_vring, notifyid), F(fw_rsc_vdev_vring, pa);
  CONSTANT(RESOURCE_TABLE_VERSION);
  CONSTANT(RSC_CARVEOUT);
  CONSTANT(RSC_DEVMEM);
  CONSTANT(RSC_TRACE);
  CONSTANT(RSC_VDEV);
  CONSTANT(RSC_VENDOR_START);
  CONSTANT(RSC_VENDOR_END);
  CONSTANT(FW_RSC_ADDR_ANY);
  CONSTANT(FW_RSC_NOTIFY_ID_ANY);
  CONSTANT(RSC_NAME_SIZE);
}
