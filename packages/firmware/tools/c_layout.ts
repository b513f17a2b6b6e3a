/**
 * What a C compiler makes of the wire structures: of the firmware's headers, and of this machine's.
 * For tests; needs gcc and the Linux headers.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { StructField, StructLayout } from "@openamp/libmetal";

/** Structs by name. */
export type CLayout = Readonly<Record<string, Omit<StructLayout, "name" | "source">>>;

/** Constants by name. */
export type CConstants = Readonly<Record<string, number>>;

/** Where the kernel's `vring_init` puts the parts of a ring at address 0, in bytes. */
export interface CRing {
  readonly num: number;
  readonly align: number;
  readonly avail: number;
  readonly used: number;
  readonly size: number;
}

interface CFacts {
  readonly layout: CLayout;
  readonly constants: CConstants;
  readonly rings: readonly CRing[];
}

const run = promisify(execFile);
const tools = fileURLToPath(new URL(".", import.meta.url));
const headers = fileURLToPath(new URL("../c/include", import.meta.url));

/** The structs of the firmware's wire headers: rings, messages, resource table. */
export async function cLayout(): Promise<CLayout> {
  return (await facts("firmware")).layout;
}

/** The constants of the firmware's wire headers. */
export async function cConstants(): Promise<CConstants> {
  return (await facts("firmware")).constants;
}

/** The structs that Linux's and libc's headers have: rings, `rpmsg_endpoint_info`, ELF32. */
export async function systemLayout(): Promise<CLayout> {
  return (await facts("system")).layout;
}

/** The constants that Linux's and libc's headers have: virtio, ELF. */
export async function systemConstants(): Promise<CConstants> {
  return (await facts("system")).constants;
}

/** Rings of every size, at several alignments, as the kernel's header lays them out. */
export async function systemRings(): Promise<readonly CRing[]> {
  return (await facts("system")).rings;
}

const known = new Map<string, Promise<CFacts>>();

/** Compiles and runs `layout/<program>.c`, once a process. */
function facts(program: "firmware" | "system"): Promise<CFacts> {
  const found = known.get(program) ?? compile(program);
  known.set(program, found);
  return found;
}

async function compile(program: string): Promise<CFacts> {
  const directory = await mkdtemp(join(tmpdir(), "openamp-layout-"));
  try {
    const executable = join(directory, program);
    const source = join(tools, "layout", `${program}.c`);
    await run("gcc", ["-std=gnu11", "-Wall", "-Werror", `-I${headers}`, source, "-o", executable]);
    return parse((await run(executable)).stdout);
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface CStruct {
  readonly size: number;
  readonly fields: Record<string, StructField>;
  tail?: { readonly name: string; readonly size: number };
}

function parse(output: string): CFacts {
  const layout: Record<string, CStruct> = {};
  const constants: Record<string, number> = {};
  const rings: CRing[] = [];
  for (const line of output.trimEnd().split("\n")) {
    const [kind, ...words] = line.split(" ");
    const [name = "", second = "", third = "", fourth = ""] = words;
    if (kind === "struct") {
      layout[name] = { size: Number(second), fields: {} };
    } else if (kind === "field" || kind === "tail") {
      const owner = layout[name];
      if (owner === undefined) throw new Error(`Field ${second} comes before its struct ${name}`);
      if (kind === "tail") owner.tail = { name: second, size: Number(third) };
      else owner.fields[second] = { offset: Number(third), size: Number(fourth) };
    } else if (kind === "constant") {
      constants[name] = Number(second);
    } else {
      const [num = NaN, align = NaN, avail = NaN, used = NaN, size = NaN] = words.map(Number);
      rings.push({ num, align, avail, used, size });
    }
  }
  return { layout, constants, rings };
}
