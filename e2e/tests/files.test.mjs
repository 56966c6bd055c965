// Files people have: chosen in the widget, told apart, refused in words, read like any other source.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, test } from "node:test";
import { Demo } from "../lib/demo.mjs";
import { launch, open, shot, site } from "../lib/browser.mjs";

const demo = new Demo({ people: 20 });
let browser;
before(async () => {
  await demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo.stop();
});

const section = (code, title, text, entries) => `
  <component><section>
    <code code="${code}" codeSystem="2.16.840.1.113883.6.1"/><title>${title}</title><text>${text}</text>${entries}
  </section></component>`;

const RECORD = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.2"/>
  <id root="2.16.840.1.113883.19.7" extension="doc-1"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary of episode note"/>
  <title>Summary of care</title><effectiveTime value="20251218150000-0500"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.8" extension="77"/>
    <patient><name><given>Robin</given><family>Alder</family></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19840309"/></patient>
  </patientRole></recordTarget>
  <author><time value="20251218"/><assignedAuthor><id root="2.16.840.1.113883.19.9" extension="1"/>
    <assignedPerson><name><given>Dana</given><family>Whitlock</family></name></assignedPerson></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>
    <id root="2.16.840.1.113883.19.5"/><name>Quarry Hill Clinic</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody>${section("48765-2", "Allergies", "Penicillin G: hives", `
    <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.30"/>
      <id root="2.16.840.1.113883.19.6" extension="a1"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
      <statusCode code="active"/><entryRelationship typeCode="SUBJ">
        <observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.7"/>
          <id root="2.16.840.1.113883.19.6" extension="a2"/>
          <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>
          <effectiveTime><low value="20120601"/></effectiveTime>
          <value xsi:type="CD" code="416098002" codeSystem="2.16.840.1.113883.6.96"/>
          <participant typeCode="CSM"><participantRole><playingEntity>
            <code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"/>
          </playingEntity></participantRole></participant>
        </observation></entryRelationship></act></entry>`)}${section("10160-0", "Medications", "Lisinopril 10 mg", `
    <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="2.16.840.1.113883.19.6" extension="m1"/>
      <statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20250201"/></effectiveTime>
      <routeCode code="C38288" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="ORAL"/>
      <consumable><manufacturedProduct><manufacturedMaterial>
        <code code="314076" codeSystem="2.16.840.1.113883.6.88" displayName="lisinopril 10 MG Oral Tablet"/>
      </manufacturedMaterial></manufacturedProduct></consumable>
    </substanceAdministration></entry>`)}
  </structuredBody></component>
</ClinicalDocument>`;

const PAGE = "<!doctype html><html><body><h1>Your session has expired</h1></body></html>";

async function widget(user) {
  const page = await site(await browser.newContext({ viewport: { width: 1280, height: 800 } }), demo, user);
  const frame = await open(page);
  await frame.getByRole("link", { name: "Choose a provider", exact: true }).click();
  await frame.getByRole("link", { name: "I have a file" }).click();
  await frame.getByRole("heading", { name: "Add a file you have" }).waitFor();
  return { page, frame };
}

const file = (name, text, mimeType = "text/xml") => ({ name, mimeType, buffer: Buffer.from(text) });

test("a record file becomes a source with records, and the same file changes nothing", async () => {
  const user = "files@example.com";
  const { page, frame } = await widget(user);
  await frame.getByLabel("Your files").setInputFiles([file("record.xml", RECORD)]);
  await shot(page, "files-chosen");
  await frame.getByRole("button", { name: "Add", exact: true }).click();
  await frame.getByRole("heading", { name: /^Your records from Quarry Hill Clinic/ }).waitFor({ timeout: 60_000 });
  await shot(page, "files-done");
  await frame.getByRole("link", { name: "Continue" }).click();
  await frame.getByText("Quarry Hill Clinic").first().waitFor();
  await frame.getByRole("button", { name: "Done" }).click();
  await page.waitForFunction(() => window.lastClose);
  const close = await page.evaluate(() => window.lastClose);
  assert.equal(close.status, "SUCCESS");
  assert.deepEqual(close.currentConnections.map((one) => one.name), ["Quarry Hill Clinic"]);

  const allergies = await demo.data(user, "medical/allergies");
  assert.equal(allergies.total, 1);
  const [allergy] = allergies.body;
  assert.equal(allergy.name, "Penicillin G");
  assert.equal(allergy.organization.name, "Quarry Hill Clinic");
  const ccds = await demo.data(user, "medical/ccds");
  assert.equal(ccds.total, 1);
  assert.equal(allergy.ccd.id, ccds.body[0].id, "the record says which document it came from");
  assert.equal((await demo.data(user, "medical/medications")).body[0].name, "lisinopril 10 MG Oral Tablet");
  assert.equal((await demo.data(user, "sources")).body[0].sourceName, "Quarry Hill Clinic");

  // Once more, packed: what is there already is told to be there, and nothing moves.
  const { body } = await demo.token(user, "id");
  const again = await (await browser.newContext()).newPage();
  await again.goto(`${demo.card.base_url}/connect?token=${body.id_token}&callback=${demo.card.app_url}/connected`);
  await again.getByRole("heading", { name: "Your providers" }).waitFor();
  await again.getByRole("link", { name: "Add another provider" }).click();
  await again.getByRole("link", { name: "I have a file" }).click();
  const packed = { name: "record.xml.gz", mimeType: "application/gzip", buffer: gzipSync(RECORD) };
  await again.getByLabel("Your files").setInputFiles([packed]);
  await again.getByRole("button", { name: "Add", exact: true }).click();
  await again.getByRole("heading", { name: /^Your records from Quarry Hill Clinic/ }).waitFor({ timeout: 60_000 });
  assert.deepEqual((await demo.data(user, "medical/allergies")).body, allergies.body);
});

test("what is no record is refused in words, and nothing is kept", async () => {
  const user = "refused@example.com";
  const { page, frame } = await widget(user);
  const cases = [
    [file("record.xml", PAGE), /saved web page/],
    [file("record.xml", RECORD.slice(0, 2000)), /ends too early or is damaged/],
    [file("letter.xml", "<letter><to>Ada</to></letter>"), /not a health record file/],
    [file("record.xml", ""), /file is empty/],
  ];
  for (const [chosen, words] of cases) {
    await frame.getByLabel("Your files").setInputFiles([chosen]);
    await frame.getByRole("button", { name: "Add", exact: true }).click();
    await frame.getByRole("alert").filter({ hasText: words }).waitFor({ timeout: 20_000 });
    assert.match(await frame.getByRole("alert").textContent(), new RegExp(chosen.name));
  }
  await shot(page, "files-refused");
  assert.equal((await demo.token(user, "access")).status, 403, "nothing is connected");
});

test("it works without script", async () => {
  const user = "plain@example.com";
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  const { body } = await demo.token(user, "session");
  await page.goto(`${demo.card.base_url}/connect?token=${body.session_token}&callback=${demo.card.app_url}/connected`);
  await page.getByRole("link", { name: "Choose a provider", exact: true }).click();
  await page.getByRole("link", { name: "I have a file" }).click();
  await page.getByLabel("Your files").setInputFiles([file("page.html", PAGE, "text/html")]);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: /saved web page/ }).waitFor();
  await page.getByLabel("Your files").setInputFiles([file("record.xml", RECORD)]);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { name: /^(Reading your records at|Your records from) Quarry Hill Clinic/ }).waitFor();
  await context.close();
});
