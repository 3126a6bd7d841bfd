// Frames per second of the page with 60, 200 and 500 stations running: left alone, while the view is panned, and while a
// card is dragged, in headless Chromium. Rendering is in software here: a machine with a graphics card draws faster.
// Prints a line for each size, then one line of JSON with the ratio to what the page did before it drew only what is in
// view, measured the same way on the same kind of machine.
//
// `cargo xtask bench` runs it against `dist/`; by hand: `cargo xtask build && node benches/pan.mjs [SIZE …]`.
import { node, site } from './site.mjs';

/// Frames per second while panning, before, and what is meant to be reached.
const SIZES = { 60: { before: 34, goal: 30 }, 200: { before: 9.7, goal: 30 }, 500: { before: 6.3, goal: 20 } };
const STEPS = 60;

/// Rows of ten: clients, a balancer, eight services in turn behind it.
function drawing(size) {
  const nodes = [];
  const edges = [];
  for (let place = 0; place < size; place += 1) {
    const [row, column] = [Math.floor(place / 10), place % 10];
    const id = place + 1;
    const kind = ['source', 'balancer'][column] ?? 'service';
    const params = kind === 'source' ? { profile: { id: 'constant', rate: 20 } } : {};
    nodes.push(node(id, kind, column * 264, row * 156, params));
    if (column > 0) edges.push({ id: edges.length + 1, from: column === 1 ? id - 1 : row * 10 + 2, to: id });
  }
  return { nodes, edges };
}

/// Frames per second while `during` goes on in the page.
async function rate(page, during) {
  await page.evaluate(() => {
    globalThis.frames = { count: 0, start: performance.now(), on: true };
    const tick = () => {
      frames.count += 1;
      if (frames.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await during();
  return page.evaluate(() => {
    frames.on = false;
    return (frames.count * 1000) / (performance.now() - frames.start);
  });
}

const { open, close } = await site();
const wanted = process.argv.slice(2);
const results = [];
for (const [size, { before, goal }] of Object.entries(SIZES).filter(([size]) => wanted.length === 0 || wanted.includes(size))) {
  const page = await open(`Pan ${size}`, drawing(Number(size)));
  await page.waitForFunction(() => document.querySelector('.clock-now').textContent > '00:02.000');
  await page.locator('#stage').focus();
  await page.keyboard.press('0');
  const stage = await page.locator('#stage').boundingBox();
  const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
  const idle = await rate(page, () => page.waitForTimeout(3000));
  const pan = await rate(page, async () => {
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'middle' });
    for (let step = 1; step <= STEPS; step += 1) await page.mouse.move(x - 8 * step, y - 4 * step);
    await page.mouse.up({ button: 'middle' });
  });
  const box = await page.locator('.station').first().boundingBox();
  const card = await page.evaluate(({ left, top, right, bottom }) => {
    const whole = [...document.querySelectorAll('.station')].map((card) => card.getBoundingClientRect());
    const seen = whole.find((rect) => rect.left > left + 40 && rect.top > top + 40 && rect.right < right - 40 && rect.bottom < bottom - 40);
    return seen && { x: seen.x, y: seen.y };
  }, { left: stage.x, top: stage.y, right: stage.x + stage.width, bottom: stage.y + stage.height });
  const drag = await rate(page, async () => {
    const from = card ?? box;
    await page.mouse.move(from.x + 60, from.y + 14);
    await page.mouse.down();
    for (let step = 1; step <= STEPS; step += 1) await page.mouse.move(from.x + 60 + 2 * step, from.y + 14 + step);
    await page.mouse.up();
  });
  const shown = await page.locator('.station').count();
  const result = { stations: Number(size), drawn: shown, idle, pan, drag, before, goal, ratio: pan / before };
  results.push(result);
  const verdict = pan >= goal ? 'reached' : 'not reached';
  console.log(
    `${size} stations running: ${idle.toFixed(0)} frames/s left alone, ${pan.toFixed(0)} while panning (goal ${goal}: ${verdict}; ` +
      `${(pan / before).toFixed(1)} times what it was), ${drag.toFixed(0)} while dragging a card; ${shown} cards drawn`,
  );
  await page.close();
}
await close();
console.log(JSON.stringify({ what: 'pan', results }));
