/** Tables about providers and challenges, by hand on runs small enough to count. */
import { describe, expect, it } from 'vitest';
import type { ChallengeRow, ProviderRow, RunTables } from '../sim/engine/trace.ts';
import { makeSections } from './figures.ts';
import * as tables from './providerTables.ts';
import { readTables } from './reading.ts';
import { survivalOf } from './statistics.ts';
import { syntheticRun } from './syntheticRun.ts';
import { recordsOf } from './table.ts';

const small = syntheticRun({ eras: 4, size: 1 });

function withRows(rows: {
  readonly providers?: readonly Partial<ProviderRow>[];
  readonly challenges?: readonly Partial<ChallengeRow>[];
}): RunTables {
  const { providers, challenges } = rows;
  return {
    ...small,
    ...(providers === undefined ? {} : { providers: providers.map((row) => ({ ...small.providers[0]!, ...row })) }),
    ...(challenges === undefined ? {} : { challenges: challenges.map((row) => ({ ...small.challenges[0]!, ...row })) }),
  };
}

/** A provider's row of an era by its tier; 0 is inactive. */
const inTier = (era: number, provider: number, tier: number): Partial<ProviderRow> => {
  const state = tier === 0 ? 'suspended' : 'active';
  return { era, provider, account: 31 + provider, stateBefore: state, stateAfter: state, tierAfter: Math.max(1, tier) };
};

describe('survivalOf', () => {
  it('given ends and departures by hand > is Kaplan and Meier’s estimate', () => {
    const lives = [
      { length: 2, isEnded: true },
      { length: 3, isEnded: false },
      { length: 4, isEnded: true },
      { length: 4, isEnded: true },
      { length: 6, isEnded: false },
    ];
    // 1 of 5 ends after 2; the second leaves sight after 3; 2 of the 3 left end after 4.
    expect(survivalOf(lives)).toEqual([
      { at: 0, share: 1, atRisk: 5, ended: 0 },
      { at: 2, share: 0.8, atRisk: 5, ended: 1 },
      { at: 4, share: expect.closeTo(0.8 / 3, 12), atRisk: 3, ended: 2 },
    ]);
  });

  it('given nobody, or nobody who ended > stays at 1', () => {
    expect(survivalOf([])).toEqual([{ at: 0, share: 1, atRisk: 0, ended: 0 }]);
    expect(survivalOf([{ length: 9, isEnded: false }]).map(({ share }) => share)).toEqual([1]);
  });
});

describe('flowTable', () => {
  const providers = [
    ...[inTier(0, 1, 7), inTier(0, 2, 7), inTier(0, 3, 6)],
    ...[inTier(1, 1, 6), inTier(1, 2, 7), inTier(1, 3, 0), inTier(1, 4, 7)],
  ];
  const rows = recordsOf(tables.flowTable(readTables(withRows({ providers }))));

  it('has a stack for each era, the best tier on top and the inactive at the bottom', () => {
    const stacks = rows.filter((row) => row.to_era === null);
    expect(stacks.map((row) => [row.era, row.tier, row.low, row.high])).toEqual([
      [0, 'tier 7', 0, 2],
      [0, 'tier 6', 2, 3],
      [1, 'not active', 0, 1],
      [1, 'tier 7', 1, 3],
      [1, 'tier 6', 3, 4],
    ]);
  });

  it('has a band for each way that providers went, from within their stack to within the next', () => {
    const bands = rows.filter((row) => row.to_era !== null);
    expect(bands.map((row) => [row.tier, row.to_tier, row.provider_count])).toEqual([
      ['tier 7', 'tier 7', 1],
      ['tier 7', 'tier 6', 1],
      ['tier 6', 'not active', 1],
    ]);
    expect(bands.map((row) => [row.low, row.high, row.to_low, row.to_high])).toEqual([
      [0, 1, 1, 2],
      [1, 2, 3, 4],
      [2, 3, 0, 1],
    ]);
  });

  it('given a long run > every band starts and ends inside the stacks of its groups', () => {
    const long = recordsOf(tables.flowTable(readTables(syntheticRun({ eras: 60 }))));
    const stack = (era: unknown, tier: unknown) =>
      long.find((row) => row.to_era === null && row.era === era && row.tier === tier)!;
    const bands = long.filter((row) => row.to_era !== null);
    for (const row of bands) {
      const [from, to] = [stack(row.era, row.tier), stack(row.to_era, row.to_tier)];
      expect([row.low! >= from.low!, row.high! <= from.high!]).toEqual([true, true]);
      expect([row.to_low! >= to.low!, row.to_high! <= to.high!]).toEqual([true, true]);
    }
    expect(bands.length).toBeGreaterThan(20);
  });
});

describe('survivalTable', () => {
  it('counts from the first active era, and ends where a provider is not active any more', () => {
    const providers = [
      ...[0, 1, 2, 3].map((era) => inTier(era, 1, 7)),
      ...[inTier(0, 2, 0), inTier(1, 2, 7), inTier(2, 2, 7), inTier(3, 2, 0)],
    ];
    const run = withRows({ providers });
    const rows = recordsOf(tables.survivalTable(readTables({ ...run, agents: [] })));
    // The second is active in two eras and gone in its third; the first is seen for four.
    expect(rows.map((row) => [row.age_eras, row.active_share, row.at_risk_count])).toEqual([
      [0, 1, 2],
      [3, 0.5, 2],
      [4, 0.5, 1],
    ]);
  });
});

