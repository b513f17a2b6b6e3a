// What an emulated runtime runs first: pool.ts starts it with the path of its socket.

// A test that starts its own runtime anew finds the launcher, since Linux cannot run the arm64 build
// itself. It has to be there before anything loads node:process: Bun copies that once.
const runtime = process.versions["bun"] ? "bun" : process.versions["deno"] ? "deno" : "node";
process.execPath = `${process.env["OPENAMP_RUNTIMES"]}/${runtime}`;

await import("./worker.ts");
