// The board as a visitor finds it, for specs.
import { expect } from "./fixtures.js";

export const board = (page) => page.getByRole("grid", { name: "Cluster board" });
export const cell = (page, partition, broker) =>
  board(page).getByRole("gridcell", { name: new RegExp(`^${partition} on broker ${broker}:`) });
export const panels = (page) => page.getByRole("complementary", { name: "Panels" });

// Opens the page and waits for the running board.
export async function open(page) {
  await page.goto("./");
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Play|Pause)$/ })).toBeEnabled();
}

export async function leaderOf(page, partition) {
  const head = board(page).getByRole("columnheader", { name: new RegExp(`^${partition},`) });
  const label = await head.getAttribute("aria-label");
  return Number(/leader (\d+)/.exec(label)?.[1] ?? Number.NaN);
}

// A fixed speed; the auto pace ends with it.
export async function setSpeed(page, factor) {
  const slider = page.getByRole("slider", { name: "Speed" });
  await slider.fill(String(Math.round(Math.log10(factor) * 100)));
}

// Looks closely at something whose name is a button on the board.
export async function select(page, name) {
  await board(page).getByRole("button", { name, exact: true }).click();
}

// The sentence on show; who listens hears it from the live region beside it. The still first frame has one too.
export const narrator = (page) => page.locator("#app .narrator > p:not(.vh)");

// The bar that tells what became of the last thing asked.
export const reply = (page) => page.locator(".reply");

export async function clock(page) {
  const label = await page.getByRole("timer").getAttribute("aria-label");
  const [, minutes, seconds] = /(\d+):([\d.]+)/.exec(label);
  return Number(minutes) * 60 + Number(seconds);
}

// Kills broker 2, waits for the new leader, and stands still.
export async function openAfterACrash(page) {
  await open(page);
  await page.keyboard.press("k");
  await setSpeed(page, 10);
  await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
}
