import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    reporters: [["default", { summary: false }], "./test/closing-line.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Two cores, and the engine takes both: files side by side only fight over them.
    maxWorkers: 2,
  },
});
