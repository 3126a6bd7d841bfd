// The built site in headless Chromium, for what is measured in the page. Rendering is in software here: a machine with a
// graphics card draws faster.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../xtask/server.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/// A station as a saved file has it.
export const node = (id, kind, x, y, params = {}) => ({ id, kind, label: `${kind} ${id}`, at: { x, y }, params });

/// Serves `dist/` and starts the browser; `open` gives a page on which a drawing runs.
export async function site() {
  if (!existsSync(`${DIST}/index.html`)) throw new Error('dist/ is missing: run `cargo xtask build` first');
  const served = await serve(DIST);
  const browser = await chromium.launch({ executablePath: process.env.HEADROOM_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return {
    /// Opens a drawing of a title, and runs it.
    async open(title, document) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      // Not a newcomer's first visit, which begins with a tour.
      await page.addInitScript(() => localStorage.setItem('headroom.tour', 'done'));
      await page.goto(served.url);
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      const run = { format: 1, engine: 'bench', document: { title, notes: '', seed: 1, run_length_secs: 3600, ...document } };
      const buffer = Buffer.from(JSON.stringify(run));
      await page.locator('#file-chooser').setInputFiles({ name: 'bench.json', mimeType: 'application/json', buffer });
      await page.waitForFunction((title) => document.querySelector('.title-input')?.value === title, title);
      if (await page.locator('#run-toggle[aria-label="Run"]').count()) await page.locator('#run-toggle').click();
      return page;
    },
    async close() {
      await browser.close();
      await served.close();
    },
  };
}
