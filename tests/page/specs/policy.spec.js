// The security policy is in force: SECURITY.md names these tests.
import { expect, test } from "../fixtures.js";

test("the policy comes as a header and in the page", async ({ page }) => {
  const response = await page.goto("./");
  const header = response.headers()["content-security-policy"];
  expect(header).toContain("default-src 'none'");
  expect(header).toContain("frame-ancestors 'none'");
  const meta = page.locator("meta[http-equiv=Content-Security-Policy]");
  await expect(meta).toHaveAttribute("content", /default-src 'none'.*require-trusted-types-for 'script'/);
});

test("an inline script does not run", async ({ page, complaints }) => {
  await page.goto("./");
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.textContent = "globalThis.inlineRan = true";
      document.head.append(script);
    } catch {
      // Trusted Types refuse the text before the policy refuses the script.
    }
    return globalThis.inlineRan === true;
  });
  expect(ran).toBe(false);
  expect(complaints.splice(0).length).toBeGreaterThan(0);
});

test("text does not become markup", async ({ page, complaints }) => {
  await page.goto("./");
  const refused = await page.evaluate(() => {
    try {
      document.createElement("div").innerHTML = "<b>hello</b>";
      return false;
    } catch (error) {
      return error instanceof TypeError;
    }
  });
  expect(refused).toBe(true);
  complaints.length = 0;
});

test("no other script address becomes a worker", async ({ page, complaints }) => {
  await page.goto("./");
  const refused = await page.evaluate(() => {
    try {
      new Worker("./boot.js");
      return false;
    } catch (error) {
      return error instanceof TypeError;
    }
  });
  expect(refused).toBe(true);
  complaints.length = 0;
});

test("files and links come from the page itself, within the policy", async ({ page }) => {
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
  });
  const requests = [];
  await page.goto("./");
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  page.on("request", (request) => requests.push(request.url()));
  await page.locator(".share > summary").click();
  for (const name of ["Save as a file", "Export the trace"]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name, exact: true }).click();
    expect((await download).url()).toMatch(/^blob:/);
  }
  expect(await page.evaluate(() => globalThis.violations)).toEqual([]);
  expect(requests.filter((url) => !url.startsWith("blob:"))).toEqual([]);
});
