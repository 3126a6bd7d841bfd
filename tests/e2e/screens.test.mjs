// Screens of every size: nothing lies over anything, a phone shows every system whole and readable, what a finger presses is
// large enough, lessons have their own layout.
import assert from 'node:assert/strict';
import { assertNoOverlaps, stage } from './boxes.mjs';
import { assertAccessible, becomes, check } from './lib.mjs';

/** Windows from 320 to 2560 px; 720 x 450 and 360 x 225 are 200 % and 400 % of 1440 x 900, 320 x 256 is 400 % of 1280 x 1024. */
const WINDOWS = [
  [320, 640], [360, 740], [390, 844], [412, 915], [480, 800], [600, 960], [767, 1024], [768, 1024], [820, 1180], [900, 700], [901, 700],
  [960, 700], [1024, 700], [1024, 768], [1100, 800], [1199, 800], [1200, 800], [1239, 800], [1240, 720], [1280, 720], [1366, 768], [1440, 900],
  [1600, 900], [1920, 1080], [2200, 1200], [2560, 1440], [844, 390], [667, 375], [720, 450], [640, 360], [360, 225], [320, 256], [1280, 560],
];
const TABS = ['outline', 'settings', 'charts', 'stage'];

/** Shows each part that this window has a tab for; desktop windows have none. */
async function eachTab(page, visit) {
  for (const tab of TABS) {
    const button = page.locator(`[data-tab="${tab}"]`);
    if (await button.isVisible()) await button.click();
    else if (tab !== 'stage') continue;
    await visit(tab);
  }
}

/** The least height of the canvas: much in a window that is high, never less than 200 px. */
const least = (width, height) => (width >= 768 && width < 1200 && height >= 600 ? 240 : 200);

check('no part lies over another from 320 to 2560 px, enlarged or not, and the stage keeps its height', { timeout: 240_000 }, async ({ open }) => {
  const page = await open();
  for (const [width, height] of WINDOWS) {
    await page.setViewportSize({ width, height });
    await eachTab(page, async (tab) => {
      const what = `at ${width} x ${height}, ${tab}`;
      await assertNoOverlaps(page, what);
      if (tab !== 'stage') return;
      const shown = await stage(page);
      assert.ok(shown.height >= least(width, height), `the stage is ${shown.height} px high ${what}`);
    });
  }
});

check('the first minute at every width: no overlaps, and the stage keeps its height', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ tour: true });
  await page.locator('.tour').waitFor();
  for (const [width, height] of WINDOWS) {
    await page.setViewportSize({ width, height });
    await assertNoOverlaps(page, `in the first minute at ${width} x ${height}`);
    const shown = await stage(page);
    assert.ok(shown.height >= 199, `the stage is ${shown.height} px high at ${width} x ${height}`);
  }
});

check('a lesson at every width: no overlaps, text as wide as is comfortable', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=black-friday' });
  await page.locator('#lesson-title').waitFor();
  for (const [width, height] of WINDOWS) {
    await page.setViewportSize({ width, height });
    const lesson = page.locator('[data-tab="lesson"]');
    if (await lesson.isVisible()) await lesson.click();
    await assertNoOverlaps(page, `in a lesson at ${width} x ${height}`);
    const text = await page.locator('.lesson .prose').first().boundingBox();
    const signs = await page.locator('.lesson .prose p').first().evaluate((p) => p.getBoundingClientRect().width / (parseFloat(getComputedStyle(p).fontSize) * 0.5));
    if (width >= 1200 && height >= 600) {
      assert.ok(text.x + text.width + 32 >= 420, `the column is wide enough at ${width}`);
      assert.ok((await page.locator('.lesson').boundingBox()).width >= 420);
    }
    assert.ok(signs <= 80, `${Math.round(signs)} signs a line at ${width}`);
  }
});

check('a phone shows every scenario whole, with names that can be read', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  const ids = await page.evaluate(async () => {
    const list = document.querySelector('script[data-course]').dataset.course;
    const index = await (await fetch(list)).json();
    return index.scenarios.map((scenario) => scenario.id);
  });
  assert.ok(ids.length >= 10, `${ids.length} scenarios`);
  for (const id of ids) {
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    // A lesson may have the name, too; scenarios come last.
    await page.locator(`[data-open="${id}"]`).last().click();
    await page.locator('dialog').first().waitFor({ state: 'detached' });
    for (const [width, height] of [[390, 844], [844, 390]]) {
      await page.setViewportSize({ width, height });
      await becomes(async () => (await stage(page)).cut, 0, `every card of ${id} is in view at ${width} x ${height}`);
      // The view is fitted anew when the size has changed. Without names there are numbers, whose list is the outline.
      const read = async () => {
        const { type } = await stage(page);
        return type === null ? width !== 390 : type >= 10.9;
      };
      await becomes(read, true, `names of ${id} can be read at ${width} x ${height}, and are there on an upright phone`);
    }
  }
});

