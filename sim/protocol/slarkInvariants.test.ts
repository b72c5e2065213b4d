import { describe, expect, it } from 'vitest';
import { queueTarget } from './challenges.ts';
import { agent, mustPass, TOKEN } from './eraWorld.ts';
import { INVARIANTS } from './invariants.ts';
import { createTracker, rememberState, type Tracker } from './invariantTracker.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, STEP } from './layout.ts';
import { writeRecord } from './nodeWorld.ts';
import * as slarks from './slarkInvariants.ts';
import {
  addFoundationSlark,
  addProvider,
  addRunning,
  certify,
  createSlarkWorld,
  issue,
  plainVotes,
  postList,
  setTier,
} from './slarkWorld.ts';
import type { State } from './state.ts';

type Check = (s: State, tracker: Tracker) => string | null;

const OWNER = agent(0);
const CHECKS: readonly (readonly [id: string, check: Check])[] = [
  ['INV-18', slarks.licencesAreSoulbound],
  ['INV-19', slarks.clientsAreCounted],
  ['INV-20', slarks.seatsAreRespected],
  ['INV-32', slarks.committeesDecide],
  ['INV-33', slarks.seatsAreEligible],
  ['INV-35', slarks.slarkTiersAreTiers],
  ['INV-36', slarks.slarkPromotionsAreEarned],
  ['INV-37', slarks.slarkDemotionsAreDue],
  ['INV-39', slarks.slarkCountersStartAnew],
  ['INV-40', slarks.slarkPoolIsPaid],
  ['INV-42', slarks.scoresAreCountedOnce],
  ['INV-44', slarks.rewardsAreTheOwners],
  ['INV-68', slarks.providersAreCovered],
];

/**
 * Six licences of tier 1 and one of the foundation, run; provider 1 challenged and decided in slot 0; licence 1 feeds
 * delegation 1. Remembered as it is.
 */
function createDecided(): { s: State; tracker: Tracker } {
  const s = createSlarkWorld({ params: { 'chal.n': 1, 'slark.seats.2': 2, 'time.slots_per_era': 1 } });
  queueTarget(s, addProvider(s, OWNER, { tier: 6, activeEra: 0 }), 'rest');
  postList(
    s,
    Array.from({ length: 6 }, () => addRunning(s, OWNER, 1)),
  );
  addFoundationSlark(s);
  mustPass(s, 'delegate', OWNER, [KIND.provider, 1, TOKEN, 0]);
  writeRecord(s, 'slarks', 1, { delegation: 1 });
  writeRecord(s, 'vestings', 1, { licence: 1 });
  mustPass(s, 'scheduleChallenges', ACCOUNT.keeper, []);
  issue(s, 1);
  certify(s, 1, plainVotes(s, 1, 3, 0));
  const tracker = createTracker();
  rememberState(s, tracker);
  return { s, tracker };
}

/** The state as if the tiers had just been settled. */
function settleTiers(s: State): void {
  s.clockTotals[F.clockTotals.stepsDone] = STEP.updateSlarks;
}

/** The state as if the era had just been settled. */
function settleEra(s: State): void {
  s.clockTotals[F.clockTotals.settledEraCount] = 1;
}

