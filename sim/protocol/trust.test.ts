import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FP, MAX_INT } from '../base/fixedPoint.ts';
import { ACCOUNT, NODE_STATE, STEP } from './layout.ts';
import { packNodeReport } from './nodeReport.ts';
import {
  addInState,
  addOnline,
  attempt,
  dumpLedger,
  perform,
  readRecord,
  readTotals,
  settle,
  writeOnlineNodes,
  writeRecord,
} from './nodeWorld.ts';
import type { State } from './state.ts';
import { createWorld, enterSettlement, eventsOf, forgetEvents, leaveSettlement, setParam } from './taskWorld.ts';
import { isWorking, recordOffence, shareFp, speedFp, stabilityFp, trustFpOf } from './trust.ts';

const QUIET = { fullHours: 0, taskHours: 0, breachedHours: 0, flapCount: 0, streakCount: 0, offlineSinceS: 0 };
/** A half-life of one era: an indicator moves half of the way to its sample, so the results can be checked by eye. */
const HALF = FP / 2;

let s: State;
beforeEach(() => {
  s = createWorld();
  setParam(s, 'trust.half_life_eras', 1);
  setParam(s, 'trust.behaviour_half_life', 1);
});

function report(node: number, parts: Partial<Parameters<typeof packNodeReport>[0]>): void {
  const [hours, breaches, beats, offlineSinceS] = packNodeReport({
    ...QUIET,
    answeredCount: 0,
    expectedCount: 0,
    meanMs: 0,
    ...parts,
  });
  perform(s, 'reportNodes', ACCOUNT.keeper, [node - 1, node], [hours, breaches, beats, offlineSinceS]);
}

describe('shareFp', () => {
  it.each([
    [0, 3, 0],
    [1, 3, 333_333_333],
    [3, 3, FP],
    [4, 3, FP],
  ])('given %d of %d > is %d', (part, whole, result) => {
    expect(shareFp(part, whole)).toBe(result);
  });
});

describe('stabilityFp', () => {
  it.each([
    // answered, expected, flaps, penalty: result
    [1_440, 1_440, 0, 20_000_000, FP],
    [1_440, 1_440, 3, 20_000_000, 940_000_000],
    [720, 1_440, 1, 20_000_000, 480_000_000],
    [72, 1_440, 2, 20_000_000, 10_000_000],
    [72, 1_440, 3, 20_000_000, 0],
    [1_440, 1_440, 255, FP, 0],
  ])('given %d of %d heartbeats and %d flaps at %d > is %d', (answered, expected, flaps, penalty, result) => {
    expect(stabilityFp(answered, expected, flaps, penalty)).toBe(result);
  });
});

describe('speedFp', () => {
  it.each([
    // mean, good, bad: result
    [1, 100, 500, FP],
    [100, 100, 500, FP],
    [101, 100, 500, 997_500_000],
    [300, 100, 500, 500_000_000],
    [499, 100, 500, 2_500_000],
    [500, 100, 500, 0],
    [9_999, 100, 500, 0],
    [200, 300, 200, FP], // good above bad: the good one counts first
    [301, 300, 200, 0],
    [300, 300, 300, FP],
  ])('given %d ms between %d and %d > is %d', (mean, good, bad, result) => {
    expect(speedFp(mean, good, bad)).toBe(result);
  });
});

describe('isWorking', () => {
  it('is true for Online, Offline and Exiting, and for no other state', () => {
    const working = Object.entries(NODE_STATE).filter(([, state]) => isWorking(state));
    expect(working.map(([name]) => name)).toEqual(['online', 'offline', 'exiting']);
  });
});

describe('trustFpOf', () => {
  it('given a node that does not exist > is 0', () => {
    expect(trustFpOf(s, 0)).toBe(0);
    expect(trustFpOf(s, 1e9)).toBe(0);
  });
});

