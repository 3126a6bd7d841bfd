// Hands and eyes that differ: one stop of the Tab key for the stage, arrow keys within, a way to the inspector and back;
// what happens is said aloud; colors of the system's; no serious trouble by axe in twenty states; type that does not jump.
import assert from 'node:assert/strict';
import { assertAccessible, becomes, check, clockPasses, run } from './lib.mjs';

const focused = (page) => page.evaluate(() => document.activeElement.id);

check('the stage is one stop of the Tab key: arrows go within, Enter selects, Enter again opens its settings, Escape comes back', async ({ open }) => {
  const page = await open();
  assert.equal(await page.locator('.station[tabindex="0"], .wire[tabindex="0"], .area-head[tabindex="0"]').count(), 0);
  await page.locator('#stage').focus();
  await page.keyboard.press('ArrowRight');
  await becomes(() => focused(page), 'node-1', 'the first station has the focus');
  assert.equal(await page.locator('.station.selected').count(), 0, 'going there selects nothing');
  const seen = new Set(['node-1']);
  for (let steps = 0; steps < 4; steps += 1) {
    const before = await focused(page);
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((before) => document.activeElement.id !== before, before);
    seen.add(await focused(page));
  }
  assert.ok([...seen].some((id) => id.startsWith('edge-')) && [...seen].filter((id) => id.startsWith('node-')).length >= 2, [...seen].join(' '));
  while (!(await focused(page)).startsWith('node-')) {
    const before = await focused(page);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((before) => document.activeElement.id !== before, before);
  }
  const here = await focused(page);
  await page.keyboard.press('Enter');
  await page.locator(`#${here}[aria-pressed="true"]`).waitFor();
  await page.keyboard.press('Enter');
  await becomes(() => focused(page), 'inspector-panel', 'the settings have the focus');
  await page.keyboard.press('Escape');
  await becomes(() => focused(page), here, 'back on the station');
  // What is selected is moved by the arrows, as before.
  const place = () => page.locator(`#${here}`).evaluate((card) => card.parentElement.style.transform);
  const before = await place();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(([id, before]) => document.querySelector(`#${id}`).parentElement.style.transform !== before, [here, before]);
  // One press leaves the stage for its buttons.
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => Boolean(document.activeElement.closest('.stage-controls'))));
});

check('a run says aloud that a station died and that it is over', async ({ open }) => {
  const page = await open({ hash: '#scenario=black-friday' });
  await page.locator('.speed-select').selectOption('max');
  await run(page);
  await page.waitForFunction(() => document.querySelector('#run-news').textContent.length > 5);
  await page.locator('[role="status"]#ending').waitFor({ timeout: 60_000 });
});

check("with the system's colors, what is on and what is chosen can be told", async ({ open }) => {
  const page = await open({ forcedColors: 'active' });
  await page.locator('#node-2').focus();
  await page.keyboard.press('Enter');
  const look = (selector) => page.locator(selector).first().evaluate((element) => {
    const style = getComputedStyle(element);
    return [style.backgroundColor, style.borderTopColor, style.outlineStyle].join(' ');
  });
  await page.locator('#tab-settings').waitFor();
  assert.notEqual(await look('#tab-settings'), await look('#tab-metrics'), 'the chosen tab');
  const health = page.locator('#node-2-health_checks');
  const off = await look('#node-2-health_checks');
  await health.click();
  assert.notEqual(await look('#node-2-health_checks'), off, 'a switch');
  assert.notEqual(await look('#node-2'), await look('#node-3'), 'the selected station');
  await assertAccessible(page);
});

check('axe finds nothing serious in twenty states', { timeout: 300_000 }, async ({ open }) => {
  let states = 0;
  const clean = async (page) => {
    await assertAccessible(page);
    states += 1;
  };
  for (const colorScheme of ['dark', 'light']) {
    const page = await open({ colorScheme });
    await clockPasses(page, '00:00.300');
    await clean(page);
    await page.locator('#node-3').focus();
    await page.keyboard.press('Enter');
    for (const tab of ['settings', 'inside', 'metrics', 'break']) {
      await page.locator(`#tab-${tab}`).click();
      await clean(page);
    }
    for (const name of ['Monitor', 'Log', 'Problems']) {
      await page.locator('.dock-tabs').getByRole('button', { name }).click();
      await clean(page);
    }
    await page.locator('#tray-toggle').click();
    await clean(page);
    await page.getByRole('button', { name: 'Help and keys' }).click();
    await clean(page);
    await page.keyboard.press('Escape');
    const phone = await open({ viewport: 'mobile', colorScheme });
    for (const tab of ['outline', 'stage']) {
      await phone.locator(`[data-tab="${tab}"]`).click();
      await clean(phone);
    }
  }
  assert.ok(states >= 20, `${states} states`);
});

check('type is the same everywhere, comes after the first paint, weighs little, and moves nothing', async ({ open }) => {
  const fonts = [];
  const page = await open({
    prepare: (page) => page.on('response', async (response) => {
      if (response.url().endsWith('.woff2')) fonts.push((await response.body()).length);
    }),
  });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => [...document.fonts].filter((face) => ['Inter', '"JetBrains Mono"', 'JetBrains Mono'].includes(face.family) && face.status === 'loaded').length === 2);
  assert.equal(fonts.length, 2);
  assert.ok(fonts.reduce((sum, bytes) => sum + bytes, 0) <= 90_000, `${fonts} bytes`);
  const [painted, asked, shift] = await page.evaluate(async () => [
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
    Math.min(...performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('.woff2')).map((entry) => entry.startTime)),
    // Without any shift nothing is told: what comes first of that and two pictures more.
    await new Promise((done) => {
      new PerformanceObserver((list) => done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))).observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(0))));
    }),
  ]);
  assert.ok(asked > painted, `fonts are asked for at ${asked} ms, painted at ${painted} ms`);
  assert.ok(shift < 0.05, `layout shifts by ${shift}`);
  // Figures stand under each other: every digit is as wide as the others.
  const widths = await page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.font = `14px ${getComputedStyle(document.documentElement).getPropertyValue('--mono')}`;
    return new Set([...'0123456789'].map((digit) => Math.round(1000 * canvas.measureText(digit).width))).size;
  });
  assert.equal(widths, 1);
});
