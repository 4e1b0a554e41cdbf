// The still first frame stands in the page itself, is what the real page draws first, and gives way to it.
import { expectAccessible, expect, test } from "../fixtures.js";
import { capture, shape, stored } from "../still.js";

test("the still frame in index.html is the first picture of the page", async ({ page }) => {
  // If this fails after a change of the board: node tests/page/still.js writes it anew.
  expect(shape(await capture(page))).toBe(shape(stored()));
});

test("before the module runs the board stands still, with Play disabled, and after two seconds a word", async ({ page, complaints }) => {
  await page.route(/playground_bg.*\.wasm/, (route) => setTimeout(() => route.continue().catch(() => {}), 5_000));
  await page.goto("./", { waitUntil: "commit" });
  const still = page.locator("#still");
  await expect(still.locator(".strip .leo").first()).toBeVisible();
  await expect(still.locator(".transport .play")).toBeDisabled();
  await expect(page.locator("#late")).toHaveCSS("opacity", "0");
  await expect(page.locator("#late")).toHaveCSS("opacity", "1", { timeout: 4_000 });
  await expectAccessible(page);
  await expect(still).toHaveCount(0);
  await expect(page.locator("#late")).toBeHidden();
  await expect(page.getByRole("button", { name: /^(Play|Pause)$/ })).toBeEnabled();
  complaints.length = 0;
});
