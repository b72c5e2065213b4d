/** From tables to chart tables, by hand on runs small enough to count. */
import { describe, expect, it } from 'vitest';
import type { AgentRow, RunTables } from '../sim/engine/trace.ts';
import { binEras } from './eraBins.ts';
import { compareIntents, honestyClaim } from './honesty.ts';
import * as metrics from './metrics.ts';
import { incomeUnits, readTables } from './reading.ts';
import { syntheticRun } from './syntheticRun.ts';
import { cellsOf, labelsOf, recordsOf } from './table.ts';

const small = syntheticRun({ eras: 3, size: 1 });

function withAgents(agents: readonly Partial<AgentRow>[]): RunTables {
  const zero = {
    ...small.agents[0]!,
    callUnits: 0,
    rewardUnits: 0,
    delegationUnits: 0,
    penaltyUnits: 0,
    spentUnits: 0,
    checkedCount: 0,
    acceptedCount: 0,
  };
  return { ...small, agents: agents.map((row) => ({ ...zero, ...row })) };
}

describe('binEras', () => {
  it.each([
    [1, 1, 1],
    [60, 1, 60],
    [61, 2, 31],
    [365, 7, 52], // 52 of 7 and one era left over: the last has 8
    [121, 3, 40],
    [122, 3, 41],
  ])('given %d eras > bins of %d, %d of them', (eras, size, count) => {
    const { bins, size: found, indexOf } = binEras(eras);
    expect([found, bins.length]).toEqual([size, count]);
    const last = bins[count - 1]!;
    expect((last.to - last.from + 1) / size).toBeGreaterThanOrEqual(0.5);
    expect((last.to - last.from + 1) / size).toBeLessThan(1.5);
    expect(bins[0]!.from).toBe(0);
    expect(bins[count - 1]!.to).toBe(eras - 1);
    for (let era = 0; era < eras; era++) {
      const bin = bins[indexOf(era)]!;
      expect(era >= bin.from && era <= bin.to).toBe(true);
    }
  });
});

describe('incomeTable', () => {
  it('given a long run > means per era add up to what was paid', () => {
    const run = syntheticRun({ eras: 130, size: 2 });
    const reading = readTables(run);
    const data = metrics.incomeTable(reading);
    const lengths = new Map(reading.bins.bins.map(({ from, to }) => [from, to - from + 1]));
    const shown = recordsOf(data).reduce(
      (sum, row) => sum + (row.income_tokens as number) * lengths.get(row.era as number)!,
      0,
    );
    const paid = run.agents.reduce((sum, row) => sum + incomeUnits(row), 0) / 1e6;
    expect(shown).toBeCloseTo(paid, 4);
  });

  it('given more groups than colours > puts the smallest together as other', () => {
    const agents = Array.from({ length: 14 }, (_, i) => ({
      era: 0,
      account: 32 + i,
      strategy: `s${i}`,
      rewardUnits: (14 - i) * 1e6,
    }));
    const data = metrics.incomeTable(readTables(withAgents(agents)));
    expect(labelsOf(data, 'group')).toEqual([...Array.from({ length: 9 }, (_, i) => `miner · s${i}`), 'other']);
    expect(recordsOf(data).find((row) => row.group === 'other' && row.era === 0)!.income_tokens).toBe(
      5 + 4 + 3 + 2 + 1,
    );
  });
});

describe('profitTable', () => {
  it('given penalties and spending > takes them off, and gives mean and range of the agents', () => {
    const reading = readTables(
      withAgents([
        { era: 0, account: 32, rewardUnits: 10e6 },
        { era: 1, account: 32, callUnits: 2e6, penaltyUnits: 5e6 },
        { era: 0, account: 33, delegationUnits: 1e6, spentUnits: 4e6 },
      ]),
    );
    expect(recordsOf(metrics.profitTable(reading))).toEqual([
      {
        group: 'miner · steady',
        role: 'miner',
        intent: 'honest',
        agent_count: 2,
        mean_tokens: 2,
        min_tokens: -3,
        median_tokens: 2,
        max_tokens: 7,
      },
    ]);
  });
});

describe('standingTable', () => {
  it('given agents without a standing > leaves them out; the others make the quantiles', () => {
    const reading = readTables(
      withAgents(
        [0, 250_000_000, 500_000_000, 750_000_000, 1_000_000_000, -1].map((standingFp, i) => ({
          era: 0,
          account: 32 + i,
          standingFp,
        })),
      ),
    );
    const [row] = recordsOf(metrics.standingTable(reading, 'miner'));
    expect(row).toEqual({
      era: 0,
      strategy: 'steady',
      p05: 0.05,
      p25: 0.25,
      p50: 0.5,
      p75: 0.75,
      p95: expect.closeTo(0.95, 12),
      agent_count: 5,
    });
  });
});

