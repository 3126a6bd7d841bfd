// A lab by pointer and keyboard: its bet, the start that fails, a strategy that the lab holds back, the idea that passes.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, select } from './lib.mjs';

check('the lab of two choices: the start is lost, looking at everybody is not on offer, two looks pass', { timeout: 180_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=two-choices' });
  const next = page.locator('#lesson-next');
  await next.click();
  assert.ok(await page.locator('#bet-place').isDisabled(), 'nothing was bet');
  assert.equal(await next.count(), 0, 'no way on without a bet');
  await page.getByRole('radio', { name: 'About 225 ms' }).check();
  await page.locator('#bet-place').click();
  await next.click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#lesson-meet').click();
  await page.locator('.goal-failed').first().waitFor({ timeout: 60_000 });
  await next.click();
  await next.click();
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-fail').waitFor({ timeout: 60_000 });
  assert.ok(await next.isDisabled(), 'no explanation before the pass');

  await select(page, 'node-2');
  const strategy = page.locator('#node-2-strategy');
  const disabled = await strategy.locator('option[value="least-connections"]').evaluate((option) => option.disabled || option.parentElement.disabled);
  assert.ok(disabled, 'a strategy that looks at everybody is not in this lesson');
  await strategy.selectOption('power-of-d-choices');
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-pass').waitFor({ timeout: 60_000 });
  await next.click();
  await assertFits(page);
  await assertAccessible(page);
});

check('the list of labs names all ten', { timeout: 60_000 }, async ({ open }) => {
  const page = await open();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('0 of 10 passed').waitFor();
  for (const lab of ['slow-backend', 'smooth-weights', 'two-choices', 'flapping-checks', 'one-proxy', 'hash-and-leave', 'pinned-connections', 'dns-failover', 'cold-backend', 'neighbor-region']) {
    assert.equal(await dialog.locator(`[data-open="${lab}"]`).count(), 1, `${lab} is listed`);
  }
  await assertAccessible(page);
});
