// What the page says when its engine does not start, or meets a fault of its own.
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

test("an engine that panics is told of with seed and time, and its run goes on from before", async ({ page, complaints }) => {
  // The page talks to its engine in bytes; what is no envelope at all makes the engine's codec panic.
  await page.addInitScript(() => {
    const Own = globalThis.Worker;
    globalThis.Worker = class extends Own {
      constructor(...args) {
        super(...args);
        globalThis.lastEngine = this;
      }
    };
  });
  await page.goto("./");
  const grid = page.getByRole("grid", { name: "Cluster board" });
  await expect(grid.getByRole("columnheader").first()).toBeVisible();
  await page.keyboard.press("k");
  await expect(page.getByRole("listitem").filter({ hasText: "You crashed broker 2" })).toBeVisible();
  await page.evaluate(() => globalThis.lastEngine.postMessage(new Uint8Array([255, 255, 255])));
  const notice = page.getByRole("alert").filter({ hasText: "The simulator stopped because of a fault of its own." });
  await expect(notice).toContainText(/Report: seed 1, time 0:\d\d\.\d+[^]*the envelope never changes/);
  await expect(notice.getByRole("button", { name: "Copy the report" })).toBeVisible();
  await expectAccessible(page);
  await notice.getByRole("button", { name: "Reopen just before it" }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
  await page.getByRole("button", { name: "Play", exact: true }).click();
  const clock = page.getByRole("timer");
  const before = await clock.getAttribute("aria-label");
  await expect(clock).not.toHaveAttribute("aria-label", before);
  expect(complaints.splice(0).join()).toContain("the envelope never changes");
});
