// The first load: what is seen before any program is there, how far it is, that the page takes its place without a jump;
// and each file that fails or stalls, with its words and a way on that needs no reload.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { ROOT, assertAccessible, check, clockPasses } from './lib.mjs';

/** The built site's files by what they are for. */
const FILES = {
  'app.js': /\/app-[0-9a-f]+\.js/,
  'app.wasm': /\/app-[0-9a-f]+_bg\.wasm/,
  'page.css': /\/page-[0-9a-f]+\.css/,
  'worker.js': /\/worker-[0-9a-f]+\.js/,
  'worker.wasm': /\/worker-[0-9a-f]+_bg\.wasm/,
  'later.wasm': /\/later-[0-9a-f]+_bg\.wasm/,
  'uPlot.js': /\/uPlot-[0-9a-f]+\.js/,
};

const WAYS = {
  'answers 404': (route) => route.fulfill({ status: 404, contentType: 'text/plain', body: 'gone' }),
  'is cut off': (route) => route.abort('connectionreset'),
  'comes as a page of the host': (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><title>Not here</title>' }),
};

/** The browser complains about what this test breaks. */
const BROKEN = /Failed to load|broke off or was refused|came as text|does not come|ERR_CONNECTION|404|MIME|could not be|dynamically imported|page error|WebAssembly|ERR_FAILED|__wbindgen/;

/** Answers requests for a file with `way` until `mend()`. */
async function breakFile(page, file, way) {
  const gate = { open: false, hits: 0 };
  await page.context().route(FILES[file], (route) => {
    if (gate.open) return route.continue();
    gate.hits += 1;
    return way(route);
  });
  return { gate, mend: () => (gate.open = true) };
}

/** Requests for a file are not answered until `release()`, which answers those that wait, too. */
async function holdFile(page, file) {
  const held = [];
  let open = false;
  await page.context().route(FILES[file], (route) => (open ? route.continue() : held.push(route)));
  return {
    held,
    release: () => {
      open = true;
      return Promise.all(held.splice(0).map((route) => route.continue().catch(() => {})));
    },
    /** From now on requests are answered; those that wait never are. */
    mend: () => (open = true),
  };
}

const alive = (page) => page.locator('#run-toggle').waitFor();
const running = async (page) => {
  await alive(page);
  await clockPasses(page, '00:00.100');
};
const box = (page, selector) => page.locator(selector).first().boundingBox();

/** Both boxes stand at the same place, up to `px`. */
function same(a, b, what, px = 0.5) {
  for (const side of ['x', 'y', 'width', 'height']) {
    assert.ok(Math.abs(a[side] - b[side]) <= px, `${what} stays: ${side} ${a[side]} became ${b[side]}`);
  }
}

for (const viewport of ['desktop', { width: 1280, height: 720 }, { width: 1024, height: 700 }, 'mobile']) {
  check(`the shell is there before any program, and becomes the page without a jump: ${viewport.width ?? viewport}`, async ({ open }) => {
    const page = await open({ viewport, shell: (page) => holdFile(page, 'app.wasm') });
    assert.equal(await page.locator('h1').textContent(), 'Headroom');
    await page.getByText('Headroom is a playground where you learn').waitFor();
    const small = viewport === 'mobile';
    const before = {
      name: await box(page, small ? '.shell-logo' : '.shell-name'),
      notes: await box(page, '.shell-notes'),
      strip: await box(page, '.shell-strip'),
      canvas: await box(page, '.shell-canvas'),
      cards: await page.locator('.shell-card').evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().toJSON())),
    };
    const engine = await holdFile(page, 'worker.wasm');
    await page.held.release();
    await alive(page);
    // The typeface comes after the first picture: what stands in for it is as wide.
    same(before.name, await box(page, small ? '.logo' : '.brand-name'), 'the name');
    same(before.notes, await box(page, '.notes'), 'what to try');
    same(before.strip, await box(page, '.strip'), 'the strip');
    same(before.canvas, await box(page, '.canvas-box'), 'the stage');
    await page.locator('.station-place').nth(4).waitFor();
    // A narrow stage turns the drawing, and outlines nothing before.
    const cards = small ? [] : await page.locator('.station-place .station').evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().toJSON()));
    const sorted = (boxes) => boxes.toSorted((a, b) => a.x - b.x || a.y - b.y);
    for (const [index, card] of sorted(small ? [] : before.cards).entries()) same(card, sorted(cards)[index], `card ${index}`, 2);
    // The bar goes on where it was, then the figures take its place.
    await page.locator('#loading-words').waitFor();
    same(before.strip, await box(page, '.strip'), 'the strip while the simulation loads');
    await engine.release();
    await running(page);
    same(before.strip, await box(page, '.strip'), 'the strip while it runs');
  });
}

