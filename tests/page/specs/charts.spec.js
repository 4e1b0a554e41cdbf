// The charts of the dock: chosen by name, read as a table, saved as a file.
import { readFile } from "node:fs/promises";

import { expect, expectAccessible, test } from "../fixtures.js";

async function open(page) {
  await page.goto("./");
  await expect(page.getByRole("grid", { name: "Cluster board" }).getByRole("columnheader").first()).toBeVisible();
}

test("a chart is chosen, read as a table under Kafka's names, and saved", async ({ page }) => {
  await open(page);
  await page.getByRole("combobox", { name: "Chart" }).selectOption("Partitions in trouble");
  await expect(page.getByText("UnderReplicatedPartitions · OfflinePartitionsCount")).toBeVisible();
  await page.getByText("Table", { exact: true }).click();
  const table = page.getByRole("region", { name: "Table" });
  await expect(table.getByRole("columnheader", { name: "UnderReplicatedPartitions" })).toBeVisible();
  await expect(table.getByRole("row").nth(5)).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expectAccessible(page);
  const csv = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV" }).click();
  const text = await readFile(await (await csv).path(), "utf8");
  expect(text).toMatch(/^seconds,"UnderReplicatedPartitions","OfflinePartitionsCount"\n\d/);
  expect(text.split("\n").length).toBeGreaterThan(50);
  const png = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as PNG" }).click();
  const bytes = await readFile(await (await png).path());
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
});

test("a crash shows in the chart, and going back takes it away", async ({ page }) => {
  await open(page);
  await page.getByRole("combobox", { name: "Chart" }).selectOption("Partitions in trouble");
  const row = page.locator(".drow.chart").nth(1);
  await expect(row.locator(".dr")).toHaveText(/^00$/);
  await page.keyboard.press("k");
  await page.getByRole("slider", { name: "Speed" }).fill("100");
  await expect(row.locator(".dr")).toHaveText(/^540$/);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("slider", { name: "Timeline" }).press("Home");
  await expect(row.locator(".dr")).not.toHaveText(/^540$/);
});

test("the pointer reads a chart at a moment", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const row = page.locator(".drow.chart").first();
  const now = await row.locator(".dr").textContent();
  const box = await row.locator(".reads").boundingBox();
  await page.mouse.move(box.x + 2, box.y + box.height / 2);
  await expect(row.locator(".dr .at")).toHaveText(/^0:00/);
  await expect(row.locator(".dr")).toContainText("in 0.0");
  await page.mouse.move(box.x + 2, box.y - 40);
  await expect(row.locator(".dr")).toHaveText(now);
});

test("a topic that is chosen later has its whole past", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const curve = page.locator(".drow.chart").first().locator(".curve").first();
  const orders = await curve.getAttribute("d");
  await page.getByRole("combobox", { name: "Topic" }).selectOption("__consumer_offsets");
  await expect.poll(() => curve.getAttribute("d")).not.toBe(orders);
  expect((await curve.getAttribute("d")).split("L").length).toBeGreaterThan(50);
});
