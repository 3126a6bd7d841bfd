// What every engine must do alike: the golden run with its hash, the first minute, a drag, a lesson's bet, a link, storage.
// A driver says how its browser is pressed, typed into and read; everything that is pressed is pressed by a real pointer.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../../xtask/server.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `tests/it/hashes.rs` holds the native engine to. */
const GOLDEN = readFileSync(`${ROOT}tests/golden/runs.txt`, 'utf8').match(/^tests\/golden\/run\.json (\w+)/m)[1];

/** Waits until `read` gives what `good` accepts; gives that. */
async function until(read, good, what, seconds = 60) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const found = await read();
    if (good(found)) return found;
    if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A browser in which the chart library may not start, as its locale is unknown: charts are drawn, or say that they cannot
 *  be and offer the table. */
export function withoutCharts(name, start) {
  test(name, { timeout: 300_000 }, async () => {
    const site = await serve(`${ROOT}dist`, { base: '/classes/headroom/' });
    const driver = await start();
    const count = (selector) => driver.evaluate((selector) => document.querySelectorAll(selector).length, selector);
    try {
      await driver.goto(`${site.url}#scenario=black-friday`);
      await until(async () => (await count('.charts .u-over')) + (await count('.chart-missing button')), (count) => count > 0, 'charts are drawn, or say that they cannot be');
      if ((await count('.charts .u-over')) > 0) return;
      await driver.evaluate(() => [...document.querySelectorAll('.chart-missing button')].find((button) => /table/i.test(button.textContent)).click());
      await until(() => count('.chart-table'), (count) => count > 0, 'the table is there');
    } finally {
      await driver.close();
      await site.close();
    }
  });
}

/** The tests for one browser. `start` opens it and gives a driver: `goto(address)`, `evaluate(function, argument)`,
 *  `press([x, y])`, `drag(from, to)`, `type(text)`, `key(name)`, `upload(selector, file)`, `close()`. */
