// The Training tab: the digits are trained before the eyes of the visitor.
import { expect, expectAccessible, test } from "../fixtures.js";

test("training shows its workers and curves, and survives a killed worker", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto("./#training");
  await expect(page.getByRole("heading", { name: "Workers" })).toBeVisible();
  const accuracy = page.getByRole("img", { name: /^Accuracy over simulated time, now \d/ });
  await expect(accuracy).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: /^Kill worker/ }).first().click();
  await expect(page.getByText(/is down/)).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expectAccessible(page);
});