const BREAKS: readonly (readonly [
  id: string,
  what: string,
  write: (s: State, tracker: Tracker) => void,
  message: RegExp,
])[] = [
  [
    'INV-18',
    'a licence handed over within its year',
    (s) => writeRecord(s, 'slarks', 2, { owner: agent(3) }),
    /^Licence 2 went from account 32 to 35 at 0 s, soulbound until 31536000 s$/,
  ],
  [
    'INV-18',
    'a soulbound end that moved',
    (s) => writeRecord(s, 'slarks', 2, { soulboundUntilS: 5 }),
    /^Licence 2 is soulbound until 5 s$/,
  ],
  [
    'INV-19',
    'a machine that counts one licence less',
    (s) => writeRecord(s, 'runners', OWNER, { licenceCount: 5 }),
    /^Account 32 counts 5 licences on its machine; it runs 6$/,
  ],
  [
    'INV-19',
    'a running licence that nobody runs',
    (s) => writeRecord(s, 'slarks', 2, { runner: 0 }),
    /^Licence 2 in state 3 is run by account 0$/,
  ],
  [
    'INV-19',
    'a running licence that asks somebody',
    (s) => writeRecord(s, 'slarks', 2, { pendingRunner: 34 }),
    /^Licence 2 in state 3 asks account 34$/,
  ],
  [
    'INV-19',
    'a running licence without key',
    (s) => writeRecord(s, 'slarks', 2, { keyId: 0 }),
    /^Licence 2 in state 3 has no key$/,
  ],
  [
    'INV-20',
    'a tier that counts one licence more',
    (s) => writeRecord(s, 'slarkTotals', 0, { tierCount3: 1 }),
    /^1 licences are counted in tier 3; there are 0$/,
  ],
  [
    'INV-20',
    'three promotions into two seats',
    (s) => {
      settleTiers(s);
      for (const licence of [1, 2, 3]) setTier(s, licence, 2);
    },
    /^Tier 2 of 2 seats had 0 licences; 0 left and 3 were promoted into it$/,
  ],
  [
    'INV-32',
    'a committee of four',
    (s) => writeRecord(s, 'committees', 1, { seatCount: 4 }),
    /^The committee of class 1 has 4 seats of 3$/,
  ],
  [
    'INV-32',
    'a decision of one',
    (s) => writeRecord(s, 'committees', 1, { signerCount: 1 }),
    /^The committee of class 1 has 3 seats and decided with 1 signers$/,
  ],
  [
    'INV-32',
    'more signers than seats',
    (s) => writeRecord(s, 'committees', 1, { signerCount: 4 }),
    /decided with 4 signers$/,
  ],
  [
    'INV-32',
    'a licence on two seats',
    (s) => s.seats.fill(2, 32, 34),
    /^A licence sits twice in the committee of class 1: 2,2,/,
  ],
  [
    'INV-32',
    'a state that challenges do not have',
    (s) => writeRecord(s, 'challenges', 1, { state: 8 }),
    /^Challenge 1 of class 1 is in state 8/,
  ],
  [
    'INV-32',
    'a decision without a signer',
    (s) => writeRecord(s, 'committees', 1, { state: 0, signerCount: 0 }),
    /^Challenge 1 of class 1 is in state 5; nobody has signed$/,
  ],
  [
    'INV-32',
    'a decision that is not counted',
    (s) => writeRecord(s, 'challengeTotals', 0, { decidedCount: 0 }),
    /^0 challenges are counted as closed, 0 are open; there were 1$/,
  ],
  [
    'INV-33',
    'a challenge in another class',
    (s) => writeRecord(s, 'challenges', 1, { class: 2 }),
    /^Provider 1 of tier 6 was challenged in class 2$/,
  ],
  [
    'INV-33',
    'a seat of a tier that is too low',
    (s) => {
      writeRecord(s, 'providers', 1, { tier: 5 });
      writeRecord(s, 'challenges', 1, { class: 2 });
      writeRecord(s, 'committees', 2, { seatCount: 1 });
      s.seats[64] = 4;
    },
    /^Licence 4 of tier 1 has a seat in class 2$/,
  ],
  [
    'INV-33',
    'the same, told from the figures before, when tiers have been settled since',
    (s) => {
      settleTiers(s);
      writeRecord(s, 'slarks', 4, { tier: 2 });
      writeRecord(s, 'committees', 2, { seatCount: 1 });
      s.seats[64] = 4;
    },
    /^Licence 4 of tier 1 has a seat in class 2$/,
  ],
  ['INV-33', 'a seat of nobody', (s) => s.seats.fill(0, 33, 34), /^Seat 1 of class 1 is held by licence 0$/],
  ['INV-35', 'a tier 7', (s) => writeRecord(s, 'slarks', 2, { tier: 7 }), /^Licence 2 is of tier 7$/],
  [
    'INV-35',
    'a tier that changes within an era',
    (s) => setTier(s, 2, 2),
    /^Licence 2 went from tier 1 to 2 in 0 eras$/,
  ],
  [
    'INV-35',
    'two tiers in one era',
    (s) => {
      settleTiers(s);
      setTier(s, 2, 3);
    },
    /^Licence 2 went from tier 1 to 3 in 1 eras$/,
  ],
  [
    'INV-36',
    'a promotion after one era',
    (s) => {
      settleTiers(s);
      setTier(s, 2, 2);
    },
    /^Licence 2 was promoted to tier 2 after 1 eras of 3$/,
  ],
  [
    'INV-36',
    'a promotion that is not paid for',
    (s, tracker) => {
      writeRecord(s, 'slarks', 2, { promoEraCount: 2 });
      rememberState(s, tracker);
      settleTiers(s);
      setTier(s, 2, 2);
    },
    /^Licence 2 is of tier 2 with 100000000 units paid; more than 200000000 are needed$/,
  ],
  [
    'INV-37',
    'a demotion after one era',
    (s, tracker) => {
      setTier(s, 2, 4);
      rememberState(s, tracker);
      settleTiers(s);
      setTier(s, 2, 3);
    },
    /^Licence 2 was demoted to tier 3 after 1 eras of 2$/,
  ],
  [
    'INV-39',
    'a tier that starts with a count',
    (s) => {
      settleTiers(s);
      setTier(s, 2, 2);
      writeRecord(s, 'slarks', 2, { promoEraCount: 1 });
    },
    /^Licence 2 has changed its tier and counts 1 and 0 eras$/,
  ],
  [
    'INV-40',
    'units that are left in the pool',
    (s) => writeRecord(s, 'wallets', ACCOUNT.slarkPool, { units: 7 }),
    /^7 units of the Slarks’ pool are left/,
  ],
  [
    'INV-40',
    'a pool that is not forgotten',
    (s) => writeRecord(s, 'slarkTotals', 0, { runningScore: 7 }),
    /0 to share, 7 shared$/,
  ],
  [
    'INV-42',
    'a score counted twice',
    (s) => writeRecord(s, 'slarkTotals', 0, { scoreSum: 6_000 }),
    /^A score of 6000 is counted; the licences have 3000$/,
  ],
  [
    'INV-42',
    'more aligned results than results',
    (s) => writeRecord(s, 'slarks', 2, { alignedCount: 9 }),
    /^Licence 2 has \d results, 9 of them aligned$/,
  ],
  [
    'INV-42',
    'a licence that is not counted as drawable',
    (s) => writeRecord(s, 'slarkTotals', 0, { drawableCount: 5 }),
    /^5 licences are counted as drawable and 1 as the foundation’s; there are 6 and 1$/,
  ],
  [
    'INV-44',
    'a delegation of another account',
    (s) => writeRecord(s, 'delegations', 1, { delegator: 40 }),
    /^Licence 1 of account 32 feeds delegation 1 of account 40/,
  ],
  [
    'INV-44',
    'a delegation that another licence earned',
    (s) => writeRecord(s, 'vestings', 1, { licence: 2 }),
    /earned by licence 2, to an entity of kind 9$/,
  ],
  [
    'INV-44',
    'a move of a delegation that no licence has earned',
    (s) => {
      writeRecord(s, 'stakeTotals', 0, { delegationCount: 2 });
      writeRecord(s, 'delegations', 2, { delegator: 32, targetKind: KIND.provider, target: 9 });
      writeRecord(s, 'vestings', 2, { nextTarget: 1 });
    },
    /^Delegation 2 to provider 9, earned by licence 0, is to go to provider 1$/,
  ],
  [
    'INV-44',
    'a window that released more than the threshold',
    (s) => writeRecord(s, 'licenceWindows', 3, { windowEra: 1, windowUnits: 1_000_000_001 }),
    /^Licence 3 has released 1000000001 units at once; 1000000000 are free$/,
  ],
  [
    'INV-68',
    'a provider that was not challenged',
    (s) => {
      settleEra(s);
      writeRecord(s, 'providers', 1, { challengedEra: 0 });
    },
    /^Provider 1 was Active throughout era 0 and was challenged last in era -1$/,
  ],
];

