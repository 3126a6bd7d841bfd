// Loads Headroom, says how far that is, and what is wrong if it does not go on. Runs before the first paint.
//
// The order: the page's program and style sheet; when their bytes have arrived, and not before, the simulation's program,
// which is compiled while the page starts. Programs compile while they stream. Whatever fails or stalls can be tried again
// without a reload. The page's program finds the rest of this in `globalThis.headroom` (src/ui/client/programs.rs).
(() => {
  const tag = document.currentScript;
  const root = document.documentElement;
  /** Seconds without a byte after which it is said that nothing comes. */
  const QUIET_SECS = 8;
  /** Seconds that a worker may take from the handing over of its program to its first word. */
  const START_SECS = 15;
  /** What is looked up to explain a failure is waited for so long [ms]. */
  const PROBE_MS = 4000;

  /** Names and sizes [bytes, as unpacked], written here by the finishing step; without it, the names that Trunk gives. */
  const files = tag.dataset.files
    ? JSON.parse(tag.dataset.files)
    : {
        'app.js': [tag.dataset.app],
        'app.wasm': [tag.dataset.wasm],
        'worker.js': ['worker_loader.js'],
        'worker.wasm': ['worker_bg.wasm'],
        'manifests.js': ['manifests_loader.js'],
        'manifests.wasm': ['manifests_bg.wasm'],
        'uPlot.js': ['uPlot.iife.min.js'],
      };
  const at = (path, tries = 1) => {
    const url = new URL(path, document.baseURI);
    // A script that failed once is not asked for again under its old address.
    if (tries > 1) url.searchParams.set('try', tries);
    return url.href;
  };

  // The shell looks as the page will: theme, folded panels, and whether it is a first visit.
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  let session = null;
  try {
    session = JSON.parse(kept('headroom.session'));
  } catch {
    // The page begins anew with it, too.
  }
  const light = session?.theme === 'light' || (session?.theme !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches);
  root.dataset.theme = light ? 'light' : 'dark';
  const been = ['headroom.place', 'headroom.draft', 'headroom.lesson'].some(kept);
  const opens = /^#(new$|(s|lesson|scenario|drawing)=)/.test(location.hash);
  root.dataset.visit = been || opens ? 'again' : kept('headroom.tour') ? 'first' : 'tour';
  // The typefaces are asked for once the first picture is there (type.css).
  const painted = () => (root.dataset.painted = '');
  new PerformanceObserver(painted).observe({ type: 'paint', buffered: true });
  setTimeout(painted, 3000);
  for (const panel of ['dock', 'notes']) if (session?.panels?.[panel] === false) root.dataset[panel] = 'folded';

  const lost = (part) => new Error(`the connection broke off or was refused (${part.path})`);

  /** Why a script could not be used, by what its address answers now; `null`: it answers well. */
  async function why(path) {
    try {
      const answer = await fetch(at(path), { cache: 'reload', signal: AbortSignal.timeout(PROBE_MS) });
      if (!answer.ok) return `${path} answered ${answer.status}`;
      const type = answer.headers.get('Content-Type') ?? '';
      return type.includes('html') ? `${path} came as ${type}` : null;
    } catch {
      return `${path} did not answer`;
    }
  }

  /** A file on its way. `bring(part, signal)` loads it and gives what is made of it. */
  class Part {
    constructor(name, bring) {
      [this.path, this.of = 0] = files[name];
      this.bring = bring;
      this.again();
    }

    again() {
      this.stop?.abort();
      Object.assign(this, { state: 'waiting', got: 0, quiet: 0, arrived: false, trouble: null, value: null, stop: null });
      this.tries ??= 0;
    }

    /** Begins, or begins anew. */
    async start() {
      this.again();
      this.state = 'loading';
      this.tries += 1;
      const stop = (this.stop = new AbortController());
      this.promise();
      let outcome;
      try {
        outcome = { state: 'ready', value: await this.bring(this, stop.signal), got: this.of || this.got, arrived: true };
      } catch (error) {
        outcome = { state: 'failed', trouble: error.message };
      }
      if (stop === this.stop) this.end(outcome); // Else another try took its place.
    }

    /** What it will be: of this try, or of the next one that is begun. */
    promise() {
      if (!this.settle) {
        this.ready = new Promise((done, failed) => (this.settle = { done, failed }));
        this.ready.catch(() => {});
      }
      return this.ready;
    }

    /** Gives up. */
    fail(trouble) {
      this.stop?.abort();
      this.stop = null;
      this.end({ state: 'failed', trouble });
    }

    end(outcome) {
      Object.assign(this, outcome);
      const { done, failed } = this.settle;
      this.settle = null;
      if (this.trouble) failed(new Error(this.trouble));
      else done(this.value);
      tell();
    }

    bytes(count) {
      this.got += count;
      this.quiet = 0;
      // Scripts and sheets count no bytes of their own: while anything comes, they are waited for.
      for (const part of parts) part.quiet = 0;
      tell();
    }

    get stalled() {
      return this.state === 'loading' && !this.arrived && this.quiet >= QUIET_SECS;
    }
  }

  /** WebAssembly: compiled while it streams, its bytes counted beside. */
  async function program(part, signal) {
    const response = await fetch(at(part.path), { signal, cache: part.tries > 1 ? 'reload' : 'default' }).catch(() => {
      throw lost(part);
    });
    if (!response.ok) throw new Error(`${part.path} answered ${response.status}`);
    const type = response.headers.get('Content-Type') ?? '';
    if (type.includes('html')) throw new Error(`${part.path} came as ${type}`);
    const copy = response.clone().body.getReader();
    const counted = (async () => {
      for (;;) {
        const { done, value } = await copy.read();
        if (done) break;
        if (!signal.aborted) part.bytes(value.byteLength);
      }
      part.arrived = true;
      tell();
    })();
    counted.catch(() => {});
    // Some hosts know no better type; the engine insists on this one.
    const typed = type.startsWith('application/wasm') ? response : new Response(response.body, { headers: { 'Content-Type': 'application/wasm' } });
    try {
      return await WebAssembly.compileStreaming(typed);
    } catch (error) {
      throw error instanceof WebAssembly.CompileError ? new Error(`${part.path} is damaged or incomplete`) : lost(part);
    }
  }

  /** A module of the page. */
  async function script(part, signal) {
    try {
      return await import(at(part.path, part.tries));
    } catch {
      throw new Error(signal.aborted ? 'given up' : ((await why(part.path)) ?? `${part.path} could not be run`));
    }
  }

  function sheet(part, signal) {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = at(part.path, part.tries);
    signal.addEventListener('abort', () => link.remove());
    return new Promise((done, failed) => {
      // What came as something else counts as loaded, and is empty.
      link.onload = () => (link.sheet?.cssRules.length ? done() : link.onerror());
      link.onerror = async () => {
        link.remove();
        failed(new Error((await why(part.path)) ?? `${part.path} could not be read`));
      };
      document.head.append(link);
    });
  }

  const page = [new Part('app.wasm', program), new Part('app.js', script)];
  if (files['page.css']) page.push(new Part('page.css', sheet));
  const simulation = new Part('worker.wasm', program);
  /** What the first picture does without; a quick build has it inside. */
  const later = files['later.wasm'] ? new Part('later.wasm', program) : null;
  let wanted = false;
  const parts = [...page, simulation];

  const sum = (parts, what) => parts.reduce((sum, part) => sum + part[what], 0);
  /** Sizes are known before anything has come, or not at all. */
  const known = parts.every((part) => part.of > 0);

  let told = 0;
  /** Lets the shell and the page know, ten times a second at most. */
  function tell() {
    if (simulation.state === 'waiting' && page.every((part) => part.arrived)) simulation.start();
    // The simulation comes first, as long as it comes.
    if (wanted && later.state === 'waiting' && (simulation.arrived || simulation.state === 'failed' || simulation.stalled)) later.start();
    told ||= setTimeout(() => {
      told = 0;
      paint();
      globalThis.dispatchEvent(new Event('headroom-load'));
    }, 100);
  }

  // Seconds are counted, not read off the clock: a computer that slept has not waited.
  setInterval(() => {
    for (const part of later ? [...parts, later] : parts) {
      if (part.state === 'loading') part.quiet += 1;
      if (part.stalled) tell();
    }
    // The page says so, and offers to try again.
    if (later?.stalled) later.fail(`${later.path} does not come`);
  }, 1000);

  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const byId = (id) => document.getElementById(id);
  /** Set when the page's program broke as it started. */
  let broken = null;

  function paint() {
    if (!byId('shell')) return;
    const [got, of] = [sum(parts, 'got'), sum(parts, 'of')];
    byId('boot-bytes').textContent = known ? `${megabytes(got)} of ${megabytes(of)} MB` : `${megabytes(got)} MB`;
    if (known) {
      byId('boot-got').setAttribute('width', (1000 * got) / of);
      byId('boot-notch').setAttribute('x', (1000 * sum(page, 'of')) / of);
      byId('boot-bar').setAttribute('aria-valuenow', Math.floor((100 * got) / of));
    }
    const failed = page.find((part) => part.state === 'failed');
    let words = '';
    if (broken) words = `Headroom could not start: ${broken}.`;
    else if (failed) words = `Headroom could not be loaded: ${failed.trouble}. Check the connection, then try again.`;
    else if (page.some((part) => part.stalled)) words = `Nothing has come for ${QUIET_SECS} seconds. The connection may be down or very slow: wait, or try again.`;
    byId('boot-words').textContent = words ? 'Loading has stopped' : 'Loading Headroom';
    const trouble = byId('boot-trouble');
    if (trouble.dataset.words === words) return;
    trouble.dataset.words = words;
    trouble.replaceChildren();
    if (!words) return;
    const button = Object.assign(document.createElement('button'), { type: 'button', id: 'boot-retry', textContent: 'Try again', onclick: retry });
    trouble.append(Object.assign(document.createElement('p'), { textContent: words }), button);
  }

  /** Begins anew what has failed or stalled, and what has not brought a byte yet. */
  function retry() {
    const open = page.filter((part) => broken || part.state === 'failed' || part.stalled || (part.state === 'loading' && part.got === 0));
    broken = null;
    for (const part of open) part.start();
    if (open.length) start();
    tell();
  }

  let turn = 0;
  async function start() {
    const mine = ++turn;
    try {
      const [module, { default: init }] = await Promise.all(page.map((part) => part.ready));
      if (mine !== turn) return;
      if (document.readyState === 'loading') await new Promise((go) => document.addEventListener('DOMContentLoaded', go));
      await init({ module_or_path: module });
    } catch (error) {
      if (mine !== turn || page.some((part) => part.state !== 'ready')) return;
      console.error(error);
      broken = error instanceof WebAssembly.LinkError || /__wb/.test(error.message) ? 'its files come from different versions, perhaps out of an old cache' : error.message;
      if (byId('shell')) return paint();
      const notice = document.createElement('p');
      notice.className = 'shell-trouble';
      notice.setAttribute('role', 'alert');
      notice.textContent = `Headroom could not start: ${broken}. Reload the page; a current browser is needed.`;
      document.body.append(notice);
    }
  }

  /** How often the worker's script was asked for under another address. */
  let scripts = 1;
  function stale() {
    simulation.again();
    scripts += 1;
  }

  globalThis.headroom = {
    /** The address of a file that is loaded when it is wanted. */
    file: (name, tries) => at(files[name][0], tries),

    /** Where a worker starts a program that is loaded when it is wanted: its loader finds the WebAssembly behind the #. */
    address: (name, attempt) => `${at(files[`${name}.js`][0], attempt)}#${at(files[`${name}.wasm`][0], attempt)}`,

    /** What the simulation's loading has come to: bytes, bytes of all, of these the page's, and 1 if nothing comes. */
    progress: () => Float64Array.of(sum(parts, 'got'), known ? sum(parts, 'of') : 0, sum(page, 'of'), Number(simulation.stalled)),

    /** Gives up what has stalled, and asks anew. */
    again() {
      if (simulation.state !== 'ready') simulation.start();
    },

    /** The program comes from another version: the next worker gets a fresh one. */
    stale,

    /** The second part of the page's program: begun when the simulation has come, or asked for again. */
    later() {
      if (later.state === 'ready') return later.ready;
      if (later.state === 'failed') later.again();
      wanted = true;
      const ready = later.promise();
      tell();
      return ready;
    },

    /** A worker that gets its program as soon as that is there. What keeps it from starting comes as its `error` event. */
    spawn() {
      const path = files['worker.js'][0];
      const worker = new Worker(at(path, scripts));
      let [spoke, crying, limit] = [false, false, 0];
      const cry = (message) => {
        crying = true;
        worker.dispatchEvent(new ErrorEvent('error', { message }));
      };
      worker.addEventListener('message', () => {
        spoke = true;
        clearTimeout(limit);
      }, { once: true });
      worker.addEventListener('error', async (event) => {
        clearTimeout(limit);
        if (spoke || crying) return;
        event.stopImmediatePropagation();
        event.preventDefault();
        stale();
        cry(`The simulation could not be loaded: ${(await why(path)) ?? event.message ?? `${path} could not be run`}. Check the connection, then try again.`);
      });
      if (simulation.state === 'waiting' || simulation.state === 'failed') simulation.start();
      simulation.ready.then(
        (module) => {
          if (crying) return;
          worker.postMessage(module);
          limit = setTimeout(() => cry(`The simulation did not start within ${START_SECS} seconds. Try again, or close other programs first.`), 1000 * START_SECS);
        },
        (error) => cry(`The simulation could not be loaded: ${error.message}. Check the connection, then try again.`),
      );
      return worker;
    },
  };

  for (const part of page) part.start();
  start();
  document.addEventListener('DOMContentLoaded', () => {
    byId('boot-again')?.addEventListener('click', (event) => {
      // What goes on needs no help; only what stands still is asked for anew.
      event.preventDefault();
      for (const part of page) if (part.quiet >= 2) part.quiet = QUIET_SECS;
      retry();
    });
    paint();
  });
})();
