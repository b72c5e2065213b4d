import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulDivDown } from '../base/fixedPoint.ts';
import { agent, type EraWorldOptions, eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, STEP, STRIDE } from './layout.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { scoreOf } from './slarkRewards.ts';
import { slarkCount } from './slarks.ts';
import { addFoundationSlark, addProvider, addRunning, createSlarkWorld, readSlark, setTier } from './slarkWorld.ts';
import type { State } from './state.ts';
import { enterSettlement } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const K = ACCOUNT.keeper;
const ALICE = agent(0);
const BOB = agent(1);
const POOL = ACCOUNT.slarkPool;

/** Licences 1, 2, … of agents 0, 1, …, all for provider 1 of agent 9, with so many aligned results each. */
function createPayWorld(aligned: readonly number[], params: EraWorldOptions['params'] = {}): State {
  const s = createSlarkWorld({ params: { 'slark.pool_era': 1_000, ...params } });
  const provider = addProvider(s, agent(9));
  aligned.forEach((count, i) => {
    addRunning(s, agent(i), provider);
    align(s, i + 1, count);
  });
  s.eventCount = 0;
  return s;
}

/** Aligned results of a licence, as certificates would leave them. */
function align(s: State, licence: number, count: number): void {
  const before = scoreOf(s, licence);
  writeRecord(s, 'slarks', licence, { resultCount: count, alignedCount: count });
  s.slarkTotals[F.slarkTotals.scoreSum]! += scoreOf(s, licence) - before;
}

function pay(s: State, chunk = 1_000): void {
  enterSettlement(s, STEP.paySlarks);
  const count = slarkCount(s);
  for (let from = 0; from === 0 || from < count; from += chunk) {
    mustPass(s, 'paySlarks', K, [from, Math.min(from + chunk, count)]);
  }
}

function shareOf(s: State, licence: number): { liquid: number; delegated: number } {
  const paid = eventsSince(s).filter((e) => e.name === 'RewardPaid' && e.kind === KIND.slark && e.entity === licence);
  const sum = (reason: number): number =>
    paid.filter((e) => e.reason === reason).reduce((total, e) => total + Number(e.units), 0);
  return { liquid: sum(MOVE.slarkReward), delegated: sum(MOVE.delegate) };
}

