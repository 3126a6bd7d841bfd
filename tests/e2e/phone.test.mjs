// Lessons on a phone, upright and lying: three are done whole, from the question to the next one, by finger.
import assert from 'node:assert/strict';
import { assertNoOverlaps } from './boxes.mjs';
import { assertAccessible, becomes, check, setField } from './lib.mjs';

/** What passes, set in the list of what may be changed. */
const LESSONS = {
  'two-choices': (page) => page.locator('#node-2-strategy').selectOption('power-of-d-choices'),
  'newest-first': (page) => page.locator('#node-2-discipline').selectOption('lifo'),
  'shorter-downstream': (page) => setField(page, 'edge-2-timeout', '80 ms'),
};
const PHONES = { upright: { width: 390, height: 844 }, lying: { width: 844, height: 390 } };

for (const [slug, build] of Object.entries(LESSONS)) {
  for (const [way, viewport] of Object.entries(PHONES)) {
    check(`${slug} is done whole on a phone, ${way}`, { timeout: 240_000 }, async ({ open }) => {
      const page = await open({ viewport, hasTouch: true, isMobile: true, hash: `#lesson=${slug}` });
      const next = page.locator('#lesson-next');
      const tab = async (name) => {
        await page.locator(`[data-tab="${name}"]`).tap();
        await assertNoOverlaps(page, `in ${name}`);
      };
      await page.locator('#lesson-title').waitFor();
      await next.tap();
      const options = page.locator('#bet-choice input');
      if (await options.count()) await options.first().check();
      else if (await page.locator('#bet-choice').count()) await page.locator('#bet-choice').selectOption({ index: 1 });
      await assertNoOverlaps(page, 'at the bet');
      await page.locator('#bet-place').tap();
      await next.tap();
      await page.locator('.speed-select').selectOption('max');
      await page.locator('#lesson-meet').tap();
      // The system runs in sight.
      await tab('stage');
      await page.locator('.station').first().waitFor();
      await tab('lesson');
      await page.locator('.goal-failed').first().waitFor({ timeout: 90_000 });
      await next.tap();
      await tab('settings');
      await build(page);
      if (way === 'upright') await assertAccessible(page);
      await tab('charts');
      await tab('lesson');
      await next.tap();
      await page.locator('#lesson-grade').tap();
      await page.locator('.verdict-pass').waitFor({ timeout: 90_000 });
      await next.tap();
      await becomes(() => next.isEnabled(), true, 'the explanation leads on');
      await next.tap();
      assert.ok(await page.getByRole('button', { name: 'What next' }).isVisible());
      await assertNoOverlaps(page, 'at the end');
    });
  }
}