/** Every control that is seen and smaller than a finger: its name and size. Not what stands on the canvas, which is as large as
 *  the drawing is, nor a word within a sentence. A switch or a choice counts with its row, which presses it. */
const small = (page) =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll('button, select, summary, input, textarea, a[href], [role="slider"]')];
    const seen = (element) => {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      // What is scrolled out of sight is looked at as well, what is hidden is not.
      return box.width > 1 && box.height > 1 && style.visibility !== 'hidden' && style.clipPath === 'none' && !element.closest('[aria-hidden="true"], [inert]');
    };
    const top = document.querySelector('dialog[open]');
    return controls
      .filter((control) => seen(control) && !(top && !top.contains(control)))
      .filter((control) => !control.closest('.pan, .skip-link') && !control.matches('.term, p .link-btn, .playhead, p a'))
      .map((control) => [control, (control.matches('[type="checkbox"], [type="radio"]') ? (control.closest('label, .field-row') ?? control) : control).getBoundingClientRect()])
      .filter(([, box]) => Math.min(box.width, box.height) < 43.5)
      .map(([control, box]) => `${(control.getAttribute('aria-label') ?? control.textContent).trim().slice(0, 40) || control.id} (${String(control.className).split(' ').slice(0, 2).join('.')}): ${Math.round(box.width)} x ${Math.round(box.height)}`);
  });

check('what a finger presses is at least 44 px: lesson, inspector, dock, sheets and dialogs', { timeout: 240_000 }, async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  const found = [];
  const look = async (where) => found.push(...(await small(page)).map((control) => `${where}: ${control}`));
  await eachTab(page, (tab) => look(tab));
  for (const tab of ['Monitor', 'Where time goes', 'Log', 'Problems']) {
    await page.locator('[data-tab="charts"]').tap();
    await page.locator('.dock-tabs').getByRole('button', { name: tab }).tap();
    await look(tab);
  }
  // A station, tab by tab of the inspector.
  await page.locator('[data-tab="stage"]').tap();
  await page.locator('#node-3').tap();
  await page.locator('.selection-bar button').first().tap();
  for (const tab of ['settings', 'inside', 'metrics', 'break']) {
    await page.locator(`#tab-${tab}`).tap();
    await look(tab);
  }
  // What a fault asks, and what is said of it.
  await page.locator('#fault-kill-lasts').fill('5');
  await page.locator('#fault-kill-lasts').press('Enter');
  await page.locator('.run-notice').waitFor();
  await page.locator('[data-tab="stage"]').tap();
  await look('a notice');
  for (const name of ['Open', 'Share', 'Help']) {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).first().tap();
    await page.locator('dialog[open]').waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  }
  await page.goto(page.url().replace(/#.*/, ''));
  await page.goto(`${page.url()}#lesson=black-friday`);
  await page.locator('#lesson-title').waitFor();
  await look('a lesson');
  await page.locator('#lesson-next').tap();
  await look('a bet');
  assert.deepEqual([...new Set(found)], []);
});

check('on a phone a notice lies neither over the timeline nor over the controls of the stage', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  await page.locator('#node-3').tap();
  await page.locator('.selection-bar button').first().tap();
  await page.locator('#tab-break').tap();
  await page.locator('[data-fault="kill"]').tap();
  await page.locator('[data-tab="stage"]').tap();
  await page.locator('.run-notice').waitFor();
  // The general notice at the same time.
  await page.keyboard.press('Control+z');
  await page.locator('.notice').waitFor();
  const over = await page.evaluate(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const lie = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const notices = ['.run-notice', '.notice'].filter((notice) => document.querySelector(notice));
    return notices.flatMap((notice) => ['.timeline-strip', '.stage-buttons', '.canvas-box', '.tabbar', '.strip'].filter((part) => lie(box(notice), box(part))).map((part) => `${notice} over ${part}`));
  });
  assert.deepEqual(over, []);
  await assertNoOverlaps(page, 'with a notice');
});

check('on an upright phone the system runs from top to bottom, and a tap opens its settings', async ({ open }) => {
  const page = await open({ viewport: 'mobile' });
  const boxes = async () => page.locator('.station').evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().top));
  const tops = await boxes();
  assert.ok(tops[1] > tops[0] && tops[2] > tops[1], `the first three stand below each other: ${tops}`);
  await page.locator('#node-3').tap();
  await page.locator('.selection-bar button').tap();
  await page.locator('#node-3-replicas').waitFor();
  await assertAccessible(page);
  // Turned on its side, it is drawn as it was.
  await page.locator('[data-tab="stage"]').tap();
  await page.setViewportSize({ width: 844, height: 390 });
  await becomes(async () => new Set((await boxes()).map(Math.round).slice(0, 2)).size, 1, 'the first two stand side by side');
});
