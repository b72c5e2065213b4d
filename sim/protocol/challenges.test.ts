import { describe, expect, it } from 'vitest';
import { PURPOSE, pick } from '../base/rnd.ts';
import {
  attestationMessage,
  certificateMessage,
  extendSubsets,
  MAX_HASH,
  MAX_WORD,
  packResults,
  puzzleHash,
} from './certificates.ts';
import { CLOSING_S, classOfTier, queueTarget, resetTargets } from './challenges.ts';
import { draw } from './clock.ts';
import { agent, type EraWorldOptions, eventsSince, mustPass, openNextSlot } from './eraWorld.ts';
import { ACCOUNT, CHALLENGE_STATE, F, KIND, PROVIDER_STATE, SLARK_STATE, STRIDE } from './layout.ts';
import { attempt, writeRecord } from './nodeWorld.ts';
import {
  addFoundationSlark,
  addNewProvider,
  addProvider,
  addRunning,
  certificateOf,
  certify,
  createSlarkWorld,
  enterPhase,
  issue,
  PUZZLE,
  plainVotes,
  postList,
  readChallenge,
  readChallengeTotals,
  readCommittee,
  readProvider,
  readProviderEra,
  readSlark,
  seatsOf,
  setTier,
  type Votes,
} from './slarkWorld.ts';
import type { State } from './state.ts';

const K = ACCOUNT.keeper;
const OWNER = agent(0);
const C = CHALLENGE_STATE;

/** `slarks` licences of tier 1 that run and are listed, and one new provider of tier 7; N is 1 unless `params` says otherwise. */
function createChallengeWorld(slarks = 6, params: EraWorldOptions['params'] = {}): State {
  const s = createSlarkWorld({ params: { 'chal.n': 1, ...params } });
  addNewProvider(s, OWNER);
  const licences = Array.from({ length: slarks }, () => addRunning(s, OWNER, 1));
  postList(s, licences);
  s.eventCount = 0;
  return s;
}

function schedule(s: State): void {
  mustPass(s, 'scheduleChallenges', K, []);
}

function targets(s: State): number[] {
  return Array.from({ length: readChallengeTotals(s).challengeCount }, (_, i) => readChallenge(s, i + 1).provider);
}

/** A world with issued challenges against `count` new providers of tier 7. */
function createIssued(count = 1, params: EraWorldOptions['params'] = {}): State {
  const s = createChallengeWorld(6, { 'chal.targets_per_slot': count, ...params });
  for (let i = 1; i < count; i++) addNewProvider(s, OWNER);
  schedule(s);
  issue(s, 1);
  s.eventCount = 0;
  return s;
}

