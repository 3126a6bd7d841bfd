// Serves a built page as a host should: the headers of hosting.json, compressed where the browser takes it, under any path.
// Used by `cargo xtask serve` and by the end-to-end tests, so that what is tested is what is served.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/// What is sent with what: hosting.json.
export const HOSTING = JSON.parse(readFileSync(new URL('hosting.json', import.meta.url), 'utf8'));
/// The best first, with what follows the name of the compressed file.
const ENCODINGS = [['br', '.br'], ['gzip', '.gz']];

/// The policy that the page in `folder` states, with the hashes of what stands inline in it, by directives: the header
/// says the same. A folder without a page has that of hosting.json.
export function policyOf(folder) {
  const page = join(folder, 'index.html');
  const stated = existsSync(page) && /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(readFileSync(page, 'utf8'));
  return stated ? stated[1].split('; ') : HOSTING.policy;
}

/// The headers that a file is sent with on every host; `path` is relative to the built page's folder.
export function headersOf(path, hosting = HOSTING) {
  const framing = hosting.may_be_framed.includes(path) ? [] : [hosting.framing];
  const hashed = new RegExp(`${hosting.hashed_name}$`).test(basename(path));
  return {
    'Content-Type': hosting.types[extname(path).slice(1)]?.type ?? 'application/octet-stream',
    'Content-Security-Policy': [...hosting.policy, ...framing].join('; '),
    ...Object.fromEntries(hosting.headers),
    'Cache-Control': hashed ? hosting.cache.hashed : hosting.cache.other,
  };
}

/// Serves `folder` under `base` ("/" or "/some/path/"). Resolves once it listens; `port` 0 takes any free one.
export async function serve(folder, { base = '/', port = 0, host = '127.0.0.1', hosting = HOSTING } = {}) {
  const server = createServer((request, response) => {
    answer({ folder, base, hosting }, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const url = `http://${host === '0.0.0.0' ? 'localhost' : host}:${server.address().port}${base}`;
  return { url, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}

async function answer({ folder, base, hosting }, request, response) {
  const refuse = (status, headers = {}) => response.writeHead(status, headers).end();
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, { Allow: 'GET, HEAD' });
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return refuse(400);
  }
  if (`${path}/` === base) return refuse(301, { Location: base });
  if (!path.startsWith(base)) return refuse(404);
  const inside = normalize(path.slice(base.length) || 'index.html');
  if (inside.startsWith('..') || inside.startsWith(sep) || inside.includes('\0')) return refuse(404);
  const file = join(folder, inside);
  const original = await stat(file).catch(() => null);
  if (!original?.isFile()) return refuse(404);
  const { encoding, suffix, found, varies } = await variant(file, original, request.headers['accept-encoding']);
  const tag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}${suffix}"`;
  const headers = { ...headersOf(inside.split(sep).join('/'), { ...hosting, policy: policyOf(folder) }), ETag: tag };
  if (varies) headers.Vary = 'Accept-Encoding';
  if (names(request.headers['if-none-match'], tag)) return refuse(304, headers);
  if (encoding) headers['Content-Encoding'] = encoding;
  response.writeHead(200, { ...headers, 'Content-Length': found.size });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file + suffix).on('error', () => response.destroy()).pipe(response);
}

/// The smallest form of a file that the browser takes; `varies`: there is more than one.
async function variant(file, original, accepted) {
  const forms = await Promise.all(ENCODINGS.map(async ([encoding, suffix]) => {
    const found = await stat(file + suffix).catch(() => null);
    return { encoding, suffix, found, varies: true };
  }));
  const there = forms.filter(({ found }) => found?.isFile());
  const best = there.find(({ encoding }) => accepts(accepted, encoding));
  return best ?? { encoding: null, suffix: '', found: original, varies: there.length > 0 };
}

/// Whether an `Accept-Encoding` takes this one: named, or by a star, and not at a quality of zero.
function accepts(header = '', encoding) {
  const offers = new Map(header.toLowerCase().split(',').map((offer) => {
    const [name, ...parameters] = offer.split(';').map((part) => part.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return [name, Number(quality)];
  }));
  return (offers.get(encoding) ?? offers.get('*') ?? 0) > 0;
}

/// Whether an `If-None-Match` names this tag.
const names = (header = '', tag) =>
  header.split(',').map((name) => name.trim().replace(/^W\//, '')).some((name) => name === tag || name === '*');

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, host: { type: 'string' }, 'open-with': { type: 'string' } },
  });
  const wanted = Number(values.port ?? 8080);
  const start = (port) => serve(positionals[0] ?? 'dist', { port, host: values.host ?? '127.0.0.1' });
  const { url } = await start(wanted).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log(`Port ${wanted} is taken; using a free one.`);
    return start(0);
  });
  console.log(`\n  Headroom runs at ${url}\n  Stop with Ctrl+C.`);
  if (values['open-with']) spawn(values['open-with'], [url], { stdio: 'ignore', detached: true }).on('error', () => {}).unref();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
