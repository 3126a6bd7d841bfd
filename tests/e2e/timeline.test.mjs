// Time on the page: going to a moment by pointer and by keys, charts on the same axis, the log, and what a hand does to a run.
import assert from 'node:assert/strict';
import { assertAccessible, becomes, check, select, setField } from './lib.mjs';

const clock = (page) => page.locator('.clock-now').textContent();
const clockIs = (page, expected) => becomes(() => clock(page), expected, 'the clock');
const tag = (page, words) => page.locator('.station-place .fault-tag', { hasText: words });

async function box(locator) {
  const found = await locator.boundingBox();
  assert.ok(found, 'it is on the page');
  return found;
}

/// The moment of a share of the timeline, as a point of the page.
async function moment(page, share) {
  const track = await box(page.locator('.timeline-track'));
  return [track.x + track.width * share, track.y + 10];
}

/// Black Friday, three minutes, played to its end.
async function played(open) {
  const page = await open({ hash: '#scenario=black-friday' });
  await page.locator('.speed-select').selectOption('max');
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent >= '03:00');
  await page.locator('#run-toggle[aria-label="Run again"]').waitFor();
  return page;
}

/// Goes to a share of the run by a press.
async function press(page, share) {
  await page.mouse.click(...(await moment(page, share)));
}

/// Lets a fault with numbers loose on Orders, by keys.
async function slowDown(page, times) {
  if (!(await page.locator('#tray').isVisible())) await page.locator('#tray-toggle').click();
  await select(page, 'node-3');
  await page.locator('[data-tray=slow]').focus();
  await page.keyboard.press('Enter');
  await page.locator('#fault-strike:focus').waitFor();
  assert.equal(await tag(page, 'Slow down').count(), 0, 'nothing strikes before its numbers are said');
  // Enter says all of it, and strikes.
  await setField(page, 'planned-factor', times);
  await tag(page, 'Slow down').waitFor();
}

check('the playhead is pressed, dragged and driven by keys, and says where it stands', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  await press(page, 1 / 3);
  await page.locator('.playhead-flag', { hasText: /^(0:59|1:00)\.\d/ }).waitFor();
  await page.mouse.move(...(await moment(page, 0.2)));
  await page.mouse.down();
  await page.mouse.move(...(await moment(page, 0.5)), { steps: 6 });
  await page.mouse.up();
  await page.waitForFunction(() => /^01:(29|30)/.test(document.querySelector('.clock-now').textContent));
  // The press has taken the focus along.
  await page.locator('#playhead:focus').waitFor();
  await page.keyboard.press('Home');
  await clockIs(page, '00:00.000');
  await page.keyboard.press('ArrowRight');
  await clockIs(page, '00:01.000');
  await page.keyboard.press('Shift+ArrowRight');
  await clockIs(page, '00:11.000');
  await page.keyboard.press('PageUp');
  await clockIs(page, '00:29.000');
  await page.keyboard.press('ArrowLeft');
  await clockIs(page, '00:28.000');
  const slider = page.getByRole('slider', { name: 'Moment of the run' });
  await becomes(() => slider.getAttribute('aria-valuetext'), '0:28.0 of 3:00, looking back', 'what it says');
  assert.equal(await slider.getAttribute('aria-valuenow'), '28');
  await assertAccessible(page);
  // What was played is still there: one press leads back to its end.
  await page.locator('#go-ahead').click();
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent >= '03:00');
  await page.locator('#go-ahead').waitFor({ state: 'detached' });
});

