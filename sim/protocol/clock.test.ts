import { describe, expect, it } from 'vitest';
import { keccak256Hex } from '../base/hash.ts';
import { PURPOSE, rnd } from '../base/rnd.ts';
import { checkStep, commitBeacon, currentEra, draw, enterStep, hashBeacon, openSlot, slotCount } from './clock.ts';
import { beaconOf, createEraWorld, eventsSince, finishEra, openNextSlot, send, settle, snapshot } from './eraWorld.ts';
import { ACCOUNT, F, STEP } from './layout.ts';
import { R } from './rejections.ts';
import type { State } from './state.ts';

const SLOT_S = 3_600;
const KEEPER = ACCOUNT.keeper;
const C = F.clockTotals;

/** Two slots an era; slot 0 is open. */
function world(): State {
  return createEraWorld({ params: { 'time.slots_per_era': 2 } });
}

/** The first era is over and nothing of it is settled. */
function dueWorld(): State {
  const s = world();
  finishEra(s);
  return s;
}

describe('hashBeacon', () => {
  it('is keccak256 of the 32 bytes, most significant word first', () => {
    const words = [0x01020304, 0, 0, 0, 0, 0, 0, 0xfffefdfc];
    const bytes = Uint8Array.from([1, 2, 3, 4, ...new Array(24).fill(0), 0xff, 0xfe, 0xfd, 0xfc]);
    const hex = hashBeacon(words)
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('');
    expect(hex).toBe(keccak256Hex(bytes));
  });

  it('of a slot’s beacon is the beacon before', () => {
    expect(hashBeacon(beaconOf(1))).toEqual(beaconOf(0));
  });
});

describe('openSlot', () => {
  it('given the next slot and its beacon > stores both and tells', () => {
    const s = world();
    s.nowS = SLOT_S;
    s.eventCount = 0;
    expect(send(s, 'openSlot', KEEPER, beaconOf(1))).toEqual([0]);
    expect([slotCount(s), currentEra(s)]).toEqual([2, 0]);
    expect(Array.from(s.clockTotals.slice(C.beacon0, C.beacon0 + 8))).toEqual(beaconOf(1));
    expect(eventsSince(s)).toEqual([{ name: 'SlotOpened', slot: 1, era: 0 }]);
  });

  it('counts an era as its slots: the third slot of two-slot eras opens era 1', () => {
    const s = dueWorld();
    settle(s);
    openNextSlot(s);
    expect([slotCount(s), currentEra(s)]).toEqual([3, 1]);
  });

  it('given slot 0 > checks it against the commitment of genesis', () => {
    const s = world();
    s.clockTotals[C.slotCount] = 0;
    s.nowS = 0;
    commitBeacon(s, hashBeacon(beaconOf(5)));
    expect(send(s, 'openSlot', KEEPER, beaconOf(6))).toEqual([R.BeaconMismatch, 0, 0]);
    expect(send(s, 'openSlot', KEEPER, beaconOf(5))).toEqual([0]);
  });

  it.each([
    ['one second before the slot', SLOT_S - 1, beaconOf(1), [R.SlotOutOfOrder, 0, 1]],
    ['the first second of the slot', SLOT_S, beaconOf(1), [0]],
    ['the last second of the slot', 2 * SLOT_S - 1, beaconOf(1), [0]],
    ['the slot after', 2 * SLOT_S, beaconOf(1), [R.SlotOutOfOrder, 2, 1]],
    ['another beacon', SLOT_S, beaconOf(2), [R.BeaconMismatch, 0, 0]],
    ['a word of 2^32', SLOT_S, [...beaconOf(1).slice(0, 7), 2 ** 32], [R.ValueOutOfRange, 2 ** 32, 2 ** 32 - 1]],
    [
      'two words too large: the first is named',
      0,
      [2 ** 33, ...beaconOf(1).slice(1, 7), 2 ** 32],
      [R.ValueOutOfRange, 2 ** 33, 2 ** 32 - 1],
    ],
    ['a wrong beacon at a wrong time: the time is named', 0, beaconOf(2), [R.SlotOutOfOrder, 0, 1]],
  ])('given %s > at %i s answers as listed', (_, nowS, words, answer) => {
    const s = world();
    s.nowS = nowS;
    const before = snapshot(s);
    expect(send(s, 'openSlot', KEEPER, words)).toEqual(answer);
    if (answer[0] !== 0) expect(snapshot(s)).toEqual(before);
  });

  it('given one wrong bit in any word > refuses the beacon', () => {
    for (let i = 0; i < 8; i++) {
      const s = world();
      s.nowS = SLOT_S;
      const words = beaconOf(1).map((word, k) => (k === i ? (word ^ 1) >>> 0 : word));
      expect(send(s, 'openSlot', KEEPER, words)).toEqual([R.BeaconMismatch, 0, 0]);
    }
  });

  it('given an era that is not settled > refuses the next era’s first slot', () => {
    const s = dueWorld();
    expect(send(s, 'openSlot', KEEPER, beaconOf(2))).toEqual([R.EraNotSettled, 0, 1]);
    settle(s, undefined, 'rotateModels');
    expect(send(s, 'openSlot', KEEPER, beaconOf(2))).toEqual([R.EraNotSettled, 0, 1]);
    settle(s);
    expect(send(s, 'openSlot', KEEPER, beaconOf(2))).toEqual([0]);
  });

  it('given an agent > refuses', () => {
    const s = createEraWorld({ agents: 1 });
    expect(send(s, 'openSlot', ACCOUNT.firstAgent, beaconOf(1))).toEqual([R.OnlyKeeper, ACCOUNT.firstAgent, KEEPER]);
  });
});

