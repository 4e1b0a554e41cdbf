// The still first frame stands in the page itself, is what the real page draws first, and gives way to it.
import { expectAccessible, expect, test } from "../fixtures.js";
import { LOCALES, capture, join, shape, stored } from "../still.js";

test("the still frame in index.html is the first picture of the page, in both languages", async ({ browser, baseURL }) => {
  const pictures = [];
  for (const locale of LOCALES) {
    const context = await browser.newContext({ baseURL, locale, viewport: { width: 1440, height: 900 } });
    pictures.push(await capture(await context.newPage()));
    await context.close();
  }
  // If this fails after a change of the board: node tests/page/still.js writes it anew.
  expect(shape(join(pictures))).toBe(shape(stored()));
});

for (const [locale, words, others] of [["en", "Timeline", "时间线"], ["zh-CN", "时间线", "Timeline"]]) {
  test(`before the module runs a visitor of ${locale} reads the still frame`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({ baseURL, locale });
    const page = await context.newPage();
    await page.route(/playground_bg.*\.wasm/, () => {});
    await page.goto("./", { waitUntil: "commit" });
    await expect(page.locator("#still").getByRole("heading", { name: words, includeHidden: true })).toBeVisible();
    await expect(page.locator("#still").getByRole("heading", { name: others, includeHidden: true })).toBeHidden();
    await context.close();
  });
}

test("before the module runs the board stands still, with Play disabled, and after two seconds a word", async ({ page, complaints }) => {
  await page.route(/playground_bg.*\.wasm/, (route) => setTimeout(() => route.continue().catch(() => {}), 5_000));
  await page.goto("./", { waitUntil: "commit" });
  const still = page.locator("#still");
  await expect(still.locator(".strip .leo").first()).toBeVisible();
  await expect(still.locator(".transport .play").first()).toBeDisabled();
  await expect(page.locator("#late")).toHaveCSS("opacity", "0");
  await expect(page.locator("#late")).toHaveCSS("opacity", "1", { timeout: 4_000 });
  await expectAccessible(page);
  await expect(still).toHaveCount(0);
  await expect(page.locator("#late")).toBeHidden();
  await expect(page.getByRole("button", { name: /^(Play|Pause)$/ })).toBeEnabled();
  complaints.length = 0;
});
