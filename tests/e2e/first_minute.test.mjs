// A newcomer's first minute, timed by the simulated clock: what this is and two doors; something breaks and words say why;
// one press repairs it; what comes next. And the sentence at the end of any run.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, becomes, check, clockPasses } from './lib.mjs';

const seconds = async (page) => {
  const [minutes, secs] = (await page.locator('.clock-now').textContent()).split(':');
  return 60 * Number(minutes) + Number(secs);
};
const captions = (page) => page.locator('.caption strong').allTextContents();
const touring = (page) => page.locator('.tour').count();

check('the first minute: two doors, a failure that is explained, one press, and the next step', async ({ open }) => {
  const page = await open({ tour: true });
  await page.getByRole('heading', { name: /Headroom is a playground where you learn how systems scale/ }).waitFor();
  await page.getByRole('button', { name: /^Break something now/ }).waitFor();
  await page.getByRole('button', { name: /^Start lesson 1/ }).waitFor();
  await page.locator('#strip-head').filter({ hasText: 'All answered in time' }).waitFor();
  await assertFits(page);

  // It goes wrong within fifteen simulated seconds, at the speed of the clock.
  await page.locator('.strip-suffering').waitFor();
  assert.ok((await seconds(page)) < 15, `it broke at ${await seconds(page)} s`);
  await page.locator('#strip-head').filter({ hasText: /of requests are failing.*At 0:08, Orders replica 3 was killed/ }).waitFor();
  assert.equal(await page.locator('[data-figure="p99"]').textContent(), 'no answer', 'the first percentile is over all requests');
  // Cause first, then what follows from it; each beside its station.
  await becomes(async () => (await captions(page)).length, 3, 'three captions');
  const told = await captions(page);
  assert.match(told[0], /^Orders replica 3 /);
  assert.deepEqual(told.slice(1), ['Front door has not noticed.', 'Customers get errors.']);
  const boxes = await page.locator('.caption').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  const cards = await page.locator('.station').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  for (const [index, box] of boxes.entries()) {
    for (const other of [...cards, ...boxes.slice(index + 1)]) assert.ok(apart(box, other), `caption ${index + 1} covers nothing`);
  }
  await assertAccessible(page);

  // Waiting is offered in words; one press repairs it, and the curve recovers.
  assert.match(await page.locator('#repair').innerText(), /Or wait: Front door stops sending to it after 3 failed health checks/);
  await page.locator('#repair-now').click();
  const repaired = await seconds(page);
  await page.locator('.strip-calm').waitFor();
  assert.ok((await seconds(page)) - repaired < 8, 'users are answered again soon');
  assert.deepEqual(await captions(page), ['Every request is answered again.']);
  await page.locator('#tour-draw').waitFor();
  await page.getByText('Step 4 of 4').waitFor();
  await page.getByRole('button', { name: /^Start lesson 1/ }).click();
  await page.locator('#lesson-next').waitFor();
  assert.equal(await touring(page), 0, 'the lesson takes its place');
});

check('the tour can be skipped, does not come back by itself, and can be started again', async ({ open, url }) => {
  const page = await open({ tour: true });
  await page.locator('#tour-skip').click();
  await becomes(() => touring(page), 0, 'it is gone');
  await page.locator('.rail').waitFor();
  await page.goto('about:blank');
  await page.goto(url);
  await page.locator('#run-toggle').waitFor();
  await page.locator('.rail').waitFor();
  assert.equal(await touring(page), 0, 'it stays away');
  await page.getByRole('button', { name: 'Help and keys' }).click();
  await page.locator('#tour-again').click();
  await page.locator('.tour').waitFor();
  await page.getByText('Step 1 of 4').waitFor();
});

check('a newcomer breaks a machine, a connection, the load; each is repaired by one press', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ tour: true });
  await clockPasses(page, '00:01.000');
  await page.locator('#tour-break').click();
  for (const kind of ['kill', 'latency', 'traffic']) {
    await page.locator(`[data-break="${kind}"]`).click();
    await page.locator('.strip-suffering').waitFor();
    await page.locator('#repair-now').click();
    await becomes(() => page.locator('#repair-now').count(), 0, `${kind} is repaired`);
    await page.locator('.strip-calm').waitFor({ timeout: 30_000 });
  }
});

check('on a phone the story stands under the stage, and its captions as a list', async ({ open }) => {
  const page = await open({ tour: true, viewport: 'mobile' });
  await page.getByRole('button', { name: /^Break something now/ }).waitFor();
  await page.locator('.strip-suffering').waitFor();
  await page.locator('.tour-captions li').nth(2).waitFor();
  await assertFits(page);
  await assertAccessible(page);
  await page.locator('#repair-now').click();
  await page.locator('.strip-calm').waitFor();
});

check('with reduced motion nothing starts by itself', async ({ open }) => {
  const page = await open({ tour: true, reducedMotion: 'reduce' });
  await page.locator('#run-toggle[aria-label="Run"]').waitFor();
  await page.locator('#strip-head').filter({ hasText: 'Nothing has run yet' }).waitFor();
  await page.locator('#run-toggle').click();
  await clockPasses(page, '00:00.500');
});

check('a run that is over says what happened and why, with ways to the moment, the station and the request', async ({ open }) => {
  const page = await open({ hash: '#scenario=first-minute' });
  await page.locator('.speed-select').selectOption('max');
  const ending = page.locator('#ending');
  await ending.waitFor({ timeout: 60_000 });
  const words = (await ending.innerText()).replaceAll('\u202f', ',');
  assert.match(words, /% of requests got no answer: 1,246 of 11,845\. It began at 0:08, when Orders replica 3 .+ over at 0:24\./);
  assert.match(words, /connection refused: the replica is dead\. The objective was missed for 16 s\./);
  assert.match(await ending.locator('[data-way="moment"]').innerText(), /0:08/);
  await ending.locator('[data-way="station"]').click();
  await page.locator('#node-3[aria-pressed="true"], #node-3.selected, .station-selected').first().waitFor();
  await ending.locator('[data-way="request"]').click();
  await page.locator('.why').waitFor();
  await page.locator('[data-way="moment"]').click();
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent.startsWith('00:08'));
});

check('Learn shows the lessons and how many are passed', async ({ open }) => {
  const page = await open();
  const learn = page.getByRole('button', { name: /^Learn 0 of \d+$/ });
  await learn.click();
  const dialog = page.getByRole('dialog', { name: 'Learn' });
  await dialog.locator('[data-open="black-friday"]').waitFor();
  assert.equal(await dialog.locator('[data-open="one-queue"]').count(), 0, 'scenarios stand under Open');
  await assertAccessible(page);
});
