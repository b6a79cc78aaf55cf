/** Whether a process of this number runs on this machine. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, and lives all the same.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
