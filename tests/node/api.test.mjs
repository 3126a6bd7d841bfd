// The engine as a program in Node has it: load, run, change, report, link. Built by `cargo xtask test` before this runs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const headroom = createRequire(import.meta.url)('../../target/api-node/headroom.js');
const { Simulation } = headroom;

const shop = () => ({
  format: 1,
  engine: headroom.version(),
  document: {
    title: 'Shop',
    seed: 11,
    run_length_secs: 60,
    nodes: [
      { id: 1, kind: 'source', label: 'Clients', at: { x: 0, y: 0 }, params: { profile: { id: 'constant', rate: 100 } } },
      { id: 2, kind: 'balancer', label: 'Door', at: { x: 200, y: 0 }, params: { check_interval: 1 } },
      { id: 3, kind: 'service', label: 'Shop', at: { x: 400, y: 0 }, params: { replicas: 2, slots: 4 } },
    ],
    edges: [
      { id: 1, from: 1, to: 2 },
      { id: 2, from: 2, to: 3 },
    ],
  },
});
const kill = { inject: { kind: 'kill', target: { replica: [3, 0] } } };

test('loads a document, runs it, and reports', () => {
  const simulation = new Simulation(shop());
  assert.deepEqual(simulation.warnings(), []);
  const report = simulation.runToEnd();
  assert.ok(simulation.finished && report.finished);
  assert.equal(report.seed, '11');
  assert.equal(report.trace_hash, simulation.traceHash);
  assert.ok(report.offered > 5000 && report.offered === report.outcomes.completed, `${report.offered} offered`);
  assert.ok(report.sojourn_time.p99 > report.sojourn_time.p50);
  assert.equal(report.stations[0].utilization, null, 'clients have no slots');
});

test('a change is part of the run, and the link replays it', () => {
  const untouched = new Simulation(shop()).runToEnd();
  const simulation = new Simulation(shop());
  simulation.advance(20);
  assert.ok(simulation.nowSecs <= 20 && simulation.events > 0);
  const input = simulation.apply(kill);
  assert.deepEqual(input, { at_event: simulation.events, change: kill });
  const report = simulation.runToEnd();
  assert.ok(report.outcomes.failed > 0);
  assert.equal(report.inputs, 1);
  assert.equal(report.sojourn_time_offered.p999, 'infinite', 'some got no answer');
  assert.notEqual(report.trace_hash, untouched.trace_hash);

  const link = simulation.link();
  assert.match(link, /^#s=1\.[A-Za-z0-9_-]*[A-Za-z0-9]$/);
  for (const again of [link, `https://example.org/${link}`, simulation.exportRun(), JSON.stringify(simulation.exportRun())]) {
    assert.equal(new Simulation(again).runToEnd().trace_hash, report.trace_hash);
  }
  assert.deepEqual(headroom.open(link), simulation.exportRun());
});

test('slices, seeking and forks change nothing, and forks part where they are changed', () => {
  const whole = new Simulation(shop()).runToEnd().trace_hash;
  const sliced = new Simulation(shop());
  while (sliced.advance(Infinity, 1000) > 0);
  assert.equal(sliced.traceHash, whole);
  sliced.seek(10);
  assert.ok(sliced.nowSecs <= 10 && !sliced.finished);
  const fork = sliced.fork();
  fork.apply(kill);
  assert.equal(sliced.runToEnd().trace_hash, whole);
  assert.notEqual(fork.runToEnd().trace_hash, whole);
});

test('the golden run has the hash that it has natively', () => {
  const file = (name) => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
  const [, hash, events] = /GOLDEN: \(u64, u64\) = \(([\d_]+), ([\d_]+)\)/.exec(file('check.rs'));
  const number = (digits) => BigInt(digits.replaceAll('_', ''));
  const report = new Simulation(file('run.json')).runToEnd();
  assert.equal(report.trace_hash, number(hash).toString(16).padStart(16, '0'));
  assert.equal(BigInt(report.events), number(events));
});

test('what cannot be says so, with a remedy', () => {
  const thrown = (action) => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
    return assert.fail('nothing was thrown');
  };
  const misspelled = shop();
  misspelled.document.nodes[0].lable = 'x';
  assert.match(thrown(() => new Simulation(misspelled)).message, /document\.nodes\[0\].*lable/);
  assert.match(thrown(() => new Simulation(misspelled)).remedy, /label/);
  assert.match(thrown(() => new Simulation('#s=9.AAAA')).message, /newer/);
  assert.match(thrown(() => new Simulation('hello')).message, /not a Headroom link/);

  const loose = shop();
  loose.document.edges.pop();
  const error = thrown(() => new Simulation(loose));
  assert.equal(error.diagnostics[0].code, 'no-backend');
  assert.deepEqual(headroom.check(loose)[0], error.diagnostics[0]);

  const simulation = new Simulation(shop());
  const before = simulation.traceHash;
  assert.match(thrown(() => simulation.apply({ inject: { kind: 'kill', target: { node: 77 } } })).message, /does not exist/);
  assert.match(thrown(() => simulation.apply({ explode: {} })).message, /explode/);
  assert.equal(simulation.traceHash, before);
  assert.match(thrown(() => headroom.list('weather')).remedy, /stations/);
  assert.match(thrown(() => headroom.scenario('nothing')).message, /nothing/);
});

