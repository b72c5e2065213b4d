import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  differencesOf,
  incomeUnits,
  intervalOf,
  modelsOf,
  overSeeds,
  rowsOf,
  smallScenario,
  sumOf,
} from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group } from '../../sim/engine/testWorld.ts';
import { repoRoot } from '../../sim/store/paths.ts';
import { LADDER } from './improver.ts';

const SEEDS = [1, 2, 3, 4];
type Creators = Pick<Group, 'strategy' | 'options'>;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function network(creators: readonly Creators[], eras: number): Scenario {
  return smallScenario(
    [
      ...creators.map((creator) => ({ role: 'creator', count: 1, ...creator }) as const),
      { role: 'miner', strategy: 'steady', count: 4 },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 10 },
    ],
    { eras, params: { 'val.audit_bps': 5_000, 'val.samples': 10 } },
  );
}

describe('BEH-24 improver', () => {
  it('knows the ladder of variants as it was measured: worst to best at the medium level', () => {
    const path = join(repoRoot(), 'fixtures', 'profiles', 'cpu.json');
    const profile: { variants: { id: string; levels: { meanCerBps: number }[] }[] } = JSON.parse(
      readFileSync(path, 'utf8'),
    );
    const errors = LADDER.map((id) => profile.variants.find((variant) => variant.id === id)!.levels[1]!.meanCerBps);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
  });

  it('ships a better version every cycle, up to the best fine-tuning that it knows; what consumers get and the ratings pass those of a twin that stays', async () => {
    const measure = (creator: Creators) =>
      overSeeds(SEEDS, network([creator], 20), (run) => {
        const rows = run.eras.flatMap(({ models }) => models.filter(({ servedQualityBps }) => servedQualityBps >= 0));
        const { length } = rows;
        return {
          ...modelsOf(run, 'creator.0/0')[0]!,
          earlyBps: meanOf(rows.slice(0, 3).map((row) => row.servedQualityBps)),
          lateBps: meanOf(rows.slice(length - 3).map((row) => row.servedQualityBps)),
        };
      });
    const stays = await measure({ strategy: 'steady', options: { variant: 'en-m3' } });
    const improves = await measure({ strategy: 'improver', options: { variant: 'en-m3', cycle_eras: 2 } });
    expect(stays.map(({ variant, versionNumber }) => `${variant} ${versionNumber}`)).toEqual(
      SEEDS.map(() => 'en-m3 1'),
    );
    // A first version that was repaired on its way to the market needs one more step less.
    for (const { variant, versionNumber } of improves) {
      expect(variant).toBe('en-ft8');
      expect(versionNumber).toBeGreaterThanOrEqual(5);
    }
    const rise = (found: typeof stays) =>
      intervalOf(
        differencesOf(
          found.map(({ lateBps }) => lateBps),
          found.map(({ earlyBps }) => earlyBps),
        ),
      );
    expect(rise(improves).low).toBeGreaterThan(0);
    expect(rise(stays).low).toBeLessThan(0);
    for (const key of ['lateBps', 'ratingTenths'] as const) {
      const better = differencesOf(
        improves.map((found) => found[key]),
        stays.map((found) => found[key]),
      );
      expect(intervalOf(better).low).toBeGreaterThan(0);
    }
  });

  it.each(['en', 'en-ft1'] as const)('given %s as the best that it knows > goes no further', async (top) => {
    const [found] = await overSeeds(
      [1],
      network([{ strategy: 'improver', options: { variant: 'en-m3', cycle_eras: 2, top } }], 16),
      (run) => modelsOf(run, 'creator.0/0')[0]!,
    );
    expect(found!.variant).toBe(top);
  });

  it('given a best that is worse than its first version > stays with that', async () => {
    const [found] = await overSeeds(
      [1],
      network([{ strategy: 'improver', options: { variant: 'en', cycle_eras: 2, top: 'en-m3' } }], 10),
      (run) => modelsOf(run, 'creator.0/0')[0]!,
    );
    expect([found!.state, found!.variant, found!.versionNumber]).toEqual(['live', 'en', 1]);
  });

  it('given a first version that validators reject > repairs it until it is live', async () => {
    const found = await overSeeds(
      SEEDS,
      network([{ strategy: 'improver', options: { variant: 'en-m2', cycle_eras: 100 } }], 8),
      (run) => modelsOf(run, 'creator.0/0')[0]!,
    );
    for (const { state, variant, versionNumber } of found) {
      expect([state, versionNumber]).toEqual(['live', 1]);
      expect(variant).not.toBe('en-m2');
    }
  });
});

