// Money and races as a person uses them: the bill behind the cost line, five scalers on one Black Friday, one taken.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, clockPasses, select, setField } from './lib.mjs';

const cells = (row) => row.locator('td.num').allTextContents();

/// A figure as it is shown: "12.3 min", "$0.24", "99.95 %".
const number = (text) => Number(text.replace(/[\s\u202f]|best/g, '').replace(/[^0-9.]/g, ''));

async function openRace(page) {
  await select(page, 'node-2');
  await page.locator('#tab-settings').click();
  await page.locator('#what-if').click();
  await page.locator('#race-start').waitFor();
}

check('five scalers race on one Black Friday, the table is read, and one is taken', async ({ open }) => {
  const page = await open({ hash: '#scenario=scaler-race' });
  await openRace(page);
  await assertAccessible(page);
  assert.equal(await page.locator('.entrant').count(), 5, 'as it is, and four others');
  // One is left out.
  await page.locator('#entrant-predictive').click();
  await page.locator('#race-start').click();
  await page.locator('#race-stop').waitFor();
  await page.locator('#race-table').waitFor({ timeout: 120_000 });

  const row = (name) => page.locator('#race-table tbody tr', { has: page.locator('th', { hasText: name }) });
  assert.equal(await page.locator('#race-table tbody tr').count(), 4);
  assert.equal(await row('Predictive').count(), 0, 'it was left out');
  await page.getByText(/Every run was sent the same [\d\s\u202f]+ requests\./).waitFor();

  const [, answered, lost, cost, , hours, most] = await cells(row('As it is'));
  const [, planAnswered, planLost, planCost] = await cells(row('By plan'));
  const [, , handLost, handCost, , , handMost] = await cells(row('By hand'));
  assert.ok(number(lost) > 1, `one at a time comes too late: ${lost}`);
  assert.ok(number(planLost) < number(lost) / 2, `the plan is ready: ${planLost} against ${lost}`);
  assert.ok(number(planAnswered) > number(answered), `${planAnswered} against ${answered}`);
  assert.ok(number(handCost) > number(planCost) * 1.3, `bought for the peak: ${handCost} against ${planCost}`);
  assert.ok(number(handLost) < number(lost) / 2, `${handLost} against ${lost}`);
  assert.ok(number(cost) > 0 && number(hours) > 0 && number(most) > 2, `${cost}, ${hours} h, ${most}`);
  assert.equal(number(handMost), 9, '300/s, 33.9/s each');
  assert.ok((await page.locator('#race-table .best').count()) >= 5, 'the best of each column is marked');
  assert.equal(await page.locator('.race-curve').count(), 3, 'replicas, p99, cost');
  assert.equal(await page.locator('.race-curve').first().locator('.race-line').count(), 4);
  assert.ok((await page.locator('.race-curve .race-name', { hasText: 'By plan' }).count()) === 3, 'lines bear their names');
  await assertAccessible(page);

  await row('By plan').getByRole('button', { name: 'Take this one' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  const scaler = page.locator('#inspector select[id$="-scaler"]');
  assert.equal(await scaler.inputValue(), 'scheduled');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await select(page, 'node-2');
  assert.equal(await scaler.inputValue(), 'horizontal', 'one step, and undo takes it back');
});

check('a race is called off and the run on the screen goes on', async ({ open }) => {
  const page = await open({ hash: '#scenario=scaler-race' });
  await openRace(page);
  await page.locator('#race-start').click();
  await page.locator('#race-stop').click();
  await page.locator('#race-start').waitFor();
  assert.equal(await page.locator('#race-table').count(), 0);
  await page.locator('dialog').getByRole('button', { name: 'Close' }).click();
  const before = await page.locator('.clock-now').textContent();
  await clockPasses(page, before);
});

check('the cost line tells why, the calendar tells the hour, the objective is set', async ({ open }) => {
  const page = await open({ hash: '#scenario=scaler-race' });
  await page.locator('#calendar', { hasText: /^Mon \d\d:\d\d$/ }).waitFor();
  await page.locator('[data-chart=cost_per_hour]').waitFor();
  await page.locator('#why-cost').click();
  const bill = page.locator('#bill');
  await bill.waitFor();
  const [station] = await bill.locator('tbody th').allTextContents();
  assert.equal(station, 'Shop');
  const [what, quantity, price, sum] = await bill.locator('tbody tr').first().locator('td').allTextContents();
  assert.match(what, /m5\.large, \d+ now, machines on demand/);
  assert.match(price, /\$0\.096 an hour/);
  assert.ok(Math.abs(number(quantity) * 0.096 - number(sum)) <= 0.02 * number(sum) + 1e-4, `${quantity}, ${sum}`);
  await page.getByText('as published in 2024').waitFor();
  await assertAccessible(page);
  await page.locator('dialog').getByRole('button', { name: 'Close' }).click();

  await setField(page, 'slo-p99', '1 ms');
  await page.getByText('applies at restart').waitFor();
  await page.getByRole('button', { name: 'Restart' }).click();
  await page.locator('#slo-lost', { hasText: /Missed for/ }).waitFor();
  await page.locator('#day-words', { hasText: 'One day lasts 24' }).waitFor();
});

check('the race fits a hand', async ({ open }) => {
  const page = await open({ hash: '#scenario=scaler-race', viewport: 'mobile' });
  await page.locator('[data-tab=outline]').tap();
  await page.locator('#outline-node-2 .outline-choose').tap();
  await page.locator('[data-tab=settings]').tap();
  await page.locator('#tab-settings').tap();
  await page.locator('#what-if').tap();
  await page.locator('#race-start').waitFor();
  for (const id of ['manual', 'hpa', 'predictive']) {
    await page.locator(`#entrant-${id}`).click();
  }
  await page.locator('#race-start').click();
  await page.locator('#race-table').waitFor({ timeout: 120_000 });
  await assertFits(page);
  await assertAccessible(page);
});
