import { describe, expect, it } from 'vitest';
import { differencesOf, intervalOf, modelsOf, overSeeds, rowsOf, smallScenario, sumOf } from '../../sim/cli/testRun.ts';
import type { Scenario } from '../../sim/engine/scenario.ts';
import type { Group, WorldRun } from '../../sim/engine/testWorld.ts';
import { MOVE } from '../../sim/protocol/events.ts';
import { F } from '../../sim/protocol/layout.ts';

const SEEDS = [1, 2, 3, 4];

function network(
  creators: readonly Group['options'][],
  more: readonly Group[],
  eras = 12,
  rest: Partial<Scenario> = {},
): Scenario {
  return smallScenario(
    [
      ...creators.map(
        (options) => ({ role: 'creator', strategy: 'steady', count: 1, options: options ?? {} }) as const,
      ),
      { role: 'miner', strategy: 'steady', count: 4 },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 10 },
      ...more,
    ],
    { eras, params: { 'val.audit_bps': 2_000, 'val.samples': 10 }, ...rest },
  );
}

const requestsFor = (run: WorldRun, creator: number) => sumOf(rowsOf(run, `creator.${creator}/0`), 'requestCount');

describe('BEH-40 honest', () => {
  it.each([
    ['the better of two models at one price', { variant: 'en' }, { variant: 'en-w70' }],
    ['the cheaper of two equal models', { fee_milli: 2 }, { fee_milli: 4 }],
  ])('prefers %s', async (_, one, other) => {
    const found = await overSeeds(SEEDS, network([one, other], []), (run) => requestsFor(run, 0) - requestsFor(run, 1));
    expect(intervalOf(found).low).toBeGreaterThan(0);
  });

  it('never asks a model that is dearer than it accepts', async () => {
    const found = await overSeeds(SEEDS, network([{ fee_milli: 2 }, { fee_milli: 200 }], []), (run) => [
      requestsFor(run, 0) > 0,
      requestsFor(run, 1),
    ]);
    expect(found).toEqual(SEEDS.map(() => [true, 0]));
  });

  it('rates three answers in ten, the better model higher', async () => {
    const found = await overSeeds(
      SEEDS,
      network([{ variant: 'en' }, { variant: 'en-w70' }], [], 12, { record: { agents: 'all', events: 'all' } }),
      (run) => {
        const ratings = run.eras.flatMap(({ events }) => events).filter(({ name }) => name === 'ModelRated');
        const mean = (model: number) => {
          const own = ratings.filter(({ a }) => a === model);
          return own.reduce((sum, { c }) => sum + c, 0) / own.length;
        };
        return { share: ratings.length / run.outcome.observer.summary()['requests.total']!, better: mean(1) - mean(2) };
      },
    );
    for (const { share } of found) expect(Math.abs(share - 0.3)).toBeLessThan(0.05);
    expect(intervalOf(found.map(({ better }) => better)).low).toBeGreaterThan(0);
  });

  it('spends what it is charged for answers, and nothing else leaves its purse', async () => {
    await overSeeds(SEEDS, network([{}, {}], []), (run) => {
      for (let place = 0; place < 10; place++) {
        const rows = rowsOf(run, `consumer.0/${place}`);
        expect(rows[rows.length - 1]!.walletUnits).toBe(500_000_000 - sumOf(rows, 'spentUnits'));
      }
    });
  });
});

