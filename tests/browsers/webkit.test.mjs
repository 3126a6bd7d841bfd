// JavaScriptCore: Debian's webkit2gtk-driver under Xvfb, driven by selenium-webdriver, with a locale as people have one.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import webdriver from 'selenium-webdriver';
import { ROOT, tour, withoutCharts } from './tour.mjs';

const { Builder, By, Capabilities, Key, Origin } = webdriver;

/** A display of its own: Xvfb writes its number to the third file. */
async function display() {
  const program = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = await once(program.stdio[3], 'data');
  return { program, name: `:${String(number).trim()}` };
}

/** A folder with a locale as people have one, made here: nothing of the machine changes. */
function locale() {
  const folder = `${ROOT}target/locale`;
  if (!existsSync(`${folder}/en_US.UTF-8/LC_CTYPE`)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('localedef', ['-i', 'en_US', '-f', 'UTF-8', `${folder}/en_US.UTF-8`]);
  }
  return folder;
}

/** The driver, on any free port. */
async function driver(name, port, lang) {
  const env = {
    ...process.env,
    DISPLAY: name,
    LOCPATH: locale(),
    LANG: lang,
    LC_ALL: lang,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    // A test machine's root has no right to make the sandbox.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  };
  const program = spawn(process.env.HEADROOM_WEBKIT_DRIVER ?? 'WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env, stdio: 'ignore' });
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(`http://127.0.0.1:${port}/status`);
      return program;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function start(lang) {
  const shown = await display();
  const port = 20_000 + (process.pid % 20_000) + (lang === 'C' ? 1 : 0);
  const program = await driver(shown.name, port, lang);
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: process.env.HEADROOM_MINIBROWSER ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser', args: ['--automation'] },
  });
  const browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
  await browser.manage().setTimeouts({ script: 60_000, pageLoad: 120_000 });
  await browser.manage().window().setRect({ width: 1440, height: 960 });
  const at = ([x, y], duration = 0) => ({ x, y, origin: Origin.VIEWPORT, duration });
  return {
    goto: (address) => browser.get(address),
    evaluate: (body, argument) =>
      browser.executeAsyncScript(
        'const done = arguments[arguments.length - 1]; Promise.resolve((' + body.toString() + ')(arguments[0])).then(done, (error) => done(String(error)));',
        argument ?? null,
      ),
    press: (point) => browser.actions().move(at(point)).press().release().perform(),
    drag: (from, to) =>
      browser
        .actions()
        .move(at(from))
        .press()
        .move(at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2].map(Math.round), 80))
        .move(at(to, 80))
        .release()
        .perform(),
    type: (text) => browser.actions().sendKeys(text).perform(),
    key: (name) => browser.actions().sendKeys(Key[name.toUpperCase()]).perform(),
    upload: (selector, file) => browser.findElement(By.css(selector)).sendKeys(file),
    close: async () => {
      await browser.quit().catch(() => {});
      program.kill();
      shown.program.kill();
    },
  };
}

tour("Safari's engine does what Chromium does", () => start('en_US.UTF-8'));
// uPlot asks for a format of the browser's language as soon as it is read.
withoutCharts('a browser without a locale draws charts, or says that it cannot and offers the table', () => start('C'));
