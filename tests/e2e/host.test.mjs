// What a host sends: types, a policy that no page weakens, compressed forms, what may be kept and for how long; and that
// no other site shows the page in a frame.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { HOSTING, policyOf, serve } from '../../xtask/server.mjs';
import { ROOT, check } from './lib.mjs';

const DIST = `${ROOT}dist`;
const KEPT = 'public, max-age=31536000, immutable';
const FORMS = [['br', '.br', brotliDecompressSync], ['gzip', '.gz', gunzipSync]];

/// Status, headers and bytes as they came, still compressed.
function ask(url, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    });
    asked.on('error', reject).end();
  });
}

/// Paths of the built site's files, and of their compressed forms.
const ALL = readdirSync(DIST, { recursive: true }).filter((path) => statSync(`${DIST}/${path}`).isFile());
const FILES = ALL.filter((path) => !/\.(br|gz)$/.test(path));
const THERE = new Set(ALL);
const one = (pattern) => {
  const found = FILES.find((path) => pattern.test(path));
  assert.ok(found, `dist/ holds something like ${pattern}`);
  return found;
};

check('every file comes with the headers, and is the same file in every form', async ({ url }) => {
  for (const path of FILES) {
    const raw = readFileSync(`${DIST}/${path}`);
    const plain = await ask(url + path);
    assert.equal(plain.status, 200, path);
    assert.ok(plain.body.equals(raw), path);
    assert.equal(plain.headers['content-encoding'], undefined, path);
    assert.equal(plain.headers['content-security-policy'], [...policyOf(DIST), "frame-ancestors 'none'"].join('; '));
    for (const [name, value] of HOSTING.headers) assert.equal(plain.headers[name.toLowerCase()], value, `${path}: ${name}`);
    for (const [encoding, suffix, decompress] of FORMS) {
      const form = await ask(url + path, { 'Accept-Encoding': encoding });
      const there = THERE.has(path + suffix);
      assert.equal(form.headers['content-encoding'], there ? encoding : undefined, `${path}: ${encoding}`);
      assert.equal(form.headers['content-type'], plain.headers['content-type'], path);
      assert.equal(form.headers.vary, there ? 'Accept-Encoding' : undefined, `${path}: Vary`);
      assert.ok((there ? decompress(form.body) : form.body).equals(raw), `${path}: ${encoding} is of another build`);
      if (there) assert.ok(form.body.length < raw.length, `${path}: ${encoding} is no smaller`);
    }
  }
});

check('programs, scripts and style sheets are there in both forms, under their types', async ({ url }) => {
  const types = [
    [/^index\.html$/, 'text/html; charset=utf-8'],
    [/^app-\w+\.js$/, 'text/javascript; charset=utf-8'],
    [/^app-\w+_bg\.wasm$/, 'application/wasm'],
    [/^worker[\w-]*_bg\.wasm$/, 'application/wasm'],
    [/\.css$/, 'text/css; charset=utf-8'],
  ];
  for (const [pattern, type] of types) {
    const path = one(pattern);
    const { headers } = await ask(url + path, { 'Accept-Encoding': 'gzip, deflate, br, zstd' });
    assert.equal(headers['content-encoding'], 'br', path);
    assert.equal(headers['content-type'], type, path);
    assert.ok(THERE.has(`${path}.gz`), path);
  }
});

check('a browser says what it takes, and what it refuses is not sent', async ({ url }) => {
  const encoding = async (accepted) => (await ask(`${url}index.html`, { 'Accept-Encoding': accepted })).headers['content-encoding'];
  assert.equal(await encoding('gzip, br;q=0'), 'gzip');
  assert.equal(await encoding('gzip;q=1.0, BR;q=0.1'), 'br');
  assert.equal(await encoding('*'), 'br');
  assert.equal(await encoding('*;q=0'), undefined);
  assert.equal(await encoding('deflate, zstd'), undefined);
  // A compressed form asked for by its own name is a file like another: it is not said to be compressed twice.
  const { headers, body } = await ask(`${url}index.html.br`, { 'Accept-Encoding': 'br' });
  assert.equal(headers['content-encoding'], undefined);
  assert.ok(body.equals(readFileSync(`${DIST}/index.html.br`)));
});