describe('BEH-25 overfitter', () => {
  /** The benchmark that everybody has, and that the overfitted head was trained on: the first hundred samples. */
  const PUBLIC = 100;
  const POOL = 600;
  /**
   * Accuracy that passes, between two measured ones on lines that nobody has trained on, half of them medium and half hard: 90.6 %
   * for the overfitted head, 93.8 % for the one that was trained on other lines. On the public ones they have 100 and 94.5 %. Nearer to the
   * second, because whoever is rejected may try again, with other lines.
   */
  const ACC_MIN = 928_000_000;
  const OVERFITTED = { strategy: 'overfitter' } as const;
  const TRAINED = { strategy: 'steady', options: { variant: 'en-ft8' } } as const;
  const REFERENCE = { strategy: 'steady', options: { variant: 'en' } } as const;

  /** @param rotateEras  0: validated on the public benchmark for ever */
  async function benchmarked(creator: Creators, rotateEras: number, params: Scenario['params'] = {}) {
    const base = network([creator], 8);
    const scenario = {
      ...base,
      inference: {
        ...base.inference,
        poolSamples: POOL,
        sets: { publicSamples: PUBLIC, heldOutSamples: 300, rotateEras },
      },
      // No audits: what is known of a model’s quality is what its validation found.
      params: { ...base.params, 'val.audit_bps': 0, 'val.samples': 800, ...params },
    };
    return overSeeds(SEEDS, scenario, (run) => {
      const rows = run.eras.flatMap(({ models }) => models);
      const served = rows.filter(({ servedQualityBps }) => servedQualityBps >= 0);
      const [model] = modelsOf(run, 'creator.0/0');
      return {
        state: model!.state,
        benchmarkBps: model!.qualityBps,
        liveBps: meanOf(served.map(({ servedQualityBps }) => servedQualityBps)),
        servedCount: sumOf(rows, 'servedCount'),
      };
    });
  }
  type Benchmarked = Awaited<ReturnType<typeof benchmarked>>;
  const gaps = (found: Benchmarked) => found.map(({ benchmarkBps, liveBps }) => benchmarkBps - liveBps);
  const against = (left: Benchmarked, right: Benchmarked, key: 'benchmarkBps' | 'liveBps') =>
    intervalOf(
      differencesOf(
        left.map((found) => found[key]),
        right.map((found) => found[key]),
      ),
    );

  it('on the public benchmark > reads every line, better than a head that was really trained; consumers get worse answers than from that one', async () => {
    const [over, trained, reference] = [
      await benchmarked(OVERFITTED, 0),
      await benchmarked(TRAINED, 0),
      await benchmarked(REFERENCE, 0),
    ];
    for (const { state, benchmarkBps } of over) expect([state, benchmarkBps]).toEqual(['live', 10_000]);
    expect(against(over, trained, 'benchmarkBps').low).toBeGreaterThan(300);
    expect(against(over, trained, 'liveBps').high).toBeLessThan(-200);
    // What it promises over the reference, 8 to 9 points, is not there: they are equal to a point.
    expect(against(over, reference, 'benchmarkBps').low).toBeGreaterThan(600);
    expect(Math.abs(against(over, reference, 'liveBps').mean)).toBeLessThan(100);
    expect(intervalOf(gaps(over)).low).toBeGreaterThan(800);
    expect(intervalOf(gaps(trained)).high).toBeLessThan(200);
  });

  it('given rotating held-out sets > the gap closes: validation finds what consumers get', async () => {
    const [never, rotating] = [await benchmarked(OVERFITTED, 0), await benchmarked(OVERFITTED, 2)];
    expect(intervalOf(differencesOf(gaps(never), gaps(rotating))).low).toBeGreaterThan(0);
    // H-21 asks for half; what is left is noise of the sample.
    expect(Math.abs(intervalOf(gaps(rotating)).mean)).toBeLessThan(intervalOf(gaps(never)).mean / 5);
  });

  it('given a minimum between the two > is live on the public benchmark, and never with rotating sets, where the trained head is', async () => {
    const params = { 'val.acc_min': ACC_MIN };
    const live = SEEDS.map(() => 'live');
    const statesOf = async (creator: Creators, rotateEras: number) =>
      (await benchmarked(creator, rotateEras, params)).map(({ state }) => state);
    expect(await statesOf(OVERFITTED, 0)).toEqual(live);
    expect(await statesOf(TRAINED, 2)).toEqual(live);
    for (const { state, servedCount } of await benchmarked(OVERFITTED, 2, params)) {
      expect(state).not.toBe('live');
      expect(servedCount).toBe(0);
    }
  });
});

