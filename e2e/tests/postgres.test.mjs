// The same loop with PostgreSQL underneath.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Demo } from "../lib/demo.mjs";

const server = process.env.TRIBUTARY_TEST_POSTGRES;
if (!server) console.error("SKIPPED: the loop on PostgreSQL (set TRIBUTARY_TEST_POSTGRES, as ./check does)");

if (server) {
  test("a demo on PostgreSQL seeds, syncs, survives a kill and goes on", async () => {
    const name = `tributary_e2e_${process.pid}`;
    execFileSync("psql", [server, "-qc", `create database ${name}`]);
    const demo = new Demo({ env: { TRIBUTARY_DATABASE: server.replace(/\/[^/]*$/, `/${name}`) } });
    try {
      await demo.start();
      const user = demo.card.users.connected;
      const rows = await demo.all(user, "test_results");
      assert.ok(rows.length > 0);
      assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
      assert.equal((await demo.token(user, "session")).status, 403);
      await demo.kill("SIGKILL");
      await demo.start();
      assert.deepEqual(await demo.all(user, "test_results"), rows);
    } finally {
      await demo.stop();
      execFileSync("psql", [server, "-qc", `drop database ${name} with (force)`]);
    }
  });
}