check('loading says how much of the whole has come, with a notch where the simulation begins', async ({ open }) => {
  const page = await open({ shell: (page) => holdFile(page, 'app.wasm') });
  await page.waitForFunction(() => /^\d+\.\d of \d+\.\d MB$/.test(document.querySelector('#boot-bytes').textContent));
  const files = await page.evaluate(() => JSON.parse(document.querySelector('script[data-files]').dataset.files));
  const of = (names) => names.reduce((sum, name) => sum + files[name][1], 0);
  const whole = of(['app.js', 'app.wasm', 'page.css', 'worker.wasm']);
  const notch = Number(await page.locator('#boot-notch').getAttribute('x'));
  assert.ok(Math.abs(notch - (1000 * of(['app.js', 'app.wasm', 'page.css'])) / whole) < 1, `the notch stands at ${notch}`);
  assert.ok((await page.locator('#boot-bytes').textContent()).endsWith(` of ${(whole / 1e6).toFixed(1)} MB`));
  await page.held.release();
  await running(page);
  for (const [name, size] of Object.values(files)) {
    const bytes = await page.evaluate(async (name) => (await (await fetch(name)).arrayBuffer()).byteLength, name);
    assert.equal(bytes, size, `the size told of ${name}`);
  }
});

check('on a slow line the bytes rise, and the simulation is asked for when the page has arrived', async ({ open }) => {
  const asked = [];
  const page = await open({
    shell: async (page) => {
      page.on('request', (request) => asked.push(request.url()));
      page.on('requestfinished', (request) => asked.push(`done ${request.url()}`));
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Network.enable');
      // Some seconds, however large the build is.
      const largest = Math.max(...readdirSync(`${ROOT}dist`).map((name) => statSync(`${ROOT}dist/${name}`).size));
      await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 50, downloadThroughput: largest / 3, uploadThroughput: largest / 3 });
    },
  });
  const width = () => page.evaluate(() => Number(document.querySelector('#boot-got')?.getAttribute('width') ?? 1000));
  await page.waitForFunction(() => Number(document.querySelector('#boot-got')?.getAttribute('width') ?? 1000) > 0);
  const early = await width();
  await page.waitForFunction((early) => Number(document.querySelector('#boot-got')?.getAttribute('width') ?? 1000) > early, early);
  await alive(page);
  const arrived = asked.findIndex((entry) => entry.startsWith('done') && FILES['app.wasm'].test(entry));
  const engine = asked.findIndex((entry) => FILES['worker.wasm'].test(entry));
  assert.ok(arrived >= 0 && engine > arrived, `the page's bytes (${arrived}) come before the simulation is asked for (${engine})`);
});

check('the shell follows the system, and a choice of theme before it', async ({ open }) => {
  for (const [colorScheme, theme] of [['light', undefined], ['dark', undefined], ['light', 'dark'], ['dark', 'light']]) {
    const page = await open({
      colorScheme,
      shell: async (page) => {
        if (theme) await page.context().addInitScript((theme) => localStorage.setItem('headroom.session', JSON.stringify({ theme })), theme);
        return holdFile(page, 'app.wasm');
      },
    });
    const shown = theme ?? colorScheme;
    assert.equal(await page.locator('html').getAttribute('data-theme'), shown);
    const ground = await page.evaluate(() => getComputedStyle(document.querySelector('.shell-top')).backgroundColor);
    assert.equal(ground, shown === 'light' ? 'rgb(255, 255, 255)' : 'rgb(21, 27, 35)');
    await assertAccessible(page);
    await page.held.release();
    await alive(page);
    assert.equal(await page.locator('html').getAttribute('data-theme'), shown);
  }
});

