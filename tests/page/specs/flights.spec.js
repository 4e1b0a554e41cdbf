// Messages in flight: met by the pointer, walked by the keys, dropped.
import { board, clock, open, reply } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const list = (page) => page.getByRole("list", { name: "Messages in flight" });

test("the brackets walk through the messages in flight, and the clock stands still", async ({ page }) => {
  await open(page);
  await page.keyboard.press("]");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  // What was chosen while it flew may have arrived before the clock stood still; from now on nothing does.
  await page.keyboard.press("]");
  const first = list(page).locator("[aria-current=true]");
  await expect(first).toBeFocused();
  await expect(first).toHaveText(/^[A-Z]\w+( response)?.*, .+ to .+/);
  const before = await first.getAttribute("id");
  await page.keyboard.press("]");
  await expect(list(page).locator("[aria-current=true]")).not.toHaveAttribute("id", before);
  await page.keyboard.press("[");
  await expect(list(page).locator("[aria-current=true]")).toHaveAttribute("id", before);
  await expectAccessible(page);
});

test("x drops the message that is looked at: its connection is reset", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await page.keyboard.press("]");
  await expect(list(page).locator("[aria-current=true]")).toBeFocused();
  await page.keyboard.press("x");
  await expect(reply(page)).toBeVisible();
  // What was on the way on it is lost, and says so.
  await expect(list(page).locator("[aria-current=true]")).toHaveText(/, lost$/);
});

test("a message under the pointer tells what it is, and a click looks at it", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Space");
  const tip = page.locator(".ftip");
  const grid = await board(page).boundingBox();
  // Messages of the last column travel on its riser, 20 px from the right edge.
  let found = false;
  for (let y = grid.y + 20; y < grid.y + grid.height && !found; y += 6) {
    for (const share of [0.25, 0.5, 0.75, 1]) {
      const x = grid.x + 160 + (grid.width - 160) * share - 20;
      await page.mouse.move(x, y);
      if (await tip.isVisible()) {
        await expect(tip).toHaveText(/ to /);
        await page.mouse.click(x, y);
        found = true;
        break;
      }
    }
  }
  expect(found).toBe(true);
  await expect(page.getByRole("button", { name: "Drop", exact: true }).first()).toBeVisible();
});

test("above 30 times real time the risers show flows, not messages", async ({ page }) => {
  await open(page);
  const slider = page.getByRole("slider", { name: "Speed" });
  await slider.fill("200");
  await expect.poll(() => clock(page)).toBeGreaterThan(60);
  await page.keyboard.press("Space");
  await expect(list(page).getByRole("listitem")).toHaveCount(0);
});
