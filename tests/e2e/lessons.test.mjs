// A lesson beside its system: the bet in the foot, the chart of the goal with its line and the run before, and what was changed.
import assert from 'node:assert/strict';
import { assertNoOverlaps } from './boxes.mjs';
import { assertAccessible, becomes, check, setField } from './lib.mjs';

const box = (locator) => locator.boundingBox();

/** Opens Black Friday at Go Coffee at its bet. */
async function atTheBet(open, options = {}) {
  const page = await open({ hash: '#lesson=black-friday', ...options });
  await page.locator('#lesson-title').waitFor();
  await page.locator('#lesson-next').click();
  await page.locator('#bet-choice').waitFor();
  return page;
}

/** Places a bet and plays the system as it is, as fast as possible. */
async function played(open, options) {
  const page = await atTheBet(open, options);
  await page.locator('#bet-choice').selectOption({ label: 'Orders' });
  await setField(page, 'bet-number', '900');
  await page.locator('#bet-place').click();
  await page.locator('#lesson-next').click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#lesson-meet').click();
  await page.locator('.goal-failed').first().waitFor({ timeout: 60_000 });
  return page;
}

check('a bet begins empty, shows what it asks about, and its button is in the foot', async ({ open }) => {
  const page = await atTheBet(open);
  assert.equal(await page.locator('#bet-number').inputValue(), '', 'no number is proposed');
  assert.deepEqual(await page.locator('.sketch-card strong').allTextContents(), ['Customers', 'Front door', 'Orders', 'Orders database']);
  const place = page.locator('.lesson-foot #bet-place');
  assert.ok(await place.isDisabled(), 'nothing has been chosen');
  await page.locator('#bet-choice').selectOption({ label: 'Orders' });
  assert.ok(await place.isDisabled(), 'the number is still to come');
  await setField(page, 'bet-number', '900');
  await assertAccessible(page);
  // Also where the text is longer than the window.
  await page.setViewportSize({ width: 1280, height: 600 });
  const [foot, window] = [await box(place), page.viewportSize()];
  assert.ok(foot.y + foot.height <= window.height, `the button ends at ${foot.y + foot.height} of ${window.height} px`);
  await place.click();
  await page.locator('#lesson-next').waitFor();
  assert.equal(await place.count(), 0, 'it was placed once and for all');
});

check('the chart of the goal shows this run and the one before it, and the goals say how far they are', { timeout: 180_000 }, async ({ open }) => {
  const page = await played(open);
  const chart = page.locator('#goal-chart');
  assert.match(await chart.locator('.chart-title').innerText(), /^Answered within 100.ms$/);
  await chart.locator('[data-run="this run"]').waitFor();
  assert.equal(await chart.locator('[data-run="the start"]').count(), 0, 'there is no run before');
  // On the timeline's axis.
  const [plot, track] = [await box(chart.locator('.u-over')), await box(page.locator('.timeline-track'))];
  assert.ok(Math.abs(plot.x - track.x) <= 1 && Math.abs(plot.width - track.width) <= 1, 'the chart has the edges of the timeline');
  const spike = page.locator('.goal', { hasText: 'during Black Friday' });
  const first = await spike.locator('.goal-now').innerText();
  assert.match(await spike.locator('.goal-rest').innerText(), /points to go$/);
  assert.match(await spike.locator('.goal-value').innerText(), /infinite: [\d.]+.% of requests got no answer/);
  assert.equal(await page.locator('.meter-before').count(), 0);

  // Twice the slots: better, and the start is the dashed line.
  await page.locator('#lesson-next').click();
  await setField(page, 'node-3-replicas', '6');
  await page.locator('#run-toggle').click();
  await chart.locator('[data-run="the start"]').waitFor();
  await page.locator('.goal-failed').first().waitFor({ timeout: 60_000 });
  await becomes(async () => (await spike.locator('.meter-before').count()) === 1, true, 'where the start stood');
  const share = (words) => Number.parseFloat(words.replace(',', '.'));
  assert.ok(share(await spike.locator('.goal-now').innerText()) > share(first), 'it has come closer');
  // Both are told at the pointer.
  await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
  const told = chart.locator('.chart-told');
  await told.waitFor();
  assert.match(await told.innerText(), /this run [\s\S]*the start /);
  await assertNoOverlaps(page, 'while building');
  await assertAccessible(page);
});

check('what was changed says what it was, in the settings and on the stage', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  await page.locator('#lesson-next').click();
  assert.equal(await page.locator('.was-tag, .field-was').count(), 0, 'nothing was changed yet');
  await setField(page, 'node-3-replicas', '6');
  const tag = page.locator('.station-place', { has: page.locator('#node-3') }).locator('.was-tag');
  await tag.waitFor();
  assert.equal(await tag.innerText(), 'was 3');
  assert.equal(await tag.getAttribute('aria-label'), 'was 3 (Replicas: 6, was 3)');
  assert.equal(await page.locator('.changeable .field-changed .field-was').innerText(), 'was 3');
  // The same where the station's own settings stand: a press on the tag leads there.
  await tag.click();
  await becomes(() => page.locator('#inspector .field-was').allInnerTexts(), ['was 3'], 'in the settings of the station');
  await page.keyboard.press('Escape');
  await setField(page, 'node-3-replicas', '3');
  await becomes(() => page.locator('.was-tag, .field-was').count(), 0, 'it is as it was');
});
