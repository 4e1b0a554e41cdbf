// The still first frame: what stands in index.html until the engine has caught up is the first picture of the real page, in both
// languages; the style sheet shows the visitor's.
// `node still.js` (with SITE_URL, as for the specs) writes it; specs/still.spec.js fails when it is out of date.
import { readFileSync, writeFileSync } from "node:fs";

const INDEX = new URL("../../index.html", import.meta.url);
const BEGIN = "<!-- still: written by tests/page/still.js -->";
const END = "<!-- /still -->";

export const LOCALES = ["en", "zh-CN"];

// Takes the first picture of a page whose clock stands, so that it acknowledges no frame and gets no second one.
export async function capture(page) {
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1_000);
  await page.goto("./");
  await page.locator(".strip .leo").first().waitFor({ state: "attached" });
  await page.locator(".transport .play:not(:disabled)").waitFor({ state: "attached" });
  return page.evaluate(() => {
    const app = document.getElementById("app");
    const still = app.cloneNode(true);
    const chosen = [...app.querySelectorAll("select")].map((select) => select.selectedOptions[0]?.textContent);
    // What only the running page needs, what is large (curves, twice), or what tells the same to those who do not see it.
    for (const gone of still.querySelectorAll(".vh, canvas, option, kbd, .reply, .ev, .run code, .plot .curve, .plot .area, details > :not(summary)")) gone.remove();
    for (const [place, select] of still.querySelectorAll("select").entries()) select.append(new Option(chosen[place]));
    const kept = new Set(["class", "viewBox", "d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "rx", "points",
      "patternUnits", "patternTransform", "overflow", "preserveAspectRatio", "transform", "fill", "stroke", "stroke-width",
      "type", "min", "max", "value", "cx", "cy", "r", "lang"]);
    for (const element of still.querySelectorAll("*")) {
      // In the order of their names: the page sets them in an order of its own.
      const attributes = [...element.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const { name, value } of attributes) {
        element.removeAttribute(name);
        if (kept.has(name) || (name === "id" && element.tagName === "pattern")) element.setAttribute(name, value);
      }
      if (["BUTTON", "SELECT", "INPUT"].includes(element.tagName)) element.setAttribute("disabled", "");
    }
    return still.innerHTML.replace(/<!--.*?-->/g, "").replace(/ disabled=""/g, " disabled")
      .replace(/<(div class="(app|row|drow|transport)|main|aside|header|footer)/g, "\n<$1").trim();
  });
}

// The pictures as one: they share the patterns, and each says its language.
export function join([english, chinese]) {
  const [patterns, body] = split(english);
  const [, other] = split(chinese);
  return [patterns, ...[body, other].map((app, place) => app.replace('class="app"', `class="app" lang="${LOCALES[place]}"`))].join("\n");
}

function split(still) {
  const at = still.indexOf('<div class="app"');
  return [still.slice(0, at).trim(), still.slice(at)];
}

// What of a still frame is the page's doing and not the run's: no numbers, no records, no curves.
export function shape(still) {
  const bare = still.replace(/<i class="[^"]*"><\/i>/g, "").replace(/<svg class="plot.*?<\/svg>(?=<\/div>)/gs, "");
  return bare.replace(/<div class="(acc|com|off|open|unread|who)\b.*?<\/div>/g, "").replace(/\d+/g, "0").replace(/[\d., ‹−-]+(?=<)/g, "");
}

// The still frame that index.html holds.
export function stored() {
  const [, rest] = readFileSync(INDEX, "utf8").split(BEGIN);
  return rest?.split(END)[0].trim();
}

// Replaces it.
export function store(still) {
  const index = readFileSync(INDEX, "utf8");
  const [before, rest] = index.split(BEGIN);
  const [, after] = rest.split(END);
  writeFileSync(INDEX, `${before}${BEGIN}\n${still}\n${END}${after}`);
}

if (process.argv[1]?.endsWith("still.js")) {
  const { chromium } = await import("@playwright/test");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const pictures = [];
  for (const locale of LOCALES) {
    const context = await browser.newContext({ baseURL: process.env.SITE_URL, locale, viewport: { width: 1440, height: 900 } });
    pictures.push(await capture(await context.newPage()));
  }
  store(join(pictures));
  await browser.close();
}
