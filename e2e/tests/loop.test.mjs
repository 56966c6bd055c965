// The whole loop in a real browser on three origins.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Demo } from "../lib/demo.mjs";
import { choose, consent, launch, login as aLogin, open, popup, shot, signIn, site, widget } from "../lib/browser.mjs";

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

async function context(size = { width: 1280, height: 800 }) {
  return browser.newContext({ viewport: size });
}

async function finish(page, frame) {
  await frame.getByRole("heading", { name: /^Your records from/ }).waitFor({ timeout: 60_000 });
  await frame.getByRole("link", { name: "Continue" }).click();
  await frame.getByRole("button", { name: "Done" }).click();
  await page.waitForFunction(() => window.lastClose);
  return page.evaluate(() => window.lastClose);
}

test("button, widget, search, login in a popup, consent, progress, connected, records", async () => {
  const ctx = await context();
  const page = await site(ctx, demo, demo.card.users.new);
  const frame = await open(page);
  await choose(frame, "Riverb", "Riverbend");
  const login = await popup(page, frame);
  assert.equal(new URL(login.url()).origin, demo.card.sandbox_url, "the login is on the hospital's own origin");
  await signIn(login, await aLogin(demo, "Riverbend"));
  const closed = login.waitForEvent("close");
  await consent(login);
  await closed;
  const close = await finish(page, frame);
  assert.equal(close.status, "SUCCESS");
  assert.equal(close.sessionResults.connectedSources.length, 1);
  assert.match(close.sessionResults.connectedSources[0].name, /Riverbend/);
  assert.match(close.sessionResults.connectedSources[0].id, /^[0-9a-f]{24}$/);
  assert.deepEqual(close.currentConnections, close.sessionResults.connectedSources);
  assert.equal(await page.locator("#human-api, #human-api-container, #human-api-connect-modal-overlay").count(), 0);

  // The site's server reads the records with an access token.
  await page.locator("[data-count=test_results]").waitFor();
  for (const kind of ["test_results", "vitals", "encounters", "issues"]) {
    assert.ok(Number(await page.locator(`[data-count=${kind}]`).textContent()) > 0, kind);
  }
  await shot(page, "site-records");

  // One connect message, then one close.
  const log = await page.locator("#log").textContent();
  assert.equal(log.match(/^connect /gm)?.length, 1);
  assert.equal(log.match(/^close /gm)?.length, 1);

  // Now connected: a session is refused, an id token opens the widget on the list.
  assert.equal((await demo.token(demo.card.users.new, "session")).status, 403);
  const again = await open(page);
  await again.getByRole("heading", { name: "Your providers" }).waitFor();
  assert.deepEqual(page.troubles, []);
  await ctx.close();
});

test("the popup is blocked: the link opens it, and the same window works too", async () => {
  const ctx = await context();
  await ctx.addInitScript(() => (window.open = () => null));
  const page = await site(ctx, demo, "blocked@example.com");
  let frame = await open(page);
  await choose(frame, "Lakeside");
  const link = frame.getByRole("link", { name: /^Open (the sign-in page|it again)/ });
  const opened = page.context().waitForEvent("page");
  await link.click();
  const login = await opened;
  await login.getByLabel("User name").waitFor();
  await login.close();

  // The other way: in this window, with a return to the site.
  await frame.getByRole("link", { name: "Continue in this window" }).click();
  await page.getByLabel("User name").waitFor();
  await signIn(page, await aLogin(demo, "Lakeside"));
  await consent(page);
  await page.getByRole("heading", { name: /^Your records from/ }).waitFor({ timeout: 60_000 });
  assert.equal(new URL(page.url()).origin, demo.card.base_url);
  const { status, total } = await demo.data("blocked@example.com", "medical/test_results");
  assert.equal(status, 200);
  assert.ok(total > 0);
  await ctx.close();
});

test("the browser is killed between login and return: a new token goes on where it was", async () => {
  const user = "killed@example.com";
  const first = await launch();
  const page = await site(await first.newContext(), demo, user);
  const frame = await open(page);
  await choose(frame, "Northgate");
  const login = await popup(page, frame);
  await signIn(login, await aLogin(demo, "Northgate"));
  await login.getByRole("heading", { name: /^What you share/ }).waitFor();
  await first.close();

  const ctx = await context();
  const again = await site(ctx, demo, user);
  const resumed = await open(again);
  await resumed.getByRole("heading", { name: /^Sign in at .*Northgate/ }).waitFor();
  const second = await popup(again, resumed);
  await signIn(second, await aLogin(demo, "Northgate"));
  await consent(second);
  const close = await finish(again, resumed);
  assert.equal(close.status, "SUCCESS");
  assert.equal(close.currentConnections.length, 1);
  await ctx.close();
});

