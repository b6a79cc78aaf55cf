import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with `N passed, N failed, N skipped`, the line that CI reads. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      // A file that throws while loading has no tests to count, and must not pass for that.
      const failures = module.errors().length;
      count.failed += failures;
      const before = count.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending") count.failed++;
        else count[state]++;
      }
      // A hook that throws leaves the module's tests skipped.
      if (failures === 0 && count.failed === before && module.state() === "failed") count.failed++;
    }
    // After the default reporter's own summary.
    process.on("exit", () => {
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    });
  }
}
