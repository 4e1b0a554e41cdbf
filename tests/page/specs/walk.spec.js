// The guided walk on ai_data: a topic, a message, a subscriber, with the commands of Kafka's own tools.
import { board, narrator } from "../board.js";
import { expect, expectAccessible, test } from "../fixtures.js";

test("the walk stops before each of its commands and ends with the printed message", async ({ page }) => {
  await page.goto("./#ai_data");
  await expect(narrator(page)).toContainText("kafka-topics.sh --create --topic ai_data", { timeout: 30_000 });
  await page.getByRole("button", { name: "Create the topic" }).click();
  await expect(narrator(page)).toContainText("kafka-console-producer.sh --topic ai_data", { timeout: 30_000 });
  await expect(board(page).getByRole("columnheader", { name: /^ai_data-3,/ })).toBeVisible();
  await page.getByRole("button", { name: "Publish the message" }).click();
  await expect(narrator(page)).toContainText("kafka-console-consumer.sh --topic ai_data --group ai_readers", { timeout: 30_000 });
  await expectAccessible(page);
  await page.getByRole("button", { name: "Subscribe and print" }).click();
  await expect(narrator(page)).toContainText('{"text": "This is a sample text.", "label": 1}', { timeout: 60_000 });
});

test("the walk speaks Chinese and keeps Kafka's commands", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, locale: "zh-CN" });
  const page = await context.newPage();
  await page.goto("./#ai_data");
  await expect(narrator(page)).toContainText("第 1 步，共 3 步", { timeout: 30_000 });
  await expect(narrator(page)).toContainText("kafka-topics.sh --create");
  await page.getByRole("button", { name: "创建主题" }).click();
  await expect(narrator(page)).toContainText("第 2 步", { timeout: 30_000 });
  await context.close();
});