test("consent is refused: it says so, keeps nothing, and lets the person try again", async () => {
  const ctx = await context();
  const page = await site(ctx, demo, "refused@example.com");
  const frame = await open(page);
  await choose(frame, "Riverb", "Riverbend");
  const login = await popup(page, frame);
  await signIn(login, await aLogin(demo, "Riverbend"));
  await consent(login, "Don't allow");
  await frame.locator("h1", { hasText: /./ }).filter({ hasNotText: "Sign in at" }).waitFor();
  await shot(page, "trouble-refused");
  const text = await frame.locator("main").textContent();
  assert.match(text, /Riverbend/);
  assert.equal((await demo.token("refused@example.com", "access")).status, 403);
  await frame.getByRole("button", { name: "Close" }).click();
  await page.waitForFunction(() => window.lastClose);
  const close = await page.evaluate(() => window.lastClose);
  assert.deepEqual(close.currentConnections, []);
  await ctx.close();
});

test("a garbled token ends with its status", async () => {
  const ctx = await context();
  const page = await site(ctx, demo, "expired@example.com");
  await page.evaluate(() => (document.getElementById("connect").dataset.hapiToken = "hst-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  const frame = await open(page);
  await shot(page, "token-invalid");
  await frame.locator("main .actions").getByText("Close").click();
  await page.waitForFunction(() => window.lastClose);
  const close = await page.evaluate(() => window.lastClose);
  assert.equal(close.status, "SESSION_TOKEN_INVALID");
  assert.deepEqual(close.sessionResults.connectedSources, []);
  await ctx.close();
});

test("select, disconnect and the list: what was connected is told", async () => {
  const user = demo.card.users.connected;
  const ctx = await context({ width: 900, height: 700 });
  const page = await site(ctx, demo, user);
  const frame = await open(page);
  await frame.getByRole("heading", { name: "Your providers" }).waitFor();
  await frame.getByRole("link", { name: /^Disconnect/ }).first().click();
  await frame.getByRole("heading", { name: /^Disconnect .*\?$/ }).waitFor();
  await frame.getByRole("button", { name: /^Disconnect/ }).click();
  await frame.getByRole("heading", { name: "No provider is connected" }).waitFor();
  await frame.getByRole("button", { name: "Done" }).click();
  await page.waitForFunction(() => window.lastClose);
  const close = await page.evaluate(() => window.lastClose);
  assert.equal(close.sessionResults.disconnectedSources.length, 1);
  assert.deepEqual(close.currentConnections, []);
  const { body } = await demo.data(user, "sources");
  assert.deepEqual(body, []);
  // Connected once: every kind of token is allowed again.
  for (const type of ["session", "id", "access"]) assert.equal((await demo.token(user, type)).status, 200, type);
  await ctx.close();
});

test("the published npm client works unmodified against this server", async () => {

  const script = readFileSync(new URL("../node_modules/humanapi-connect-client/build/humanapi-connect-client.js", import.meta.url), "utf8");
  const user = "published@example.com";
  const { body } = await demo.token(user, "session");
  const ctx = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true });
  const page = await ctx.newPage();
  // The site's own page without our script, and the published one in its place.
  await page.route("**/humanapi-connect-client@*", (route) => route.abort());
  await page.goto(`${demo.card.app_url}/`);
  await page.evaluate(({ token, base }) => {
    document.body.innerHTML = `<div class="hapi__token-container"><button id="go" data-hapi-token="${token}" data-hapi-base-url="${base}">Connect</button></div>`;
  }, { token: body.session_token, base: demo.card.base_url });
  await page.addScriptTag({ content: script });
  await page.evaluate(() => {
    HumanConnect.on("connect", (payload) => (window.theConnect = structuredClone(payload)));
    HumanConnect.on("close", (payload) => (window.theClose = structuredClone(payload)));
    window.dispatchEvent(new Event("load"));
  });
  await page.locator("#go").click();
  const frame = widget(page);
  await frame.locator("h1").waitFor();
  await choose(frame, "Starfleet Med", "Starfleet Medical");
  const login = await popup(page, frame);
  await signIn(login, "demouser");
  await consent(login);
  await frame.getByRole("heading", { name: /^Your records from/ }).waitFor({ timeout: 60_000 });
  await frame.getByRole("link", { name: "Continue" }).click();
  await frame.getByRole("button", { name: "Done" }).click();
  await page.waitForFunction(() => window.theClose);
  const { connected, closed } = await page.evaluate(() => ({ connected: window.theConnect, closed: window.theClose }));
  assert.equal(connected.type, "hapi-connect-connect-source");
  assert.equal(connected.status, "CONNECTED_SOURCE");
  assert.equal(closed.status, "SUCCESS");
  assert.equal(closed.sessionResults.connectedSources[0].id, "55a83bdc8d1eb1420aa1a71b");
  assert.equal(closed.connections[0].name, "Starfleet Medical");
  await ctx.close();
});
