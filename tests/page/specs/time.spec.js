// Time: auto pace, steps by filter, milestones, branches, comparison, verification.
import { board, clock, leaderOf, open, panels, setSpeed } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

test("the auto pace slows for a crash, hurries through the wait, and shows its factor", async ({ page }) => {
  await open(page);
  const auto = page.getByRole("button", { name: "Auto", exact: true });
  await expect(auto).toHaveAttribute("aria-pressed", "true");
  const factor = page.locator(".factor");
  await page.keyboard.press("k");
  await expect(factor).toContainText("1/3×");
  await expect(factor).toContainText("8×", { timeout: 15_000 });
  await expect.poll(() => leaderOf(page, "orders-1"), { timeout: 20_000 }).toBe(3);
  await setSpeed(page, 1);
  await expect(auto).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.press("a");
  await expect(auto).toHaveAttribute("aria-pressed", "true");
});

test("a step goes to the next event that the filter lets through", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const filter = page.getByRole("combobox", { name: "A step stops at" });
  const stride = async (option) => {
    await filter.selectOption(option);
    const before = await clock(page);
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await expect.poll(() => clock(page)).toBeGreaterThan(before);
    return (await clock(page)) - before;
  };
  const message = await stride("every message");
  await page.keyboard.press("Shift+N");
  const before = await clock(page);
  await filter.selectOption("milestones");
  await page.getByRole("button", { name: "Step back" }).click();
  await expect.poll(() => clock(page)).toBeLessThan(before);
  const milestone = before - (await clock(page));
  expect(milestone).toBeGreaterThan(message);
});

test("acting in the past leaves a branch that can be compared and switched to", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const fork = await clock(page);
  await page.keyboard.press("k");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await setSpeed(page, 30);
  await expect.poll(() => clock(page)).toBeGreaterThan(fork + 15);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  expect(await leaderOf(page, "orders-1")).toBe(3);
  await page.keyboard.press("Shift+N");
  while ((await clock(page)) > fork) {
    const before = await clock(page);
    await page.keyboard.press("Shift+N");
    await expect.poll(() => clock(page)).toBeLessThan(before);
  }
  await board(page).getByRole("button", { name: "Broker 3", exact: true }).click();
  await page.keyboard.press("p");
  await page.keyboard.press("Escape");
  await expect(panels(page).getByText(/^A forks at/)).toBeVisible();
  await expect(panels(page).getByText(/^Run B, seed 1/)).toBeVisible();
  await panels(page).getByRole("button", { name: "Compare with A" }).click();
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => clock(page)).toBeGreaterThan(fork + 15);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const table = panels(page).getByRole("table", { name: /Side by side/ });
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  // Two runs are compared at one time: that of the playhead.
  const now = (await page.getByRole("timer").getAttribute("aria-label")).replace(/.* /, "");
  await expect(table.getByRole("columnheader")).toHaveText([`B at ${now}`, `A at ${now}`]);
  await expect(table.getByRole("row", { name: /leader elections/ })).toBeVisible();
  await expect(table.getByRole("row", { name: /No acknowledged record is lost/ })).toBeInViewport();
  await expect(table.getByRole("row", { name: /No acknowledged record is lost/ })).toContainText("holds");
  for (const chart of ["Records / s", "Lag", "Under-replicated", "Produce latency p99, ms"]) {
    await expect(panels(page).getByRole("img", { name: new RegExp(`^${chart}: B [\\d.]+, A [\\d.]+$`) })).toBeVisible();
  }
  expect(await panels(page).locator(".duel path.other").first().getAttribute("d")).toMatch(/^M\d\.\d \d/);
  await expectAccessible(page);
  await table.getByRole("button", { name: "Close" }).click();
  await panels(page).getByRole("button", { name: "Switch to A" }).click();
  await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
  await expect(panels(page).getByText(/^B forks at/)).toBeVisible();
  // A click on the branch of the timeline goes over to it, and does not seek.
  await page.locator(".fork text").click();
  await expect(panels(page).getByText(/^Run B, seed 1/)).toBeVisible();
});

test("a snapshot is come back to, and the known future is left for another", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const fork = page.getByRole("button", { name: "Fork here" });
  await expect(fork).toBeDisabled();
  const kept = await clock(page);
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  await expect(page.locator(".plot .kept")).toHaveCount(1);
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => clock(page)).toBeGreaterThan(kept + 2);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.keyboard.press("Shift+S");
  await expect.poll(() => clock(page)).toBe(kept);
  await fork.click();
  await expect(panels(page).getByText(/^A forks at/)).toBeVisible();
  await expect(fork).toBeDisabled();
});

test("the playhead goes to where the pointer is, and follows it while it is held", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const track = await page.locator(".track").boundingBox();
  const at = (share) => track.x + track.width * share;
  const head = async () => {
    const { x, width } = await page.locator(".track .head").boundingBox();
    return Math.abs(x + width / 2 - at(0.1)) < 3 ? 0.1 : Math.abs(x + width / 2 - at(0.2)) < 3 ? 0.2 : x;
  };
  await page.mouse.move(at(0.2), track.y + 40);
  await page.mouse.down();
  await expect.poll(head).toBe(0.2);
  await page.mouse.move(at(0.1), track.y + 60);
  await expect.poll(head).toBe(0.1);
  await page.mouse.up();
  await page.mouse.move(at(0.2), track.y + 40);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await head()).toBe(0.1);
});

test("the run is repeated from its start and its world hash is the same", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(panels(page).getByText(/^world hash [0-9a-f]{16}$/)).toBeVisible();
  await panels(page).getByRole("button", { name: "Verify" }).click();
  await expect(panels(page).getByText(/^repeated to .*: the same hash$/)).toBeVisible();
});

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
  test(`glyphs of the timeline never overlap at ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await open(page);
    await page.keyboard.press("k");
    for (let times = 0; times < 5; times += 1) await page.keyboard.press("=");
    await expect.poll(() => page.locator(".tl .gl").count(), { timeout: 20_000 }).toBeGreaterThan(2);
    await expect.poll(() => clock(page), { timeout: 30_000 }).toBeGreaterThan(45);
    await page.keyboard.press("Space");
    const boxes = await page.locator(".tl .gl rect").evaluateAll((glyphs) =>
      glyphs.map((glyph) => glyph.getBoundingClientRect()).map(({ left, right }) => [left, right]).sort(([a], [b]) => a - b),
    );
    for (let at = 1; at < boxes.length; at += 1) expect(boxes[at][0]).toBeGreaterThanOrEqual(boxes[at - 1][1]);
  });
}
