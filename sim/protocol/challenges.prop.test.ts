import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESULT } from './certificates.ts';
import { CLOSING_S, queueTarget } from './challenges.ts';
import { agent, copyState, mustPass, openNextSlot } from './eraWorld.ts';
import { ACCOUNT, CHALLENGE_STATE, MAX_TARGETS, PROVIDER_STATE } from './layout.ts';
import { attempt, dumpLedger, writeRecord } from './nodeWorld.ts';
import {
  addNewProvider,
  addProvider,
  addRunning,
  certificateOf,
  createSlarkWorld,
  enterPhase,
  issue,
  postList,
  readChallenge,
  readChallengeTotals,
  readProvider,
  readSlark,
  seatsOf,
  setTier,
} from './slarkWorld.ts';
import type { State } from './state.ts';

const K = ACCOUNT.keeper;
const OWNER = agent(0);
const C = CHALLENGE_STATE;

/** Issued challenges of class 1 against `targets` providers, before a committee of 2N+1. */
function createIssued(n: number, targets: number): State {
  const s = createSlarkWorld({ params: { 'chal.n': n, 'chal.targets_per_slot': targets } });
  for (let i = 0; i < targets; i++) addNewProvider(s, OWNER);
  postList(
    s,
    Array.from({ length: 6 * n + 6 }, () => addRunning(s, OWNER, 1)),
  );
  mustPass(s, 'scheduleChallenges', K, []);
  issue(s, 1);
  enterPhase(s, CLOSING_S);
  s.eventCount = 0;
  return s;
}

/** N, and per seat whether it has signed and what it found of each target. */
const votes = fc.integer({ min: 0, max: 3 }).chain((n) =>
  fc.integer({ min: 1, max: 30 }).chain((targets) =>
    fc.record({
      n: fc.constant(n),
      targets: fc.constant(targets),
      seats: fc.array(
        fc.record({
          hasSigned: fc.integer({ min: 0, max: 5 }).map((x) => x > 0),
          results: fc.array(fc.constantFrom(RESULT.pass, RESULT.fail), { minLength: targets, maxLength: targets }),
        }),
        { minLength: 2 * n + 1, maxLength: 2 * n + 1 },
      ),
    }),
  ),
);

describe('certifyResults', () => {
  it('given any votes > decides each target by N+1 equal ones of those that signed, and counts who agreed (INV-32)', () => {
    fc.assert(
      fc.property(votes, ({ n, targets, seats }) => {
        const s = createIssued(n, targets);
        const seated = seatsOf(s, 1);
        const signed = seats.map(({ hasSigned, results }) => (hasSigned ? results : []));
        const signers = signed.filter((results) => results.length > 0);
        const { args, bulk } = certificateOf(1, signed);
        const refusal = attempt(s, 'certifyResults', K, args, bulk);
        if (signers.length <= n) {
          expect(refusal[0]).toBe(signers.length === 0 ? 'ValueOutOfRange' : 'SignersMissing');
          return;
        }
        const majorities = Array.from({ length: targets }, (_, t) =>
          [RESULT.pass, RESULT.fail].find((value) => signers.filter((r) => r[t] === value).length > n),
        );
        const states = majorities.map((value) =>
          value === undefined ? C.inconclusive : value === RESULT.pass ? C.passed : C.failed,
        );
        expect(Array.from({ length: targets }, (_, t) => readChallenge(s, t + 1).state)).toEqual(states);
        const decided = majorities.filter((value) => value !== undefined).length;
        seated.forEach((licence, seat) => {
          const own = signed[seat]!;
          const aligned = own.filter((value, t) => value === majorities[t]).length;
          const expected = own.length === 0 ? [0, 0] : [decided, aligned];
          expect([readSlark(s, licence).resultCount, readSlark(s, licence).alignedCount]).toEqual(expected);
        });
        expect(readChallengeTotals(s)).toMatchObject({ decidedCount: decided, inconclusiveCount: targets - decided });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('given the groups in any order > the same ledger and the same events', () => {
    const s = createIssued(2, 3);
    const { args, bulk } = certificateOf(1, [
      [1, 1, 1],
      [1, 1, 1],
      [2, 1, 1],
      [1, 2, 1],
      [2, 1, 1],
    ]);
    const groups = [bulk.slice(0, 2), bulk.slice(2, 4), bulk.slice(4, 6)];
    fc.assert(
      fc.property(fc.shuffledSubarray(groups, { minLength: 3 }), (order) => {
        const [a, b] = [copyState(s), copyState(s)];
        mustPass(a, 'certifyResults', K, args, bulk);
        mustPass(b, 'certifyResults', K, args, order.flat());
        expect(dumpLedger(b)).toBe(dumpLedger(a));
      }),
      { numRuns: 6, seed: 1 },
    );
  });
});

describe('scheduleChallenges', () => {
  it('given any providers, Slarks and lists > distinct Active targets, full committees of eligible Slarks or none (INV-32, 33, 68)', () => {
    const world = fc.record({
      tiers: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 20 }),
      slarks: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 16 }),
      gone: fc.nat(6),
      n: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(world, ({ tiers, slarks, gone, n }) => {
        const s = createSlarkWorld({ params: { 'chal.n': n, 'time.slots_per_era': 3 } });
        tiers.forEach((tier, i) => {
          const provider = addProvider(s, OWNER, { tier });
          if (i % 7 === gone) writeRecord(s, 'providers', provider, { state: PROVIDER_STATE.deactivated });
          queueTarget(s, provider, (['new', 'poor', 'rest'] as const)[i % 3]!);
        });
        const active = tiers.filter((_, i) => i % 7 !== gone).length;
        s.providerTotals[1] = active;
        if (tiers.length > 0 && gone !== 0) {
          const licences = slarks.map((tier) => {
            const licence = addRunning(s, OWNER, 1);
            setTier(s, licence, tier);
            return licence;
          });
          postList(
            s,
            licences.toSorted((a, b) => readSlark(s, b).tier - readSlark(s, a).tier || a - b),
          );
        }
        for (let slot = 0; slot < 3; slot++) {
          if (slot > 0) openNextSlot(s);
          mustPass(s, 'scheduleChallenges', K, []);
          const { challengeCount } = readChallengeTotals(s);
          const targets = Array.from({ length: challengeCount }, (_, i) => readChallenge(s, i + 1));
          expect(challengeCount).toBeLessThanOrEqual(MAX_TARGETS);
          expect(new Set(targets.map(({ provider }) => provider)).size).toBe(challengeCount);
          for (const { provider, class: c, state } of targets) {
            const { tier } = readProvider(s, provider);
            expect(readProvider(s, provider).state).toBe(PROVIDER_STATE.active);
            expect(c).toBe(Math.max(1, 7 - tier));
            const seated = seatsOf(s, c);
            expect([0, 2 * n + 1]).toContain(seated.length);
            expect(state === C.scheduled).toBe(seated.length > 0);
            expect(new Set(seated).size).toBe(seated.length);
            for (const licence of seated) expect(readSlark(s, licence).tier).toBeGreaterThanOrEqual(7 - tier);
          }
        }
        for (let provider = 1; provider <= tiers.length; provider++) {
          const { state, challengedEra } = readProvider(s, provider);
          expect(challengedEra).toBe(state === PROVIDER_STATE.active ? 1 : 0);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
