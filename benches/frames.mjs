// Frames per second that the page draws while its worker simulates 10,000 requests per second, in headless Chromium.
// Rendering is in software here: a machine with a graphics card draws faster. Prints one line of JSON.
//
// `cargo xtask bench` runs it against `dist/`; by hand: `cargo xtask build && node benches/frames.mjs`.
import { node, site } from './site.mjs';

const SECONDS = 10;

/// One source at 10,000/s, a balancer, three services, a database: about 60,000 events per second.
const latency = { id: 'deterministic', mean: 0.001 };
const services = [3, 4, 5];
const drawing = {
  nodes: [
    node(1, 'source', 40, 240, { profile: { id: 'constant', rate: 10000 } }),
    node(2, 'balancer', 260, 240),
    ...services.map((id, row) => node(id, 'service', 480, 80 + 160 * row, { replicas: 4, service_time: { id: 'exponential', mean: 0.002 } })),
    node(6, 'database', 720, 240, { connections: 60, read_time: { id: 'exponential', mean: 0.001 } }),
  ],
  edges: [
    { id: 1, from: 1, to: 2, params: { latency } },
    ...services.map((id) => ({ id: id - 1, from: 2, to: id, params: { latency } })),
    ...services.map((id) => ({ id: id + 2, from: id, to: 6, params: { latency } })),
  ],
};

const { open, close } = await site();
const page = await open('Frames', drawing);
await page.waitForFunction(() => document.querySelector('.clock-now').textContent > '00:03.000');

const measured = await page.evaluate(async (seconds) => {
  const clock = () => {
    const [minutes, rest] = document.querySelector('.clock-now').textContent.split(':');
    return Number(minutes) * 60 + Number(rest);
  };
  const gaps = [];
  const [start, simulated] = [performance.now(), clock()];
  let last = start;
  while (last - start < seconds * 1000) {
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  const at = (share) => gaps[Math.floor(share * (gaps.length - 1))];
  return {
    frames_per_second_median: 1000 / at(0.5),
    frame_ms_p95: at(0.95),
    simulated_per_wall_second: (clock() - simulated) / ((last - start) / 1000),
  };
}, SECONDS);
await close();
console.log(JSON.stringify({ what: 'page', requests_per_second: 10000, ...measured }));
