/** Losses that few runs have, from events as the rules emit them: each cites its rule, and its amount is what was moved. */
import { describe, expect, it } from 'vitest';
import type {
  AgentRow,
  AuditRow,
  DelegationRow,
  EraRow,
  Manifest,
  ModelRow,
  NodeRow,
  ValidatorRow,
} from '../engine/trace.ts';
import { type EventName, MOVE } from '../protocol/events.ts';
import { ACCOUNT, KIND, MODEL_STATE, NODE_STATE, TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { PARAMS } from '../protocol/params.ts';
import type { AgentHistory, EventOfAgent } from '../store/readAgent.ts';
import { columnsOf, type TableName } from '../store/tables.ts';
import { explainAgent } from './explain.ts';
import type { MoneyLine, Rules } from './explainIncome.ts';

const ME = 40;
const TOKEN = 1_000_000;

/** A row of zeros and empty texts, but for `own`. */
function rowOf<T>(table: TableName, own: Partial<T>): T {
  const zeros = columnsOf(table).map(({ field, type }) => [field, type === 'VARCHAR' ? '' : 0]);
  return { ...Object.fromEntries(zeros), ...own } as T;
}

const rules: Rules = {
  decimals: 6,
  value(key) {
    const spec = PARAMS.find((one) => one.key === key)!;
    if (spec.unit === 'milliTokens') return spec.fallback * (TOKEN / 1_000);
    return spec.unit === 'tokens' ? spec.fallback * TOKEN : spec.fallback;
  },
};

/** Events of one block, in order. */
function eventsOf(...list: readonly (readonly [EventName, ...number[]])[]): EventOfAgent[] {
  return list.map(([name, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0], row) => ({
    ...{ era: 0, slot: 7, phase: 0, row, name },
    ...{ a, b, c, d, e, f },
  }));
}

function explain(penaltyUnits: number, events: readonly EventOfAgent[], rest: Partial<AgentHistory> = {}) {
  const history: AgentHistory = {
    manifest: {} as Manifest,
    scenarioYaml: '',
    account: ME,
    eras: [rowOf<EraRow>('metrics', {})],
    agents: [rowOf<AgentRow>('agents', { account: ME, role: 'miner', penaltyUnits })],
    ...{ nodes: [], validators: [], delegations: [], models: [], calls: [] },
    ...{ providers: [], slarks: [], challenges: [], leases: [], economics: [], fizz: [], audits: [] },
    events,
    ...rest,
  };
  return explainAgent(history, rules)[0]!;
}

const inSum = { before: 0, sum: 1 };
const node = { ...rowOf<NodeRow>('nodes', { node: 3, account: ME, state: 'exiting' }), score: inSum, maxWu: 0 };

function onlyLine(lines: readonly MoneyLine[]): MoneyLine {
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

describe('losses', () => {
  it('an exiting node’s error beyond its budget > NODE-13, a share of its stake', () => {
    const { lines, disagreements } = explain(
      10 * TOKEN,
      eventsOf(
        ['Moved', ACCOUNT.stakeVault, ACCOUNT.treasury, 10 * TOKEN, MOVE.penalty],
        ['Slashed', KIND.node, 3, 10 * TOKEN],
        ['StakeChanged', KIND.node, 3, 490 * TOKEN, 0],
      ),
      { nodes: [node] },
    );
    expect(onlyLine(lines)).toMatchObject({ units: 10 * TOKEN, rules: ['NODE-13'], byRuleUnits: 10 * TOKEN });
    expect(lines[0]!.how).toBe('an error beyond the budget of an exiting node: 2 % of a stake of 500 DN (slot 7)');
    expect(disagreements.filter(({ what }) => what.includes('penalty'))).toEqual([]);
  });

  it('a reservation that ran out > NODE-2, told from an exit error by the release in the same block', () => {
    const { lines } = explain(
      25 * TOKEN,
      eventsOf(
        ['Moved', ACCOUNT.stakeVault, ACCOUNT.treasury, 25 * TOKEN, MOVE.penalty],
        ['Slashed', KIND.node, 3, 25 * TOKEN],
        ['StakeChanged', KIND.node, 3, 475 * TOKEN, 0],
        ['Transition', KIND.node, 3, ACCOUNT.keeper, NODE_STATE.reserved, NODE_STATE.released],
      ),
      { nodes: [node] },
    );
    expect(onlyLine(lines)).toMatchObject({ units: 25 * TOKEN, rules: ['NODE-2'], byRuleUnits: 25 * TOKEN });
  });

  it('restitution and a burnt licence > SLASH-1 and OP-63, each in its column', () => {
    const { lines } = explain(
      0,
      eventsOf(
        ['Moved', ACCOUNT.slashPot, ME, 9 * TOKEN, MOVE.restitution],
        ['Moved', ACCOUNT.slashPot, ACCOUNT.foundation, 5 * TOKEN, MOVE.restitution],
        ['Burnt', ME, 100 * TOKEN],
        ['Burnt', ACCOUNT.callEscrow, 3 * TOKEN],
      ),
    );
    expect(lines.map(({ column, units, rules: cited }) => [column, units, cited[0]])).toEqual([
      ['restitutionUnits', 9 * TOKEN, 'SLASH-1'],
      ['spentUnits', 100 * TOKEN, 'SLARK-7'],
    ]);
  });

  it('a model that the protocol removed > MODEL-15', () => {
    const model = {
      ...rowOf<ModelRow>('models', { model: 2, account: ME }),
      servedWu: 0,
      wu: inSum,
    };
    const { lines } = explain(
      7 * TOKEN,
      eventsOf(
        ['Transition', KIND.model, 2, ACCOUNT.keeper, MODEL_STATE.live, MODEL_STATE.removed],
        ['Moved', ACCOUNT.stakeVault, ACCOUNT.treasury, 7 * TOKEN, MOVE.penalty],
        ['Slashed', KIND.model, 2, 7 * TOKEN],
        ['StakeChanged', KIND.model, 2, 0],
      ),
      { models: [model] },
    );
    expect(onlyLine(lines)).toMatchObject({ units: 7 * TOKEN, rules: ['MODEL-15'], byRuleUnits: 7 * TOKEN });
  });

  it('a slash of a validator > VAL-14: the owner’s part of it, and for what', () => {
    const validator = {
      ...rowOf<ValidatorRow>('validators', { validator: 5, account: ME, copiedCount: 2 }),
      payWeight: inSum,
      potUnits: 0,
    };
    const { lines } = explain(
      60 * TOKEN,
      eventsOf(
        ['Moved', ACCOUNT.stakeVault, ACCOUNT.treasury, 60 * TOKEN, MOVE.slash],
        ['Slashed', KIND.validator, 5, 100 * TOKEN],
        ['StakeChanged', KIND.validator, 5, 940 * TOKEN, 500 * TOKEN],
      ),
      { validators: [validator] },
    );
    expect(onlyLine(lines)).toMatchObject({ units: 60 * TOKEN, rules: ['VAL-14', 'SLASH-7'] });
    expect(lines[0]!.how).toBe(
      '2 copied results at 5 % each of all stake in it: 100 DN, of which its delegators bear 40 DN (slot 7)',
    );
  });

  it('a delegation that bears a slash > DELEG-5; the slash of another, and a change without a loss, are none of it', () => {
    const delegation = {
      ...rowOf<DelegationRow>('delegations', { delegation: 9, account: ME, targetKind: 'validator', target: 5 }),
      ...{ eligible: inSum, eligibleOfTarget: inSum, targetOwnUnits: 0, targetRewardUnits: 0 },
    };
    const events = eventsOf(
      ['Moved', ACCOUNT.delegationVault, ACCOUNT.treasury, 33 * TOKEN, MOVE.slash],
      ['DelegationChanged', 8, 5, 0, 0],
      ['Moved', ACCOUNT.delegationVault, ACCOUNT.treasury, 40 * TOKEN, MOVE.slash],
      ['DelegationChanged', 9, 5, 460 * TOKEN, 0],
      ['StakeChanged', KIND.validator, 5, 940 * TOKEN, 460 * TOKEN],
      ['DelegationChanged', 9, 5, 461 * TOKEN, 0],
    );
    // As they are read: of other delegations only what was moved, not what it was for.
    const read = events.filter(({ name, a }) => name !== 'DelegationChanged' || a === 9);
    const { lines } = explain(40 * TOKEN, read, { delegations: [delegation] });
    expect(onlyLine(lines)).toMatchObject({ units: 40 * TOKEN, rules: ['SLASH-7', 'DELEG-5'] });
    expect(lines[0]!.how).toContain('its share of the slash of validator 5');
  });
});

describe('a row that its events do not give', () => {
  it('is told, with both amounts', () => {
    expect(explain(1, []).disagreements).toEqual([{ what: 'penaltyUnits', explained: 0, stored: 1 }]);
  });
});

describe('audits of the agent’s nodes', () => {
  const failed = (task: number): readonly [EventName, ...number[]] => [
    'TaskTallied',
    ...[task, TASK_KIND.output, node.node, VERDICT.fail, 0, 0],
  ];
  const told = (...events: readonly (readonly [EventName, ...number[]])[]): string[] =>
    explain(0, eventsOf(...events), { nodes: [node] }).happenings.map(({ what }) => what);

  it('one that failed without a sketch > says so, one whose sketch was revealed > does not (VAL-15)', () => {
    const [open, sealed] = told(['SketchRevealed', 5, node.node, 71, 72], failed(5), failed(6));
    expect(open).toBe('audit of an output of node 3: failed, 0.00 % of the weight said pass (task 5)');
    expect(sealed).toBe(
      'audit of an output of node 3: failed, 0.00 % of the weight said pass, no sketch was revealed (task 6)',
    );
  });

  it.each<readonly [string, Partial<AuditRow>, string]>([
    [
      'another variant, beyond the band',
      { conduct: 'substitute', served: 'en-m3', declared: 'en', distancePpb: 80_000_000, isSameText: 0 },
      'en-m3 was served for en; its text differs; its sketch lies 80,000,000 ppb from an execution: beyond 300,000, where another model is certain',
    ],
    [
      'another variant between the bands',
      {
        conduct: 'substitute',
        served: 'en-fp16',
        declared: 'en',
        distancePpb: 200_000,
        isSameText: 1,
        isSecondLook: 1,
      },
      'en-fp16 was served for en; its sketch lies 200,000 ppb from an execution: between 50,000 and 300,000, looked at again',
    ],
    [
      'a copied sketch',
      { conduct: 'copied', served: 'en', declared: 'en', distancePpb: 1_400_000_000, isSameText: 1 },
      'its sketch was copied; its sketch lies 1,400,000,000 ppb from an execution: beyond 300,000, where another model is certain',
    ],
    [
      'an honest answer that a majority rejected',
      { conduct: 'honest', served: 'en', declared: 'en', distancePpb: 900, isSameText: 1 },
      'its sketch lies 900 ppb from an execution: within 50,000, as an honest execution',
    ],
    [
      'something that is no output',
      { conduct: 'unopened', distancePpb: -1, isSameText: -1 },
      'what it revealed is no output that anybody has executed',
    ],
  ])('given %s > names what was served, the distance and the band', (_, own, expected) => {
    const audits = [rowOf<AuditRow>('audits', { task: 5, acceptPpb: 50_000, rejectPpb: 300_000, ...own })];
    const { happenings } = explain(0, eventsOf(['SketchRevealed', 5, node.node, 71, 72], failed(5)), {
      nodes: [node],
      audits,
    });
    expect(happenings[0]!.what).toBe(
      `audit of an output of node 3: failed, 0.00 % of the weight said pass (task 5); ${expected}`,
    );
  });
});
