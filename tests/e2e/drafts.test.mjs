// Nothing is lost: every drawing is stored by itself, two tabs never write over each other, what cannot be stored is said
// and asked about, and the address leads back to what is open.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { assertAccessible, assertFits, becomes, check, isStored, place, stored, titles } from './lib.mjs';

const title = (page) => page.getByLabel('Title', { exact: true });

async function rename(page, name) {
  await title(page).fill(name);
  await title(page).press('Enter');
}

const shows = (page, name) => page.waitForFunction((name) => document.querySelector('.title-input')?.value === name, name);

const fragment = (page) => page.evaluate(() => location.hash);

/** The same page in another tab of the same browser. */
async function anotherTab(page, url, hash = '') {
  const tab = await page.context().newPage();
  await tab.goto(`${url}${hash}`);
  await title(tab).waitFor();
  return tab;
}

async function openDialog(page) {
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('.own').waitFor();
}

/** The list of all drawings. */
async function openDrawings(page) {
  await openDialog(page);
  await page.locator('#manage-drawings').click();
  await page.getByRole('heading', { name: 'Your drawings', level: 2 }).waitFor();
}

const row = (page, name) => page.locator('.drawing', { has: page.locator('.drawing-title', { hasText: new RegExp(`^${name.replaceAll(/[()]/g, '\\$&')}$`) }) });

/** A link to what is open. */
async function share(page) {
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.locator('#share-link').inputValue();
  await page.keyboard.press('Escape');
  return link.slice(link.indexOf('#'));
}

check('a reload at once after an edit loses nothing', async ({ open }) => {
  const page = await open();
  const cards = page.locator('.station');
  await cards.first().waitFor();
  const before = await cards.count();
  await place(page, 'service', 300, 120);
  await page.reload();
  await becomes(() => cards.count(), before + 1, 'the station is still there');
  // Now it is a stored drawing; the next edit is as safe as the first.
  await rename(page, 'Kept at once');
  await page.reload();
  await shows(page, 'Kept at once');
  assert.match(await fragment(page), /^#drawing=\w+$/);
  await isStored(page, 'Kept at once');
  assert.equal((await stored(page)).length, 1, 'one drawing, however often it was loaded');
  await becomes(() => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('headroom.reserve.'))), [], 'the reserve is empty again');
});

