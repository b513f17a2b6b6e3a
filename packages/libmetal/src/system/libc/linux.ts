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
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  AT_FDCWD: -100,
  AT_SYMLINK_FOLLOW: 0x400,
  AT_EMPTY_PATH: 0x1000,
  F_GETFD: 1,
  F_SETFD: 2,
  FD_CLOEXEC: 1,
  F_GETFL: 3,
  F_SETFL: 4,
  FALLOC_FL_KEEP_SIZE: 1,
  F_DUPFD_CLOEXEC: 1030,
  F_ADD_SEALS: 1033,
  F_SEAL_SEAL: 1,
  F_SEAL_SHRINK: 2,
  F_SEAL_GROW: 4,
  // <sys/stat.h>
  S_IFMT: 0o170000,
  S_IFDIR: 0o040000,
  S_IFCHR: 0o020000,
  S_IFREG: 0o100000,
  S_IFSOCK: 0o140000,
  STATX_BASIC_STATS: 0x7ff,
  // <linux/magic.h>
  HUGETLBFS_MAGIC: 0x958458f6,
  // <unistd.h>
  _SC_PAGESIZE: 30,
  // <sys/mman.h>
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 0x1,
  MAP_PRIVATE: 0x2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_NORESERVE: 0x4000,
  MADV_POPULATE_READ: 22,
  MFD_CLOEXEC: 1,
  MFD_ALLOW_SEALING: 2,
  MFD_HUGETLB: 4,
  MFD_HUGE_SHIFT: 26,
  // <time.h>
  CLOCK_MONOTONIC: 1,
  // <linux/futex.h>
  FUTEX_WAIT: 0,
  FUTEX_WAKE: 1,
  FUTEX_32: 2,
  FUTEX_WAITV_MAX: 128,
  // <sys/epoll.h>
  EPOLL_CLOEXEC: 0o2000000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 0x1,
  EPOLLOUT: 0x4,
  EPOLLERR: 0x8,
  EPOLLHUP: 0x10,
  EPOLLRDHUP: 0x2000,
  EPOLLONESHOT: 0x40000000,
  // <sys/eventfd.h>
  EFD_CLOEXEC: 0o2000000,
  EFD_NONBLOCK: 0o4000,
  // <sys/socket.h>
  AF_UNIX: 1,
  SOCK_STREAM: 1,
  SOCK_SEQPACKET: 5,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_TYPE: 3,
  SO_PEERCRED: 17,
  SO_DOMAIN: 39,
  SCM_RIGHTS: 1,
  MSG_CTRUNC: 0x8,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MSG_CMSG_CLOEXEC: 0x40000000,
  // <errno.h>
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EDQUOT: 122,
} as const;

/** Flags of open(2) that differ from processor to processor. */
export interface OpenFlags {
  /** Fails where the name is a symbolic link. */
  readonly O_NOFOLLOW: number;
  /** Makes a file without a name in the directory. */
  readonly O_TMPFILE: number;
}

/**
 * The flags of open(2) that differ.
 *
 * @param architecture The processor, as `process.arch` names it.
 */
export function openFlags(architecture: string): OpenFlags {
  return architecture === "arm64"
    ? { O_NOFOLLOW: 0o100000, O_TMPFILE: 0o20040000 }
    : { O_NOFOLLOW: 0o400000, O_TMPFILE: 0o20200000 };
}
