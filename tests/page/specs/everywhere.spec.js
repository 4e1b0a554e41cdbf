// axe finds nothing: every screen, panel, dialog and kind of thing looked at, in both themes, both languages and at three sizes.
import { expect, expectAccessible, test } from "../fixtures.js";

const SIZES = [[1440, 900], [1024, 768], [390, 844]];
// What can be opened over the board, by the key that does it, and what shows that it is open.
const PANELS = [["?", "dialog"], ["/", "dialog"]];

async function pause(page) {
  await expect(page.locator("#app .transport .play")).toBeEnabled({ timeout: 60_000 });
  await page.keyboard.press("Space");
}

async function check(page, where) {
  await test.step(where, async () => {
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, where).toBeLessThanOrEqual(0);
  });
}

async function look(page, query) {
  await page.keyboard.press("Control+k");
  await page.locator("dialog").getByRole("combobox").fill(query);
  await page.keyboard.press("Enter");
  await expect(page.locator("dialog")).toHaveCount(0);
}

// Looks at what a row or column of the grid stands for, as the keys do.
async function enter(page, role) {
  await page.locator(`#app [role=grid] [role=${role}]:visible`).last().focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#app .facts:visible")).toHaveCount(1);
  await check(page, `looking at a ${role}`);
  await page.keyboard.press("Escape");
}

for (const [colorScheme, locale] of [["light", "en"], ["dark", "en"], ["light", "zh-CN"], ["dark", "zh-CN"]]) {
  for (const [width, height] of SIZES) {
    test(`nothing is found in ${colorScheme}, ${locale}, at ${width}`, async ({ browser, baseURL }) => {
      test.setTimeout(240_000);
      const context = await browser.newContext({ baseURL, locale, colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto("./");
      await pause(page);
      await check(page, "the board");
      for (const [key, opened] of PANELS) {
        await page.keyboard.press(key);
        await expect(page.locator(opened)).toBeVisible();
        await check(page, `opened by ${key}`);
        await page.keyboard.press("Escape");
        await expect(page.locator(opened)).toHaveCount(0);
      }
      await page.locator("summary:is([aria-label=Settings],[aria-label=设置])").click();
      await check(page, "the settings");
      await page.keyboard.press("Escape");
      for (const thing of ["look at broker 2", "look at orders", "look at billing", "look at checkout"]) {
        await look(page, thing);
        await check(page, thing);
      }
      await page.keyboard.press("Escape");
      for (const role of ["columnheader", "gridcell"]) await enter(page, role);
      for (const key of ["w", "]"]) {
        await page.keyboard.press(key);
        await expect(page.locator("#app .facts:visible")).toHaveCount(1);
        await check(page, `looking by ${key}`);
        await page.keyboard.press("Escape");
      }
      await page.locator("summary:is([aria-label=Share],[aria-label=分享]), summary:has-text('Share'), summary:has-text('分享')").first().click();
      await check(page, "the share menu");
      await page.keyboard.press("Escape");
      for (const sheet of await page.locator(width > 640 ? ".rail .btn:visible" : ".mbar .btn:visible").all()) {
        await sheet.click();
        await check(page, `the sheet ${await sheet.textContent()}`);
        await sheet.click();
      }
      await page.keyboard.press("k");
      await check(page, "an act and its answer");
      await page.goto("./#ai_data");
      await page.reload();
      await pause(page);
      await check(page, "the walk");
      await page.goto("./#ten-brokers");
      await page.reload();
      await pause(page);
      await check(page, "ten brokers");
      await page.goto("./#training");
      await page.reload();
      await pause(page);
      await check(page, "training");
      await context.close();
    });
  }
}
