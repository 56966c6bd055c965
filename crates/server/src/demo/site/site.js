// The example site's page: three lines of integration (token, button, events); the rest shows results.
const button = document.getElementById("connect");
const user = document.getElementById("user");
const outcome = document.getElementById("outcome");
const log = document.getElementById("log");

const asked = new URLSearchParams(location.search).get("user");
if (asked) {
  if (![...user.options].some((option) => option.value === asked)) user.add(new Option(asked));
  user.value = asked;
}

// The button keeps its old token while a new one is on its way: a disabled button would lose the focus.
async function freshToken() {
  const answer = await fetch(`/api/token?user=${encodeURIComponent(user.value)}`, { method: "POST" });
  const { token, error } = await answer.json();
  if (error) { outcome.textContent = error; return; }
  button.dataset.hapiToken = token;
  button.disabled = false;
}

const dated = ["dateTime", "resultDateTime", "startDate", "date"];

function row(record) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = record.name ?? record.visitType ?? "";
  if (record.results) name.textContent = record.results.map((r) => `${r.name} ${r.value} ${r.unit ?? ""}`).join(", ");
  const when = record.dates?.[0] ?? record.dateRange?.start ?? dated.map((field) => record[field]).find(Boolean);
  item.append(name);
  if (when) {
    const time = document.createElement("time");
    time.dateTime = when;
    time.textContent = when.slice(0, 10);
    item.append(time);
  }
  return item;
}

async function showRecords() {
  const answer = await fetch(`/api/records?user=${encodeURIComponent(user.value)}`);
  const { collections = [], sources = [] } = await answer.json();
  const section = document.getElementById("records");
  section.replaceChildren();
  section.dataset.sources = sources.map((source) => source.sourceName).join(", ");
  if (sources.length) {
    const line = document.createElement("p");
    line.textContent = `Connected: ${section.dataset.sources}`;
    section.append(line);
  }
  for (const { id, title, total, rows } of collections.filter((collection) => collection.total > 0)) {
    const heading = document.createElement("h2");
    heading.textContent = `${title} `;
    const count = document.createElement("span");
    count.textContent = total;
    count.dataset.count = id;
    heading.append(count);
    const list = document.createElement("ul");
    list.append(...rows.map(row));
    section.append(heading, list);
  }
}

function note(event, payload) {
  log.textContent += `${event} ${JSON.stringify(payload, null, 1)}\n`;
}

function listen() {
  for (const event of ["connect", "disconnect", "error"]) HumanConnect.on(event, (payload) => note(event, payload));
  HumanConnect.on("close", async (payload) => {
    note("close", payload);
    window.lastClose = payload;
    const names = payload.sessionResults.connectedSources.map((source) => source.name);
    outcome.textContent = names.length ? `Connected ${names.join(", ")}.` : `Connect closed: ${payload.status}.`;
    await Promise.all([showRecords(), freshToken()]);
  });
}

if (window.HumanConnect) listen();
else document.querySelector("script[src*='humanapi-connect-client']").addEventListener("load", listen);
user.addEventListener("change", () => { showRecords(); freshToken(); });
const status = new URLSearchParams(location.search).get("status");
if (status) outcome.textContent = `Connect ended: ${status}.`;
freshToken();
showRecords();
