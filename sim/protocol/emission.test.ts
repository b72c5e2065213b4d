import { describe, expect, it } from 'vitest';
import { scheduleUnits } from './emission.ts';
import {
  createEraWorld,
  eventsSince,
  finishEra,
  mustPass,
  openNextSlot,
  send,
  settle,
  snapshot,
  TOKEN,
} from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, STEP } from './layout.ts';
import type { ParamKey } from './params.ts';
import { R } from './rejections.ts';
import type { State } from './state.ts';
import { burnUnits, walletUnits } from './token.ts';

const KEEPER = ACCOUNT.keeper;
const E = F.emissionTotals;

/** The first era is over, and step 2 is next. */
function dueWorld(params: Partial<Record<ParamKey, number>> = {}): State {
  const s = createEraWorld({ params });
  finishEra(s);
  settle(s, undefined, 'openEmission');
  s.eventCount = 0;
  return s;
}

describe('scheduleUnits', () => {
  it.each([
    [0, 20_000 * TOKEN],
    [729, 20_000 * TOKEN],
    [730, 10_000 * TOKEN],
    [1_459, 10_000 * TOKEN],
    [1_460, 5_000 * TOKEN],
    // 2·10^10 / 2^11 = 9 765 625 exactly; the twelfth halving rounds down.
    [730 * 11, 9_765_625],
    [730 * 12, 4_882_812],
    [730 * 34, 1],
    [730 * 35, 0],
    [730 * 36_500, 0],
  ])('given the default schedule > era %i emits at most %i units', (era, units) => {
    expect(scheduleUnits(createEraWorld(), era)).toBe(units);
  });
});

describe('openEmission', () => {
  it('given the default shares > cuts 20 000 tokens into 60, 20, 10, 9 and 1 % and pays the foundation at once', () => {
    const s = dueWorld();
    const foundationBefore = walletUnits(s, ACCOUNT.foundation);
    mustPass(s, 'openEmission', KEEPER, [0, 1]);
    expect(Array.from(s.emissionTotals.slice(0, 7))).toEqual(
      [20_000, 20_000, 12_000, 4_000, 2_000, 1_800, 200].map((tokens) => tokens * TOKEN),
    );
    expect(walletUnits(s, ACCOUNT.foundation) - foundationBefore).toBe(200 * TOKEN);
    expect(eventsSince(s)).toEqual([
      {
        name: 'Moved',
        from: ACCOUNT.community,
        to: ACCOUNT.foundation,
        units: 200 * TOKEN,
        reason: MOVE.emissionFoundation,
      },
    ]);
  });

  it('given a community account with less than the schedule > emits what there is, to the last unit', () => {
    const s = dueWorld();
    burnUnits(s, ACCOUNT.community, walletUnits(s, ACCOUNT.community) - 101);
    mustPass(s, 'openEmission', KEEPER, [0, 1]);
    // alloc(101, 6000/2000/1000/900/100): running shares 60, 80, 90, 99, 101 of 101.
    expect(Array.from(s.emissionTotals.slice(0, 7))).toEqual([101, 101, 60, 20, 10, 9, 2]);
    expect(walletUnits(s, ACCOUNT.community)).toBe(99);
  });

  it('given an empty community account > emits nothing and leaves no event', () => {
    const s = dueWorld();
    burnUnits(s, ACCOUNT.community, walletUnits(s, ACCOUNT.community));
    s.eventCount = 0;
    mustPass(s, 'openEmission', KEEPER, [0, 1]);
    expect(Array.from(s.emissionTotals.slice(0, 7))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(s.eventCount).toBe(0);
  });

  it('adds up over eras', () => {
    const s = dueWorld();
    settle(s);
    expect(s.emissionTotals[E.emittedUnits]).toBe(20_000 * TOKEN);
    openNextSlot(s);
    finishEra(s);
    settle(s);
    expect(s.emissionTotals[E.emittedUnits]).toBe(40_000 * TOKEN);
  });

  it('given parts that do not sum to the whole > fails', () => {
    const s = dueWorld({ 'powr.pool_share_bps': 6_001 });
    expect(() => send(s, 'openEmission', KEEPER, [0, 1])).toThrow('sum to 10001');
  });

  it('given a wrong chunk or a second call > refuses and changes nothing', () => {
    const s = dueWorld();
    const before = snapshot(s);
    expect(send(s, 'openEmission', KEEPER, [0, 0])).toEqual([R.ValueOutOfRange, 0, 1]);
    expect(send(s, 'openEmission', KEEPER, [0, 2])).toEqual([R.ValueOutOfRange, 2, 1]);
    expect(snapshot(s)).toEqual(before);
    mustPass(s, 'openEmission', KEEPER, [0, 1]);
    expect(send(s, 'openEmission', KEEPER, [0, 1])).toEqual([
      R.StepOutOfOrder,
      STEP.openEmission,
      STEP.openEmission + 1,
    ]);
  });
});
