// Serves a built page as a strict host would: content security policy as a header, no caching, under any path.
// Used by `cargo xtask serve` and by the end-to-end tests, so that what is tested is what is served.
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

// As in index.html; a header cannot be weakened by the page.
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'; " +
  "img-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'";

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.toml': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/// Serves `folder` under `base` ("/" or "/some/path/"). Resolves once it listens; `port` 0 takes any free one.
export async function serve(folder, { base = '/', port = 0, host = '127.0.0.1' } = {}) {
  const server = createServer((request, response) => {
    answer(folder, base, request, response).catch((error) => {
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

async function answer(folder, base, request, response) {
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
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return refuse(404);
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': found.size,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

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
