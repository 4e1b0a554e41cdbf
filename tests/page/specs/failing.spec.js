// What fails is told, with a way on: storage, clipboard, the worker, the end of a run.
import { readFile } from "node:fs/promises";

import { board, clock, open } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const BLOCKED = {
  "storage that may not be touched": () => {
    Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } });
  },
  "storage that is full": () => {
    Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  },
};

for (const [name, block] of Object.entries(BLOCKED)) {
  test(`with ${name} the page works, and a choice that is not kept is told`, async ({ page }) => {
    await page.addInitScript(block);
    await open(page);
    await expect(page.locator(".notice")).toHaveCount(0);
    await page.getByRole("button", { name: "中文" }).click();
    const notice = page.getByRole("status").filter({ hasText: "浏览器没有为此页面保存任何内容" });
    await expect(notice).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
    await expectAccessible(page);
    await notice.getByRole("button", { name: "关闭" }).click();
    await expect(notice).toHaveCount(0);
  });
}

const CLIPBOARDS = {
  denied: () => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("denied", "NotAllowedError"));
  },
  missing: () => Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined }),
};

for (const [name, block] of Object.entries(CLIPBOARDS)) {
  test(`with a clipboard that is ${name} the link is selected to be copied by hand`, async ({ page }) => {
    await page.addInitScript(block);
    await open(page);
    await page.locator(".share > summary").click();
    const field = page.getByRole("textbox", { name: "Link to this moment" });
    await expect(field).toHaveValue(/#run=/);
    await page.getByRole("button", { name: "Copy the link" }).click();
    await expect(page.getByText("copy it with Ctrl C")).toBeVisible();
    await expect(field).toBeFocused();
    const selected = await field.evaluate((input) => input.value.slice(input.selectionStart, input.selectionEnd));
    expect(selected).toBe(await field.inputValue());
  });
}

test("a run ends after a simulated day, and says what to do", async ({ page }) => {
  test.setTimeout(180_000);
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.locator(".share > summary").click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  const run = JSON.parse(await readFile(await (await download).path(), "utf8"));
  const choose = (saved) =>
    page.getByLabel("Open a file").setInputFiles({ name: "run.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(saved)) });
  // The quietest setup: by then its own commands are long done, and nobody writes.
  run.run.setup = "AiData";
  run.moment = { time_us: 86_400_000_001 };
  await choose(run);
  await expect(page.getByRole("alert")).toContainText("The run does not come by the moment 1440:00.000");
  await page.getByRole("alert").getByRole("button", { name: "Close" }).click();
  run.moment.time_us -= 1;
  await choose(run);
  await expect(page.getByText(/Opening the shared run: \d+ %/)).toBeVisible();
  const end = page.getByRole("status").filter({ hasText: "The run ends here, after 24 simulated hours." });
  await expect(end).toBeVisible({ timeout: 150_000 });
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
  expect(await clock(page)).toBe(86_400);
  await end.getByRole("button", { name: "Start over" }).click();
  await expect(end).toHaveCount(0);
  await expect.poll(() => clock(page)).toBeLessThan(60);
});