check('what was only looked at is no drawing; the first change makes one with an address of its own', async ({ open, url }) => {
  const page = await open();
  await title(page).waitFor();
  assert.match(await fragment(page), /^#scenario=[\w-]+$/);
  const scenario = await fragment(page);
  await page.reload();
  await title(page).waitFor();
  assert.deepEqual(await stored(page), []);
  await rename(page, 'Mine');
  await isStored(page, 'Mine');
  assert.match(await fragment(page), /^#drawing=/);
  await page.goBack();
  await page.waitForFunction((scenario) => location.hash === scenario && document.querySelector('.title-input').value !== 'Mine', scenario);
  await page.goForward();
  await shows(page, 'Mine');
  // A visit without an address comes back to the drawing.
  await page.goto('about:blank');
  await page.goto(url);
  await shows(page, 'Mine');
});

check('two tabs: one edits, the other says so, follows, takes over, and nobody loses anything', async ({ open, url }) => {
  const first = await open();
  await rename(first, 'Tab A');
  await isStored(first, 'Tab A');
  const hash = await fragment(first);
  const second = await anotherTab(first, url, hash);
  await second.locator('#elsewhere').waitFor();
  await assertAccessible(second);
  assert.equal(await first.locator('#elsewhere').count(), 0, 'the first one edits');

  // What is saved there is shown here; what is tried here is refused in words.
  await rename(first, 'Tab A, later');
  await shows(second, 'Tab A, later');
  assert.equal(await title(second).isEditable(), false);
  const stations = await second.locator('.station').count();
  await second.locator('.station').first().focus();
  await second.keyboard.press('Enter');
  await second.keyboard.press('Delete');
  await second.locator('.notice', { hasText: 'edited in another tab' }).waitFor();
  assert.equal(await second.locator('.station').count(), stations);
  assert.deepEqual(await titles(second), ['Tab A, later']);

  // Taken over at once after an edit there: the newest comes along.
  await rename(first, 'Tab A, newest');
  await second.locator('#take-over').click();
  await first.locator('#elsewhere').waitFor();
  await shows(second, 'Tab A, newest');
  await second.locator('#elsewhere').waitFor({ state: 'detached' });
  await rename(second, 'Tab B');
  await isStored(second, 'Tab B');
  await shows(first, 'Tab B');

  // A copy is a drawing of its own.
  await first.locator('#copy-drawing').click();
  await shows(first, 'Tab B (copy)');
  await isStored(first, 'Tab B (copy)');
  assert.notEqual(await fragment(first), hash);
  assert.deepEqual(await titles(first), ['Tab B', 'Tab B (copy)']);

  // The one that edits is closed: the one that looks on can edit.
  const third = await anotherTab(first, url, hash);
  await third.locator('#elsewhere').waitFor();
  await second.close();
  await third.locator('#elsewhere').waitFor({ state: 'detached' });
  await rename(third, 'Tab C');
  await isStored(third, 'Tab C');
});

check('a tab that could not hear of the other one does not write over it', async ({ open, url }) => {
  const first = await open();
  await rename(first, 'Shared');
  await isStored(first, 'Shared');
  const hash = await fragment(first);
  // A browser without locks and without a channel between its tabs.
  const deaf = await first.context().newPage();
  await deaf.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    globalThis.BroadcastChannel = class { constructor() { throw new Error('none'); } };
  });
  await deaf.goto(`${url}${hash}`);
  await shows(deaf, 'Shared');
  await rename(first, 'By the first');
  await isStored(first, 'By the first');
  await rename(deaf, 'By the second');
  await deaf.locator('.notice', { hasText: 'drawing of its own' }).waitFor();
  await isStored(deaf, 'By the second');
  assert.deepEqual(await titles(deaf), ['By the first', 'By the second']);
  assert.notEqual(await fragment(deaf), hash);
});

check('a full storage is said once with what to do, and nothing takes the place of what is drawn without a question', async ({ open, url }) => {
  const page = await open();
  const quota = await page.context().newCDPSession(page);
  const { origin } = new URL(url);
  await quota.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  // The browser asks for its quota now and then, not with every write: until it does there is room.
  const full = async () => (await page.locator('#not-stored').count()) > 0;
  for (let n = 0; !(await full()); n += 1) {
    await rename(page, `Room ${n}`);
    await becomes(async () => (await full()) || (await titles(page)).includes(`Room ${n}`), true, 'stored or refused');
  }
  await rename(page, 'No room');
  assert.match(await page.locator('.keep-area[role=status]').innerText(), /storage for this page is full.*Save this drawing as a file/s);
  await assertAccessible(page);
  await assertFits(page);

  // A scenario, then a link: both ask first.
  await openDialog(page);
  await page.locator('[data-open="one-queue"]').first().click();
  await page.locator('#stay-here').click();
  assert.equal(await title(page).inputValue(), 'No room');
  const here = await fragment(page);
  await page.evaluate(() => { location.hash = '#scenario=one-queue'; });
  await page.locator('#stay-here').waitFor();
  await assertAccessible(page);
  await page.locator('#stay-here').click();
  await becomes(() => fragment(page), here, 'the address names again what is open');
  await page.evaluate(() => { location.hash = '#scenario=one-queue'; });
  const saving = page.waitForEvent('download');
  await page.locator('#save-and-open').click();
  const file = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  assert.equal(file.document.title, 'No room');
  await page.waitForFunction(() => document.querySelector('.title-input').value !== 'No room');
  assert.equal(await fragment(page), '#scenario=one-queue');

  // Room again: the next change is stored and the word is gone.
  await rename(page, 'Still no room');
  await page.locator('#not-stored').waitFor();
  await quota.send('Storage.overrideQuotaForOrigin', { origin });
  await rename(page, 'Room again');
  await page.locator('#not-stored').waitFor({ state: 'detached' });
  await isStored(page, 'Room again');
});

