// The thin binding to uPlot: create, feed, resize, take away. Colors and fonts come from the page's design tokens.
// uPlot lies beside the page and is loaded on first use, so that the first paint does not wait for it: as a plain script,
// since its package has no minified module.

// An answer is waited for so long [s]; what comes later is still used.
const WAIT_SECS = 10;

let tries = 0;
let library = null;
/** Charts that could not be drawn for want of the library: drawn as soon as it is there. */
const waiting = new Set();

function load() {
  library ??= new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = globalThis.headroom.file('uPlot.js', (tries += 1));
    script.onload = () => {
      if (!globalThis.uPlot) return failed();
      done(globalThis.uPlot);
      for (const chart of waiting) chart.begin(globalThis.uPlot);
    };
    script.onerror = failed;
    setTimeout(failed, 1000 * WAIT_SECS);
    document.head.append(script);
  }).catch(() => {
    // The next to ask tries again.
    library = null;
    throw new Error('uPlot did not load');
  });
  return library;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** What is beyond `most` lies at the edge. */
const gaps = (values, most = Infinity) => Array.from(values, (value) => (Number.isNaN(value) || (value === Infinity && most === Infinity) ? null : Math.min(value, most)));

/** All that are drawn now: a moment pointed at on one of them is told by all. */
const drawn = new Set();

/** A chart in `host`. `spec`: { lines: [{ label, color, dash, width }], unit, max, beyond, least } with colors as token
 *  names; `beyond`: there may be more than `max`, which is drawn at the edge; `least`: as high as that in any case.
 *  `missing` is told whether the library is, each time that this changes. `asked` hears what the pointer asks for:
 *  'seek' a moment [s], 'zoom' to what lies between two, 'whole', and 'point' at a moment (NaN: no more). */
export class Chart {
  constructor(host, specJson, missing, asked) {
    this.host = host;
    this.missing = missing;
    this.asked = asked;
    this.spec = JSON.parse(specJson);
    this.columns = null;
    this.plot = null;
    this.gone = false;
    this.span = [0, 1];
    this.marks = {};
    this.told = document.createElement('div');
    this.told.className = 'chart-told';
    this.told.hidden = true;
    host.append(this.told);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    this.load();
  }

  /** Asks for the library, at first and again after a failure. */
  load() {
    load().then(
      (uPlot) => this.begin(uPlot),
      () => {
        if (this.gone) return;
        waiting.add(this);
        this.missing(true);
      },
    );
  }

  begin(uPlot) {
    if (waiting.delete(this)) this.missing(false);
    if (this.gone || this.uPlot) return;
    this.uPlot = uPlot;
    this.build();
  }

  size() {
    return { width: Math.max(80, this.host.clientWidth), height: Math.max(40, this.host.clientHeight) };
  }

  edges() {
    const style = getComputedStyle(this.host);
    const [left, right] = ['--axis-left', '--axis-right'].map((name) => parseFloat(style.getPropertyValue(name)));
    return { left, right, shared: left > 0 };
  }

