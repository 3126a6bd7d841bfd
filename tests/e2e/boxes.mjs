// What lies over what, from the boxes of what is seen: for the tests of screens.
import assert from 'node:assert/strict';

/** Parts of the page that must never lie over one another, and groups of controls that must not within a part. */
const PARTS = ['.top', '.keep-area', '.rail', '.lesson', '.tour', '.outcome', '.notes', '.strip', '.canvas-box', '.outline-pane', '.tray', '.selection-bar', '.inspector', '.dock', '.tabbar'];
const ROWS = ['.top', '.strip', '.tabbar', '.dock-tabs', '.lesson-foot', '.lesson-head', '.stage-buttons'];

/** Every pair that overlaps, everything that sticks out of the window at its side, and the size of the stage. */
export const overlaps = (page) =>
  page.evaluate(
    ([parts, rows]) => {
      const seen = (element) => {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        return box.width > 1 && box.height > 1 && style.visibility !== 'hidden' && style.clipPath === 'none' && style.display !== 'contents';
      };
      const name = (element) => element.id || element.getAttribute('aria-label') || String(element.className.baseVal ?? element.className).split(' ')[0] || element.tagName;
      const lie = (a, b) => {
        const [x, y] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
        const [wide, high] = [Math.min(x.right, y.right) - Math.max(x.left, y.left), Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top)];
        return wide > 1 && high > 1 ? `${name(a)} and ${name(b)}: ${Math.round(wide)} x ${Math.round(high)} px` : null;
      };
      const pairs = (elements) =>
        elements.flatMap((a, at) => elements.slice(at + 1).flatMap((b) => (a.contains(b) || b.contains(a) ? [] : (lie(a, b) ?? []))));
      const found = [];
      const shown = parts.flatMap((part) => [...document.querySelectorAll(part)]).filter(seen);
      found.push(...pairs(shown));
      for (const row of rows) {
        for (const element of [...document.querySelectorAll(row)].filter(seen)) {
          const controls = [...element.querySelectorAll('button, input, select, a, .clock, .run-note, .figure, label, summary')].filter(seen);
          found.push(...pairs(controls).map((pair) => `in ${row}: ${pair}`));
        }
      }
      for (const element of shown) {
        const box = element.getBoundingClientRect();
        if (box.left < -1 || box.right > innerWidth + 1) found.push(`${name(element)} sticks out of the window: ${Math.round(box.left)} to ${Math.round(box.right)}`);
      }
      const scrolls = (element) => {
        for (let around = element.parentElement; around; around = around.parentElement) {
          if (/auto|scroll/.test(getComputedStyle(around).overflowX) && around.scrollWidth > around.clientWidth) return true;
        }
        return false;
      };
      for (const control of document.querySelectorAll('.top button, .top input, .top select, .tabbar button, .strip .figure, .dock-tabs button, .lesson button')) {
        const box = control.getBoundingClientRect();
        if (seen(control) && !scrolls(control) && (box.left < -1 || box.right > innerWidth + 1)) found.push(`${name(control)} is cut at the side: ${Math.round(box.left)} to ${Math.round(box.right)}`);
      }
      const page = document.documentElement;
      if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide in ${page.clientWidth}`);
      return found;
    },
    [PARTS, ROWS],
  );

export async function assertNoOverlaps(page, what) {
  assert.deepEqual(await overlaps(page), [], `overlaps ${what}`);
}

/** The canvas in CSS pixels, and whether all cards lie in it as a whole. */
export const stage = (page) =>
  page.evaluate(() => {
    const box = document.querySelector('.canvas-box').getBoundingClientRect();
    const cards = [...document.querySelectorAll('.station')].map((card) => card.getBoundingClientRect());
    const cut = cards.filter((card) => card.left < box.left - 1 || card.right > box.right + 1 || card.top < box.top - 1 || card.bottom > box.bottom + 1).length;
    // Where numbers stand instead, a name is there for readers alone.
    const names = [...document.querySelectorAll('.station-name')].filter((name) => name.getBoundingClientRect().width > 1);
    const scale = cards.length ? cards[0].width / document.querySelector('.station').offsetWidth : 1;
    const type = names.map((name) => parseFloat(getComputedStyle(name).fontSize) * scale);
    return { width: box.width, height: box.height, cards: cards.length, cut, scale, type: type.length ? Math.min(...type) : null };
  });
