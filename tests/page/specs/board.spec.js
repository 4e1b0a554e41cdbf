// The live page: the board of setup `orders`, a failover, a rewind.
import { board, cell, leaderOf, open, setSpeed } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

test("the board opens alive: leaders, followers, producer and groups", async ({ page }) => {
  await open(page);
  await expect(cell(page, "orders-1", 2)).toHaveAccessibleName(/leader, epoch \d+, log end \d+, high watermark \d+/);
  await expect(cell(page, "orders-1", 3)).toHaveAccessibleName(/follower, in sync/);
  await expect(page.getByText(/^acks=all · \d+ rec\/s/)).toBeVisible();
  await expect(board(page).getByRole("rowheader", { name: /^billing, lag \d+, Stable, generation \d+/ })).toBeVisible();
  const clock = page.getByRole("timer");
  const before = await clock.getAttribute("aria-label");
  await expect(clock).not.toHaveAttribute("aria-label", before);
});

test("a killed leader is followed by another, and the clock can be turned back to before it", async ({ page }) => {
  await open(page);
  expect(await leaderOf(page, "orders-1")).toBe(2);
  await page.getByRole("button", { name: "Crash broker 2" }).first().click();
  await expect(page.getByText("stopped", { exact: true }).first()).toBeVisible();
  await setSpeed(page, 10);
  await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
  await expect(cell(page, "orders-1", 3)).toHaveAccessibleName(/leader, epoch 1/);
  await expect(page.getByRole("listitem").filter({ hasText: "You crashed broker 2" })).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("slider", { name: "Timeline" }).press("Home");
  await expect(page.getByRole("timer")).toHaveAccessibleName(/0:00\.000/);
  await page.getByRole("slider", { name: "Timeline" }).press("End");
  await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
});

test("a restarted broker comes back into the ISR", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await page.keyboard.press("k");
  await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
  await page.keyboard.press("r");
  await expect(cell(page, "orders-1", 2)).toHaveAccessibleName(/follower, in sync/, { timeout: 30_000 });
});

test("pause stops the clock and step moves it", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const clock = page.getByRole("timer");
  const before = await clock.getAttribute("aria-label");
  await page.waitForTimeout(300);
  await expect(clock).toHaveAttribute("aria-label", before);
  await page.keyboard.press(".");
  await expect(clock).not.toHaveAttribute("aria-label", before);
  await page.keyboard.press(",");
  await expect(clock).not.toHaveAttribute("aria-label", /^$/);
});

test("the texts are there in Chinese and the choice is kept", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "中文" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await expect(page.getByRole("grid", { name: /集群面板/ })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("grid", { name: /集群面板/ })).toBeVisible();
});

test("the arrow keys move through the board", async ({ page }) => {
  await open(page);
  await board(page).getByRole("columnheader").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(cell(page, "orders-1", 1)).toBeFocused();
});

for (const theme of ["light", "dark"]) {
  for (const width of [1440, 1024, 390]) {
    test(`the board is accessible at ${width} in ${theme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await open(page);
      await page.getByRole("button", { name: /^Crash broker/ }).first().click();
      await page.getByRole("button", { name: "Pause", exact: true }).click();
      await expectAccessible(page);
    });
  }
}

test("a phone shows one column at a time, and panels as sheets", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("./");
  const tabs = page.getByRole("group", { name: "Partitions" }).getByRole("button");
  await expect(tabs).toHaveCount(4);
  await tabs.nth(2).click();
  await expect(cell(page, "orders-2", 3)).toBeVisible();
  await expect(cell(page, "orders-0", 3)).toBeHidden();
  await page.getByRole("button", { name: "Events" }).last().click();
  await expect(page.getByRole("listitem").filter({ hasText: "Topic orders created" })).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
