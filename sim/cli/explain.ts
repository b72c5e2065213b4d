/**
 * Why one agent earned, lost and moved, era by era: puts the lines of its money, its standings, its wallet and what
 * happened to it together, and checks that they add up to the rows of the table `agents`.
 */

import type { AgentRow, AuditRow } from '../engine/trace.ts';
import { MOVE } from '../protocol/events.ts';
import {
  FIZZ_STATE,
  KIND,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  SLARK_STATE,
  TASK_KIND,
  VALIDATOR_STATE,
  VERDICT,
} from '../protocol/layout.ts';
import type { AgentHistory, EventOfAgent } from '../store/readAgent.ts';
import { grouped, percent, tokens } from './amounts.ts';
import {
  type EraOfAgent,
  MONEY_COLUMNS,
  type MoneyColumn,
  type MoneyLine,
  moneyLines,
  type Rules,
} from './explainIncome.ts';
import { createMarketBook, type MarketOfEra, TO_ESCROW } from './explainMarket.ts';
import { providerStory, slarkStory, type TierStory } from './explainServices.ts';
import { createStandingTracker, type Standing } from './explainStanding.ts';
import { createRuleLedger } from './ruleLedger.ts';

/** Something that happened to the agent and moved no tokens, or says why they moved. */
export type Happening = { readonly slot: number; readonly rules: readonly string[]; readonly what: string };

/** What came into the wallet (prepaid calls included) or left it, by reason. */
export type Flow = { readonly reason: string; readonly units: number };

/** An amount that the lines do not give as the table has it: a bug. */
export type Disagreement = { readonly what: string; readonly explained: number; readonly stored: number };

export type EraExplanation = {
  readonly era: number;
  readonly row: AgentRow;
  readonly lines: readonly MoneyLine[];
  readonly standings: readonly Standing[];
  /** Of its providers and licences. */
  readonly tiers: readonly TierStory[];
  readonly happenings: readonly Happening[];
  readonly wallet: { readonly beforeUnits: number; readonly afterUnits: number; readonly flows: readonly Flow[] };
  /** Standing of the agent in the era before; −1 if it had none. */
  readonly standingBeforeFp: number;
  readonly disagreements: readonly Disagreement[];
};

const REASONS: ReadonlyMap<number, string> = new Map([
  [MOVE.genesis, 'opening wallet'],
  [MOVE.transfer, 'transfers'],
  [MOVE.stake, 'staked'],
  [MOVE.unstake, 'stake returned'],
  [MOVE.delegate, 'delegated'],
  [MOVE.release, 'delegations released'],
  [MOVE.callCreator, 'calls'],
  [MOVE.callNode, 'calls'],
  [MOVE.taskFee, 'task fees'],
  [MOVE.registerFee, 'registration fees'],
  [MOVE.powrReward, 'PoWR rewards'],
  [MOVE.validatorReward, 'validator pay'],
  [MOVE.creatorReward, 'creators’ emission'],
  [MOVE.stakerReward, 'stakers’ emission'],
  [MOVE.delegatorReward, 'shares of rewards'],
  [MOVE.livenessReward, 'liveness'],
  [MOVE.slarkReward, 'Slarks’ rewards'],
  [MOVE.restitution, 'restitution'],
  [MOVE.licence, 'licences'],
  [MOVE.fizzReward, 'fizz rewards'],
  [MOVE.fizzFee, 'registration fees'],
  [MOVE.leasePayment, 'leases'],
  [MOVE.gatewayShare, 'gateway’s parts'],
  [MOVE.matchReward, 'matches'],
]);

/** Leaves the wallet as the table counts it: prepaid calls and what is in escrow wallets are the agent's own. */
const NEUTRAL: readonly number[] = [MOVE.prepay, MOVE.refund, ...TO_ESCROW];

