/** The report of a sweep in a real browser, opened from the disk. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FoundBrowser, findBrowser } from '../bench/testBrowser.ts';
import { buildReportRuntime } from '../sim/store/reportRuntime.ts';
import { renderSweepReport } from './sweepReport.ts';
import { syntheticSweep } from './syntheticSweep.ts';

const found = findBrowser();
const title = typeof found === 'string' ? `skipped, no browser: ${found}` : 'in a browser';
const folder = mkdtempSync(join(tmpdir(), 'powr-sweep-report-'));
const hostile = ' </script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

describe.skipIf(typeof found === 'string')(`the report of a sweep, ${title}`, () => {
  let browser: Browser;
  const fileOf = (name: string): string => `file://${join(folder, name)}.html`;

  async function open(name: string, options: { readonly script?: boolean; readonly dark?: boolean } = {}) {
    const context = await browser.newContext({
      javaScriptEnabled: options.script !== false,
      colorScheme: options.dark === true ? 'dark' : 'light',
      viewport: { width: 1_280, height: 900 },
    });
    const page = await context.newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(fileOf(name));
    if (options.script !== false) await page.waitForSelector('html[data-charts=live]', { state: 'attached' });
    return { page, requests, errors };
  }

  beforeAll(async () => {
    const runtime = await buildReportRuntime('sweepBrowser');
    for (const axisCount of [1, 2, 3])
      for (const [kind, text] of [
        ['plain', ''],
        ['hostile', hostile],
      ]) {
        const html = await renderSweepReport({ ...syntheticSweep({ axisCount, text: text! }), runtime });
        writeFileSync(join(folder, `${kind}${axisCount}.html`), html);
      }
    const { path, environment } = found as FoundBrowser;
    browser = await chromium.launch({
      executablePath: path,
      args: ['--no-sandbox', '--no-zygote', '--disable-gpu'],
      env: { ...(process.env as Record<string, string>), ...environment },
    });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const marks = (page: Page): Promise<number> => page.locator('#fig-picked .stage svg path').count();

  it.each([1, 2, 3])(
    'given %i axes > loads nothing, breaks no policy, and lets the reader pick another metric',
    async (count) => {
      const { page, requests, errors } = await open(`plain${count}`);
      expect(await page.locator('figure .stage svg').count()).toBe(2);
      expect(await marks(page)).toBeGreaterThan(count === 1 ? 2 : 5);
      expect(await page.locator('#fig-picked option').allTextContents()).toEqual([
        'profit.miner',
        'tasks.wrong_share',
        'gini.wealth',
      ]);
      const before = await page.locator('#fig-picked .stage svg').innerHTML();
      await page.selectOption('#fig-picked select', 'gini.wealth');
      await expect.poll(() => page.locator('#fig-picked .stage svg').innerHTML()).not.toBe(before);
      expect(await page.locator('#fig-picked-title span').textContent()).toMatch(/^gini\.wealth: 0\.4 to 0\.\d+$/);
      expect(await page.locator('#fig-picked .data tbody tr').first().textContent()).toContain('0.4');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#fig-picked .tools button', { hasText: 'CSV' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('tiny-sweep-gini-wealth.csv');
      expect(readFileSync(await download.path(), 'utf8')).toMatch(/^val_samples,.*\r\n2,.*0\.4,0\.25/);
      expect(errors).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([fileOf(`plain${count}`)]);
      await page.context().close();
    },
  );

  it('given the pointer over a cell > shows its figures', async () => {
    const { page } = await open('plain2');
    const plot = (await page.locator('#fig-picked .root > g > .background').first().boundingBox())!;
    await page.mouse.move(plot.x + 20, plot.y + plot.height - 20);
    expect(await page.locator('.tip').textContent()).toMatch(/^val\.samples2populations\.3\.count4Mean10.*Runs3$/);
    await page.context().close();
  });

  it('given no script > the pictures and tables are there, and no control that does nothing', async () => {
    const { page, errors } = await open('plain2', { script: false });
    expect(await page.locator('figure .plot > svg').count()).toBe(2);
    expect(await page.locator('figure details table').count()).toBe(2);
    expect(await page.locator('button:visible, select:visible').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it.each([1, 2, 3])('given %i axes with hostile texts > none of them is executed', async (count) => {
    const { page, errors } = await open(`hostile${count}`);
    await page.selectOption('#fig-picked select', { index: 2 });
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it.each([false, true])('has no serious fault for assistive technology (dark: %s)', async (dark) => {
    const { page } = await open('plain2', { dark });
    // Through the driver, as the page's policy would refuse a script from outside.
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const faults = (await page.evaluate(
      'axe.run().then((r) => r.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => v.id + ": " + v.nodes.map((n) => n.target).join(", ")))',
    )) as string[];
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
