import { expect, test } from "vitest";

import { Addresses, isAddress } from "./addresses.ts";

const nobody = (): boolean => false;

test("addresses count up from 1024, also where those before came free", () => {
  const addresses = new Addresses();
  const taken = Array.from({ length: 2000 }, () => addresses.take(undefined, nobody));
  expect(taken).toEqual(Array.from({ length: 2000 }, (_, index) => 1024 + index));
});

test("addresses that were chosen are passed over", () => {
  const addresses = new Addresses();
  const chosen = new Set([1024, 1025, 1027]);
  const inUse = (address: number): boolean => chosen.has(address);
  expect([1, 2, 3].map(() => addresses.take(undefined, inUse))).toEqual([1026, 1028, 1029]);
});

test.each([0, 1, 52, 54, 1023, 1024, 100_000, 0xfffffffe])(
  "address %i can be chosen",
  (address) => {
    expect(new Addresses().take(address, nobody)).toBe(address);
  },
);

test.each([53, 0xffffffff, 0x100000000, -1, 0.5, Number.NaN, Infinity])(
  "address %d cannot be chosen",
  (address) => {
    expect(() => new Addresses().take(address, nobody)).toThrow(
      expect.objectContaining({ code: "ADDRESS" }),
    );
  },
);

test("an address in use cannot be chosen", () => {
  expect(() => new Addresses().take(30, (address) => address === 30)).toThrow(
    expect.objectContaining({ code: "ADDRESS_IN_USE", message: expect.stringContaining("0x1e") }),
  );
});

test("isAddress takes any 32-bit number but the one that stands for none", () => {
  expect([0, 53, 0xfffffffe].every(isAddress)).toBe(true);
  expect([-1, 0xffffffff, 1.5, Number.NaN].some(isAddress)).toBe(false);
});
