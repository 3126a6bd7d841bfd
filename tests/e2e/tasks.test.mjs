// What a builder does all day, by real pointer and keys, each task in as few actions as elsewhere.
// An action is one drag, one click, one key with what is held, or one text typed.
import assert from 'node:assert/strict';
import { at, becomes, card, check, drag, empty, middle, place, run, setField } from './lib.mjs';

const wires = (page) => page.locator('.wire');
// Numbers are never given twice: what is drawn here is not the first of its kind in the document.
const nameOf = (page, place) => wires(page).nth(place - 1).getAttribute('aria-label');
const idOf = (locator) => locator.getAttribute('id');

async function drawn(open) {
  const page = await open();
  await empty(page);
  await place(page, 'source', 140, 160);
  await place(page, 'service', 520, 160);
  await drag(page, await middle(card(page, 'Clients').locator('.port')), await middle(card(page, 'Service')));
  await becomes(() => wires(page).count(), 1, 'one wire');
  return page;
}

/// Counts what the hand does.
function hand(page) {
  const done = { count: 0 };
  const counted = (act) => async (...rest) => {
    done.count += 1;
    return act(...rest);
  };
  return Object.assign(done, {
    drag: counted((from, to) => drag(page, from, to)),
    click: counted((locator, options) => locator.click(options)),
    clickAt: counted(([x, y], options) => page.mouse.click(x, y, options)),
    doubleClick: counted(([x, y]) => page.mouse.dblclick(x, y)),
    press: counted((key) => page.keyboard.press(key)),
    type: counted((text) => page.keyboard.type(text)),
  });
}

/// The end of a wire with the arrow, a little before the card.
async function wireEnd(page, place) {
  const [x, y] = await wires(page).nth(place - 1).locator('.wire-line').evaluate((path) => {
    const at = path.getPointAtLength(path.getTotalLength() - 8);
    const matrix = path.getScreenCTM();
    return [matrix.a * at.x + matrix.e, matrix.d * at.y + matrix.f];
  });
  return [x, y];
}

check("a wire's end goes elsewhere by one drag and keeps its settings", async ({ open }) => {
  const page = await drawn(open);
  await place(page, 'database', 520, 330);
  await wires(page).first().focus();
  await page.keyboard.press('Enter');
  await page.locator('summary', { hasText: 'Time-outs' }).click();
  await setField(page, `${await idOf(wires(page).first())}-timeout`, '2 s');
  const by = hand(page);
  await by.drag(await wireEnd(page, 1), await middle(card(page, 'Database')));
  await becomes(async () => (await nameOf(page, 1)).startsWith('Connection Clients to Database.'), true, 'it leads to the database');
  assert.equal(by.count, 1);
  assert.match(await nameOf(page, 1), /2 s/, 'with its time-out');
  await page.keyboard.press('Control+z');
  await becomes(async () => (await nameOf(page, 1)).startsWith('Connection Clients to Service.'), true, 'as one step');
});

check('a running system follows when the end of a wire moves', async ({ open }) => {
  const page = await drawn(open);
  await place(page, 'service', 520, 330);
  await run(page);
  const value = (name) => card(page, name).locator('[data-live=value]').innerText();
  await becomes(async () => Number.parseFloat(await value('Service')) > 0, true, 'the first one works');
  await drag(page, await wireEnd(page, 1), await middle(card(page, 'Service 2')));
  await becomes(async () => Number.parseFloat(await value('Service 2')) > 0, true, 'now the second one does');
});

check('a station dropped on a wire goes into it by one drag', async ({ open }) => {
  const page = await drawn(open);
  const stage = await at(page, 330, 160);
  const by = hand(page);
  await by.drag(await middle(page.locator('[data-kind=balancer]')), stage);
  await becomes(() => wires(page).count(), 2, 'two wires');
  assert.equal(by.count, 1);
  assert.match(await nameOf(page, 1), /Clients to Balancer/);
  assert.match(await nameOf(page, 2), /Balancer to Service/);
  await page.keyboard.press('Control+z');
  await becomes(() => wires(page).count(), 1, 'one step to undo');
});

