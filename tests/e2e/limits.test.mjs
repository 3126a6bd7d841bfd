// What no machine can run is named before it runs; what is slow is waited for and can be stopped; what is dead comes back.
import assert from 'node:assert/strict';
import { check, clockPasses } from './lib.mjs';

const clock = (page) => page.locator('.clock-now').textContent();

/** So many services with so many replicas each behind one balancer. */
function crowd(services, replicas, rate = 100) {
  const station = (id, kind, label, params, x, y) => ({ id, kind, label, at: { x, y }, params });
  const nodes = [
    station(1, 'source', 'Clients', { profile: { id: 'constant', rate } }, 0, 0),
    station(2, 'balancer', 'Balancer', {}, 240, 0),
  ];
  const edges = [{ id: 1, from: 1, to: 2 }];
  for (let index = 0; index < services; index++) {
    const column = Math.floor(index / 10);
    nodes.push(station(3 + index, 'service', `Shop ${index + 1}`, { replicas }, 480 + 240 * column, 140 * (index % 10)));
    edges.push({ id: 2 + index, from: 2, to: 3 + index });
  }
  return { format: 2, engine: '0.1.0', document: { title: 'A crowd', seed: 1, run_length_secs: 60, nodes, edges, areas: [], faults: [], windows: [] }, inputs: [] };
}

async function openFile(page, run, title) {
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('#file-chooser').setInputFiles({ name: 'run.headroom.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(run)) });
  await page.waitForFunction((title) => document.querySelector('.title-input').value === title, title);
}

/** What the list of problems says. */
const problems = (page, words) => page.locator('.issue').filter({ hasText: words });

/** The simulation's own worker; the page may have others. */
async function worker(page) {
  while (page.workers().length === 0) await page.waitForEvent('worker');
  return page.workers()[0];
}

check('a hundred thousand replicas are refused before they are made, with what they would cost', async ({ open }) => {
  const page = await open();
  await openFile(page, crowd(100, 1000), 'A crowd');
  await page.locator('#run-toggle').click();
  await page.getByRole('button', { name: /^Problems/ }).click();
  const problem = problems(page, /100,000 members at 100 stations/);
  await problem.waitFor();
  assert.match(await problem.textContent(), /about \d+ MB of memory.*At most 50,000 can be simulated/);
  assert.equal(await clock(page), '00:00.000');
  assert.equal(await page.locator('#recovery-note').count(), 0, 'no worker broke over it');
});

check('a run that takes its time says so, and can be stopped', { timeout: 240_000 }, async ({ open }) => {
  const page = await open();
  const run = crowd(40, 1000, 20_000);
  run.document.nodes[1].params = { strategy: { id: 'least-connections' } };
  await openFile(page, run, 'A crowd');
  await page.locator('#run-toggle[aria-label="Run"]').click();
  // Making the members may take a moment, which is said first.
  const slow = page.locator('#run-slow', { hasText: /One simulated second takes about .* here\./ });
  await slow.waitFor({ timeout: 120_000 });
  await slow.getByRole('button', { name: 'Stop' }).click();
  await page.locator('#run-toggle[aria-label="Run"]').waitFor();
  assert.equal(await page.locator('#recovery-note').count(), 0);
});

for (const [name, die] of [
  ['that closes itself', () => globalThis.close()],
  ['in an endless loop', () => { for (;;); }],
]) {
  check(`a worker ${name} is noticed, and the run comes back to where it was`, { timeout: 90_000 }, async ({ open }) => {
    const page = await open();
    await clockPasses(page, '00:01.000');
    const before = await clock(page);
    void (await worker(page)).evaluate(die).catch(() => {});
    await page.locator('#recovery-note').waitFor({ timeout: 60_000 });
    await clockPasses(page, before);
  });
}

check('users who ask again at once, of a system in which nothing takes time, are refused', async ({ open }) => {
  const page = await open();
  const nothing = { id: 'deterministic', mean: 0 };
  const run = crowd(1, 1);
  run.document.nodes[0].params = { arrivals: { id: 'closed', users: 50, think_time: nothing } };
  run.document.nodes[2].params = { service_time: nothing };
  run.document.edges = run.document.edges.map((edge) => ({ ...edge, params: { latency: nothing } }));
  await openFile(page, run, 'A crowd');
  await page.getByRole('button', { name: /^Problems/ }).click();
  await problems(page, /The clock would stand still: the users of Clients ask again at once/).waitFor();
});

check('a picture and one of two files are called what they are', async ({ open }) => {
  const page = await open();
  const drop = (files) =>
    page.evaluate((files) => {
      const data = new DataTransfer();
      for (const [name, text] of files) data.items.add(new File([new Uint8Array(text)], name));
      document.querySelector('.stage-area').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, files);
  await drop([['cat.png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]]]);
  await page.getByText('this is a picture (PNG), not a run saved by Headroom').waitFor();
  const text = [...Buffer.from(JSON.stringify(crowd(1, 1)))];
  await drop([['one.json', text], ['two.json', text]]);
  await page.getByText('Of 2 files only "one.json" was read: drop one at a time.').waitFor();
});
