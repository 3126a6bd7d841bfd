// Frames per second that the page draws while its worker simulates 10,000 requests per second, in headless Chromium.
// Rendering is in software here: a machine with a graphics card draws faster. Prints one line of JSON.
//
// `cargo xtask bench` runs it against `dist/`; by hand: `cargo xtask build && node benches/frames.mjs`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../xtask/server.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const SECONDS = 10;
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/// One source at 10,000/s, a balancer, three services, a database: about 60,000 events per second.
const latency = { id: 'deterministic', mean: 0.001 };
const services = [3, 4, 5];
const run = {
  format: 1,
  engine: 'bench',
  document: {
    title: 'Frames',
    notes: '',
    seed: 1,
    run_length_secs: 3600,
    nodes: [
      { id: 1, kind: 'source', label: 'Clients', at: { x: 40, y: 240 }, params: { profile: { id: 'constant', rate: 10000 } } },
      { id: 2, kind: 'balancer', label: 'Balancer', at: { x: 260, y: 240 } },
      ...services.map((id, row) => ({
        id, kind: 'service', label: `Service ${row + 1}`, at: { x: 480, y: 80 + 160 * row },
        params: { replicas: 4, service_time: { id: 'exponential', mean: 0.002 } },
      })),
      { id: 6, kind: 'database', label: 'Database', at: { x: 720, y: 240 }, params: { connections: 60, read_time: { id: 'exponential', mean: 0.001 } } },
    ],
    edges: [
      { id: 1, from: 1, to: 2, params: { latency } },
      ...services.map((id) => ({ id: id - 1, from: 2, to: id, params: { latency } })),
      ...services.map((id) => ({ id: id + 2, from: id, to: 6, params: { latency } })),
    ],
  },
};

if (!existsSync(`${DIST}/index.html`)) throw new Error('dist/ is missing: run `cargo xtask build` first');
const site = await serve(DIST);
const browser = await chromium.launch({ executablePath: process.env.HEADROOM_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
// Not a newcomer's first visit, which begins with a tour.
await page.addInitScript(() => localStorage.setItem('headroom.tour', 'done'));
await page.goto(site.url);
await page.locator('h1').first().waitFor({ state: 'attached' });
await page.getByRole('button', { name: 'Open', exact: true }).click();
await page.locator('#file-chooser').setInputFiles({ name: 'frames.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(run)) });
await page.waitForFunction(() => document.querySelector('.title-input')?.value === 'Frames');
if (await page.locator('#run-toggle[aria-label="Run"]').count()) await page.locator('#run-toggle').click();
await page.waitForFunction(() => document.querySelector('.clock-now').textContent > '00:03.000');

const measured = await page.evaluate(async (seconds) => {
  const clock = () => {
    const [minutes, rest] = document.querySelector('.clock-now').textContent.split(':');
    return Number(minutes) * 60 + Number(rest);
  };
  const gaps = [];
  const [start, simulated] = [performance.now(), clock()];
  let last = start;
  while (last - start < seconds * 1000) {
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  const at = (share) => gaps[Math.floor(share * (gaps.length - 1))];
  return {
    frames_per_second_median: 1000 / at(0.5),
    frame_ms_p95: at(0.95),
    simulated_per_wall_second: (clock() - simulated) / ((last - start) / 1000),
  };
}, SECONDS);
await browser.close();
await site.close();
console.log(JSON.stringify({ what: 'page', requests_per_second: 10000, ...measured }));