check('a wire let go over empty canvas asks which station it shall call', async ({ open }) => {
  const page = await drawn(open);
  const by = hand(page);
  await by.drag(await middle(card(page, 'Service').locator('.port')), await at(page, 700, 300));
  await page.getByRole('menu', { name: 'Which station shall it call?' }).waitFor();
  await by.click(page.getByRole('menuitem', { name: 'Database' }));
  await becomes(() => card(page, 'Database').count(), 1, 'it stands there');
  assert.equal(by.count, 2);
  assert.match(await nameOf(page, 2), /Service to Database/);
  // By keyboard as well, and Escape asks for nothing.
  await drag(page, await middle(card(page, 'Clients').locator('.port')), await at(page, 300, 310));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await becomes(() => page.locator('.stage-menu').count(), 0, 'closed');
  assert.equal(await wires(page).count(), 2);
});

check('a name is typed where it stands, after a double press or F2', async ({ open }) => {
  const page = await drawn(open);
  const by = hand(page);
  await by.doubleClick(await middle(card(page, 'Service')));
  await page.locator('.name-input:focus').waitFor();
  await by.type('Orders');
  await by.press('Enter');
  await card(page, 'Orders').waitFor();
  assert.equal(by.count, 3);
  await page.keyboard.press('F2');
  await page.locator('.name-input:focus').waitFor();
  await page.keyboard.type('Nothing');
  await page.keyboard.press('Escape');
  await becomes(() => page.locator('.name-input').count(), 0, 'closed');
  assert.equal(await card(page, 'Orders').count(), 1, 'Escape leaves the name');
});

check('one value is set on four services at once', async ({ open }) => {
  const page = await open();
  await empty(page);
  for (const [x, y] of [[140, 140], [340, 140], [140, 320], [340, 320]]) await place(page, 'service', x, y);
  const by = hand(page);
  await by.press('Control+a');
  await by.click(page.locator('#all-replicas'), { clickCount: 3 });
  await by.type('3');
  await becomes(async () => (await page.locator('.station-setting').allInnerTexts()).filter((text) => text.startsWith('3 replicas')).length, 4, 'all four');
  assert.equal(by.count, 3);
  await page.keyboard.press('Enter');
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await becomes(async () => (await page.locator('.station-setting').allInnerTexts()).filter((text) => text.startsWith('3 replicas')).length, 0, 'one step to undo');
});

check('Alt drags a copy', async ({ open }) => {
  const page = await drawn(open);
  const by = hand(page);
  await page.keyboard.down('Alt');
  await by.drag(await middle(card(page, 'Service')), await at(page, 520, 320));
  await page.keyboard.up('Alt');
  await card(page, 'Service 2').waitFor();
  assert.equal(by.count, 1);
  assert.equal(await card(page, 'Service').count(), 1, 'the original stays');
});

check('the view follows what is held at the edge', async ({ open }) => {
  const page = await drawn(open);
  const stage = await page.locator('#stage').boundingBox();
  const before = await middle(card(page, 'Clients'));
  await page.mouse.move(...(await middle(card(page, 'Service'))));
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width - 6, stage.y + 300, { steps: 8 });
  await becomes(async () => (await middle(card(page, 'Clients')))[0] < before[0] - 60, true, 'the drawing goes left');
  await page.mouse.up();
  const box = await card(page, 'Service').boundingBox();
  assert.ok(box.x + box.width <= stage.x + stage.width + 1, 'and the card is in view');
});

check('a paste goes to the pointer', async ({ open }) => {
  const page = await drawn(open);
  await page.mouse.click(...(await middle(card(page, 'Service'))));
  const by = hand(page);
  await by.press('Control+c');
  const goal = await at(page, 300, 310);
  await page.mouse.move(...goal);
  await by.press('Control+v');
  await card(page, 'Service 2').waitFor();
  const [x, y] = await middle(card(page, 'Service 2'));
  assert.ok(Math.abs(x - goal[0]) <= 12 && Math.abs(y - goal[1]) <= 12, `${[x, y]} for ${goal}`);
  assert.equal(by.count, 2);
});

