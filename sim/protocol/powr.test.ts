import { beforeEach, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, NODE_STATE, STEP } from './layout.ts';
import { attempt, readRecord, readTotals, settle, writeOnlineNodes, writeRecord } from './nodeWorld.ts';
import { powrExponents, scoreFp } from './powr.ts';
import type { State } from './state.ts';
import { createWorld, enterSettlement, eventsOf, forgetEvents, setParam } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const { community, foundation, delegationVault, keeper, firstAgent } = ACCOUNT;
const RELEVANCE = { a: 4, b: 4, c: 4 };

let s: State;
beforeEach(() => {
  s = createWorld();
});

/** Online nodes 1 … n with these contributions, trust weight and quality 1. */
function writeWorkers(...acceptedWus: readonly number[]): void {
  writeOnlineNodes(
    s,
    acceptedWus.map(() => FP),
  );
  acceptedWus.forEach((acceptedWu, i) => {
    writeRecord(s, 'nodeEra', i + 1, { acceptedWu });
    writeRecord(s, 'nodeTrust', i + 1, { qualityFp: FP });
  });
}

function setPool(powrUnits: number): void {
  writeRecord(s, 'emissionTotals', 0, { powrUnits });
}

const pay = (): void => settle(s, ['computeEraMetrics', 'scoreNodes', 'payNodes']);
const walletOf = (node: number): number => walletUnits(s, firstAgent + node - 1);
const scoreOf = (node: number): number => readRecord(s, 'nodeEra', node).scoreFp;

describe('scoreFp', () => {
  it.each([
    // contribution, largest, quality, trust, a, b, c: score, by hand
    [5, 10, 900_000_000, 800_000_000, 4, 4, 4, 360_000_000], // ½ · 0.9 · 0.8
    [10, 10, FP, FP, 4, 4, 4, FP],
    [5, 10, 900_000_000, 800_000_000, 4, 0, 4, 400_000_000], // quality left out
    [5, 10, 900_000_000, 800_000_000, 0, 0, 0, FP], // everybody who works counts the same
    [5, 10, 900_000_000, 800_000_000, 8, 4, 4, 180_000_000], // ¼ · 0.72
    [1, 16, FP, FP, 1, 4, 4, 500_000_000], // fourth root of 1/16
    [0, 10, FP, FP, 4, 4, 4, 0],
    [0, 10, FP, FP, 0, 4, 4, 0], // no genuine work, whatever the exponent (POWR-2)
    [0, 0, FP, FP, 0, 0, 0, 0],
    [5, 10, 0, FP, 4, 4, 4, 0],
    [5, 10, 0, FP, 4, 0, 4, 500_000_000], // 0^0 is 1
  ])(
    'given C = %d of %d, Q = %d, R = %d and exponents %d/%d/%d quarters > is %d',
    (wu, most, q, r, a, b, c, result) => {
      expect(scoreFp(wu, most, q, r, { a, b, c })).toBe(result);
    },
  );
});

describe('powrExponents', () => {
  it.each([
    ['relevance', 0, { a: 4, b: 4, c: 4 }],
    ['reputation', 1, { a: 1, b: 0, c: 3 }],
    ['custom', 2, { a: 1, b: 2, c: 3 }],
  ])('given variant %s > are those of its definition', (_name, variant, exponents) => {
    setParam(s, 'powr.variant', variant);
    setParam(s, 'powr.exp4.a', 1);
    setParam(s, 'powr.exp4.b', 2);
    setParam(s, 'powr.exp4.c', 3);
    expect(powrExponents(s)).toEqual(exponents);
  });
});

describe('computeEraMetrics', () => {
  it('given audited work > quality is its mean by work units; given none > stays as it was', () => {
    writeWorkers(10, 20, 0);
    writeRecord(s, 'nodeEra', 1, { auditedWu: 140, auditedWuBps: 380_000 });
    settle(s, ['computeEraMetrics']);
    expect(readRecord(s, 'nodeTrust', 1).qualityFp).toBe(271_428_571); // ⌊38/140⌋
    expect(readRecord(s, 'nodeTrust', 2).qualityFp).toBe(FP);
    expect(readTotals(s).maxWu).toBe(20);
  });

  it('given an era with less work than the one before > forgets the old maximum', () => {
    writeWorkers(3, 2);
    writeRecord(s, 'nodeTotals', 0, { maxWu: 1_000 });
    settle(s, ['computeEraMetrics'], [1]);
    expect(readTotals(s).maxWu).toBe(3);
  });
});

describe('scoreNodes', () => {
  it('given nodes that are away or have left > scores the work they did all the same (NODE-14)', () => {
    writeWorkers(10, 10, 10, 10);
    writeRecord(s, 'nodes', 2, { state: NODE_STATE.removed });
    writeRecord(s, 'nodes', 3, { state: NODE_STATE.exiting });
    writeRecord(s, 'nodes', 4, { state: NODE_STATE.offline });
    settle(s, ['computeEraMetrics', 'scoreNodes']);
    expect([1, 2, 3, 4].map(scoreOf)).toEqual([FP, FP, FP, FP]);
    expect(readTotals(s).scoreSumFp).toBe(4 * FP);
  });

  it('given scores of the era before > overwrites them and their sum', () => {
    writeWorkers(10, 5);
    writeRecord(s, 'nodeEra', 2, { scoreFp: 77 });
    writeRecord(s, 'nodeTotals', 0, { scoreSumFp: 99 });
    settle(s, ['computeEraMetrics', 'scoreNodes'], [1]);
    expect([scoreOf(1), scoreOf(2), readTotals(s).scoreSumFp]).toEqual([FP, FP / 2, 1.5 * FP]);
  });
});

