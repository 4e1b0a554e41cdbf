// Acting on what is looked at: processes, links, clients, topics and configs; undo is going back in time.
import { board, cell, clock, open, panels, reply, select, setSpeed } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

const state = (page) => panels(page).locator("h2", { has: page.locator(".end") }).locator("small");

test("a broker is stopped in order, started, paused and cut off from power", async ({ page }) => {
  await open(page);
  await setSpeed(page, 3);
  await select(page, "Broker 2");
  await expect(panels(page)).toContainText("kafka-server-stop.sh --node-id=2");
  await panels(page).getByRole("button", { name: "Shut down cleanly (SIGTERM)" }).click();
  await expect(reply(page)).toContainText("You shut down broker 2 cleanly");
  await expect(state(page)).toHaveText("stopped", { timeout: 30_000 });
  await page.keyboard.press("r");
  await expect(state(page)).toHaveText("running", { timeout: 30_000 });
  await page.keyboard.press("p");
  await expect(state(page)).toHaveText("paused");
  await page.keyboard.press("r");
  await expect(state(page)).toHaveText("running");
  await panels(page).getByRole("button", { name: "Cut the power" }).click();
  await expect(state(page)).toHaveText("stopped");
  await page.keyboard.press("Escape");
  await expect(panels(page).getByRole("button", { name: "Wipe the disk" })).toBeHidden();
});

test("the focus never passes from one act to another that takes its place", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Pause broker 1" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Resume broker 1")).toBeVisible();
  await expect(page.getByLabel("Crash broker 1")).not.toBeFocused();
});

test("undo goes back to before the act and keeps what came of it as a branch", async ({ page }) => {
  await open(page);
  await setSpeed(page, 3);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  const before = await clock(page);
  await select(page, "Broker 2");
  await page.keyboard.press("k");
  await expect(reply(page)).toContainText("You crashed broker 2");
  await expect(reply(page)).toContainText("kill -KILL");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await expect.poll(() => clock(page)).toBeGreaterThan(before + 3);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await reply(page).getByRole("button", { name: "Undo: go back" }).click();
  await expect(state(page)).toHaveText("running");
  await expect(reply(page)).toBeHidden();
  expect(await clock(page)).toBeLessThanOrEqual(before);
  await expect(panels(page).getByText(/^A forks at/)).toBeVisible();
});

test("the scenario menu tells how long a hop takes, and makes a datacentre of it", async ({ page }) => {
  await open(page);
  const menu = page.getByRole("combobox", { name: "Scenario" });
  await expect(menu.locator("optgroup").last()).toHaveAttribute("label", "Network: 150 ms a hop");
  await menu.selectOption({ label: "datacentre, 0.5 ms a hop" });
  await expect(reply(page)).toContainText("Network: 0.5 ms a hop");
  await expect(reply(page)).toContainText("tc qdisc replace dev eth0 root netem delay 0.5ms");
  await expect(menu.locator("optgroup").last()).toHaveAttribute("label", "Network: 0.5 ms a hop");
  await expect(menu.locator("option:checked")).toHaveText("three brokers, one topic");
  await expect(panels(page).getByText("Network: 0.5 ms a hop")).toBeVisible();
  await reply(page).getByRole("button", { name: "Undo: go back" }).click();
  await expect(menu.locator("optgroup").last()).toHaveAttribute("label", "Network: 150 ms a hop");
});

test("a controller is crashed from its sign and started again", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  const active = board(page).getByRole("button", { name: /^controller \d+, active/ });
  await active.click();
  await page.keyboard.press("k");
  await expect(state(page)).toHaveText("stopped");
  await expect(board(page).getByRole("button", { name: /^controller \d+, active/ })).toBeVisible();
  await panels(page).getByRole("button", { name: "Start", exact: false }).click();
  await expect(state(page)).toHaveText("running");
});