function flowsOf(era: EraOfAgent, account: number, market: MarketOfEra): Flow[] {
  const flows = new Map<string, number>();
  const add = (reason: string, units: number): void => {
    flows.set(reason, (flows.get(reason) ?? 0) + units);
  };
  for (const { name, a: from, b: to, c: units, d: reason } of era.events) {
    if (name !== 'Moved' || NEUTRAL.includes(reason)) continue;
    const text = REASONS.get(reason) ?? `reason ${reason}`;
    if (to === account) add(text, units);
    if (from === account) add(text, -units);
  }
  for (const { name, a: from, b: units } of era.events)
    if (name === 'Burnt' && from === account) add('licences', -units);
  for (const { feeUnits } of era.calls) if (feeUnits > 0) add('calls paid', -feeUnits);
  for (const { reason, units } of market.flows) add(reason, units);
  return [...flows].map(([reason, units]) => ({ reason, units }));
}

const namesOf = (states: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(states).map(([name, code]) => [code, name]));

const MACHINES: ReadonlyMap<
  number,
  { readonly noun: string; readonly rule: string; readonly names: ReadonlyMap<number, string> }
> = new Map([
  [KIND.model, { noun: 'model', rule: 'SM-1', names: namesOf(MODEL_STATE) }],
  [KIND.node, { noun: 'node', rule: 'SM-2', names: namesOf(NODE_STATE) }],
  [KIND.validator, { noun: 'validator', rule: 'SM-3', names: namesOf(VALIDATOR_STATE) }],
  [KIND.provider, { noun: 'provider', rule: 'SM-14', names: namesOf(PROVIDER_STATE) }],
  [KIND.slark, { noun: 'licence', rule: 'SM-5', names: namesOf(SLARK_STATE) }],
  [KIND.fizz, { noun: 'fizz node', rule: 'SM-12', names: namesOf(FIZZ_STATE) }],
]);

const TASKS: ReadonlyMap<number, readonly [what: string, rule: string]> = new Map([
  [TASK_KIND.modelMetadata, ['metadata of model', 'MODEL-3']],
  [TASK_KIND.nodeMetadata, ['metadata of node', 'NODE-6']],
  [TASK_KIND.model, ['functional check of model', 'MODEL-5']],
  [TASK_KIND.node, ['validation of node', 'NODE-7']],
  [TASK_KIND.output, ['audit of an output of node', 'VAL-15']],
]);

const verdictText = (verdict: number): string =>
  verdict === VERDICT.pass ? 'passed' : verdict === VERDICT.fail ? 'failed' : 'no consensus';

/** Option of `val.proof` under which an audited node reveals its sketch. */
const PROOF_SKETCH = 1;

/** What the validators found when they held the sketch against an own execution (VAL-15). */
function auditText(row: AuditRow): string {
  const { conduct, served, declared, distancePpb, acceptPpb, rejectPpb, isSecondLook } = row;
  const what =
    conduct === 'substitute'
      ? `${served} was served for ${declared}`
      : conduct === 'copied'
        ? 'its sketch was copied'
        : conduct === 'unopened'
          ? 'what it revealed is no output that anybody has executed'
          : '';
  const text = row.isSameText === 0 ? 'its text differs' : '';
  const band =
    distancePpb > rejectPpb
      ? `beyond ${grouped(rejectPpb)}, where another model is certain`
      : distancePpb > acceptPpb
        ? `between ${grouped(acceptPpb)} and ${grouped(rejectPpb)}${isSecondLook === 1 ? ', looked at again' : ''}`
        : `within ${grouped(acceptPpb)}, as an honest execution`;
  const distance = distancePpb < 0 ? '' : `its sketch lies ${grouped(distancePpb)} ppb from an execution: ${band}`;
  return [what, text, distance].filter((part) => part !== '').join('; ');
}

type Vote = { readonly validator: number; readonly verdict: number };

/** What is known of the tasks that are open; carried from era to era. */
type OpenTasks = {
  /** Of the agent's validators, in the present round of each task. */
  readonly votes: Map<number, Vote[]>;
  /** Audits of the agent's nodes whose sketch it has revealed. */
  readonly revealed: Set<number>;
};

