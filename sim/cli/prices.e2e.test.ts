/** Recorded prices from the file to the ledger: a run takes them slot by slot, and goes on with no others than it began with. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatIssues } from '../../scenarios/load.ts';
import { FP } from '../base/fixedPoint.ts';
import { ASSET_COUNT, F, STRIDE } from '../protocol/layout.ts';
import { loadScenarioFile } from './loadFile.ts';
import { runSession, type SessionOptions, type SessionResult } from './session.ts';

const SCENARIO = `version: 1
name: prices
eras: 2
inference: { mode: replay }
prices: data/prices.csv
params: { oracle.model: file, escrow.brackets_enforced: "off" }
populations:
  - { role: miner, count: 2, strategy: steady, hardware: community, open: 1000 DN, options: { facets: spheron } }
  - { role: slark, count: 2, strategy: diligent, hardware: datacentre, open: 1000 DN }
  - { role: consumer, count: 3, strategy: renter, open: 20000 DN, options: { lease_bps: 3000, foreign_bps: 5000, dollars: 5000 } }
`;
const ROWS = ['48.6,7290,145800', '48.6,7290,145800', '50.001,7000,0.001', '1000,1,2.5'];
const csv = (rows: readonly string[]): string => `asset1,asset2,asset3\n${rows.join('\n')}\n`;

let root = '';
let folder = '';
let file = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'powr-prices-'));
  folder = join(root, 'scenarios');
  mkdirSync(join(folder, 'data'), { recursive: true });
  file = join(folder, 'a.yaml');
  writeFileSync(file, SCENARIO);
});
beforeEach(() => writeFileSync(join(folder, 'data/prices.csv'), csv(ROWS)));
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

async function run(out: string | null, rest: Partial<SessionOptions> = {}): Promise<SessionResult> {
  const loaded = loadScenarioFile(file, []);
  if (!loaded.ok) throw new Error(formatIssues(loaded.issues, false));
  const { scenario, resolvedYaml, hash: scenarioHash } = loaded;
  return runSession({
    ...{ scenario, scenarioFile: file, resolvedYaml, scenarioHash, builtDir: process.env.POWR_BUILD ?? '' },
    ...{ threads: 1, out: out === null ? null : { directory: join(folder, out) }, command: 'powr run a.yaml' },
    ...rest,
  });
}

describe('a run with recorded prices', () => {
  it('has the row of the slot on its ledger from the start of the slot on, and the last row from then on', async () => {
    const seen: number[][] = [];
    await run(null, {
      onBlock(slot, phase, _result, _shared, s) {
        if (phase !== 0 || slot >= 48) return;
        const prices = Array.from(
          { length: ASSET_COUNT - 1 },
          (_, i) => s.assets[(i + 1) * STRIDE.assets + F.assets.priceFp]!,
        );
        seen.push(prices.map((priceFp) => priceFp / (FP / 1_000)));
      },
    });
    expect(seen.slice(0, 5)).toEqual([
      [48_600, 7_290_000, 145_800_000],
      [48_600, 7_290_000, 145_800_000],
      [50_001, 7_000_000, 1],
      [1_000_000, 1_000, 2_500],
      [1_000_000, 1_000, 2_500],
    ]);
    expect(seen.at(-1)).toEqual(seen[3]);
    expect(seen).toHaveLength(48);
  });

  it('goes on after a kill with the same prices to the same digest, and refuses others', async () => {
    const { manifest } = await run(null);
    let slots = 0;
    await run('killed', { stopRequested: () => ++slots > 30 });
    writeFileSync(join(folder, 'data/prices.csv'), csv([...ROWS, '1000,1,2.501']));
    await expect(run('killed', { resume: true })).rejects.toThrow(
      /Cannot resume the run in .*: its scenario was [0-9a-f]+, now it is /,
    );
    writeFileSync(join(folder, 'data/prices.csv'), csv(ROWS));
    const resumed = await run('killed', { resume: true });
    expect([resumed.manifest.state, resumed.manifest.digest]).toEqual(['complete', manifest.digest]);
  });

  it('does not follow a link out of the folder of the scenario', async () => {
    const path = join(folder, 'data/prices.csv');
    rmSync(path);
    writeFileSync(join(root, 'outside.csv'), csv(ROWS));
    symlinkSync(join(root, 'outside.csv'), path);
    const loaded = loadScenarioFile(file, []);
    expect(loaded.ok ? [] : loaded.issues.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
      '5:9 E123',
    ]);
    rmSync(path);
  });
});
