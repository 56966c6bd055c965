// Chromium, and the steps a person takes in it.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const shots = fileURLToPath(new URL("../shots", import.meta.url));

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-quic", "--disable-background-networking"],
  });
}

export async function shot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: resolve(shots, `${name}.png`) });
}

/** The example site, signed in as `user`, with everything that goes wrong in the page collected. */
export async function site(context, demo, user) {
  const page = await context.newPage();
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.troubles.push(message.text()));
  await page.goto(`${demo.card.app_url}/?user=${encodeURIComponent(user)}`);
  await page.locator("#connect:enabled").waitFor();
  return page;
}

export function widget(page) {
  return page.frameLocator("iframe");
}

export async function open(page) {
  await page.locator("#connect").click();
  const frame = widget(page);
  await frame.locator("h1").waitFor();
  return frame;
}

/** From the first screen to the one that leads to the provider. */
export async function choose(frame, words, name = words) {
  const start = frame.getByRole("link", { name: "Choose a provider", exact: true });
  if (await start.count()) await start.click();
  await frame.getByRole("searchbox").fill(words);
  await frame.locator("form.card button", { hasText: name }).first().click();
  await frame.getByRole("heading", { name: /^Sign in at/ }).waitFor();
}

/** Opens the login as a popup and answers its page. */
export async function popup(page, frame) {
  const [login] = await Promise.all([page.context().waitForEvent("page"), frame.getByRole("link", { name: /^Open (the sign-in page|it again)/ }).click()]);
  await login.waitForLoadState();
  return login;
}

export async function signIn(login, username, password = "password") {
  await login.getByLabel("User name").fill(username);
  await login.getByLabel("Password").fill(password);
  await login.getByRole("button", { name: "Sign in" }).click();
}

export async function consent(login, answer = "Allow") {
  await login.getByRole("button", { name: answer, exact: true }).click();
}

/** The hospital's page of people, read as a person would to learn a login. */
export async function login(demo, hospital) {
  const page = await (await fetch(`${demo.card.sandbox_url}/`)).text();
  const section = page.slice(page.indexOf(`>${hospital}`) < 0 ? page.indexOf(hospital) : page.indexOf(`>${hospital}`));
  return section.match(/<code>([a-z]+\.[a-z.0-9-]+)<\/code>/)[1];
}