describe('updateTrust', () => {
  it('given observations of all kinds > moves each indicator half of the way and weighs them', () => {
    const node = addOnline(s);
    writeRecord(s, 'nodeEra', node, { assignedCount: 4, finishedCount: 3, checkedCount: 2, acceptedCount: 1 });
    report(node, { answeredCount: 9, expectedCount: 10, flapCount: 5, meanMs: 200 });
    forgetEvents(s);
    settle(s, ['updateTrust']);
    // Samples ¾, ½, 0.9 − 5·0.02, 0.75 and 1; indicators were ½.
    expect(readRecord(s, 'nodeTrust', node)).toMatchObject({
      completionFp: 625_000_000,
      accuracyFp: 500_000_000,
      stabilityFp: 650_000_000,
      speedFp: 625_000_000,
      behaviourFp: 750_000_000,
      // 0.25·0.625 + 0.3·0.5 + 0.2·0.65 + 0.1·0.625 + 0.15·0.75
      trustFp: 611_250_000,
    });
    expect(eventsOf(s)).toEqual([['TrustUpdated', node, 611_250_000, HALF]]);
  });

  it('given nothing observed > leaves all indicators but behaviour alone', () => {
    const node = addOnline(s);
    settle(s, ['updateTrust']);
    expect(readRecord(s, 'nodeTrust', node)).toMatchObject({
      completionFp: HALF,
      accuracyFp: HALF,
      stabilityFp: HALF,
      speedFp: HALF,
      behaviourFp: 750_000_000,
      trustFp: 537_500_000,
    });
  });

  it('given a mean response but no finished request > skips speed', () => {
    const node = addOnline(s);
    report(node, { meanMs: 1 });
    settle(s, ['updateTrust']);
    expect(readRecord(s, 'nodeTrust', node).speedFp).toBe(HALF);
  });

  it.each([
    [0, 750_000_000],
    [1, 750_000_000], // an offence of era 0
    [4, 500_000_000], // an offence of this era, 3: it was taken in when it was confirmed
    [5, 750_000_000],
  ])('given offenceEra = %d in era 3 > moves behaviour to %d', (offenceEra, behaviourFp) => {
    s.clockTotals.set([3]);
    const node = addOnline(s);
    writeRecord(s, 'nodeTrust', node, { offenceEra });
    writeRecord(s, 'clockTotals', 0, { settledEraCount: 3 });
    settle(s, ['updateTrust']);
    expect(readRecord(s, 'nodeTrust', node).behaviourFp).toBe(behaviourFp);
  });

  it('given a confirmed offence > lowers behaviour and trust at once, and only once in an era (TRUST-2)', () => {
    setParam(s, 'trust.behaviour_half_life', 1);
    s.clockTotals.set([3]);
    const node = addOnline(s);
    const before = trustFpOf(s, node);
    recordOffence(s, node);
    // Half of one half, and the weight falls by the 1 500 bps of behaviour of what was lost.
    expect(readRecord(s, 'nodeTrust', node)).toMatchObject({ behaviourFp: 250_000_000, offenceEra: 4 });
    expect(trustFpOf(s, node)).toBe(before - 37_500_000);
    recordOffence(s, node);
    expect(readRecord(s, 'nodeTrust', node).behaviourFp).toBe(250_000_000);
    s.clockTotals.set([4]);
    recordOffence(s, node);
    expect(readRecord(s, 'nodeTrust', node)).toMatchObject({ behaviourFp: 125_000_000, offenceEra: 5 });
  });

  it('given nodes that do not work > leaves their trust alone, and clears the era of every node', () => {
    const reserved = addInState(s, NODE_STATE.valRejected);
    const removed = addInState(s, NODE_STATE.removed);
    const exiting = addInState(s, NODE_STATE.exiting);
    const era = { assignedCount: 2, finishedCount: 2, checkedCount: 1, acceptedCount: 1, acceptedWu: 9, scoreFp: 7 };
    for (const node of [reserved, removed, exiting]) {
      writeRecord(s, 'nodeEra', node, era);
      report(node, { answeredCount: 1, expectedCount: 1, fullHours: 5, breachedHours: 6, offlineSinceS: 42 });
    }
    forgetEvents(s);
    settle(s, ['updateTrust']);
    expect(eventsOf(s).map(([name, node]) => [name, node])).toEqual([['TrustUpdated', exiting]]);
    for (const node of [reserved, removed, exiting]) {
      expect(Object.values(readRecord(s, 'nodeEra', node))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      expect(Object.values(readRecord(s, 'nodeReports', node))).toEqual([0, 0, 0, 42]);
      expect(trustFpOf(s, node) === HALF).toBe(node !== exiting);
    }
  });

  it('given the wrong step > is refused and changes nothing', () => {
    addOnline(s);
    expect(attempt(s, 'updateTrust', ACCOUNT.keeper, [0, 1])).toEqual(['StepOutOfOrder', STEP.updateTrust, 0]);
    enterSettlement(s, STEP.payNodes);
    expect(attempt(s, 'updateTrust', ACCOUNT.keeper, [0, 1])[0]).toBe('StepOutOfOrder');
    enterSettlement(s, STEP.updateTrust);
    expect(attempt(s, 'updateTrust', ACCOUNT.keeper, [0, 2])).toEqual(['ValueOutOfRange', 2, 1]);
    expect(attempt(s, 'updateTrust', ACCOUNT.keeper, [0, 1])).toEqual(['None']);
  });

  it('given a node that fails everything > loses trust a little every era, never all at once (TRUST-3, TRUST-4)', () => {
    setParam(s, 'trust.half_life_eras', 7);
    const node = addOnline(s);
    let before = trustFpOf(s, node);
    for (let era = 0; era < 30; era++) {
      writeRecord(s, 'nodeEra', node, { assignedCount: 9, checkedCount: 9, finishedCount: 0 });
      report(node, { expectedCount: 1_440 });
      writeRecord(s, 'nodeTrust', node, { offenceEra: 1 });
      settle(s, ['updateTrust']);
      leaveSettlement(s);
      const after = trustFpOf(s, node);
      expect(after).toBeLessThan(before);
      expect(after).toBeGreaterThan(before / 2);
      before = after;
    }
  });

  it('given any counts and any report words > keeps trust and indicators in [0, FP] (INV-34)', () => {
    const count = fc.nat(20);
    const word = fc.integer({ min: 0, max: MAX_INT });
    const indicator = fc.integer({ min: 0, max: FP });
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count),
        fc.tuple(word, word, word, word),
        fc.tuple(indicator, indicator, indicator, indicator, indicator),
        fc.integer({ min: 1, max: 120 }),
        (counts, words, indicators, halfLife) => {
          const [assignedCount, finishedCount, checkedCount, acceptedCount] = counts;
          const [completionFp, accuracyFp, stability, speed, behaviourFp] = indicators;
          writeOnlineNodes(s, [HALF]);
          setParam(s, 'trust.half_life_eras', halfLife);
          writeRecord(s, 'nodeEra', 1, { assignedCount, finishedCount, checkedCount, acceptedCount });
          writeRecord(s, 'nodeTrust', 1, {
            completionFp,
            accuracyFp,
            stabilityFp: stability,
            speedFp: speed,
            behaviourFp,
          });
          perform(s, 'reportNodes', ACCOUNT.keeper, [0, 1], words);
          settle(s, ['updateTrust']);
          leaveSettlement(s);
          const { offenceEra, ...ratios } = readRecord(s, 'nodeTrust', 1);
          for (const value of Object.values(ratios)) {
            expect(Number.isInteger(value) && value >= 0 && value <= FP).toBe(true);
          }
        },
      ),
    );
  });
});

