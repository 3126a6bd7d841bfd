// The editor as a person uses it: by mouse, finger and keyboard, in the page itself.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, becomes, card, check, clipboardText, drag, empty, middle, place } from './lib.mjs';

const cards = (page) => page.locator('.station');
const wires = (page) => page.locator('.wire');

async function emptied(open, how) {
  const page = await open(how);
  await empty(page);
  return page;
}

async function wire(page, from, to) {
  await drag(page, await middle(card(page, from).locator('.port')), await middle(card(page, to)));
}

const undo = (page) => page.keyboard.press('Control+z');

check('a system is drawn by mouse, and each gesture is one step to undo', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'source', 140, 200);
  await place(page, 'service', 440, 200);
  await wire(page, 'Clients', 'Service');
  await becomes(() => wires(page).count(), 1, 'one wire');
  const before = await middle(card(page, 'Service'));
  await drag(page, before, [before[0] + 96, before[1] + 48]);
  await becomes(() => middle(card(page, 'Service')), [before[0] + 96, before[1] + 48], 'the card moved with the pointer');
  await undo(page);
  await becomes(() => middle(card(page, 'Service')), before, 'the whole drag was one step');
  await undo(page);
  await becomes(() => wires(page).count(), 0, 'the wire was one step');
  await undo(page);
  await becomes(() => cards(page).count(), 1, 'the card was one step');
  await page.keyboard.press('Control+y');
  await page.keyboard.press('Control+y');
  await becomes(() => wires(page).count(), 1, 'redo brings both back');
});

check('Escape takes back what is under way', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'service', 300, 200);
  const before = await middle(card(page, 'Service'));
  await page.mouse.move(...before);
  await page.mouse.down();
  await page.mouse.move(before[0] + 120, before[1] + 120, { steps: 5 });
  await becomes(() => page.locator('#stage.tool-translating').count(), 1, 'a drag is under way');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await becomes(() => middle(card(page, 'Service')), before, 'the card is back');
});

check('a system is drawn by keyboard alone', async ({ open }) => {
  const page = await emptied(open);
  for (const kind of ['source', 'service']) {
    await page.locator(`[data-kind=${kind}]`).focus();
    await page.keyboard.press('Enter');
  }
  await becomes(() => cards(page).count(), 2, 'Enter places at the middle of the view');
  // What was placed is selected.
  await card(page, 'Service').focus();
  const before = await middle(card(page, 'Service'));
  await page.keyboard.press('Shift+ArrowRight');
  await becomes(async () => (await middle(card(page, 'Service')))[0] > before[0], true, 'arrows move the card');
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await card(page, 'Clients').focus();
  await page.keyboard.press('Enter');
  await card(page, 'Service').focus();
  await page.keyboard.press('Enter');
  await becomes(() => wires(page).count(), 1, 'source, then target');
  await wires(page).first().focus();
  await becomes(() => wires(page).first().getAttribute('aria-pressed'), 'true', 'what was drawn is selected');
  await page.keyboard.press('Delete');
  await becomes(() => wires(page).count(), 0, 'and deleted by key');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'stage', 'the focus does not fall out of the stage');
});

check('a wire that makes no sense is refused with the reason', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'source', 140, 200);
  await place(page, 'service', 440, 200);
  await wire(page, 'Service', 'Clients');
  await page.getByText('Clients sends requests and takes none').waitFor();
  assert.equal(await wires(page).count(), 0);
});

