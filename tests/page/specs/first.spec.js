// From an empty profile, in both languages: the first ten seconds, the first kill, the first rewind, and where the guide leads.
import { board, clock, narrator } from "../board.js";
import { expect, test } from "../fixtures.js";

const WORDS = {
  en: {
    crash: "Crash broker 2", restart: "Restart broker 2", goOn: "Go on", acks: "Try acks=1", back: "Back to acks=all",
    pause: "Pause", timeline: "Timeline", leads: "Broker 2 leads orders-1.", down: "Broker 2 is down.", moved: "Broker 3 now leads orders-1",
    cut: /Broker \d is about to cut orders-\d back from \d+ to \d+\. checkout was told that this is stored/, alone: /checkout was told that record \d+ of orders-\d is stored, but only broker \d has it/,
    lost: /acknowledged to checkout (is|are) gone/, again: /^Crash broker \d$/, revive: /^Restart broker \d$/,
  },
  "zh-CN": {
    crash: "让 Broker 2 宕机", restart: "重启 Broker 2", goOn: "继续", acks: "试试 acks=1", back: "恢复 acks=all",
    pause: "暂停", timeline: "时间线", leads: "Broker 2 是 orders-1 的 Leader。", down: "Broker 2 已停机。", moved: "现在 Broker 3 是 orders-1 的 Leader",
    cut: /Broker \d 即将把 orders-\d 从 \d+ 截断到 \d+。而 checkout 曾收到“已写入”的确认/, alone: /checkout 已收到确认：orders-\d 的记录 \d+ 已写入，但只有 Broker \d 有它/,
    lost: /已向 checkout 确认的记录丢失了/, again: /^让 Broker \d 宕机$/, revive: /^重启 Broker \d$/,
  },
};

for (const [locale, words] of Object.entries(WORDS)) {
  test.describe(locale, () => {
    test.use({ locale });
    const suggestion = (page) => page.locator("#app .narrator .btn");
    const button = (page, name) => page.locator("#app .narrator").getByRole("button", { name, exact: typeof name === "string" });
    const start = async (page) => {
      await page.goto("./");
      await expect(page.locator("#app .transport .play")).toBeEnabled();
    };

    test("the page is alive at once and names one thing to try", async ({ page }) => {
      await start(page);
      await expect(page.locator("html")).toHaveAttribute("lang", locale);
      await expect(narrator(page)).toContainText(words.leads);
      await expect(button(page, words.crash)).toBeVisible();
      await expect(page.locator("#app .btn.ink:visible")).toHaveCount(2);
      const ends = () => page.locator("#app .strip .leo").allTextContents();
      const before = await ends();
      await expect.poll(ends).not.toEqual(before);
      const pulse = await suggestion(page).evaluate((element) => getComputedStyle(element).animationIterationCount);
      expect(pulse, "its ring never loops").toBe("1");
    });

    test("the first kill moves the leader, and the first rewind brings it back", async ({ page }) => {
      await start(page);
      await page.keyboard.press("k");
      await expect(page.locator(".row.brk.down")).toHaveCount(1);
      await expect(narrator(page)).toContainText(words.down);
      await expect(narrator(page)).toContainText(words.moved, { timeout: 30_000 });
      await page.getByRole("button", { name: words.pause, exact: true }).click();
      const now = await clock(page);
      await page.getByRole("slider", { name: words.timeline }).press("Home");
      await expect.poll(() => clock(page)).toBeLessThan(now);
      await page.keyboard.press("n");
      await expect(page.locator(".row.brk.down")).toHaveCount(0);
    });

    test("the guide goes from the crash to the cut, to acks=1 and what it loses", async ({ page }) => {
      test.setTimeout(180_000);
      await start(page);
      await button(page, words.crash).click();
      await expect(narrator(page)).toContainText(words.moved, { timeout: 30_000 });
      await button(page, words.restart).click();
      // What broker 2 alone had is cut off, if it had anything; then the guide goes on.
      const then = suggestion(page).and(page.getByRole("button", { name: new RegExp(`^(${words.goOn}|${words.acks})`) }));
      await expect(then).toBeVisible({ timeout: 40_000 });
      if ((await then.textContent()).startsWith(words.goOn)) await then.click();
      await expect(button(page, words.acks)).toBeVisible({ timeout: 40_000 });
      await button(page, words.acks).click();
      await expect(narrator(page)).toContainText(words.alone, { timeout: 60_000 });
      await button(page, words.again).click();
      await button(page, words.revive).click({ timeout: 30_000 });
      const next = suggestion(page).and(page.getByRole("button", { name: new RegExp(`^(${words.goOn}|${words.back})`) }));
      await expect(next).toHaveText(new RegExp(`^${words.goOn}`), { timeout: 60_000 });
      await expect(narrator(page)).toContainText(words.cut);
      await next.click();
      await expect(narrator(page)).toContainText(words.lost, { timeout: 60_000 });
      await button(page, words.back).click();
      await expect(button(page, words.back)).toHaveCount(0);
    });
  });
}

test("a narrow screen shows first the column that the sentence is about", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("./");
  await expect(board(page).getByRole("columnheader", { name: /^orders-1,/ })).toBeVisible();
  await expect(board(page).getByRole("columnheader", { name: /^orders-0,/ })).toBeHidden();
});
