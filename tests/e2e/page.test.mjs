// The page around the canvas: controls, inspector, faults, drafts and links, the watchdog, practice, the small screen.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, clipboardText, clockPasses, select, setField } from './lib.mjs';

const clock = (page) => page.locator('.clock-now').textContent();

/** Opens an entry of the gallery. */
async function openFromGallery(page, id) {
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator(`[data-open="${id}"]`).first().click();
}

check('a first visit finds something running, and is told what to try', async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.500');
  assert.match(await page.locator('#notes-text').textContent(), /\w{3,}/);
  assert.match(await page.locator('#dots-per').textContent(), /^1 dot = /);
});

check('the space bar pauses, the full stop steps, the restart button begins anew', async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.300');
  await page.locator('#stage').focus();
  await page.keyboard.press(' ');
  await page.locator('#run-toggle[aria-label="Run"]').waitFor();
  const stood = await clock(page);
  await page.keyboard.press('.');
  await page.waitForFunction((stood) => document.querySelector('.clock-now').textContent >= stood, stood);
  await page.getByRole('button', { name: 'Restart' }).click();
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent === '00:00.000');
});

check('a number out of range is kept as typed and explained; the good one acts and can be undone', async ({ open }) => {
  const page = await open();
  await select(page, 'node-3');
  const field = page.locator('#node-3-replicas');
  const before = await field.inputValue();
  await field.fill('99999');
  await field.blur();
  assert.equal(await field.inputValue(), '99999', 'what was typed is not lost');
  assert.match(await page.locator('#node-3-replicas-error').textContent(), /between 0 and 1/);
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  await setField(page, 'node-3-replicas', '9');
  assert.equal(await field.getAttribute('aria-invalid'), 'false');
  assert.equal(await field.inputValue(), '9');
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await page.waitForFunction((before) => document.querySelector('#node-3-replicas').value === before, before);
});

check('a killed station is shown dead, logged, and revived', async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.300');
  await select(page, 'node-3');
  await page.locator('#tab-break').click();
  await page.locator('[data-fault="kill"]').click();
  await page.locator('[data-fault="lift-kill"]').waitFor();
  await page.locator('.dock-tabs').getByRole('button', { name: 'Log' }).click();
  await page.locator('.log-bad').first().waitFor();
  await page.locator('[data-fault="lift-kill"]').click();
  await page.locator('[data-fault="kill"]').waitFor();
});

check('every panel is accessible', { timeout: 120_000 }, async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.500');
  await select(page, 'node-3');
  for (const tab of ['settings', 'inside', 'metrics', 'break']) {
    await page.locator(`#tab-${tab}`).click();
    await assertAccessible(page);
  }
  for (const name of ['Log', 'Problems']) {
    await page.locator('.dock-tabs').getByRole('button', { name }).click();
    await assertAccessible(page);
  }
  await page.getByRole('button', { name: 'Help and keys' }).click();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await assertAccessible(page);
});

check('a link opens in a fresh profile', async ({ open }) => {
  const author = await open();
  await author.getByLabel('Title').fill('Shared shop');
  await author.getByLabel('Title').press('Enter');
  await author.getByRole('button', { name: 'Share' }).click();
  const link = await author.locator('#share-link').inputValue();
  const hash = link.slice(link.indexOf('#'));
  assert.match(hash, /^#s=1\.[\w-]*[A-Za-z0-9]$/);
  await author.locator('#copy-link').click();
  assert.equal(await clipboardText(author), link);

  const visitor = await open({ hash });
  await visitor.waitForFunction(() => document.querySelector('.title-input')?.value === 'Shared shop');
});

check('a damaged and a newer link get a plain message', async ({ open }) => {
  for (const [hash, words] of [['#s=1.abcdefgh', /link/i], ['#s=9.abcd', /newer/i]]) {
    const page = await open({ hash });
    await page.locator('.notice').waitFor();
    assert.match(await page.locator('.notice').textContent(), words);
  }
});

check('a killed worker is replaced and the run goes on where it was', { allow: /asked to crash|unreachable/ }, async ({ open }) => {
  const page = await open({ hash: '?test' });
  await clockPasses(page, '00:01.000');
  const before = await clock(page);
  await page.evaluate(() => globalThis.headroomCrashWorker());
  await page.locator('#recovery-note').waitFor();
  await clockPasses(page, before);
  await page.locator('#run-toggle[aria-label="Pause"]').waitFor();
});

check('practice 5.1: the bet stands, the start fails, a better design passes', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=black-friday' });
  const next = page.locator('#lesson-next');
  await next.click();
  assert.ok(await page.locator('#bet-place').isDisabled(), 'nothing was bet');
  assert.equal(await next.count(), 0, 'no way on without a bet');
  await page.locator('#bet-choice').selectOption({ label: 'Orders' });
  await setField(page, 'bet-number', '900');
  await page.locator('#bet-place').click();
  await next.click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#lesson-meet').click();
  await page.locator('.goal-failed').first().waitFor({ timeout: 90_000 });

  // The world is locked.
  await select(page, 'node-1');
  assert.ok(await page.locator('#node-1-write_share').isDisabled());
  assert.equal(await page.locator('[data-kind="source"]').count(), 0, 'what may not be added is not offered');

  await next.click();
  await next.click();
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-fail').waitFor({ timeout: 90_000 });
  assert.ok(await next.isDisabled(), 'no explanation before the pass');

  await select(page, 'node-3');
  await setField(page, 'node-3-replicas', '6');
  await select(page, 'node-2');
  await page.locator('#node-2-strategy').selectOption('least-connections');
  await page.locator('#node-2-health_checks').check();
  await setField(page, 'node-2-check_interval', '0.25 s');
  await setField(page, 'node-2-check_timeout', '0.1 s');
  await setField(page, 'node-2-fall', '1');
  await select(page, 'edge-1');
  await page.locator('.form-group-title', { hasText: 'Retries' }).click();
  await setField(page, 'edge-1-retries', '2');
  await page.locator('#edge-1-backoff').selectOption('exponential');
  await setField(page, 'edge-1-backoff-exponential-base', '20 ms');
  await setField(page, 'edge-1-backoff-exponential-cap', '1 s');
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-pass').waitFor({ timeout: 90_000 });
  await next.click();
  await assertAccessible(page);

  // Progress is kept.
  await page.reload();
  await page.getByText('step 6 of 7').waitFor();
});

check('on a small screen the outline edits, and one panel at a time fits', async ({ open }) => {
  const page = await open({ viewport: 'mobile', colorScheme: 'light' });
  for (const tab of ['outline', 'settings', 'charts', 'stage']) {
    await page.locator(`[data-tab="${tab}"]`).click();
    await assertFits(page);
    await assertAccessible(page);
  }
});