check('several cards are caught by a marquee, copied as text, and pasted into another page', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'source', 140, 160);
  await place(page, 'service', 440, 160);
  await wire(page, 'Clients', 'Service');
  await becomes(() => wires(page).count(), 1, 'one wire');
  const stage = await page.locator('#stage').boundingBox();
  await drag(page, [stage.x + 20, stage.y + 330], [stage.x + 600, stage.y + 60]);
  await becomes(() => page.locator('.station.selected').count(), 2, 'both are selected');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await becomes(() => cards(page).count(), 4, 'pasted');
  await becomes(() => wires(page).count(), 2, 'with the wire between them');
  const text = await clipboardText(page);
  assert.match(text, /headroom_clip/);
  const other = await emptied(open);
  await other.evaluate((text) => navigator.clipboard.writeText(text), text);
  await other.locator('#stage').focus();
  await other.keyboard.press('Control+v');
  await becomes(() => cards(other).count(), 2, 'pasted into another page');
});

check('the view zooms by wheel and key, and pans by middle button and space bar', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'service', 300, 200);
  const zoom = () => page.locator('.stage-zoom').innerText();
  await page.locator('#stage').focus();
  await page.keyboard.press('0');
  const at = await middle(card(page, 'Service'));
  await page.mouse.move(...at);
  await page.mouse.wheel(0, -100);
  await becomes(async () => parseInt(await zoom(), 10) > 100, true, 'the wheel zooms in');
  const [x, y] = await middle(card(page, 'Service'));
  assert.ok(Math.hypot(x - at[0], y - at[1]) < 12, 'around the pointer');
  await page.keyboard.press('0');
  await becomes(zoom, '100%', 'actual size');
  const free = [at[0], at[1] + 180];
  const before = await middle(card(page, 'Service'));
  await page.mouse.move(...free);
  await page.mouse.down({ button: 'middle' });
  await page.mouse.move(free[0] + 60, free[1] - 20, { steps: 3 });
  await page.mouse.up({ button: 'middle' });
  await becomes(() => middle(card(page, 'Service')), [before[0] + 60, before[1] - 20], 'the middle button pans');
  await page.keyboard.down(' ');
  await page.mouse.down();
  await page.mouse.move(free[0], free[1], { steps: 3 });
  await page.mouse.up();
  await page.keyboard.up(' ');
  await becomes(() => middle(card(page, 'Service')), before, 'so does dragging with the space bar held');
  await page.keyboard.press('Control+z');
  await becomes(() => cards(page).count(), 0, 'none of it was a step to undo');
});

check('fingers move, wire and pinch', async ({ open }) => {
  const page = await emptied(open, { hasTouch: true });
  await place(page, 'source', 140, 200);
  await place(page, 'service', 440, 200);
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, ...points) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const swipe = async (from, to) => {
    await touch('touchStart', from);
    for (let step = 1; step <= 6; step += 1) {
      await touch('touchMove', [from[0] + ((to[0] - from[0]) * step) / 6, from[1] + ((to[1] - from[1]) * step) / 6]);
    }
    await touch('touchEnd');
  };
  await swipe(await middle(card(page, 'Clients').locator('.port')), await middle(card(page, 'Service')));
  await becomes(() => wires(page).count(), 1, 'a finger draws a wire');
  const before = await middle(card(page, 'Service'));
  await swipe(before, [before[0] + 48, before[1] + 96]);
  await becomes(() => middle(card(page, 'Service')), [before[0] + 48, before[1] + 96], 'a finger moves a card');
  const zoom = async () => parseInt(await page.locator('.stage-zoom').innerText(), 10);
  const start = await zoom();
  const [x, y] = [before[0] - 150, before[1] + 150];
  await touch('touchStart', [x - 40, y]);
  await touch('touchStart', [x - 40, y], [x + 40, y]);
  await touch('touchMove', [x - 60, y], [x + 60, y]);
  await touch('touchEnd');
  await becomes(async () => Math.abs((await zoom()) - start * 1.5) <= 2, true, 'two fingers zoom by their distance');
});