function happeningsOf(era: EraOfAgent, market: MarketOfEra, { votes, revealed }: OpenTasks, rules: Rules): Happening[] {
  const isOwn = (kind: number, subject: number): boolean =>
    kind === TASK_KIND.model || kind === TASK_KIND.modelMetadata
      ? era.models.some(({ model }) => model === subject)
      : era.nodes.some(({ node }) => node === subject);
  const found: Happening[] = [];
  const add = (event: EventOfAgent, rules: readonly string[], what: string): void => {
    found.push({ slot: event.slot, rules, what });
  };
  for (const { slot, rules: cited, what } of market.stories) found.push({ slot, rules: cited, what });
  for (const row of era.challenges) {
    if (row.outcome === 'passed' || !era.providers.some(({ provider }) => provider === row.provider)) continue;
    const asked = `${row.cpuCount} CPU, ${row.memoryGb} GB of memory, ${row.storageGb} GB of storage, ${row.gpuCount} GPU`;
    const counts = row.countsAs === row.outcome ? '' : `, counts as ${row.countsAs}`;
    found.push({
      slot: row.slot,
      rules: ['SM-7', 'CHAL-9', 'F-12'],
      what: `provider ${row.provider}: challenge ${row.challenge} of class ${row.class} ${row.outcome}${counts}; ${row.passCount} for pass and ${row.failCount} for fail of ${row.seatCount} seats, asked for ${asked}`,
    });
  }
  for (const event of era.events) {
    const machine = event.name === 'Transition' ? MACHINES.get(event.a) : undefined;
    if (machine !== undefined) {
      const before = event.d === 0 ? 'new' : (machine.names.get(event.d) ?? String(event.d));
      add(event, [machine.rule], `${machine.noun} ${event.b}: ${before} → ${machine.names.get(event.e) ?? event.e}`);
    } else if (event.name === 'VestingChanged') {
      const left = tokens(event.b - event.c, rules.decimals);
      add(event, ['F-35', 'SLARK-12'], `delegation ${event.a}: ${left} of what was released still vest`);
    } else if (event.name === 'ResultSubmitted') {
      votes.set(event.a, [...(votes.get(event.a) ?? []), { validator: event.b, verdict: event.c }]);
    } else if (event.name === 'CopyFlagged') {
      add(event, ['VAL-9'], `validator ${event.b}: its report on task ${event.a} was found copied`);
    } else if (event.name === 'SketchRevealed') {
      revealed.add(event.a);
    } else if (event.name === 'TaskTallied') {
      const { a: task, b: kind, c: subject, d: outcome, e: agreeFp } = event;
      const [what, rule] = TASKS.get(kind) ?? ['task about', 'SM-4'];
      const cast = votes.get(task) ?? [];
      votes.delete(task);
      if (isOwn(kind, subject) && outcome !== VERDICT.pass) {
        const agreed = `${percent(agreeFp)} of the weight said pass`;
        const isSealed = kind === TASK_KIND.output && rules.value('val.proof') === PROOF_SKETCH && !revealed.has(task);
        const sealed = isSealed ? ', no sketch was revealed' : '';
        const audit =
          kind === TASK_KIND.output && revealed.has(task) ? era.audits.find((row) => row.task === task) : undefined;
        const found = audit === undefined ? '' : `; ${auditText(audit)}`;
        add(
          event,
          [rule, 'F-5'],
          `${what} ${subject}: ${verdictText(outcome)}, ${agreed}${sealed} (task ${task})${found}`,
        );
      }
      if (outcome === VERDICT.none) continue;
      revealed.delete(task);
      for (const { validator, verdict } of cast) {
        if (verdict === outcome) continue;
        const own = `validator ${validator} said ${verdictText(verdict)}`;
        add(event, ['F-5', 'F-6'], `${what} ${subject} ${verdictText(outcome)}, ${own} (task ${task})`);
      }
    }
  }
  return found.sort((a, b) => a.slot - b.slot);
}