describe('BEH-42 brigader', () => {
  const creators = [{}, { variant: 'en-w70', cartel: 1 }];
  const measure = (more: readonly Group[]) =>
    overSeeds(SEEDS, network(creators, more), (run) => {
      const [rival, own] = [modelsOf(run, 'creator.0/0')[0]!, modelsOf(run, 'creator.1/0')[0]!];
      return { rival, own, spentUnits: more.length === 0 ? 0 : sumOf(rowsOf(run, 'consumer.1/0'), 'spentUnits') };
    });

  it('for a hundredth of a token, turns the ranks of a better model and its cartel’s around', async () => {
    const quiet = await measure([]);
    const brigaded = await measure([{ role: 'consumer', strategy: 'brigader', count: 1 }]);
    for (const { rival, own } of quiet) expect(rival.rankFp).toBeGreaterThan(own.rankFp);
    for (const { rival, own, spentUnits } of brigaded) {
      expect(rival.rankFp).toBeLessThan(own.rankFp);
      expect(spentUnits).toBeGreaterThan(0);
      expect(spentUnits).toBeLessThan(10_000);
    }
    const change = (side: 'rival' | 'own') =>
      intervalOf(
        differencesOf(
          brigaded.map((found) => found[side].ratingTenths),
          quiet.map((found) => found[side].ratingTenths),
        ),
      );
    expect(change('rival').high).toBeLessThan(-5);
    expect(change('own').low).toBeGreaterThan(0);
  });

  it('given no model of its cartel > rates everybody down', async () => {
    const found = await overSeeds(
      SEEDS,
      network([{}, {}], [{ role: 'consumer', strategy: 'brigader', count: 3 }]),
      (run) => [0, 1].map((k) => modelsOf(run, `creator.${k}/0`)[0]!.ratingTenths),
    );
    for (const ratings of found) for (const tenths of ratings) expect(tenths).toBeLessThan(25);
  });
});

describe('BEH-44 spammer', () => {
  const measure = (count: number) =>
    overSeeds(
      SEEDS,
      network([{}, {}], count === 0 ? [] : [{ role: 'consumer', strategy: 'spammer', count }], 6),
      (run) => {
        const spammers = run.roster.agents
          .filter(({ strategy }) => strategy === 'spammer')
          .map(({ account }) => account);
        return {
          own: run.eras.flatMap(({ agents }) => agents.filter(({ account }) => spammers.includes(account))),
          others: run.eras.map(({ agents }) => agents.filter(({ account }) => !spammers.includes(account))),
          reasons: run.outcome.observer.counters().reasons,
          burntUnits: run.state.tokenTotals[F.tokenTotals.burntUnits],
        };
      },
    );

  it('is refused whatever it sends but the dust, for reasons of many kinds', async () => {
    for (const { own, reasons } of await measure(1)) {
      const dust = 500_000_000 - own[own.length - 1]!.walletUnits;
      expect(dust).toBe(6 * 6);
      expect(sumOf(own, 'actionCount')).toBeGreaterThan(6 * 50);
      expect(sumOf(own, 'actionCount') - sumOf(own, 'rejectedCount')).toBe(dust);
      expect(Object.keys(reasons)).toEqual(
        expect.arrayContaining(['OnlyKeeper', 'InsufficientPrepaid', 'InsufficientBalance', 'NotOwner']),
      );
    }
  });

  it('three spammers change nothing for anybody else, but for the dust in a neighbour’s purse', async () => {
    const [none, three] = [await measure(0), await measure(3)];
    const rest = (found: typeof none) =>
      found.map(({ others }) => others.map((rows) => rows.map(({ walletUnits: _, ...row }) => row)));
    expect(rest(three)).toEqual(rest(none));
    const purses = (found: typeof none) => found.map(({ others }) => sumOf(others[5]!, 'walletUnits'));
    expect(differencesOf(purses(three), purses(none))).toEqual(SEEDS.map(() => 6 * 6));
    expect(three.map(({ burntUnits }) => burntUnits)).toEqual(none.map(({ burntUnits }) => burntUnits));
  });
});

describe('the parts of a call fee', () => {
  it('reach everybody that served: what consumers spent is what was paid out and burnt', async () => {
    await overSeeds(SEEDS, network([{}, {}], [], 6, { record: { agents: 'all', events: 'all' } }), (run) => {
      const events = run.eras.flatMap((era) => era.events);
      const parts: readonly number[] = [MOVE.callCreator, MOVE.callNode, MOVE.callValidators, MOVE.callFoundation];
      const paid = events
        .filter(({ name, d }) => name === 'Moved' && parts.includes(d))
        .reduce((sum, { c }) => sum + c, 0);
      const burnt = events.filter(({ name }) => name === 'Burnt').reduce((sum, { b }) => sum + b, 0);
      const spent = run.eras.flatMap(({ agents }) => agents.filter(({ role }) => role === 'consumer'));
      expect(paid + burnt).toBe(sumOf(spent, 'spentUnits'));
      expect(paid).toBeGreaterThan(0);
    });
  });
});