describe('enterStep', () => {
  it.each([
    [
      'before the era’s last slot is open',
      (s: State) => {
        s.clockTotals[C.slotCount] = 1;
      },
      [1, 0, 0, 0],
      [R.StepOutOfOrder, 1, 0],
    ],
    [
      'a second before the era is over',
      (s: State) => {
        s.nowS -= 1;
      },
      [1, 0, 0, 0],
      [R.StepOutOfOrder, 1, 0],
    ],
    ['the moment the era is over', () => {}, [1, 0, 0, 0], [0]],
    ['the second step first', () => {}, [2, 0, 1, 1], [R.StepOutOfOrder, 2, 1]],
    ['step 0', () => {}, [0, 0, 0, 0], [R.StepOutOfOrder, 0, 1]],
    ['a chunk that does not start at the cursor', () => {}, [1, 1, 2, 3], [R.CursorMismatch, 1, 0]],
    ['a chunk past the end', () => {}, [1, 0, 4, 3], [R.ValueOutOfRange, 4, 3]],
    ['a chunk to the end', () => {}, [1, 0, 3, 3], [0]],
    ['a chunk of one', () => {}, [1, 0, 1, 3], [0]],
    ['an empty chunk where there are positions', () => {}, [1, 0, 0, 3], [R.ValueOutOfRange, 0, 3]],
  ] as const)('given %s > answers as listed', (_, prepare, [step, from, to, count], answer) => {
    const s = dueWorld();
    prepare(s);
    const before = snapshot(s);
    const code = enterStep(s, step, from, to, count);
    expect(code === 0 ? [0] : [code, s.rejectHave, s.rejectNeed]).toEqual(answer);
    if (code !== 0) expect(snapshot(s)).toEqual(before);
  });

  it('given chunks > keeps the cursor until the step is complete, then takes the next step', () => {
    const s = dueWorld();
    expect(enterStep(s, 1, 0, 2, 5)).toBe(0);
    expect(enterStep(s, 1, 0, 5, 5)).toBe(R.CursorMismatch);
    expect(enterStep(s, 2, 0, 1, 1)).toBe(R.StepOutOfOrder);
    expect(enterStep(s, 1, 2, 1, 5)).toBe(R.ValueOutOfRange);
    expect(enterStep(s, 1, 2, 5, 5)).toBe(0);
    expect(enterStep(s, 1, 0, 5, 5)).toBe(R.StepOutOfOrder);
    expect(enterStep(s, 2, 0, 1, 1)).toBe(0);
  });

  it('given the last step > settles the era once and tells its emission', () => {
    const s = dueWorld();
    s.emissionTotals[F.emissionTotals.eraUnits] = 77;
    for (let step = 1; step < STEP.rotateModels; step++) expect(enterStep(s, step, 0, 0, 0)).toBe(0);
    s.eventCount = 0;
    expect(s.clockTotals[C.settledEraCount]).toBe(0);
    expect(enterStep(s, STEP.rotateModels, 0, 1, 2)).toBe(0);
    expect(s.eventCount).toBe(0);
    expect(enterStep(s, STEP.rotateModels, 1, 2, 2)).toBe(0);
    expect(eventsSince(s)).toEqual([{ name: 'EraSettled', era: 0, emittedUnits: 77 }]);
    expect([s.clockTotals[C.settledEraCount], s.clockTotals[C.stepsDone], s.clockTotals[C.cursor]]).toEqual([1, 0, 0]);
    // Settled exactly once (INV-67): no step is due any more.
    expect(enterStep(s, 1, 0, 0, 0)).toBe(R.StepOutOfOrder);
  });

  it('checkStep gives the same answer and changes nothing', () => {
    const s = dueWorld();
    const before = snapshot(s);
    expect(checkStep(s, 1, 0, 2, 5)).toBe(0);
    expect(checkStep(s, 2, 0, 1, 1)).toBe(R.StepOutOfOrder);
    expect(snapshot(s)).toEqual(before);
  });
});

describe('draw', () => {
  it('takes the low 64 bits of the slot’s beacon', () => {
    const s = world();
    const [high, low] = beaconOf(0).slice(6) as [number, number];
    expect(draw(s, PURPOSE.audit, 9, 2)).toBe(rnd(high, low, PURPOSE.audit, 9, 2));
  });

  it('changes with the slot', () => {
    const s = world();
    const first = draw(s, PURPOSE.audit, 9, 2);
    s.nowS = SLOT_S;
    expect(openSlot(s, KEEPER, beaconOf(1), [])).toBe(0);
    expect(draw(s, PURPOSE.audit, 9, 2)).not.toBe(first);
  });
});