describe('the settlement steps of nodes', () => {
  const node = fc.record({
    state: fc.constantFrom(
      NODE_STATE.reserved,
      NODE_STATE.online,
      NODE_STATE.offline,
      NODE_STATE.exiting,
      NODE_STATE.removed,
    ),
    trustFp: fc.oneof(fc.constant(HALF), fc.integer({ min: 0, max: FP })),
    acceptedWu: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
    auditedWu: fc.nat(1_000),
    words: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: MAX_INT }))),
  });

  it('given chunks of any sizes > leave the same state and the same events as one chunk each', () => {
    fc.assert(
      fc.property(
        fc.array(node, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 }),
        (nodes, sizes) => {
          const [whole, chunked] = [[1_000], sizes].map((chunkSizes) => {
            const world = createWorld();
            writeOnlineNodes(
              world,
              nodes.map((n) => n.trustFp),
            );
            nodes.forEach((n, i) => {
              const accepted = n.auditedWu * 7_000;
              writeRecord(world, 'nodes', i + 1, { state: n.state });
              writeRecord(world, 'nodeEra', i + 1, {
                acceptedWu: n.acceptedWu,
                auditedWu: n.auditedWu,
                auditedWuBps: accepted,
              });
              const [hours, breaches, beats, offlineSinceS] = n.words;
              world.nodeReports.set([hours!, breaches!, beats!, offlineSinceS!], (i + 1) * 4);
            });
            const onlineCount = nodes.filter((n) => n.state === NODE_STATE.online).length;
            writeRecord(world, 'nodeTotals', 0, { onlineCount });
            writeRecord(world, 'emissionTotals', 0, { powrUnits: 1_000_003 });
            settle(world, ['computeEraMetrics', 'scoreNodes', 'payNodes', 'updateTrust', 'postRanking'], chunkSizes);
            return dumpLedger(world);
          });
          expect(chunked).toBe(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('given no nodes > are entered once each, as (0, 0)', () => {
    settle(s, ['computeEraMetrics', 'scoreNodes', 'payNodes', 'updateTrust', 'postRanking']);
    expect(readTotals(s).rankedCount).toBe(0);
  });
});
