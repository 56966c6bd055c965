// A page just large enough for the client.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const UMD = readFileSync(new URL('../dist/humanapi-connect-client.js', import.meta.url), 'utf8');

class Target {
  listeners = new Map();
  addEventListener(type, listener) {
    this.listeners.set(type, [...(this.listeners.get(type) || []), listener]);
  }
  removeEventListener(type, listener) {
    this.listeners.set(type, (this.listeners.get(type) || []).filter((known) => known !== listener));
  }
  dispatch(type, event = {}) {
    for (const listener of [...(this.listeners.get(type) || [])]) listener({ type, preventDefault() {}, ...event });
  }
  count(type) {
    return (this.listeners.get(type) || []).length;
  }
}

class Element extends Target {
  constructor(page, tag) {
    super();
    this.page = page;
    this.tag = tag;
    this.children = [];
    this.attributes = new Map();
    this.rules = new Map();
    this.style = {
      setProperty: (name, value) => this.rules.set(name, value),
      getPropertyValue: (name) => this.rules.get(name) || '',
    };
    if (tag === 'iframe') this.contentWindow = { focus() {}, sent: [], postMessage(...message) { this.sent.push(message); } };
  }
  setAttribute(name, value) { this.attributes.set(name, String(value)); }
  getAttribute(name) { return this.attributes.get(name) ?? null; }
  hasAttribute(name) { return this.attributes.has(name); }
  append(...children) {
    for (const child of children) {
      child.parent = this;
      this.children.push(child);
    }
  }
  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }
  get isConnected() { return this === this.page.document.documentElement || Boolean(this.parent && this.parent.isConnected); }
  focus() { this.page.document.activeElement = this; this.dispatch('focus'); }
  matches(selector) {
    if (selector.startsWith('.')) return (this.getAttribute('class') || '').split(' ').includes(selector.slice(1));
    if (selector.startsWith('#')) return this.id === selector.slice(1);
    return this.hasAttribute(selector.slice(1, -1));
  }
  closest(selector) { return this.matches(selector) ? this : this.parent ? this.parent.closest(selector) : null; }
  querySelectorAll(selector) { return this.children.flatMap((child) => [...(child.matches(selector) ? [child] : []), ...child.querySelectorAll(selector)]); }
}

/** A window with the client loaded as a script. */
export function open({ width = 1200, height = 800, src = 'https://connect.example/humanapi-connect-client@latest.js', amd = false } = {}) {
  const page = {};
  const root = (page.document = new Target());
  const make = (tag) => new Element(page, tag);
  root.documentElement = make('html');
  root.body = make('body');
  root.documentElement.append(root.body);
  root.createElement = make;
  root.querySelectorAll = (selector) => root.documentElement.querySelectorAll(selector);
  root.baseURI = 'https://app.example/page';
  root.currentScript = src ? { src } : null;
  root.activeElement = root.body;
  const errors = [];
  const window = Object.assign(new Target(), {
    innerWidth: width, innerHeight: height, document: root, Element, URL, TextEncoder, btoa, Promise,
    console: { error: (...error) => errors.push(error), warn: (...warning) => errors.push(warning) },
  });
  window.window = window;
  window.self = window;
  if (amd) window.define = Object.assign((needs, factory) => { page.amd = factory(); }, { amd: {} });
  vm.runInNewContext(UMD, window);
  const find = (id) => root.querySelectorAll(`#${id}`)[0];
  return Object.assign(page, {
    window, errors, find, make,
    client: window.HumanConnect || page.amd,
    address: () => new URL(find('human-api').src),
    say: (data, from = {}) => window.dispatch('message', { data, origin: 'https://connect.example', source: find('human-api')?.contentWindow, ...from }),
    button(attributes, inside = 'hapi__token-container') {
      const container = make('div');
      container.setAttribute('class', inside);
      const button = make('button');
      for (const [name, value] of Object.entries(attributes)) button.setAttribute(name, value);
      const label = make('span');
      button.append(label);
      container.append(button);
      root.body.append(container);
      return Object.assign(button, { click: () => root.dispatch('click', { target: label }) });
    },
  });
}
