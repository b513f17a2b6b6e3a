import type { StructLayout } from "../../../wire/struct_layout.ts";
import { member } from "./structure.ts";
import { VFIO_INFO_CAP_HEADER } from "./vfio_layouts.ts";

/**
 * Finds a capability in what the kernel has told: a chain in which each names the offset of the
 * next, and the last one 0. Unknown ones are passed over; a chain that leads backwards or out of
 * the bytes ends there.
 *
 * @param bytes The structure with all that follows it.
 * @param layout The layout of the structure.
 * @param first The offset of the first capability; 0 for none.
 * @param id Which one.
 * @returns Where it begins, or undefined.
 */
export function findCapability(
  bytes: Uint8Array,
  layout: StructLayout,
  first: number,
  id: number,
): number | undefined {
  const header = VFIO_INFO_CAP_HEADER;
  let before = layout.size - 1;
  let at = first;
  while (at > before && at + header.size <= bytes.length) {
    if (member(header, bytes, "id", at) === id) return at;
    before = at;
    at = member(header, bytes, "next", at);
  }
  return undefined;
}
