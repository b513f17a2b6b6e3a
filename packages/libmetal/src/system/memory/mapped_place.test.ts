import { mappedAddress, offsetOfMappedAddress, offsetOfView, subRegion } from "@openamp/libmetal";
import { createSharedMemory } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { loadLibc } from "../libc/libc.ts";

const SIZE = 0x10000;

// As upstream's test of shared memory, whose every offset goes to an address and back.
test("every offset of mapped memory, and of a part, is at the address that it is said to be", async () => {
  const libc = await loadLibc();
  using shared = await createSharedMemory({ size: SIZE, physicalAddress: 0x21000000 });
  const part = subRegion(shared.memory, { name: "part", offset: 0x1008, size: 0x100 });
  for (let offset = 0; offset < SIZE; offset++) {
    const address = mappedAddress(shared.memory, offset);
    expect(offsetOfMappedAddress(shared.memory, address)).toBe(offset);
    expect(shared.memory.offsetOf(shared.memory.physicalAt(offset))).toBe(offset);
  }
  for (const offset of [0, 1, 7, 0xff]) {
    part.write8(offset, offset ^ 0x5a);
    const address = mappedAddress(part, offset);
    expect(address).toBe(mappedAddress(shared.memory, 0x1008 + offset));
    // By the address alone: other code of this process, in C say, finds the byte there.
    expect(new Uint8Array(libc.view(address, 1))[0]).toBe(offset ^ 0x5a);
    expect(offsetOfView(part, part.words.view(offset, 1))).toBe(offset);
  }
});