export function tour(name, start) {
  test(name, { timeout: 600_000 }, async (t) => {
    assert.ok(existsSync(`${ROOT}dist/index.html`), 'dist/ is missing: run `cargo xtask build` first');
    const site = await serve(`${ROOT}dist`, { base: '/classes/headroom/' });
    const driver = await start();
    const text = (selector) => driver.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector);
    const value = (selector) => driver.evaluate((selector) => document.querySelector(selector)?.value ?? '', selector);
    const count = (selector) => driver.evaluate((selector) => document.querySelectorAll(selector).length, selector);
    const boxOf = (selector) =>
      driver.evaluate((selector) => {
        const element = document.querySelector(selector);
        if (!element) return null;
        element.scrollIntoView({ block: 'nearest' });
        const box = element.getBoundingClientRect();
        return box.width ? [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)] : null;
      }, selector);
    const middle = (selector) => until(() => boxOf(selector), Boolean, `${selector} is on the page`);
    /** The same, once it lies where it did thirty frames ago. */
    const still = async (selector) => {
      const frames = () => driver.evaluate(() => new Promise((done) => {
        let left = 30;
        const tick = () => ((left -= 1) > 0 ? requestAnimationFrame(tick) : done(true));
        tick();
      }));
      const pair = async () => [await middle(selector), await frames(), await middle(selector)];
      const [, , at] = await until(pair, ([before, , after]) => String(before) === String(after), `${selector} lies still`);
      return at;
    };
    const click = async (selector) => driver.press(await middle(selector));
    const clockPasses = (than) => until(() => text('.clock-now'), (now) => now > than, `the clock passes ${than}`);
    /** What was opened shows everything before it is pressed: loading, and then the stage at rest. */
    const open = async (hash = '') => {
      await driver.goto('about:blank');
      await driver.goto(`${site.url}${hash}`);
      await until(() => count('#run-toggle'), (count) => count > 0, 'the page lives');
    };
    /** What a visit finds again stands still until it is run. */
    const run = async () => {
      const words = () => driver.evaluate(() => document.querySelector('#run-toggle').getAttribute('aria-label'));
      if (/^Run/.test(await until(words, (words) => /^(Run|Pause)/.test(words), 'it can be run'))) await click('#run-toggle');
    };
    const fast = () =>
      driver.evaluate(() => {
        const speed = document.querySelector('.speed-select');
        speed.value = 'max';
        speed.dispatchEvent(new Event('change', { bubbles: true }));
      });
    try {
      await t.test('the first minute: it runs by itself, breaks, and one press repairs it', async () => {
        await open();
        await clockPasses('00:01.000');
        assert.ok((await count('.station')) >= 3, 'stations are drawn');
        await until(() => count('.strip-suffering'), (count) => count > 0, 'something breaks');
        await until(() => count('.caption'), (count) => count >= 2, 'words say why');
        await click('#repair-now');
        await until(() => count('.strip-calm'), (count) => count > 0, 'it recovers');
      });

      await t.test('the golden run ends with the hash that it has natively', async () => {
        await open('#new');
        await click('.top-gallery');
        await until(() => count('#file-chooser'), (count) => count > 0, 'a file can be chosen');
        await driver.upload('#file-chooser', `${ROOT}tests/golden/run.json`);
        await until(() => count('dialog[open]'), (count) => count === 0, 'the file is open');
        await fast();
        await run();
        assert.equal(await until(() => text('#trace-hash'), Boolean, 'the run ends', 180), GOLDEN);
      });

      await t.test('a card is dragged, stays where it was left, and comes back with the drawing', async () => {
        await open();
        await until(() => count('#node-1'), (count) => count > 0, 'the first station is drawn');
        const from = await still('#node-1 .station-name');
        await driver.drag(from, [from[0] + 60, from[1] + 84]);
        const left = await until(() => middle('#node-1 .station-name'), (at) => Math.abs(at[1] - from[1] - 84) < 14, 'it lies where it was dropped');
        assert.ok(Math.abs(left[0] - from[0] - 60) < 14, `${left} after a drag from ${from}`);
        await driver.evaluate(() => {
          const title = document.querySelector('.title-input');
          title.value = 'Dragged here';
          title.dispatchEvent(new Event('change', { bubbles: true }));
        });
        await until(
          () =>
            driver.evaluate(
              () =>
                new Promise((resolve) => {
                  const request = indexedDB.open('headroom');
                  request.onerror = () => resolve([]);
                  request.onsuccess = () => {
                    const all = request.result.transaction('list').objectStore('list').getAll();
                    all.onerror = () => resolve([]);
                    all.onsuccess = () => {
                      request.result.close();
                      resolve(all.result.map((text) => JSON.parse(text).title));
                    };
                  };
                }),
            ),
          (titles) => titles.includes('Dragged here'),
          'the drawing is stored',
        );
        // The address follows what is open.
        const hash = await until(() => driver.evaluate(() => location.hash), Boolean, 'the address names the drawing');
        await open(hash);
        await until(() => value('.title-input'), (title) => title === 'Dragged here', 'the stored drawing is back');
      });

      let link;
      await t.test('a link carries the drawing', async () => {
        await click('[aria-label="Share"]');
        link = await until(() => value('#share-link'), (link) => link.includes('#s='), 'there is a link');
        await open(link.slice(link.indexOf('#')));
        await until(() => value('.title-input'), (title) => title === 'Dragged here', 'the link opens the drawing');
      });

      await t.test("a lesson's bet stands after a reload", async () => {
        await open('#lesson=black-friday');
        await click('#lesson-next');
        await until(() => count('#bet-place'), (count) => count > 0, 'there is a bet to place');
        await driver.evaluate(() => {
          const choice = document.querySelector('#bet-choice');
          if (choice.tagName === 'SELECT') {
            choice.selectedIndex = choice.options.length - 1;
            choice.dispatchEvent(new Event('change', { bubbles: true }));
          } else choice.querySelector('input').click();
        });
        await click('#bet-number');
        await driver.evaluate(() => document.querySelector('#bet-number').select());
        await driver.type('900');
        await driver.key('Enter');
        await click('#bet-place');
        await until(() => driver.evaluate(() => document.querySelector('#lesson-next')?.disabled), (disabled) => disabled === false, 'the way on is open');
        await open('#lesson=black-friday');
        await until(() => driver.evaluate(() => document.querySelector('#lesson-next')?.disabled), (disabled) => disabled === false, 'the bet is kept');
      });

      await t.test('charts are drawn, or say that they cannot be and offer the table', async () => {
        await open();
        await run();
        await clockPasses('00:00.500');
        await until(() => count('.chart-plot canvas, .chart-missing'), (count) => count > 0, 'charts or their words');
      });
    } finally {
      await driver.close();
      await site.close();
    }
  });
}
