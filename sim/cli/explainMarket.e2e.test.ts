/** `powr explain` on a stored run with a compute market: every amount and every wallet, of every agent, in every era. */
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
name: rented
seed: 3
eras: 10
ledger: core
inference: { mode: replay, pool_samples: 60 }
params:
  tier.initial: 5
  match.mode: avs
  match.outage_bps_slot: 5%
  order.ttl_blocks: 3600
  fizz.dao: on
  fizz.reward_mode: docs
  fizz.register_fee: 2 DN
  oracle.model: gbm
  oracle.vol_bps_day: 10%
populations:
  - { role: miner, count: 6, strategy: steady, open: 1500 DN, hardware: community, options: { facets: spheron, bid_bps: 2500 } }
  - { role: miner, count: 3, strategy: steady, open: 2500 DN, hardware: datacentre, options: { facets: spheron, gateway: on, bid_bps: 2500 } }
  - { role: consumer, count: 12, strategy: renter, open: 20000 DN, options: { lease_bps: 600, fizz_bps: 5000, hours_min: 2, hours_max: 12, cpu_min: 1, cpu_max: 6, deposit_tokens: 4000 } }
  - { role: consumer, count: 8, strategy: renter, open: 9000 DN, options: { lease_bps: 600, hours_min: 2, hours_max: 12, deposit_tokens: 2000, dollars: 500 } }
  - { role: consumer, count: 4, strategy: drainer, open: 9000 DN, options: { lease_bps: 900, hours_min: 4, hours_max: 12, deposit_tokens: 3000, transfers: 1, cartel: 1, dollars: 200 } }
  - { role: consumer, count: 2, strategy: abandoner, open: 9000 DN, options: { lease_bps: 900, hours_min: 2, hours_max: 6, deposit_tokens: 3000 } }
  - { role: fizz, count: 8, strategy: evening, open: 200 DN, options: { evening_hours: 10 } }
  - { role: fizz, count: 3, strategy: free-rider, open: 200 DN }
  - { role: matchmaker, count: 5, strategy: honest }
`;

const place = mkdtempSync(join(tmpdir(), 'powr-rented-'));
const directory = join(place, 'run');
afterAll(() => rmSync(place, { recursive: true, force: true }));

let rules: Rules;
let names: readonly AgentName[] = [];
const histories = new Map<number, AgentHistory>();
const explained = new Map<number, EraExplanation[]>();

beforeAll(async () => {
  const file = join(place, 'rented.yaml');
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
const linesOf = (column: string): MoneyLine[] =>
  allEras().flatMap(({ lines }) => lines.filter((line) => line.column === column));
const citing = (lines: readonly MoneyLine[], ...cited: readonly string[]): MoneyLine[] =>
  lines.filter((line) => cited.every((rule) => line.rules.includes(rule)));

describe('the explanation of the compute market', () => {
  it('adds up for every agent in every era: income, spending, wallets with escrow and foreign assets', () => {
    expect(names.length).toBe(51);
    for (const [account, eras] of explained)
      for (const { era, disagreements } of eras)
        expect({ account, era, disagreements }).toEqual({ account, era, disagreements: [] });
  });

  it('tells what leases, members, matches and fizz rewards brought in, each by its rule', () => {
    const income = linesOf('leaseUnits');
    for (const [cited, what] of [
      ['F-16', /^leases of provider \d+$/],
      ['F-16', /^leases of fizz node \d+$/],
      ['FIZZ-11', /^provider \d+’s part of its members’ leases, as their gateway$/],
      ['LIVE-9', /^rewards for matches$/],
    ] as const) {
      const found = income.filter((line) => what.test(line.what));
      expect({ cited, any: found.length > 0 }).toEqual({ cited, any: true });
      for (const line of found) expect(line.rules).toContain(cited);
    }
    expect(citing(income, 'F-16', 'F-17').filter(({ byRuleUnits }) => byRuleUnits !== null).length).toBeGreaterThan(20);
    expect(citing(linesOf('livenessUnits'), 'F-24').length).toBeGreaterThan(3);
    expect(citing(linesOf('spentUnits'), 'FIZZ-3').map(({ units }) => units % 2_000_000)).toContain(0);
  });

  it('tells what consumers paid in tokens and in dollars, user fee on top of these, and for how many seconds', () => {
    const spent = citing(linesOf('spentUnits'), 'F-16', 'F-17');
    const [native, foreign] = [0, 1].map((asset) => spent.filter(({ numbers }) => numbers.asset === asset));
    for (const { numbers } of native!) expect(numbers.chargedUnits).toBe(numbers.grossUnits);
    expect(foreign!.length).toBeGreaterThan(3);
    for (const { numbers } of foreign!) expect(numbers.chargedUnits!).toBeGreaterThan(numbers.grossUnits!);
    for (const { numbers } of spent) expect(numbers.deliveredS!).toBeLessThanOrEqual(numbers.chargedS!);
    expect(spent.some(({ numbers }) => numbers.deliveredS! > 0 && numbers.deliveredS! < numbers.chargedS!)).toBe(true);
  });

  it('tells of each closed lease its price, its time and its delivery', () => {
    const stories = allEras().flatMap(({ happenings }) => happenings.filter(({ rules: cited }) => cited[0] === 'F-16'));
    expect(stories.length).toBeGreaterThan(50);
    expect(stories.filter(({ what }) => what.includes('nothing was ever deployed')).length).toBeGreaterThan(0);
    for (const { what, slot } of stories) {
      expect(slot).toBeGreaterThan(0);
      expect(what).toMatch(
        /^lease \d+ of \d+ CPUs?(?: and \d+ GPUs?)? at .*provider \d+ closed \(\w+\): .* for (?:at most )?[\d,]+ s at .* an hour; /,
      );
    }
  });

  it('follows escrow wallets from hand to hand, and the price of foreign assets', () => {
    const reasons = new Set(allEras().flatMap(({ wallet }) => wallet.flows.map(({ reason }) => reason)));
    for (const reason of ['escrow wallets handed over', 'price of foreign assets, and rounding', 'leases paid'])
      expect({ reason, any: reasons.has(reason) }).toEqual({ reason, any: true });
  });

  it('reads as text', async () => {
    const provider = names.find(({ role }) => role === 'miner')!;
    const { code, stdout } = await outputOf(() => explainCommand(directory, { agent: String(provider.account) }));
    expect(code).toBe(0);
    expect(stdout).toContain('  leases ');
  });

  it.each([
    ['economics', 'lease_units', 'lease_units + 1'],
    ['fizz', 'lease_units', 'lease_units + 1'],
    ['leases', 'gross_units', 'gross_units + 1'],
    ['agents', 'wallet_units', 'wallet_units + 1'],
  ])('given a stored table %s whose %s is another > ends with 1 for somebody', async (table, column, other) => {
    const changed = join(place, `${table}-${column}`);
    cpSync(directory, changed, { recursive: true });
    await withDuckDb((connection) =>
      connection.run(
        `COPY (SELECT * REPLACE ((CASE WHEN era = 7 THEN ${other} ELSE ${column} END)::BIGINT AS ${column}) FROM '${directory}/${table}.parquet') TO '${changed}/${table}.parquet'`,
      ),
    );
    const roles = table === 'fizz' ? ['fizz'] : ['miner'];
    const codes: number[] = [];
    for (const { account } of names.filter(({ role }) => roles.includes(role)))
      codes.push((await outputOf(() => explainCommand(changed, { agent: String(account), era: 7 }))).code);
    expect(codes).toContain(1);
  });
});
