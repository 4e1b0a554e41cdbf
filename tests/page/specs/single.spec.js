// The page as one file: opened from disk, it works without asking anybody for anything.
import { board, clock, leaderOf, setSpeed } from "../board.js";
import { expect, test } from "../fixtures.js";

const FILE = process.env.SINGLE_FILE;

test.describe("one file", () => {
  test.skip(!FILE, "SINGLE_FILE names no page; `cargo xtask site --single-file --out FILE` makes one");

  test("opens from disk, runs board and training, shares, and requests nothing", async ({ page }) => {
    const requests = [];
    page.on("request", (request) => requests.push(request.url().slice(0, 80)));
    await page.goto(`file://${FILE}`);
    await expect(board(page).getByRole("columnheader").first()).toBeVisible();
    await page.keyboard.press("k");
    await setSpeed(page, 10);
    await expect.poll(() => leaderOf(page, "orders-1")).toBe(3);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.locator(".share > summary").click();
    const field = page.locator("#share-link");
    await expect(field).toHaveValue(/^file:\/\/.*#run=/);
    const [link, time] = [await field.inputValue(), await clock(page)];
    await page.goto("about:blank");
    await page.goto(link);
    await expect(page.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
    await expect.poll(() => clock(page)).toBe(time);
    await page.getByRole("button", { name: "Training", exact: true }).click();
    await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible();
    const before = await clock(page);
    await expect.poll(() => clock(page)).toBeGreaterThan(before);
    const own = (url) => url.startsWith("file://") || url.startsWith("blob:") || url.startsWith("data:");
    expect(requests.filter((url) => !own(url))).toEqual([]);
    expect(requests.filter((url) => url.startsWith("file://") && !url.includes(FILE.split("/").pop()))).toEqual([]);
  });

  test("its policy refuses other scripts, styles and connections", async ({ page, complaints }) => {
    await page.goto(`file://${FILE}`);
    const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[^']+' 'sha256-[^']+' 'wasm-unsafe-eval';/);
    expect(policy).not.toContain("'self'");
    const refused = await page.evaluate(async () => {
      const connects = await fetch("data:text/plain,1").then(() => true, () => false);
      const script = document.createElement("script");
      try {
        script.textContent = "globalThis.inlineRan = true";
        document.head.append(script);
      } catch {
        // Trusted Types refuse the text before the policy refuses the script.
      }
      return !connects && globalThis.inlineRan !== true;
    });
    expect(refused).toBe(true);
    complaints.length = 0;
  });
});
