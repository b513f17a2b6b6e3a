// Runs on the page before each test file: without isolation there is no SharedArrayBuffer to test.

if (!crossOriginIsolated) throw new Error("The page is not isolated from other origins");
