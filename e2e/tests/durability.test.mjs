// Processes die at any time; what a person connected does not.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Demo } from "../lib/demo.mjs";
import { choose, consent, launch, login as aLogin, open, popup, signIn, site } from "../lib/browser.mjs";

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

const KINDS = [
  "allergies", "ccds", "demographics", "encounters", "functional_statuses", "immunizations", "instructions", "issues",
  "medications", "narratives", "plans_of_care", "procedures", "social_history", "test_results", "vitals",
];

async function connect(user, username) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await site(context, demo, user);
  const frame = await open(page);
  await choose(frame, "Riverb", "Riverbend");
  const login = await popup(page, frame);
  await signIn(login, username);
  await consent(login);
  return { context, frame };
}

async function settled(user) {
  for (let tries = 0; tries < 300; tries += 1) {
    const { status, body } = await demo.data(user, "sources");
    if (status === 200 && body[0]?.syncStatus?.status === "ok") return;
    await sleep(200);
  }
  throw new Error("the sync did not end");
}

/** What a record says, apart from ids that differ between two people's connections. */
async function content(user) {
  const all = {};
  for (const kind of KINDS) {
    const rows = await demo.all(user, kind);
    const ids = new Set(rows.map((row) => row.id));
    assert.equal(ids.size, rows.length, `${kind} has a record twice`);
    all[kind] = rows
      .map((row) => JSON.stringify(row, (key, value) => (["id", "createdAt", "updatedAt", "ccd", "href"].includes(key) ? undefined : value)))
      .sort();
  }
  return all;
}

test("kill -9 during the first sync, then start: complete, nothing twice, nothing missing", async () => {
  const username = await aLogin(demo, "Riverbend");
  // The same patient read without interruption is what there is to read.
  const whole = await connect("whole@example.com", username);
  await settled("whole@example.com");
  await whole.context.close();
  const expected = await content("whole@example.com");
  assert.ok(expected.encounters.length > 10);

  // The hospital answers slowly, so that the kill hits the middle.
  await demo.fault("riverbend", { path: "Observation", fault: "slow:2000", times: 200 });
  const cut = await connect("cut@example.com", username);
  await cut.frame.getByRole("heading", { name: /^Reading your records/ }).waitFor();
  await sleep(1500);
  assert.notEqual((await demo.data("cut@example.com", "sources")).body[0].syncStatus.status, "ok", "the kill must come before the end");
  await demo.kill("SIGKILL");
  await cut.context.close();
  await demo.start();
  await settled("cut@example.com");
  assert.deepEqual(await content("cut@example.com"), expected);
});

test("starting again seeds nothing twice and keeps ids, secret and users", async () => {
  const before = demo.card;
  const records = (await demo.data(demo.card.users.connected, "medical/test_results")).total;
  await demo.kill("SIGTERM");
  await demo.start();
  assert.equal(demo.card.client_id, before.client_id);
  assert.equal(demo.card.client_secret, before.client_secret);
  assert.equal((await demo.data(demo.card.users.connected, "sources")).body.length, 1);
  assert.equal((await demo.data(demo.card.users.connected, "medical/test_results")).total, records);
});

test("database, write-ahead log and output hold nothing of a person in clear", async () => {
  const user = demo.card.users.connected;
  const profile = (await demo.data(user, "medical/profile")).body;
  const results = await demo.all(user, "test_results");
  const { body } = await demo.token(user, "access");
  const markers = [
    demo.card.client_secret, body.access_token, body.refresh_token, user,
    profile.demographics.name.family, profile.demographics.address.street[0], results[0].components[0].name,
  ];
  const files = readdirSync(demo.folder).filter((name) => name.startsWith("tributary.db"));
  assert.ok(files.length >= 1);
  for (const name of files) {
    const path = join(demo.folder, name);
    assert.equal(statSync(path).mode & 0o077, 0, `${name} can be read by others`);
    const bytes = readFileSync(path);
    for (const marker of markers) {
      assert.ok(!bytes.includes(marker), `${name} holds ${marker}`);
    }
  }
  for (const marker of markers) {
    assert.ok(!demo.output.includes(marker), `the output holds ${marker}`);
  }
});