describe('scheduleChallenges, whom (CHAL-3, CHAL-4)', () => {
  it('takes new providers in the order in which they came, then badly rated ones, then the others as drawn', () => {
    const s = createSlarkWorld({ params: { 'chal.targets_per_slot': 5, 'chal.inconclusive': 0 } });
    for (let i = 0; i < 8; i++) addProvider(s, OWNER);
    for (const provider of [3, 4, 5]) queueTarget(s, provider, 'rest');
    // Mean ratings 2.0, 1.5 and 1.5: the lowest first, on a tie the lower number.
    for (const [provider, sum, count] of [
      [6, 40, 2],
      [8, 30, 2],
      [7, 15, 1],
    ] as const) {
      writeRecord(s, 'providers', provider, { ratingSumTenths: sum, ratingCount: count });
      queueTarget(s, provider, 'poor');
    }
    for (const provider of [2, 1]) queueTarget(s, provider, 'new');
    schedule(s);
    expect(targets(s)).toEqual([2, 1, 7, 8, 6]);
    openNextSlot(s);
    const drawn = [3, 4, 5];
    const first = pick(draw(s, PURPOSE.target, 1, 0), 3);
    const expected = [drawn[first]];
    drawn[first] = drawn.pop()!;
    expected.push(drawn[pick(draw(s, PURPOSE.target, 1, 1), 2)]);
    schedule(s);
    expect(targets(s).slice(0, 2)).toEqual(expected);
    expect(new Set(targets(s).slice(0, 3))).toEqual(new Set([3, 4, 5]));
    expect(new Set(targets(s)).size).toBe(targets(s).length);
    expect(readChallengeTotals(s)).toMatchObject({ restCount: 0, poorCount: 0, newHead: 2, newCount: 2 });
  });

  it('given eras of 24 slots and any number of providers > covers each within the era (INV-68)', () => {
    for (const count of [1, 24, 25, 60]) {
      const s = createSlarkWorld();
      for (let i = 0; i < count; i++) queueTarget(s, addProvider(s, OWNER), 'rest');
      schedule(s);
      expect(targets(s)).toHaveLength(Math.ceil(count / 24));
      for (let slot = 1; slot < 24; slot++) {
        openNextSlot(s);
        schedule(s);
      }
      for (let provider = 1; provider <= count; provider++) expect(readProvider(s, provider).challengedEra).toBe(1);
      resetTargets(s);
      expect(readChallengeTotals(s)).toMatchObject({ restCount: 0 });
    }
  });

  it('given providers that come late in the era > takes more a slot, and misses none of either (INV-68)', () => {
    const s = createSlarkWorld({ params: { 'chal.inconclusive': 0 } });
    for (let i = 0; i < 24; i++) queueTarget(s, addProvider(s, OWNER), 'rest');
    for (let slot = 0; slot < 24; slot++) {
      if (slot > 0) openNextSlot(s);
      if (slot === 20) for (let i = 0; i < 12; i++) addNewProvider(s, OWNER);
      schedule(s);
      expect(targets(s).length).toBeLessThanOrEqual(4);
    }
    for (let provider = 1; provider <= 36; provider++) expect(readProvider(s, provider).challengedEra).toBe(1);
  });

  it('given empty lists > draws any Active provider for the places that are left (OP-72)', () => {
    const s = createSlarkWorld({ params: { 'chal.targets_per_slot': 2 } });
    for (let i = 0; i < 3; i++) addProvider(s, OWNER, i === 1 ? { state: PROVIDER_STATE.suspended } : {});
    schedule(s);
    expect(targets(s).toSorted()).toEqual([1, 3]);
  });

  it('given chal.coverage_enforced = off > looks at no list', () => {
    const s = createSlarkWorld({ params: { 'chal.coverage_enforced': 0 } });
    for (let i = 0; i < 9; i++) addNewProvider(s, OWNER);
    schedule(s);
    expect(targets(s)).toEqual([1 + pick(draw(s, PURPOSE.target, 0, 256), 9)]);
    expect(readChallengeTotals(s)).toMatchObject({ newHead: 0, newCount: 9 });
  });

  it('given an entry that is no longer Active > drops it and takes the next', () => {
    const s = createSlarkWorld();
    addNewProvider(s, OWNER, { state: PROVIDER_STATE.deactivated });
    addNewProvider(s, OWNER);
    schedule(s);
    expect(targets(s)).toEqual([2]);
  });

  it('given no provider > schedules nothing, once', () => {
    const s = createSlarkWorld({ params: { 'chal.targets_per_slot': 3 } });
    schedule(s);
    expect(readChallengeTotals(s)).toMatchObject({ slot: 1, challengeCount: 0 });
    expect(attempt(s, 'scheduleChallenges', K, [])).toEqual(['AlreadySet', 1, 0]);
    openNextSlot(s);
    expect(attempt(s, 'scheduleChallenges', K, [])).toEqual(['None']);
  });

  it('numbers challenges on from slot to slot', () => {
    const s = createChallengeWorld();
    schedule(s);
    openNextSlot(s);
    schedule(s);
    expect(readChallengeTotals(s)).toMatchObject({ firstId: 1, challengeCount: 1 });
  });
});

describe('scheduleChallenges, with what (F-12)', () => {
  const big = { cpuCount: 4_096, memoryGb: 65_536, storageGb: 1_000_000, gpuCount: 64, gpuTier: 1 };

  it('draws each resource in [lo, hi] of what is free', () => {
    const s = createSlarkWorld({ params: { 'chal.draw_min_bps': 1_000 } });
    addNewProvider(s, OWNER, big);
    schedule(s);
    const asked = (r: number, lo: number, hi: number): number =>
      lo + pick(draw(s, PURPOSE.requirement, 1, r), hi - lo + 1);
    expect(readChallenge(s, 1)).toMatchObject({
      cpuCount: asked(0, 409, 3_686),
      memoryGb: asked(1, 6_553, 58_982),
      storageGb: asked(2, 100_000, 900_000),
      gpuCount: asked(3, 6, 58),
    });
  });

  it('given a single GPU > asks for it in half of all challenges; rounded down, never (CHAL-7, OP-74)', () => {
    const asked = [0, 1].map((round) => {
      const s = createSlarkWorld({ params: { 'chal.gpu_round': round, 'chal.targets_per_slot': 1 } });
      addProvider(s, OWNER, { gpuCount: 1 });
      let sum = 0;
      for (let slot = 0; slot < 20; slot++) {
        if (slot > 0) openNextSlot(s);
        schedule(s);
        sum += readChallenge(s, 1).gpuCount;
      }
      return sum;
    });
    expect(asked[1]).toBe(0);
    expect(asked[0]).toBeGreaterThan(4);
    expect(asked[0]).toBeLessThan(16);
  });

  it('given a linked node that serves models > leaves out the CPUs that it has in use', () => {
    const s = createSlarkWorld({
      params: { 'chal.targets_per_slot': 2, 'chal.draw_min_bps': 9_000, 'chal.draw_max_bps': 10_000 },
    });
    addNewProvider(s, OWNER, { cpuCount: 8, node: 1 });
    addNewProvider(s, OWNER, { cpuCount: 8, node: 2 });
    writeRecord(s, 'nodes', 1, { loadCount: 5 });
    writeRecord(s, 'nodes', 2, { loadCount: 50 });
    schedule(s);
    // ⌊3 · 0.9⌋ = 2 to 3, and 0 of nothing.
    expect([2, 3]).toContain(readChallenge(s, 1).cpuCount);
    expect(readChallenge(s, 2).cpuCount).toBe(0);
  });

  it('given a lower bound above the upper one > asks for the upper one', () => {
    const s = createSlarkWorld({ params: { 'chal.draw_min_bps': 9_000, 'chal.draw_max_bps': 5_000 } });
    addNewProvider(s, OWNER, big);
    schedule(s);
    expect(readChallenge(s, 1)).toMatchObject({ cpuCount: 2_048, storageGb: 500_000, gpuCount: 32 });
  });
});

