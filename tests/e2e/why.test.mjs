// "Why?": change the strategy while it runs, kill a backend, ask about a choice and read the reason with its numbers.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits, check, clockPasses, select, setField } from './lib.mjs';

async function pause(page) {
  await page.locator('#run-toggle[aria-label="Pause"]').click();
  await page.locator('#run-toggle[aria-label="Run"]').waitFor();
}

/** Looks into the balancer of the first scenario. */
async function lookInside(page) {
  await select(page, 'node-2');
  await page.locator('#tab-inside').click();
  await page.locator('#latest-choices .choices li').first().waitFor();
}

check('a choice after a strategy change and a death tells who was left out, since when, and the scores', { timeout: 120_000 }, async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.500');
  await select(page, 'node-2');
  await page.locator('#tab-settings').click();
  await page.locator('#node-2-strategy').selectOption('adaptive');
  await setField(page, 'node-2-check_interval', '0.2 s');
  await setField(page, 'node-2-check_timeout', '0.1 s');
  await setField(page, 'node-2-fall', '2');
  await select(page, 'node-3');
  await page.locator('#tab-break').click();
  await page.locator('#fault-aim').selectOption({ label: 'replica 2 alone' });
  await page.locator('[data-fault="kill"]').click();
  await lookInside(page);
  // The balancer has noticed: belief and truth agree that it is gone.
  const row = page.locator('.backends tbody tr:not(.backend-more)').nth(1);
  await row.locator('td', { hasText: 'down' }).first().waitFor({ timeout: 30_000 });
  assert.match(await row.textContent(), /dead/);
  await page.waitForFunction(() => document.querySelectorAll('#latest-choices .choices li').length >= 10);
  await pause(page);

  const ask = page.locator('#latest-choices .choices li').first().getByRole('button', { name: /^Why/ });
  // The last look before the pause comes a little later: the list is settled once it has stood for longer than a look takes.
  await page.waitForFunction(() => {
    const text = document.querySelector('#latest-choices .choices').textContent;
    window.settled = window.settled?.text === text ? window.settled : { text, since: performance.now() };
    return performance.now() - window.settled.since > 1_000;
  });
  const number = (await ask.getAttribute('aria-label')).match(/[\d\s\u202f]+$/)[0].trim();
  await ask.click();
  const why = page.locator('#why');
  await why.locator('.why-choice').first().waitFor({ timeout: 30_000 });
  assert.equal((await why.locator('h2').textContent()).replace(/^Request /, ''), number);
  assert.match(await why.locator('.why-rule').first().textContent(), /Adaptive: .+score/);
  // The dead one is left out, with its reason and its time; the others have scores with numbers filled in.
  const out = why.locator('.why-out').first();
  assert.match(await out.textContent(), /Orders replica 2/);
  assert.match(await out.textContent(), /2 health checks failed in a row.*Since \d\d:\d\d\.\d{3}, .+ before this choice/);
  assert.match(await out.textContent(), /dead/);
  const chosen = why.locator('.why-chosen').first();
  assert.match(await chosen.textContent(), /chosen/);
  assert.match(await chosen.locator('.why-formula').textContent(), /0\.4.*=.*\d/);
  assert.equal(await why.locator('.why-candidate').count(), 6);
  assert.ok(await page.locator('.why-path').count() >= 1, 'its way is drawn');
  await assertAccessible(page);

  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'detached' });
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? ''), /^Why/, 'the focus is back');
});

check('the slowest request tells where its time went, to the last bit', async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:01.500');
  await pause(page);
  await page.locator('#stage').focus();
  await page.keyboard.press('Escape');
  await page.locator('#exemplars .exemplars-list li').first().getByRole('button').click();
  const why = page.locator('#why');
  await why.locator('#why-fate').waitFor({ timeout: 30_000 });
  assert.match(await why.locator('#why-fate').textContent(), /after/);
  const shares = await why.locator('.why-share').allTextContents();
  const sum = shares.map((text) => Number.parseFloat(text)).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(sum - 100) < 1, `${shares} make ${sum}`);
  assert.ok(await why.locator('.why-row').count() >= 2);
  await why.getByText('Step by step').click();
  assert.match(await why.locator('.why-lines').textContent(), /sends the request.*has its answer after/s);
});

check('any request can be asked by its number; one that is not there yet is told in words', async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:01.000');
  await pause(page);
  await page.locator('#stage').focus();
  await page.keyboard.press('Escape');
  const field = page.locator('#exemplars .ask-number input');
  await field.fill('7');
  await field.press('Enter');
  await page.locator('#why-fate').waitFor({ timeout: 30_000 });
  assert.equal(await page.locator('#why h2').textContent(), 'Request 7');
  const again = page.locator('#why .ask-number input');
  await again.fill('999999999');
  await again.press('Enter');
  await page.locator('#why').getByText(/have been sent yet/).waitFor();
  await page.locator('#why-close').click();
  await page.locator('#why').waitFor({ state: 'detached' });
});

check('on a small screen the answer fills the screen and closes', async ({ open }) => {
  const page = await open({ viewport: 'mobile', colorScheme: 'light' });
  await clockPasses(page, '00:01.000');
  await pause(page);
  await page.locator('[data-tab="settings"]').click();
  const field = page.locator('#exemplars .ask-number input');
  await field.fill('20');
  await field.press('Enter');
  await page.locator('#why-fate').waitFor({ timeout: 30_000 });
  await assertFits(page);
  await assertAccessible(page);
  await page.locator('#why-close').click();
  await page.locator('#why').waitFor({ state: 'detached' });
});

check('a hash shows its keys, and which of them a departure moved', { timeout: 120_000 }, async ({ open }) => {
  const page = await open();
  await clockPasses(page, '00:00.500');
  await select(page, 'node-2');
  await page.locator('#tab-settings').click();
  await page.locator('#node-2-strategy').selectOption('ring-hash');
  await page.locator('#tab-inside').click();
  await page.locator('.ring .ring-key').first().waitFor();
  assert.equal(await page.locator('.ring .ring-key').count(), 60);
  await select(page, 'node-3');
  await page.locator('#tab-settings').click();
  await setField(page, 'node-3-replicas', '5');
  await lookInside(page);
  // The keys of the one that left went elsewhere; hardly any others did.
  const moved = page.locator('.keys-moved strong');
  await moved.waitFor({ timeout: 30_000 });
  const [, count] = (await moved.textContent()).match(/^(\d+) of 60 (?:keys|clients) moved$/);
  assert.ok(Number(count) > 0 && Number(count) < 30, `${count} moved`);
});