describe('payNodes', () => {
  it('given a pool > pays every node its share by score, to the owner, and nothing is left', () => {
    writeWorkers(10, 5, 5);
    setPool(1_000_001);
    const before = walletUnits(s, community);
    settle(s, ['computeEraMetrics', 'scoreNodes']);
    forgetEvents(s);
    settle(s, ['payNodes']);
    // Running sums ½, ¾ and 1 of 1 000 001.
    expect([1, 2, 3].map(walletOf)).toEqual([500_000, 250_000, 250_001]);
    expect(walletUnits(s, community)).toBe(before - 1_000_001);
    expect(eventsOf(s).slice(0, 2)).toEqual([
      ['Moved', community, firstAgent, 500_000, MOVE.powrReward],
      ['RewardPaid', KIND.node, 1, firstAgent, 500_000, MOVE.powrReward],
    ]);
  });

  it('given a second era with another sum of scores > starts its running sum anew', () => {
    writeWorkers(10, 10);
    setPool(1_000);
    pay();
    writeRecord(s, 'nodeEra', 2, { acceptedWu: 5 });
    pay();
    // 500 each, then ⅔ and ⅓ of 1 000.
    expect([1, 2].map(walletOf)).toEqual([500 + 666, 500 + 334]);
  });

  it('given nobody who worked > the pool goes to the foundation, once, at the end', () => {
    writeWorkers(0, 0, 0);
    setPool(1_000);
    const before = walletUnits(s, foundation);
    settle(s, ['computeEraMetrics', 'scoreNodes']);
    forgetEvents(s);
    settle(s, ['payNodes'], [1]);
    expect(walletUnits(s, foundation)).toBe(before + 1_000);
    expect(eventsOf(s)).toEqual([['Moved', community, foundation, 1_000, MOVE.powrReward]]);
  });

  it('given no nodes at all > the pool goes to the foundation', () => {
    setPool(1_000);
    const before = walletUnits(s, foundation);
    pay();
    expect(walletUnits(s, foundation)).toBe(before + 1_000);
  });

  it('given delegations > shares deleg.pool_share_bps of the reward by stake, and sets the rest aside for them', () => {
    setParam(s, 'deleg.pool_share_bps', 5_000);
    writeWorkers(10);
    setPool(1_000);
    writeRecord(s, 'nodeCollateral', 1, { ownUnits: 300, delegatedUnits: 100 });
    const before = walletUnits(s, delegationVault);
    pay();
    expect(walletOf(1)).toBe(875); // 500 and ¾ of 500
    expect(walletUnits(s, delegationVault)).toBe(before + 125);
    expect(readRecord(s, 'nodeCollateral', 1)).toMatchObject({
      rewardUnits: 500,
      rewardWeight: 400,
      runningUnits: 300,
    });
  });

  it('given a working node without a reward > its delegators are owed nothing', () => {
    writeWorkers(10, 0);
    setPool(1_000);
    const stale = { ownUnits: 5, delegatedUnits: 5, rewardUnits: 70, rewardWeight: 10, runningUnits: 5 };
    writeRecord(s, 'nodeCollateral', 2, stale);
    pay();
    expect(readRecord(s, 'nodeCollateral', 2)).toMatchObject({ rewardUnits: 0, rewardWeight: 0, runningUnits: 0 });
  });

  it('given a node that was removed after it had scored > pays its owner all of it', () => {
    writeWorkers(10, 10);
    writeRecord(s, 'nodeCollateral', 1, { delegatedUnits: 100 });
    setPool(1_000);
    settle(s, ['computeEraMetrics', 'scoreNodes']);
    writeRecord(s, 'nodes', 1, { state: NODE_STATE.removed });
    settle(s, ['payNodes']);
    expect([1, 2].map(walletOf)).toEqual([500, 500]);
  });

  it('given a second call for the same era > is refused (INV-42)', () => {
    writeWorkers(10);
    setPool(1_000);
    pay();
    expect(attempt(s, 'payNodes', keeper, [0, 1])).toEqual(['StepOutOfOrder', STEP.payNodes, STEP.payNodes + 1]);
    expect(s.clockTotals[F.clockTotals.stepsDone]).toBe(STEP.payNodes);
  });

  it.each(['computeEraMetrics', 'scoreNodes', 'payNodes'] as const)(
    '%s > given an era that is not over > refuses',
    (name) => {
      expect(attempt(s, name, keeper, [0, 0])).toEqual(['StepOutOfOrder', STEP[name], 0]);
      enterSettlement(s, STEP[name]);
      expect(attempt(s, name, keeper, [1, 1])).toEqual(['CursorMismatch', 1, 0]);
    },
  );
});

describe('what PoWR rewards (POWR-5)', () => {
  it('given the same task > the better result earns more than the one that burnt more compute', () => {
    // Contribution is the task's work units, whatever was burnt; qualities 0.9 and 0.6 were measured by audits.
    writeWorkers(100, 100);
    writeRecord(s, 'nodeEra', 1, { auditedWu: 100, auditedWuBps: 900_000 });
    writeRecord(s, 'nodeEra', 2, { auditedWu: 100, auditedWuBps: 600_000 });
    setPool(15_000);
    pay();
    expect([1, 2].map(walletOf)).toEqual([9_000, 6_000]);
  });

  it('given twice the work at the same quality > twice the reward', () => {
    expect(scoreFp(10, 10, FP / 2, FP / 2, RELEVANCE)).toBe(2 * scoreFp(5, 10, FP / 2, FP / 2, RELEVANCE));
  });
});
