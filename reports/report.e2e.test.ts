/**
 * The report in a real browser, opened from the disk: no request, no error, charts with and without script, nothing
 * serious for people who use assistive technology. The browser is the one named by CHROMIUM, an installed one, or the
 * one that the package @sparticuz/chromium carries.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FoundBrowser, findBrowser } from '../bench/testBrowser.ts';
import { buildReportRuntime } from '../sim/store/reportRuntime.ts';
import { renderReport } from './report.ts';
import { syntheticRun } from './syntheticRun.ts';

/** Figures of the synthetic run. */
const FIGURES = 47;
const found = findBrowser();
const title = typeof found === 'string' ? `skipped, no browser: ${found}` : 'in a browser';
const folder = mkdtempSync(join(tmpdir(), 'powr-report-'));
const hostile = ' </script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

type Opened = { readonly page: Page; readonly requests: string[]; readonly errors: string[] };

it.runIf(process.platform === 'linux' && process.arch === 'x64')('a browser comes with the packages', () => {
  expect(found).not.toBeTypeOf('string');
});

describe.skipIf(typeof found === 'string')(`the report, ${title}`, () => {
  let browser: Browser;
  let opened: Opened;
  const fileOf = (name: string): string => `file://${join(folder, name)}.html`;

  async function open(
    name: string,
    options: { readonly script?: boolean; readonly dark?: boolean; readonly width?: number } = {},
  ): Promise<Opened> {
    const context = await browser.newContext({
      javaScriptEnabled: options.script !== false,
      colorScheme: options.dark === true ? 'dark' : 'light',
      viewport: { width: options.width ?? 1_280, height: 900 },
    });
    const page = await context.newPage();
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(fileOf(name));
    return { page, requests, errors };
  }

  const live = (page: Page): Promise<unknown> => page.waitForSelector('html[data-charts=live]', { state: 'attached' });

  beforeAll(async () => {
    const runtime = await buildReportRuntime();
    const write = async (name: string, text: string, options: { runtime?: string }): Promise<void> => {
      writeFileSync(join(folder, `${name}.html`), await renderReport(syntheticRun({ text }), options));
    };
    await write('plain', '', { runtime });
    await write('static', '', {});
    await write('hostile', hostile, { runtime });
    await write('harmless', ' x', { runtime });
    const { path, environment } = found as FoundBrowser;
    browser = await chromium.launch({
      executablePath: path,
      args: ['--no-sandbox', '--no-zygote', '--disable-gpu'],
      env: { ...(process.env as Record<string, string>), ...environment },
    });
    opened = await open('plain');
    await live(opened.page);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('given a file of less than 1.5 MB opened from the disk > asks for nothing else, breaks no policy, reports no error', () => {
    expect(readFileSync(join(folder, 'plain.html')).length).toBeLessThan(1_500_000);
    expect(opened.requests).toEqual([fileOf('plain')]);
    expect(opened.errors).toEqual([]);
  });

  it('given script > every chart is drawn anew, at the width that it has', async () => {
    const { page } = opened;
    const figures = await page.locator('figure').count();
    expect(figures).toBe(FIGURES);
    expect((await page.locator('h1').boundingBox())!.height, 'there is no font to draw with').toBeGreaterThan(20);
    expect(await page.locator('figure .stage svg').count()).toBe(figures);
    expect(await page.locator('figure .plot > svg').count()).toBe(0);
    const [plot, svg] = await Promise.all(
      ['#fig-gini .plot', '#fig-gini svg'].map((selector) => page.locator(selector).boundingBox()),
    );
    expect(Math.abs(plot!.width - svg!.width)).toBeLessThan(4);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('given a narrower window > the charts follow', async () => {
    const { page } = await open('plain', { width: 1_000 });
    await live(page);
    const before = await page.locator('#fig-gini svg').boundingBox();
    await page.setViewportSize({ width: 480, height: 900 });
    await expect
      .poll(async () => (await page.locator('#fig-gini svg').boundingBox())!.width)
      .toBeLessThan(before!.width - 20);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.context().close();
  });

  it.each([['plain'], ['static']])(
    'given no script (%s) > every chart and table is there, and no button that does nothing',
    async (name) => {
      const { page, requests, errors } = await open(name, { script: false });
      expect(await page.locator('figure .plot > svg').count()).toBe(FIGURES);
      for (const plot of await page.locator('figure .plot > svg').all()) {
        const box = await plot.boundingBox();
        expect(box!.width > 200 && box!.height > 80).toBe(true);
      }
      expect(await page.locator('figure details table').count()).toBe(FIGURES);
      expect(await page.locator('button:visible').count()).toBe(0);
      expect([requests.length, errors.length]).toEqual([1, 0]);
      await page.context().close();
    },
  );

  it('given the keyboard > reads values era by era, and says them', async () => {
    const { page } = opened;
    await page.locator('#fig-trust .plot').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#fig-trust output').textContent()).toMatch(
      /^Era 28: steady 0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)$/,
    );
    expect(await page.locator('.tip').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('.tip').isVisible()).toBe(false);
  });

  it('given the pointer over a chart > shows the values of the era below it', async () => {
    const { page } = opened;
    const plot = page.locator('#fig-emission .plot');
    await plot.scrollIntoViewIfNeeded();
    const ground = (await page.locator('#fig-emission .root > g > .background').first().boundingBox())!;
    await page.mouse.move(ground.x + (ground.width * 12) / 30 + 3, ground.y + 20);
    expect(await page.locator('.tip').textContent()).toMatch(/^Era 12nodes \(PoWR\)12,000validators4,000/);
    await page.mouse.move(2, 2);
    expect(await page.locator('.tip').isVisible()).toBe(false);
  });

  it('given its buttons > hands out CSV, JSON, a Vega-Lite specification and a picture', async () => {
    const { page } = opened;
    const take = async (label: string): Promise<[string, string]> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#fig-emission button', { hasText: label }).click(),
      ]);
      return [download.suggestedFilename(), readFileSync(await download.path(), 'utf8')];
    };
    const [csvName, csv] = await take('CSV');
    expect(csvName).toBe('synthetic-s7-emission.csv');
    expect(csv.split('\r\n').slice(0, 2)).toEqual(['era,receiver,amount_tokens', '0,nodes (PoWR),12000']);
    expect((JSON.parse((await take('JSON'))[1]) as unknown[]).length).toBe(150);
    const [specName, spec] = await take('Vega-Lite');
    expect(specName).toBe('synthetic-s7-emission.vl.json');
    expect(JSON.parse(spec)).toMatchObject({ $schema: expect.stringContaining('vega-lite'), mark: { type: 'bar' } });
    const [, svg] = await take('SVG');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(spec + svg).not.toContain('var(');
    expect(opened.errors).toEqual([]);
  });

  it.each([[false], [true]])('given axe-core (dark: %s) > finds nothing serious or critical', async (dark) => {
    const { page } = await open('plain', { dark });
    await live(page);
    await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
    const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // The page's policy lets nobody add a script, so axe comes in by the debugger.
    await page.evaluate(source);
    const results = (await page.evaluate('axe.run(document)')) as {
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
      passes: unknown[];
    };
    expect(results.passes.length).toBeGreaterThan(20);
    const serious = results.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(
      serious.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map((node) => node.html.slice(0, 120))
            .join(' | ')}`,
      ),
    ).toEqual([]);
    await page.context().close();
  });

  it('given hostile names > nothing of them runs, and the page has the elements of a harmless one', async () => {
    const { page, requests, errors } = await open('hostile');
    await live(page);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect([requests, errors]).toEqual([[fileOf('hostile')], []]);
    const harmless = await open('harmless');
    await live(harmless.page);
    const count = 'document.querySelectorAll("body *:not(svg *)").length';
    expect(await page.evaluate(count)).toBe(await harmless.page.evaluate(count));
    expect(await page.locator('h1').textContent()).toBe(`synthetic${hostile}`);
    await page.context().close();
  });
});
