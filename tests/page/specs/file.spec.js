// A run as a file, and its trace.
import { readFile } from "node:fs/promises";

import { board, clock, leaderOf, open, openAfterACrash } from "../board.js";
import { expect, test } from "../fixtures.js";

const menu = (page) => page.locator(".share > summary").click();
const choose = (page, name, text) =>
  page.getByLabel("Open a file").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });

async function saved(page, name) {
  const download = page.waitForEvent("download", { timeout: 60_000 });
  await page.getByRole("button", { name, exact: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

async function played(page) {
  await openAfterACrash(page);
  await menu(page);
}

test("a run is saved as JSON that can be read, and opened again at its moment", async ({ page }) => {
  await played(page);
  const time = await clock(page);
  const { name, text } = await saved(page, "Save as a file");
  expect(name).toBe("kafka-playground-run.json");
  const run = JSON.parse(text);
  expect(run.run).toMatchObject({ setup: "Orders", seed: 1 });
  expect(run.actions).toHaveLength(1);
  expect(run.actions[0].action).toEqual({ Fault: { Kill: 2 } });
  expect(run.moment.time_us / 1e6).toBeCloseTo(time, 2);

  await page.goto("about:blank");
  await page.goto("./#training");
  await expect(page.getByRole("heading", { name: /^Workers/ })).toBeVisible();
  await menu(page);
  await choose(page, "run.json", text);
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
  await expect.poll(() => clock(page)).toBe(time);
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeEnabled();
  expect(await leaderOf(page, "orders-1")).toBe(3);
  await expect(page).toHaveURL(/#cluster$/);
  await expect(page.locator(".notice")).toHaveCount(0);
});

test("a file that is wrong says where, and changes nothing", async ({ page }) => {
  await played(page);
  const time = await clock(page);
  const { text } = await saved(page, "Save as a file");
  const again = JSON.parse(text);
  again.actions.push({ ...again.actions[0] });
  const cases = [
    ["not JSON", "It is not JSON at line 1, column 2."],
    [text.replace('"run"', '"story"'), "It is not a run of Kafka Playground."],
    [text.replace('"Kill":2', '"Kill":77'), "Action 1 of 1 is wrong: there is no process 77 then."],
    [text.replace('"Kill":2', '"Explode":2'), "Action 1 of 1 is wrong: it cannot be read (unknown variant `Explode`"],
    [text.replace('"seed":1', '"seed":1,"luck":2'), "The field run is wrong: luck is not known."],
    [text.replace('"format": 1', '"format": 3'), "It has format 3, which this page does not know yet."],
    // Broker 2 is dead by then: found only by repeating the run.
    [JSON.stringify(again), "Action 2 of 2 is wrong: it cannot be done then: node 2 is not running"],
  ];
  for (const [content, words] of cases) {
    await choose(page, "run.json", content);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("The file was not opened; nothing has changed.");
    await expect(alert).toContainText(words);
    expect(await clock(page)).toBe(time);
    await alert.getByRole("button", { name: "Close" }).click();
    await expect(alert).toHaveCount(0);
    if (!(await page.locator(".share").getAttribute("open")) && (await page.locator(".share[open]").count()) === 0) await menu(page);
  }
});

test("a run of another version is opened and told apart", async ({ page }) => {
  await played(page);
  const { text } = await saved(page, "Save as a file");
  await choose(page, "run.json", text.replace(/"engine": "[^"]*"/, '"engine": "0.0.1"'));
  const notice = page.getByRole("status").filter({ hasText: "It was made by version 0.0.1" });
  await expect(notice).toContainText("the same world hash");
  await notice.getByRole("button", { name: "Close" }).click();
  await expect(notice).toHaveCount(0);
  await menu(page);
  await choose(page, "run.json", text.replace(/"world_hash": "[^"]*"/, '"world_hash": "0000000000000001"'));
  await expect(page.getByText("another world hash")).toBeVisible();
});

test("the trace is every fact with its cause, one a line", async ({ page }) => {
  await played(page);
  const { name, text } = await saved(page, "Export the trace");
  expect(name).toBe("kafka-playground-trace.jsonl");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const [head, ...facts] = lines;
  expect(head).toMatchObject({ kafka_playground: "trace", run: { setup: "Orders", seed: 1 } });
  expect(facts.length).toBeGreaterThan(1_000);
  const kill = facts.find((fact) => fact.kind === "Fault");
  expect(kill).toMatchObject({ fields: { Kill: 2 }, node: -1 });
  const elected = facts.find((fact) => fact.kind === "LeaderElected" && fact.id > kill.id);
  expect(elected.fields.leader).toBe(3);
  for (const fact of facts) expect(fact.cause).toBeLessThan(fact.id);
  await expect(page.getByRole("button", { name: "Export the trace" })).toBeVisible();
});

test("a far moment shows how far it is opened and can be given up", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await menu(page);
  const { text } = await saved(page, "Save as a file");
  const far = JSON.parse(text);
  const time = await clock(page);
  // Who changes the time cannot know the number of events by then, and need not.
  far.moment = { time_us: 40_000_000_000 };
  await choose(page, "run.json", JSON.stringify(far));
  await expect(page.getByText(/Opening the shared run: \d+ %/)).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText(/Opening the shared run/)).toHaveCount(0);
  await expect(board(page).getByRole("columnheader").first()).toBeVisible();
  expect(await clock(page)).toBe(time);
  far.moment = { time_us: 60_000_000 };
  await menu(page);
  await choose(page, "run.json", JSON.stringify(far));
  await expect.poll(() => clock(page)).toBe(60);
  await expect(page.locator(".notice")).toHaveCount(0);
});
