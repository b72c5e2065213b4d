import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIL, mulDivDown } from '../base/fixedPoint.ts';
import { agent, createEraWorld, eventsSince, finishEra, mustPass, settle, TOKEN } from './eraWorld.ts';
import { createTracker, findViolations } from './invariants.ts';
import { ACCOUNT, F, KIND, STRIDE } from './layout.ts';
import { bonusOf, eraLivenessUnits, livenessMultiplierMil } from './liveness.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import type { ParamKey } from './params.ts';
import type { ProviderReport } from './providerReport.ts';
import { ALL_HOURS, addProvider, enoughFor, GOOD_REPORT, report } from './providerWorld.ts';
import { slashableUnits } from './stake.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const KEEPER = ACCOUNT.keeper;

describe('livenessMultiplierMil', () => {
  it('given multipliers that add > a reward is the sum of the one for hardware and the one for trust (INV-45)', () => {
    const mil = fc.integer({ min: 0, max: 20_000 });
    const units = fc.integer({ min: 0, max: 64_000_000_000 });
    fc.assert(
      fc.property(units, mil, mil, mil, mil, (base, hardware, trust, storage, net) => {
        const rewardOf = (h: number, t: number, st: number, n: number): number =>
          mulDivDown(base, livenessMultiplierMil(0, h, t, st, n), MIL);
        fc.pre(hardware + storage + net >= 2 * MIL);
        const whole = rewardOf(hardware, trust, storage, net);
        const parts = rewardOf(hardware, 0, storage, net) + rewardOf(0, trust, MIL, MIL);
        expect(whole - parts).toBeGreaterThanOrEqual(0);
        expect(whole - parts).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('given anything > is a whole number, never below 0', () => {
    const mil = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), mil, mil, mil, mil, (stack, h, t, st, n) => {
        const value = livenessMultiplierMil(stack, h, t, st, n);
        expect(Number.isInteger(value) && value >= 0).toBe(true);
      }),
    );
  });

  it.each([
    ['additive', 0, 3_500],
    ['hardware only', 1, 3_500],
    ['compound', 2, 3_000],
  ])('attribute 1.5 and trust 2.0, %s > %i: %i mil', (_what, stack, expected) => {
    expect(livenessMultiplierMil(stack, 1_500, 2_000, MIL, MIL)).toBe(expected);
  });
});

/** One Active provider of tier 3 whose liveness is 2.4 tokens an era, 0.1 an hour, in eras of 24 slots. */
function singleWorld(params: Partial<Record<ParamKey, number>> = {}): State {
  const s = createEraWorld({
    agents: 3,
    params: { 'time.slots_per_era': 24, 'live.base_era.cpu': 160, 'tier.mult_mil.3': 500, ...params },
  });
  addProvider(s, agent(0), 3, enoughFor(1));
  return s;
}

/** What the rules of F-7 and F-10 say about one hour, written as they are. */
function judge(
  bits: { active: boolean; full: boolean; task: boolean; breached: boolean; cooled: boolean; failed: boolean },
  mode: number,
): 'paid' | 'forfeited' | 'nothing' {
  if (!bits.active || (bits.cooled && bits.full)) return 'nothing';
  if (bits.failed) return 'forfeited';
  if (bits.task && bits.breached) {
    if (mode !== 1) return 'forfeited';
    return bits.full ? 'paid' : 'nothing';
  }
  return bits.full ? 'paid' : 'forfeited';
}

describe('assessProviders', () => {
  it('given any hours > pays, forfeits and slashes as each single hour is judged (F-7, F-10)', () => {
    const hours = fc.integer({ min: 0, max: ALL_HOURS });
    fc.assert(
      fc.property(
        fc.tuple(hours, hours, hours, hours, hours, hours),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 5_000_000 }),
        fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1 })),
        ([active, full, task, breached, cooled, failed], mode, slots, feeUnits, [streaks, extra, perHour]) => {
          const s = singleWorld({
            'slash.task_mode': mode,
            'chal.fail_forfeit_slots': slots,
            'slash.standby_mode': perHour,
          });
          writeRecord(s, 'providerEra', 1, { failedHours: failed });
          report(s, [
            {
              activeHours: active,
              fullHours: full,
              taskHours: task,
              breachedHours: breached,
              cooledHours: cooled,
              feeUnits,
              streakCount: streaks,
              extraHourCount: extra,
            },
          ]);
          const has = (bitsOf: number, hour: number): boolean => Math.floor(bitsOf / 2 ** hour) % 2 === 1;
          const counts = { paid: 0, forfeited: 0, nothing: 0 };
          let breachCount = 0;
          for (let h = 0; h < 24; h++) {
            const isFailed = Array.from({ length: slots }, (_, i) => h - i).some(
              (slot) => slot >= 0 && has(failed, slot),
            );
            const bits = {
              active: has(active, h),
              full: has(full, h),
              task: has(task, h),
              breached: has(breached, h),
              cooled: has(cooled, h),
              failed: isFailed,
            };
            counts[judge(bits, mode)] += 1;
            if (bits.active && bits.task && bits.breached) breachCount += 1;
          }
          const feePerHour = breachCount === 0 ? 0 : Math.floor(feeUnits / breachCount);
          const perBreach = mode === 0 ? feePerHour : Math.max(100_000, feePerHour);
          const slash = breachCount * perBreach + 100_000 * (streaks + perHour * extra);
          finishEra(s);
          settle(s, undefined, 'openEmission');
          expect(readRecord(s, 'providerEra', 1)).toMatchObject({
            hourCount: counts.paid,
            rawUnits: counts.paid * 100_000,
            forfeitUnits: counts.forfeited * 100_000,
          });
          expect(walletUnits(s, ACCOUNT.slashPot)).toBe(Math.min(slash, enoughFor(1)));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('given provider and tier > is worth what the formula says, each category rounded down', () => {
    const s = createEraWorld({ agents: 1 });
    mustPass(s, 'proposeProvider', agent(0), [0, 0, 7, 1, 0, 3, 9, 3, 3, 4, 0]);
    writeRecord(s, 'providers', 1, { tier: 2 });
    // δ = 200 + 500; GPU 6 000 + 1 700 + 700, CPU 1 500 + 1 700 + 700.
    expect(eraLivenessUnits(s, 1)).toBe(3 * 20 * TOKEN * 8.4 + 7 * 0.1 * TOKEN * 3.9);
  });

  it('given a ladder that is not ascending > the highest step in the list that is reached counts', () => {
    const s = createEraWorld({ params: { 'bonus.ladder_hours.2': 50, 'bonus.ladder_tokens.2': 9 } });
    expect([49, 50, 99, 100].map((hours) => bonusOf(s, hours, 0))).toEqual([0, 9 * TOKEN, 9 * TOKEN, 9 * TOKEN]);
  });

  it('given an outage worth more than 2^53 units > takes all there is, and settles', () => {
    const s = singleWorld({
      'token.decimals': 9,
      'live.base_era.gpu': 1_000_000,
      'time.slots_per_era': 1,
      'econ.max_supply': 1_000_000,
    });
    writeRecord(s, 'providers', 1, { gpuCount: 64, gpuTier: 11, state: 3, tier: 3 });
    report(s, [{ streakCount: 4_095 }]);
    finishEra(s);
    const slashable = slashableUnits(s, KIND.provider, 1);
    expect(slashable).toBeGreaterThan(0);
    settle(s, undefined, 'openEmission');
    expect(slashableUnits(s, KIND.provider, 1)).toBe(0);
    expect(s.providerTotals[F.providerTotals.slashUnits]).toBe(slashable);
  });
});

type Population = {
  readonly own: number;
  readonly delegated: readonly number[];
  readonly unbonding: number;
  readonly hours: Partial<ProviderReport>;
  readonly isCase: boolean;
  readonly harm: number;
};

const populations: fc.Arbitrary<readonly Population[]> = fc.array(
  fc.record({
    own: fc.integer({ min: 51, max: 600 }).map((tokens) => tokens * TOKEN),
    delegated: fc.array(
      fc.integer({ min: 1, max: 400 }).map((tokens) => tokens * TOKEN + 7),
      { maxLength: 3 },
    ),
    unbonding: fc.integer({ min: 0, max: 50 }),
    hours: fc.record({
      fullHours: fc.integer({ min: 0, max: ALL_HOURS }),
      taskHours: fc.integer({ min: 0, max: ALL_HOURS }),
      breachedHours: fc.integer({ min: 0, max: ALL_HOURS }),
      feeUnits: fc.integer({ min: 0, max: 900_000_000 }),
      streakCount: fc.integer({ min: 0, max: 6 }),
      leaseHours: fc.integer({ min: 0, max: 200 }),
    }),
    isCase: fc.boolean(),
    harm: fc.integer({ min: 0, max: 900 }).map((tokens) => tokens * TOKEN),
  }),
  { minLength: 1, maxLength: 5 },
);

function sumOfWallets(s: State): number {
  return s.wallets.reduce((sum, units) => sum + units, 0);
}

function build(population: readonly Population[], params: Partial<Record<ParamKey, number>>): State {
  const s = createEraWorld({
    agents: 4,
    walletUnits: 20_000 * TOKEN,
    params: { 'time.slots_per_era': 24, 'live.base_era.cpu': 5_000, ...params },
  });
  population.forEach(({ own, delegated, unbonding }, i) => {
    const provider = addProvider(s, agent(i % 2), 7, own);
    for (const units of delegated) {
      mustPass(s, 'delegate', agent(2), [KIND.provider, provider, units, i % 2]);
      const delegation = s.stakeTotals[F.stakeTotals.delegationCount]!;
      if (unbonding > 0) mustPass(s, 'undelegate', agent(2), [delegation, mulDivDown(units, unbonding, 100)]);
    }
    writeRecord(s, 'providers', provider, { tier: 1 + (i % 7) });
  });
  population.forEach(({ isCase, harm }, i) => {
    if (isCase) mustPass(s, 'upholdMisconduct', KEEPER, [i + 1, harm === 0 ? 0 : agent(3), harm]);
  });
  return s;
}

describe('a settlement of providers', () => {
  it('given any slashes, rewards, cases and destinations > no unit is made or lost, the pots are empty, invariants hold', () => {
    fc.assert(
      fc.property(
        populations,
        fc.record({
          destination: fc.integer({ min: 0, max: 2 }),
          delegators: fc.integer({ min: 0, max: 1 }),
          misconductBps: fc.integer({ min: 0, max: 10_000 }),
          slarkBps: fc.integer({ min: 0, max: 10_000 }),
          poolTokens: fc.integer({ min: 0, max: 400 }),
          chunk: fc.integer({ min: 1, max: 3 }),
        }),
        (population, choice) => {
          const s = build(population, {
            'slash.misconduct_dest': choice.destination,
            'slash.delegators_share': choice.delegators,
            'slash.misconduct_bps': choice.misconductBps,
            'slash.slark_share_bps': choice.slarkBps,
            'live.pool_era': choice.poolTokens,
          });
          report(
            s,
            population.map(({ hours }) => ({ ...GOOD_REPORT, ...hours })),
          );
          const before = sumOfWallets(s);
          const foundation = walletUnits(s, ACCOUNT.foundation);
          finishEra(s);
          s.eventCount = 0;
          settle(s, (from, count) => Math.min(count, from + choice.chunk));
          const burnt = s.tokenTotals[F.tokenTotals.burntUnits]!;
          expect(sumOfWallets(s)).toBe(before - burnt);
          expect(burnt === 0 || choice.destination === 2).toBe(true);
          expect([walletUnits(s, ACCOUNT.slashPot), walletUnits(s, ACCOUNT.slarkPool)]).toEqual([0, 0]);
          expect(findViolations(s, createTracker())).toEqual([]);
          const paid = s.providerTotals[F.providerTotals.poolUnits]!;
          expect(paid).toBeLessThanOrEqual(choice.poolTokens * TOKEN);
          expect(foundation).toBeGreaterThan(paid);
          const slashed = eventsSince(s)
            .filter(({ name }) => name === 'Slashed')
            .reduce((sum, { units }) => sum + (units as number), 0);
          const taken = eventsSince(s)
            .filter(({ name, to }) => name === 'Moved' && to === ACCOUNT.slashPot)
            .filter(({ from }) => from !== ACCOUNT.foundation)
            .reduce((sum, { units }) => sum + (units as number), 0);
          // INV-8: what own stakes and delegations have paid is what was slashed.
          expect(taken).toBe(slashed);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('given a case > the provider earns nothing, its delegators neither, and the case is closed', () => {
    const s = build(
      [{ own: 100 * TOKEN, delegated: [100 * TOKEN], unbonding: 0, hours: {}, isCase: true, harm: 30 * TOKEN }],
      { 'slash.misconduct_bps': 5_000 },
    );
    report(s, [{ leaseHours: 100 }]);
    const [owner, delegator, harmed] = [0, 2, 3].map((i) => walletUnits(s, agent(i)));
    finishEra(s);
    settle(s, undefined, 'payStakers');
    expect([walletUnits(s, agent(0)), walletUnits(s, agent(2))]).toEqual([owner, delegator]);
    expect(walletUnits(s, agent(3))).toBe(harmed! + 30 * TOKEN);
    const { misconductUnits, harmedAccount, harmUnits } = readRecord(s, 'providers', 1);
    expect([misconductUnits, harmedAccount, harmUnits]).toEqual([0, 0, 0]);
    const at = STRIDE.providerCollateral;
    expect(s.providerCollateral[at + F.providerCollateral.ownUnits]).toBe(50 * TOKEN);
    expect(s.providerCollateral[at + F.providerCollateral.delegatedUnits]).toBe(50 * TOKEN);
  });
});
