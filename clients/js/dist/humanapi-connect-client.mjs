/*! humanapi-connect-client 3.0.0 by Tributary, Apache-2.0 */
const MODULE_URL = import.meta.url;
const VERSION = '3.0.0';
const PREFIX = 'hapi-connect-';
const FRAME = 'human-api';
const CONTAINER = 'human-api-container';
const OVERLAY = 'human-api-connect-modal-overlay';
const SCOPE = 'hapi__token-container';
const WIDTH = 830;
const HEIGHT = 590;
const LAUNCH_IMAGE = 'images/data-source-type-icons/launch-connect-text.svg';
const inBrowser = typeof window !== 'undefined' && typeof document !== 'undefined';
const loadedFrom = (() => {
const script = inBrowser && (document.currentScript);
const address = (script && script.src) || MODULE_URL;
try {
return address && /^https?:/.test(address) && /humanapi-connect-client@/.test(address) ? new URL(address).origin : '';
} catch {
return '';
}
})();
const settings = { baseURL: loadedFrom, logger: () => {} };
const listeners = new Map();
let current = null;
function run(code, payload) {
if (typeof code !== 'function') return;
try {
code(payload);
} catch (error) {
console.error(error);
}
}
function emit(event, payload) {
for (const listener of [...(listeners.get(event) || [])]) run(listener, payload);
}
const isOn = (value) => Boolean(value) && value !== 'false';
function encode(value) {
let binary = '';
for (const byte of new TextEncoder().encode(JSON.stringify(value))) binary += String.fromCharCode(byte);
return btoa(binary);
}
function address(options) {
const base = options.baseURL || options.__baseURL || settings.baseURL;
if (!base) throw new Error('baseURL is required: pass it to open() or configure()');
const select = options.mode === 'select';
if (!options.token && !(select && !isOn(options.preseed))) throw new Error('token attribute is required');
if (select && !options.clientId && !options.token) throw new Error('clientId is required in select mode');
const root = new URL(base, inBrowser ? document.baseURI : undefined);
if (!root.pathname.endsWith('/')) root.pathname += '/';
const url = new URL(root);
const byMessage = options.tokenTransport === 'message' && Boolean(options.token);
const pinned = Array.isArray(options.pinnedProviders) ? JSON.stringify(options.pinnedProviders) : options.pinnedProviders;
const query = [
['token', byMessage ? '' : options.token],
['tokenTransport', byMessage ? 'message' : ''],
['mode', options.mode],
['clientId', select ? options.clientId : ''],
['preseededSources', select ? encode(options.preseededSources || []) : ''],
['preseed', isOn(options.preseed) ? options.preseed : ''],
['pisId', options.inviteSessionId],
['config', options.config],
['segment', options.segment],
['pinnedProviders', pinned],
['language', options.language],
];
for (const [name, value] of query) if (value) url.searchParams.set(name, String(value));
return { url, root };
}
function style(element, rules) {
for (const [name, value] of Object.entries(rules)) element.style.setProperty(name, value);
}
function show(options) {
const { url, root } = address(options);
const logger = typeof options.logger === 'function' ? options.logger : settings.logger;
const opener = (document.activeElement);
const title = options.title || (options.mode === 'select' ? 'Choose your health providers' : 'Connect your health records');
const trap = isOn(options.enableFocusTrap) || isOn(options.useSentinelTrap);
const host = options.container || document.body;
const container = document.createElement('div');
container.id = CONTAINER;
container.tabIndex = -1;
for (const [name, value] of [['role', 'dialog'], ['aria-modal', 'true'], ['aria-label', title]]) container.setAttribute(name, value);
const frame = document.createElement('iframe');
frame.id = FRAME;
frame.title = title;
frame.setAttribute('allow', 'clipboard-write; publickey-credentials-get');
frame.setAttribute('referrerpolicy', 'no-referrer');
frame.setAttribute(
'sandbox',
'allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation',
);
const overlay = document.createElement('div');
overlay.id = OVERLAY;
style(container, { position: 'fixed', 'z-index': '9999', overflow: 'hidden', 'background-color': '#fff' });
style(frame, { width: '100%', height: '100%', border: '0', display: 'block' });
style(frame, { background: `#fff url("${new URL(LAUNCH_IMAGE, root).href}") no-repeat center` });
style(overlay, { position: 'fixed', inset: '0', 'z-index': '9990', background: '#333' });
style(overlay, { opacity: String(options.overlayOpacity == null ? '0.6' : options.overlayOpacity) });
function layout() {
const modal = window.innerWidth >= WIDTH && window.innerHeight >= HEIGHT;
style(container, {
width: modal ? `${WIDTH}px` : '100%',
height: modal ? `${HEIGHT}px` : '100%',
left: modal ? `calc(50% - ${WIDTH / 2}px)` : '0',
top: modal ? `calc(50% - ${HEIGHT / 2}px)` : '0',
'border-radius': modal ? '8px' : '0',
});
}
function sentinel(end) {
const stop = document.createElement('button');
stop.type = 'button';
stop.setAttribute('data-focus-sentinel', end);
stop.setAttribute('aria-hidden', 'true');
style(stop, { position: 'absolute', width: '1px', height: '1px', padding: '0', border: '0', opacity: '0' });
stop.addEventListener('focus', focus);
return stop;
}
function focus() {
frame.focus();
if (frame.contentWindow) frame.contentWindow.focus();
}
function receive(event) {
if (event.source !== frame.contentWindow || event.origin !== root.origin) return;
const data = event.data;
if (!data || typeof data !== 'object' || typeof data.type !== 'string' || !data.type.startsWith(PREFIX)) return;
logger('message', data);
const { type, ...payload } = data;
const kind = type.slice(PREFIX.length);
if (kind === 'ready') {
if (options.tokenTransport === 'message' && frame.contentWindow) {
frame.contentWindow.postMessage({ type: `${PREFIX}token`, token: options.token }, root.origin);
}
if (!widget.ready) emit('ready', data);
widget.ready = true;
return;
}
const known = {
'connect-source': ['connect', options.onConnectSource],
'disconnect-source': ['disconnect', options.onDisconnectSource],
error: ['error', options.onError],
'open-url': ['open-url', options.onOpenUrl],
close: ['close', options.onClose],
};
if (!Object.prototype.hasOwnProperty.call(known, kind)) return;
const [event_, callback] = known[kind];
try {
emit(event_, kind === 'error' ? { code: data.code, message: data.message || data.error, ...data } : data);
run(callback, kind === 'error' ? { code: data.code, message: data.message || data.error, ...payload } : payload);
} finally {
if (kind === 'close') widget.end(payload);
}
}
function escape(event) {
if (event.key === 'Escape' && isOn(options.closeOnEscape)) widget.end();
}
let settle = () => {};
const widget = {
ready: false,
closed: new Promise((resolve) => {
settle = resolve;
}),
end(payload) {
if (current !== widget) return;
current = null;
window.removeEventListener('message', receive);
window.removeEventListener('resize', layout);
document.removeEventListener('keydown', escape);
container.remove();
overlay.remove();
if (locked) document.documentElement.style.setProperty('overflow', overflow);
if (opener && typeof opener.focus === 'function' && opener.isConnected !== false) opener.focus();
logger('closed');
settle(payload);
},
};
const locked = isOn(options.lockScroll);
const overflow = document.documentElement.style.getPropertyValue('overflow');
if (locked) document.documentElement.style.setProperty('overflow', 'hidden');
frame.addEventListener('load', focus, { once: true });
window.addEventListener('message', receive);
window.addEventListener('resize', layout);
document.addEventListener('keydown', escape);
layout();
frame.src = url.href;
if (trap) container.append(sentinel('start'), frame, sentinel('end'));
else container.append(frame);
host.append(container, overlay);
logger('opened');
return widget;
}
function open(options) {
try {
if (!options || typeof options !== 'object' || Array.isArray(options)) throw new Error('open() takes an options object');
if (!inBrowser) throw new Error('Connect opens in a browser only');
if (current) return null;
const widget = show(options);
current = widget;
emit('open', undefined);
return { close: () => widget.end(), closed: widget.closed };
} catch (error) {
console.error(error);
throw error;
}
}
function close() {
if (current) current.end();
}
const isOpen = () => current !== null;
function on(event, listener) {
if (typeof listener !== 'function') {
console.error(`the listener for "${event}" is not a function`);
return;
}
listeners.set(event, [...(listeners.get(event) || []), listener]);
}
function off(event, listener) {
if (!listener) listeners.delete(event);
else listeners.set(event, (listeners.get(event) || []).filter((known) => known !== listener && Reflect.get(known, 'listener') !== listener));
}
function once(event, listener) {
if (typeof listener !== 'function') return on(event, listener);
const first = Object.assign((payload) => {
off(event, first);
listener(payload);
}, { listener });
on(event, first);
}
function configure(given) {
if (given && given.baseURL) settings.baseURL = given.baseURL;
if (given && typeof given.logger === 'function') settings.logger = given.logger;
}
function read(element) {
const get = (name) => element.getAttribute(`data-hapi-${name}`) || undefined;
const has = (name) => element.hasAttribute(`data-hapi-${name}`) && element.getAttribute(`data-hapi-${name}`) !== 'false';
const sources = get('preseeded-sources');
return {
token: get('token'),
mode: get('mode') === 'select' ? 'select' : 'auth',
baseURL: get('base-url'),
preseed: has('preseed'),
enableFocusTrap: has('focus-trap'),
useSentinelTrap: has('use-sentinel-trap'),
segment: get('segment'),
pinnedProviders: get('pinned-providers'),
clientId: get('client-id'),
config: get('config'),
preseededSources: sources ? list(sources) : undefined,
inviteSessionId: get('invite-session-id'),
language: get('language'),
overlayOpacity: get('overlay-opacity'),
version: 'V2',
};
}
function list(text) {
try {
const value = JSON.parse(text);
if (Array.isArray(value)) return value;
} catch {
}
return text.split(',').map((item) => item.trim()).filter(Boolean);
}
function scan(root) {
if (!inBrowser) return;
const lost = [...(root || document).querySelectorAll('[data-hapi-token]')].some((element) => !element.closest(`.${SCOPE}`));
if (lost) emit('error', `No element of class ${SCOPE} around [data-hapi-token]`);
}
function click(event) {
const target = event.target instanceof Element ? event.target.closest('[data-hapi-token]') : null;
if (!target || !target.closest(`.${SCOPE}`)) return;
event.preventDefault();
if (current) return;
try {
open(read((target)));
} catch (error) {
emit('error', { code: 'OPTIONS', message: error instanceof Error ? error.message : String(error) });
}
}
const BOUND = '__tributaryConnectBound';
if (inBrowser && !Reflect.get(window, BOUND)) {
Reflect.set(window, BOUND, true);
document.addEventListener('click', click);
document.addEventListener('DOMContentLoaded', () => scan(undefined));
window.addEventListener('load', () => scan(undefined));
}
const api = { open, on, off, once, close, isOpen, scan, configure, version: VERSION };
api.HumanConnect = api;
api.default = api;
export { open, on, off, once, close, isOpen, scan, configure, VERSION as version, api as HumanConnect };
export default api;