describe('detectionOf', () => {
  const challenge = (place: number, provider: number, outcome: string, expectedPassShare: number) => ({
    challenge: place,
    provider,
    outcome,
    expectedPassShare,
    overClaimMil: expectedPassShare < 1 ? 2_000 : 1_000,
  });

  it('given two spoofers by hand > the closed form goes on after a failure, the measured curve ends there', () => {
    const challenges = [
      challenge(1, 1, 'passed', 0.5),
      challenge(2, 1, 'failed', 0.5),
      challenge(3, 1, 'passed', 0.5),
      challenge(4, 2, 'passed', 0.8),
      challenge(5, 2, 'inconclusive', 0.8),
      challenge(6, 2, 'passed', 0.8),
      challenge(7, 3, 'passed', 1),
      challenge(8, 3, 'failed', 1),
    ];
    const found = tables.detectionOf(readTables(withRows({ challenges })));
    expect(found).toMatchObject({ providerCount: 2, caughtCount: 1, honestCount: 1, honestCaughtCount: 1 });
    expect(found.expectedCount).toBeCloseTo(1 - 0.5 ** 3 + (1 - 0.8 ** 2), 12);
    const curve = (series: string): unknown[][] =>
      recordsOf(found.data)
        .filter((row) => row.series === series)
        .map((row) => [row.challenge_count, row.unfailed_share]);
    const [measured, expected, honest] = tables.DETECTION_SERIES;
    expect(curve(measured)).toEqual([
      [0, 1],
      [2, 0.5],
      [3, 0.5],
    ]);
    const [, first, second, third] = curve(expected).map(([, share]) => share as number);
    expect(first).toBeCloseTo((0.5 + 0.8) / 2, 12);
    expect(second).toBeCloseTo((0.25 + 0.64) / 2, 12);
    // Only the first had a third challenge.
    expect(third).toBeCloseTo(second! * 0.5, 12);
    expect(curve(honest)).toEqual([
      [0, 1],
      [2, 0],
      [3, 0],
    ]);
  });

  it('given a gateway, of which F-13 says nothing > it is in none of the curves', () => {
    const gateway = [
      { ...challenge(1, 1, 'failed', -1), overClaimMil: 2_000 },
      { ...challenge(2, 2, 'passed', -1), overClaimMil: 1_000 },
    ];
    const found = tables.detectionOf(
      readTables(withRows({ challenges: [...gateway, challenge(3, 3, 'passed', 0.5)] })),
    );
    expect(found).toMatchObject({ providerCount: 1, caughtCount: 0, expectedCount: 0.5, honestCount: 0 });
  });

  it('given equal chances > the closed form is P^k (F-13)', () => {
    const challenges = [1, 2, 3].flatMap((provider) =>
      [0, 1, 2, 3].map((k) => challenge(provider * 10 + k, provider, 'passed', 0.9)),
    );
    const rows = recordsOf(tables.detectionOf(readTables(withRows({ challenges }))).data).filter(
      (row) => row.series === tables.DETECTION_SERIES[1],
    );
    rows.forEach((row, k) => {
      expect(row.unfailed_share).toBeCloseTo(0.9 ** k, 12);
    });
    expect(rows).toHaveLength(5);
  });
});

describe('livenessTable', () => {
  it('is the mean per provider and era, of those that were active, by hardware and tier', () => {
    const row = (provider: number, gpuTier: number, tierBefore: number, rewardUnits: number) => ({
      ...inTier(0, provider, 3),
      ...{ gpuTier, tierBefore, rewardUnits, computeTier: 3 },
    });
    const providers = [
      row(1, 11, 2, 3_000_000),
      row(2, 11, 2, 5_000_000),
      row(3, 0, 7, 0),
      { ...row(4, 0, 7, 9), stateBefore: 'suspended' },
    ];
    const rows = recordsOf(tables.livenessTable(readTables(withRows({ providers }))));
    expect(rows.map((cell) => [cell.hardware, cell.tier, cell.liveness_tokens, cell.provider_era_count])).toEqual([
      ['no GPU, HPC CPU', 'tier 7', 0, 1],
      ['GPU Ultra 3', 'tier 2', 4, 2],
    ]);
  });
});

describe('sections about providers', () => {
  const missingOf = (run: RunTables): string[] =>
    makeSections(readTables(run))
      .filter(({ id }) => id === 'providers' || id === 'challenges')
      .flatMap(({ missing }) => [...missing]);

  it('given a network without providers > leave their figures out, with one sentence each', () => {
    const run = syntheticRun({ eras: 3, hasProviders: false });
    expect(missingOf(run)).toEqual([
      'Trust tiers, liveness and survival: nobody provides capacity in this run.',
      'Challenges and their detection of over-claiming: nobody was challenged in this run.',
    ]);
  });

  it('given rows that were not recorded > keep what the eras’ rows tell', () => {
    const run = { ...syntheticRun({ eras: 6 }), agents: [], providers: [], slarks: [], challenges: [] };
    const ids = makeSections(readTables(run)).flatMap(({ figures }) => figures.map(({ id }) => id));
    expect(ids.filter((id) => ['tiers', 'losses', 'challenges', 'survival', 'detection'].includes(id))).toEqual([
      'tiers',
      'losses',
      'challenges',
    ]);
    for (const sentence of missingOf(run)) expect(sentence).toMatch(/: the scenario does not record agents\.$/);
  });

  it('given everybody honest > say that there is nothing to detect', () => {
    const run = syntheticRun({ eras: 8 });
    const honest = { ...run, challenges: run.challenges.filter(({ overClaimMil }) => overClaimMil === 1_000) };
    expect(missingOf(honest)).toEqual([
      'Detection of over-claiming: no challenged provider had registered more than it has.',
    ]);
  });
});
