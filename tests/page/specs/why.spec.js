// Looking closely: an inspector for everything that can be clicked or reached by key, and why it came to this.
import { board, cell, clock, open, panels, select, setSpeed } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const rows = (page) => panels(page).locator("dl.facts");
const reasons = (page) => panels(page).locator("#why");
const title = (page) => panels(page).locator("h2", { has: page.locator(".end") });
const row = (page, label) =>
  rows(page).locator("dt", { hasText: label }).first().locator("xpath=following-sibling::dd[1]");

async function pause(page) {
  const button = page.getByRole("button", { name: /^(Pause|暂停)$/ });
  if (await button.isVisible()) await button.click();
}

// Lets a crash of broker 2 run its course, and stops.
async function crash(page, text) {
  await setSpeed(page, 10);
  await page.keyboard.press("k");
  await expect(panels(page).getByText(text)).toBeVisible({ timeout: 30_000 });
  await pause(page);
}

test("the first why goes from a new leader back to the crash, and to before it", async ({ page }) => {
  await open(page);
  await crash(page, "orders-1 leader 2 → 3, epoch 1");
  await panels(page).getByRole("button", { name: "Why: orders-1 leader 2 → 3, epoch 1" }).click();
  await expect(reasons(page).getByRole("heading")).toHaveText("Why does broker 3 lead orders-1?");
  const steps = reasons(page).getByRole("listitem");
  await expect(steps.first()).toContainText("You crashed broker 2");
  await expect(reasons(page)).toContainText("broker.session.timeout.ms = 9000");
  await expect(reasons(page)).toContainText("assignment order 2, 3, 1");
  await expect(steps.last()).toContainText("orders-1 leader 2 → 3, epoch 1");
  await expectAccessible(page);

  const crashed = await steps.first().getByRole("button").textContent();
  await steps.first().getByRole("button").click();
  await expect(page.getByRole("timer")).toHaveAttribute("aria-label", new RegExp(crashed.replace(".", "\\.")));
  await panels(page).getByRole("button", { name: "Events", exact: true }).first().click();
  await page.getByRole("slider", { name: "Timeline" }).press("End");
  await panels(page).getByRole("button", { name: "Why: orders-1 leader 2 → 3, epoch 1" }).click();
  await reasons(page).getByRole("button", { name: "Fork before the crash" }).click();
  await expect(board(page).getByRole("columnheader", { name: /^orders-1, leader 2, epoch 0/ })).toBeVisible();
  await expect(panels(page).getByText(/^A forks at/)).toBeVisible();
  await expect(panels(page).getByRole("button", { name: "Promises", exact: true })).toBeHidden();
});

test("w tells why the latest event happened, Escape closes it, times lead to their moment", async ({ page }) => {
  await open(page);
  await crash(page, /^.*orders-1 leader 2 → 3/);
  await page.keyboard.press("w");
  await expect(reasons(page)).toBeVisible();
  await reasons(page).getByRole("button", { name: /^Show 0:/ }).click();
  const shown = await reasons(page).getByRole("button", { name: /^Show 0:/ }).textContent();
  await expect(page.getByRole("timer")).toHaveAttribute("aria-label", new RegExp(shown.replace("Show ", "")));
  await page.keyboard.press("Escape");
  await expect(reasons(page)).toBeHidden();
  await expect(panels(page).getByRole("heading", { name: "Events" })).toBeVisible();
});

test("everything on the board is looked at by a click", async ({ page }) => {
  await open(page);
  await pause(page);
  await board(page).getByRole("columnheader", { name: /^orders-1,/ }).click();
  await expect(title(page)).toContainText("orders-1");
  await expect(row(page, "replicas, in assignment order")).toHaveText("2, 3, 1");
  await expect(reasons(page)).toContainText("The first replica of the assignment 2, 3, 1 leads");
  await expectAccessible(page);

  await cell(page, "orders-1", 2).click({ position: { x: 12, y: 12 } });
  await expect(title(page)).toContainText("orders-1 on broker 2");
  await expect(row(page, "role")).toContainText("leader since 0:0");
  await expect(row(page, "follower 3 fetched to")).toContainText("ago");

  const strip = cell(page, "orders-1", 2).locator(".strip");
  const box = await strip.boundingBox();
  await page.mouse.click(box.x + box.width * 0.1, box.y + box.height / 2);
  await expect(title(page)).toContainText(/^record \d+, orders-1 on broker 2/);
  await expect(row(page, "committed")).toHaveText("yes: below the high watermark");
  await expect(row(page, "sequence")).toHaveText(/^\d+$/);
  await expectAccessible(page);

  await board(page).getByRole("gridcell", { name: /^c1 reads orders-0/ }).first().click();
  await expect(title(page)).toContainText("billing on orders-0");
  await rows(page).getByRole("button", { name: "billing" }).click();
  await expect(row(page, "assignor")).toHaveText("range");
  await expectAccessible(page);

  await select(page, "Broker 2");
  await expect(row(page, "the controller believes")).toContainText("alive (unfenced)");
  await expect(row(page, "last heartbeat")).toContainText("of 9000 ms");
  await rows(page).getByRole("button", { name: /^controller/ }).click();
  await expect(row(page, "active controller")).toHaveText("yes");
  await select(page, "checkout");
  await expect(row(page, "linger.ms")).toHaveText("5");
  await panels(page).getByRole("button", { name: "Promises", exact: true }).first().click();
  await panels(page).getByRole("button", { name: "No acknowledged record is lost" }).click();
  await expect(row(page, "guarantee")).toHaveText("holds");
  await expect(row(page, "min.insync.replicas")).toHaveText("2");
  await expectAccessible(page);
});

