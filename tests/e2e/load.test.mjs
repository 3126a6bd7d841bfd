// The page loads under a sub-path and a strict content security policy, on both screens and in both color schemes.
import assert from 'node:assert/strict';
import { HOSTING } from '../../xtask/server.mjs';
import { VIEWPORTS, assertAccessible, assertFits, check } from './lib.mjs';

for (const viewport of Object.keys(VIEWPORTS)) {
  for (const colorScheme of ['dark', 'light']) {
    check(`loads without a complaint: ${viewport}, ${colorScheme}`, async ({ open }) => {
      const page = await open({ viewport, colorScheme });
      await page.waitForFunction(() => document.title.endsWith(' · Headroom'));
      await assertFits(page);
      await assertAccessible(page);
    });
  }
}

check('the page asks for the policy that hosts send, and for two hashes of what stands inline in it', async ({ open }) => {
  const page = await open();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.equal((policy.match(/'sha256-/g) ?? []).length, 2);
  assert.equal(policy.replace(/ 'sha256-[^']+'/g, ''), HOSTING.policy.join('; '));
});

check('the built site names no address outside itself', async ({ open }) => {
  const page = await open();
  const outside = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith(document.baseURI.split('#')[0])));
  assert.deepEqual(outside, []);
});