describe('scheduleChallenges, by whom (CHAL-9, SLARK-7)', () => {
  it.each([
    [7, 1],
    [6, 1],
    [5, 2],
    [4, 3],
    [3, 4],
    [2, 5],
    [1, 6],
  ])('a provider of tier %i is in class %i', (tier, expected) => {
    expect(classOfTier(tier)).toBe(expected);
  });

  it('seats 2N+1 distinct listed Slarks by draws from the beacon, and says so', () => {
    const s = createChallengeWorld(6, { 'chal.n': 1 });
    schedule(s);
    const expected: number[] = [];
    for (let seat = 0; seat < 3; seat++) {
      for (let attemptNumber = 0; expected.length === seat; attemptNumber++) {
        const licence = 1 + pick(draw(s, PURPOSE.slarkSeat, 1, seat * 16 + attemptNumber), 6);
        if (!expected.includes(licence)) expected.push(licence);
      }
    }
    expect(seatsOf(s, 1)).toEqual(expected);
    expect(readCommittee(s, 1)).toMatchObject({ state: C.scheduled, seatCount: 3, targetCount: 1, signerCount: 0 });
    for (const licence of expected) expect(readSlark(s, licence)).toMatchObject({ selectedCount: 1, selectedEra: 1 });
    expect(readChallengeTotals(s).selectedCount).toBe(3);
    const subsets = extendSubsets(new Array(8).fill(0), 0, 1, expected);
    expect(Array.from(s.challengeTotals.slice(F.challengeTotals.subsets0, F.challengeTotals.subsets0 + 8))).toEqual(
      subsets,
    );
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.challenge, entity: 1, actor: K, from: 0, to: C.scheduled },
      { name: 'CommitteeDrawn', slot: 0, class: 1, seatCount: 3, targetCount: 1, foundationSeatCount: 0 },
    ]);
  });

  it('given targets of two classes > seats one committee each, the better tier’s from better Slarks only (INV-33)', () => {
    const s = createChallengeWorld(8, { 'chal.targets_per_slot': 2 });
    addNewProvider(s, OWNER, { tier: 4 });
    for (const licence of [5, 6, 7, 8]) setTier(s, licence, licence === 8 ? 6 : 3);
    postList(s, [8, 5, 6, 7, 1, 2, 3, 4]);
    schedule(s);
    expect(readCommittee(s, 1).state).toBe(C.scheduled);
    expect(readCommittee(s, 3).state).toBe(C.scheduled);
    expect(seatsOf(s, 3).every((licence) => licence >= 5)).toBe(true);
  });

  it('given too few eligible Slarks > the foundation’s take the seats that are left, in order (OP-69)', () => {
    const s = createChallengeWorld(1, { 'chal.n': 1 });
    addFoundationSlark(s);
    addFoundationSlark(s);
    schedule(s);
    expect(seatsOf(s, 1)).toEqual([1, 2, 3]);
    expect(readChallengeTotals(s).selectedCount).toBe(1);
    expect(eventsSince(s).at(-1)).toMatchObject({ foundationSeatCount: 2 });
  });

  it('given a foundation Slark without key, or with its client lost > it takes no seat', () => {
    const s = createChallengeWorld(0, { 'chal.n': 1, 'chal.inconclusive': 0 });
    mustPass(s, 'grantLicence', K, []);
    for (let i = 0; i < 3; i++) addFoundationSlark(s);
    mustPass(s, 'loseClient', K, [2]);
    schedule(s);
    expect(readCommittee(s, 1)).toMatchObject({ state: 0, seatCount: 0 });
    mustPass(s, 'restoreClient', K, [2]);
    openNextSlot(s);
    schedule(s);
    expect(seatsOf(s, 1)).toEqual([2, 3, 4]);
  });

  it('given fewer than 2N+1 members in all > the challenges are inconclusive at once (INV-32)', () => {
    const s = createChallengeWorld(2, { 'chal.n': 1 });
    schedule(s);
    expect(readChallenge(s, 1).state).toBe(C.inconclusive);
    expect(readCommittee(s, 1)).toMatchObject({ state: 0, seatCount: 0, targetCount: 0 });
    expect(readSlark(s, 1).selectedCount).toBe(0);
    expect(eventsSince(s).map((e) => e.name)).toEqual(['Transition', 'Transition', 'ChallengeDecided']);
    expect(readChallengeTotals(s)).toMatchObject({ retryCount: 1, inconclusiveCount: 1 });
  });

  it('given a listed Slark whose client is lost > it is not seated', () => {
    const s = createChallengeWorld(4, { 'chal.n': 1 });
    mustPass(s, 'loseClient', K, [2]);
    schedule(s);
    expect(seatsOf(s, 1).toSorted()).toEqual([1, 3, 4]);
  });

  it('given slark.conflict_exclusion > no seat for Slarks that back a target (SLARK-14)', () => {
    const s = createChallengeWorld(3, { 'slark.conflict_exclusion': 1 });
    addProvider(s, OWNER);
    postList(s, [1, 2, 3, ...[4, 5, 6].map(() => addRunning(s, OWNER, 2))]);
    schedule(s);
    expect(seatsOf(s, 1).toSorted()).toEqual([4, 5, 6]);
  });

  it('given the first slot of an era > the subsets start again', () => {
    const s = createChallengeWorld();
    schedule(s);
    writeRecord(s, 'clockTotals', 0, { slotCount: 25, era: 1, settledEraCount: 1 });
    addNewProvider(s, OWNER);
    schedule(s);
    const subsets = extendSubsets(new Array(8).fill(0), 24, 1, seatsOf(s, 1));
    expect(Array.from(s.challengeTotals.slice(F.challengeTotals.subsets0, F.challengeTotals.subsets0 + 8))).toEqual(
      subsets,
    );
    expect(readChallengeTotals(s).selectedCount).toBe(3);
  });
});