test("cells are reached and looked at by key", async ({ page }) => {
  await open(page);
  await pause(page);
  await board(page).getByRole("columnheader").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(title(page)).toContainText("orders-1");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(title(page)).toContainText("orders-1 on broker 1");
  await expect(cell(page, "orders-1", 1)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("End");
  for (let step = 0; step < 9; step++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(title(page)).toContainText("analytics on orders-3");
  await page.keyboard.press("Escape");
  await expect(title(page)).toBeHidden();
});

test("the event log is narrowed to a kind, and widened to the small steps", async ({ page }) => {
  await open(page);
  await crash(page, /^.*orders-1 leader 2 → 3/);
  const log = panels(page).getByRole("listitem");
  await panels(page).getByRole("button", { name: "leaders, ISR" }).click();
  await expect(log.filter({ hasText: "orders-1 leader 2 → 3" })).toHaveCount(1);
  await expect(log.filter({ hasText: "You crashed broker 2" })).toHaveCount(0);
  await panels(page).getByRole("button", { name: "leaders, ISR" }).click();
  await expect(log.filter({ hasText: "You crashed broker 2" })).toHaveCount(1);
  await expect(log.filter({ hasText: "requests ISR" })).toHaveCount(0);
  await panels(page).getByRole("button", { name: "small steps too" }).click();
  await expect(log.filter({ hasText: "checkout retries orders-1" }).first()).toBeVisible();
});

test("a changed config is told, and leads to who asked for it", async ({ page }) => {
  await open(page);
  await setSpeed(page, 3);
  await page.getByRole("button", { name: "Act on topics" }).click();
  const config = panels(page).locator("form", { hasText: "Configuration" });
  await config.getByLabel("config").selectOption("min.insync.replicas (changed)");
  await config.getByLabel("value").fill("1");
  await config.getByRole("button", { name: "Set", exact: true }).click();
  await panels(page).getByRole("button", { name: "Events", exact: true }).first().click();
  const why = panels(page).getByRole("button", { name: "Why: orders: min.insync.replicas=1" });
  await why.click({ timeout: 30_000 });
  await expect(reasons(page)).toContainText("You asked for it.");
});

test("in dark the inspector is as accessible", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page);
  await crash(page, /^.*orders-1 leader 2 → 3/);
  await expectAccessible(page);
  await page.keyboard.press("w");
  await expect(reasons(page)).toBeVisible();
  await expectAccessible(page);
  const before = await clock(page);
  expect(before).toBeGreaterThan(14);
});

test.describe("in Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("the first why goes from a new leader back to the crash", async ({ page }) => {
    await page.goto("./");
    await expect(page.getByRole("columnheader").first()).toBeVisible();
    const slider = page.getByRole("slider", { name: "速度" });
    await expect(slider).toBeVisible();
    await slider.fill("100");
    await page.keyboard.press("k");
    const side = page.getByRole("complementary", { name: "面板" });
    await side.getByRole("button", { name: "为什么：orders-1 的 Leader 2 → 3，epoch 1" }).click({ timeout: 30_000 });
    const steps = side.locator("#why");
    await expect(steps.getByRole("heading")).toHaveText("为什么 Broker 3 是 orders-1 的 Leader？");
    await expect(steps.getByRole("listitem").first()).toContainText("你让 Broker 2 宕机");
    await expect(steps).toContainText("broker.session.timeout.ms = 9000");
    await expectAccessible(page);
  });
});