check('a browser that stores nothing says so, on the phone too, and asks before work is lost', async ({ open, url }) => {
  const blocked = () => {
    const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
    Object.defineProperty(globalThis, 'indexedDB', { get: refuse });
    Object.defineProperty(globalThis, 'localStorage', { get: refuse });
  };
  for (const viewport of ['desktop', 'mobile']) {
    const page = await open({ viewport });
    await page.addInitScript(blocked);
    await page.goto('about:blank');
    await page.goto(url);
    await page.locator('.station').first().waitFor();
    assert.equal(await page.locator('#not-stored').count(), 0, 'nothing is unsaved yet');
    await rename(page, 'Only here');
    const said = page.locator('.keep-area[role=status] #not-stored');
    await said.waitFor();
    assert.match(await said.innerText(), /does not let the page store anything.*Save your work as a file/s);
    await assertFits(page);
    const saving = page.waitForEvent('download');
    await page.locator('#save-as-file').click();
    assert.equal(JSON.parse(await readFile(await (await saving).path(), 'utf8')).document.title, 'Only here');
    await page.evaluate(() => { location.hash = '#scenario=one-queue'; });
    await page.locator('#stay-here').click();
    assert.equal(await title(page).inputValue(), 'Only here');
    await page.evaluate(() => { location.hash = '#scenario=one-queue'; });
    await page.locator('#open-anyway').click();
    await page.waitForFunction(() => document.querySelector('.title-input').value !== 'Only here');
  }
});

check('a link over fresh work costs nothing, also a link to the very same drawing', async ({ open }) => {
  const author = await open();
  await rename(author, 'Linked');
  const link = await share(author);

  const page = await open();
  await rename(page, 'Precious');
  await page.evaluate((link) => { location.hash = link; }, link);
  await shows(page, 'Linked');
  assert.equal(await fragment(page), link, 'the link stays in the address');
  await isStored(page, 'Precious');
  await page.goBack();
  await shows(page, 'Precious');

  // The same drawing as a link, at once after another edit of it.
  const own = await share(page);
  await rename(page, 'Precious, later');
  await page.evaluate((own) => { location.hash = own; }, own);
  await shows(page, 'Precious');
  await openDialog(page);
  await row(page, 'Precious, later').locator('.drawing-title').click();
  await shows(page, 'Precious, later');
  assert.deepEqual(await titles(page), ['Precious, later']);
});

check('back, forward and reload show what the address says: links, lessons, scenarios, drawings', async ({ open }) => {
  const author = await open();
  await rename(author, 'Link one');
  const one = await share(author);
  await rename(author, 'Link two');
  const two = await share(author);

  const page = await open();
  await page.evaluate((one) => { location.hash = one; }, one);
  await shows(page, 'Link one');
  await page.evaluate((two) => { location.hash = two; }, two);
  await shows(page, 'Link two');
  await page.goBack();
  await shows(page, 'Link one');
  await page.goForward();
  await shows(page, 'Link two');
  await page.reload();
  await shows(page, 'Link two');
  await openDialog(page);
  await page.locator('[data-open="hedging"]').first().click();
  await page.locator('.lesson').waitFor();
  assert.equal(await fragment(page), '#lesson=hedging');
  await page.goBack();
  await shows(page, 'Link two');
  assert.equal(await page.locator('.lesson').count(), 0);
  await page.goForward();
  await page.locator('.lesson').waitFor();
  await page.reload();
  await page.locator('.lesson').waitFor();
  assert.deepEqual(await stored(page), [], 'looking makes no drawing');
  assert.match(await page.title(), / · Headroom$/);
});

