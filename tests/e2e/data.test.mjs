// Data, as a hand meets it: a request that passes four levels of caches, each of which tells what it holds, what it evicted
// and what another size would miss; a cache node that dies; a database that is given one more shard under load, and one that
// loses its primary.
import assert from 'node:assert/strict';
import { assertAccessible, becomes, check, run, select, setField, unfold } from './lib.mjs';

const document = (title, nodes, edges) => ({
  format: 2,
  engine: '0.1.0',
  document: { title, seed: 1, run_length_secs: 600, nodes, edges: edges.map(([from, to], at) => ({ id: at + 1, from, to })) },
});
const CLIENTS = (write_share) => ({
  id: 1,
  kind: 'source',
  label: 'Clients',
  at: { x: 40, y: 200 },
  params: { profile: { id: 'constant', rate: 800 }, write_share, keys: 20000, key_skew: 0.9 },
});
const service = { id: 2, kind: 'service', label: 'Shop', at: { x: 300, y: 200 }, params: { replicas: 3, slots: 32, service_time: { id: 'exponential', mean: 0.005 } } };

/// Static content and reads, through an edge, the replicas' own memory, two cache nodes, to a database that keeps results.
const LEVELS = document(
  'Four levels',
  [
    CLIENTS(0.05),
    { ...service, params: { ...service.params, local_cache: { id: 'on', capacity: 500, ttl: 20 } } },
    { id: 3, kind: 'cdn', label: 'Edge', at: { x: 300, y: 40 }, params: { capacity: 1500, ttl: 60, content: 'reads', shield: { id: 'on' } } },
    { id: 4, kind: 'cache', label: 'Cache', at: { x: 600, y: 60 }, params: { capacity: 600, ttl: 60, eviction: { id: 's3-fifo' }, cluster: { id: 'fixed', nodes: 2 } } },
    { id: 5, kind: 'database', label: 'Store', at: { x: 600, y: 320 }, params: { connections: 30, query_cache: { id: 'on' } } },
  ],
  [
    [1, 3],
    [3, 2],
    [2, 4],
    [2, 5],
  ],
);
/// A cache that acknowledges writes before it stores them, in front of a database with this sharding.
const SHARDED = document(
  'Shards',
  [
    CLIENTS(0.3),
    service,
    { id: 4, kind: 'cache', label: 'Cache', at: { x: 560, y: 200 }, params: { capacity: 3000, ttl: 60, writes: { id: 'behind', delay: 2 } } },
    {
      id: 5,
      kind: 'database',
      label: 'Store',
      at: { x: 840, y: 200 },
      params: { connections: 30, sharding: { id: 'ring', shards: 4 }, resharding: { id: 'live', data: 0.5, copy_rate: 100 } },
    },
  ],
  [
    [1, 2],
    [2, 4],
    [4, 5],
  ],
);

