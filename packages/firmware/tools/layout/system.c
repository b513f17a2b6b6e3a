/* The same facts, and ELF's, as this machine's headers have them. */
#include <elf.h>
#include <linux/rpmsg.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "print.h"

#define S(name) STRUCT(struct name, name)
#define F(name, field) FIELD(struct name, name, field)
#define T(name, field) TAIL(struct name, name, field)
#define ES(name) STRUCT(name, name)
#define EF(name, field) FIELD(name, name, field)

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
  CONSTANT(VRING_DESC_ALIGN_SIZE);
  CONSTANT(VRING_AVAIL_ALIGN_SIZE);
  CONSTANT(VRING_USED_ALIGN_SIZE);
  CONSTANT(VIRTIO_RING_F_INDIRECT_DESC);
  CONSTANT(VIRTIO_RING_F_EVENT_IDX);

  CONSTANT(VIRTIO_CONFIG_S_ACKNOWLEDGE);
  CONSTANT(VIRTIO_CONFIG_S_DRIVER);
  CONSTANT(VIRTIO_CONFIG_S_DRIVER_OK);
  CONSTANT(VIRTIO_CONFIG_S_FEATURES_OK);
  CONSTANT(VIRTIO_CONFIG_S_NEEDS_RESET);
  CONSTANT(VIRTIO_CONFIG_S_FAILED);
  CONSTANT(VIRTIO_TRANSPORT_F_START);
  CONSTANT(VIRTIO_F_NOTIFY_ON_EMPTY);
  CONSTANT(VIRTIO_F_ANY_LAYOUT);
  CONSTANT(VIRTIO_F_VERSION_1);
  CONSTANT(VIRTIO_F_ACCESS_PLATFORM);
  CONSTANT(VIRTIO_F_RING_PACKED);
  CONSTANT(VIRTIO_F_ORDER_PLATFORM);
  CONSTANT(VIRTIO_F_SR_IOV);
  CONSTANT(VIRTIO_ID_NET);
  CONSTANT(VIRTIO_ID_BLOCK);
  CONSTANT(VIRTIO_ID_CONSOLE);
  CONSTANT(VIRTIO_ID_RNG);
  CONSTANT(VIRTIO_ID_BALLOON);
  CONSTANT(VIRTIO_ID_RPMSG);
  CONSTANT(VIRTIO_ID_SCSI);
  CONSTANT(VIRTIO_ID_9P);
  CONSTANT(VIRTIO_ID_RPROC_SERIAL);
  CONSTANT(VIRTIO_ID_GPU);
  CONSTANT(VIRTIO_ID_INPUT);
  CONSTANT(VIRTIO_ID_VSOCK);
  CONSTANT(VIRTIO_ID_CRYPTO);
  CONSTANT(VIRTIO_ID_FS);
  CONSTANT(VIRTIO_ID_I2C_ADAPTER);
  CONSTANT(VIRTIO_ID_GPIO);

  S(rpmsg_endpoint_info), F(rpmsg_endpoint_info, name), F(rpmsg_endpoint_info, src);
  F(rpmsg_endpoint_info, dst);
  CONSTANT(RPMSG_ADDR_ANY);

  ES(Elf32_Ehdr), EF(Elf32_Ehdr, e_ident), EF(Elf32_Ehdr, e_type), EF(Elf32_Ehdr, e_machine);
  EF(Elf32_Ehdr, e_version), EF(Elf32_Ehdr, e_entry), EF(Elf32_Ehdr, e_phoff);
  EF(Elf32_Ehdr, e_shoff), EF(Elf32_Ehdr, e_flags), EF(Elf32_Ehdr, e_ehsize);
  EF(Elf32_Ehdr, e_phentsize), EF(Elf32_Ehdr, e_phnum), EF(Elf32_Ehdr, e_shentsize);
  EF(Elf32_Ehdr, e_shnum), EF(Elf32_Ehdr, e_shstrndx);
  ES(Elf32_Phdr), EF(Elf32_Phdr, p_type), EF(Elf32_Phdr, p_offset), EF(Elf32_Phdr, p_vaddr);
  EF(Elf32_Phdr, p_paddr), EF(Elf32_Phdr, p_filesz), EF(Elf32_Phdr, p_memsz);
  EF(Elf32_Phdr, p_flags), EF(Elf32_Phdr, p_align);
  ES(Elf32_Shdr), EF(Elf32_Shdr, sh_name), EF(Elf32_Shdr, sh_type), EF(Elf32_Shdr, sh_flags);
  EF(Elf32_Shdr, sh_addr), EF(Elf32_Shdr, sh_offset), EF(Elf32_Shdr, sh_size);
  EF(Elf32_Shdr, sh_link), EF(Elf32_Shdr, sh_info), EF(Elf32_Shdr, sh_addralign);
  EF(Elf32_Shdr, sh_entsize);
  CONSTANT(EI_CLASS);
  CONSTANT(EI_DATA);
  CONSTANT(EI_VERSION);
  CONSTANT(EI_NIDENT);
  CONSTANT(ELFCLASS32);
  CONSTANT(ELFCLASS64);
  CONSTANT(ELFDATA2LSB);
  CONSTANT(ELFDATA2MSB);
  CONSTANT(EV_CURRENT);
  CONSTANT(ET_NONE);
  CONSTANT(ET_REL);
  CONSTANT(ET_EXEC);
  CONSTANT(ET_DYN);
  CONSTANT(ET_CORE);
  CONSTANT(EM_386);
  CONSTANT(EM_MIPS);
  CONSTANT(EM_PPC);
  CONSTANT(EM_ARM);
  CONSTANT(EM_X86_64);
  CONSTANT(EM_XTENSA);
  CONSTANT(EM_TI_C6000);
  CONSTANT(EM_TI_PRU);
  CONSTANT(EM_QDSP6);
  CONSTANT(EM_AARCH64);
  CONSTANT(EM_MICROBLAZE);
  CONSTANT(EM_RISCV);
  CONSTANT(PT_NULL);
  CONSTANT(PT_LOAD);
  CONSTANT(PF_X);
  CONSTANT(PF_W);
  CONSTANT(PF_R);
  CONSTANT(PN_XNUM);
  CONSTANT(SHT_NULL);
  CONSTANT(SHT_PROGBITS);
  CONSTANT(SHT_STRTAB);
  CONSTANT(SHT_NOBITS);
  CONSTANT(SHF_ALLOC);
  CONSTANT(SHN_UNDEF);
  CONSTANT(SHN_LORESERVE);
  CONSTANT(SHN_XINDEX);

  /* Where the parts of a ring lie, by the kernel's own arithmetic. */
  static const unsigned aligns[] = {4, 16, 64, 4096, 65536};
  for (unsigned num = 1; num <= 32768; num *= 2) {
    for (unsigned i = 0; i < sizeof(aligns) / sizeof(*aligns); i++) {
      struct vring ring;
      vring_init(&ring, num, NULL, aligns[i]);
      printf("ring %u %u %zu %zu %u\n", num, aligns[i], (size_t)ring.avail, (size_t)ring.used,
             vring_size(num, aligns[i]));
    }
  }
}
