// The instruments by pointer: the profiler says which station the time goes into and leads there; "Why?" draws the
// critical path; the monitor's figures come out as a file; memory is looked into while it is collected.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assertAccessible, assertFits, check, clockPasses, select } from './lib.mjs';

const tab = (page, name) => page.locator('.dock-tabs .tab', { hasText: name });

async function pause(page) {
  await page.locator('#run-toggle[aria-label="Pause"]').click();
  await page.locator('#run-toggle[aria-label="Run"]').waitFor();
}

/** What a download holds. */
async function saved(page, act) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

check('the profiler names the station that takes the time, leads there, and "Why?" draws the critical path', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=retry-storm' });
  await clockPasses(page, '00:08.000');
  await pause(page);
  await tab(page, 'Where time goes').click();
  const rows = page.locator('.profile-row');
  await rows.first().waitFor();
  const shares = (await page.locator('.profile-words strong').allTextContents()).map((text) => Number.parseFloat(text));
  assert.ok(shares[0] > 50, `one station takes most: ${shares}`);
  assert.deepEqual([...shares].sort((a, b) => b - a), shares, 'the most first');
  assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 100) < 2, `${shares} make 100 %`);
  // The shop works for 60 ms on each order, its database for 20.
  assert.equal((await rows.first().locator('.link-btn').textContent()).trim(), 'Shop');
  assert.match(await rows.first().locator('.profile-words').textContent(), /\bwork /);
  assert.equal(await rows.count(), 2);
  await assertAccessible(page);
  await assertFits(page);
  // A click leads to the station.
  const name = (await rows.first().locator('.link-btn').textContent()).trim();
  const box = await rows.first().locator('.profile-share').boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + 6);
  await page.locator('.profile-row.profile-on').waitFor();
  await page.locator('.inspector').getByText(name).first().waitFor();
  // The request of which it took the most.
  await rows.first().getByRole('button', { name: /Why/ }).click();
  const why = page.locator('#why');
  await why.locator('#why-fate').waitFor({ timeout: 30_000 });
  assert.ok(await why.locator('.why-row .why-critical').count() >= 1, 'the critical path is drawn');
  assert.match(await why.locator('.why-stations li').first().textContent(), new RegExp(name));
});

check('the monitor saves what it shows, a row for every second', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=object-pool' });
  // Its file comes after the page lives.
  await page.locator('#lesson-title').waitFor();
  await page.keyboard.press('Escape');
  // A lesson waits to be run; the button says so once the simulation has come.
  await page.locator('#run-toggle[aria-label="Run"]').click();
  // Beside a brief there are no instruments.
  await page.getByRole('button', { name: 'Fold the lesson away' }).click();
  await clockPasses(page, '00:12.000');
  await pause(page);
  await tab(page, 'Monitor').click();
  await page.locator('[data-chart="heap"]').waitFor();
  assert.match(await page.locator('.monitor-note').textContent(), /not that of this page/);
  const csv = await saved(page, () => page.getByRole('button', { name: 'CSV' }).click());
  assert.match(csv.name, /metrics\.csv$/);
  const [head, ...rows] = csv.text.trim().split('\n').map((line) => line.split(','));
  const column = (name) => {
    const at = head.indexOf(name);
    assert.ok(at >= 0, `${name} in ${head}`);
    return rows.map((row) => Number(row[at]));
  };
  assert.ok(rows.length >= 12 && rows.every((row) => row.length === head.length), `${rows.length} rows`);
  assert.deepEqual(column('at_secs').slice(0, 4), [0, 1, 2, 3]);
  const total = column('allocated_bytes_total');
  assert.ok(total.every((bytes, at) => at === 0 || bytes >= total[at - 1]) && total.at(-1) > total[0], 'what was allocated adds up');
  assert.ok(column('collections_per_sec').some((rate) => rate > 0), 'it was collected');
  const used = column('memory_used_bytes_at_end');
  assert.ok(column('memory_reserved_bytes_at_end').every((bytes, at) => bytes >= used[at]), 'reserved holds what is used');
  const json = await saved(page, () => page.getByRole('button', { name: 'JSON' }).click());
  const list = JSON.parse(json.text);
  assert.equal(list.length, rows.length);
  assert.equal(list[3].arrivals_per_sec, column('arrivals_per_sec')[3]);
  await assertAccessible(page);
  await assertFits(page);
  // The same memory, from inside.
  await select(page, 'node-2');
  await page.locator('#tab-inside').click();
  const heap = page.locator('.heap');
  await heap.waitFor();
  assert.match(await heap.locator('[data-fact="collections"]').textContent(), /[1-9]/);
});

for (const [scheme, viewport] of [['dark', 'mobile'], ['light', 'mobile'], ['light', 'desktop']]) {
  check(`the instruments fit: ${viewport}, ${scheme}`, { timeout: 120_000 }, async ({ open }) => {
    const page = await open({ hash: '#scenario=one-queue', viewport, colorScheme: scheme });
    await clockPasses(page, '00:03.000');
    await pause(page);
    if (viewport === 'mobile') await page.locator('[data-tab="charts"]').click();
    for (const name of ['Where time goes', 'Monitor']) {
      await tab(page, name).click();
      await page.locator('.profile-row, .monitor .chart').first().waitFor();
      await assertFits(page);
      await assertAccessible(page);
    }
  });
}