check('charts share the axis, tell their values together, zoom and lead to a moment', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  const plots = page.locator('.charts .u-over');
  await plots.nth(3).waitFor({ state: 'attached' });
  const plot = await box(plots.first());
  const at = (share) => [plot.x + plot.width * share, plot.y + plot.height / 2];
  await page.mouse.move(...at(0.5));
  await becomes(() => page.locator('.chart-told:not([hidden])').count(), await plots.count(), 'every chart tells');
  for (const told of await page.locator('.chart-told span:first-child').allTextContents()) assert.match(told, /^1:(29|30)/);
  assert.match(await page.locator('.chart-told').first().textContent(), /completed .*\/s/);
  // Also from the timeline.
  await page.mouse.move(...(await moment(page, 0.25)));
  await becomes(() => page.locator('.chart-told').first().locator('span').first().textContent().then((words) => /^0:4[45]/.test(words)), true, 'the timeline is pointed at');

  const ticks = () => page.locator('.timeline-tick text').allTextContents();
  const whole = await ticks();
  await page.mouse.move(...at(0.4));
  await page.mouse.down();
  await page.mouse.move(...at(0.6), { steps: 5 });
  await page.mouse.up();
  await page.locator('#whole-run').waitFor();
  assert.notDeepEqual(await ticks(), whole, 'the timeline is zoomed with the charts');
  await page.mouse.click(...at(0.5));
  await page.waitForFunction(() => /^01:(29|30)/.test(document.querySelector('.clock-now').textContent));
  await page.mouse.dblclick(...at(0.5));
  await page.locator('#whole-run').waitFor({ state: 'detached' });
  // And by keys.
  await page.locator('#playhead').focus();
  await page.keyboard.press('+');
  await page.locator('#whole-run').waitFor();
  await page.keyboard.press('0');
  await page.locator('#whole-run').waitFor({ state: 'detached' });
});

check('charts stand side by side where there is room, and on the edges of the timeline where there is not', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  const plots = page.locator('.charts .u-over');
  await plots.nth(3).waitFor({ state: 'attached' });
  const stage = (await box(page.locator('.canvas-box'))).height;
  assert.ok(stage >= 420, `the stage is ${stage} px high at 1440 x 900`);
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#run-toggle[aria-label="Run again"]').waitFor();
  // How many charts can be seen as a whole.
  const whole = () =>
    page.evaluate(() => {
      const body = document.querySelector('#dock-body').getBoundingClientRect();
      const charts = [...document.querySelectorAll('.charts .chart')].map((chart) => chart.getBoundingClientRect());
      return charts.filter((chart) => chart.top >= body.top - 1 && chart.bottom <= body.bottom + 1).length;
    });
  assert.equal(await whole(), 3);
  await page.setViewportSize({ width: 1280, height: 720 });
  await becomes(whole, 3, 'charts that are seen as a whole at 1280 x 720');
  // Each has its own line of the present moment.
  const place = await plots.nth(1).evaluate((over) => parseFloat(getComputedStyle(over, '::before').left) / over.clientWidth);
  assert.ok(place > 0.9 && place <= 1.01, `the line stands at ${place}`);

  // The edge is moved by keys and by the pointer, and put back by a double press.
  const body = async () => Math.round((await box(page.locator('#dock-body'))).height);
  const before = await body();
  await page.locator('#dock-grip').focus();
  await page.keyboard.press('ArrowUp');
  await becomes(body, before + 24, 'one step higher');
  const grip = await box(page.locator('#dock-grip'));
  await page.mouse.move(grip.x + 200, grip.y + 4);
  await page.mouse.down();
  await page.mouse.move(grip.x + 200, grip.y - 36, { steps: 4 });
  await page.mouse.up();
  await becomes(body, before + 64, 'pulled by 40 px');
  await page.locator('#dock-grip').dblclick();
  await becomes(body, before, 'as it was');

  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('[data-tab="charts"]').click();
  const edges = async () => {
    const [track, plot] = [await box(page.locator('.timeline-track')), await box(plots.first())];
    return Math.abs(plot.x - track.x) <= 1 && Math.abs(plot.x + plot.width - track.x - track.width) <= 1;
  };
  await becomes(edges, true, 'a chart has the edges of the timeline');
});

check('what was too late is told from what was in time, and the legend names both', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  const keys = page.locator('.map-keys');
  assert.match(await keys.innerText(), /answered within 100.ms\s+later\s+no answer/);
  const top = (path) => page.locator(`.timeline-map .${path}`).evaluate((path) => path.getBBox().height);
  const [all, answered, good] = [await top('map-bad'), await top('map-late'), await top('map-good')];
  assert.ok(all >= answered && answered >= good && good > 0, `${all}, ${answered} and ${good}`);
  assert.notEqual(await page.locator('.timeline-map .map-late').getAttribute('d'), await page.locator('.timeline-map .map-good').getAttribute('d'), 'some were late');
});

