// What the page says when its engine does not start, or is of another build.
import { expect, expectAccessible, test } from "../fixtures.js";

test("an engine that does not start is reported with a way on", async ({ page, complaints }) => {
  test.setTimeout(90_000);
  await page.route(/engine_bg.*\.wasm/, (route) => route.abort());
  await page.goto("./");
  const notice = page.getByRole("alert").filter({ hasText: "The simulator did not start." });
  await expect(notice).toBeVisible({ timeout: 30_000 });
  await expectAccessible(page);
  await page.unroute(/engine_bg.*\.wasm/);
  await notice.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("grid", { name: "Cluster board" })).toBeVisible({ timeout: 30_000 });
  expect(complaints.splice(0).length).toBeGreaterThan(0);
});
