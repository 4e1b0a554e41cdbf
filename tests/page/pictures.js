// The pictures of the README: the page at fixed seeds and simulated times, `node pictures.js [NAME ...]` with SITE_URL as for the specs.
// A picture shows what a run with that seed shows; it changes only with the page or with the simulation.
import { chromium } from "@playwright/test";

const FOLDER = new URL("../../docs/pictures/", import.meta.url).pathname;
const STILL = "*,*::before,*::after{animation:none!important;transition:none!important;caret-color:transparent!important}";

const PICTURES = [
  { name: "board-light" },
  { name: "board-dark", colorScheme: "dark" },
  { name: "board-zh", locale: "zh-CN" },
  { name: "board-1024", width: 1024, height: 768 },
  { name: "board-390", width: 390, height: 844 },
  { name: "failover", act: failover },
  { name: "why", act: why },
  { name: "training-light", address: "./#training", act: train },
  { name: "training-dark", address: "./#training", colorScheme: "dark", act: train },
  { name: "scale", address: "./#ten-brokers", act: async () => {} },
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const wanted = process.argv.slice(2);
for (const picture of PICTURES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) await take(picture);
await browser.close();

async function take({ name, address = "./", width = 1440, height = 900, locale = "en", colorScheme = "light", act = settle }) {
  const context = await browser.newContext({ baseURL: process.env.SITE_URL, locale, colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator("#app .transport .play:not(:disabled)").waitFor({ timeout: 120_000 });
  await page.keyboard.press("Space");
  await act(page);
  await page.addStyleTag({ content: STILL }).catch(() => {});
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${FOLDER}${name}.png` });
  await context.close();
}

async function clock(page) {
  const [, minutes, seconds] = /(\d+):([\d.]+)/.exec(await page.getByRole("timer").getAttribute("aria-label"));
  return Number(minutes) * 60 + Number(seconds);
}

// From wherever the visitor came in, to one and the same moment of the run.
async function settle(page) {
  const playhead = page.locator(".track[role=slider]");
  await playhead.press("Home");
  for (let step = 0; step < 6; step++) await playhead.press("PageUp");
  for (let step = 0; step < 40 && (await clock(page)) < 24; step++) {
    await playhead.press("ArrowRight");
    await page.waitForTimeout(150);
  }
  await playhead.blur();
}

// Broker 2 has died, and the new leader is known.
async function failover(page) {
  await settle(page);
  await page.keyboard.press("k");
  await page.keyboard.press("n");
  // The controller has decided; the new leader hears of it a little later.
  const moved = page.locator(".row.brk .role.L").filter({ hasText: "epoch 1" }).first();
  while (!(await moved.isVisible())) {
    await page.keyboard.press(".");
    await page.waitForTimeout(100);
  }
}

// The same, asked why.
async function why(page) {
  await failover(page);
  await page.keyboard.press("w");
  await page.locator(".reasons").waitFor();
}

// Trained for a while, at the last milestone: a moment of the run, not of the clock on the wall.
async function train(page) {
  await page.getByRole("slider", { name: "Speed" }).fill("70");
  await page.keyboard.press("Space");
  while ((await clock(page)) < 24) await page.waitForTimeout(50);
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+N");
  await page.waitForTimeout(500);
}
