/** `powr explain` on a stored run in which tokens move in every way: each amount, of every agent, in every era. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../engine/scenario.ts';
import { type AgentHistory, type AgentName, readAgent, readAgentNames } from '../store/readAgent.ts';
import { readText } from '../store/readRun.ts';
import { exitCodeOf, UsageError } from './exitCodes.ts';
import { type EraExplanation, explainAgent } from './explain.ts';
import { explainCommand, findAgent, protocolNumbers, rulesOf } from './explainCommand.ts';
import { MONEY_COLUMNS, type MoneyLine } from './explainIncome.ts';
import { renderExplanation } from './explainText.ts';
import { loadScenarioFile } from './loadFile.ts';
import { runSession } from './session.ts';
import { outputOf } from './testOutput.ts';

const builtDir = process.env.POWR_BUILD ?? '';

const SCENARIO = `version: 1
name: explained
seed: 1
eras: 12
ledger: core
inference: { mode: replay, pool_samples: 60 }
params:
  val.audit_bps: 5000
  val.samples: 5
  val.task_fee: 1 DN
  val.slash_copy_bps: 200
  val.copy_false_bps: 500
  val.slash_noshow_bps: 300
  model.register_fee: 2 DN
  model.register_stake: 10 DN
  node.reserve_deadline_s: 40000
  node.exit_eras: 2
  node.exit_error_budget: 0
  deleg.unbond_eras: 2
  deleg.pool_share_bps: 6000
  rotate.period_eras: 2
  powr.variant: custom
  powr.exp4.a: 3
populations:
  - { role: creator, count: 2, strategy: improver, options: { cycle_eras: 2 } }
  - { role: creator, count: 1, strategy: spammer, options: { per_era: 1, limit: 3 } }
  - { role: miner, count: 4, strategy: steady, options: { exit_era: 6, outage_bps: 300 } }
  - { role: miner, count: 2, strategy: whitewasher, open: 5000 DN }
  - { role: miner, count: 1, strategy: cheater, options: { outage_bps: 10000 } }
  - { role: validator, count: 3, strategy: diligent, options: { skill_bps: 7000 } }
  - { role: validator, count: 3, strategy: copier, options: { noise_bps: 10000 } }
  - { role: consumer, count: 6, strategy: honest, demand: { poisson: 0.5 per slot } }
  - { role: consumer, count: 1, strategy: spammer }
  - { role: delegator, count: 4, strategy: yield-seeker }
`;

const place = mkdtempSync(join(tmpdir(), 'powr-explain-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

async function runOf(name: string, set: readonly string[] = []): Promise<{ directory: string; scenario: Scenario }> {
  const file = join(place, `${name}.yaml`);
  writeFileSync(file, SCENARIO);
  const loaded = loadScenarioFile(file, set);
  if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('; '));
  const directory = join(place, name);
  const { scenario, resolvedYaml, hash: scenarioHash } = loaded;
  await runSession({
    ...{ scenario, resolvedYaml, scenarioHash, builtDir, out: { directory } },
    scenarioFile: file,
    threads: 1,
    command: `powr run ${file}`,
  });
  return { directory, scenario };
}

let directory = '';
let scenario: Scenario;
let names: readonly AgentName[] = [];
const histories = new Map<number, AgentHistory>();
const explained = new Map<number, EraExplanation[]>();

beforeAll(async () => {
  ({ directory, scenario } = await runOf('run'));
  names = await readAgentNames(directory);
  const rules = rulesOf(await readText(directory, 'scenario.resolved.yaml'));
  for (const { account } of names) {
    const history = await readAgent(directory, account, protocolNumbers(rules));
    histories.set(account, history);
    explained.set(account, explainAgent(history, rules));
  }
});

const allEras = (): EraExplanation[] => [...explained.values()].flat();
const allLines = (): MoneyLine[] => allEras().flatMap(({ lines }) => lines);
const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
const rulesFor = async () => rulesOf(await readText(directory, 'scenario.resolved.yaml'));

describe('the explanation of every agent, in every era', () => {
  it('has lines that add up to each amount of the agent’s row', () => {
    expect(names).toHaveLength(27);
    for (const [account, eras] of explained) {
      expect(eras).toHaveLength(scenario.eras);
      for (const { era, row, lines } of eras) {
        for (const column of MONEY_COLUMNS) {
          const units = sum(lines.filter((line) => line.column === column).map((line) => line.units));
          expect({ account, era, column, units }).toEqual({ account, era, column, units: row[column] });
        }
      }
    }
  });

  it('gives for every line that the rules can derive the amount that they derive', () => {
    for (const { what, how, units, byRuleUnits } of allLines())
      if (byRuleUnits !== null) expect({ what, how, units: byRuleUnits }).toEqual({ what, how, units });
    const derived = allLines().filter(({ byRuleUnits }) => byRuleUnits !== null);
    for (const cited of [
      'F-32',
      'F-4',
      'F-36',
      'F-9',
      'MODEL-16',
      'ECON-2',
      'DELEG-2',
      'OP-20',
      'NODE-2',
      'VAL-16',
      'MODEL-2',
    ])
      expect(derived.filter(({ rules }) => rules.includes(cited)).length, cited).toBeGreaterThan(0);
  });

  it('cites a rule for every amount, and says how it came about', () => {
    for (const { what, rules, how } of allLines()) {
      expect(rules.length, what).toBeGreaterThan(0);
      expect(how, what).not.toBe('');
    }
  });

  it('comes to every standing by its rule', () => {
    const standings = allEras().flatMap((era) => era.standings);
    for (const { entity, afterFp, byRuleFp } of standings)
      expect({ entity, byRuleFp }).toEqual({ entity, byRuleFp: afterFp });
    for (const measure of ['trust weight', 'reputation', 'market rank'] as const)
      expect(standings.filter((one) => one.measure === measure && one.beforeFp !== one.afterFp).length).toBeGreaterThan(
        5,
      );
  });

  it('follows every wallet from its opening to its end', () => {
    for (const [account, eras] of explained) {
      const population = scenario.populations.find(
        ({ role, strategy }) =>
          role === names.find((one) => one.account === account)!.role &&
          strategy === names.find((one) => one.account === account)!.strategy,
      )!;
      expect(eras[0]!.wallet.beforeUnits, `account ${account}`).toBe(population.openUnits);
      for (const { row, wallet } of eras)
        expect(wallet.beforeUnits + sum(wallet.flows.map(({ units }) => units))).toBe(row.walletUnits);
    }
  });

  it('finds nothing that disagrees', () => {
    expect(allEras().flatMap(({ disagreements }) => disagreements)).toEqual([]);
  });

  it('tells of losses: when, and under which rule', () => {
    const losses = allLines().filter(({ column }) => column === 'penaltyUnits');
    const cited = new Set(losses.flatMap(({ rules }) => rules));
    for (const rule of ['NODE-2', 'VAL-14', 'SLASH-7']) expect(cited).toContain(rule);
    for (const { numbers, how } of losses) expect(how).toContain(`slot ${numbers.slot}`);
  });

  it('tells what happened to nodes, models and validators', () => {
    const happened = allEras().flatMap(({ happenings }) => happenings);
    for (const text of [
      '→ online',
      'offline',
      '→ exiting',
      '→ live',
      '→ active',
      'was found copied',
      'audit of an output',
    ])
      expect(
        happened.some(({ what }) => what.includes(text)),
        text,
      ).toBe(true);
  });
});

describe('a stored amount that was changed', () => {
  const withEvents = (account: number, change: (event: AgentHistory['events'][number]) => object): AgentHistory => {
    const history = histories.get(account)!;
    return { ...history, events: history.events.map((event) => ({ ...event, ...change(event) })) };
  };
  const disagreements = async (history: AgentHistory) =>
    explainAgent(history, await rulesFor()).flatMap((era) => era.disagreements.map(({ what }) => what));

  it('given a call that paid one unit more > is found in the column, by the rule, and in the wallet', async () => {
    const miner = names.find(
      ({ role, account }) => role === 'miner' && sum(explained.get(account)!.map(({ row }) => row.callUnits)) > 0,
    )!;
    let done = false;
    const changed = withEvents(miner.account, (event) => {
      if (done || event.name !== 'Moved' || event.d !== 12) return {};
      done = true;
      return { c: event.c + 1 };
    });
    const found = await disagreements(changed);
    expect(found).toEqual(expect.arrayContaining(['callUnits', 'walletUnits']));
    expect(found.some((what) => what.includes('by its rule'))).toBe(true);
  });

  it('given a score, a weight or a count that was another > is found by the rule', async () => {
    const rules = await rulesFor();
    for (const account of histories.keys()) {
      const history = histories.get(account)!;
      const role = names.find((one) => one.account === account)!.role;
      if (role !== 'miner' || sum(history.nodes.map(({ rewardUnits }) => rewardUnits)) === 0) continue;
      const changed = {
        ...history,
        nodes: history.nodes.map((node) => ({ ...node, trustFp: node.trustFp + 1_000_000 })),
      };
      expect(explainAgent(changed, rules).some((era) => era.disagreements.length > 0)).toBe(true);
      const judged = {
        ...history,
        nodes: history.nodes.map((node) => ({ ...node, acceptedCount: 0, checkedCount: 1 })),
      };
      expect(explainAgent(judged, rules).some((era) => era.disagreements.length > 0)).toBe(true);
      return;
    }
    throw new Error('no miner was rewarded');
  });
});

describe('powr explain', () => {
  const explain = (agent: string, rest: { era?: number; json?: boolean } = {}, where = directory) =>
    outputOf(() => explainCommand(where, { agent, ...rest }));
  const refusalOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(exitCodeOf(error)).toBe(2);
    return (error as Error).message;
  };
  const richest = (role: string): AgentName =>
    names
      .filter((one) => one.role === role)
      .sort((a, b) => {
        const income = ({ account }: AgentName) => sum(explained.get(account)!.map(({ row }) => row.rewardUnits));
        return income(b) - income(a);
      })[0]!;

  it('prints rules, numbers and standing of an era, and says that all adds up', async () => {
    const miner = richest('miner');
    const era = explained.get(miner.account)!.find(({ row }) => row.rewardUnits > 0)!.era;
    const { code, stdout } = await explain(String(miner.account), { era });
    expect(code).toBe(0);
    expect(stdout).toContain(`${miner.name} · account ${miner.account} · miner`);
    expect(stdout).toMatch(/PoWR reward of node \d+ {2}\[F-4, POWR-7/);
    expect(stdout).toMatch(/c = [\d,]+ of [\d,]+ WU = [\d.]+ %, Q [\d.]+ %.*, R [\d.]+ %: S = c\^3\/4·Q·R/);
    expect(stdout).toMatch(/completion +[\d.]+ % → [\d.]+ %/);
    expect(stdout).toContain('every amount adds up');
    expect(stdout).not.toContain('\u001b');
    expect(stdout.match(/^era /gm)).toHaveLength(1);
  });

  it('given no era > tells all of them, draws the quiet ones together, and adds up', async () => {
    const { stdout } = await explain(String(richest('validator').account));
    for (const part of ['validator pay of validator', '[F-36', 'reputation of validator', '[F-6]', 'eras 0 to 11'])
      expect(stdout).toContain(part);
    const idle = names.find(({ strategy, role }) => role === 'consumer' && strategy === 'spammer')!;
    expect((await explain(String(idle.account))).stdout).toContain('of them rejected');
  });

  it('given --json > the same, with every number', async () => {
    const { account, name } = richest('creator');
    const { code, stdout } = await explain(name, { json: true });
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as { isExact: boolean; totals: Record<string, number>; eras: EraExplanation[] };
    expect(found.isExact).toBe(true);
    expect(found.eras).toEqual(JSON.parse(JSON.stringify(explained.get(account))));
    expect(found.totals.rewardUnits).toBe(sum(found.eras.map(({ row }) => row.rewardUnits)));
  });

  it('finds an agent by account, by name in any case, and by a part that only one has', () => {
    const { account, name } = names[3]!;
    expect(findAgent(String(account), names).name).toBe(name);
    expect(findAgent(` ${name.toUpperCase()} `, names).account).toBe(account);
    expect(findAgent(name.split(' ').slice(0, 2).join(' '), names).account).toBe(account);
  });

  it.each([
    ['31', 'No agent has account 31; they are 32 to 58'],
    ['nobody at all', 'No agent is called "nobody at all"'],
    ['lab', '3 agents are called so'],
    ['', 'No agent is called ""'],
  ])('given the agent %j > refuses and lists agents', (wanted, said) => {
    expect(() => findAgent(wanted, names)).toThrow(UsageError);
    expect(() => findAgent(wanted, names)).toThrow(said);
  });

  it('given an era that there is not > says which there are', async () => {
    expect(await refusalOf(explain('32', { era: 12 }))).toContain('eras 0 to 11, not 12');
  });

  it('given a run without events, without agents or of an older version > says how to record them', async () => {
    const quiet = await runOf('quiet', ['eras=1', 'record.events=none']);
    expect(await refusalOf(explain('32', {}, quiet.directory))).toContain('record: { events: all }');
    const nobody = await runOf('nobody', ['eras=1', 'record.agents=none']);
    expect(await refusalOf(explain('32', {}, nobody.directory))).toContain('record: { agents: all }');
    const old = join(place, 'old');
    cpSync(directory, old, { recursive: true });
    rmSync(join(old, 'nodes.parquet'));
    expect(await refusalOf(explain('32', {}, old))).toContain('older than the table nodes');
    expect(await refusalOf(explain('32', {}, place))).toContain('not the directory of a run');
  });

  it('given an amount that differs > says so in the text', async () => {
    const agent = names[0]!;
    const [first, ...rest] = explained.get(agent.account)!;
    const wrong = { ...first!, disagreements: [{ what: 'rewardUnits', explained: 1, stored: 2 }] };
    const text = renderExplanation({ agent, run: 'x', decimals: 6, eras: [wrong, ...rest] }, false);
    expect(text).toContain('DIFFERS rewardUnits: explained 1, stored 2');
    expect(text).toContain('1 amounts differ');
  });
});

describe('the command line', () => {
  const powr = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(builtDir, 'sim/cli/main.js'), ...args], {
      cwd: place,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { status, stdout, stderr };
  };

  it.each(['params', 'strategies', 'schema', 'init', 'query', 'explain'])(
    'powr %s --help > has an example and --json',
    (command) => {
      const { status, stdout } = powr(command, '--help');
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:\\n {2}powr ${command}`));
      expect(stdout).toContain('--json');
    },
  );

  it('from a new scenario to the explanation of one of its agents', () => {
    expect(powr('init', 'first').stdout).toContain('next: powr run first.yaml');
    const run = powr('run', 'first.yaml', '--inference', 'replay', '--out', 'first', '--no-report', '--quiet');
    expect(run.status, run.stderr).toBe(0);
    const asked = powr(
      'query',
      'first',
      "SELECT account FROM agents WHERE role = 'miner' ORDER BY account LIMIT 1",
      '--csv',
    );
    expect(asked).toMatchObject({ status: 0, stderr: '' });
    const account = asked.stdout.split('\n')[1]!;
    const told = powr('explain', 'first', '--agent', account);
    expect(told).toMatchObject({ status: 0, stderr: '' });
    expect(told.stdout).toContain('every amount adds up');
  });

  it.each([
    [['params', 'val.group_sise'], 'did you mean "val.group_size"?'],
    [['strategies', 'minr'], 'did you mean "miner"?'],
    [['init', 'Not A Name'], 'Cannot name a scenario'],
    [['query', 'run', 'SELEC 1'], 'query:1:'],
    [['query', 'nowhere', 'SELECT 1'], 'neither the directory of a run nor a directory of runs'],
    [['explain', 'run'], '--agent'],
    [['explain', 'run', '--agent', '1'], 'No agent has account 1'],
  ] as const)('powr %s > exit 2, without a stack trace', (args, said) => {
    const { status, stdout, stderr } = powr(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});
