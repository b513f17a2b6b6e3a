export * from "./error.ts";
export * from "./image/plan.ts";