check('names with a hash are kept for good, the rest is asked for again and answered in a word', async ({ url }) => {
  for (const [path, cache] of [['', 'no-cache'], ['index.html', 'no-cache'], [one(/^app-\w+\.js$/), KEPT], [one(/^app-\w+_bg\.wasm$/), KEPT]]) {
    const taken = { 'Accept-Encoding': 'br' };
    const { headers } = await ask(url + path, taken);
    assert.equal(headers['cache-control'], cache, path);
    const again = await ask(url + path, { ...taken, 'If-None-Match': headers.etag });
    assert.equal(again.status, 304, path);
    assert.equal(again.body.length, 0);
    assert.equal(again.headers.etag, headers.etag);
    assert.equal(again.headers['cache-control'], cache, path);
    const weak = await ask(url + path, { ...taken, 'If-None-Match': `"other", W/${headers.etag}` });
    assert.equal(weak.status, 304, path);
    const other = await ask(url + path, { ...taken, 'If-None-Match': '"other"' });
    assert.equal(other.status, 200, path);
    const plain = await ask(url + path, { 'If-None-Match': headers.etag });
    assert.equal(plain.status, headers['content-encoding'] ? 200 : 304, 'each form has a tag of its own');
  }
});

check('HEAD says the same as GET, without the bytes', async ({ url }) => {
  for (const path of ['', one(/^app-\w+_bg\.wasm$/)]) {
    for (const accepted of ['br', 'identity']) {
      const [got, head] = await Promise.all(['GET', 'HEAD'].map((method) => ask(url + path, { 'Accept-Encoding': accepted }, method)));
      const said = ({ date, ...headers }) => headers;
      assert.deepEqual(said(head.headers), said(got.headers));
      assert.equal(Number(head.headers['content-length']), got.body.length);
      assert.equal(head.body.length, 0);
    }
  }
});

check('a second visit fetches no program again', async ({ open }) => {
  const page = await open();
  const loaded = () => page.evaluate(() => {
    const entries = performance.getEntriesByType('resource').filter(({ name }) => /app-\w+(\.js|_bg\.wasm)$/.test(name));
    return entries.map(({ decodedBodySize, transferSize }) => ({ bytes: decodedBodySize, fetched: transferSize }));
  });
  const first = await loaded();
  assert.equal(first.length, 2);
  assert.ok(first.every(({ bytes, fetched }) => fetched > 0 && fetched < bytes), 'at first it comes, compressed');
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  assert.deepEqual((await loaded()).map(({ fetched }) => fetched), [0, 0]);
});

/// Opens a page of another origin with the site in a frame; what the frame then shows.
async function framed(browser, url) {
  const other = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!DOCTYPE html><iframe src="${url}" width="800" height="600"></iframe>`);
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    // `load` waits for the frame, or for its refusal.
    await page.goto(`http://127.0.0.1:${other.address().port}/`, { waitUntil: 'load' });
    const frame = page.frames()[1];
    return { address: frame.url(), title: await frame.title() };
  } finally {
    await context.close();
    await new Promise((resolve) => { other.close(resolve); other.closeAllConnections(); });
  }
}

check('another site cannot show the page in a frame, unless hosting.json names it', async ({ browser, url }) => {
  assert.equal((await framed(browser, url)).address, 'chrome-error://chromewebdata/');
  const embed = await serve(DIST, { hosting: { ...HOSTING, may_be_framed: ['index.html'] } });
  try {
    const { address, title } = await framed(browser, embed.url);
    assert.equal(address, embed.url);
    // The drawing's name comes in front of it as soon as the page is alive.
    assert.match(title, /(^|· )Headroom$/);
  } finally {
    await embed.close();
  }
});