check('a door chosen in the shell opens once the page lives', async ({ open }) => {
  const page = await open({ shell: (page) => holdFile(page, 'app.wasm') });
  await page.getByRole('link', { name: /Start lesson 1/ }).click();
  await page.held.release();
  await page.locator('#lesson-next').waitFor();

  const breaking = await open({ shell: (page) => holdFile(page, 'app.wasm') });
  await breaking.getByRole('link', { name: /Break something now/ }).click();
  await breaking.held.release();
  await breaking.locator('.tray').waitFor();

  const phone = await open({ viewport: 'mobile', shell: (page) => holdFile(page, 'app.wasm') });
  await phone.getByRole('link', { name: /Break something now/ }).click();
  await phone.held.release();
  await phone.locator('[data-fault="kill"]').waitFor();
});

check('without JavaScript it says what it needs', async ({ open }) => {
  const page = await open({ javaScriptEnabled: false, shell: () => null });
  const words = page.locator('noscript .shell-trouble');
  await words.waitFor();
  assert.match(await words.textContent(), /needs JavaScript and WebAssembly/);
});

for (const file of ['app.wasm', 'app.js', 'page.css']) {
  for (const [way, act] of Object.entries(WAYS)) {
    check(`the page's ${file} ${way}: said in words, and tried again without a reload`, { allow: BROKEN }, async ({ open }) => {
      const page = await open({ shell: (page) => breakFile(page, file, act) });
      await page.evaluate(() => (globalThis.never_reloaded = true));
      await page.locator('#boot-trouble p').waitFor();
      const words = await page.locator('#boot-trouble p').textContent();
      assert.match(words, /^Headroom could not be loaded: .+\. Check the connection, then try again\.$/);
      assert.match(words, FILES[file].source.includes('wasm') ? /_bg\.wasm/ : new RegExp(file.split('.')[0]));
      // Again in vain, then well.
      await page.locator('#boot-retry').click();
      await page.waitForFunction(() => document.querySelector('#boot-trouble').childElementCount > 0);
      page.held.mend();
      await page.locator('#boot-retry').click();
      await running(page);
      assert.ok(await page.evaluate(() => globalThis.never_reloaded), 'the page was not loaded anew');
    });
  }
}

for (const file of ['app.wasm', 'app.js', 'page.css']) {
  check(`the page's ${file} stalls: said in words, and tried again without a reload`, { allow: BROKEN }, async ({ open }) => {
    const page = await open({
      shell: async (page) => {
        await page.clock.install();
        return holdFile(page, file);
      },
    });
    await page.waitForFunction(() => document.querySelector('#boot-bytes').textContent !== '');
    await page.clock.runFor(20_000);
    await page.clock.resume();
    await page.getByText(/^Nothing has come for \d+ seconds/).waitFor();
    page.held.mend();
    await page.locator('#boot-retry').click();
    await alive(page);
  });
}

check('a program of another version is said, and fetched anew', { allow: BROKEN }, async ({ open }) => {
  // An empty program: valid, and without what the page's script asks of it.
  const empty = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const old = (route) => route.fulfill({ status: 200, contentType: 'application/wasm', body: empty });
  const page = await open({ shell: (page) => breakFile(page, 'app.wasm', old) });
  await page.getByText(/^Headroom could not start: its files come from different versions/).waitFor();
  page.held.mend();
  await page.locator('#boot-retry').click();
  await running(page);
});

