// Regions and zones as a person uses them: draw a frame, drag a station in, see what follows, take it down.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, at, becomes, card, check, drag, empty, middle, place, run } from './lib.mjs';

const frame = (page, name) => page.locator('.area', { has: page.locator('.area-name', { hasText: new RegExp(`^${name}$`) }) });

/// Pulls up a region or a zone between two points of the stage.
async function draw(page, kind, from, to) {
  await page.locator(`[data-kind=${kind}]`).click();
  await becomes(() => page.locator('#stage.tool-placing').count(), 1, 'a frame is in hand');
  await drag(page, await at(page, ...from), await at(page, ...to));
}

/// Clients at the left, a service at the right, wired.
async function shop(open, how = { viewport: { width: 1440, height: 1200 } }) {
  const page = await open(how);
  await empty(page);
  await place(page, 'source', 140, 160);
  await place(page, 'service', 140, 380);
  await drag(page, await middle(card(page, 'Clients').locator('.port')), await middle(card(page, 'Service')));
  await becomes(() => page.locator('.wire').count(), 1, 'wired');
  return page;
}

const stands = (page) => page.getByLabel('Stands in', { exact: true }).locator('option:checked').textContent();

check('a station dragged into a region stands in it, and the way there is told', async ({ open }) => {
  const page = await shop(open);
  await draw(page, 'region', [420, 110], [820, 420]);
  await becomes(() => frame(page, 'Virginia').count(), 1, 'the first region');
  await draw(page, 'region', [40, 90], [270, 260]);
  await becomes(() => frame(page, 'Ireland').count(), 1, 'drawn around the clients, it takes them in');
  await card(page, 'Clients').click();
  await becomes(() => stands(page), 'Ireland', 'the clients stand in it');

  await card(page, 'Service').click();
  await becomes(() => stands(page), 'nowhere in particular', 'the service does not yet');
  const from = await middle(card(page, 'Service'));
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...await at(page, 600, 300), { steps: 6 });
  await becomes(() => page.locator('.area.lit .area-name').allTextContents(), ['Virginia'], 'the frame lights up');
  await page.mouse.up();
  await becomes(() => stands(page), 'Virginia', 'its settings say so');
  await becomes(() => page.locator('.area.lit').count(), 0, 'the light is out');

  await page.locator('.wire').first().focus();
  await page.keyboard.press('Enter');
  const way = await page.locator('#edge-way').textContent();
  assert.match(way, /1\sms of its own \+ 34\.9\sms for the way between Ireland and Virginia = 35\.9\sms one way/);
  assert.match(way, /cloudping\.co/);

  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await card(page, 'Service').click();
  await becomes(() => stands(page), 'nowhere in particular', 'one step back, it stands where it stood');
  assert.deepEqual(await middle(card(page, 'Service')), from, 'and lies where it lay');
});

check('an outage of a region kills what stands in it, and lifting it brings it back', async ({ open }) => {
  const page = await shop(open);
  await draw(page, 'region', [30, 340], [300, 520]);
  await becomes(() => page.locator('.area.selected .area-name').allTextContents(), ['Virginia'], 'the new frame is selected');
  await page.getByRole('tab', { name: 'Break it' }).click();
  await run(page);
  await page.locator('[data-fault=outage]').click();
  await becomes(() => card(page, 'Service').getAttribute('data-condition'), 'dead', 'the service is dead');
  await becomes(() => page.locator('.area-dark').count(), 1, 'the frame says so');
  await page.locator('[data-fault=lift-outage]').click();
  await becomes(async () => (await card(page, 'Service').getAttribute('data-condition')) === 'dead', false, 'it is back');
});

check('a zone is drawn within a region, moves with it, and goes without its stations', async ({ open }) => {
  const page = await shop(open);
  await draw(page, 'zone', [600, 200], [800, 400]);
  await becomes(() => page.getByText('A zone lies within a region').count().then((n) => n > 0), true, 'refused with the reason');
  await draw(page, 'region', [24, 300], [620, 640]);
  await draw(page, 'zone', [36, 330], [300, 580]);
  await becomes(() => frame(page, 'Zone a').count(), 1, 'a zone');
  await card(page, 'Service').click();
  await becomes(() => stands(page), 'Zone a of Virginia', 'the innermost frame counts');
  const before = await middle(card(page, 'Service'));
  const head = await frame(page, 'Virginia').locator('.area-head').boundingBox();
  const hold = [head.x + head.width / 2, head.y + 12];
  await drag(page, hold, [hold[0] + 240, hold[1] - 48]);
  await becomes(() => middle(card(page, 'Service')), [before[0] + 240, before[1] - 48], 'all of it moved along');
  await frame(page, 'Zone a').locator('.area-head').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Delete');
  await becomes(() => page.locator('.area').count(), 1, 'the zone is gone');
  await card(page, 'Service').click();
  await becomes(() => stands(page), 'Virginia', 'its station stands in the region');
});

check('by keyboard and outline alone', async ({ open }) => {
  const page = await shop(open);
  await page.locator('[data-kind=region]').focus();
  await page.keyboard.press('Enter');
  await becomes(() => frame(page, 'Virginia').count(), 1, 'Enter places a region');
  await card(page, 'Service').focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Stands in', { exact: true }).selectOption({ label: 'Virginia' });
  await becomes(() => stands(page), 'Virginia', 'chosen in its settings');
  const [inner, outer] = [await card(page, 'Service').boundingBox(), await frame(page, 'Virginia').boundingBox()];
  assert.ok(inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width, 'the card went into the frame');
  await frame(page, 'Virginia').locator('.area-head').focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Region', { exact: true }).selectOption('ap-northeast-1');
  await becomes(() => frame(page, 'Tokyo').count(), 1, 'a region becomes another');
  await page.getByRole('button', { name: 'Outline' }).click();
  const outline = page.getByRole('region', { name: 'Outline' });
  await outline.getByRole('button', { name: 'Add a zone to Tokyo' }).click();
  await becomes(() => frame(page, 'Zone a').count(), 1, 'a zone from the outline');
  await outline.getByLabel('Service stands in').selectOption({ label: 'Zone a of Tokyo' });
  await becomes(() => outline.locator('#outline-area-2 .outline-setting').textContent(), 'here: Service', 'the outline says who is where');
  await assertAccessible(page);
});

check('tidied up, stations keep their places', async ({ open }) => {
  const page = await shop(open);
  await draw(page, 'region', [30, 340], [300, 520]);
  await page.keyboard.press('Shift+l');
  await card(page, 'Service').click();
  await becomes(() => stands(page), 'Virginia', 'still in its region');
  const [inner, outer] = [await card(page, 'Service').boundingBox(), await frame(page, 'Virginia').boundingBox()];
  assert.ok(inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width, 'and drawn so');
  const clients = await card(page, 'Clients').boundingBox();
  assert.ok(clients.x + clients.width <= outer.x, 'the clients stand beside it');
});

check('on a small screen the outline draws regions and moves stations into them', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Add a region' }).click();
  await page.getByLabel(/stands in/).first().selectOption({ label: 'Virginia' });
  await becomes(async () => (await page.locator('#outline-area-1 .outline-setting').textContent()).startsWith('here: '), true, 'somebody stands in it');
  await assertFits(page);
  await assertAccessible(page);
});
