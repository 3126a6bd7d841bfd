// What every end-to-end test needs: the built site under a sub-path with a strict host's headers, a real Chromium,
// fresh contexts, and a failure for anything the browser complains about.
//
//   import assert from 'node:assert/strict';
//   import { check } from './lib.mjs';
//
//   check('the clock runs', async ({ open }) => {
//     const page = await open({ viewport: 'mobile' });
//     await page.getByRole('button', { name: 'Run' }).click();
//     ...
//   });
//
// Run one file with `cargo xtask test e2e WORD`, or after `cargo xtask build` with `node --test tests/e2e/FILE.test.mjs`.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../../xtask/server.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = `${ROOT}tests/e2e/out`;
const BASE = '/classes/scaling/headroom/';

export const VIEWPORTS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  mobile: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

// Without the networking flags Chromium keeps asking a closed network; the sandbox cannot start as root.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let started;

/// The server and the browser, shared by the tests of one file.
function house() {
  started ??= (async () => {
    assert.ok(existsSync(`${ROOT}dist/index.html`), 'dist/ is missing: run `cargo xtask build` first');
    const site = await serve(`${ROOT}dist`, { base: BASE });
    const executablePath = process.env.HEADROOM_CHROMIUM ?? '/usr/bin/chromium';
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    return { site, browser };
  })();
  return started;
}

after(async () => {
  if (!started) return;
  const { site, browser } = await started;
  await browser.close();
  await site.close();
});

/// A test. `body` receives `{ open, url }`; anything the browser complains about on an opened page fails it.
/// `options.allow`: a pattern for complaints that belong to the test (a worker crashed on purpose);
/// `options.timeout` [ms]: 60,000 unless given.
export function check(name, ...rest) {
  const body = rest.pop();
  const { allow, ...options } = rest.pop() ?? {};
  test(name, { timeout: 60_000, ...options }, async (t) => {
    const { site, browser } = await house();
    const opened = [];
    const open = async (how = {}) => {
      const entry = await openPage(browser, site.url, how);
      opened.push(entry);
      return entry.page;
    };
    try {
      await body({ open, url: site.url, browser, t });
      const problems = opened.flatMap((entry) => entry.problems).filter((problem) => !allow?.test(problem));
      assert.deepEqual(problems, [], 'the browser complained');
    } catch (error) {
      await keepPictures(name, opened);
      throw error;
    } finally {
      await Promise.all(opened.map((entry) => entry.context.close()));
    }
  });
}

/// Opens the site in a context of its own: nothing stored, nothing cached.
/// `viewport`: 'desktop', 'mobile' or { width, height }; `hash`: what follows the address, with its '#';
/// `prepare`: called with the page before it goes to the address, for a route of the test's own;
/// `tour`: true for a newcomer, who is shown around; everybody else has seen the tour;
/// `storageState`: as `page.context().storageState()` gave it, to come back as the same visitor;
/// `shell(page)`: as `prepare`, what it gives becomes `page.held`; then the page need not live yet.
async function openPage(browser, url, { viewport = 'desktop', hash = '', tour = false, prepare, shell, ...contextOptions }) {
  const context = await browser.newContext({
    colorScheme: 'dark',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(VIEWPORTS[viewport] ?? { viewport }),
    ...contextOptions,
  });
  const problems = [];
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI || 'inline'} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  if (!tour) {
    await context.addInitScript(() => {
      try {
        localStorage.setItem('headroom.tour', 'done');
      } catch {
        // Nothing can be stored: that test is about it.
      }
    });
  }
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  // A reload gives up what is still under way: what is really missing answers with a status, or fails otherwise.
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') problems.push(`failed: ${request.url()} ${reason}`);
  });
  page.on('response', (response) => response.status() >= 400 && problems.push(`${response.status()}: ${response.url()}`));
  await prepare?.(page);
  if (shell) {
    page.held = await shell(page);
    await page.goto(`${url}${hash}`, { waitUntil: 'domcontentloaded' });
  } else {
    await page.goto(`${url}${hash}`, { waitUntil: 'load' });
    await page.locator('#run-toggle').waitFor({ state: 'attached' });
  }
  return { context, page, problems };
}

async function keepPictures(name, opened) {
  mkdirSync(OUT, { recursive: true });
  for (const [index, { page, problems }] of opened.entries()) {
    const file = `${OUT}/${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${index}.png`;
    await page.screenshot({ path: file }).then(() => console.log(`picture: ${file}`), () => {});
    for (const problem of problems) console.log(`  ${problem}`);
  }
}

