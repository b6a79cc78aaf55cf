import { expect, test } from "vitest";
import { withEntities } from "./entities.ts";

test("what HTML takes for its own is written as entities, in one pass", () => {
  expect(withEntities(`<a href="x" title='y'>A & B</a>`)).toBe(
    "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;A &amp; B&lt;/a&gt;",
  );
  expect(withEntities("&amp;")).toBe("&amp;amp;");
  expect(withEntities("1 < 2 & 3", /</g)).toBe("1 &lt; 2 & 3");
});
