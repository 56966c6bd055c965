// The browser client in a real page: the contract's conformance checks.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Demo } from "../lib/demo.mjs";
import { launch, site } from "../lib/browser.mjs";

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

const IDS = "#human-api, #human-api-container, #human-api-connect-modal-overlay";

async function page(size = { width: 1280, height: 800 }, user = "client@example.com") {
  const context = await browser.newContext({ viewport: size });
  return site(context, demo, user);
}

test("a second open answers null, a synthetic load twice still opens one", async () => {
  const p = await page();
  await p.evaluate(() => {
    window.dispatchEvent(new Event("load"));
    window.dispatchEvent(new Event("load"));
  });
  await p.locator("#connect").click();
  assert.equal(await p.locator("iframe").count(), 1);
  assert.equal(await p.evaluate(() => HumanConnect.open({ token: "x" })), null);
  assert.equal(await p.locator("iframe").count(), 1);
  assert.equal(await p.evaluate(() => HumanConnect.isOpen()), true);
  await p.context().close();
});

test("forged messages change nothing; the real close removes everything and gives the focus back", async () => {
  const p = await page();
  await p.locator("#connect").focus();
  await p.keyboard.press("Enter");
  const frame = p.frameLocator("iframe");
  await frame.locator("h1").waitFor();
  await p.evaluate(async () => {
    const forge = (type) => ({ type, status: "SUCCESS", sessionResults: { connectedSources: [{ id: "x", name: "x" }], disconnectedSources: [], requestedSources: [] }, currentConnections: [], requestedProviders: [] });
    const stranger = document.createElement("iframe");
    document.body.append(stranger);
    const script = stranger.contentDocument.createElement("p");
    stranger.contentDocument.body.append(script);
    for (const type of ["hapi-connect-close", "close", "hapi-connect-connect-source"]) {
      stranger.contentWindow.parent.postMessage(forge(type), "*");
      window.postMessage(forge(type), "*");
    }
    for (const data of [null, undefined, 7, "close", { type: 7 }, { type: null }, []]) window.postMessage(data, "*");
    await new Promise((done) => setTimeout(done, 300));
    stranger.remove();
  });
  assert.equal(await p.locator("#human-api").count(), 1, "still open");
  assert.equal(await p.evaluate(() => window.lastClose), undefined);
  await frame.getByRole("button", { name: "Close" }).click();
  await p.waitForFunction(() => window.lastClose);
  assert.equal(await p.locator(IDS).count(), 0);
  assert.equal(await p.evaluate(() => document.activeElement?.id), "connect");
  assert.deepEqual(p.troubles, []);
  await p.context().close();
});

test("830×590 is a dialog, anything smaller the whole screen", async () => {
  for (const [width, height, whole] of [[830, 590, false], [829, 590, true], [830, 589, true], [1280, 800, false]]) {
    const p = await page({ width, height }, `size-${width}-${height}@example.com`);
    await p.locator("#connect").click();
    const box = await p.locator("#human-api").boundingBox();
    const radius = await p.locator("#human-api-container").evaluate((element) => getComputedStyle(element).borderTopLeftRadius);
    assert.deepEqual([Math.round(box.width), Math.round(box.height)], whole ? [width, height] : [830, 590], `${width}×${height}`);
    assert.equal(radius === "0px", whole);
    await p.context().close();
  }
});

test("the address carries what the contract lists, and nothing else", async () => {
  const p = await page();
  const urls = [];
  p.on("request", (request) => request.isNavigationRequest() && request.frame() !== p.mainFrame() && urls.push(new URL(request.url())));
  await p.evaluate((baseURL) => {
    HumanConnect.open({ token: "hst-x", mode: "auth", clientId: "c", config: "one", segment: "s p", pinnedProviders: "a,b", preseed: true, inviteSessionId: "i1", baseURL });
  }, demo.card.base_url);
  await p.locator("iframe").waitFor();
  await p.waitForTimeout(300);
  const query = Object.fromEntries(urls[0].searchParams);
  assert.equal(query.token, "hst-x");
  assert.equal(query.mode, "auth");
  assert.equal(query.config, "one");
  assert.equal(query.segment, "s p");
  assert.equal(query.pinnedProviders, "a,b");
  assert.equal(query.preseed, "true");
  assert.equal(query.pisId, "i1");
  assert.equal(query.clientId, undefined, "clientId is for select mode only");
  await p.context().close();
});

test("every CDN name is served, and a build without a window loads", async () => {
  const texts = new Set();
  for (const name of ["latest", "2", "3", "1.2.3", "2.4.3", "2.4.5"]) {
    const answer = await fetch(`${demo.card.base_url}/humanapi-connect-client@${name}.js`);
    assert.equal(answer.status, 200, name);
    assert.match(answer.headers.get("content-type"), /javascript/);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    texts.add(await answer.text());
  }
  assert.equal(texts.size, 1);
  assert.equal((await fetch(`${demo.card.base_url}/humanapi-connect-client@9.9.9.js`)).status, 404);
  const client = createRequire(import.meta.url)("../../clients/js/dist/humanapi-connect-client.js");
  assert.equal(typeof client.open, "function");
  assert.equal(client.HumanConnect.open, client.open);
  const image = await fetch(`${demo.card.base_url}/images/data-source-type-icons/launch-connect-text.svg`);
  assert.equal(image.status, 200);
});
