// Practice question 5.2 by pointer and keyboard: the bet, the sale that is lost, a way around it that is refused, the
// forecast that passes.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, select, setField, unfold } from './lib.mjs';

check('the flash sale: reacting is too late, free machines are not on offer, a forecast passes', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=flash-sale' });
  const next = page.locator('#lesson-next');
  await next.click();
  assert.ok(await page.locator('#bet-place').isDisabled(), 'nothing was bet');
  assert.equal(await next.count(), 0, 'no way on without a bet');
  await page.getByRole('radio', { name: /most of the sale is over/ }).check();
  await setField(page, 'bet-number', '12');
  await page.locator('#bet-place').click();
  await next.click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#lesson-meet').click();
  await page.locator('.goal-failed').first().waitFor({ timeout: 90_000 });
  await next.click();
  await next.click();

  await select(page, 'node-3');
  const instance = page.locator('#node-3-instance');
  const disabled = await instance.locator('option[value="none"]').evaluate((option) => option.disabled || option.parentElement.disabled);
  assert.ok(disabled, 'machines that cost nothing are not in this lesson');
  await unfold(page, 'node-3-scaler');
  await page.locator('#node-3-scaler').selectOption('predictive');
  await setField(page, 'node-3-scaler-predictive-min', '2');
  await setField(page, 'node-3-scaler-predictive-max', '12');
  await setField(page, 'node-3-scaler-predictive-look_ahead', '90 s');
  await setField(page, 'node-3-scaler-predictive-requests', '0');
  await setField(page, 'node-3-scaler-predictive-hold', '300 s');
  await page.locator('#lesson-grade').click();
  // Ready in time, and kept for too long: only the money is wrong.
  await page.locator('.verdict-fail').waitFor({ timeout: 120_000 });
  await setField(page, 'node-3-scaler-predictive-hold', '120 s');
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-pass').waitFor({ timeout: 120_000 });
  await next.click();
  await assertFits(page);
  await assertAccessible(page);
});