describe('BEH-26 swapper', () => {
  const SWAP_ERA = 4;
  const ERAS = 12;
  /** One careful and two careless hosts of one model. */
  const measure = (creator: Creators) => {
    const scenario = smallScenario(
      [
        { role: 'creator', count: 1, ...creator },
        { role: 'miner', strategy: 'steady', count: 1, options: { checks_hash: 'on', reinvest_bps: 0 } },
        { role: 'miner', strategy: 'steady', count: 2, options: { checks_hash: 'off', reinvest_bps: 0 } },
        { role: 'validator', strategy: 'diligent', count: 5, options: { skill_bps: 10_000 } },
        { role: 'consumer', strategy: 'honest', count: 10 },
      ],
      { eras: ERAS, params: { 'val.audit_bps': 5_000, 'val.samples': 10, 'place.replicas': 3 } },
    );
    return overSeeds(SEEDS, scenario, (run) => {
      const late = (name: string) => rowsOf(run, name).slice(SWAP_ERA + 1);
      const careless = [...late('miner.1/0'), ...late('miner.1/1')];
      const rows = run.eras.flatMap(({ models }) => models.filter(({ servedQualityBps }) => servedQualityBps >= 0));
      const isOf = (hosts: string) => (row: { readonly account: number }) =>
        run.roster.agents.some(
          ({ account, role, rolePopulation }) => account === row.account && `${role}.${rolePopulation}` === hosts,
        );
      const audits = run.eras.filter(({ era }) => era.era > SWAP_ERA).flatMap((era) => era.audits);
      const failedShare = (hosts: string) => {
        const own = audits.filter(isOf(hosts));
        return own.filter(({ outcome }) => outcome === 'failed').length / own.length;
      };
      return {
        state: modelsOf(run, 'creator.0/0')[0]!.state,
        variant: modelsOf(run, 'creator.0/0')[0]!.variant,
        served: [...new Set(audits.filter(isOf('miner.1')).map(({ served }) => served))].join(),
        carelessFailed: failedShare('miner.1'),
        carefulFailed: failedShare('miner.0'),
        carelessReward: sumOf(careless, 'rewardUnits'),
        carefulQuality: meanOf(late('miner.0/0').map(({ servedQualityBps }) => servedQualityBps)),
        carelessQuality: meanOf(careless.map(({ servedQualityBps }) => servedQualityBps)),
        earlyBps: meanOf(rows.filter(({ era }) => era < SWAP_ERA).map((row) => row.servedQualityBps)),
        lateBps: meanOf(rows.filter(({ era }) => era > SWAP_ERA).map((row) => row.servedQualityBps)),
      };
    });
  };
  const SWAPPER = { strategy: 'swapper', options: { build: 'en-m2', swap_era: SWAP_ERA } };

  it('is caught by audits of hosts that do not check what they run: every one of their answers is refused, and their reward with it', async () => {
    const [swapped, honest] = [await measure(SWAPPER), await measure({ strategy: 'steady' })];
    expect(swapped.map(({ carelessFailed, served, variant }) => [carelessFailed, served, variant])).toEqual(
      SEEDS.map(() => [1, 'en-m2', 'en']),
    );
    expect(honest.map(({ carelessFailed, served }) => [carelessFailed, served])).toEqual(SEEDS.map(() => [0, 'en']));
    const reward = differencesOf(
      swapped.map(({ carelessReward }) => carelessReward),
      honest.map(({ carelessReward }) => carelessReward),
    );
    expect(intervalOf(reward).high).toBeLessThan(0);
  });

  it('does nothing to a host that checks hashes: it goes on with the approved file, and its consumers get what they did', async () => {
    const [swapped, honest] = [await measure(SWAPPER), await measure({ strategy: 'steady' })];
    expect(swapped.map(({ carefulFailed }) => carefulFailed)).toEqual(SEEDS.map(() => 0));
    const fall = (key: 'carefulQuality' | 'carelessQuality') =>
      intervalOf(
        differencesOf(
          swapped.map((found) => found[key]),
          honest.map((found) => found[key]),
        ),
      );
    expect(fall('carelessQuality').high).toBeLessThan(-1_000);
    expect(Math.abs(fall('carefulQuality').mean)).toBeLessThan(200);
  });

  it('leaves the model live: the ledger names the approved version, while what consumers get gets worse', async () => {
    for (const { state, earlyBps, lateBps } of await measure(SWAPPER)) {
      expect(state).toBe('live');
      expect(lateBps).toBeLessThan(earlyBps - 500);
    }
  });
});

