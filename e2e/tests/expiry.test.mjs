// Tokens run out: before the widget opens, and while it is open. The server's clock is moved, not the test's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "../lib/demo.mjs";
import { launch, open, shot, site } from "../lib/browser.mjs";

const LATER = { LD_PRELOAD: "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", FAKETIME: "+2h" };
const demo = new Demo();
let browser;
before(async () => {
  await demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo.stop();
});

async function laterOn() {
  await demo.kill("SIGTERM");
  Object.assign(demo.env, LATER);
  await demo.start();
}

async function closed(page) {
  await page.waitForFunction(() => window.lastClose);
  return page.evaluate(() => window.lastClose);
}

test("a token that ran out before the widget opens, or while it is open, ends with SESSION_TOKEN_EXPIRED", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const waiting = await site(context, demo, "waiting@example.com");
  const looking = await site(context, demo, "looking@example.com");
  const frame = await open(looking);
  await frame.getByRole("heading", { name: /asks for your health records$/ }).waitFor();
  await laterOn();

  const late = await open(waiting);
  await shot(waiting, "token-expired");
  await late.locator("main .actions").getByText("Close").click();
  const before = await closed(waiting);
  assert.equal(before.status, "SESSION_TOKEN_EXPIRED");
  assert.deepEqual(before.currentConnections, []);

  await frame.getByRole("link", { name: "Choose a provider", exact: true }).click();
  await frame.locator("main .actions").getByText("Close").click();
  assert.equal((await closed(looking)).status, "SESSION_TOKEN_EXPIRED");
  await context.close();
});