test("a link is cut, slowed and restored", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await select(page, "Broker 2");
  const links = panels(page).locator("form", { hasText: "Links" });
  await links.getByLabel("to").selectOption({ label: "broker 1" });
  await links.getByRole("button", { name: "Cut", exact: true }).click();
  const cut = page.getByRole("button", { name: "broker 1 – broker 2 cut" });
  await expect(cut).toBeVisible();
  await expect(page.getByRole("button", { name: "Close" }).last()).toBeVisible();
  await cut.click();
  await expect(cut).toBeHidden();
  await links.getByLabel("latency, ms").fill("700");
  await links.getByRole("button", { name: "Slow down" }).click();
  const slow = page.getByRole("button", { name: "broker 1 – broker 2 700 ms" });
  await expect(slow).toBeVisible();
  await slow.click();
  await expect(slow).toBeHidden();
});

test("one more consumer joins its group, and one that is killed is expelled", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await select(page, "billing");
  await expect(panels(page)).toContainText("kafka-console-consumer.sh");
  await panels(page).getByRole("button", { name: "Add a member" }).click();
  const lane = board(page).getByRole("gridcell", { name: /^c3 reads orders-/ });
  await expect(lane.first()).toBeVisible({ timeout: 30_000 });
  await panels(page).getByRole("button", { name: /^c1/ }).click();
  await page.keyboard.press("k");
  await expect(board(page).getByRole("gridcell", { name: /^c1 reads/ })).toHaveCount(0, { timeout: 40_000 });
});

test("the producer's rate and acks change, and promises with them", async ({ page }) => {
  await open(page);
  await setSpeed(page, 3);
  await select(page, "checkout");
  const rate = panels(page).locator("form", { hasText: "Rate" });
  await rate.getByLabel("records / s").fill("40");
  await rate.getByRole("button", { name: "Set" }).click();
  await expect(board(page).getByText(/acks=all · [34]\d rec\/s/)).toBeVisible({ timeout: 30_000 });
  const config = panels(page).locator("form", { hasText: "Configuration" });
  await config.getByLabel("config").selectOption("acks");
  await config.getByLabel("value").fill("7");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText(
    "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1",
  );
  await config.getByLabel("value").fill("1");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(board(page).getByText(/^acks=1/).first()).toBeVisible();
  await panels(page).getByRole("button", { name: "Promises", exact: true }).first().click();
  await expect(page.getByRole("listitem").filter({ hasText: "No acknowledged record is lost" })).toContainText("not promised");
});

test("a typed record is stored, a topic is created, configured and deleted", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await page.getByRole("button", { name: "Act on topics" }).click();
  const record = panels(page).locator("form", { hasText: "Send a record" });
  await record.getByLabel("key").fill("ella");
  await record.getByLabel("value").fill("hello Kafka");
  await expect(record).toContainText("echo 'ella:hello Kafka' | kafka-console-producer.sh");
  await record.getByRole("button", { name: "Send" }).click();
  await expect(reply(page)).toContainText(/stored in partition \d at offset \d+/);

  const config = panels(page).locator("form", { hasText: "Configuration" });
  await config.getByLabel("config").selectOption("min.insync.replicas (changed)");
  await config.getByLabel("value").fill("0");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText(
    "InvalidConfigurationException: Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
  );
  await config.getByLabel("value").fill("3");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(page.getByText(/min\.insync\.replicas 3/)).toBeVisible();

  const topic = panels(page).locator("form", { hasText: "Create topic" });
  await topic.getByLabel("replication factor").fill("4");
  await topic.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("alert")).toContainText("InvalidReplicationFactorException");
  await topic.getByLabel("replication factor").fill("3");
  await topic.getByRole("button", { name: "Create" }).click();
  await expect(reply(page)).toContainText("done");
  await page.getByRole("combobox", { name: "Topic" }).selectOption("payments");
  await expect(cell(page, "payments-0", 1)).toBeVisible();
  await panels(page).getByRole("button", { name: "Delete payments" }).click();
  await expect(cell(page, "orders-0", 1)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("listitem").filter({ hasText: "Topic payments deleted" })).toBeVisible();
});