check('an objective that is missed is told as it happens, with a way to its moment', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await page.locator('.speed-select').selectOption('25');
  const missed = page.locator('#missed');
  await missed.filter({ hasText: 'Orders replica 3 was killed' }).waitFor({ timeout: 60_000 });
  await page.locator('#run-toggle[aria-label="Pause"]').click();
  assert.match(await missed.innerText(), /The objective \(p99 within 100.ms, 99.% answered\) (has been missed since|was missed from) \d:\d\d.*: at 1:00, Orders replica 3 was killed\./);
  await assertAccessible(page);
  await missed.getByRole('button', { name: 'Go to 1:00' }).click();
  await page.waitForFunction(() => /^01:00/.test(document.querySelector('.clock-now').textContent));
});

check('the log tells in sentences, and each row leads to its moment', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  await page.locator('.dock-tabs').getByRole('button', { name: 'Log' }).click();
  const rows = page.locator('.log-line');
  const killed = rows.filter({ hasText: 'Orders replica 3 was killed' });
  await killed.locator('.log-go').click();
  await clockIs(page, '01:00.000');
  await killed.locator('[aria-current=time]').waitFor();
  await page.locator('.playhead-flag', { hasText: '1:00.0 Orders replica 3 was killed' }).waitFor();
  assert.ok((await page.locator('.log-ahead').count()) > 0, 'what was played beyond it is still told');
  await rows.filter({ hasText: 'Front door took Orders replica 3 out' }).locator('.log-go').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /^01:0[1-9]/.test(document.querySelector('.clock-now').textContent));
  await assertAccessible(page);
});

check('a fault asks for its numbers, can be adjusted from its badge, and undone as if it had never been', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await page.locator('.speed-select').selectOption('5');
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent >= '00:20');
  await page.locator('#run-toggle[aria-label="Pause"]').click();
  await slowDown(page, '2');
  // It stands: what was asked for after the pause has been done.
  const before = await clock(page);
  const notice = page.locator('.run-notice');
  await notice.getByText('Orders became 2 times slower.').waitFor();
  const inputs = page.locator('.timeline-input');
  await becomes(() => inputs.count(), 1, 'it is marked');
  await page.locator('.timeline-live').waitFor();
  await assertAccessible(page);

  // The badge opens the same card as the notice does.
  await tag(page, 'Slow down').click();
  const card = page.getByRole('group', { name: 'Fault in force' });
  await card.waitFor();
  await setField(page, 'planned-factor', '3');
  await card.getByRole('button', { name: 'Apply from now on' }).click();
  await notice.getByText('Orders became 3 times slower.').waitFor();
  await becomes(() => inputs.count(), 3, 'one is lifted, another let loose');
  await page.locator('#notice-undo').click();
  await becomes(() => inputs.count(), 1, 'one step takes both back');
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await becomes(() => inputs.count(), 0, 'by key, too');
  await tag(page, 'Slow down').waitFor({ state: 'detached' });
  await clockIs(page, before);
  await page.keyboard.press('Control+Shift+z');
  await tag(page, 'Slow down').waitFor();
});

check('going back is free; a change there starts a new future, says so, and undo brings the old one back', { timeout: 120_000 }, async ({ open }) => {
  const page = await played(open);
  await press(page, 0.25);
  await page.locator('.dock-note', { hasText: 'a change here starts a new future' }).waitFor();
  await slowDown(page, '2');
  await page.locator('.notice', { hasText: /The run is a new one from 0:4\d/ }).waitFor();
  await page.locator('#go-ahead').waitFor({ state: 'detached' });
  await page.locator('#notice-undo').click();
  await tag(page, 'Slow down').waitFor({ state: 'detached' });
  await page.locator('#playhead').focus();
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent >= '03:00');
  assert.equal(await page.locator('.timeline-input').count(), 0);
});

check('a restart asks what becomes of faults that a hand let loose', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent >= '00:01');
  await slowDown(page, '2');
  const planned = await page.locator('.timeline-fault').count();
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  const question = page.getByRole('alertdialog', { name: 'Start again' });
  await question.getByText(/Orders became 2 times slower at 0:\d\d/).waitFor();
  await page.locator('#restart-without:focus').waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  await tag(page, 'Slow down').waitFor();
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  await page.locator('#restart-with').click();
  await becomes(() => page.locator('.timeline-fault').count(), planned + 1, 'it is planned at the same moment');
  await becomes(() => page.locator('.timeline-input').count(), 0, 'nothing by hand is left');
});