function disagreementsOf(
  row: AgentRow,
  lines: readonly MoneyLine[],
  standings: readonly Standing[],
  stories: readonly Pick<TierStory, 'compared'>[],
  walletUnits: number,
): Disagreement[] {
  const found: Disagreement[] = [];
  const compare = (what: string, explained: number, stored: number): void => {
    if (explained !== stored) found.push({ what, explained, stored });
  };
  for (const column of MONEY_COLUMNS) {
    const units = lines.filter((line) => line.column === column).reduce((sum, line) => sum + line.units, 0);
    compare(column, units, row[column]);
  }
  for (const { what, byRuleUnits, units } of lines)
    if (byRuleUnits !== null) compare(`${what}, by its rule`, byRuleUnits, units);
  for (const { entity, measure, byRuleFp, afterFp } of standings)
    compare(`${measure} of ${entity}, by its rule`, byRuleFp, afterFp);
  for (const { compared } of stories) for (const { what, byRule, stored } of compared) compare(what, byRule, stored);
  compare('walletUnits', walletUnits, row.walletUnits);
  return found;
}

function groupByEra<T extends { readonly era: number }>(rows: readonly T[]): (era: number) => readonly T[] {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.era);
    if (group === undefined) groups.set(row.era, [row]);
    else group.push(row);
  }
  return (era) => groups.get(era) ?? [];
}

/** @returns one explanation per era, in order */
export function explainAgent(history: AgentHistory, rules: Rules): EraExplanation[] {
  const { account } = history;
  const tracker = createStandingTracker(rules);
  const ledger = createRuleLedger(rules);
  const book = createMarketBook(account, rules);
  const openTasks: OpenTasks = { votes: new Map(), revealed: new Set() };
  const of = {
    agents: groupByEra(history.agents),
    nodes: groupByEra(history.nodes),
    validators: groupByEra(history.validators),
    delegations: groupByEra(history.delegations),
    models: groupByEra(history.models),
    calls: groupByEra(history.calls),
    providers: groupByEra(history.providers),
    slarks: groupByEra(history.slarks),
    challenges: groupByEra(history.challenges),
    leases: groupByEra(history.leases),
    economics: groupByEra(history.economics),
    fizz: groupByEra(history.fizz),
    audits: groupByEra(history.audits),
    events: groupByEra(history.events),
  };
  let walletUnits: number | null = null;
  let standingBeforeFp = -1;
  return history.eras.map((eraRow): EraExplanation => {
    const { era: number } = eraRow;
    const era: EraOfAgent = {
      row: eraRow,
      nodes: of.nodes(number),
      validators: of.validators(number),
      delegations: of.delegations(number),
      models: of.models(number),
      calls: of.calls(number),
      providers: of.providers(number),
      slarks: of.slarks(number),
      challenges: of.challenges(number),
      leases: of.leases(number),
      economics: of.economics(number),
      fizz: of.fizz(number),
      audits: of.audits(number),
      events: of.events(number),
    };
    const row = of.agents(number)[0]!;
    const market = book.next(era);
    const lines = moneyLines(era, account, market, rules, ledger);
    const standings = tracker.next(era);
    const tiers = [
      ...era.providers.map((provider) => providerStory(provider, ledger, rules)),
      ...era.slarks.map((licence) => slarkStory(licence, ledger, rules)),
    ];
    const flows = flowsOf(era, account, market);
    const flowUnits = flows.reduce((sum, { units }) => sum + units, 0);
    // Nothing is stored of the wallet at genesis: before the first era it is what the era's moves leave over.
    const beforeUnits: number = walletUnits ?? row.walletUnits - flowUnits;
    const explanation: EraExplanation = {
      era: number,
      row,
      lines,
      standings,
      tiers,
      happenings: happeningsOf(era, market, openTasks, rules),
      wallet: { beforeUnits, afterUnits: row.walletUnits, flows },
      standingBeforeFp,
      disagreements: disagreementsOf(row, lines, standings, [...tiers, ...market.stories], beforeUnits + flowUnits),
    };
    walletUnits = row.walletUnits;
    standingBeforeFp = row.standingFp;
    return explanation;
  });
}

/** Sums of the money columns over eras. */
export function totalsOf(eras: readonly EraExplanation[]): Record<MoneyColumn, number> {
  return Object.fromEntries(
    MONEY_COLUMNS.map((column) => [column, eras.reduce((sum, { row }) => sum + row[column], 0)]),
  ) as Record<MoneyColumn, number>;
}
