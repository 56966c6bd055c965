import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { open } from './page.mjs';

const TOKEN = 'hst-1';
const close = { type: 'hapi-connect-close', status: 'SUCCESS' };
const gone = (page) => ['human-api', 'human-api-container', 'human-api-connect-modal-overlay'].every((id) => !page.find(id));
const query = (page) => Object.fromEntries(page.address().searchParams);

test('a button opens one widget, whatever was scanned and how often', () => {
  const page = open();
  page.window.dispatch('load');
  page.window.dispatch('load');
  const button = page.button({ 'data-hapi-token': '' });
  button.setAttribute('data-hapi-token', TOKEN);
  button.click();
  button.click();
  assert.equal(page.document.querySelectorAll('#human-api').length, 1);
  assert.deepEqual(query(page), { token: TOKEN, mode: 'auth' });
  assert.deepEqual(page.errors, []);
});

test('open() opens, and answers null while something is open', () => {
  const page = open();
  const handle = page.client.open({ token: TOKEN });
  assert.equal(typeof handle.close, 'function');
  assert.equal(page.client.open({ token: TOKEN }), null);
  assert.equal(page.client.isOpen(), true);
  assert.equal(page.address().origin, 'https://connect.example');
  assert.deepEqual(page.errors, []);
});

test('AMD and CommonJS load the same client, also where there is no window', async () => {
  assert.equal(typeof open({ amd: true }).client.open, 'function');
  const required = createRequire(import.meta.url)('../dist/humanapi-connect-client.js');
  assert.equal(required.HumanConnect, required.default);
  assert.equal(required.isOpen(), false);
  const imported = await import('../dist/humanapi-connect-client.mjs');
  assert.equal(imported.HumanConnect, imported.default);
  assert.equal(typeof imported.open, 'function');
  assert.equal(imported.version, required.version);
});

test('every option has its parameter', () => {
  const cases = [
    [{ token: TOKEN }, { token: TOKEN }],
    [{ token: TOKEN, clientId: 'c', preseed: 'false' }, { token: TOKEN }],
    [{ token: TOKEN, preseed: true, inviteSessionId: 'i', config: 'k', segment: 's', pinnedProviders: 'a,b', language: 'es' },
      { token: TOKEN, preseed: 'true', pisId: 'i', config: 'k', segment: 's', pinnedProviders: 'a,b', language: 'es' }],
    [{ mode: 'select', clientId: 'c' }, { mode: 'select', clientId: 'c', preseededSources: 'W10=' }],
    [{ mode: 'select', clientId: 'c', preseededSources: ['Hôpital'] },
      { mode: 'select', clientId: 'c', preseededSources: Buffer.from('["Hôpital"]').toString('base64') }],
    [{ token: TOKEN, tokenTransport: 'message' }, { tokenTransport: 'message' }],
  ];
  for (const [options, expected] of cases) {
    const page = open();
    page.client.open(options);
    assert.deepEqual(query(page), expected);
  }
});

test('a base URL keeps its path and gets one slash', () => {
  for (const baseURL of ['https://connect.example/care', 'https://connect.example/care/']) {
    const page = open();
    page.client.open({ token: TOKEN, baseURL });
    assert.equal(page.address().pathname, '/care/');
    assert.match(page.find('human-api').rules.get('background'), /example\/care\/images\/data-source/);
  }
});

test('what cannot open says so', () => {
  const page = open();
  for (const options of [undefined, [], 'x', {}, { mode: 'select' }, { mode: 'select', clientId: 'c', preseed: true }]) {
    assert.throws(() => page.client.open(options), { name: 'Error' });
  }
  assert.throws(() => open({ src: null }).client.open({ token: TOKEN }), /baseURL/);
  assert.throws(() => open({ src: 'https://cdn.example/app.js' }).client.open({ token: TOKEN }), /baseURL/);
});

test('a forged message changes nothing', () => {
  const page = open();
  let heard = 0;
  page.client.on('close', () => { heard += 1; });
  page.client.open({ token: TOKEN, onClose: () => { heard += 1; } });
  page.say(close, { source: {} });
  page.say(close, { origin: 'https://evil.example' });
  for (const data of [null, undefined, 'hapi-connect-close', 7, { type: 7 }, { type: 'close' }, { type: 'hapi-connect-constructor' }]) page.say(data);
  assert.equal(heard, 0);
  assert.equal(page.client.isOpen(), true);
});

