// How long going back takes: a run is played to its end in headless Chromium, then moments of it are pressed on the
// timeline; each time, the milliseconds from the press until the page stands there. Prints a line for each run, then one
// line of JSON.
//
// `cargo xtask bench` runs it against `dist/`; by hand: `cargo xtask build && node benches/seek.mjs [RATE …]`.
import { node, site } from './site.mjs';

/// Requests a second, seconds, and what is meant to be reached [ms].
const RUNS = { 2000: { secs: 600, goal: 200 }, 10000: { secs: 600, goal: 1000 }, 100000: { secs: 60, goal: 3000 } };
/// Shares of the run, in the order in which they are gone to.
const MOMENTS = [0.5, 0.1, 0.9, 0.33, 0.72, 0.05, 0.6, 0.25, 0.97, 0.45, 0.8, 0.15];

/// Clients, services with a cache and a database behind them: as many as the rate needs.
function drawing(rate) {
  const services = Math.max(2, Math.round(rate / 2500));
  const nodes = [
    node(1, 'source', 0, 0, { profile: { id: 'constant', rate }, keys: 100000 }),
    node(2, 'balancer', 264, 0),
    node(3, 'cache', 792, 0, { capacity: 50000, slots: 10000 }),
    node(4, 'database', 1056, 0, { connections: 10000, read_time: { id: 'exponential', mean: 0.002 } }),
  ];
  const edges = [{ id: 1, from: 1, to: 2 }, { id: 2, from: 3, to: 4 }];
  for (let place = 0; place < services; place += 1) {
    const id = 5 + place;
    nodes.push(node(id, 'service', 528, place * 156, { replicas: 4, service_time: { id: 'exponential', mean: 0.002 } }));
    edges.push({ id: edges.length + 1, from: 2, to: id }, { id: edges.length + 2, from: id, to: 3 });
  }
  return { nodes, edges };
}

const { open, close } = await site();
const wanted = process.argv.slice(2);
const results = [];
for (const [rate, { secs, goal }] of Object.entries(RUNS).filter(([rate]) => wanted.length === 0 || wanted.includes(rate))) {
  const page = await open(`Seek ${rate}`, { run_length_secs: secs, ...drawing(Number(rate)) });
  const began = performance.now();
  await page.locator('.speed-select').selectOption('max');
  await page.locator('#run-toggle[aria-label="Run again"]').waitFor({ timeout: 600_000 });
  const played = (performance.now() - began) / 1000;
  // What is said of a run that is over moves what stands below it.
  await page.locator('.outcome').waitFor();
  const times = [];
  for (const share of MOMENTS) {
    const track = await page.locator('.timeline-track').boundingBox();
    const [x, y] = [track.x + track.width * share, track.y + 10];
    await page.mouse.move(x, y);
    await page.evaluate(() => {
      delete globalThis.pressed;
      addEventListener('pointerdown', () => (globalThis.pressed = performance.now()), { once: true, capture: true });
    });
    await page.mouse.down();
    await page.mouse.up();
    const arrived = ([to, near]) =>
      new Promise((resolve) => {
        const look = () => {
          const [minutes, rest] = document.querySelector('.clock-now').textContent.split(':');
          const there = Math.abs(Number(minutes) * 60 + Number(rest) - to) <= near;
          if (there && !document.querySelector('.playhead-busy')) resolve(performance.now() - globalThis.pressed);
          else requestAnimationFrame(look);
        };
        look();
      });
    times.push(await page.evaluate(arrived, [share * secs, (secs / track.width) * 2]));
  }
  times.sort((a, b) => a - b);
  const [median, worst] = [times[Math.floor(times.length / 2)], times.at(-1)];
  results.push({ rate: Number(rate), secs, played_secs: played, median_ms: median, worst_ms: worst, goal_ms: goal });
  const verdict = worst <= goal ? 'reached' : 'not reached';
  console.log(
    `going back in ${secs} s at ${rate} requests/s (played in ${played.toFixed(1)} s): median ${median.toFixed(0)} ms, ` +
      `longest ${worst.toFixed(0)} ms (goal ${goal}: ${verdict})`,
  );
  await page.close();
}
await close();
console.log(JSON.stringify({ what: 'seek', results }));
