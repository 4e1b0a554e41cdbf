// Columns that do not fit scroll under the heads of the rows, none too narrow to be read.
import { expect, test } from "../fixtures.js";
import { board, open } from "../board.js";

test("records of 24 partitions have room, and the brokers' names stay while they scroll", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page);
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: "ten brokers, 24 partitions" });
  await expect(board(page).getByRole("columnheader")).toHaveCount(24);
  await page.locator(".zoom").getByRole("button", { name: "Records" }).click();
  const width = () => board(page).getByRole("columnheader").nth(5).evaluate((head) => head.getBoundingClientRect().width);
  await expect.poll(width).toBeGreaterThanOrEqual(160);
  const name = board(page).getByRole("button", { name: "Broker 1", exact: true });
  const before = (await name.boundingBox()).x;
  await board(page).evaluate((grid) => { grid.scrollLeft = 400; });
  await expect.poll(() => board(page).evaluate((grid) => grid.scrollLeft)).toBe(400);
  // The border of a row scrolls away, its head does not.
  await expect.poll(async () => Math.abs((await name.boundingBox()).x - before)).toBeLessThan(4);
});
