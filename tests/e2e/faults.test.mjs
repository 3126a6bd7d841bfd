// Faults as a person uses them: dragged from the tray onto the running system and onto the timeline, by mouse and by key.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, clockPasses, select, setField } from './lib.mjs';

const card = (page, name) => page.locator('.station-place', { has: page.locator('.station-name', { hasText: new RegExp(`^${name}$`) }) });
const frame = (page, name) => page.locator('.area', { has: page.locator('.area-name', { hasText: new RegExp(`^${name}$`) }) });

async function box(locator) {
  const found = await locator.boundingBox();
  assert.ok(found, 'it is on the page');
  return found;
}

async function middle(locator) {
  await locator.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await box(locator);
  return [Math.round(x + width / 2), Math.round(y + height / 2)];
}

/// Presses on `from` and moves to `to`; the button stays down.
async function carry(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
}

async function openTray(page) {
  await page.locator('#tray-toggle').click();
  await page.locator('#tray').waitFor();
  // The drawing is fitted into what is left of the canvas.
  await page.waitForFunction(() => {
    const now = document.querySelector('.station').getBoundingClientRect().x;
    const same = globalThis.lastPlace === now;
    globalThis.lastPlace = now;
    return same;
  }, undefined, { polling: 200 });
}

check('a zone outage is dragged onto the running system, seen everywhere, and lifted', async ({ open }) => {
  const page = await open({ hash: '#scenario=three-regions', viewport: { width: 1440, height: 1200 } });
  await openTray(page);
  // A zone around the shop in Europe.
  const shop = await box(card(page, 'Shop, Europe'));
  await page.locator('[data-kind=zone]').click();
  await carry(page, [shop.x - 10, shop.y - 18], [shop.x + shop.width + 10, shop.y + shop.height + 10]);
  await page.mouse.up();
  const zone = page.locator('.area-zone');
  await zone.waitFor();
  const name = await zone.locator('.area-name').textContent();
  const zoneBox = await box(zone);
  await clockPasses(page, '00:00.500');

  await carry(page, await middle(page.locator('[data-tray=outage]')), [zoneBox.x + zoneBox.width / 2, zoneBox.y + zoneBox.height - 6]);
  // While it is in hand: what it could hit stands out, what it would hit most.
  await page.locator('.tool-aiming').waitFor();
  assert.equal(await page.locator('.area.aim').count(), 4, 'three regions and a zone can go dark');
  assert.equal(await page.locator('.station.no-aim').count(), 5, 'a station cannot');
  await page.locator('.area-zone.lit').waitFor();
  await page.mouse.up();

  await zone.locator('.area-state', { hasText: 'outage' }).waitFor();
  await card(page, 'Shop, Europe').locator('.fault-tag', { hasText: 'Outage' }).waitFor();
  await card(page, 'Shop, Europe').locator('.station[data-condition=dead]').waitFor();
  assert.equal(await card(page, 'Shop, Asia').locator('.fault-tag').count(), 0, 'elsewhere nothing is hit');
  await page.locator('.timeline-live text', { hasText: `${name} of Frankfurt went dark` }).waitFor();
  // The numbers: the front door notices, and sends nobody there any more.
  await card(page, 'Front door').getByText('1 of 3 backends out').waitFor();
  await card(page, 'Shop, Europe').getByText('0/s', { exact: true }).waitFor();
  await assertAccessible(page);

  await page.locator('#tab-break').click();
  await page.locator('[data-fault=lift-outage]').click();
  await card(page, 'Shop, Europe').locator('.fault-tag').waitFor({ state: 'detached' });
  assert.equal(await zone.locator('.area-state').count(), 0);
});

check('a fault is dropped on a connection, one on the timeline, and one is let loose by keyboard', async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await openTray(page);
  const from = await middle(card(page, 'Customers'));
  const to = await middle(card(page, 'Front door'));
  await carry(page, await middle(page.locator('[data-tray=loss]')), [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
  await page.locator('.wire.candidate').waitFor();
  await page.mouse.up();
  // How much is lost is asked first.
  assert.equal(await page.locator('.fault-tag').count(), 0, 'nothing has struck yet');
  await page.getByRole('group', { name: 'New fault' }).getByRole('button', { name: 'Lose messages now' }).click();
  await page.locator('.stage-badges .fault-tag', { hasText: 'Lose messages' }).waitFor();

  const marks = page.locator('.timeline-fault');
  const before = await marks.count();
  const track = await box(page.locator('.timeline-track'));
  await carry(page, await middle(page.locator('[data-tray=hang]')), [track.x + track.width / 2, track.y + 10]);
  await page.mouse.up();
  assert.equal(await marks.count(), before + 1, 'it is planned');
  const planned = page.getByRole('group', { name: 'Planned fault' });
  await planned.locator('#fault-hits').selectOption({ label: 'Orders database' });
  await planned.getByRole('heading', { name: /Hang: Orders database/ }).waitFor();
  await assertAccessible(page);

  // By keyboard: what is selected is hit.
  await page.locator('#node-3').focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-tray=hang]').focus();
  await page.keyboard.press('Enter');
  // Which of its replicas? All of them: the answer has the focus.
  await page.locator('#fault-strike:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.station-place .fault-tag', { hasText: 'Hang' }).waitFor();
  // And with nothing that suits selected, it stays in hand until something is chosen.
  await page.locator('[data-tray=traffic]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.stage-hint', { hasText: 'choose clients' }).waitFor();
  await page.locator('#node-1').focus();
  await page.keyboard.press('Enter');
  await page.locator('#fault-strike:focus').waitFor();
  await page.keyboard.press('Enter');
  await card(page, 'Customers').locator('.fault-tag', { hasText: 'Traffic' }).waitFor();
});

