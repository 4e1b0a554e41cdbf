// Keys, commands, settings: everything by keyboard, and letters that can be switched off.
import { board, clock, leaderOf, narrator, open, panels } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const dialog = (page) => page.getByRole("dialog");
const options = (page) => page.locator("#found").getByRole("option");
const settings = (page) => page.locator(".menu", { has: page.locator("summary[aria-label=Settings]") });

async function choose(page, group, name) {
  await settings(page).locator("summary").click();
  await settings(page).getByRole("group", { name: group }).getByRole("button", { name }).click();
  await page.keyboard.press("Escape");
  await expect(settings(page).locator(".pop")).toBeHidden();
}

test("? lists every key, and Escape gives the focus back", async ({ page }) => {
  await open(page);
  const crash = page.getByRole("button", { name: "Crash broker 2" }).first();
  await crash.focus();
  await page.keyboard.press("?");
  await expect(dialog(page)).toHaveAccessibleName("Keys");
  for (const key of ["Space", "N", "Shift N", "Esc", "Ctrl K", "F6", "?"]) {
    await expect(dialog(page).locator("kbd").getByText(key, { exact: true }).first()).toBeVisible();
  }
  await page.keyboard.press("k");
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  await expect(crash).toBeFocused();
  await expect(page.getByText("You crashed broker 2"), "no key acts behind the list").toHaveCount(0);
});

test("the command list finds an act on anything, gives the focus back, and u takes back", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const crash = page.getByRole("button", { name: "Crash broker 2" }).first();
  await crash.focus();
  await page.keyboard.press("/");
  const field = page.getByRole("combobox", { name: "Find a command" });
  await field.fill("create topic");
  await expect(dialog(page).getByRole("option")).toHaveText(["Create topic"]);
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  await expect(crash).toBeFocused();
  await page.keyboard.press("/");
  await field.fill("crash broker 3");
  await page.keyboard.press("Enter");
  await expect(page.getByText("You crashed broker 3").first()).toBeVisible();
  await page.keyboard.press("u");
  await expect(panels(page).getByText(/^A forks at/)).toBeVisible();
});

test("letters can be switched off, and the choice is kept", async ({ page }) => {
  await open(page);
  await choose(page, "Letter keys", "Off");
  await page.keyboard.press("k");
  await page.keyboard.press("?");
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.getByText("You crashed broker 2")).toHaveCount(0);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Find a command" })).toBeFocused();
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(board(page)).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-letters", "off");
  await expect(page.locator("[aria-keyshortcuts='K']")).toHaveCount(0);
  await choose(page, "Letter keys", "On");
  await page.keyboard.press("m");
  await expect(page.getByRole("button", { name: "Training" })).toHaveAttribute("aria-current", "page");
});

test("a command is found in both languages and done", async ({ page }) => {
  await open(page);
  await page.keyboard.press("/");
  const field = page.getByRole("combobox", { name: "Find a command" });
  await field.fill("深色");
  await expect(options(page)).toHaveCount(1);
  await field.press("Enter");
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Control+k");
  await field.fill("look at broker");
  await field.press("ArrowDown");
  await expect(options(page).and(page.getByRole("option", { selected: true }))).toHaveText("Look at Broker 2");
  await field.press("Enter");
  await expect(panels(page).getByRole("heading", { name: /^Broker 2/ })).toBeVisible();
  await page.keyboard.press("/");
  await expect(options(page).first()).toContainText("Broker 2 · ");
  await field.fill("sigkill");
  await field.press("Enter");
  await expect(page.getByText("You crashed broker 2").first()).toBeVisible();
  await page.keyboard.press("/");
  await field.fill("no such words");
  await expect(page.getByText("No command has these words.")).toBeVisible();
});

test("F6 goes through the regions and back", async ({ page }) => {
  await open(page);
  const region = () =>
    page.evaluate(() => document.activeElement.closest(".top,.narrator,.topicbar,.board,.side,.drow,.transport")?.className);
  const seen = [];
  for (let press = 0; press < 8; press++) {
    await page.keyboard.press("F6");
    seen.push(await region());
  }
  expect(new Set(seen).size).toBeGreaterThanOrEqual(6);
  await page.keyboard.press("Shift+F6");
  expect(await region()).toBe(seen.at(-2));
});

test("b goes on from the past in a new branch", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Space");
  await page.keyboard.press("b");
  await expect(page.getByRole("button", { name: "Switch to A" }), "at the end there is nothing to leave").toHaveCount(0);
  const now = await clock(page);
  await page.keyboard.press("Shift+N");
  await expect.poll(() => clock(page)).toBeLessThan(now);
  await page.keyboard.press("b");
  await expect(page.getByRole("button", { name: "Switch to A" })).toBeVisible();
});

test("theme and size are kept, and the presenter's page has no scroll bar aside", async ({ page }) => {
  await open(page);
  const letters = () => page.locator(".row.brk .nm").first().evaluate((name) => Number.parseFloat(getComputedStyle(name).fontSize));
  const normal = await letters();
  await choose(page, "Size", "Presenter");
  expect((await letters()) / normal).toBeCloseTo(1.25, 2);
  await choose(page, "Theme", "Dark");
  await page.reload();
  await expect(board(page)).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-size", "large");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test("at a zoom of 200 % and on a phone turned sideways everything can be reached", async ({ page }) => {
  for (const viewport of [{ width: 720, height: 450 }, { width: 844, height: 390 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    await open(page);
    await expect(page.getByRole("button", { name: /^(Play|Pause)$/ })).toBeInViewport();
    const crash = page.getByRole("button", { name: "Crash broker 3" }).first();
    await crash.scrollIntoViewIfNeeded();
    await crash.click({ trial: true });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, JSON.stringify(viewport)).toBeLessThanOrEqual(0);
  }
});

test("with reduced motion nothing moves by itself", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page);
  await page.waitForTimeout(2_500);
  const running = () => document.getAnimations().filter(({ playState }) => playState === "running").length;
  expect(await page.evaluate(running)).toBe(0);
});

test("with forced colours marks keep an outline and what is not committed is dashed", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await open(page);
  await expect(page.locator(".strip i.c").first()).toHaveCSS("border-top-style", "solid");
  await expect(page.locator(".strip i.u").first()).toHaveCSS("border-top-style", "dashed");
  const ground = (locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await ground(page.locator(".seg [aria-current]"))).not.toBe(await ground(page.locator(".top nav button:not([aria-current])")));
  await page.keyboard.press("Space");
  await expectAccessible(page);
});

test("there is one polite live region, and it says at most a line in three seconds", async ({ page }) => {
  await open(page);
  await expect(page.locator("[role=status]:visible")).toHaveCount(1);
  await page.evaluate(() => {
    globalThis.said = [];
    const region = document.querySelector("#app .narrator [role=status]");
    new MutationObserver(() => globalThis.said.push(performance.now())).observe(region, { characterData: true, childList: true, subtree: true });
  });
  const first = await narrator(page).textContent();
  for (const key of ["k", "r", "k", "r"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
  }
  await expect(narrator(page)).not.toHaveText(first);
  await page.waitForTimeout(7_000);
  const said = await page.evaluate(() => globalThis.said);
  expect(said.length).toBeGreaterThan(0);
  const gaps = said.slice(1).map((time, index) => time - said[index]).filter((gap) => gap > 5);
  expect(Math.min(3_000, ...gaps)).toBeGreaterThanOrEqual(2_900);
});
