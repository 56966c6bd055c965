// Wraps the source into the files in dist/: `node build.mjs`, or `node build.mjs --check` to compare.
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const at = (path) => new URL(path, import.meta.url);
const LIMIT = 6000;

/** Comments and indentation out; nothing that needs to understand the language. */
function lean(source) {
  return source
    .replace(/\/\*\*[\s\S]*?\*\/ ?/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('//'))
    .join('\n');
}

const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const source = lean(readFileSync(at('src/humanapi-connect-client.js'), 'utf8'));
if (!source.includes(`const VERSION = '${version}';`)) throw new Error('the versions of package.json and the source differ');

const licence = `/*! humanapi-connect-client ${version} by Tributary, Apache-2.0 */\n`;
const names = ['open', 'on', 'off', 'once', 'close', 'isOpen', 'scan', 'configure'];

const files = {
  'dist/humanapi-connect-client.js': `${licence}(function (root, factory) {
if (typeof exports === 'object' && typeof module === 'object') module.exports = factory();
else if (typeof define === 'function' && define.amd) define([], factory);
else root.HumanConnect = factory();
})(typeof self !== 'undefined' ? self : this, function () {
'use strict';
const MODULE_URL = '';
${source}
Object.defineProperty(api, '__esModule', { value: true });
return api;
});
`,
  'dist/humanapi-connect-client.mjs': `${licence}const MODULE_URL = import.meta.url;
${source}
export { ${names.join(', ')}, VERSION as version, api as HumanConnect };
export default api;
`,
};

/** For the `integrity` attribute of pages that name an exact version. */
const digests = Object.entries(files).map(([path, text]) => [path.slice('dist/'.length), `sha384-${createHash('sha384').update(text).digest('base64')}`]);
files['dist/integrity.json'] = `${JSON.stringify(Object.fromEntries(digests), null, 2)}\n`;

let stale = false;
for (const [path, text] of Object.entries(files)) {
  const size = gzipSync(text, { level: 9 }).length;
  if (size > LIMIT) throw new Error(`${path} has ${size} bytes compressed; ${LIMIT} is the limit`);
  if (process.argv.includes('--check')) {
    if (readFileSync(at(path), 'utf8') !== text) {
      console.error(`${path} is not what the source gives; run node build.mjs`);
      stale = true;
    }
  } else {
    writeFileSync(at(path), text);
    console.log(`${path}: ${text.length} bytes, ${size} compressed`);
  }
}
process.exit(stale ? 1 : 0);
