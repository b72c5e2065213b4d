import { describe, expect, it } from 'vitest';
import {
  acceptedShare,
  differencesOf,
  incomeUnits,
  intervalOf,
  overSeeds,
  rowsOf,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group } from '../../sim/engine/testWorld.ts';

const SEEDS = [1, 2, 3, 4];
const SUBJECT = 'miner.1/0';
/** An honest twin that, like the others, keeps what it earns. */
const STEADY = { strategy: 'steady', options: { reinvest_bps: 0 } } as const;
/** Half of the answers are checked. */
const PARAMS = { 'val.audit_bps': 5_000, 'val.samples': 10 };

/** Honest neighbours and one group of subjects. */
function network(
  subject: Pick<Group, 'strategy'> & Partial<Group>,
  eras: number,
  options: { readonly params?: Scenario['params']; readonly neighbours?: number } = {},
): Scenario {
  return smallScenario(
    [
      { role: 'creator', strategy: 'steady', count: 2 },
      { role: 'miner', strategy: 'steady', count: options.neighbours ?? 2 },
      { count: 1, ...subject, role: 'miner' },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 8 },
    ],
    { eras, params: { ...PARAMS, 'place.replicas': 3, ...options.params } },
  );
}

describe('BEH-1 steady', () => {
  it('tops up its stake from its income, which buys it no PoWR reward: the return on stake falls', async () => {
    const measure = (reinvest_bps: number) =>
      overSeeds(SEEDS, network({ strategy: 'steady', options: { reinvest_bps } }, 8), (run) => {
        const rows = rowsOf(run, SUBJECT);
        return { incomeUnits: incomeUnits(rows), stakeUnits: rows[7]!.stakeUnits };
      });
    const [keeps, reinvests] = [await measure(0), await measure(5_000)];
    expect(reinvests.map((found) => found.incomeUnits)).toEqual(keeps.map((found) => found.incomeUnits));
    for (const [i, { stakeUnits }] of reinvests.entries()) expect(stakeUnits).toBeGreaterThan(5 * keeps[i]!.stakeUnits);
  });

  it('leaves by the exit queue: unpunished, with its whole stake, and without further income', async () => {
    const leaves = network({ strategy: 'steady', options: { exit_era: 4 } }, 10, {
      neighbours: 4,
      params: { 'node.exit_eras': 3 },
    });
    for (const rows of await overSeeds(SEEDS, leaves, (run) => rowsOf(run, SUBJECT))) {
      expect(sumOf(rows, 'penaltyUnits')).toBe(0);
      expect(rows[3]!.stakeUnits).toBeGreaterThan(500_000_000);
      expect(rows.findIndex((row) => row.stakeUnits === 0)).toBe(4 + 3);
      expect(incomeUnits(rows.slice(2, 4))).toBeGreaterThan(0);
      expect(incomeUnits(rows.slice(8))).toBe(0);
      expect(rows[9]!.walletUnits).toBe(2_000_000_000 + incomeUnits(rows));
    }
  });
});

describe('BEH-2 newcomer', () => {
  const ENTRY_ERA = 8;
  const newcomers = (policy: number): Scenario =>
    network({ strategy: 'newcomer', count: 3, entrySlot: ENTRY_ERA * 24 }, 20, {
      neighbours: 8,
      params: { 'place.policy': policy, 'place.replicas': 2, 'rotate.period_eras': 2 },
    });
  const PLACES = [0, 1, 2] as const;
  const firstIncomes = (scenario: Scenario) =>
    overSeeds(SEEDS, scenario, (run) =>
      PLACES.map((place) => rowsOf(run, `miner.1/${place}`).findIndex((row) => row.rewardUnits > 0)),
    );

  it('given placement at both ends of the list > the first of them earns within five eras of its entry', async () => {
    for (const eras of await firstIncomes(newcomers(0))) {
      const earned = eras.filter((era) => era >= 0);
      expect(Math.min(...earned)).toBeGreaterThan(ENTRY_ERA);
      expect(Math.min(...earned)).toBeLessThanOrEqual(ENTRY_ERA + 5);
    }
  });

  it('given placement at the top only > none of them has any income in twelve eras', async () => {
    expect(await firstIncomes(newcomers(1))).toEqual(SEEDS.map(() => [-1, -1, -1]));
  });

  it('starts below the median trust of those who were there, and is still below it an era later', async () => {
    const found = await overSeeds(SEEDS, newcomers(0), ({ eras }) =>
      [ENTRY_ERA, ENTRY_ERA + 1].map((era) => {
        const standings = (strategy: string) =>
          eras[era]!.agents.filter((row) => row.role === 'miner' && row.strategy === strategy).map(
            (row) => row.standingFp,
          );
        return Math.max(...standings('newcomer')) < standings('steady').sort((a, b) => a - b)[4]!;
      }),
    );
    expect(found).toEqual(SEEDS.map(() => [true, true]));
  });
});