/// axe-core finds nothing serious or critical on the page now.
export async function assertAccessible(page) {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const results = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, help, nodes }) => ({ id, impact, help, at: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`) }));
  });
  assert.deepEqual(violations, [], 'axe-core found serious problems');
}

/// The page is no wider than its window.
export async function assertFits(page) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= view, `the page is ${content} px wide in a window of ${view} px`);
}

/// What the clipboard holds. The site may not read it (Permissions-Policy), so a bare page of the same origin does.
export async function clipboardText(page) {
  const bare = await page.context().newPage();
  await bare.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Clipboard</title>' }));
  await bare.goto(page.url());
  await bare.bringToFront();
  const text = await bare.evaluate(() => navigator.clipboard.readText());
  await bare.close();
  await page.bringToFront();
  return text;
}

/** Waits until the simulated clock has passed `than`. */
export const clockPasses = (page, than) => page.waitForFunction((than) => document.querySelector('.clock-now').textContent > than, than);

/** Selects a station or a connection by its element, as the keyboard does. */
export async function select(page, id) {
  await page.locator(`#${id}`).focus();
  await page.keyboard.press('Enter');
}

/** Types into a field and confirms. */
export async function setField(page, id, text) {
  await unfold(page, id);
  const field = page.locator(`#${id}`);
  await field.fill(text);
  await field.press('Enter');
}

/** Opens the group that a field stands in, if it is folded. */
export async function unfold(page, id) {
  const field = page.locator(`#${id}`);
  await field.waitFor({ state: 'attached' });
  const group = page.locator('details:not([open])', { has: field });
  if (await group.count()) await group.locator('> summary').click();
}

/// The card of the station with this name.
export const card = (page, name) => page.locator('.station', { has: page.locator('.station-name', { hasText: new RegExp(`^${name}$`) }) });

export async function middle(locator) {
  const box = await locator.boundingBox();
  assert.ok(box, 'it is on the page');
  return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
}

/// Waits until `read` gives `expected`; the page draws in its own time.
export async function becomes(read, expected, what) {
  const until = Date.now() + 10_000;
  let found = await read();
  while (JSON.stringify(found) !== JSON.stringify(expected) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    found = await read();
  }
  assert.deepEqual(found, expected, what);
}

export async function drag(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}

/// A point of the stage, as a point of the page.
export async function at(page, x, y) {
  const stage = await page.locator('#stage').boundingBox();
  return [stage.x + x, stage.y + y];
}

/// Drags a kind of station from the palette to a point of the stage.
export async function place(page, kind, x, y) {
  const cards = page.locator('.station');
  const before = await cards.count();
  await drag(page, await middle(page.locator(`[data-kind=${kind}]`)), await at(page, x, y));
  await becomes(() => cards.count(), before + 1, `${kind} was placed`);
}

/// Nothing on the canvas, at actual size: what the pointer moves by is what the card moves by.
export async function empty(page) {
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+a');
  const all = await page.locator('.station').count();
  await becomes(() => page.locator('.station.selected').count(), all, 'everything is selected');
  await page.keyboard.press('Delete');
  await becomes(() => page.locator('.station').count(), 0, 'the canvas is empty');
  await page.keyboard.press('0');
  await becomes(() => page.locator('.stage-zoom').innerText(), '100%', 'actual size');
}

/// Runs from now on, whether or not it ran before: the first document that a visitor sees runs by itself.
export async function run(page) {
  const [run, pause] = ['Run', 'Pause'].map((name) => page.getByRole('button', { name, exact: true }).first());
  await run.or(pause).first().waitFor();
  if (await run.isVisible()) await run.click();
  await pause.waitFor();
}

/** What the store says of all drawings. */
export const stored = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('headroom');
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const all = request.result.transaction('list').objectStore('list').getAll();
          all.onerror = () => reject(all.error);
          all.onsuccess = () => {
            request.result.close();
            resolve(all.result.map((text) => JSON.parse(text)));
          };
        };
      }),
  );

/** Titles of the drawings that are stored and not deleted, sorted. */
export const titles = async (page) => (await stored(page)).filter((meta) => !meta.deleted_ms).map((meta) => meta.title).sort();

/** Waits until a drawing with this title is stored. */
export const isStored = (page, name) => becomes(async () => (await titles(page)).includes(name), true, `${name} is stored`);
