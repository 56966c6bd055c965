// The widget's screens at its own size and on phones: no violation of accessibility rules, no sideways scrolling.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { Demo } from "../lib/demo.mjs";
import { choose, consent, launch, login as aLogin, open, popup, shot, signIn, site } from "../lib/browser.mjs";

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

const SIZES = { wide: { width: 830, height: 590 }, phone: { width: 360, height: 740 }, narrow: { width: 320, height: 568 } };

async function inspect(page, name) {
  await page.locator("h1").first().waitFor();
  await shot(page, name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  assert.deepEqual(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target).join(" ")}`), [], name);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("a, button, input:not([type=hidden])")]
      .filter((element) => element.checkVisibility() && !element.closest("p, dd, li.note"))
      .map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent.trim() || element.id }))
      .filter(({ box }) => box.height < 43.5)
      .map(({ text, box }) => `${text} ${box.width}×${box.height}`),
  );
  assert.deepEqual(small, [], `${name}: targets under 44 px`);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of size === "narrow" ? ["light"] : ["light", "dark"]) {
    test(`${size}, ${colorScheme}`, async () => {
      const user = `${size}-${colorScheme}@example.com`;
      const label = (step) => `${size}-${colorScheme}-${step}`;
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      const { body } = await demo.token(user, "session");
      await page.goto(`${demo.card.base_url}/connect?token=${body.session_token}&callback=${demo.card.app_url}/connected`);
      assert.ok(!page.url().includes(body.session_token), "the token stays in no address");
      await inspect(page, label("1-welcome"));
      await page.locator("details summary").click();
      await inspect(page, label("1-welcome-how"));
      await page.getByRole("link", { name: "Choose a provider", exact: true }).click();
      await inspect(page, label("2-search"));
      await page.getByRole("searchbox").fill("ride riverbnd nothing");
      await page.getByRole("searchbox").fill("riverbnd");
      await page.locator("form.card").first().waitFor();
      await inspect(page, label("2-search-results"));
      await page.getByRole("searchbox").fill("zzzzzz");
      await page.locator("#found", { hasText: "Nothing matches" }).waitFor();
      await inspect(page, label("2-search-nothing"));
      await page.getByRole("link", { name: "My provider is not listed" }).click();
      await inspect(page, label("2-unlisted"));
      await page.getByRole("link", { name: "I have a file" }).click();
      await inspect(page, label("2-files"));
      await page.getByLabel("Your files").setInputFiles([{ name: "a-rather-long-name-of-a-file-that-is-none.xml", mimeType: "text/xml", buffer: Buffer.from("<a/>") }]);
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: "not a health record" }).waitFor();
      await inspect(page, label("2-files-refused"));
      await page.goBack();
      await page.goBack();
      await page.getByRole("searchbox").fill("lakeside");
      await page.locator("form.card button", { hasText: /./ }).first().waitFor();
      await inspect(page, label("2-search-portals"));
      await page.getByRole("searchbox").fill("riverbend");
      await page.locator("form.card button", { hasText: "Riverbend" }).first().click();
      await page.getByRole("heading", { name: /^Sign in at/ }).waitFor();
      await inspect(page, label("3-leaving"));

      // The hospital says no, then yes.
      await page.getByRole("link", { name: "Open the sign-in page" }).click();
      await signIn(page, await aLogin(demo, "Riverbend"));
      await page.getByRole("heading", { name: /^What you share/ }).waitFor();
      await shot(page, label("hospital-consent"));
      await consent(page, "Don't allow");
      await page.waitForURL(/\/connect\/.*\/trouble/);
      await inspect(page, label("6-trouble"));
      await page.goBack();
      const { body: again } = await demo.token(user, "session");
      await page.goto(`${demo.card.base_url}/connect?token=${again.session_token}&callback=${demo.card.app_url}/connected`);
      await demo.fault("riverbend", { path: "Immunization", fault: "status:403", times: 1 });
      await demo.fault("riverbend", { path: "Observation", fault: "slow:300", times: 6 });
      await page.locator("main .actions").getByRole("link").or(page.locator("main .actions").getByRole("button")).first().click();
      if (await page.getByRole("link", { name: "Open the sign-in page" }).count()) await page.getByRole("link", { name: "Open the sign-in page" }).click();
      await signIn(page, await aLogin(demo, "Riverbend"));
      await consent(page);
      await page.getByRole("heading", { name: /^Reading your records|^Your records/ }).waitFor();
      await inspect(page, label("4-progress"));
      await page.getByRole("heading", { name: /^Your records from/ }).waitFor({ timeout: 60_000 });
      await inspect(page, label("4-progress-done"));
      await page.getByRole("link", { name: "Continue" }).click();
      await inspect(page, label("5-connected"));
      await page.getByRole("link", { name: /^Disconnect/ }).click();
      await inspect(page, label("5-disconnect"));
      await page.getByRole("link", { name: "Keep it connected" }).click();
      await page.getByRole("button", { name: "Done" }).click();
      await page.waitForURL((url) => url.origin === demo.card.app_url);
      const back = new URL(page.url());
      assert.equal(back.searchParams.get("status"), "SUCCESS");
      const payload = JSON.parse(Buffer.from(back.searchParams.get("payload"), "base64url").toString());
      assert.equal(payload.currentConnections.length, 1);
      await page.goto(`${demo.card.base_url}/connect?token=hst-nonsense`);
      await inspect(page, label("6-invalid-token"));
      await page.goto(`${demo.card.base_url}/connect/callback?state=nonsense&code=x`);
      await inspect(page, label("6-unmatched"));
      await context.close();
    });
  }
}

for (const size of ["wide", "phone"]) {
  test(`in the frame of a site: leaving, waiting, mailed links, choosing only (${size})`, async () => {
    const context = await browser.newContext({ viewport: SIZES[size] });
    const page = await site(context, demo, `frame-${size}@example.com`);
    const frame = await open(page);
    await choose(frame, "Riverb", "Riverbend");
    await shot(page, `${size}-frame-3-leaving`);
    const login = await popup(page, frame);
    await frame.getByText(/^Waiting for you to finish/).waitFor();
    await shot(page, `${size}-frame-3-waiting`);
    await login.close();
    // The way out, opened by somebody it was not meant for, asks first.
    const go = await frame.getByRole("link", { name: "Continue in this window" }).getAttribute("href");
    const stranger = await (await browser.newContext({ viewport: SIZES[size] })).newPage();
    await stranger.goto(`${demo.card.base_url}${go}`);
    await inspect(stranger, `${size}-3-mailed`);
    assert.equal(new URL(stranger.url()).origin, demo.card.base_url, "nobody leaves without being asked");
    await stranger.goto(`${demo.card.base_url}/connect?mode=select&clientId=${demo.card.client_id}`);
    await inspect(stranger, `${size}-2-select`);
    await stranger.context().close();
    await context.close();
  });
}

test("without script the whole way still works", async () => {
  const context = await browser.newContext({ viewport: SIZES.wide, javaScriptEnabled: false });
  const page = await context.newPage();
  const { body } = await demo.token("plain@example.com", "session");
  await page.goto(`${demo.card.base_url}/connect?token=${body.session_token}&callback=${demo.card.app_url}/connected`);
  await page.getByRole("link", { name: "Choose a provider", exact: true }).click();
  await page.getByRole("searchbox").fill("riverbend");
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("form.card button", { hasText: "Riverbend" }).first().click();
  await page.getByRole("link", { name: "Open the sign-in page" }).click();
  await signIn(page, await aLogin(demo, "Riverbend"));
  await consent(page);
  await page.getByRole("heading", { name: /^Your records from/ }).waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.waitForURL((url) => url.origin === demo.card.app_url);
  await context.close();
});