describe('commitPuzzle and issueChallenges (SM-7)', () => {
  it('given a scheduled class > its challenges are Committed, then Issued', () => {
    const s = createChallengeWorld();
    schedule(s);
    s.eventCount = 0;
    mustPass(s, 'commitPuzzle', K, [1, MAX_HASH, 0]);
    expect(readCommittee(s, 1)).toMatchObject({ state: C.committed, puzzleHash0: MAX_HASH, puzzleHash1: 0 });
    mustPass(s, 'issueChallenges', K, [1]);
    expect([readCommittee(s, 1).state, readChallenge(s, 1).state]).toEqual([C.issued, C.issued]);
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.challenge, entity: 1, actor: K, from: C.scheduled, to: C.committed },
      { name: 'Transition', kind: KIND.challenge, entity: 1, actor: K, from: C.committed, to: C.issued },
    ]);
  });

  it('given a class that does not exist, has no targets, or is elsewhere > is refused', () => {
    const s = createChallengeWorld();
    schedule(s);
    for (const name of ['commitPuzzle', 'issueChallenges'] as const) {
      const rest = name === 'commitPuzzle' ? [1, 1] : [];
      expect(attempt(s, name, K, [0, ...rest])).toEqual(['ValueOutOfRange', 0, 6]);
      expect(attempt(s, name, K, [7, ...rest])).toEqual(['ValueOutOfRange', 7, 6]);
      expect(attempt(s, name, K, [2, ...rest])).toEqual(['WrongState', 0, 0]);
    }
    expect(attempt(s, 'issueChallenges', K, [1])).toEqual(['WrongState', C.scheduled, 0]);
    mustPass(s, 'commitPuzzle', K, [1, 1, 1]);
    expect(attempt(s, 'commitPuzzle', K, [1, 1, 1])).toEqual(['WrongState', C.committed, 0]);
  });

  it('given a hash that is none > is refused', () => {
    const s = createChallengeWorld();
    schedule(s);
    expect(attempt(s, 'commitPuzzle', K, [1, MAX_HASH + 1, 1])).toEqual(['ValueOutOfRange', MAX_HASH + 1, MAX_HASH]);
    expect(attempt(s, 'commitPuzzle', K, [1, 1, MAX_HASH + 1])).toEqual(['ValueOutOfRange', MAX_HASH + 1, MAX_HASH]);
    expect(attempt(s, 'commitPuzzle', K, [1, 0, 0])).toEqual(['ValueOutOfRange', 0, MAX_HASH]);
  });
});

