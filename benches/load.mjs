// How long the built site takes to load over a slow line: bytes, first text, the page alive, the first request simulated.
//
// `cargo xtask bench` runs it against `dist/`; by hand: `cargo xtask build && node benches/load.mjs [DIST]`.
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../xtask/server.mjs';

const DIST = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
const RUNS = 3;
const LINES = [
  { name: '10 Mbit/s, 40 ms', bitsPerSecond: 10e6, roundTripMs: 40 },
  { name: '1.6 Mbit/s, 150 ms', bitsPerSecond: 1.6e6, roundTripMs: 150 },
];
const SLOWDOWNS = [1, 4];
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
/// What crosses the line at once [bytes].
const PACKET = 1460;
/// How much of an answer may wait at the far end of the line before its sender is told to wait [bytes].
const AHEAD = 64 * 1024;

/// Hands on what it is given once its time has come, in order.
class Delay {
  #waiting = [];
  #timer = null;

  constructor(deliver) {
    this.deliver = deliver;
  }

  add(at, item) {
    this.#waiting.push({ at, item });
    this.#arm();
  }

  #arm() {
    if (this.#timer || !this.#waiting.length) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      while (this.#waiting.length && this.#waiting[0].at <= performance.now()) this.deliver(this.#waiting.shift().item);
      this.#arm();
    }, Math.max(0, this.#waiting[0].at - performance.now()));
  }
}

/// A line of limited speed in front of a server: all connections of the browser share it, packet by packet in turn,
/// whether the page or a worker opened them. A connection costs a round trip before its first request leaves.
class Line {
  bytes = 0;
  #connections = [];
  #freeAt = 0;
  #timer = null;
  #next = 0;

  constructor({ bitsPerSecond, roundTripMs }, target) {
    this.msPerByte = 8000 / bitsPerSecond;
    this.oneWayMs = roundTripMs / 2;
    this.server = createServer({ allowHalfOpen: true }, (browser) => this.#join(browser, connect(target)));
  }

  async open() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this.server.address().port;
  }

  close() {
    clearTimeout(this.#timer);
    for (const { browser, far } of this.#connections) [browser, far].forEach((socket) => socket.destroy());
    return new Promise((resolve) => this.server.close(resolve));
  }

  #join(browser, far) {
    const opened = performance.now() + 2 * this.oneWayMs;
    const up = new Delay((chunk) => far.write(chunk));
    const down = new Delay((chunk) => (chunk ? browser.write(chunk) : browser.end()));
    const connection = { browser, far, down, queue: [], waiting: 0 };
    this.#connections.push(connection);
    for (const socket of [browser, far]) socket.setNoDelay(true).on('error', () => {});
    browser.on('data', (chunk) => up.add(Math.max(performance.now(), opened) + this.oneWayMs, chunk));
    browser.on('close', () => far.destroy());
    far.on('data', (chunk) => {
      const at = performance.now();
      for (let start = 0; start < chunk.length; start += PACKET) {
        connection.queue.push({ at, packet: chunk.subarray(start, start + PACKET) });
      }
      connection.waiting += chunk.length;
      if (connection.waiting > AHEAD) far.pause();
      this.#pump();
    });
    far.on('end', () => {
      connection.queue.push({ at: performance.now(), packet: null });
      this.#pump();
    });
    browser.on('close', () => {
      this.#connections = this.#connections.filter((other) => other !== connection);
    });
  }

  /// Puts packets on the line up to now; a late timer catches up.
  #pump() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const now = performance.now();
    while (this.#freeAt <= now) {
      const taken = this.#take();
      if (!taken) return;
      const { connection, at, packet } = taken;
      this.#freeAt = Math.max(this.#freeAt, at) + (packet?.length ?? 0) * this.msPerByte;
      connection.down.add(this.#freeAt + this.oneWayMs, packet);
      if (packet) {
        this.bytes += packet.length;
        connection.waiting -= packet.length;
        if (connection.waiting <= AHEAD / 2) connection.far.resume();
      }
    }
    this.#timer = setTimeout(() => this.#pump(), this.#freeAt - now);
  }

  /// The next packet of the next connection that has one.
  #take() {
    for (let tried = 0; tried < this.#connections.length; tried += 1) {
      this.#next = (this.#next + 1) % this.#connections.length;
      const connection = this.#connections[this.#next];
      if (connection.queue.length) return { connection, ...connection.queue.shift() };
    }
    return null;
  }
}

/// Notes in the page when it is alive (its controls are there) and when simulated time has passed.
function watch() {
  const seen = (globalThis.headroomLoad = {});
  const observer = new MutationObserver(() => {
    if (!seen.alive && document.querySelector('#run-toggle')) seen.alive = performance.now();
    const clock = document.querySelector('.clock-now')?.textContent;
    if (!clock || clock <= '00:00.000') return;
    seen.simulated = performance.now();
    observer.disconnect();
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true });
}

/// One first visit: nothing stored, nothing cached.
async function visit(browser, site, kind, slowdown) {
  const { hostname, port, pathname } = new URL(site.url);
  const line = new Line(kind, { host: hostname, port: Number(port) });
  const at = await line.open();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(watch);
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await page.goto(`http://127.0.0.1:${at}${pathname}`, { waitUntil: 'commit', timeout: 120_000 });
    await page.waitForFunction(() => globalThis.headroomLoad.simulated, null, { timeout: 120_000, polling: 100 });
    await page.waitForLoadState('networkidle');
    const { alive, simulated } = await page.evaluate(() => globalThis.headroomLoad);
    const text = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
    return { kilobytes: line.bytes / 1000, text: text / 1000, alive: alive / 1000, simulated: simulated / 1000 };
  } finally {
    await context.close();
    await line.close();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

if (!existsSync(`${DIST}/index.html`)) throw new Error(`${DIST} holds no page: run \`cargo xtask build\` first`);
const site = await serve(DIST);
const browser = await chromium.launch({ executablePath: process.env.HEADROOM_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
// Not measured: the browser's own first page.
await visit(browser, site, { bitsPerSecond: 1e9, roundTripMs: 0 }, 1);
const row = (cells) => console.log(`| ${cells.map((cell, index) => (index ? cell.padStart(16) : cell.padEnd(28))).join(' | ')} |`);
row(['a first visit', 'over the line', 'first text', 'page alive', 'first request']);
row(['---', '---', '---', '---', '---']);
for (const kind of LINES) {
  for (const slowdown of SLOWDOWNS) {
    const visits = [];
    for (let run = 0; run < RUNS; run += 1) visits.push(await visit(browser, site, kind, slowdown));
    const of = (key) => median(visits.map((figures) => figures[key]));
    const name = slowdown === 1 ? kind.name : `${kind.name}, CPU ${slowdown}x`;
    row([name, `${of('kilobytes').toFixed(0)} kB`, ...['text', 'alive', 'simulated'].map((key) => `${of(key).toFixed(2)} s`)]);
  }
}
await browser.close();
await site.close();