check('a right click and Shift+F10 open a menu of what can be done', async ({ open }) => {
  const page = await drawn(open);
  const by = hand(page);
  await by.clickAt(await middle(card(page, 'Service')), { button: 'right' });
  await page.getByRole('menuitem', { name: /^Duplicate/ }).waitFor();
  await by.click(page.getByRole('menuitem', { name: /^Duplicate/ }));
  await card(page, 'Service 2').waitFor();
  assert.equal(by.count, 2);
  assert.equal(await page.locator('.stage-menu').count(), 0, 'it closes');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: /^Rename/ }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'menuitem', 'the keyboard is in it');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await becomes(() => card(page, 'Service 2').count(), 0, 'the last one deletes');
});

check('a long press opens the menu', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  const [x, y] = await middle(page.locator('.station').first());
  const finger = await page.context().newCDPSession(page);
  await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
  await page.locator('.stage-menu').waitFor();
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  const box = await page.locator('.menu-item').first().boundingBox();
  assert.ok(box.height >= 44, `${box.height} px high`);
});

check('Ctrl+K finds stations, commands, settings and words', async ({ open }) => {
  const page = await drawn(open);
  const search = async (text) => {
    // The last search has closed.
    await page.locator('#search-field').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.locator('#search-field').fill(text);
  };
  await search('Clie');
  await page.keyboard.press('Enter');
  await becomes(() => card(page, 'Clients').getAttribute('aria-pressed'), 'true', 'the station is selected');
  await becomes(() => page.evaluate(() => document.activeElement.id), await idOf(card(page, 'Clients')), 'and has the focus');
  await search('zoom in');
  await page.keyboard.press('Enter');
  await becomes(() => page.locator('.stage-zoom').innerText(), '125%', 'the command was given');
  await page.keyboard.press('Escape');
  await search('think');
  await page.keyboard.press('Escape');
  await search('shedding');
  await page.locator('.found', { hasText: 'Service' }).first().click();
  await becomes(() => page.evaluate(() => document.activeElement.id), `${await idOf(card(page, 'Service'))}-shedding`, 'the setting has the focus, its group is open');
  await page.locator('#stage').focus();
  await search('goodput');
  await page.locator('.found-on', { hasText: /goodput/i }).waitFor();
});

check('a unit that was typed stays', async ({ open }) => {
  const page = await drawn(open);
  await page.mouse.click(...(await middle(card(page, 'Service'))));
  const field = page.locator(`#${await idOf(card(page, 'Service'))}-service_time-exponential-mean`);
  const shown = async () => `${await field.inputValue()} ${await field.locator('xpath=..').locator('.number-unit').innerText()}`;
  const type = async (text) => {
    await field.click({ clickCount: 3 });
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };
  await type('20 ms');
  await becomes(shown, '20 ms', 'as typed');
  await type('1500');
  await becomes(shown, '1500 ms', 'still milliseconds');
  // Also after something else was selected.
  await page.keyboard.press('Escape');
  await page.mouse.click(...(await middle(card(page, 'Clients'))));
  await page.mouse.click(...(await middle(card(page, 'Service'))));
  await becomes(shown, '1500 ms', 'as it was left');
  await type('20');
  await becomes(shown, '20 ms', 'and not twenty seconds');
});

check('a key is changed and switched off in Help', async ({ open }) => {
  const page = await drawn(open);
  const fit = () => page.locator('.stage-zoom').innerText();
  await page.keyboard.press('?');
  await page.locator('[data-key-of=zoom-in]').click();
  await page.keyboard.press('q');
  await becomes(() => page.locator('[data-key-of=zoom-in]').innerText(), 'Q', 'changed');
  await page.locator('#plain-keys').focus();
  await page.keyboard.press('Escape');
  await page.locator('#stage').focus();
  await page.keyboard.press('q');
  await becomes(fit, '125%', 'the new key works');
  await page.keyboard.press('+');
  await page.keyboard.press('?');
  await becomes(fit, '125%', 'the old one does not');
  await page.locator('#plain-keys').click();
  await page.locator('#plain-keys').press('Escape');
  await page.locator('#stage').focus();
  await page.keyboard.press('q');
  await page.keyboard.press('Control+a');
  await becomes(() => page.locator('.station.selected').count(), 2, 'keys with Control still work');
  assert.equal(await fit(), '125%', 'single letters do nothing now');
});
