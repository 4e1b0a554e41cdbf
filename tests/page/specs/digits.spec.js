// What only a training needs is no part of the first visit: it is fetched when a training is opened.
import { expect, expectAccessible, test } from "../fixtures.js";

const open = (page, view) => page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: view }).click();
const DIGITS = /\/assets\/digits-[0-9a-f]{16}\.bin$/;

test("the digits are fetched once, when the training is opened", async ({ page }) => {
  const fetched = [];
  page.on("request", (request) => {
    if (request.url().includes("digits")) fetched.push(request.url());
  });
  await page.goto("./");
  await expect(page.getByRole("grid", { name: "Cluster board" }).getByRole("columnheader").first()).toBeVisible();
  expect(fetched).toEqual([]);
  await open(page, "Training");
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible({ timeout: 30_000 });
  await open(page, "Cluster");
  await open(page, "Training");
  expect(fetched).toEqual([expect.stringMatching(DIGITS)]);
});

test("digits that do not come are told of, and all else goes on", async ({ page, complaints }) => {
  await page.route(DIGITS, (route) => route.abort());
  await page.goto("./#training");
  const notice = page.getByRole("alert").filter({ hasText: "The digits did not come." });
  await expect(notice).toBeVisible();
  await expectAccessible(page);
  await open(page, "Cluster");
  await expect(page.getByRole("grid", { name: "Cluster board" }).getByRole("columnheader").first()).toBeVisible();
  await expect(notice).toBeHidden();
  await open(page, "Training");
  await expect(notice).toBeVisible();
  await page.unroute(DIGITS);
  await notice.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible({ timeout: 30_000 });
  await expect(notice).toBeHidden();
  expect(complaints.splice(0).length).toBeGreaterThan(0);
});