describe('certifyResults, outcomes', () => {
  it('given N+1 of 2N+1 for a pass > passed; the aligned are counted, the others only as having answered', () => {
    const s = createIssued();
    const seats = seatsOf(s, 1);
    certify(s, 1, plainVotes(s, 1, 2, 1));
    expect(readChallenge(s, 1).state).toBe(C.passed);
    expect(readProviderEra(s, 1)).toMatchObject({ challengeCount: 1, passedCount: 1, failedHours: 0 });
    expect(seats.map((z) => [readSlark(s, z).resultCount, readSlark(s, z).alignedCount])).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
    ]);
    expect(s.slarkTotals[F.slarkTotals.scoreSum]).toBe(2_000);
    expect(readCommittee(s, 1)).toMatchObject({ state: C.answered, signerCount: 3 });
    expect(eventsSince(s)).toEqual([
      { name: 'ResultsCertified', slot: 0, class: 1, groupCount: 2, signerCount: 3, targetCount: 1 },
      { name: 'Transition', kind: KIND.challenge, entity: 1, actor: K, from: C.issued, to: C.answered },
      { name: 'Transition', kind: KIND.challenge, entity: 1, actor: K, from: C.answered, to: C.passed },
      { name: 'ChallengeDecided', challenge: 1, provider: 1, class: 1, outcome: C.passed, passCount: 2, failCount: 1 },
    ]);
  });

  it('given N+1 for a fail > failed, and the hour of the slot is lost (LIVE-10)', () => {
    const s = createIssued(1, { 'time.slots_per_era': 48 });
    openNextSlot(s);
    addNewProvider(s, OWNER);
    schedule(s);
    issue(s, 1);
    certify(s, 1, plainVotes(s, 1, 1, 2));
    const id = readChallengeTotals(s).challengeCount;
    const provider = readChallenge(s, id).provider;
    expect(readChallenge(s, id).state).toBe(C.failed);
    expect(readProviderEra(s, provider)).toMatchObject({ challengeCount: 1, passedCount: 0, failedHours: 0b10 });
  });

  it('given a second failure in the same hour of the day > the bit stays', () => {
    const s = createIssued(1, { 'time.slots_per_era': 48, 'chal.targets_per_slot': 1 });
    writeRecord(s, 'providerEra', 1, { failedHours: 0b101 });
    certify(s, 1, plainVotes(s, 1, 0, 3));
    expect(readProviderEra(s, 1).failedHours).toBe(0b101);
  });

  it('given different votes per target > each is decided by its own', () => {
    const s = createIssued(3);
    const votes: Votes = [
      [1, 2, 1],
      [1, 2, 2],
      [2, 2, 1],
    ];
    certify(s, 1, votes);
    expect([1, 2, 3].map((i) => readChallenge(s, i).state)).toEqual([C.passed, C.failed, C.passed]);
    expect(seatsOf(s, 1).map((z) => readSlark(s, z).alignedCount)).toEqual([3, 2, 2]);
    expect(readChallengeTotals(s)).toMatchObject({
      decidedCount: 3,
      passedCount: 2,
      failedCount: 1,
      certificateCount: 1,
    });
  });

  it('given 30 targets > the results take two words', () => {
    const s = createIssued(30);
    certify(
      s,
      1,
      [0, 1, 2].map(() => Array.from({ length: 30 }, (_, i) => 1 + (i % 2))),
    );
    expect(Array.from({ length: 30 }, (_, i) => readChallenge(s, i + 1).state)).toEqual(
      Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? C.passed : C.failed)),
    );
  });

  it('given the slot’s end and a tie of those that signed > inconclusive: tried again first of all, then passed (OP-75)', () => {
    const s = createIssued(1, { 'chal.n': 2, 'chal.targets_per_slot': 1 });
    addNewProvider(s, OWNER);
    enterPhase(s, CLOSING_S);
    certify(s, 1, plainVotes(s, 1, 2, 2));
    expect(readChallenge(s, 1).state).toBe(C.inconclusive);
    expect(readProviderEra(s, 1)).toMatchObject({ challengeCount: 0, inconclusiveCount: 1 });
    expect(seatsOf(s, 1).map((z) => readSlark(s, z).resultCount)).toEqual([0, 0, 0, 0, 0]);
    openNextSlot(s);
    schedule(s);
    // The second try comes on top of the slot's own target.
    expect(targets(s)).toEqual([1, 2]);
    expect([1, 2].map((i) => readChallenge(s, i).retried)).toEqual([1, 0]);
    issue(s, 1);
    enterPhase(s, CLOSING_S);
    certify(s, 1, [[2, 1], [2, 1], [1, 1], [1, 1], []]);
    expect(readChallenge(s, 1).state).toBe(C.passed);
    expect(readProviderEra(s, 1)).toMatchObject({ challengeCount: 1, passedCount: 1, inconclusiveCount: 2 });
    expect(
      eventsSince(s)
        .filter((e) => e.name === 'Transition' && e.entity === 2)
        .at(-1),
    ).toMatchObject({
      from: C.inconclusive,
      to: C.passed,
    });
    expect(readChallengeTotals(s)).toMatchObject({ retryCount: 0, inconclusiveCount: 2, decidedCount: 1 });
  });

  it.each([
    ['pass', 0, C.passed, { challengeCount: 1, passedCount: 1, failedHours: 0 }],
    ['fail', 1, C.failed, { challengeCount: 1, passedCount: 0, failedHours: 1 }],
  ] as const)('given chal.inconclusive = %s > counts so at once', (_, option, state, era) => {
    const s = createIssued(1, { 'chal.n': 2, 'chal.inconclusive': option });
    enterPhase(s, CLOSING_S);
    certify(s, 1, plainVotes(s, 1, 2, 1));
    expect(readChallenge(s, 1).state).toBe(state);
    expect(readProviderEra(s, 1)).toMatchObject({ ...era, inconclusiveCount: 1 });
  });

  it('given a Slark of the foundation > its results count, and earn no score', () => {
    const s = createChallengeWorld(2, { 'chal.n': 1 });
    const licence = addFoundationSlark(s);
    schedule(s);
    issue(s, 1);
    certify(s, 1, plainVotes(s, 1, 3, 0));
    expect(readSlark(s, licence)).toMatchObject({ resultCount: 1, alignedCount: 1 });
    expect(s.slarkTotals[F.slarkTotals.scoreSum]).toBe(2_000);
  });

  it('given N = 0 > one Slark decides', () => {
    const s = createIssued(1, { 'chal.n': 0 });
    certify(s, 1, plainVotes(s, 1, 0, 1));
    expect(readChallenge(s, 1).state).toBe(C.failed);
  });
});