check('an address that leads nowhere is said in words and gives way to what is open', async ({ open, url }) => {
  const page = await open();
  await rename(page, 'Here');
  await isStored(page, 'Here');
  const here = await fragment(page);
  for (const [hash, words] of [['#foo=bar', /#foo=bar/], ['#drawing=nosuch', /no such drawing/], ['#lesson=nosuch', /nosuch/], ['#s=1.abcdefgh', /link/i]]) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    await page.locator('.notice', { hasText: words }).waitFor();
    await becomes(() => fragment(page), here, hash);
    assert.equal(await title(page).inputValue(), 'Here');
  }
  // At the start too.
  const fresh = await open({ hash: '#foo=bar' });
  await fresh.locator('.notice', { hasText: '#foo=bar' }).waitFor();
  // The link to the stage moves the focus and no more.
  await page.locator('.skip-link').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'stage');
  assert.equal(await fragment(page), here);
  assert.ok(page.url().startsWith(url));
});

check('drafts of an older Headroom move in once: draft, shelf and designs of lessons', async ({ open, url }) => {
  const author = await open();
  await rename(author, 'Old draft');
  await author.getByRole('button', { name: 'Share' }).click();
  const saving = author.waitForEvent('download');
  await author.locator('#save-file').click();
  const run = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  const named = (name) => JSON.stringify({ ...run, document: { ...run.document, title: name } });
  const shelf = Array.from({ length: 6 }, (_, n) => ({ title: `Shelf ${n}`, run_json: named(`Shelf ${n}`) }));
  const old = { 'headroom.draft': named('Old draft'), 'headroom.shelf': JSON.stringify(shelf), 'headroom.lesson.hedging': named('Hedged before') };

  const storageState = { cookies: [], origins: [{ origin: new URL(url).origin, localStorage: Object.entries(old).map(([name, value]) => ({ name, value })) }] };
  const page = await open({ storageState });
  await shows(page, 'Old draft');
  const all = ['Hedged before', 'Old draft', ...shelf.map(({ title }) => title)];
  await becomes(() => titles(page), all, 'everything moved in');
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => /draft|shelf|lesson/.test(key))), []);
  // Interrupted before the old keys were forgotten, and opened again.
  await page.evaluate((old) => Object.entries(old).forEach(([key, value]) => localStorage.setItem(key, value)), old);
  await page.reload();
  await shows(page, 'Old draft');
  assert.deepEqual(await titles(page), all);
  await page.evaluate(() => { location.hash = '#lesson=hedging'; });
  await shows(page, 'Hedged before');
  await openDrawings(page);
  await becomes(() => page.locator('.drawing-title').allInnerTexts(), ['Old draft', ...shelf.map(({ title }) => title)], 'in the order of the shelf');
});

check('the list renames, duplicates, deletes with undo, and goes through one file into another browser', async ({ open }) => {
  const page = await open();
  await rename(page, 'Shop');
  await openDrawings(page);
  await assertAccessible(page);
  await row(page, 'Shop').waitFor();
  assert.match(await row(page, 'Shop').locator('.drawing-boxes').getAttribute('d'), /^M/);

  // The one that is open: its title changes on the page too.
  await page.getByRole('button', { name: 'Rename Shop' }).click();
  await page.keyboard.type('Store');
  await page.keyboard.press('Enter');
  await row(page, 'Store').waitFor();
  await becomes(() => title(page).inputValue(), 'Store', 'the title of what is open');
  await page.getByRole('button', { name: 'Rename Store' }).click();
  await page.keyboard.type('Never');
  await page.keyboard.press('Escape');
  await row(page, 'Store').waitFor();

  await page.getByRole('button', { name: 'Duplicate Store', exact: true }).click();
  await row(page, 'Store (copy)').waitFor();
  await page.getByRole('button', { name: 'Rename Store (copy)' }).click();
  await page.keyboard.type('Branch');
  await page.keyboard.press('Enter');
  await row(page, 'Branch').waitFor();
  await isStored(page, 'Branch');

  await page.getByRole('button', { name: 'Delete Branch' }).click();
  await row(page, 'Branch').waitFor({ state: 'detached' });
  await page.locator('#undo-delete').click();
  await row(page, 'Branch').waitFor();
  await page.getByRole('button', { name: 'Delete Branch' }).click();
  await row(page, 'Branch').waitFor({ state: 'detached' });
  // Also after a reload.
  await page.reload();
  await openDrawings(page);
  await page.locator('.drawings-gone summary').click();
  await page.getByRole('button', { name: 'Bring back Branch' }).click();
  await row(page, 'Branch').waitFor();

  // The open one can be deleted too; an empty canvas takes its place.
  await page.getByRole('button', { name: 'Delete Store' }).click();
  await row(page, 'Store').waitFor({ state: 'detached' });
  await becomes(() => page.locator('.station').count(), 0, 'an empty canvas');
  await page.locator('#undo-delete').click();
  await row(page, 'Store').waitFor();

  const saving = page.waitForEvent('download');
  await page.locator('#export-drawings').click();
  const file = await (await saving).path();
  const elsewhere = await open();
  await openDrawings(elsewhere);
  await elsewhere.locator('#drawings-chooser').setInputFiles({ name: 'headroom-drawings.json', mimeType: 'application/json', buffer: await readFile(file) });
  await elsewhere.locator('#drawings-told', { hasText: '2 drawings imported.' }).waitFor();
  await row(elsewhere, 'Branch').waitFor();
  await elsewhere.locator('#drawings-chooser').setInputFiles({ name: 'headroom-drawings.json', mimeType: 'application/json', buffer: await readFile(file) });
  await elsewhere.locator('#drawings-told', { hasText: '0 drawings imported; 2 drawings were here already.' }).waitFor();
  await row(elsewhere, 'Store').locator('.drawing-title').click();
  await shows(elsewhere, 'Store');
});

