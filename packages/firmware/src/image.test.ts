import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firmwareNames, image, imageUrl } from "./mod.ts";
import { readAsset } from "./read_asset.ts";

describe("image()", () => {
  test.each(firmwareNames)("gives %s as an ELF32 file for Arm", async (name) => {
    const elf = await image(name);
    expect(elf).toStrictEqual(new Uint8Array(await readFile(imageUrl(name))));
    expect([...elf.subarray(0, 7)]).toStrictEqual([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    expect(new DataView(elf.buffer).getUint16(18, true)).toBe(40); // e_machine: EM_ARM
  });

  test("gives bytes that are the caller's own", async () => {
    (await image("echo")).fill(0);
    expect((await image("echo"))[0]).toBe(0x7f);
  });

  test("refuses a name that it does not know", async () => {
    for (const name of ["ehco", "../images/echo", ""]) {
      // @ts-expect-error What JavaScript may pass.
      await expect(image(name)).rejects.toMatchObject({ code: "UNKNOWN_IMAGE" });
    }
  });
});

describe("readAsset()", () => {
  let server: Server;
  let base: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === "/echo.elf" ? 200 : 404;
      response.end(Uint8Array.of(1, 2, 3));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("No port");
    base = `http://127.0.0.1:${address.port}`;
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  test("reads over the network where the package came from there", async () => {
    expect(await readAsset(new URL("/echo.elf", base))).toStrictEqual(Uint8Array.of(1, 2, 3));
  });

  test("names the file and the reason when it is missing", async () => {
    const remote = new URL("/missing.elf", base);
    await expect(readAsset(remote)).rejects.toMatchObject({
      code: "UNREADABLE",
      message: `Reading ${remote.href}: the server answered 404`,
    });
    const local = new URL("../images/missing.elf", import.meta.url);
    const error: unknown = await readAsset(local).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "UNREADABLE", cause: { code: "ENOENT" } });
    expect(String(error)).toContain(local.href);
  });
});