check('dragging a card renders no other card', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'service', 200, 140);
  await place(page, 'service', 500, 140);
  await page.evaluate(() => {
    globalThis.touched = new Set();
    new MutationObserver((records) => {
      for (const record of records) {
        const place = record.target.closest?.('.station-place');
        const name = place?.querySelector('.station-name')?.textContent;
        if (name && !record.target.dataset?.live) globalThis.touched.add(name);
      }
    }).observe(document.querySelector('.stage-cards'), { subtree: true, attributes: true, childList: true });
  });
  const from = await middle(card(page, 'Service 2'));
  await drag(page, from, [from[0], from[1] + 120]);
  await becomes(() => middle(card(page, 'Service 2')), [from[0], from[1] + 120], 'moved');
  assert.deepEqual(await page.evaluate(() => [...globalThis.touched]), ['Service 2']);
});

check('a problem stands at its place and leads there', async ({ open }) => {
  const page = await emptied(open);
  await place(page, 'source', 140, 200);
  await place(page, 'service', 440, 200);
  const badge = page.locator('.station-place', { has: card(page, 'Service') }).locator('.place-problem');
  await becomes(() => badge.count(), 1, 'nothing calls the service');
  assert.match(await badge.getAttribute('aria-label'), /No request can reach Service.*Draw a connection/s);
  await page.keyboard.press('Escape');
  await becomes(() => page.locator('.station.selected').count(), 0, 'nothing is selected');
  await badge.click();
  await becomes(() => page.locator('.station.selected').count(), 1, 'the problem selects its place');
  await becomes(() => page.evaluate(() => document.activeElement.id), await card(page, 'Service').getAttribute('id'), 'and moves the focus there');
});

check('dots run while the system runs, and rest when motion is not wanted', async ({ open }) => {
  const page = await open();
  const dots = page.locator('.stage-dots');
  const number = async (name) => Number(await dots.getAttribute(name));
  await becomes(async () => (await number('data-dots')) > 0, true, 'the first visit finds something running');
  // Where motion is not wanted nothing starts by itself.
  const still = await open({ reducedMotion: 'reduce' });
  await still.locator('#run-toggle[aria-label="Run"]').click();
  const resting = still.locator('.stage-dots');
  await becomes(async () => Number(await resting.getAttribute('data-dots')) > 0, true, 'traffic is known without motion too');
  await still.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const painted = async () => Number(await resting.getAttribute('data-painted'));
  const [before, at] = [await painted(), Date.now()];
  await becomes(async () => (await painted()) >= before + 2, true, 'the picture is renewed now and then');
  const seconds = (Date.now() - at) / 1_000;
  assert.ok((await painted()) - before <= seconds * 2 + 3, 'at most about twice a second');
  assert.equal(await still.locator('.wire-rate').first().evaluate((text) => getComputedStyle(text).visibility), 'visible', 'rates are told in numbers instead');
});

check('the outline edits the whole drawing on a small screen', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  await page.locator('[data-tab=outline]').tap();
  const outline = page.locator('.outline');
  const stations = outline.locator('.outline-node');
  const count = await stations.count();
  assert.ok(count > 0, 'the outline lists what the canvas shows');
  await outline.getByLabel('New station').selectOption('service');
  await outline.getByRole('button', { name: 'Add', exact: true }).tap();
  await becomes(() => stations.count(), count + 1, 'a station was added');
  const added = stations.last();
  await added.getByLabel('Name').fill('Pastry');
  await added.getByLabel('Name').press('Enter');
  await becomes(() => stations.last().locator('.outline-name').innerText(), 'Pastry', 'it was renamed');
  await stations.nth(1).locator('select').selectOption({ label: 'Pastry' });
  await becomes(() => outline.getByRole('button', { name: /calls Pastry/ }).count(), 1, 'it was connected');
  await outline.getByRole('button', { name: /^Disconnect .* to Pastry$/ }).tap();
  await becomes(() => outline.getByRole('button', { name: /calls Pastry/ }).count(), 0, 'it was disconnected');
  await outline.getByRole('button', { name: 'Delete Pastry' }).tap();
  await becomes(() => stations.count(), count, 'it was deleted');
  await assertFits(page);
  await assertAccessible(page);
});