async function opened(open, of, options = {}) {
  const page = await open(options);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('#file-chooser').setInputFiles({ name: 'run.headroom.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(of)) });
  await page.waitForFunction((title) => document.querySelector('.title-input')?.value === title, of.document.title);
  await run(page);
  return page;
}

async function lookInside(page, id) {
  await select(page, id);
  await page.locator('#tab-inside').click();
}

/// The numbers of a list of facts, by their names.
const fact = (page, name) => page.locator('.inspector dt', { hasText: name }).first().locator('xpath=following-sibling::dd[1]');

check('each of four levels tells what it holds, whom it evicted and what another size would miss', async ({ open }) => {
  const page = await opened(open, LEVELS);
  await page.locator('.speed-select').selectOption('max');
  await page.waitForFunction(() => /[1-9] % hit/.test(document.querySelector('#node-3')?.textContent ?? ''));
  for (const [id, title, parts] of [
    ['node-3', 'Edge caches (L3)', ['edge', 'origin shield']],
    ['node-2', 'Local caches (L1)', ['Replica 1', 'Replica 2', 'Replica 3']],
    ['node-4', 'Memory', []],
    ['node-5', 'Query cache (L4)', []],
  ]) {
    await lookInside(page, id);
    await page.getByRole('heading', { name: title }).waitFor();
    await becomes(() => page.locator('.cache-parts tbody th').allTextContents(), parts, `the parts of ${title}`);
    assert.match(await fact(page, 'hit ratio since the start').textContent(), /^\d/);
    await assertAccessible(page);
  }
  await lookInside(page, 'node-4');
  const evicted = page.locator('#eviction');
  await evicted.waitFor();
  assert.match(await evicted.locator('h3').textContent(), /^Key [0-9a-f]{6} was evicted$/);
  // The time of the run, not of the cache's own clock.
  const [, minutes] = /At (\d+):\d\d\.\d+, to make room/.exec(await evicted.textContent());
  assert.ok(Number(minutes) <= 10, `evicted at minute ${minutes} of ten`);
  // Half the size misses more, twice the size less.
  const sizes = page.locator('#sizes');
  await sizes.locator('svg').waitFor();
  const [half, set, twice] = await sizes.locator('dd').allTextContents().then((all) => all.slice(0, 3).map(parseFloat));
  assert.ok(half >= set && set >= twice && half > twice, `${half} ${set} ${twice}`);
});

check('a cache node dies: its keys miss, the other serves on', async ({ open }) => {
  const page = await opened(open, LEVELS);
  await page.waitForFunction(() => /[1-9] % hit/.test(document.querySelector('#node-4')?.textContent ?? ''));
  await lookInside(page, 'node-4');
  await page.getByRole('heading', { name: '2 nodes share the keys' }).waitFor();
  await page.locator('#tab-break').click();
  await page.locator('#fault-aim').selectOption({ label: 'node 2 alone' });
  await page.locator('[data-fault="kill"]').click();
  await page.locator('#tab-inside').click();
  await page.locator('#cache-nodes .member', { hasText: 'dead' }).waitFor();
});

check('a fifth shard is filled under load: what moves is copied, caught up with, cut over, and about a fifth', async ({ open }) => {
  const page = await opened(open, SHARDED);
  await lookInside(page, 'node-5');
  await page.getByRole('heading', { name: '4 shards share the keys' }).waitFor();
  await page.locator('#tab-settings').click();
  await setField(page, 'node-5-sharding-ring-shards', '5');
  await page.locator('#tab-inside').click();
  await page.locator('.keys-moved', { hasText: '4 → 5 shards: Copying what moves' }).waitFor();
  const done = page.locator('.keys-moved', { hasText: '4 shards became 5' });
  await done.waitFor();
  const [, moved, theory] = /: ([\d.]+) % of the keys moved; theory says ([\d.]+) %/.exec((await done.textContent()).replaceAll(/[\u00a0\u202f]/g, ' '));
  assert.equal(theory, '20');
  assert.ok(Math.abs(moved - 20) < 8, `${moved} % moved`);
  await page.getByRole('heading', { name: '5 shards share the keys' }).waitFor();
});

/// A primary and two replicas, each of which hears of a write 300 ms later; probed every second.
const REPLICATED = document(
  'Replicas',
  [
    CLIENTS(0.3),
    service,
    {
      id: 5,
      kind: 'database',
      label: 'Store',
      at: { x: 560, y: 200 },
      params: {
        connections: 60,
        read_replicas: { id: 'fixed', count: 2 },
        replication: { id: 'asynchronous', ship: 0.3 },
        failover: { id: 'automatic', every: 1, misses: 2, timeout: 0.5, promotion: 1 },
      },
    },
  ],
  [
    [1, 2],
    [2, 5],
  ],
);

check('a primary dies: a replica takes over, and what had not reached it is lost and counted', async ({ open }) => {
  const page = await opened(open, REPLICATED);
  await lookInside(page, 'node-5');
  await page.getByRole('heading', { name: '2 read replicas' }).waitFor();
  await becomes(async () => Number((await fact(page, 'writes acknowledged').textContent()).replaceAll(/\D/g, '')) > 300, true, 'writes come in');
  assert.equal(await fact(page, 'lost').textContent(), 'none');
  await page.locator('#tab-break').click();
  await page.locator('#fault-aim').selectOption({ label: 'primary alone' });
  await page.locator('[data-fault="kill"]').click();
  await page.locator('#tab-inside').click();
  await becomes(async () => /^replica [12]$/.test(await fact(page, 'primary').textContent()), true, 'a replica took over');
  await becomes(async () => Number((await fact(page, 'lost').textContent()).replaceAll(/\D.*/g, '')) > 0, true, 'lost writes are told');
  await assertAccessible(page);
});

check('practice question 5.3 is answered by pointer, at a hundred thousand requests a second', { timeout: 300_000 }, async ({ open }) => {
  const page = await open({ hash: '#lesson=worldwide-reads' });
  const next = page.locator('#lesson-next');
  await next.click();
  await page.getByRole('radio', { name: 'The hit ratio and the cost.' }).check();
  await setField(page, 'bet-number', '3');
  await page.locator('#bet-place').click();
  await next.click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#lesson-meet').click();
  await page.locator('.goal-failed').first().waitFor({ timeout: 120_000 });
  await next.click();
  for (const id of [3, 4, 5, 6, 7, 8]) {
    await page.locator(`#node-${id}`).click();
    await unfold(page, `node-${id}-writes`);
    await page.locator(`#node-${id}-writes`).selectOption('event');
    if (id === 3 || id === 8) continue;
    await unfold(page, `node-${id}-cluster`);
    await page.locator(`#node-${id}-cluster`).selectOption('fixed');
    await setField(page, `node-${id}-cluster-fixed-nodes`, '5');
  }
  await next.click();
  await page.locator('#lesson-grade').click();
  await page.locator('.verdict-pass').waitFor({ timeout: 150_000 });
});