describe('BEH-3 degrading', () => {
  const ERAS = 16;
  const measure = (subject: Pick<Group, 'strategy' | 'options'>) =>
    overSeeds(SEEDS, network(subject, ERAS), (run) => {
      const rows = rowsOf(run, SUBJECT);
      return {
        early: rows[2]!.standingFp,
        late: rows[ERAS - 1]!.standingFp,
        requests: sumOf(rows, 'requestCount'),
        rewardUnits: sumOf(rows, 'rewardUnits'),
      };
    });

  it('loses requests, reward and trust against a steady twin; the trust lags behind the hardware', async () => {
    const steady = await measure(STEADY);
    const degrading = await measure({ strategy: 'degrading', options: { outage_bps: 500, drift_mil_per_era: 500 } });
    const gap = (key: keyof (typeof steady)[number]) =>
      differencesOf(
        degrading.map((found) => found[key]),
        steady.map((found) => found[key]),
      );
    for (const key of ['late', 'requests', 'rewardUnits'] as const) expect(intervalOf(gap(key)).high).toBeLessThan(0);
    // Trust is late: era after era the gap is what the half-life has let through so far.
    expect(intervalOf(differencesOf(gap('late'), gap('early'))).high).toBeLessThan(0);
  });

  it('given neither outages nor drift > is a steady miner, bit for bit', async () => {
    const sound = { strategy: 'degrading', options: { outage_bps: 0, drift_mil_per_era: 0 } };
    const digests = (subject: Pick<Group, 'strategy' | 'options'>) =>
      overSeeds([1], network(subject, 4), ({ outcome }) => outcome.digest);
    expect(await digests(sound)).toEqual(await digests(STEADY));
  });
});

describe('BEH-9 oscillator', () => {
  const HONEST_ERAS = 6;
  const CHEAT_ERAS = 3;
  const cheats = (era: number) => era % (HONEST_ERAS + CHEAT_ERAS) >= HONEST_ERAS;
  const measure = (subject: Pick<Group, 'strategy' | 'options'>, halfLifeEras: number) =>
    overSeeds(SEEDS, network(subject, 18, { params: { 'trust.half_life_eras': halfLifeEras } }), (run) => {
      const rows = rowsOf(run, SUBJECT);
      return {
        honest: acceptedShare(rows.filter(({ era }) => !cheats(era))),
        cheating: acceptedShare(rows.filter(({ era }) => cheats(era))),
        trust: rows.map((row) => row.standingFp),
        rewardUnits: sumOf(rows, 'rewardUnits'),
      };
    });
  const OSCILLATOR = { strategy: 'oscillator', options: { honest_eras: HONEST_ERAS, cheat_eras: CHEAT_ERAS } };

  it('is accepted in the eras of honest work, refused in those of cheating, and its trust follows', async () => {
    for (const { honest, cheating, trust } of await measure(OSCILLATOR, 1)) {
      expect(honest).toBeGreaterThan(0.95);
      expect(cheating).toBeLessThan(0.25);
      expect(trust[8]!).toBeLessThan(trust[5]!);
      expect(trust[14]!).toBeGreaterThan(trust[8]!);
      expect(trust[17]!).toBeLessThan(trust[14]!);
    }
  });

  it('earns less than a steady twin, and the longer the half-life the more of an attack it keeps', async () => {
    const rewards = async (subject: Pick<Group, 'strategy' | 'options'>, halfLifeEras: number) =>
      (await measure(subject, halfLifeEras)).map((found) => found.rewardUnits);
    const [short, long] = [await rewards(OSCILLATOR, 1), await rewards(OSCILLATOR, 30)];
    const [twinShort, twinLong] = [await rewards(STEADY, 1), await rewards(STEADY, 30)];
    expect(intervalOf(differencesOf(short, twinShort)).high).toBeLessThan(0);
    expect(intervalOf(differencesOf(long, twinLong)).high).toBeLessThan(0);
    const kept = (own: readonly number[], twin: readonly number[]) => own.map((units, i) => units / twin[i]!);
    expect(intervalOf(differencesOf(kept(long, twinLong), kept(short, twinShort))).low).toBeGreaterThan(0);
  });
});

describe('BEH-10 whitewasher', () => {
  const RICH = { openTokens: 4_000 };
  const measure = (subject: Pick<Group, 'strategy'> & Partial<Group>) =>
    overSeeds(
      SEEDS,
      network({ ...subject, ...RICH, count: 2 }, 24, {
        neighbours: 4,
        params: { 'place.replicas': 2, 'rotate.period_eras': 2 },
      }),
      (run) => {
        const rows = [...rowsOf(run, 'miner.1/0'), ...rowsOf(run, 'miner.1/1')];
        const { accepted } = run.outcome.observer.counters();
        return {
          incomeUnits: incomeUnits(rows),
          stakeUnits: Math.max(...rows.map((row) => row.stakeUnits)),
          lowest: Math.min(...rows.filter((row) => row.standingFp >= 0).map((row) => row.standingFp)),
          left: accepted.finaliseExit ?? 0,
          entered: accepted.reserveSlot ?? 0,
        };
      },
    );

  it('abandons nodes and enters anew with the start value, at the price of several stakes at once', async () => {
    for (const { left, entered, stakeUnits, lowest } of await measure({ strategy: 'whitewasher' })) {
      expect(left).toBeGreaterThan(2);
      expect(entered).toBeGreaterThan(left + 2);
      expect(stakeUnits).toBeGreaterThanOrEqual(2 * 500_000_000);
      expect(lowest).toBeGreaterThanOrEqual(500_000_000);
    }
  });

  it('a cheater that stays does not leave', async () => {
    for (const { left } of await measure({ strategy: 'cheater', options: { variant: 'en-m2' } })) expect(left).toBe(0);
  });

  it('whitewashing does not pay: a tenth of honest income at most, and not more than cheating on under the old name', async () => {
    const incomes = async (subject: Pick<Group, 'strategy' | 'options'>) =>
      (await measure(subject)).map((found) => found.incomeUnits);
    const [honest, stays, leaves] = [
      await incomes(STEADY),
      await incomes({ strategy: 'cheater', options: { variant: 'en-m2' } }),
      await incomes({ strategy: 'whitewasher' }),
    ];
    for (const [i, units] of leaves.entries()) expect(units).toBeLessThan(honest[i]! / 10);
    expect(intervalOf(differencesOf(leaves, stays)).mean).toBeLessThan(0);
  });
});
