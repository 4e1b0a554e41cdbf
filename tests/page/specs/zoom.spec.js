// Semantic zoom: levels by size and by wish, focus on a column or a row, the lens; the order never changes.
import { board, cell, open } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const zoom = (page) => page.getByRole("group", { name: "Zoom" });
const level = (page, name) => zoom(page).getByRole("button", { name, exact: true });
const heads = (page) => board(page).getByRole("columnheader").evaluateAll((all) => all.map((head) => head.getAttribute("aria-label").split(",")[0]));

test("the level follows the size: records in a large window, bars in a low one", async ({ page }) => {
  await open(page);
  await expect(level(page, "Records")).toHaveAttribute("aria-pressed", "true");
  await page.setViewportSize({ width: 1440, height: 620 });
  await expect(level(page, "Bars")).toHaveAttribute("aria-pressed", "true");
  await expect(board(page).locator(".strip.bar").first()).toBeVisible();
  await page.setViewportSize({ width: 1440, height: 900 });
  await expect(level(page, "Records")).toHaveAttribute("aria-pressed", "true");
});

test("z and Shift z override the size, the switch takes it back, and the order stays", async ({ page }) => {
  await open(page);
  const before = await heads(page);
  await page.keyboard.press("Shift+Z");
  await expect(level(page, "Bars")).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Shift+Z");
  await expect(level(page, "Tiles")).toHaveAttribute("aria-pressed", "true");
  await expect(board(page).locator(".tl.L").first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "Needs attention" })).toBeVisible();
  expect(await heads(page)).toEqual(before);
  await expectAccessible(page);
  await level(page, "Tiles").click();
  await expect(level(page, "Records")).toHaveAttribute("aria-pressed", "true");
});

test("among tiles one column is open, and the arrow keys move it", async ({ page }) => {
  await open(page);
  await level(page, "Tiles").click();
  const open1 = board(page).getByRole("columnheader").first();
  await open1.focus();
  await expect(open1).toHaveClass(/lens/);
  await page.keyboard.press("ArrowRight");
  const open2 = board(page).getByRole("columnheader").nth(1);
  await expect(open2).toBeFocused();
  await expect(open2).toHaveClass(/lens/);
  await expect(open1).not.toHaveClass(/lens/);
  await expect.poll(async () => Math.round((await open2.boundingBox()).width)).toBe(196);
  await expect(cell(page, "orders-1", 2).locator(".strip i").first()).toBeVisible();
});

test("f focuses the column of the cursor: offset, key and epoch in each record, and the batches", async ({ page }) => {
  await open(page);
  await board(page).getByRole("columnheader").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("f");
  const leader = cell(page, "orders-1", 2);
  await expect(leader.locator(".R b").first()).toHaveText(/^\d+$/);
  await expect(leader.locator(".R span").first()).toHaveText(/^key-\d+$/);
  await expect(leader.locator(".R em").first()).toHaveText("e0");
  await expect(leader.locator(".batches span").first()).toHaveText(/^seq \d+/);
  await expect(cell(page, "orders-0", 1).locator(".strip.bar")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Focus orders-1" }).click();
  await expect(leader.locator(".R")).toHaveCount(0);
});

test("Shift f grows the row of the cursor, and the others go to bars", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Focus broker 2" }).click();
  await expect(board(page).locator(".row.r-focus")).toHaveCount(1);
  await expect(board(page).locator(".row.r-bars")).toHaveCount(2);
  await page.keyboard.press("Shift+F");
  await expect(board(page).locator(".row.r-records")).toHaveCount(3);
});

test("for nine seconds the heads tell what the controller believes and the rows what is so", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Crash broker 2" }).first().click();
  const head = board(page).getByRole("columnheader", { name: /^orders-1,/ });
  await expect(cell(page, "orders-1", 2)).toHaveAccessibleName(/stopped/);
  await expect(head).toHaveAccessibleName(/leader 2, epoch 0/);
  await expect(head.locator(".pip.doubt")).toHaveText("2");
  await expect(page.getByRole("img", { name: /^The controller waits \d seconds? more/ })).toBeVisible();
  await page.keyboard.press("Space");
  await expectAccessible(page);
});
