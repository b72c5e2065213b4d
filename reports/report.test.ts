/** The whole document: the same bytes every time, complete without script, small, and inert whatever names a user chose. */
import { describe, expect, it } from 'vitest';
import { chartRows } from './chartRows.ts';
import { drawFigure } from './draw.ts';
import { makeSections } from './figures.ts';
import { readTables } from './reading.ts';
import { renderReport } from './report.ts';
import { syntheticRun } from './syntheticRun.ts';

const payloads = [
  '"><script>fetch("http://evil")</script>',
  '</title></style></script><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  'javascript:alert(1)',
  '<!--<svg onload=alert(1)>',
  '\u2028\u2029\u0000\ud83d\ude00',
  '$' + '{alert(1)}`',
  "']; datum; ['",
  '\\u003cscript\\u003e',
  ' url(#x) id="y" 1.23456',
];

/** Elements and attributes of a document in order, without texts: what a parser would build. */
function skeleton(page: string): string[] {
  const withoutScripts = page.replace(/(<script[^>]*>)[\s\S]*?<\/script>/g, '$1');
  return [...withoutScripts.matchAll(/<\/?([a-zA-Z0-9!-]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    ([, name, attributes]) => {
      const names = [...attributes!.matchAll(/([\w:-]+)(?:="[^"]*")?/g)].map(([, attribute]) => attribute);
      return `${name} ${names.join(' ')}`;
    },
  );
}

/** Without the drawings, whose tags depend on how long a text is. */
const outline = (page: string): string[] => skeleton(page.replace(/<svg [\s\S]*?<\/svg>/g, ''));

describe('renderReport', () => {
  it('given equal runs > gives equal bytes, one after the other and side by side', async () => {
    const first = await renderReport(syntheticRun(), { runtime: 'void 0' });
    const [again, other, third] = await Promise.all([
      renderReport(syntheticRun(), { runtime: 'void 0' }),
      renderReport(syntheticRun({ eras: 9 })),
      renderReport(syntheticRun(), { runtime: 'void 0' }),
    ]);
    expect(again === first && third === first).toBe(true);
    expect(other === first).toBe(false);
  });

  it('has every figure with a drawing, a title, a summary, a table and a link of its own', async () => {
    const page = await renderReport(syntheticRun());
    const ids = [...page.matchAll(/<figure id="([^"]+)"/g)].map(([, id]) => id!);
    expect(ids).toEqual([
      ...['fig-honest-income', 'fig-profit', 'fig-accepted', 'fig-trust', 'fig-reputation', 'fig-tasks', 'fig-errors'],
      ...[
        'fig-audit-detection',
        'fig-audit-distance',
        'fig-audit-pairs',
        'fig-audit-text',
        'fig-model-stands',
        'fig-work-models',
      ],
      ...['fig-work-reward', 'fig-executions'],
      ...['fig-tiers', 'fig-liveness', 'fig-tier-flow', 'fig-survival', 'fig-losses'],
      ...['fig-challenges', 'fig-detection', 'fig-slark-accuracy'],
      ...['fig-orders', 'fig-order-queue', 'fig-compute-price', 'fig-utilisation', 'fig-lease-ends'],
      ...['fig-share-tier', 'fig-share-stake', 'fig-roi', 'fig-roi-gpu', 'fig-fizz-nodes', 'fig-subnet-income'],
      ...['fig-demand', 'fig-quality', 'fig-rank', 'fig-price', 'fig-service', 'fig-network'],
      ...['fig-money-flow', 'fig-payments', 'fig-income', 'fig-emission', 'fig-lorenz', 'fig-gini', 'fig-gas'],
    ]);
    for (const id of ids) {
      const figure = page.slice(
        page.indexOf(`<figure id="${id}"`),
        page.indexOf('</figure>', page.indexOf(`<figure id="${id}"`)),
      );
      expect(figure).toMatch(/<svg [^>]*viewBox/);
      expect(figure).toMatch(new RegExp(`<h3 id="${id}-title">.{15,}`));
      expect(figure).toMatch(new RegExp(`<p id="${id}-summary">.{30,}\\.</p>`));
      expect(figure).toContain(`aria-describedby="${id}-summary"`);
      expect(figure).toContain(`href="#${id}"`);
      expect(figure).toContain('<tbody><tr>');
      expect(figure).not.toMatch(/NaN|undefined|Infinity|\[object/);
    }
    expect(new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)).size).toBe(
      [...page.matchAll(/ id="/g)].length,
    );
  });

  it('compiles all charts with one config, and names their series', async () => {
    const configs = new Set<string>();
    for (const figure of makeSections(readTables(syntheticRun({ eras: 6 }))).flatMap((section) => section.figures)) {
      const { vega } = await drawFigure(figure);
      configs.add(JSON.stringify(vega.config));
      if (['profit', 'roi', 'roi-gpu', 'share-tier', 'share-stake', 'subnet-income', 'payments'].includes(figure.id))
        expect((vega.legends as unknown[] | undefined)?.length, figure.id).toBeGreaterThan(0);
    }
    // The page hands it to the script once for all of them.
    expect(configs.size).toBe(1);
  });

  it('says what a reviewer asks first', async () => {
    const page = await renderReport(syntheticRun());
    expect(page.includes('0 differences over 1,234,567 words of state and 30 eras')).toBe(true);
    expect(page.includes('0 violations in 750 checks of 25 invariants')).toBe(true);
    expect(page.includes('1 of 2 expectations holds')).toBe(true);
    expect(page.includes('accepted.cheater &lt; 0.3: measured 0.55')).toBe(true);
    expect(page.includes('340 inferences executed, 120 taken from stored measurements')).toBe(true);
    expect(page.slice(page.indexOf('<p class="lead">')).slice(0, 400)).toMatch(
      /<p class="lead">Honest work paid better than cheating for miners \([\d.]+ times\), .*; [\d.]+\u202f% of 6,\d+ requests were served\.<\/p>/,
    );
    for (const fact of [
      'scenarios/synthetic.yaml',
      '0123456789abcdef0123456789abcdef',
      'fedcba9876543210',
      '1 min 5 s',
      'powr run scenarios/synthetic.yaml --seed 7',
    ]) {
      expect(page.includes(fact)).toBe(true);
    }
  });

  it('given a run of the core alone, and one that stopped > does not claim more than was done', async () => {
    const page = await renderReport(
      syntheticRun({
        eras: 4,
        manifest: {
          ledger: 'core',
          lockstep: null,
          chain: null,
          demand: null,
          state: 'failed',
          eras: 9,
          expectations: [],
        },
      }),
    );
    expect(page.includes('Not asked: core only')).toBe(true);
    expect(page.includes('No: 4 of 9 eras settled, state failed')).toBe(true);
    expect(page.includes('The scenario expects nothing')).toBe(true);
    expect(page.includes('Gas: this run had no chain.')).toBe(true);
  });

  it('given differences, violations or a comparison that is missing > marks them as bad', async () => {
    const bad = async (manifest: Parameters<typeof syntheticRun>[0]): Promise<number> =>
      [...(await renderReport(syntheticRun(manifest))).matchAll(/<li class="bad"><h3>/g)].length;
    expect(await bad({ eras: 2, manifest: { expectations: [] } })).toBe(0);
    expect(
      await bad({
        eras: 2,
        manifest: { expectations: [], lockstep: { comparedEraCount: 2, comparedWordCount: 9, differenceCount: 1 } },
      }),
    ).toBe(1);
    expect(await bad({ eras: 2, manifest: { expectations: [], lockstep: null } })).toBe(1);
    expect(
      await bad({
        eras: 2,
        manifest: { expectations: [], invariants: { checkedCount: 9, violatedCount: 2, ids: ['INV-1'] } },
      }),
    ).toBe(1);
  });

  it('given a scenario with changed parameters > marks their lines and no others', async () => {
    const page = await renderReport(syntheticRun({ eras: 2 }), { changedKeys: ['val.group_size'] });
    expect([...page.matchAll(/<mark>([^<]*)<\/mark>/g)].map(([, line]) => line)).toEqual(['  val.group_size: 5']);
  });

  it.each([
    ['no era', { eras: 0 }],
    ['one era', { eras: 1 }],
    ['no agents', { eras: 5 }, 'agents'],
    ['no models', { eras: 5 }, 'models'],
  ] as const)(
    'given a run with %s > leaves out what it cannot show and says so',
    async (_, options, emptied?: 'agents' | 'models') => {
      const run = syntheticRun(options);
      const page = await renderReport(emptied === undefined ? run : { ...run, [emptied]: [] });
      expect(page.endsWith('</html>\n')).toBe(true);
      expect(/NaN|undefined|Infinity|\[object/.exec(page)?.[0]).toBeUndefined();
      if (options.eras !== 1) expect(page.includes('Not shown.')).toBe(true);
    },
  );

  it('given a year of a large network > no chart has more than 2,000 rows, and the page stays below 1.5 MB', async () => {
    const run = syntheticRun({ eras: 365, size: 40 });
    for (const { figures } of makeSections(readTables(run))) {
      for (const figure of figures)
        expect(chartRows(figure.data, figure.order).length, figure.id).toBeLessThanOrEqual(2_000);
    }
    // The script itself is another 0.56 MB.
    expect((await renderReport(run, { runtime: 'void 0' })).length).toBeLessThan(940_000);
  });
});

describe('hostile texts', () => {
  it('given any of them in every place that takes a text > the document has the same elements as with a harmless one', async () => {
    const benign = outline(await renderReport(syntheticRun({ eras: 4, text: ' x' }), { runtime: 'void 0' }));
    for (const text of payloads) {
      const page = await renderReport(syntheticRun({ eras: 4, text: ` ${text}` }), { runtime: 'void 0' });
      expect(outline(page), text).toEqual(benign);
      expect(page.match(/<script/g)?.length, text).toBe(2);
      expect(/<img|<svg onload|<!--/.test(page), text).toBe(false);
    }
  });

  it('stand in charts as data only: in rows and in the values that scales and legends list, nowhere else', async () => {
    const text = 'zzqq';
    const found = new Set<string>();
    const look = (value: unknown, path: string): void => {
      if (typeof value === 'string' && value.includes(text)) found.add(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, child] of Object.entries(value))
        look(child, Array.isArray(value) ? `${path}[]` : `${path}.${key}`);
    };
    const figures = makeSections(readTables(syntheticRun({ eras: 4, text }))).flatMap((section) => section.figures);
    for (const figure of figures) look((await drawFigure(figure)).vega, '');
    expect([...found].sort()).toEqual(['.legends[].values[]', '.scales[].domain[]']);
  });
});
