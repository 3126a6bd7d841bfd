// Kubernetes manifests: paste the course's, apply it, watch the replicas climb as the autoscaler's windows and rates say
// and read why; a broken one names its line and changes nothing; what goes out comes back the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { assertAccessible, assertFits, check, clipboardText, select } from './lib.mjs';

const GATEWAY = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: go-coffee-api-gateway
spec:
  replicas: 3
  selector:
    matchLabels: { app: api-gateway }
  template:
    metadata:
      labels: { app: api-gateway }
    spec:
      containers:
      - name: api-gateway
        image: go-coffee/api-gateway:latest
        ports:
        - containerPort: 8080
        resources:
          requests: { cpu: 250m, memory: 256Mi }
          limits: { cpu: 500m, memory: 512Mi }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: api-gateway-hpa
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: go-coffee-api-gateway }
  minReplicas: 3
  maxReplicas: 50
  metrics:
  - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }
  - { type: Resource, resource: { name: memory, target: { type: Utilization, averageUtilization: 80 } } }
  - type: Pods
    pods:
      metric: { name: http_requests_per_second }
      target: { type: AverageValue, averageValue: "100" }
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 60
      policies: [{ type: Percent, value: 100, periodSeconds: 60 }]
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{ type: Percent, value: 10, periodSeconds: 60 }]
`;

/// 1,150 requests a second to a service of one replica: at 100 for each replica they are 12.
const RUN = {
  format: 2,
  engine: '0.1.0',
  document: {
    title: 'A gateway',
    notes: '',
    seed: 1,
    run_length_secs: 170,
    nodes: [
      { id: 1, kind: 'source', label: 'Clients', at: { x: 60, y: 80 }, params: { arrivals: { id: 'regular' }, profile: { id: 'constant', rate: 1150 } } },
      { id: 2, kind: 'service', label: 'Gateway', at: { x: 420, y: 80 }, params: { service_time: { id: 'deterministic', mean: 0.0001 } } },
    ],
    edges: [{ id: 1, from: 1, to: 2, params: { latency: { id: 'deterministic', mean: 0.001 } } }],
  },
};

async function openRun(page, run) {
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('#file-chooser').setInputFiles({ name: 'run.headroom.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(run)) });
  await page.locator('#node-2').waitFor();
  await page.waitForFunction(() => document.querySelector('.title-input').value === 'A gateway');
}

/// Pastes into the element that has the focus, as a hand does.
async function paste(page, text) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.keyboard.press('Control+v');
}

/// Waits until the text that stands in the field has been read.
const read = (page) => page.locator('#manifest-found[data-read="true"]').waitFor();

/// What is drawn, as far as a learner can tell; what the running system writes onto the cards is left out.
const state = (page) =>
  page.evaluate(() => {
    const drawn = (card) => {
      const copy = card.cloneNode(true);
      for (const live of copy.querySelectorAll('[data-live]')) live.remove();
      return copy.textContent;
    };
    return [...document.querySelectorAll('.stage-cards [id^="node-"]')].map(drawn).join('|');
  });

check("the course's manifest becomes a service that climbs as its windows and rates say, with a reason for each number", { timeout: 180_000 }, async ({ open }) => {
  const page = await open();
  await openRun(page, RUN);
  await select(page, 'node-2');
  await page.locator('#tab-settings').click();
  const before = await state(page);
  await page.locator('#open-manifest').click();
  await page.locator('#manifest-text').click();
  await paste(page, GATEWAY);
  await read(page);
  const facts = await page.locator('.manifest-facts').textContent();
  for (const words of ['go-coffee-api-gateway', '0.25 cores requested, at most 0.5 cores', 'Kubernetes HPA, 3 to 50 replicas', 'http_requests_per_second at 100 in each replica', 'at most 100 % in 60 s; the smallest number of the last 60 s counts']) {
    assert.ok(facts.includes(words), `${words}: ${facts}`);
  }
  const notes = await page.locator('#manifest-notes').textContent();
  assert.match(notes, /line 16.*ports.*left out: connections are drawn, not numbered/);
  assert.equal(await page.locator('#manifest-errors').count(), 0);
  assert.equal(await page.locator('#manifest-onto').inputValue(), '2', 'the selected service');
  await assertAccessible(page);
  // A line leads to its place in the text.
  await page.locator('#manifest-notes').getByRole('button', { name: 'line 16', exact: true }).click();
  assert.equal(await page.evaluate(() => { const text = document.querySelector('#manifest-text'); return text.value.slice(text.selectionStart, text.selectionEnd); }), '        ports:');
  await page.locator('#manifest-apply').click();
  await page.locator('#manifest-text').waitFor({ state: 'detached' });
  assert.equal(await page.locator('#node-2-replicas').inputValue(), '3');
  assert.equal(await page.locator('#node-2-scaler').inputValue(), 'hpa');
  assert.equal(await page.locator('#node-2-instance').inputValue(), 'container');

  // One step back, and forth again.
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await page.waitForFunction(() => document.querySelector('#node-2-scaler').value === 'off');
  assert.equal(await state(page), before, 'all of it is taken back at once');
  await page.keyboard.press('Control+y');
  await page.waitForFunction(() => document.querySelector('#node-2-scaler').value === 'hpa');

  await page.locator('#tab-inside').click();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#run-toggle').click();
  await page.locator('#run-toggle[aria-label="Run again"]').waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: 'All 11' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.syncs .sync').length === 11);
  const syncs = (await page.locator('.syncs .sync').allTextContents()).reverse();
  // The first sync, at 15 s, remembers 3 for 60 s; then at most twice as many a minute.
  const all = syncs.join('\n');
  assert.match(all, /01:15\.000.*3 now.*12 asked for.*6 set.*limited by the rate of scaling up/);
  assert.match(all, /02:15\.000.*6 now.*12 asked for.*12 set/);
  assert.match(all, /Requests\/s per replica, each asked: .* over 100\.00 = .*→ 12\./, 'a line says why, with its numbers');
  assert.equal(await page.locator('.lives > .life-ready').count(), 12);
  // From the number of replicas, wherever it stands, to the evaluation that made it.
  await page.locator('#tab-metrics').click();
  await page.getByRole('button', { name: 'Why 12?' }).click();
  const marked = page.locator('.sync-marked');
  await marked.waitFor();
  assert.match(await marked.textContent(), /02:15\.000.*12 set/);
  assert.match(await page.evaluate(() => document.activeElement.id), /^sync-/);
  await page.locator('.course .course-wanted').first().waitFor({ state: 'attached' });
  assert.match(await page.locator('.course svg').first().getAttribute('aria-label'), /at most 12 replicas.*now 12 wanted, 12 ready/);
  assert.equal(await page.locator('.window .window-decides').count(), 2);
  await assertAccessible(page);
});

check('a broken manifest names its line, and nothing is changed or lost', async ({ open }) => {
  const page = await open();
  await openRun(page, RUN);
  const before = await state(page);
  // Straight onto the canvas.
  await page.locator('#stage').focus();
  await paste(page, GATEWAY.replace('maxReplicas: 50', 'maxReplicas: many').replace('"100"', '100 per second'));
  await read(page);
  const errors = page.locator('#manifest-notes .note-error');
  const told = await errors.allTextContents();
  for (const words of [/line 29.*maxReplicas.*a whole number/, /line 36.*"100 per second" is no quantity/]) {
    assert.ok(told.some((text) => words.test(text)), told.join('\n'));
  }
  assert.match(await page.locator('#manifest-errors').textContent(), /Nothing was changed/);
  assert.ok(await page.locator('#manifest-apply').isDisabled());
  // What is no YAML at all.
  await page.locator('#manifest-text').fill('kind: [Deployment\napiVersion: apps/v1');
  await read(page);
  await page.locator('#manifest-notes .note-error', { hasText: 'this is no YAML' }).waitFor();
  assert.match(await page.locator('#manifest-notes .note-error').first().textContent(), /line \d/);
  assert.ok(await page.locator('#manifest-apply').isDisabled());
  await page.keyboard.press('Escape');
  await page.locator('#manifest-text').waitFor({ state: 'detached' });
  assert.equal(await state(page), before);
});

check('what goes out comes back the same, as a new service, from a file that was saved', async ({ open }) => {
  const page = await open();
  await openRun(page, RUN);
  await page.locator('#stage').focus();
  await paste(page, GATEWAY);
  await read(page);
  assert.equal(await page.locator('#manifest-onto').inputValue(), 'new', 'nothing was selected');
  await page.locator('#manifest-apply').click();
  await page.locator('#node-3').waitFor();
  assert.match(await page.locator('#node-3').textContent(), /go-coffee-api-gateway/);

  const out = async () => {
    await page.locator('#tab-settings').click();
    await page.locator('#open-manifest').click();
    await page.locator('#manifest-tab-out').click();
    await page.waitForFunction(() => document.querySelector('#manifest-out')?.value.includes('kind: HorizontalPodAutoscaler'));
    return page.locator('#manifest-out').inputValue();
  };
  const first = await out();
  assert.match(first, /minReplicas: 3\n {2}maxReplicas: 50/);
  await page.locator('#manifest-copy').click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await clipboardText(page), first);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#manifest-save').click()]);
  assert.equal(download.suggestedFilename(), 'go-coffee-api-gateway.yaml');
  const text = readFileSync(await download.path(), 'utf8');
  assert.equal(text, first);
  await page.keyboard.press('Escape');

  // The file, dropped onto the page.
  await page.locator('#stage').focus();
  await page.keyboard.press('Escape');
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'gateway.yaml', { type: 'application/yaml' }));
    return data;
  }, text);
  for (const type of ['dragover', 'drop']) await page.locator('#stage').dispatchEvent(type, { dataTransfer: data });
  await read(page);
  await page.locator('#manifest-onto').selectOption('new');
  await page.locator('#manifest-apply').click();
  await page.locator('#node-4').waitFor();
  assert.match(await page.locator('#node-4').textContent(), /go-coffee-api-gateway 2/);
  const second = await out();
  assert.equal(second.replaceAll('go-coffee-api-gateway-2', 'go-coffee-api-gateway'), first);
});

check('on a small screen the dialog fits, and is reached from the gallery', async ({ open }) => {
  const page = await open({ viewport: 'mobile', colorScheme: 'light' });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('[data-open="manifest"]').click();
  await page.getByRole('button', { name: 'An example' }).click();
  await read(page);
  await page.locator('.manifest-facts').waitFor();
  await assertFits(page);
  await assertAccessible(page);
});

const NEVER = () => new Promise(() => {});
const MISSING = (route) => route.fulfill({ status: 404, contentType: 'text/plain', body: 'Not found' });
const FAILURES = [
  { name: 'whose script is missing', of: /manifests\S*\.js/, how: MISSING, words: /could not be loaded/ },
  { name: 'whose program is missing', of: /manifests\S*\.wasm/, how: MISSING, words: /could not be loaded/ },
  { name: 'whose program is cut off', of: /manifests\S*\.wasm/, how: (route) => route.abort(), words: /could not be loaded/ },
  { name: 'that never comes', of: /manifests\S*\.wasm/, how: NEVER, words: /has not arrived after 8 seconds/ },
];

for (const { name, of, how, words } of FAILURES) {
  check(`a manifest reader ${name} is said in words, and Retry reads what was pasted`, { allow: /404|ERR_FAILED|[Ff]ailed/ }, async ({ open }) => {
    const page = await open();
    await openRun(page, RUN);
    await page.context().route(of, how);
    await page.locator('#stage').focus();
    await paste(page, GATEWAY);
    const failed = page.locator('#manifest-failed');
    await failed.waitFor();
    assert.match(await failed.textContent(), words);
    assert.ok(await page.locator('#manifest-apply').isDisabled());
    assert.equal(await page.locator('#manifest-text').inputValue(), GATEWAY, 'what was pasted is still there');
    await assertAccessible(page);
    // Focused first: with the way free, what was held back may come by itself, and the button goes with the failure.
    await page.locator('#manifest-retry').focus();
    await page.context().unroute(of, how);
    await page.keyboard.press('Enter');
    await read(page);
    await failed.waitFor({ state: 'detached' });
    assert.ok(await page.locator('#manifest-apply').isEnabled());
  });
}

check('the manifest reader is fetched when the dialog opens, and not before', async ({ open }) => {
  const page = await open();
  const fetched = [];
  page.on('request', (request) => /manifests/.test(request.url()) && fetched.push(request.url()));
  await openRun(page, RUN);
  await page.waitForFunction(() => document.querySelector('#run-toggle:not([disabled])'));
  assert.deepEqual(fetched, []);
  await page.locator('#stage').focus();
  await paste(page, GATEWAY);
  await read(page);
  assert.ok(fetched.length > 0);
});
