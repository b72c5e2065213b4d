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
    const path = join(repoRoot(), 'fixtures', 'profiles', 'cpu-reference.json');
    const profile: { variants: { id: string; levels: { meanCerBps: number }[] }[] } = JSON.parse(
      readFileSync(path, 'utf8'),
    );
    const errors = LADDER.map((id) => profile.variants.find((variant) => variant.id === id)!.levels[1]!.meanCerBps);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
  });

  it('ships a better version every cycle, and its quality and ratings pass those of a twin that stays', async () => {
    const measure = (creator: Creators) =>
      overSeeds(SEEDS, network([creator], 20), (run) => modelsOf(run, 'creator.0/0')[0]!);
    const stays = await measure({ strategy: 'steady', options: { variant: 'en-m3' } });
    const improves = await measure({ strategy: 'improver', options: { variant: 'en-m3', cycle_eras: 4 } });
    expect(stays.map(({ variant, versionNumber }) => `${variant} ${versionNumber}`)).toEqual(
      SEEDS.map(() => 'en-m3 1'),
    );
    // A first version that was repaired on its way to the market needs one more step less.
    for (const { variant, versionNumber } of improves) {
      expect(variant).toBe('en');
      expect(versionNumber).toBeGreaterThanOrEqual(2);
    }
    const better = differencesOf(
      improves.map(({ qualityBps }) => qualityBps),
      stays.map(({ qualityBps }) => qualityBps),
    );
    expect(intervalOf(better).low).toBeGreaterThan(0);
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