test('registries, lessons and seeds', () => {
  const service = headroom.list('stations').find(({ id }) => id === 'service');
  assert.ok(service.params.some(({ key, type, min }) => key === 'slots' && type === 'number' && min === 1));
  const folder = new URL('../../www/lessons/black-friday/', import.meta.url);
  const [start, solution] = ['start.json', 'solution.json'].map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const seeds = headroom.finalSeeds('black-friday', solution);
  assert.equal(seeds.length, 3);
  assert.ok(headroom.grade('black-friday', solution, seeds[0]).passed);
  assert.ok(!headroom.grade('black-friday', start, seeds[0]).passed);

  const fresh = new Set(Array.from({ length: 20 }, () => headroom.newSeed()));
  assert.equal(fresh.size, 20);
  for (const seed of fresh) assert.ok(Number.isSafeInteger(seed) && seed >= 0);
});

test('the types say what there is', () => {
  const types = readFileSync(new URL('../../target/api-node/headroom.d.ts', import.meta.url), 'utf8');
  for (const line of ['constructor(source: SavedRun | string)', 'runToEnd(): Report', 'apply(change: Change): Input', 'newSeed(): number']) {
    assert.ok(types.includes(line), `${line} is missing`);
  }
});

/// The section of README on this module.
const readme = () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return text.slice(text.indexOf('## The JavaScript interface')).split('\n## ')[0];
};

test('the program that README shows runs, and its last line is true', () => {
  const [, program] = readme().match(/```js\n([\s\S]*?)\n```/);
  const folder = fileURLToPath(new URL('../../target/readme/js/', import.meta.url));
  const [, beside] = program.match(/require\('(\.\/.+)\/headroom\.js'\)/);
  mkdirSync(`${folder}${beside}`, { recursive: true });
  // README's folder beside the program is the built module.
  writeFileSync(`${folder}${beside}/headroom.js`, "module.exports = require('../../../api-node/headroom.js');\n");
  writeFileSync(`${folder}example.js`, program);
  writeFileSync(`${folder}package.json`, '{ "type": "commonjs" }\n');
  const lines = execFileSync(process.execPath, ['example.js'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
  assert.equal(lines.length, 2, lines.join('\n'));
  const [offered, failed, p99] = lines[0].split(' ').map(Number);
  assert.ok(offered > 1_000 && failed > 0 && p99 > 0, lines[0]);
  assert.equal(lines[1], 'true');
});

test('what README lists is what there is', () => {
  const names = (sentence) => [...sentence.matchAll(/`([a-zA-Z]+)(\([^`]*\))?`/g)].map(([, name, call]) => [name, call !== undefined]);
  const [, ofRun] = readme().match(/A `Simulation` has (.*)/);
  const there = Object.getOwnPropertyDescriptors(Simulation.prototype);
  const own = Object.keys(there).filter((name) => !['constructor', 'free', '__destroy_into_ptr'].includes(name) && !name.startsWith('_'));
  const listed = names(ofRun);
  assert.deepEqual(listed.map(([name]) => name).sort(), own.sort());
  for (const [name, call] of listed) assert.equal(typeof there[name].value === 'function', call, name);
  const [, besideIt] = readme().match(/Beside it stand (.*)/);
  const exported = Object.keys(headroom).filter((name) => name !== 'Simulation' && !name.startsWith('_'));
  assert.deepEqual(names(besideIt).map(([name]) => name).sort(), exported.sort());
});
