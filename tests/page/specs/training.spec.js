// The Training tab: the digits are trained before the eyes of the visitor.
import { narrator } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const accuracy = (page) => page.getByRole("img", { name: /^Accuracy over simulated time, now \d/ });

async function setSpeed(page, factor) {
  const slider = page.getByRole("slider", { name: "Speed" });
  await slider.fill(String(Math.round(Math.log10(factor) * 100)));
}

async function open(page) {
  await page.goto("./#training");
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible({ timeout: 30_000 });
  await expect(accuracy(page)).toBeVisible({ timeout: 60_000 });
}

// Stops the clock in the middle of an epoch: what a worker has trained of it and not committed is trained twice.
async function standMidEpoch(page, worker, epoch) {
  const row = page.locator(".wr", { hasText: worker });
  const number = async (name) => Number(new RegExp(`${name} (\\d+)`).exec(await row.textContent())?.[1]);
  await expect(async () => {
    await page.getByRole("button", { name: "Play", exact: true }).or(page.getByRole("button", { name: "Pause", exact: true })).click();
    await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible({ timeout: 1_000 });
    const trained = (await number("records")) % epoch;
    expect(trained).toBeGreaterThan(epoch / 4);
    expect(trained).toBeLessThan(epoch * 0.9);
    expect(await number("uncommitted")).toBeGreaterThan(epoch / 4);
  }).toPass({ intervals: [150] });
}

test("training shows its workers and curves, and survives a killed worker", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await standMidEpoch(page, "trainer-2", 342);
  await page.locator("#app .narrator").getByRole("button", { name: "Kill worker trainer-2" }).click();
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect(narrator(page).filter({ hasText: /is down, and the group has not noticed/ })).toBeVisible();
  await setSpeed(page, 10);
  await expect(narrator(page).filter({ hasText: /began again at the committed offset/ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/^trained twice [1-9]/)).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expectAccessible(page);
});

test("what is done on the Training tab is answered and can be undone", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const reply = page.locator(".reply");
  await page.getByRole("group", { name: "Brokers" }).getByRole("button", { name: "Crash broker 2" }).click();
  await expect(reply).toContainText("You crashed broker 2");
  await expect(reply).toContainText("kill -KILL");
  await expect(page.getByRole("group", { name: "Brokers" }).getByRole("button", { name: "Restart broker 2" })).toBeVisible();
  await reply.getByRole("button", { name: "Undo: go back" }).click();
  await expect(page.getByRole("button", { name: "Crash broker 2" })).toBeVisible();
  await page.getByRole("group", { name: "Pipeline" }).getByRole("button", { name: "Kill worker evaluator-1" }).click();
  await expect(reply).toContainText("You crashed evaluator-1");
  await expect(page.getByText("partition 0", { exact: true })).toBeVisible();
  await expectAccessible(page);
});

test("test images carry the model's answer", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  const images = page.getByRole("list", { name: "Test images with the model’s answer" }).getByRole("img");
  await expect(images.nth(9)).toHaveAccessibleName(/^a 9, taken for a \d, sure to \d+%$/);
  await expect(page.getByText("simulated time").first()).toBeVisible();
});

test("eight workers on four partitions leave four idle", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await page.getByRole("group", { name: "Workers" }).getByRole("button", { name: "8" }).click();
  await expect(page.getByText("idle: no partition left for it")).toHaveCount(4, { timeout: 60_000 });
  await page.getByRole("group", { name: "Model" }).getByRole("button", { name: "softmax" }).click();
  await expect(page.getByText(/^64-10 · batch 16/)).toBeVisible({ timeout: 30_000 });
});

test("numbers of workers are compared in a second worker, and it can be cancelled", async ({ page }) => {
  test.setTimeout(180_000);
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Compare 1, 2, 4, 8 workers" }).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  const bars = page.getByRole("img", { name: /^Records a second\. 1: / });
  await expect(bars).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await expect(page.getByText("cancelled: what had ended stays")).toBeVisible();
  await expect(bars).toBeVisible();
  await page.getByRole("button", { name: "Compare 1, 2, 4, 8 workers" }).click();
  await expect(page.getByText(/8 workers train .*× the records a second of one/)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText("measured here")).toBeVisible();
  await expect(page.getByRole("img", { name: /^Records a second\. 1: .*one tuned worker: / })).toBeVisible();
});

for (const theme of ["light", "dark"]) {
  for (const width of [1440, 1024, 390]) {
    test(`training is accessible at ${width} in ${theme}`, async ({ page }) => {
      test.setTimeout(120_000);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await open(page);
      await page.getByRole("button", { name: "Pause", exact: true }).click();
      await expectAccessible(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
