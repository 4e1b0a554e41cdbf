// What every spec needs: a page whose complaints fail the test, and a look at its accessibility.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";

export { expect };

// `complaints` collects console errors, uncaught errors and failed requests, and must be empty when the test ends.
// A spec that provokes one takes it out: `complaints.length = 0`.
export const test = base.extend({
  complaints: [
    async ({ page }, use) => {
      const complaints = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

// Fails on any finding of the WCAG 2.2 AA rules.
export async function expectAccessible(page) {
  const axe = new AxeBuilder({ page });
  const { violations } = await axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
  expect(findings).toEqual([]);
}