describe('certifyResults, guards (CHAL-10)', () => {
  const all: Votes = [[1], [1], [1]];
  const { args, bulk } = certificateOf(1, all);

  it('given a class that does not exist, or is not issued > is refused', () => {
    const s = createChallengeWorld();
    schedule(s);
    expect(attempt(s, 'certifyResults', K, [7, ...PUZZLE, 1], bulk)).toEqual(['ValueOutOfRange', 7, 6]);
    expect(attempt(s, 'certifyResults', K, args, bulk)).toEqual(['WrongState', C.scheduled, 0]);
    expect(attempt(s, 'certifyResults', K, [2, ...PUZZLE, 1], bulk)).toEqual(['WrongState', 0, 0]);
  });

  it('given the same certificate twice > the second is refused (INV-42)', () => {
    const s = createIssued();
    mustPass(s, 'certifyResults', K, args, bulk);
    expect(attempt(s, 'certifyResults', K, args, bulk)).toEqual(['WrongState', C.answered, 0]);
  });

  it('given another puzzle than was committed to > is refused (CHAL-5)', () => {
    const s = createIssued();
    expect(attempt(s, 'certifyResults', K, [1, PUZZLE[0], PUZZLE[1] + 1, 1], bulk)).toEqual(['PuzzleMismatch', 1, 0]);
    expect(attempt(s, 'certifyResults', K, [1, PUZZLE[1], PUZZLE[0], 1], bulk)).toEqual(['PuzzleMismatch', 1, 0]);
  });

  it.each([
    ['no group', 0, [], ['ValueOutOfRange', 0, 3]],
    ['more groups than seats', 4, [], ['ValueOutOfRange', 4, 3]],
    ['a list that is too short', 1, [7], ['BatchMismatch', 1, 34]],
    ['a list that is too long', 1, [7, 1, 1], ['BatchMismatch', 3, 34]],
    ['a word of more than 48 bits', 1, [7, MAX_WORD + 1], ['ValueOutOfRange', MAX_WORD + 1, MAX_WORD]],
    ['a group without signers', 2, [7, 1, 0, 2], ['SignersMissing', 0, 1]],
    ['a seat that the committee does not have', 1, [15, 1], ['NotAssigned', 3, 3]],
    ['a seat that has signed in another group', 2, [6, 1, 2, 2], ['SignerRepeated', 1, 0]],
    ['a result that is neither pass nor fail', 1, [7, 0], ['ValueOutOfRange', 0, 2]],
    ['a result of both', 1, [7, 3], ['ValueOutOfRange', 3, 2]],
    ['a result for a target that is not there', 1, [7, 5], ['ValueOutOfRange', 5, 0]],
  ] as const)('given %s > is refused', (_, groupCount, words, refusal) => {
    expect(attempt(createIssued(), 'certifyResults', K, [1, ...PUZZLE, groupCount], words)).toEqual(refusal);
  });

  it('given a member that has not signed > waits until the closing second, then N+1 are enough, N are not', () => {
    const s = createIssued();
    const two = certificateOf(1, [[1], [], [1]]);
    const one = certificateOf(1, [[1], [], []]);
    enterPhase(s, CLOSING_S - 1);
    expect(attempt(s, 'certifyResults', K, two.args, two.bulk)).toEqual(['ResultsOutstanding', 2, 3]);
    enterPhase(s, CLOSING_S);
    expect(attempt(s, 'certifyResults', K, one.args, one.bulk)).toEqual(['SignersMissing', 1, 2]);
    mustPass(s, 'certifyResults', K, two.args, two.bulk);
    expect(readChallenge(s, 1).state).toBe(C.passed);
    expect(readSlark(s, seatsOf(s, 1)[1]!)).toMatchObject({ selectedCount: 1, resultCount: 0 });
  });

  it('given somebody who checks signatures > each group’s message must be signed by the keys of its seats', () => {
    const s = createIssued();
    const seats = seatsOf(s, 1);
    const signature = new Array<number>(32).fill(4);
    const { args: split, bulk: words } = certificateOf(1, [[1], [2], [1]]);
    let isSound = false;
    s.verifier = {
      verifyPossession: () => false,
      verifyGroups: (groups, given) => {
        expect(groups).toEqual([
          { keys: [s.keys.get(seats[0]!), s.keys.get(seats[2]!)], message: certificateMessage(0, 1, packResults([1])) },
          { keys: [s.keys.get(seats[1]!)], message: certificateMessage(0, 1, packResults([2])) },
        ]);
        expect(given).toEqual(signature);
        return isSound;
      },
    };
    expect(attempt(s, 'certifyResults', K, split, words)).toEqual(['BatchMismatch', 4, 36]);
    expect(attempt(s, 'certifyResults', K, split, [...words, ...signature])).toEqual(['InvalidSignature', 1, 0]);
    isSound = true;
    mustPass(s, 'certifyResults', K, split, [...words, ...signature]);
  });

  it('given a member whose runner has left, with the key > no signature of it is accepted', () => {
    const s = createIssued();
    s.verifier = { verifyPossession: () => true, verifyGroups: () => true };
    mustPass(s, 'endRunner', OWNER, [seatsOf(s, 1)[0]!]);
    expect(attempt(s, 'certifyResults', K, args, [...bulk, ...new Array<number>(32).fill(0)])).toEqual([
      'InvalidSignature',
      1,
      0,
    ]);
  });
});

