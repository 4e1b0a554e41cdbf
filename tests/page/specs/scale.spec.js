// Large clusters: ten brokers with 24 partitions, a hundred brokers with 10,000.
import { board } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const scenario = (page) => page.getByRole("combobox", { name: "Scenario" });

async function openScenario(page, name, timeout) {
  await page.goto("./");
  await expect(page.getByRole("button", { name: /^(Play|Pause)$/ })).toBeEnabled();
  await scenario(page).selectOption({ label: name });
  await expect(board(page).getByRole("columnheader").nth(23)).toBeVisible({ timeout });
}

test("ten brokers, 24 partitions: tiles, what needs attention first, groups folded", async ({ page }) => {
  test.setTimeout(120_000);
  await openScenario(page, "ten brokers, 24 partitions", 60_000);
  await page.keyboard.press("Space");
  await expect(board(page).locator(".row.brk.r-tiles")).toHaveCount(10);
  const panels = page.getByRole("complementary", { name: "Panels" });
  await expect(panels.getByText("4 under-replicated partitions")).toBeVisible();
  await expect(panels.getByText("Broker 7 is cut off from 4 others")).toBeVisible();
  await expect(panels.getByText("fraud: 2 of 26 members idle")).toBeVisible();
  await expect(board(page).getByRole("columnheader", { name: /^orders-4,/ }).getByText("2/3")).toBeAttached();
  await expectAccessible(page);
  const fold = board(page).getByRole("button", { name: "2 more groups" });
  await expect(fold).toHaveAttribute("aria-expanded", "false");
  await fold.click();
  await expect(board(page).getByRole("rowheader", { name: /^audit,/ })).toBeAttached();
});

test("a hundred brokers, 10,000 partitions: pages of columns, rows that scroll, many topics", async ({ page }) => {
  test.setTimeout(180_000);
  await openScenario(page, "a hundred brokers, 10,000 partitions", 120_000);
  await page.keyboard.press("Space");
  await expect(page.getByText("0–23 of 50")).toBeVisible();
  await page.getByRole("button", { name: "Next partitions" }).click();
  await expect(board(page).getByRole("columnheader", { name: /^orders-24,/ })).toBeVisible();
  await page.getByRole("combobox", { name: "Topic" }).selectOption("tenant-42");
  await expect(board(page).getByRole("columnheader", { name: /^tenant-42-0,/ })).toBeVisible();
  await expect(page.getByText("0–23 of 100")).toBeVisible();
  await expectAccessible(page);
  const last = board(page).getByRole("rowheader", { name: /^Broker 100,/ });
  await expect(last).toHaveCount(0);
  await board(page).evaluate((grid) => grid.scrollTo(0, grid.scrollHeight));
  await expect(last).toBeVisible();
  await expect(board(page).getByRole("columnheader").first()).toBeInViewport();
  // What is drawn stays bounded, however large the cluster.
  expect(await board(page).locator(".strip i, .tl, .lg").count()).toBeLessThanOrEqual(3000);
});