check('another tab\'s drawing is neither renamed nor deleted from the list', async ({ open, url }) => {
  const first = await open();
  await rename(first, 'In use');
  await isStored(first, 'In use');
  const second = await anotherTab(first, url, '#scenario=one-queue');
  await openDrawings(second);
  await second.getByRole('button', { name: 'Delete In use' }).click();
  await second.locator('.drawings-said', { hasText: 'being edited in another tab' }).waitFor();
  assert.deepEqual(await titles(second), ['In use']);
});

check('three hundred drawings are listed and searched', async ({ open }) => {
  const page = await open();
  await rename(page, 'Pattern');
  await openDrawings(page);
  const saving = page.waitForEvent('download');
  await page.locator('#export-drawings').click();
  const bundle = JSON.parse(await readFile(await (await saving).path(), 'utf8'));
  const [pattern] = bundle.drawings;
  const run = JSON.parse(pattern.text);
  bundle.drawings = Array.from({ length: 300 }, (_, n) => {
    const name = `Drawing ${n}`;
    return { ...pattern, id: `many-${n}`, title: name, changed_ms: pattern.changed_ms - n * 60_000, text: JSON.stringify({ ...run, document: { ...run.document, title: name } }) };
  });
  await page.locator('#drawings-chooser').setInputFiles({ name: 'many.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(bundle)) });
  await page.locator('#drawings-told', { hasText: '300 drawings imported' }).waitFor();
  await becomes(() => page.locator('.drawing').count(), 301, 'all of them');
  await page.locator('#drawings-search').fill('29 drawing');
  const with29 = [29, 129, 229, ...Array.from({ length: 10 }, (_, n) => 290 + n)].map((n) => `Drawing ${n}`);
  await becomes(() => page.locator('.drawing-title').allInnerTexts(), with29, 'those with both words');
  await page.locator('#drawings-search').fill('nothing like it');
  await page.getByText('No title with "nothing like it".').waitFor();
  await page.locator('#drawings-search').fill('');
  await row(page, 'Drawing 299').locator('.drawing-title').click();
  await shows(page, 'Drawing 299');
  // In the Open dialog only the latest few stand above the rest.
  await openDialog(page);
  await becomes(() => page.locator('.own .drawing').count(), 4, 'a few');
  await page.locator('#all-drawings').click();
  await becomes(() => page.locator('.drawing').count(), 301, 'all of them');
});

check('a new drawing is two presses away, and the list is used on the phone', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  await rename(page, 'On the phone');
  await openDialog(page);
  await assertFits(page);
  await row(page, 'On the phone').waitFor();
  await page.locator('[data-open="blank"]').click();
  await becomes(() => page.locator('.station').count(), 0, 'an empty canvas');
  assert.equal(await fragment(page), '#new');
  await openDrawings(page);
  await assertFits(page);
  await assertAccessible(page);
  await row(page, 'On the phone').locator('.drawing-open').click();
  await shows(page, 'On the phone');
});