describe('paySlarks', () => {
  it('given scores of 1 : 3 > shares the pool so, 80 % delegated to the chosen provider, 20 % to the owner', () => {
    const s = createPayWorld([1, 3]);
    const before = walletUnits(s, ALICE);
    pay(s);
    expect(shareOf(s, 1)).toEqual({ liquid: 50 * TOKEN, delegated: 200 * TOKEN });
    expect(shareOf(s, 2)).toEqual({ liquid: 150 * TOKEN, delegated: 600 * TOKEN });
    expect(walletUnits(s, ALICE) - before).toBe(50 * TOKEN);
    expect(walletUnits(s, POOL)).toBe(0);
    expect(readRecord(s, 'delegations', readSlark(s, 1).delegation)).toMatchObject({
      delegator: ALICE,
      targetKind: KIND.provider,
      target: 1,
      units: 200 * TOKEN,
      autoStake: 0,
    });
    expect(readRecord(s, 'vestings', readSlark(s, 1).delegation).licence).toBe(1);
    expect(readRecord(s, 'slarkTotals', 0)).toMatchObject({ poolUnits: 0, runningScore: 0, scoreSum: 0 });
  });

  it('given a higher tier > its multiplier weighs its results', () => {
    const s = createPayWorld([]);
    const provider = addProvider(s, agent(9));
    for (const [i, tier] of [1, 6].entries()) {
      addRunning(s, agent(i), provider, tier);
      align(s, i + 1, 4);
    }
    pay(s);
    // 4 results at 1.0 and 4 at 2.0: 333.333333 and 666.666667 of 1 000 tokens.
    expect(shareOf(s, 1)).toEqual({ liquid: 66_666_667, delegated: 266_666_666 });
    expect(shareOf(s, 2)).toEqual({ liquid: 133_333_334, delegated: 533_333_333 });
  });

  it('given forfeits and slashes of providers > they enlarge the pool by slash.slark_share_bps', () => {
    const s = createPayWorld([1], { 'slash.slark_share_bps': 4_000 });
    s.providerTotals[F.providerTotals.forfeitUnits] = 100 * TOKEN;
    s.providerTotals[F.providerTotals.slashUnits] = 50 * TOKEN;
    s.wallets[ACCOUNT.slashPot] = 50 * TOKEN;
    const foundation = walletUnits(s, ACCOUNT.foundation);
    pay(s);
    const { liquid, delegated } = shareOf(s, 1);
    expect(liquid + delegated).toBe((1_000 + 40 + 20) * TOKEN);
    expect(walletUnits(s, ACCOUNT.slashPot)).toBe(0);
    expect(foundation - walletUnits(s, ACCOUNT.foundation)).toBe((1_000 + 40 - 30) * TOKEN);
  });

  it('given nobody with a score > the pool goes back to the foundation', () => {
    const s = createPayWorld([0]);
    s.providerTotals[F.providerTotals.slashUnits] = 50 * TOKEN;
    s.wallets[ACCOUNT.slashPot] = 50 * TOKEN;
    const foundation = walletUnits(s, ACCOUNT.foundation);
    pay(s);
    expect(walletUnits(s, POOL)).toBe(0);
    expect(walletUnits(s, ACCOUNT.foundation) - foundation).toBe(50 * TOKEN);
  });

  it('given a foundation with less than the fixed part > the pool is what it has', () => {
    const s = createPayWorld([1]);
    s.wallets[ACCOUNT.treasury]! += walletUnits(s, ACCOUNT.foundation) - 10 * TOKEN;
    s.wallets[ACCOUNT.foundation] = 10 * TOKEN;
    pay(s);
    expect(shareOf(s, 1)).toEqual({ liquid: 2 * TOKEN, delegated: 8 * TOKEN });
  });

  it('given a Slark of the foundation > it earns nothing', () => {
    const s = createPayWorld([1]);
    const licence = addFoundationSlark(s);
    align(s, licence, 9);
    pay(s);
    expect(shareOf(s, licence)).toEqual({ liquid: 0, delegated: 0 });
    expect(shareOf(s, 1).liquid).toBe(200 * TOKEN);
  });

  it('given a second era > the same delegation grows; given another choice > a new one is opened', () => {
    const s = createPayWorld([1]);
    addProvider(s, agent(9));
    pay(s);
    const first = readSlark(s, 1).delegation;
    align(s, 1, 1);
    s.slarkTotals[F.slarkTotals.scoreSum] = scoreOf(s, 1);
    pay(s);
    expect(readSlark(s, 1).delegation).toBe(first);
    expect(readRecord(s, 'delegations', first).units).toBe(1_600 * TOKEN);
    s.clockTotals[F.clockTotals.stepsDone] = 0;
    mustPass(s, 'chooseProvider', ALICE, [1, 2]);
    s.slarkTotals[F.slarkTotals.scoreSum] = scoreOf(s, 1);
    pay(s);
    const second = readSlark(s, 1).delegation;
    expect(second).not.toBe(first);
    expect(readRecord(s, 'delegations', second)).toMatchObject({ target: 2, units: 800 * TOKEN, delegator: ALICE });
    expect(readRecord(s, 'delegations', first).units).toBe(1_600 * TOKEN);
  });

  it('given a provider that has left > the delegated part is withheld for the foundation, and no delegation opened', () => {
    const s = createPayWorld([1]);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.deactivated });
    const foundation = walletUnits(s, ACCOUNT.foundation);
    pay(s);
    expect(shareOf(s, 1)).toEqual({ liquid: 200 * TOKEN, delegated: 0 });
    expect(foundation - walletUnits(s, ACCOUNT.foundation)).toBe(200 * TOKEN);
    expect(walletUnits(s, POOL)).toBe(0);
    expect(readSlark(s, 1).delegation).toBe(0);
  });

  it('given a provider that has left and a delegation to it > the delegation takes nothing and stays named', () => {
    const s = createPayWorld([1]);
    pay(s);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.deactivated });
    align(s, 1, 1);
    s.slarkTotals[F.slarkTotals.scoreSum] = scoreOf(s, 1);
    pay(s);
    expect(readSlark(s, 1).delegation).toBe(1);
    expect(readRecord(s, 'delegations', 1).units).toBe(800 * TOKEN);
  });

  it('given a delegation that moves to the chosen provider > is joined; if what it backs has left, another is opened', () => {
    const s = createPayWorld([1]);
    addProvider(s, agent(9));
    pay(s);
    const again = (): void => {
      s.clockTotals[F.clockTotals.stepsDone] = 0;
      s.slarkTotals[F.slarkTotals.scoreSum] = scoreOf(s, 1);
      pay(s);
    };
    s.clockTotals[F.clockTotals.stepsDone] = 0;
    mustPass(s, 'redelegate', ALICE, [1, 2]);
    mustPass(s, 'chooseProvider', ALICE, [1, 2]);
    again();
    expect(readSlark(s, 1).delegation).toBe(1);
    expect(readRecord(s, 'delegations', 1)).toMatchObject({ target: 1, units: 1_600 * TOKEN });
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.deactivated });
    again();
    expect(readSlark(s, 1).delegation).toBe(2);
    expect(readRecord(s, 'delegations', 2)).toMatchObject({ target: 2, units: 800 * TOKEN });
  });

  it('given a licence that was handed over > the new owner gets the reward, delegated in the new owner’s name', () => {
    const s = createPayWorld([1]);
    mustPass(s, 'endRunner', ALICE, [1]);
    s.nowS = readSlark(s, 1).soulboundUntilS;
    mustPass(s, 'transferLicence', ALICE, [1, BOB]);
    const before = walletUnits(s, BOB);
    pay(s);
    expect(walletUnits(s, BOB) - before).toBe(200 * TOKEN);
    expect(readRecord(s, 'delegations', readSlark(s, 1).delegation).delegator).toBe(BOB);
  });

  it('given any scores, tiers and chunks > pays out exactly the pool (INV-40), and ⌊80 %⌋ of each share delegated (INV-44)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 9 }),
        fc.nat(10_000),
        fc.nat(1_000_000_007),
        fc.integer({ min: 1, max: 4 }),
        (scores, delegateBps, forfeitUnits, chunk) => {
          const s = createPayWorld(new Array(scores.length).fill(0), { 'slark.delegate_bps': delegateBps });
          for (const [i, [aligned, tier]] of scores.entries()) {
            setTier(s, i + 1, tier);
            align(s, i + 1, aligned);
          }
          s.providerTotals[F.providerTotals.forfeitUnits] = forfeitUnits;
          const isShared = scores.some(([aligned]) => aligned > 0);
          pay(s, chunk);
          let paid = 0;
          for (let licence = 1; licence <= scores.length; licence++) {
            const { liquid, delegated } = shareOf(s, licence);
            expect(delegated).toBe(mulDivDown(liquid + delegated, delegateBps, 10_000));
            const at = readSlark(s, licence).delegation * STRIDE.delegations;
            expect(delegated === 0 ? 0 : s.delegations[at + F.delegations.units]).toBe(delegated);
            paid += liquid + delegated;
          }
          expect(paid).toBe(isShared ? 1_000 * TOKEN + forfeitUnits : 0);
          expect(walletUnits(s, POOL)).toBe(0);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});
