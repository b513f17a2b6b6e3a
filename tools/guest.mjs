// The parts of the machine that a test boots: Debian's kernel with a few of its modules, QEMU for
// x86-64, and busybox. They are taken out of Debian's packages into one folder, and not installed: a
// kernel of another machine has no business in this one's /boot.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Debian packages, and what is taken out of each, as patterns of tar. */
const contents = {
  "busybox-static": ["./bin/busybox"],
  "linux-image-": [
    "./boot/vmlinuz-*",
    "./lib/modules/*/kernel/drivers/uio/uio.ko",
    "./lib/modules/*/kernel/drivers/uio/uio_pci_generic.ko",
    "./lib/modules/*/kernel/drivers/vfio/*.ko",
    "./lib/modules/*/kernel/virt/lib/irqbypass.ko",
  ],
  "qemu-system-common": ["./usr/lib/*/qemu/accel-tcg-x86_64.so"],
  "qemu-system-data": ["./usr/share/qemu/kvmvapic.bin", "./usr/share/qemu/linuxboot_dma.bin"],
  "qemu-system-x86": ["./usr/bin/qemu-system-x86_64"],
  seabios: ["./usr/share/seabios/bios-256k.bin"],
};

/**
 * Fetches the parts, where they are not there yet.
 *
 * @param {string} folder Where to.
 * @param {(line: string) => void} say Told when something is fetched.
 * @returns {string | undefined} What went wrong, if something did.
 */
export function fetchGuest(folder, say) {
  if (existsSync(folder)) return undefined;
  say("fetching Debian's kernel, and QEMU to boot it in the tests");
  mkdirSync(join(folder, ".."), { recursive: true });
  // Beside its place, so that it is there as a whole or not at all.
  const temporary = mkdtempSync(`${folder}-`);
  try {
    let problem = unpack(temporary);
    // A failure's usual reason is that the lists of packages were never fetched, or are old.
    if (problem !== undefined && run("apt-get", ["-qq", "update"], temporary) !== undefined) {
      problem = unpack(temporary);
    }
    if (problem === undefined) renameSync(temporary, folder);
    return problem;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Downloads the packages into a folder, and replaces them by what is taken out of them. */
function unpack(folder) {
  // The name of the kernel's package has its version: this one depends on the newest.
  const depends = run("apt-cache", ["depends", "linux-image-amd64"], folder) ?? "";
  const kernel = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (kernel === undefined) return "apt-cache knows no linux-image-amd64";
  const names = Object.keys(contents).map((name) => (name.endsWith("-") ? kernel : name));
  if (run("apt-get", ["-qq", "download", ...names], folder) === undefined) {
    return `apt-get could not download ${names.join(", ")} (is this machine offline?)`;
  }
  for (const [name, patterns] of Object.entries(contents)) {
    const archive = readdirSync(folder).find((file) => file.startsWith(name));
    const script = 'dpkg-deb --fsys-tarfile "$0" | tar --extract --wildcards "$@"';
    if (run("sh", ["-c", script, archive, ...patterns], folder) === undefined) {
      return `the package ${archive} has no ${patterns.join(", ")}`;
    }
    rmSync(join(folder, archive));
  }
  return undefined;
}

/** The output of a command that succeeds. */
function run(command, args, cwd) {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}
