// Lessons, scenarios and the glossary are files: they come when they are wanted, and when one does not come the page
// says which, offers to try again, and leaves the work alone.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ROOT, assertAccessible, becomes, card, check, isStored } from './lib.mjs';

const OFFLINE = /ERR_INTERNET_DISCONNECTED/;
const offline = (route) => route.abort('internetdisconnected');
const title = (page) => page.getByLabel('Title').inputValue();

async function openGallery(page) {
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('.tile[data-open=breaker]').waitFor();
}

/** Names of the course's files that the page asked for, without their hashes. */
function asked(page) {
  const names = [];
  page.on('request', (request) => {
    const name = /\/course\/(.+)-[0-9a-f]{16}\.json$/.exec(request.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

test('page and worker link no lesson, no scenario and no word of the glossary', () => {
  const read = (file) => readFileSync(`${ROOT}${file}`);
  const folder = (name) => readdirSync(`${ROOT}${name}`);
  const course = folder('dist/course');
  const glossary = JSON.parse(read(`dist/course/${course.find((name) => name.startsWith('glossary-'))}`));
  const index = JSON.parse(read(`dist/course/${course.find((name) => name.startsWith('index-'))}`));
  const texts = [
    // Not the definitions: a menu may explain a word with the same sentence.
    ...glossary.map(({ advice }) => advice).filter(Boolean),
    ...index.lessons.map(({ summary }) => summary),
    ...index.scenarios.map(({ notes }) => notes),
  ];
  assert.ok(texts.length > 150, `${texts.length} texts are looked for`);
  const programs = folder('dist').filter((name) => name.endsWith('.wasm'));
  assert.ok(programs.length >= 2, `${programs}`);
  for (const program of programs) {
    const bytes = read(`dist/${program}`);
    assert.deepEqual(texts.filter((text) => bytes.includes(text)), [], program);
  }
});

check('the page fetches the list and the glossary, and a lesson when it is chosen, once', async ({ open }) => {
  let names;
  const page = await open({ prepare: (page) => { names = asked(page); } });
  await becomes(async () => [...new Set(names)].sort(), ['glossary', 'index', 'scenario-black-friday'], 'it asks for what it shows, and no more');
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  await page.locator('#lesson-title').waitFor();
  assert.match(await page.locator('.lesson-count').innerText(), /^Lab \d+ · step 1 of/);
  assert.equal(await title(page), 'The breaker');
  await openGallery(page);
  await page.locator('.tile[data-open=retry-storm]').last().click();
  await becomes(() => page.locator('#lesson-title').count(), 0, 'a scenario has no lesson');
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  await page.locator('#lesson-title').waitFor();
  const fetched = names.filter((name) => /^(lesson|scenario)-/.test(name));
  assert.deepEqual(fetched, ['scenario-black-friday', 'lesson-breaker', 'scenario-retry-storm']);
});

check('a lesson that does not come is named, and opens by Retry; the work stays', { allow: OFFLINE }, async ({ open }) => {
  const page = await open();
  await page.getByLabel('Title').fill('Precious');
  await page.getByLabel('Title').press('Enter');
  await isStored(page, 'Precious');
  await page.route('**/course/lesson-breaker-*', offline);
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  const failed = page.getByRole('alert').filter({ hasText: 'could not open "The breaker saves the caller"' });
  await failed.waitFor();
  assert.match(await failed.innerText(), /course\/lesson-breaker-[0-9a-f]{16}\.json did not load\. The connection failed: check it and try again\./);
  await assertAccessible(page);
  // The page is alive meanwhile, and holds what it held.
  assert.equal(await title(page), 'Precious');
  await page.locator('#fetch-retry').click();
  await failed.waitFor();
  await page.unroute('**/course/lesson-breaker-*');
  await page.locator('#fetch-retry').click();
  await page.locator('#lesson-title').waitFor();
  assert.equal(await title(page), 'The breaker');
  assert.equal(await page.locator('.fetch').count(), 0);
  await isStored(page, 'Precious');
});

check('what is drawn while a lesson is on its way is a drawing of its own', async ({ open }) => {
  const page = await open();
  let answer;
  await page.route('**/course/lesson-breaker-*', (route) => { answer = () => route.continue(); });
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  await page.getByRole('status').filter({ hasText: 'Opening "The breaker saves the caller" …' }).waitFor();
  await page.getByLabel('Title').fill('Drawn meanwhile');
  await page.getByLabel('Title').press('Enter');
  answer();
  await page.locator('#lesson-title').waitFor();
  await isStored(page, 'Drawn meanwhile');
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('.title-input')?.value === 'Drawn meanwhile');
});

check('an opening that takes long can be called off', async ({ open }) => {
  const page = await open();
  const before = await title(page);
  await page.route('**/course/lesson-breaker-*', () => {});
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  await page.locator('#fetch-cancel').click();
  await becomes(() => page.locator('.fetch').count(), 0, 'nothing is under way');
  assert.equal(await title(page), before);
});

check('a first visit without the list shows an empty canvas, says why, and begins by Retry', { allow: OFFLINE }, async ({ open }) => {
  const page = await open({ prepare: (page) => page.route('**/course/index-*', offline) });
  const failed = page.getByRole('alert').filter({ hasText: 'could not open the first scenario' });
  await failed.waitFor();
  assert.match(await failed.innerText(), /course\/index-[0-9a-f]{16}\.json did not load/);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Open' });
  await dialog.getByRole('alert').filter({ hasText: 'course/index-' }).waitFor();
  await page.unroute('**/course/index-*');
  await dialog.getByRole('button', { name: 'Retry' }).click();
  await dialog.locator('.tile[data-open=breaker]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#fetch-retry').click();
  await card(page, 'Front door').waitFor();
  // What came brings the words along.
  await page.locator('#run-settings > summary').click();
  await page.locator('.term', { hasText: 'goodput' }).first().waitFor();
  await page.locator('#run-toggle[aria-label="Pause"]').waitFor();
});

check('a lesson by link leaves a drawing in the list, also when its file comes late', { allow: OFFLINE }, async ({ open, url }) => {
  const page = await open();
  await page.getByLabel('Title').fill('Precious');
  await page.getByLabel('Title').press('Enter');
  await isStored(page, 'Precious');
  await page.route('**/course/lesson-breaker-*', offline);
  await page.goto('about:blank');
  await page.goto(`${url}#lesson=breaker`);
  await page.locator('#fetch-retry').waitFor();
  await isStored(page, 'Precious');
  await page.unroute('**/course/lesson-breaker-*');
  await page.locator('#fetch-retry').click();
  await page.locator('#lesson-title').waitFor();
  await isStored(page, 'Precious');
  await page.goto('about:blank');
  await page.goto(`${url}#lesson=no-such-lesson`);
  await page.locator('.notice').filter({ hasText: 'There is no lesson called "no-such-lesson".' }).waitFor();
});

check('a file that the server no longer has is told apart', { allow: /404/ }, async ({ open }) => {
  const page = await open();
  await page.route('**/course/lesson-breaker-*', (route) => route.fulfill({ status: 404, body: '' }));
  await openGallery(page);
  await page.locator('.tile[data-open=breaker]').click();
  await page.getByRole('alert').filter({ hasText: 'the site may just have been renewed. Reload the page.' }).waitFor();
});

check('words are plain until the glossary comes, then they explain themselves', { allow: OFFLINE }, async ({ open }) => {
  const page = await open({ prepare: (page) => page.route('**/course/glossary-*', offline) });
  // The totals keep what they say of the run.
  const figure = page.locator('.strip .figure').first();
  await figure.hover();
  await page.locator('.hint-card .hint-here').waitFor();
  assert.equal(await page.locator('.hint-card .hint-title + .hint-here').count(), 1, 'no definition yet');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await help.getByRole('alert').filter({ hasText: 'course/glossary-' }).waitFor();
  await page.unroute('**/course/glossary-*');
  await help.getByRole('button', { name: 'Retry' }).click();
  await help.locator('.words dt').filter({ hasText: 'Arrival rate' }).first().waitFor();
  await page.keyboard.press('Escape');
  await figure.hover();
  await page.locator('.hint-card .hint-title + p:not(.hint-here)').waitFor();
});