describe('invariants of Slarks and challenges', () => {
  it('given a decided challenge > all hold, also when the era has been settled', () => {
    const { s, tracker } = createDecided();
    for (const [id, check] of CHECKS) expect([id, check(s, tracker)]).toEqual([id, null]);
    settleEra(s);
    for (const [id, check] of CHECKS) expect([id, check(s, tracker)]).toEqual([id, null]);
  });

  it.each(BREAKS)('%s given %s > says so', (id, _what, write, message) => {
    const { s, tracker } = createDecided();
    write(s, tracker);
    expect(CHECKS.find(([known]) => known === id)![1](s, tracker)).toMatch(message);
  });

  it('are all broken above, and all in the catalogue', () => {
    expect(CHECKS.map(([id]) => id)).toEqual([...new Set(BREAKS.map(([id]) => id))]);
    const catalogue = new Set(INVARIANTS.map(({ id }) => id));
    expect(CHECKS.filter(([id]) => !catalogue.has(id))).toEqual([]);
  });

  it.each([
    ['came within the era', (s: State) => writeRecord(s, 'providers', 1, { activeEra: 1 })],
    ['is not Active at its end', (s: State) => writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended })],
    ['has resumed in its last slot', (_: State, tracker: Tracker) => tracker.resumedSlots.set(1, 1)],
    [
      'is challenged by hand',
      (s: State) =>
        s.paramValues.set(
          createSlarkWorld({ params: { 'time.slots_per_era': 1, 'chal.targets_per_slot': 1 } }).paramValues,
        ),
    ],
  ])('INV-68 given a provider that %s > promises nothing', (_, write) => {
    const { s, tracker } = createDecided();
    settleEra(s);
    writeRecord(s, 'providers', 1, { challengedEra: 0 });
    write(s, tracker);
    expect(slarks.providersAreCovered(s, tracker)).toBeNull();
  });

  it('INV-20 given demotions that overfill a tier > allows it', () => {
    const { s, tracker } = createDecided();
    for (const licence of [1, 2, 3]) setTier(s, licence, 3);
    rememberState(s, tracker);
    settleTiers(s);
    for (const licence of [1, 2, 3]) setTier(s, licence, 2);
    expect(slarks.seatsAreRespected(s, tracker)).toBeNull();
  });
});

describe('rememberState', () => {
  it('given a provider that is Active again > notes the slot, of the check that first sees it', () => {
    const { s, tracker } = createDecided();
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.suspended });
    rememberState(s, tracker);
    writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.active });
    rememberState(s, tracker);
    expect(tracker.resumedSlots.get(1)).toBe(1);
  });

  it('given a half-done settlement of Slark tiers > keeps the figures from before it', () => {
    const { s, tracker } = createDecided();
    s.clockTotals[F.clockTotals.stepsDone] = STEP.updateSlarks - 1;
    s.clockTotals[F.clockTotals.cursor] = 2;
    setTier(s, 2, 2);
    rememberState(s, tracker);
    expect(slarks.slarkTiersAreTiers(s, tracker)).toBeNull();
    s.clockTotals[F.clockTotals.cursor] = 0;
    settleTiers(s);
    expect(slarks.slarkPromotionsAreEarned(s, tracker)).toMatch(/after 1 eras of 3/);
  });
});