  build() {
    this.plot?.destroy();
    const { spec } = this;
    // On the shared axis the edges are those of the timeline, which also names the moments.
    const { left, right, shared } = this.edges();
    this.shared = shared;
    const font = `11px ${token('--sans') || 'sans-serif'}`;
    const axis = {
      stroke: token('--faint'),
      font,
      grid: { stroke: token('--line-soft'), width: 1 },
      ticks: { show: false },
      gap: shared ? 8 : 4,
    };
    const series = [{ label: 'time' }];
    for (const line of spec.lines) {
      series.push({
        label: line.label,
        stroke: token(line.color),
        width: line.width ?? 1.75,
        dash: line.dash ?? [],
        // One or two buckets make no line yet.
        points: { show: (plot) => plot.data[0].length < 3, size: 5, fill: token(line.color) },
        spanGaps: false,
      });
    }
    let zoomed = false;
    this.plot = new this.uPlot(
      {
        ...this.size(),
        padding: [6, shared ? right : 16, shared ? 4 : 0, 0],
        legend: { show: false },
        cursor: {
          x: false,
          y: false,
          points: { size: 5 },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => this.asked('whole', 0, 0) },
        },
        scales: {
          x: { time: false, range: () => this.span },
          y: { range: (_, __, high) => [0, spec.max ? spec.max * 1.04 : Math.max(high > 0 ? high * 1.08 : 1, spec.least ?? 0)] },
        },
        axes: [
          shared ? { ...axis, show: false } : { ...axis, size: 20, space: 48, values: (_, ticks) => ticks.map(clock) },
          { ...axis, size: shared ? left : 46, space: 26, values: (_, ticks) => ticks.map((tick) => label(tick, spec.unit)) },
        ],
        series,
        hooks: {
          drawClear: [(plot) => this.drawBehind(plot)],
          draw: [(plot) => this.drawBefore(plot)],
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width < 4) return;
              zoomed = true;
              plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
              this.asked('zoom', plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
            },
          ],
        },
      },
      this.columns ?? [[], ...spec.lines.map(() => [])],
      this.host,
    );
    const { over } = this.plot;
    const at = (event) => this.plot.posToVal(event.clientX - over.getBoundingClientRect().left, 'x');
    over.addEventListener('pointermove', (event) => this.asked('point', at(event), 0));
    over.addEventListener('pointerleave', () => this.asked('point', NaN, 0));
    over.addEventListener('pointerdown', () => (zoomed = false));
    over.addEventListener('click', (event) => zoomed || this.asked('seek', at(event), 0));
    drawn.add(this);
  }

  /** What lies behind the lines: windows, faults, times that missed the objective. */
  drawBehind(plot) {
    const { left, top, width, height } = plot.bbox;
    const x = (secs) => Math.min(left + width, Math.max(left, plot.valToPos(secs, 'x', true)));
    for (const [name, alpha, spans] of [['--accent-wash', 0.5, this.marks.windows], ['--bad-wash', 1, this.marks.faults]]) {
      plot.ctx.fillStyle = token(name);
      plot.ctx.globalAlpha = alpha;
      for (const [from, to] of spans ?? []) {
        if (to < this.span[0] || from > this.span[1]) continue;
        plot.ctx.fillRect(x(from), top, Math.max(2, x(to) - x(from)), height);
      }
    }
    plot.ctx.globalAlpha = 1;
  }

  /** What lies over the lines: the objective; what was played beyond the present moment is paler. */
  drawBefore(plot) {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    const ratio = devicePixelRatio;
    ctx.save();
    const { now, known, limit, goal } = this.marks;
    if (known > now) {
      const from = Math.max(left, plot.valToPos(now, 'x', true));
      ctx.globalAlpha = 0.55;
      ctx.fillStyle = token('--surface');
      if (from < left + width) ctx.fillRect(from, top - 4, left + width - from, height + 4);
      ctx.globalAlpha = 1;
    }
    const over = left + width;
    if (goal) {
      const y = plot.valToPos(goal.at, 'y', true);
      ctx.fillStyle = token('--ok');
      ctx.fillRect(left, y - 0.75 * ratio, width, 1.5 * ratio);
      ctx.font = `600 ${11 * ratio}px ${token('--sans') || 'sans-serif'}`;
      ctx.textAlign = 'right';
      ctx.lineJoin = 'round';
      ctx.lineWidth = 4 * ratio;
      ctx.strokeStyle = token('--surface');
      const below = y - top < 16 * ratio ? 14 * ratio : -5 * ratio;
      ctx.strokeText(goal.words, over - 6 * ratio, y + below);
      ctx.fillText(goal.words, over - 6 * ratio, y + below);
    }
    if (limit) {
      const y = plot.valToPos(limit, 'y', true);
      const seen = y >= top;
      ctx.strokeStyle = ctx.fillStyle = token('--warn');
      ctx.font = `${11 * ratio}px ${token('--sans') || 'sans-serif'}`;
      ctx.textAlign = 'right';
      if (seen) {
        ctx.lineWidth = ratio;
        ctx.setLineDash([4 * ratio, 3 * ratio]);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + width, y);
        ctx.stroke();
      }
      const words = `objective ${label(limit, this.spec.unit)}${seen ? '' : ' ↑'}`;
      ctx.fillText(words, left + width - 4 * ratio, seen && y - top > 14 * ratio ? y - 4 * ratio : Math.max(y, top) + 12 * ratio);
    }
    ctx.restore();
  }

  fit() {
    if (!this.plot) return;
    if (this.edges().shared !== this.shared) this.build();
    else this.plot.setSize(this.size());
  }

  /** `at`: bucket starts [s]; `columns`: one array per line, all of one length. */
  feed(at, columns) {
    const times = Array.from(at);
    // An empty column is a line left out.
    this.columns = [
      times,
      ...this.spec.lines.map((_, place) => (columns[place]?.length ? gaps(columns[place], this.spec.max ?? Infinity) : times.map(() => null))),
    ];
    this.plot?.setData(this.columns);
  }

  /** The part of the run that is shown [s], and what is marked on it: { now, known, windows, faults, limit }. */
  show(from, to, marksJson) {
    const same = this.span[0] === from && this.span[1] === to;
    this.span = [from, to];
    this.marks = JSON.parse(marksJson);
    if (same) this.plot?.redraw(false);
    else this.plot?.setScale('x', { min: from, max: to });
  }

  /** The pointer is at this moment [s], on a chart or on the timeline; NaN: on none of them. */
  static point(secs) {
    for (const chart of drawn) chart.tell(secs);
  }

  /** Tells the values at a moment. */
  tell(secs) {
    const { plot, told } = this;
    const times = plot?.data[0] ?? [];
    const at = times.length ? plot.valToIdx(secs - (times.length > 1 ? times[1] - times[0] : 0) / 2) : -1;
    const left = plot?.valToPos(secs, 'x');
    const away = !(secs >= this.span[0] && secs <= this.span[1]) || at < 0;
    told.hidden = away;
    if (away) {
      plot?.setCursor({ left: -10, top: -10 }, false);
      return;
    }
    plot.setCursor({ left, top: 0 }, false);
    const words = [[clock(Math.round(secs * 10) / 10), '']];
    this.spec.lines.forEach((line, place) => {
      const value = plot.data[place + 1][at];
      const most = this.spec.beyond && value >= this.spec.max ? 'over ' : '';
      if (value != null) words.push([`${line.label} ${most}${label(value, this.spec.unit)}`, line.color]);
    });
    told.replaceChildren(
      ...words.map(([text, color]) => {
        const part = document.createElement('span');
        part.textContent = text;
        if (color) part.style.setProperty('--line-color', `var(${color})`);
        return part;
      }),
    );
    const { offsetLeft, offsetWidth } = plot.over;
    const right = left > offsetWidth / 2;
    told.style.setProperty('left', right ? 'auto' : `${offsetLeft + left + 8}px`);
    told.style.setProperty('right', right ? `${this.host.clientWidth - offsetLeft - left + 8}px` : 'auto');
  }

  /** Colors are read anew: the theme changed. */
  restyle() {
    if (this.uPlot) {
      this.build();
    }
  }

  destroy() {
    this.gone = true;
    waiting.delete(this);
    drawn.delete(this);
    this.observer.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const rest = seconds - whole;
  const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return rest > 0 ? `${text}${String(Number(rest.toFixed(2))).slice(1)}` : text;
}

function label(value, unit) {
  if (unit === 's') {
    if (value === 0) return '0';
    return value < 0.001 ? `${trim(value * 1e6)} µs` : value < 1 ? `${trim(value * 1e3)} ms` : `${trim(value)} s`;
  }
  if (unit === '$') return `$${trim(value)}`;
  if (unit === '%') return `${trim(value * 100)} %`;
  if (unit.startsWith('B')) {
    const step = value >= 1e9 ? [1e9, 'GB'] : value >= 1e6 ? [1e6, 'MB'] : [1e3, 'kB'];
    return value === 0 ? '0' : `${trim(value / step[0])} ${step[1]}${unit.slice(1)}`;
  }
  const big = value >= 1000 ? `${trim(value / 1000)}k` : trim(value);
  return unit === '/s' ? `${big}/s` : big;
}

function trim(value) {
  return String(Number(value.toPrecision(3)));
}
