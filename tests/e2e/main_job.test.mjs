// The main job, as a learner does it: draw a system, load it, break it, see the balancer notice, mend it, share the run.
// The link replays to the same trace hash in a fresh profile and on the command line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ROOT, at, check, clockPasses, drag, middle, unfold } from './lib.mjs';

/// Drags a kind from the palette to a place on the stage; gives the new card.
async function place(page, kind, id, x, y) {
  await drag(page, await middle(page.locator(`[data-kind=${kind}]`)), await at(page, x, y));
  const card = page.locator(`#node-${id}`);
  await card.waitFor();
  return card;
}

async function wire(page, from, to) {
  const wires = await page.locator('.wire').count();
  await drag(page, await middle(page.locator(`#node-${from} .port`)), await middle(page.locator(`#node-${to}`)));
  await page.waitForFunction((wires) => document.querySelectorAll('.wire').length === wires + 1, wires);
}

async function set(page, node, fields) {
  await page.locator(`#node-${node}`).click();
  for (const [field, value] of Object.entries(fields)) {
    await unfold(page, `node-${node}-${field}`);
    const input = page.locator(`#node-${node}-${field}`);
    await input.fill(value);
    await input.press('Enter');
  }
}

/// The number behind a label of the strip, e.g. 1.02 k/s as 1020.
const rate = (page, label) =>
  page.evaluate((label) => {
    const figure = [...document.querySelectorAll('.figure')].find((figure) => figure.textContent.includes(label));
    const [, number, thousand] = figure?.querySelector('.figure-value')?.textContent.match(/([\d.,\s]+)(k?)/) ?? [];
    if (!number) return Number.NaN;
    return Number(number.replace(/[,\s]/g, '')) * (thousand ? 1000 : 1);
  }, label);

async function rateReaches(page, label, low, high) {
  const until = Date.now() + 40_000;
  let found;
  do {
    found = await rate(page, label);
    if (found >= low && found <= high) return;
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  } while (Date.now() < until);
  assert.fail(`${label} is ${found}, not between ${low} and ${high}`);
}

async function logSays(page, pattern) {
  await page.locator('.dock-tabs').getByRole('button', { name: 'Log' }).click();
  await page.locator('#dock-body').getByText(pattern).first().waitFor({ timeout: 40_000 });
}

async function fault(page, node, name) {
  await page.locator(`#node-${node}`).click();
  await page.locator('#tab-break').click();
  await page.locator(`[data-fault="${name}"]`).click();
}

/// Nothing is selected any more: the inspector speaks of the whole run.
async function deselect(page) {
  await page.locator('#stage').click({ position: { x: 30, y: 30 } });
}

async function finish(page) {
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#trace-hash').waitFor({ timeout: 120_000 });
  return page.locator('#trace-hash').textContent();
}

/// The same engine without a browser.
function headroom(...args) {
  const target = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const built = `${target}/debug/headroom`;
  const [command, before] = existsSync(built) ? [built, []] : ['cargo', ['run', '--quiet', '--bin', 'headroom', '--']];
  return execFileSync(command, [...before, ...args], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 24 });
}

check('draw, load, break, notice, mend, share: one run, one hash', { timeout: 300_000 }, async ({ open }) => {
  const page = await open();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('[data-open="blank"]').click();
  await page.waitForFunction(() => document.querySelectorAll('.station').length === 0);

  await place(page, 'source', 1, 120, 230);
  await place(page, 'balancer', 2, 340, 230);
  for (const [id, y] of [[3, 80], [4, 230], [5, 380]]) await place(page, 'service', id, 570, y);
  await place(page, 'database', 6, 820, 230);
  await wire(page, 1, 2);
  for (const id of [3, 4, 5]) {
    await wire(page, 2, id);
    await wire(page, id, 6);
  }

  await set(page, 6, { connections: '60', 'read_time-exponential-mean': '1 ms' });
  for (const id of [3, 4, 5]) await set(page, id, { replicas: '4', 'service_time-exponential-mean': '2 ms' });
  await set(page, 2, { check_interval: '1 s' });
  await set(page, 1, { 'profile-constant-rate': '1000' });
  await deselect(page);
  await unfold(page, 'run-length');
  const length = page.locator('#run-length');
  await length.fill('60');
  await length.press('Enter');

  await page.locator('#run-toggle[aria-label="Run"]').click();
  await rateReaches(page, 'arriving', 900, 1_100);
  await set(page, 1, { 'profile-constant-rate': '10000' });
  await rateReaches(page, 'arriving', 9_000, 11_000);
  await rateReaches(page, 'Answered', 8_500, 11_000);

  await fault(page, 4, 'kill');
  await logSays(page, /took .* out: health checks failed 3 times in a row/);
  await fault(page, 4, 'lift-kill');
  await logSays(page, /sends to .* again: health checks passed 2 times in a row/);
  await page.locator('.dock-tabs').getByRole('button', { name: 'Charts', exact: true }).click();
  await deselect(page);
  const hash = await finish(page);
  assert.match(hash, /^[0-9a-f]{16}$/);

  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.locator('#share-link').inputValue();

  const visitor = await open({ hash: link.slice(link.indexOf('#')) });
  await clockPasses(visitor, '00:00.000');
  assert.equal(await finish(visitor), hash, 'a fresh profile sees the same run');

  const report = JSON.parse(headroom('run', link, '--json'));
  assert.equal(report.trace_hash, hash, 'the command sees the same run');
  assert.equal(report.inputs, 3, 'the new rate, the kill and the revival are in the link');
});