describe('BEH-28 spammer', () => {
  it('brings no model to the market, earns and pays nothing, and gives validators half as much work again', async () => {
    const measure = (creator: Creators) =>
      overSeeds(SEEDS, network([{ strategy: 'steady' }, creator], 12), (run) => ({
        settled: sumOf(
          run.eras.map(({ era }) => era),
          'taskSettledCount',
        ),
        audits: sumOf(
          run.eras.map(({ era }) => era),
          'auditCount',
        ),
        states: new Set(modelsOf(run, 'creator.1/0').map(({ state }) => state)),
        registered: modelsOf(run, 'creator.1/0').length,
        movedUnits:
          incomeUnits(rowsOf(run, 'creator.1/0')) + sumOf(rowsOf(run, 'creator.1/0'), 'spentUnits', 'penaltyUnits'),
      }));
    const [steady, spam] = [await measure({ strategy: 'steady' }), await measure({ strategy: 'spammer' })];
    for (const [i, { settled, audits, states, registered, movedUnits }] of spam.entries()) {
      expect(registered).toBe(20);
      expect([...states].every((state) => state === 'metaRejected' || state === 'metaReview')).toBe(true);
      expect(movedUnits).toBe(0);
      // Besides the audits of what is served, which depends on the market.
      expect(settled - audits).toBeGreaterThan(5 * (steady[i]!.settled - steady[i]!.audits));
    }
  });
});

describe('BEH-29 cloner', () => {
  /** Income that the original loses to a copy, as a share of what both have, from era 6 on. */
  const divertedShare = (creator: Creators) =>
    overSeeds(SEEDS, network([{ strategy: 'steady' }, creator], 14), (run) => {
      const [original, copy] = ['creator.0/0', 'creator.1/0'].map((name) => incomeUnits(rowsOf(run, name).slice(6)));
      return { share: copy! / (original! + copy!), model: modelsOf(run, 'creator.1/0')[0]! };
    });
  const shares = (found: readonly { readonly share: number }[]) => found.map(({ share }) => share);

  it('ships the very weights of the most used model at a lower price', async () => {
    for (const { model } of await divertedShare({ strategy: 'cloner', options: { undercut_bps: 3_000 } })) {
      expect([model.state, model.variant, model.feeUnits]).toEqual(['live', 'en', 1_400]);
    }
  });

  it('given the same price > takes half; the deeper it undercuts, the more of the revenue it takes', async () => {
    const found: number[][] = [];
    for (const undercut_bps of [0, 3_000, 9_000])
      found.push(shares(await divertedShare({ strategy: 'cloner', options: { undercut_bps } })));
    for (const share of found[0]!) expect(Math.abs(share - 0.5)).toBeLessThan(0.05);
    expect(intervalOf(differencesOf(found[1]!, found[0]!)).low).toBeGreaterThan(0);
    expect(intervalOf(differencesOf(found[2]!, found[1]!)).low).toBeGreaterThan(0);
  });
});
