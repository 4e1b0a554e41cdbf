// A run as a link: made, opened, refused.
import { board, clock, leaderOf, open, openAfterACrash } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const summary = (page) => page.locator(".share > summary");
const field = (page) => page.getByRole("textbox", { name: "Link to this moment" });

async function linkOf(page) {
  await summary(page).click();
  await expect(field(page)).toHaveValue(/#run=/);
  return field(page).inputValue();
}

const hash = (page) => page.getByText(/^world hash/).first().innerText();

test("a link opens the same world, paused at its moment, in its language and theme", async ({ page, context, complaints }) => {
  await openAfterACrash(page);
  await page.getByRole("combobox", { name: "Topic" }).selectOption("orders");
  const [time, world, address] = [await clock(page), await hash(page), page.url()];
  const link = await linkOf(page);
  await expect(page.getByText(/The link opens this run paused at .* with its 1 action\./)).toBeVisible();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the link" }).click();
  await expect(page.getByText("Copied.", { exact: true })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  expect(page.url()).toBe(address);

  const other = await context.newPage();
  other.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  other.on("pageerror", (error) => complaints.push(String(error)));
  await other.goto(link);
  await expect(other.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
  await expect(board(other).getByRole("columnheader").first()).toBeVisible();
  expect(await clock(other)).toBe(time);
  expect(await hash(other)).toBe(world);
  expect(await leaderOf(other, "orders-1")).toBe(3);
  // It stays: standing still, and in the address, so that the page can be loaded again.
  expect(other.url()).toBe(link);
  await expect(other.locator(".notice")).toHaveCount(0);
  // The run goes on from there, and can be taken back to before the crash.
  await other.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => clock(other)).toBeGreaterThan(time);
  await other.close();
});

test("a link to the training opens there, also in an open page", async ({ page }) => {
  await page.goto("./#training");
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const link = await linkOf(page);
  const time = await clock(page);
  await page.goto("./#cluster");
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
  await page.evaluate((address) => (location.href = address), link);
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
  await expect.poll(() => clock(page)).toBe(time);
});

test("a dark Chinese link opens so, without becoming the visitor's choice", async ({ page, browser }) => {
  await open(page);
  await page.getByRole("button", { name: "中文" }).click();
  await summary(page).click();
  const mine = page.getByRole("textbox", { name: "此刻的链接" });
  await expect(mine).toHaveValue(/#run=/);
  const link = await mine.inputValue();
  const stranger = await browser.newContext({ locale: "en" });
  const other = await stranger.newPage();
  await other.goto(link);
  await expect(other.locator("html")).toHaveAttribute("lang", "zh-CN");
  await expect(other.getByRole("button", { name: "播放", exact: true })).toBeEnabled();
  expect(await other.evaluate(() => localStorage.getItem("kafka-playground.lang"))).toBeNull();
  await stranger.close();
});

test("a damaged link changes nothing and says what to do", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const link = await linkOf(page);
  const at = link.indexOf("#run=") + 30;
  const damaged = link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
  for (const [address, words] of [
    [damaged, "Its checksum does not fit"],
    [link.slice(0, -4), "Its checksum does not fit"],
    [link.slice(0, link.indexOf("#run=") + 5), "Its checksum does not fit"],
  ]) {
    await page.goto("about:blank");
    await page.goto(address);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("The link was not opened; nothing has changed.");
    await expect(alert).toContainText(words);
    await expect(alert).toContainText("Copy the whole link again");
    await expect(page.getByRole("button", { name: "Pause", exact: true })).toBeEnabled();
    await expect(board(page).getByRole("columnheader").first()).toBeVisible();
    await alert.getByRole("button", { name: "Close" }).click();
    await expect(alert).toHaveCount(0);
  }
});

// The text of a link as src/view/share/link.rs makes it, of any body.
function seal(body, { format = 1, length = body.length } = {}) {
  const head = Buffer.alloc(5);
  head.writeUInt8(format);
  head.writeUInt32LE(length, 1);
  const sealed = Buffer.concat([head, body]);
  let sum = 0x811c9dc5;
  for (const byte of sealed) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(sum);
  return `./#run=${Buffer.concat([sealed, tail]).toString("base64url")}`;
}

test("a link of a later format and one that lies about its size are named as such", async ({ page }) => {
  await page.goto(seal(Buffer.from("anything"), { format: 9 }));
  await expect(page.getByRole("alert")).toContainText("It has format 9");
  await expect(page.getByRole("alert")).toContainText("newer Kafka Playground");
  await page.goto("about:blank");
  await page.goto(seal(Buffer.from("anything"), { length: 0xffffffff }));
  await expect(page.getByRole("alert")).toContainText("4294967295 bytes; at most 4194304 are read");
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
});

test("the address keeps its link until another setup is chosen", async ({ page }) => {
  await open(page);
  const link = await linkOf(page);
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
  await page.getByRole("button", { name: "Training", exact: true }).click();
  await expect(page).toHaveURL(/#training$/);
});

for (const [width, theme, lang] of [[1440, "light", "en"], [1024, "dark", "en"], [390, "light", "zh-CN"], [390, "dark", "en"]]) {
  test(`the share menu is accessible at ${width} in ${theme}, ${lang}`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({ baseURL, locale: lang, colorScheme: theme, viewport: { width, height: width === 390 ? 844 : 900 } });
    const page = await context.newPage();
    await page.goto("./");
    await expect(page.getByRole("grid").getByRole("columnheader").first()).toBeAttached();
    await page.keyboard.press("Space");
    await summary(page).click();
    await expect(page.locator("#share-link")).toHaveValue(/#run=/);
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await context.close();
  });
}
