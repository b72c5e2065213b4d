/** `powr explain` on a stored run with providers and Slarks: every amount and every tier, of every agent, in every era. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDb } from '../store/duckdb.ts';
import { type AgentHistory, type AgentName, readAgent, readAgentNames } from '../store/readAgent.ts';
import { readText } from '../store/readRun.ts';
import { type EraExplanation, explainAgent } from './explain.ts';
import { explainCommand, protocolNumbers, rulesOf } from './explainCommand.ts';
import type { MoneyLine, Rules } from './explainIncome.ts';
import { loadScenarioFile } from './loadFile.ts';
import { runSession } from './session.ts';
import { outputOf } from './testOutput.ts';

const SCENARIO = `version: 1
name: serviced
seed: 1
eras: 12
ledger: core
inference: { mode: replay, pool_samples: 60 }
params:
  tier.promo_eras: 1
  tier.demo_eras: 2
  slark.promo_eras: 2
  slark.seats.3: 1
  slark.vest_threshold: 10 DN
  slark.vest_eras: 4
  slash.misconduct_detect_bps: 10000
  slash.misconduct_bps: 3000
  live.pool_era: 150 DN
  deleg.unbond_eras: 2
  deleg.pool_share_bps: 6000
populations:
  - { role: creator, count: 1, strategy: steady }
  - { role: miner, count: 3, strategy: steady, options: { facets: both, outage_bps: 300 } }
  - { role: miner, count: 2, strategy: steady, options: { facets: spheron, exit_era: 6, stake_tier: 5 } }
  - { role: miner, count: 1, strategy: degrading, hardware: home, options: { facets: both } }
  - { role: miner, count: 2, strategy: spoofer, hardware: community }
  - { role: miner, count: 1, strategy: farmer, hardware: community }
  - { role: slark, count: 4, strategy: diligent, open: 3000 DN }
  - { role: slark, count: 1, strategy: inflator }
  - { role: slark, count: 1, strategy: absentee, options: { withdraw_bps: 5000 } }
  - { role: validator, count: 3, strategy: diligent }
  - { role: consumer, count: 4, strategy: honest, demand: { poisson: 0.5 per slot } }
  - { role: delegator, count: 2, strategy: yield-seeker }
  - { role: delegator, count: 1, strategy: whale }
`;

const place = mkdtempSync(join(tmpdir(), 'powr-serviced-'));
const directory = join(place, 'run');
afterAll(() => rmSync(place, { recursive: true, force: true }));

let rules: Rules;
let names: readonly AgentName[] = [];
const histories = new Map<number, AgentHistory>();
const explained = new Map<number, EraExplanation[]>();

beforeAll(async () => {
  const file = join(place, 'serviced.yaml');
  writeFileSync(file, SCENARIO);
  const loaded = loadScenarioFile(file, ['record.events=all']);
  if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('; '));
  const { scenario, resolvedYaml, hash: scenarioHash } = loaded;
  await runSession({
    ...{ scenario, resolvedYaml, scenarioHash, builtDir: process.env.POWR_BUILD ?? '', out: { directory } },
    ...{ scenarioFile: file, threads: 1, command: `powr run ${file}` },
  });
  rules = rulesOf(await readText(directory, 'scenario.resolved.yaml'));
  names = await readAgentNames(directory);
  for (const { account } of names) {
    const history = await readAgent(directory, account, protocolNumbers(rules));
    histories.set(account, history);
    explained.set(account, explainAgent(history, rules));
  }
});

const allEras = (): EraExplanation[] => [...explained.values()].flat();
const allLines = (): MoneyLine[] => allEras().flatMap(({ lines }) => lines);
const allReasons = (): string =>
  allEras()
    .flatMap(({ tiers }) => tiers.flatMap(({ why }) => why))
    .join('\n');

describe('the explanation of providers and licences', () => {
  it('adds up for every agent in every era, amounts, hours, forfeits, slashes and tiers alike', () => {
    expect(names.length).toBe(26);
    for (const [account, eras] of explained)
      for (const { era, disagreements } of eras)
        expect({ account, era, disagreements }).toEqual({ account, era, disagreements: [] });
  });

  it('derives liveness, rewards of licences and slashes by their rules', () => {
    const derived = allLines().filter(({ byRuleUnits, units }) => byRuleUnits !== null && units > 0);
    for (const cited of ['F-7', 'F-11', 'F-10', 'SLASH-5', 'SLASH-1', 'DELEG-2'])
      expect({ cited, count: derived.filter((line) => line.rules.includes(cited)).length > 0 }).toEqual({
        cited,
        count: true,
      });
    const scaled = derived.filter(
      ({ rules: cited, how }) => cited.includes('F-7') && how.includes('so it is scaled to'),
    );
    expect(scaled.length).toBeGreaterThan(3);
  });

  it('shares a licence’s reward as INV-44 says', () => {
    for (const { lines } of allEras()) {
      const own = lines.filter(({ column }) => column === 'slarkUnits');
      for (const { numbers } of own) {
        const parts = own.filter((line) => line.numbers.licence === numbers.licence);
        expect(parts.reduce((sum, { units }) => sum + units, 0)).toBe(numbers.shareUnits);
      }
    }
  });

  it('tells why tiers moved and why they did not', () => {
    const stories = allEras().flatMap(({ tiers }) => tiers);
    const moves = (cited: string) =>
      stories.filter(({ rules: own, before, after }) => own.includes(cited) && before !== after);
    for (const cited of ['TIER-3', 'TIER-4', 'SLARK-8'])
      expect({ cited, any: moves(cited).length > 0 }).toEqual({ cited, any: true });
    for (const part of [
      'eras in a row that lead to it',
      'is missed by a metric of the era',
      'where tier',
      'no seat of tier 3 was free',
    ])
      expect(allReasons()).toContain(part);
    for (const { checks, stateBefore, entity } of stories)
      if (entity.startsWith('provider') && stateBefore === 'active')
        expect(checks.map(({ name }) => name)).toEqual(['uptime', 'completion', 'response', 'feedback']);
  });

  it('tells which challenges failed, and what of a licence’s money vests', () => {
    const happenings = allEras().flatMap((era) => era.happenings);
    const failed = happenings.filter(({ rules: cited }) => cited.includes('SM-7'));
    expect(failed.length).toBeGreaterThan(3);
    expect(failed[0]!.what).toMatch(
      /^provider \d+: challenge \d+ of class \d failed; \d for pass and \d for fail of 5 seats, asked for \d+ CPU/,
    );
    expect(happenings.some(({ rules: cited }) => cited.includes('F-35'))).toBe(true);
  });

  it('reads as text, with the metrics against their thresholds', async () => {
    const provider = names.find(({ strategy }) => strategy === 'degrading')!;
    const { code, stdout } = await outputOf(() => explainCommand(directory, { agent: String(provider.account) }));
    expect(code).toBe(0);
    for (const part of [
      'liveness of provider',
      'this tier: more than',
      'the better one: ',
      '[SM-9, F-31',
      'eras 0 to 11',
      '  liveness ',
    ])
      expect(stdout).toContain(part);
  });

  it.each([
    ['providers', 'full_bits', '0'],
    ['providers', 'raw_units', 'raw_units + 24'],
    ['providers', 'tier_after', 'tier_after % 7 + 1'],
    ['slarks', 'score', 'score + 1000'],
    ['slarks', 'tier_after', '7 - tier_after'],
  ])('given a stored table %s whose %s is another > ends with 1 for somebody', async (table, column, other) => {
    const changed = join(place, `${table}-${column}`);
    cpSync(directory, changed, { recursive: true });
    await withDuckDb((connection) =>
      connection.run(
        `COPY (SELECT * REPLACE ((CASE WHEN era = 7 THEN ${other} ELSE ${column} END)::BIGINT AS ${column}) FROM '${directory}/${table}.parquet') TO '${changed}/${table}.parquet'`,
      ),
    );
    const role = table === 'slarks' ? 'slark' : 'miner';
    const codes: number[] = [];
    for (const { account } of names.filter((agent) => agent.role === role))
      codes.push((await outputOf(() => explainCommand(changed, { agent: String(account), era: 7 }))).code);
    expect(codes).toContain(1);
  });
});
