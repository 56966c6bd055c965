// Starts the release build's demo on free ports, and stops it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const binary = process.env.E2E_BINARY ?? fileURLToPath(new URL("../../target/release/tributary", import.meta.url));

export class Demo {
  constructor({ env = {}, people = 200 } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "tributary-e2e-"));
    this.env = env;
    this.people = people;
    this.output = "";
  }

  /** Starts (again, on the same folder) and waits until everything is seeded. */
  async start() {
    const before = existsSync(this.cardFile) ? readFileSync(this.cardFile, "utf8") : "";
    this.child = spawn(binary, ["demo", "--listen", "127.0.0.1:0", "--data", this.folder, "--people", String(this.people)], {
      env: { ...process.env, ...this.env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (text) => (this.output += text));
    this.exited = new Promise((done) => this.child.once("exit", done));
    const mark = this.output.length;
    for (let tries = 0; !this.output.slice(mark).includes("Tributary is running"); tries += 1) {
      if (this.child.exitCode !== null || tries > 1200) throw new Error(`the demo did not start:\n${this.output}`);
      await sleep(100);
    }
    this.card = JSON.parse(readFileSync(this.cardFile, "utf8"));
    return before;
  }

  get cardFile() {
    return join(this.folder, "demo.json");
  }

  async kill(signal = "SIGKILL") {
    this.child.kill(signal);
    await this.exited;
  }

  async stop() {
    if (this.child?.exitCode === null) await this.kill("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async token(user, type, extra = {}) {
    const answer = await fetch(`${this.card.base_url}/v1/connect/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_id: this.card.client_id,
        client_secret: this.card.client_secret,
        client_user_id: user,
        client_user_email: user,
        type,
        ...extra,
      }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async data(user, path) {
    const { body } = await this.token(user, "access");
    const answer = await fetch(`${this.card.base_url}/v1/human/${path}`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    return { status: answer.status, total: Number(answer.headers.get("x-total-count")), body: await answer.json() };
  }

  /** Every record of a collection, page by page as `Link` leads. */
  async all(user, collection) {
    const { body } = await this.token(user, "access");
    const rows = [];
    let url = `${this.card.base_url}/v1/human/medical/${collection}?limit=500`;
    while (url) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${body.access_token}` } });
      rows.push(...(await answer.json()));
      url = answer.headers.get("link")?.match(/<([^>]+)>; rel="next"/)?.[1];
    }
    return rows;
  }

  async fault(hospital, body) {
    const answer = await fetch(`${this.card.sandbox_url}/${hospital}/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`fault refused: ${answer.status} ${await answer.text()}`);
  }

  async mend(hospital) {
    await fetch(`${this.card.sandbox_url}/${hospital}/faults`, { method: "DELETE" });
  }
}
