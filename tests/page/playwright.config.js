// The page in headless Chromium. `cargo xtask test` builds the site, serves it under a deep path and sets SITE_URL;
// run by hand (`npx playwright test`) it starts `cargo xtask serve` itself.
import { defineConfig } from "@playwright/test";

const given = process.env.SITE_URL;
const own = "http://127.0.0.1:8123/";

export default defineConfig({
  testDir: "specs",
  outputDir: "../../target/page-results",
  forbidOnly: true,
  // One at a time: the page runs a whole cluster, and two would fight for the cores.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    baseURL: given ?? own,
    locale: "en",
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
      ],
    },
  },
  webServer: given
    ? undefined
    : {
        command: "cargo xtask serve --port 8123",
        cwd: "../..",
        url: own,
        timeout: 600_000,
        reuseExistingServer: true,
      },
});
