// What the first visit loads, gzip. The targets (page <= 200 KB, page + engine <= 600 KB) are missed, docs/performance.md says by how
// much; until they are met these ceilings keep a change from growing it unnoticed. They go down with it, never up without a reason.
import { gzipSync } from "node:zlib";

import { expect, test } from "../fixtures.js";

const KB = 1024;
const PAGE_CEILING = 348 * KB;
const TOTAL_CEILING = 1190 * KB;

test("the first visit fits its budget", async ({ page }) => {
  const sizes = new Map();
  page.on("response", async (response) => {
    const body = response.body().catch(() => Buffer.alloc(0));
    sizes.set(response.url(), body.then((bytes) => gzipSync(bytes, { level: 9 }).length));
  });
  await page.goto("./", { waitUntil: "networkidle" });
  const loaded = await Promise.all([...sizes].map(async ([url, size]) => ({ url, size: await size })));
  const sum = (files) => files.reduce((total, file) => total + file.size, 0);
  const total = sum(loaded);
  const own = sum(loaded.filter((file) => !file.url.includes("engine")));
  console.log(`first visit, gzip: page ${Math.round(own / KB)} KB, with engine ${Math.round(total / KB)} KB`);
  expect(own).toBeGreaterThan(10 * KB);
  expect(own).toBeLessThanOrEqual(PAGE_CEILING);
  expect(total).toBeLessThanOrEqual(TOTAL_CEILING);
});
