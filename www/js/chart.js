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

const gaps = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : null));

/** A chart in `host`. `spec`: { lines: [{ label, color, dash, width, fill }], unit, max } with colors as token names.
 *  `missing` is told whether the library is, each time that this changes. */
export class Chart {
  constructor(host, specJson, missing) {
    this.host = host;
    this.missing = missing;
    this.spec = JSON.parse(specJson);
    this.columns = null;
    this.plot = null;
    this.gone = false;
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
    return { width: Math.max(80, this.host.clientWidth), height: Math.max(60, this.host.clientHeight) };
  }

  build() {
    this.plot?.destroy();
    const { spec } = this;
    const font = `10px ${token('--sans') || 'sans-serif'}`;
    const axis = {
      stroke: token('--faint'),
      font,
      grid: { stroke: token('--line-soft'), width: 1 },
      ticks: { show: false },
      gap: 4,
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
    this.plot = new this.uPlot(
      {
        ...this.size(),
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false }, sync: { key: 'headroom' } },
        scales: {
          x: { time: false, range: (_, low, high) => (low == null ? [0, 1] : [low, Math.max(high, low + 2)]) },
          y: { range: (_, __, high) => [0, spec.max ?? (high > 0 ? high * 1.08 : 1)] },
        },
        axes: [
          { ...axis, size: 20, space: 48, values: (_, ticks) => ticks.map(clock) },
          { ...axis, size: 46, space: 26, values: (_, ticks) => ticks.map((tick) => label(tick, spec.unit)) },
        ],
        series,
      },
      this.columns ?? [[], ...spec.lines.map(() => [])],
      this.host,
    );
  }

  fit() {
    if (this.plot) {
      this.plot.setSize(this.size());
    }
  }

  /** `at`: bucket starts [s]; `columns`: one array per line, all of one length. */
  feed(at, columns) {
    const times = Array.from(at);
    // An empty column is a line left out.
    this.columns = [times, ...columns.map((values) => (values.length ? gaps(values) : times.map(() => null)))];
    this.plot?.setData(this.columns);
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
    this.observer.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const rest = seconds - whole;
  const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return rest > 0 ? `${text}${rest.toFixed(2).slice(1)}` : text;
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