for (const file of ['worker.wasm', 'worker.js']) {
  for (const [way, act] of Object.entries(WAYS)) {
    check(`the simulation's ${file} ${way}: the page lives, says so, and starts it without a reload`, { allow: BROKEN }, async ({ open }) => {
      const page = await open({ shell: (page) => breakFile(page, file, act) });
      await page.locator('#failure').waitFor();
      assert.match(await page.locator('#failure p').textContent(), /^The simulation could not be loaded: .+ Your design is safe\.$/);
      assert.equal(await page.locator('.banner').count(), 1, 'one thing is said, not two that contradict each other');
      assert.equal(await page.locator('#run-toggle').getAttribute('aria-label'), 'Try again');
      await page.getByLabel('Title').fill('Kept');
      await page.getByLabel('Title').press('Enter');
      // In vain once more, then by Restart.
      await page.locator('#failure button').click();
      await page.locator('#failure').waitFor();
      page.held.mend();
      await page.getByRole('button', { name: 'Restart' }).click();
      await running(page);
      assert.equal(await page.locator('#failure').count(), 0);
      assert.equal(await page.getByLabel('Title').inputValue(), 'Kept');
    });
  }
}

check("the simulation's program stalls: the page never says Pause, and tries again without a reload", { allow: BROKEN }, async ({ open }) => {
  const page = await open({ shell: (page) => holdFile(page, 'worker.wasm') });
  await alive(page);
  assert.equal(await page.locator('#run-toggle').getAttribute('aria-label'), 'The simulation is loading');
  await page.locator('#loading-words').waitFor();
  await page.getByText(/nothing has come for a while/).waitFor();
  await assertAccessible(page);
  page.held.mend();
  await page.locator('.strip').getByRole('button', { name: 'Try again' }).click();
  await running(page);
});

check('a worker that never says a word is given up, and another one tried', { allow: BROKEN }, async ({ open }) => {
  const mute = (route) => route.fulfill({ status: 200, contentType: 'text/javascript', body: '// Nothing.' });
  const page = await open({ shell: (page) => breakFile(page, 'worker.js', mute) });
  await alive(page);
  await page.waitForFunction(() => document.querySelector('#loading-words')?.textContent === 'Starting the simulation');
  await page.getByText(/The simulation did not start within \d+ seconds/).waitFor();
  page.held.mend();
  await page.locator('#failure button').click();
  await running(page);
});

for (const [way, act] of Object.entries(WAYS)) {
  check(`the charts' library ${way}: the charts say so, offer the table, and draw on the next try`, { allow: BROKEN }, async ({ open }) => {
    const page = await open({ shell: (page) => breakFile(page, 'uPlot.js', act) });
    await page.locator('.chart-missing').first().waitFor();
    await running(page);
    await assertAccessible(page);
    await page.locator('.chart-missing').first().getByRole('button', { name: 'Show the table' }).click();
    await page.locator('.chart-table tbody tr').first().waitFor();
    page.held.mend();
    await page.locator('.chart-missing').first().getByRole('button', { name: 'Try again' }).click();
    await page.locator('.chart-plot canvas').nth(2).waitFor();
    assert.equal(await page.locator('.chart-missing').count(), 0);
  });
}

for (const [way, act] of Object.entries({ ...WAYS, stalls: null })) {
  check(`the second part of the page ${way}: the run goes on, it is said where it is wanted, and Retry brings it`, { allow: BROKEN }, async ({ open }) => {
    const page = await open({ shell: (page) => (act ? breakFile(page, 'later.wasm', act) : holdFile(page, 'later.wasm')) });
    await running(page);
    const asked = page.waitForRequest(FILES['later.wasm']);
    await page.locator('#stage').focus();
    await page.keyboard.press('?');
    const retry = page.locator('.fetch-area').getByRole('button', { name: 'Retry' });
    await retry.waitFor();
    await assertAccessible(page);
    page.held.mend();
    await retry.click();
    await page.getByRole('dialog').waitFor();
    await asked;
    // What has come stays: a station's inside opens with it.
    await page.keyboard.press('Escape');
    await page.locator('#node-2').focus();
    await page.keyboard.press('Enter');
    await page.locator('#tab-inside').click();
    await page.locator('#inspector-panel .facts, #inspector-panel table, #inspector-panel section').first().waitFor();
  });
}