test('callbacks get the payload without its type, listeners with it', () => {
  const page = open();
  const heard = [];
  for (const event of ['connect', 'disconnect', 'open-url', 'error']) page.client.on(event, (payload) => heard.push([event, payload]));
  page.client.open({
    token: TOKEN,
    onConnectSource: (payload) => heard.push(['onConnectSource', payload]),
    onError: (payload) => heard.push(['onError', payload]),
  });
  const sent = [
    { type: 'hapi-connect-connect-source', status: 'CONNECTED_SOURCE' },
    { type: 'hapi-connect-disconnect-source', status: 'DISCONNECTED_SOURCE' },
    { type: 'hapi-connect-open-url', url: 'https://x.example' },
    { type: 'hapi-connect-error', code: 'SESSION_TOKEN_EXPIRED', error: 'over' },
  ];
  for (const data of sent) page.say(data);
  const plain = JSON.parse(JSON.stringify(heard));
  assert.deepEqual(plain.slice(0, 2), [['connect', sent[0]], ['onConnectSource', { status: 'CONNECTED_SOURCE' }]]);
  assert.deepEqual(plain[2], ['disconnect', sent[1]]);
  assert.deepEqual(plain[4][1].message, 'over');
  assert.deepEqual(plain[5], ['onError', { code: 'SESSION_TOKEN_EXPIRED', message: 'over', error: 'over' }]);
});

test('closing takes everything away and gives focus back, even when a callback throws', async () => {
  const page = open();
  const button = page.button({ id: 'x' });
  button.focus();
  page.client.on('close', () => { throw new Error('mine'); });
  const handle = page.client.open({ token: TOKEN, lockScroll: true, onClose: () => { throw new Error('mine too'); } });
  page.say(close);
  assert.ok(gone(page));
  assert.equal(page.document.activeElement, button);
  assert.equal(page.window.count('message') + page.window.count('resize'), 0);
  assert.equal(page.document.documentElement.rules.get('overflow'), '');
  assert.deepEqual({ ...(await handle.closed) }, { status: 'SUCCESS' });
  assert.equal(page.errors.length, 2);
});

test('listeners can be once and can leave', () => {
  const page = open();
  let one = 0;
  let two = 0;
  let never = 0;
  const leaving = () => { never += 1; };
  page.client.once('open', () => { one += 1; });
  page.client.on('open', () => { two += 1; });
  page.client.on('open', leaving);
  page.client.once('open', leaving);
  page.client.off('open', leaving);
  page.client.open({ token: TOKEN });
  page.client.close();
  page.client.open({ token: TOKEN });
  page.client.on('open', 'not a function');
  assert.deepEqual([one, two, never, page.errors.length], [1, 2, 0, 1]);
});

test('small windows are filled, others show a dialog in the middle', () => {
  for (const [width, height, modal] of [[829, 590, false], [830, 589, false], [830, 590, true], [360, 740, false]]) {
    const page = open({ width, height });
    page.client.open({ token: TOKEN });
    const rules = page.find('human-api-container').rules;
    assert.equal(rules.get('width'), modal ? '830px' : '100%', `${width}×${height}`);
    assert.equal(rules.get('border-radius'), modal ? '8px' : '0');
    page.window.innerWidth = 400;
    page.window.dispatch('resize');
    assert.equal(rules.get('width'), '100%');
  }
});

test('the frame may do what a login needs, and is named for those who cannot see it', () => {
  const page = open();
  page.client.open({ token: TOKEN, enableFocusTrap: true });
  const frame = page.find('human-api');
  assert.ok(frame.title && page.find('human-api-container').getAttribute('aria-label'));
  assert.equal(frame.getAttribute('referrerpolicy'), 'no-referrer');
  assert.match(frame.getAttribute('sandbox'), /allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation/);
  frame.dispatch('load');
  assert.equal(page.document.activeElement, frame);
  const stops = page.document.querySelectorAll('[data-focus-sentinel]');
  stops[1].focus();
  assert.deepEqual([stops.length, page.document.activeElement], [2, frame]);
});

test('a token by message goes to the exact origin, after ready', () => {
  const page = open();
  page.client.open({ token: TOKEN, tokenTransport: 'message' });
  page.say({ type: 'hapi-connect-ready' });
  const sent = JSON.parse(JSON.stringify(page.find('human-api').contentWindow.sent));
  assert.deepEqual(sent, [[{ type: 'hapi-connect-token', token: TOKEN }, 'https://connect.example']]);
});

test('a token outside a container is told of, a page without any is left alone', () => {
  const page = open();
  const heard = [];
  page.client.on('error', (text) => heard.push(text));
  page.window.dispatch('load');
  assert.equal(heard.length, 0);
  page.button({ 'data-hapi-token': TOKEN }, 'elsewhere').click();
  page.window.dispatch('load');
  assert.deepEqual([heard.length, typeof heard[0], page.client.isOpen()], [1, 'string', false]);
});

test('attributes say what options say', () => {
  const page = open();
  page.button({
    'data-hapi-token': TOKEN, 'data-hapi-mode': 'select', 'data-hapi-client-id': 'c', 'data-hapi-preseed': 'false',
    'data-hapi-segment': 's', 'data-hapi-preseeded-sources': 'a, b', 'data-hapi-base-url': 'https://other.example',
  }).click();
  assert.equal(page.address().origin, 'https://other.example');
  assert.deepEqual(query(page), { token: TOKEN, mode: 'select', clientId: 'c', segment: 's', preseededSources: Buffer.from('["a","b"]').toString('base64') });
});