describe('closeChallenges', () => {
  it('given the closing second > what is open is inconclusive, and its committees have no more to say', () => {
    const s = createChallengeWorld(6, { 'chal.targets_per_slot': 2 });
    addNewProvider(s, OWNER, { tier: 5 });
    for (const licence of [1, 2, 3]) setTier(s, licence, 2);
    postList(s, [1, 2, 3, 4, 5, 6]);
    schedule(s);
    issue(s, 1);
    enterPhase(s, CLOSING_S - 1);
    expect(attempt(s, 'closeChallenges', K, [])).toEqual(['DeadlineNotPassed', CLOSING_S - 1, CLOSING_S]);
    enterPhase(s, CLOSING_S);
    s.eventCount = 0;
    mustPass(s, 'closeChallenges', K, []);
    expect([1, 2].map((i) => readChallenge(s, i).state)).toEqual([C.inconclusive, C.inconclusive]);
    expect([1, 2].map((c) => readCommittee(s, c).state)).toEqual([0, 0]);
    expect(readChallengeTotals(s)).toMatchObject({ retryCount: 2, inconclusiveCount: 2 });
    expect(eventsSince(s).filter((e) => e.name === 'ChallengeDecided')).toEqual([
      {
        name: 'ChallengeDecided',
        challenge: 1,
        provider: 1,
        class: 1,
        outcome: C.inconclusive,
        passCount: 0,
        failCount: 0,
      },
      {
        name: 'ChallengeDecided',
        challenge: 2,
        provider: 2,
        class: 2,
        outcome: C.inconclusive,
        passCount: 0,
        failCount: 0,
      },
    ]);
    s.eventCount = 0;
    mustPass(s, 'closeChallenges', K, []);
    expect(s.eventCount).toBe(0);
  });

  it('given a slot whose challenges have not been scheduled > is refused', () => {
    const s = createChallengeWorld();
    schedule(s);
    openNextSlot(s);
    enterPhase(s, CLOSING_S);
    expect(attempt(s, 'closeChallenges', K, [])).toEqual(['WrongState', 1, 2]);
  });

  it('given a slot that nobody closed > the next schedule does, and tries its targets again', () => {
    const s = createIssued(1, { 'chal.targets_per_slot': 1 });
    openNextSlot(s);
    schedule(s);
    expect(readChallengeTotals(s).inconclusiveCount).toBe(1);
    expect([readChallenge(s, 1).provider, readChallenge(s, 1).retried]).toEqual([1, 1]);
  });
});

