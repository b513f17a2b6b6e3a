/**
 * The numbers of Linux that are passed to the C library, equal on x86-64, arm64 and riscv64.
 * A test compares each with the header that it comes from.
 */
export const LINUX = {
  // <fcntl.h>
  O_RDONLY: 0,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_CLOEXEC: 0o2000000,
  F_ADD_SEALS: 1033,
  F_SEAL_SEAL: 1,
  F_SEAL_SHRINK: 2,
  F_SEAL_GROW: 4,
  // <unistd.h>
  SEEK_END: 2,
  _SC_PAGESIZE: 30,
  // <sys/mman.h>
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 0x1,
  MAP_PRIVATE: 0x2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_NORESERVE: 0x4000,
  MFD_CLOEXEC: 1,
  MFD_ALLOW_SEALING: 2,
  // <time.h>
  CLOCK_MONOTONIC: 1,
  // <linux/futex.h>
  FUTEX_WAIT: 0,
  FUTEX_WAKE: 1,
  FUTEX_32: 2,
  FUTEX_WAITV_MAX: 128,
  // <errno.h>
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ETIMEDOUT: 110,
  EDQUOT: 122,
} as const;