check('chaos is planned within its budget, and taken back in one step', async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await openTray(page);
  await page.locator('.tray-chaos summary').click();
  const marks = page.locator('.timeline-fault');
  const before = await marks.count();
  await page.locator('#compose-chaos').click();
  await page.waitForFunction((before) => document.querySelectorAll('.timeline-fault').length > before, before);
  assert.ok((await marks.count()) <= before + 4, 'no more than the budget');
  await assertFits(page);
  await assertAccessible(page);
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await page.waitForFunction((before) => document.querySelectorAll('.timeline-fault').length === before, before);
});

check('under a zone outage a breaker opens, tries again half-open, and closes when the zone is back', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=one-queue' });
  await select(page, 'edge-1');
  await page.locator('.form-group-title', { hasText: 'Circuit breaker' }).click();
  await page.locator('#edge-1-breaker').selectOption('consecutive');
  await setField(page, 'edge-1-breaker-consecutive-open_for', '2 s');
  // Ten good probes in a row, so that half-open can be seen.
  await setField(page, 'edge-1-breaker-consecutive-probes', '10');
  await openTray(page);
  const server = await box(card(page, 'Server'));
  for (const [kind, room] of [['region', 40], ['zone', 16]]) {
    await page.locator(`[data-kind=${kind}]`).click();
    await carry(page, [server.x - room, server.y - room - 14], [server.x + server.width + room, server.y + server.height + room]);
    await page.mouse.up();
    await page.locator(`.area-${kind}`).waitFor();
  }
  const breaker = (state) => page.locator(`.wire-breaker[data-state=${state}]`);
  await breaker('closed').waitFor({ state: 'attached' });

  const zone = await box(page.locator('.area-zone'));
  await carry(page, await middle(page.locator('[data-tray=outage]')), [zone.x + zone.width / 2, zone.y + zone.height - 5]);
  await page.mouse.up();
  await breaker('open').waitFor({ state: 'attached' });
  await page.locator('[data-live=breaker-state]', { hasText: /open.*s/ }).waitFor({ state: 'attached' });
  // The wait is over, the zone is still dark: a probe fails, and it opens again.
  await page.locator('.dock-tabs').getByRole('button', { name: 'Log' }).click();
  await page.locator('.log li', { hasText: 'half-open' }).first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('.log li')].filter((line) => / opened/.test(line.textContent)).length >= 2);

  await page.locator('.area-zone .area-name').click();
  await page.locator('#tab-break').click();
  await page.locator('[data-fault=lift-outage]').click();
  await breaker('half-open').waitFor({ state: 'attached' });
  await breaker('closed').waitFor({ state: 'attached' });
});

check('a kill is told how long it lasts, struck by Enter, and lifted at that very moment', { timeout: 120_000 }, async ({ open }) => {
  const page = await open({ hash: '#scenario=one-queue' });
  await clockPasses(page, '00:01');
  await page.locator('#run-toggle[aria-label="Pause"]').click();
  await select(page, 'node-2');
  await page.locator('#tab-break').click();
  const lasts = page.locator('#fault-kill-lasts');
  assert.equal(await lasts.inputValue(), '0', 'for good, unless something else is said');
  await lasts.fill('2');
  await lasts.press('Enter');
  const tag = page.locator('.station-place .fault-tag', { hasText: 'Kill' });
  await tag.waitFor();
  await page.locator('.run-notice', { hasText: /It lasts 2.s\./ }).waitFor();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#run-toggle').click();
  // However far it has come by then, it goes back, and on from there to its end.
  await tag.waitFor({ state: 'detached' });
  await page.locator('#run-toggle[aria-label="Run again"]').waitFor({ timeout: 60_000 });
  await page.locator('.dock-tabs').getByRole('button', { name: 'Log' }).click();
  const at = async (words) => {
    const [minutes, seconds] = (await page.locator('.log-line', { hasText: words }).first().locator('.log-at').innerText()).split(':').map(Number);
    return 60 * minutes + seconds;
  };
  const [killed, revived] = [await at('was killed'), await at('was revived')];
  assert.ok(Math.abs(revived - killed - 2) < 0.11, `killed at ${killed} s, revived at ${revived} s`);
});
