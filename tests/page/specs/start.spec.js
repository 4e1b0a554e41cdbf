// How the page starts, and what it says when it cannot.
import { expect, expectAccessible, test } from "../fixtures.js";

test("the page starts under a deep path and asks nobody but its own host", async ({ page, baseURL }) => {
  const foreign = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(baseURL) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  await page.goto("./");
  await expect(page.locator("#app")).not.toBeEmpty();
  await expect(page.locator("#boot-failed")).toBeHidden();
  expect(foreign).toEqual([]);
});

test("without WebAssembly a readable message stands there", async ({ page, complaints }) => {
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto("./");
  await expect(page.locator("#boot-failed")).toBeVisible();
  await expect(page.locator("#boot-error")).toContainText("WebAssembly");
  await expectAccessible(page);
  expect(complaints.splice(0).join()).toContain("WebAssembly is missing");
});

test("a module that does not arrive is reported, not a blank page", async ({ page, complaints }) => {
  await page.route(/playground_bg.*\.wasm/, (route) => route.abort());
  await page.goto("./");
  await expect(page.locator("#boot-failed")).toBeVisible();
  expect(complaints.splice(0).length).toBeGreaterThan(0);
});
