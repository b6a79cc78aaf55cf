import type { ReportData } from "./data.ts";

/**
 * A run as one HTML page that needs nothing else: no file, no network, and no script of anybody's but its own, which its
 * policy names by hash. The same data give the same text.
 */
export async function renderReport(data: ReportData): Promise<string> {
  // Drawing comes with a library of charts: nobody else pays for loading it.
  const { reportPage } = await import("./page.ts");
  return reportPage(data);
}