test("a slow disk takes its copies out of the ISR, and a fast one brings them back", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await select(page, "Broker 3");
  await page.keyboard.press("d");
  await expect(reply(page)).toContainText("You slowed the disk of broker 3");
  await expect(reply(page)).toContainText("dmsetup");
  await page.keyboard.press("Escape");
  await expect(board(page).getByText("slow disk")).toBeVisible();
  await expect(page.getByRole("status")).toContainText("The disk of broker 3 is slow.");
  await setSpeed(page, 30);
  await expect(cell(page, "orders-0", 3)).toHaveAccessibleName(/out of sync/, { timeout: 60_000 });
  await expect(page.getByRole("status")).toContainText("Its copies have left the ISR");
  await page.keyboard.press("r");
  await expect(board(page).getByText("slow disk")).toBeHidden();
  await expect(cell(page, "orders-0", 3)).not.toHaveAccessibleName(/out of sync/, { timeout: 60_000 });
});

test("broker configs are set for one or for all, and refused in Kafka's words", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await select(page, "Broker 2");
  const config = panels(page).locator("form", { hasText: "Broker configuration" });
  await config.getByLabel("config").selectOption("min.insync.replicas");
  await config.getByLabel("for").selectOption("this broker");
  await config.getByLabel("value").fill("2");
  await expect(config).toContainText("--entity-type brokers --entity-name 2 --alter --add-config min.insync.replicas=2");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText("Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  await config.getByLabel("for").selectOption("all brokers");
  await expect(config).toContainText("--entity-default");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(reply(page)).toContainText(/all brokers: min.insync.replicas=2 · done/);
  await config.getByLabel("config").selectOption("num.io.threads (needs a restart)");
  await config.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText(
    "InvalidRequestException: Cannot update these configs dynamically: [num.io.threads]",
  );
});

test("a producer's keys and sizes change, within the limits", async ({ page }) => {
  await open(page);
  await setSpeed(page, 3);
  await select(page, "checkout");
  const keys = panels(page).locator("form", { hasText: "different keys" });
  await keys.getByLabel("different keys").fill("1");
  await expect(keys).toContainText("kafka-verifiable-producer.sh");
  await keys.getByRole("button", { name: "Set" }).click();
  await expect(reply(page)).toContainText("checkout uses 1 key in turn");
  const size = panels(page).locator("form", { hasText: "Size of a value" });
  await size.getByLabel("bytes").fill("2000000");
  await size.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText("the playground allows at most 10000");
});

test("partitions are added and leaders elected", async ({ page }) => {
  await open(page);
  await setSpeed(page, 10);
  await page.getByRole("button", { name: "Act on topics" }).click();
  const more = panels(page).locator("form", { hasText: "Add partitions" });
  await more.getByLabel("partitions in all").fill("4");
  await more.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("alert")).toContainText("InvalidPartitionsException: Topic already has 4 partition(s).");
  await more.getByLabel("partitions in all").fill("5");
  await more.getByRole("button", { name: "Set" }).click();
  await expect(cell(page, "orders-4", 1)).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("k");
  await setSpeed(page, 30);
  const head = board(page).getByRole("columnheader", { name: /^orders-1, leader 3/ });
  await expect(head).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Act on topics" }).click();
  await panels(page).getByRole("button", { name: "Elect the preferred leaders" }).click();
  await expect(page.getByRole("alert")).toContainText("PreferredLeaderNotAvailableException");
  await expect(reply(page)).toContainText("kafka-leader-election.sh");
});

for (const [width, theme] of [[1440, "light"], [1440, "dark"], [1024, "light"], [390, "dark"]]) {
  test(`acting is accessible at ${width} in ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await open(page);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await select(page, "checkout");
    await expect(panels(page).locator("form", { hasText: "Configuration" })).toBeVisible();
    await expectAccessible(page);
    const config = panels(page).locator("form", { hasText: "Configuration" });
    await config.getByLabel("value").fill("7");
    await config.getByRole("button", { name: "Set" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expectAccessible(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