describe('acceptedTable', () => {
  it('given an era without checks > has no point rather than a zero', () => {
    const reading = readTables(
      withAgents([
        { era: 0, checkedCount: 4, acceptedCount: 1 },
        { era: 1, checkedCount: 0 },
        { era: 2, checkedCount: 1, acceptedCount: 1 },
      ]),
    );
    expect(recordsOf(metrics.acceptedTable(reading)).map((row) => [row.era, row.accepted_share])).toEqual([
      [0, 0.25],
      [2, 1],
    ]);
    expect(metrics.acceptedByStrategy(reading)[0]!.share).toBe(0.4);
  });
});

describe('errorTable', () => {
  it('given eras without tasks > has gaps; given several eras in a bin > the share of their sums', () => {
    const reading = readTables(small);
    expect(recordsOf(metrics.errorTable(reading))[0]!.share).toBeNull();
    const run = syntheticRun({ eras: 130, size: 1 });
    const long = readTables(run);
    const first = run.eras.slice(0, long.bins.bins[0]!.to + 1);
    expect(first.length).toBeGreaterThan(1);
    const [row] = recordsOf(metrics.errorTable(long));
    const sum = (key: 'wrongOutcomeCount' | 'taskSettledCount'): number =>
      first.reduce((total, era) => total + era[key], 0);
    expect(row!.share).toBeCloseTo(sum('wrongOutcomeCount') / sum('taskSettledCount'), 12);
  });
});

describe('modelCourseTable', () => {
  it('given models that are not live > draws only those that are', () => {
    const reading = readTables(syntheticRun({ eras: 6 }));
    const data = metrics.modelCourseTable(reading, 'price');
    expect(new Set(cellsOf(data, 'era'))).toEqual(new Set([2, 3, 4, 5]));
    expect(labelsOf(data, 'model')).toHaveLength(5);
  });
});

describe('demandTable', () => {
  it('given more models than colours > shows variants', () => {
    const models = Array.from({ length: 40 }, (_, i) => ({
      ...small.models[0]!,
      era: 0,
      model: i + 1,
      requestCount: 1,
      variant: i % 2 === 0 ? 'en' : 'latin',
    }));
    const { by, data } = metrics.demandTable(readTables({ ...small, models }));
    expect(by).toBe('variant');
    expect(
      recordsOf(data)
        .filter((row) => row.era === 0)
        .map((row) => [row.model, row.request_count]),
    ).toEqual([
      ['en', 20],
      ['latin', 20],
    ]);
  });
});

describe('gasTable', () => {
  it('given more actions than bars > adds up the rest', () => {
    const gas = Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`a${i}`, 100 - i]));
    const data = metrics.gasTable(gas);
    expect(data.rows).toHaveLength(16);
    expect(data.rows[15]!.slice(0, 2)).toEqual(['3 others', 85 + 84 + 83]);
  });
});

describe('honestyClaim', () => {
  const of = (role: 'miner' | 'validator' | 'creator', honestTokens: number, otherTokens: number) => ({
    role,
    honestTokens,
    otherTokens,
  });

  it.each([
    [[of('miner', 20, 10)], 'honest work paid better than cheating for miners (2 times)'],
    [[of('miner', 10, 20)], 'honest work paid worse than cheating for miners (0.5 times)'],
    [[of('miner', 10, 10.1)], 'honest work paid as much as cheating for miners (0.99 times)'],
    [[of('miner', 10, 0)], 'honest work paid better than cheating for miners (others earned nothing)'],
    [[of('miner', 0, 10)], 'honest work paid worse than cheating for miners (honest ones earned nothing)'],
    [[of('miner', 0, 0)], null],
    [[], null],
    [
      [of('miner', 5, 1), of('validator', 30, 10), of('creator', 1, 4)],
      'honest work paid better than cheating for miners (5 times) and validators (3 times), worse for creators (0.25 times)',
    ],
  ])('given %j > says: %s', (comparisons, claim) => {
    expect(honestyClaim(comparisons, true)).toBe(claim);
  });

  it('given agents of several eras and intents > compares means per agent over the run', () => {
    const reading = readTables(
      withAgents([
        { era: 0, account: 32, rewardUnits: 6e6 },
        { era: 1, account: 32, rewardUnits: 6e6 },
        { era: 0, account: 33, rewardUnits: 0 },
        { era: 0, account: 34, intent: 'malicious', strategy: 'c', rewardUnits: 3e6 },
        { era: 0, account: 35, intent: 'opportunistic', strategy: 'o', rewardUnits: 1e6 },
        { era: 0, account: 36, role: 'validator', strategy: 'diligent', rewardUnits: 1e6 },
      ]),
    );
    expect(compareIntents(reading)).toEqual([of('miner', 6, 2)]);
  });
});

describe('readTables', () => {
  it.each([
    ['params:\n  token.decimals: 3\n', 1_000],
    ['params: {}\n', 1_000_000],
    ['name: "token.decimals: 9"\n', 1_000_000],
  ])('given the scenario %j > takes the decimals of the token from it', (scenarioYaml, perToken) => {
    expect(readTables({ ...small, scenarioYaml }).tokens(perToken)).toBe(1);
  });
});