describe('attestSubsets (CHAL-2, OP-71)', () => {
  /** The last slot of an era of one slot, in its closing second: 3 of 9 listed Slarks have been drawn. */
  function createAttestWorld(): { s: State; free: number[] } {
    const s = createChallengeWorld(9, { 'time.slots_per_era': 1 });
    schedule(s);
    enterPhase(s, CLOSING_S);
    s.eventCount = 0;
    const free = Array.from({ length: 9 }, (_, i) => i + 1).filter((z) => !seatsOf(s, 1).includes(z));
    return { s, free };
  }

  it('given more than half of the unselected > the era’s subsets are attested, once', () => {
    const { s, free } = createAttestWorld();
    expect(attempt(s, 'attestSubsets', K, [3], free.slice(0, 3))).toEqual(['SignersMissing', 3, 4]);
    mustPass(s, 'attestSubsets', K, [4], free.slice(0, 4));
    expect(readChallengeTotals(s).attestedEraCount).toBe(1);
    expect(eventsSince(s)).toEqual([{ name: 'SubsetsAttested', era: 0, signerCount: 4, unselectedCount: 6 }]);
    expect(attempt(s, 'attestSubsets', K, [4], free.slice(0, 4))).toEqual(['AlreadySet', 1, 0]);
  });

  it('given an earlier second, or an earlier slot of the era > is refused', () => {
    const { s, free } = createAttestWorld();
    enterPhase(s, CLOSING_S - 1);
    expect(attempt(s, 'attestSubsets', K, [4], free.slice(0, 4))).toEqual([
      'DeadlineNotPassed',
      CLOSING_S - 1,
      CLOSING_S,
    ]);
    const early = createChallengeWorld();
    enterPhase(early, CLOSING_S);
    expect(attempt(early, 'attestSubsets', K, [0], [])).toEqual([
      'DeadlineNotPassed',
      CLOSING_S,
      23 * 3_600 + CLOSING_S,
    ]);
  });

  it('given signers out of order, unknown, drawn in this era, not running, or the foundation’s > is refused', () => {
    const { s, free } = createAttestWorld();
    const [a, b] = [free[0]!, free[1]!];
    const drawn = Math.max(...seatsOf(s, 1));
    const foundation = addFoundationSlark(s);
    expect(attempt(s, 'attestSubsets', K, [2], [b, a])).toEqual(['RankingInvalid', 1, a]);
    expect(attempt(s, 'attestSubsets', K, [2], [a, a])).toEqual(['RankingInvalid', 1, a]);
    expect(attempt(s, 'attestSubsets', K, [1], [0])).toEqual(['RankingInvalid', 0, 0]);
    expect(attempt(s, 'attestSubsets', K, [1], [99])).toEqual(['UnknownEntity', 99, 10]);
    expect(attempt(s, 'attestSubsets', K, [1], [drawn])).toEqual(['NotAssigned', drawn, 0]);
    expect(attempt(s, 'attestSubsets', K, [1], [foundation])).toEqual(['NotAssigned', foundation, 0]);
    mustPass(s, 'loseClient', K, [a]);
    expect(attempt(s, 'attestSubsets', K, [1], [a])).toEqual(['NotAssigned', a, 0]);
  });

  it('given a list that does not fit the number of signers > is refused', () => {
    const { s, free } = createAttestWorld();
    expect(attempt(s, 'attestSubsets', K, [2 ** 53 - 1], free)).toEqual(['ValueOutOfRange', 2 ** 53 - 1, 9]);
    expect(attempt(s, 'attestSubsets', K, [4], free.slice(0, 3))).toEqual(['BatchMismatch', 3, 36]);
    expect(attempt(s, 'attestSubsets', K, [0], [1])).toEqual(['BatchMismatch', 1, 32]);
    expect(attempt(s, 'attestSubsets', K, [1], [MAX_WORD + 1])).toEqual(['ValueOutOfRange', MAX_WORD + 1, MAX_WORD]);
  });

  it('given an era in which nothing was scheduled > there is nothing to attest', () => {
    const s = createChallengeWorld(9, { 'time.slots_per_era': 1 });
    enterPhase(s, CLOSING_S);
    expect(attempt(s, 'attestSubsets', K, [0], [])).toEqual(['WrongState', 0, 1]);
    // Slots 0 and 1 of eras 0 and 1: what slot 0 left in the tables is of another era.
    writeRecord(s, 'challengeTotals', 0, { slot: 1 });
    writeRecord(s, 'clockTotals', 0, { slotCount: 2, era: 1 });
    s.nowS = 3_600 + CLOSING_S;
    expect(attempt(s, 'attestSubsets', K, [0], [])).toEqual(['WrongState', 1, 2]);
    writeRecord(s, 'challengeTotals', 0, { slot: 2, selectedCount: 9 });
    mustPass(s, 'attestSubsets', K, [0], []);
  });

  it('given that all listed Slarks have been drawn > nobody has to sign', () => {
    const s = createChallengeWorld(3, { 'time.slots_per_era': 1 });
    schedule(s);
    enterPhase(s, CLOSING_S);
    mustPass(s, 'attestSubsets', K, [0], []);
    expect(readChallengeTotals(s).attestedEraCount).toBe(1);
  });

  it('given somebody who checks signatures > one signature of all signers over era and subsets is needed', () => {
    const { s, free } = createAttestWorld();
    const subsets = extendSubsets(new Array(8).fill(0), 0, 1, seatsOf(s, 1));
    let isSound = false;
    s.verifier = {
      verifyPossession: () => false,
      verifyGroups: (groups) => {
        expect(groups).toEqual([
          { keys: free.slice(0, 4).map((z) => s.keys.get(z)), message: attestationMessage(0, subsets) },
        ]);
        return isSound;
      },
    };
    const words = [...free.slice(0, 4), ...new Array<number>(32).fill(1)];
    expect(attempt(s, 'attestSubsets', K, [4], free.slice(0, 4))).toEqual(['BatchMismatch', 4, 36]);
    expect(attempt(s, 'attestSubsets', K, [4], words)).toEqual(['InvalidSignature', 0, 0]);
    isSound = true;
    mustPass(s, 'attestSubsets', K, [4], words);
  });
});

describe('resetTargets', () => {
  it('empties the lists, whoever is in them', () => {
    const s = createSlarkWorld();
    for (let i = 0; i < 4; i++) queueTarget(s, addProvider(s, OWNER), (['new', 'poor', 'rest', 'rest'] as const)[i]!);
    writeRecord(s, 'providers', 2, { state: PROVIDER_STATE.suspended });
    writeRecord(s, 'providers', 3, { challengedEra: 1 });
    resetTargets(s);
    expect(readChallengeTotals(s)).toMatchObject({
      missedCount: 0,
      newHead: 0,
      newCount: 0,
      poorCount: 0,
      restCount: 0,
    });
  });
});

describe('scheduleChallenges, limits', () => {
  it('given a banned Slark in the list > it is not seated', () => {
    const s = createChallengeWorld(4, { 'chal.n': 1 });
    s.slarks[3 * STRIDE.slarks + F.slarks.state] = SLARK_STATE.banned;
    schedule(s);
    expect(seatsOf(s, 1).toSorted()).toEqual([1, 2, 4]);
  });

  it('given more providers than 240 a slot could take > takes 240 distinct ones', () => {
    const s = createSlarkWorld({ params: { 'time.slots_per_era': 1 } });
    for (let i = 0; i < 300; i++) queueTarget(s, addProvider(s, OWNER), 'rest');
    schedule(s);
    expect(new Set(targets(s)).size).toBe(240);
  });

  it('gives a puzzle hash that commitPuzzle takes', () => {
    const s = createChallengeWorld();
    schedule(s);
    mustPass(s, 'commitPuzzle', K, [1, ...puzzleHash(0, 1, ...PUZZLE)]);
  });
});
