// SpiderMonkey: Debian's firefox-esr, driven by puppeteer-core over WebDriver BiDi, which needs no other program.
import puppeteer from 'puppeteer-core';
import { tour } from './tour.mjs';

tour('Firefox does what Chromium does', async () => {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.HEADROOM_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    // Software rendering, on machines without a display.
    extraPrefsFirefox: { 'gfx.webrender.software': true, 'dom.disable_beforeunload': true },
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  return {
    goto: (address) => page.goto(address),
    evaluate: (body, argument) => page.evaluate(body, argument),
    press: ([x, y]) => page.mouse.click(x, y),
    drag: async (from, to) => {
      await page.mouse.move(...from);
      await page.mouse.down();
      await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
      await page.mouse.move(...to, { steps: 4 });
      await page.mouse.up();
    },
    type: (text) => page.keyboard.type(text),
    key: (name) => page.keyboard.press(name),
    upload: async (selector, file) => (await page.$(selector)).uploadFile(file),
    close: () => browser.close(),
  };
});
