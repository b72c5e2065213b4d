/**
 * Challenges (SM-7): scheduled with their committees, committed to, issued, certified by the committee's results, closed,
 * and attested at the era's end. Whom to challenge and with what is in `challengeTargets.ts`, who sits in a committee in
 * `slarkCommittee.ts`; what outcomes cost or earn is settled at the era's end.
 */
import { BPS, MAX_INT, max, min, mulDivDown, mulDivUp } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import {
  attestationMessage,
  certificateMessage,
  extendSubsets,
  MAX_HASH,
  MAX_WORD,
  puzzleHash,
  RESULT,
  RESULTS_PER_WORD,
  resultAt,
  resultWordCount,
  SIGNATURE_WORDS,
} from './certificates.ts';
import { chooseTargets, drawRequirement, queueRetry } from './challengeTargets.ts';
import { currentEra, slotCount } from './clock.ts';
import { ACCOUNT, CHALLENGE_STATE, CLASS_COUNT, F, KIND, SEATS_PER_CLASS, STRIDE } from './layout.ts';
import { R } from './rejections.ts';
import { drawCommittee, recordSelected } from './slarkCommittee.ts';
import { slarkMultiplierMil } from './slarkRewards.ts';
import { isDrawable, setSlarkField, slarkCount, slarkField } from './slarks.ts';
import { emit, getParam, recordAt, reject, type State, type Verifier } from './state.ts';

export { noteMissed, queueNew, queueTarget, resetTargets } from './challengeTargets.ts';

const C = F.challenges;
const M = F.committees;
const T = F.challengeTotals;
const STATE = CHALLENGE_STATE;
/** Words of the hash of an era's subsets. */
const SUBSET_WORDS = 8;
/** Seconds of a slot after which a certificate need not be complete, and what is open may be closed. */
export const CLOSING_S = 420;
const HOURS_PER_DAY = 24;
/** Options of `chal.inconclusive`; the third is a second try. */
const AS_PASSED = 0;
const AS_FAILED = 1;

type Outcome = (typeof STATE)['passed' | 'failed'];

function field(s: State, challenge: number, index: number): number {
  return s.challenges[challenge * STRIDE.challenges + index]!;
}

function committeeField(s: State, challengeClass: number, index: number): number {
  return s.committees[challengeClass * STRIDE.committees + index]!;
}

function setCommittee(s: State, challengeClass: number, index: number, value: number): void {
  s.committees[challengeClass * STRIDE.committees + index] = value;
}

function addTotal(s: State, index: number, amount: number): void {
  s.challengeTotals[index]! += amount;
}

/** Slot whose challenges the table holds: the one that was scheduled last. */
function scheduledSlot(s: State): number {
  return s.challengeTotals[T.slot]! - 1;
}

function slotOfEra(s: State): number {
  return (slotCount(s) - 1) % getParam(s, 'time.slots_per_era');
}

/** When what is open in a slot may be closed, in seconds from genesis. */
function closingS(s: State, slot: number): number {
  return mulDivDown(max(slot, 0), getParam(s, 'time.slot_s'), 1) + CLOSING_S;
}

/** Class of the Slarks that may challenge a provider of a trust tier: s ≥ 7 − p. @rule SLARK-7, INV-33 */
export function classOfTier(tier: number): number {
  return tier >= CLASS_COUNT ? 1 : CLASS_COUNT + 1 - tier;
}

/** Challenges of a class in the order of their records. */
function challengesOf(s: State, challengeClass: number): number[] {
  const found: number[] = [];
  for (let i = 1; i <= s.challengeTotals[T.challengeCount]!; i++) {
    if (field(s, i, C.class) === challengeClass) found.push(i);
  }
  return found;
}

function enterState(s: State, challenge: number, to: number): void {
  const at = challenge * STRIDE.challenges + C.state;
  const from = s.challenges[at]!;
  s.challenges[at] = to;
  emit(s, 'Transition', KIND.challenge, s.challengeTotals[T.firstId]! + challenge, ACCOUNT.keeper, from, to);
}

/** Enters the outcome, and tells it with the votes. */
function decide(s: State, challenge: number, outcome: number, passCount: number, failCount: number): void {
  enterState(s, challenge, outcome);
  const id = s.challengeTotals[T.firstId]! + challenge;
  const [provider, challengeClass] = [field(s, challenge, C.provider), field(s, challenge, C.class)];
  emit(s, 'ChallengeDecided', id, provider, challengeClass, outcome, passCount, failCount);
}

/** What the era's counts of the provider make of an outcome. A failed challenge costs the hour in which it is decided, and perhaps hours after it. @rule CHAL-11, LIVE-10, OP-52 */
function recordOutcome(s: State, provider: number, outcome: Outcome): void {
  const at = provider * STRIDE.providerEra;
  s.providerEra[at + F.providerEra.challengeCount]! += 1;
  if (outcome === STATE.passed) {
    s.providerEra[at + F.providerEra.passedCount]! += 1;
    addTotal(s, T.passedCount, 1);
    return;
  }
  s.providerEra[at + F.providerEra.failedHours]! |= 1 << (slotOfEra(s) % HOURS_PER_DAY);
  addTotal(s, T.failedCount, 1);
}

/** No value has N+1 votes: passed, failed, or tried once more and then passed, as OP-75 is set. @rule SM-7, OP-75 */
function settleInconclusive(s: State, challenge: number): void {
  const provider = field(s, challenge, C.provider);
  s.providerEra[provider * STRIDE.providerEra + F.providerEra.inconclusiveCount]! += 1;
  addTotal(s, T.inconclusiveCount, 1);
  const treatment = getParam(s, 'chal.inconclusive');
  if (treatment !== AS_PASSED && treatment !== AS_FAILED && field(s, challenge, C.retried) === 0) {
    queueRetry(s, provider);
    return;
  }
  const outcome = treatment === AS_FAILED ? STATE.failed : STATE.passed;
  enterState(s, challenge, outcome);
  recordOutcome(s, provider, outcome);
}

function leaveUndecided(s: State, challenge: number): void {
  decide(s, challenge, STATE.inconclusive, 0, 0);
  settleInconclusive(s, challenge);
}

/** Ends all challenges of the table that nobody has decided. */
function closeOpen(s: State): void {
  for (let i = 1; i <= s.challengeTotals[T.challengeCount]!; i++) {
    if (field(s, i, C.state) < STATE.passed) leaveUndecided(s, i);
  }
}

function readSubsets(s: State): number[] {
  return Array.from(s.challengeTotals.slice(T.subsets0, T.subsets0 + SUBSET_WORDS));
}

/** Forgets the table of the slot before, and in the first slot of an era its subsets. */
function openTable(s: State, slot: number): void {
  const totals = s.challengeTotals;
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  const eraBefore = mulDivDown(max(scheduledSlot(s), 0), 1, slotsPerEra);
  if (eraBefore !== currentEra(s)) {
    totals[T.selectedCount] = 0;
    totals.fill(0, T.subsets0, T.subsets0 + SUBSET_WORDS);
  }
  totals[T.slot] = slot + 1;
  totals[T.firstId]! += totals[T.challengeCount]!;
  totals[T.challengeCount] = 0;
  s.committees.fill(0, STRIDE.committees, (CLASS_COUNT + 1) * STRIDE.committees);
}

function addChallenge(s: State, slot: number, provider: number, retried: 0 | 1): void {
  const challenge = s.challengeTotals[T.challengeCount]! + 1;
  const at = recordAt(s, 'challenges', challenge);
  const needs = drawRequirement(s, provider, slot);
  s.challengeTotals[T.challengeCount] = challenge;
  s.challenges[at + C.provider] = provider;
  s.challenges[at + C.class] = classOfTier(s.providers[provider * STRIDE.providers + F.providers.tier]!);
  s.challenges[at + C.state] = 0;
  s.challenges[at + C.retried] = retried;
  s.challenges[at + C.cpuCount] = needs.cpuCount;
  s.challenges[at + C.memoryGb] = needs.memoryGb;
  s.challenges[at + C.storageGb] = needs.storageGb;
  s.challenges[at + C.gpuCount] = needs.gpuCount;
  s.providers[provider * STRIDE.providers + F.providers.challengedEra] = currentEra(s) + 1;
  enterState(s, challenge, STATE.scheduled);
}

/** Seats the committee of a class; without a full one, its challenges are inconclusive at once. @invariant INV-32 */
function seatCommittee(s: State, slot: number, challengeClass: number): void {
  const own = challengesOf(s, challengeClass);
  if (own.length === 0) return;
  const size = 2 * getParam(s, 'chal.n') + 1;
  const targets = own.map((challenge) => field(s, challenge, C.provider));
  const { licences, foundationSeatCount } = drawCommittee(s, slot, challengeClass, size, targets);
  if (licences.length < size) {
    for (const challenge of own) leaveUndecided(s, challenge);
    return;
  }
  licences.forEach((licence, seat) => {
    s.seats[recordAt(s, 'seats', challengeClass * SEATS_PER_CLASS + seat)] = licence;
  });
  addTotal(s, T.selectedCount, recordSelected(s, licences));
  s.challengeTotals.set(extendSubsets(readSubsets(s), slot, challengeClass, licences), T.subsets0);
  setCommittee(s, challengeClass, M.state, STATE.scheduled);
  setCommittee(s, challengeClass, M.targetCount, own.length);
  setCommittee(s, challengeClass, M.seatCount, size);
  emit(s, 'CommitteeDrawn', slot, challengeClass, size, own.length, foundationSeatCount);
}

/**
 * Chooses the targets of the slot that has been opened last, draws what each is asked for, and seats a committee for each
 * class among them. Once a slot. What was left undecided before is inconclusive.
 *
 * @rejects AlreadySet (scheduled already, or no slot has been opened)
 * @invariant INV-32: a committee has exactly 2N+1 distinct, eligible members; INV-33; INV-68
 * @rule SM-7, CHAL-1, CHAL-3, CHAL-4, CHAL-6, CHAL-9, F-12, OP-70, OP-72, OP-75
 */
export const scheduleChallenges: Rule = (s) => {
  const opened = slotCount(s);
  if (s.challengeTotals[T.slot] === opened) return reject(s, R.AlreadySet, opened, 0);

  const slot = opened - 1;
  closeOpen(s);
  openTable(s, slot);
  for (const { provider, retried } of chooseTargets(s, slot)) addChallenge(s, slot, provider, retried);
  for (let challengeClass = 1; challengeClass <= CLASS_COUNT; challengeClass++) seatCommittee(s, slot, challengeClass);
  return 0;
};

/** The class exists and its committee is in `state`. 0, or ValueOutOfRange, WrongState. */
function guardCommittee(s: State, challengeClass: number, state: number): number {
  if (challengeClass < 1 || challengeClass > CLASS_COUNT) {
    return reject(s, R.ValueOutOfRange, challengeClass, CLASS_COUNT);
  }
  const found = committeeField(s, challengeClass, M.state);
  return found === state ? 0 : reject(s, R.WrongState, found, 0);
}

/** A committee and its challenges go on together. */
function advanceClass(s: State, challengeClass: number, to: number): void {
  setCommittee(s, challengeClass, M.state, to);
  for (const challenge of challengesOf(s, challengeClass)) enterState(s, challenge, to);
}

/**
 * Registers the hash of a class's puzzle, before anybody knows the puzzle.
 *
 * @rejects ValueOutOfRange (class; a half of the hash; a hash of 0), WrongState
 * @rule SM-7, CHAL-5
 */
export const commitPuzzle: Rule = (s, _actor, args) => {
  const challengeClass = args[0]!;
  const hash0 = args[1]!;
  const hash1 = args[2]!;
  const code = guardCommittee(s, challengeClass, STATE.scheduled);
  if (code !== 0) return code;
  if (hash0 > MAX_HASH) return reject(s, R.ValueOutOfRange, hash0, MAX_HASH);
  if (hash1 > MAX_HASH) return reject(s, R.ValueOutOfRange, hash1, MAX_HASH);
  if (hash0 === 0 && hash1 === 0) return reject(s, R.ValueOutOfRange, 0, MAX_HASH);

  setCommittee(s, challengeClass, M.puzzleHash0, hash0);
  setCommittee(s, challengeClass, M.puzzleHash1, hash1);
  advanceClass(s, challengeClass, STATE.committed);
  return 0;
};

/**
 * The committee of a class puts its challenges to the targets.
 *
 * @rejects ValueOutOfRange, WrongState
 * @rule SM-7, CHAL-8
 */
export const issueChallenges: Rule = (s, _actor, args) => {
  const challengeClass = args[0]!;
  const code = guardCommittee(s, challengeClass, STATE.committed);
  if (code !== 0) return code;

  advanceClass(s, challengeClass, STATE.issued);
  return 0;
};

/** Seats that handed in the same results. */
type Group = { readonly seats: readonly number[]; readonly resultWords: readonly number[] };
/** Groups of a certificate as they are read, or the code of the first that is not well-formed. */
type Reading = { readonly code: number; readonly groups: readonly Group[]; readonly signerCount: number };

const REFUSED = { groups: [], signerCount: 0 } as const;

/** Checks that words hold a pass or a fail for each target, and nothing else. 0, or ValueOutOfRange. */
function guardResults(s: State, resultWords: readonly number[], targetCount: number): number {
  for (let i = 0; i < targetCount; i++) {
    const result = resultAt(resultWords, i);
    if (result !== RESULT.pass && result !== RESULT.fail) return reject(s, R.ValueOutOfRange, result, RESULT.fail);
  }
  for (let i = targetCount; i < resultWords.length * RESULTS_PER_WORD; i++) {
    if (resultAt(resultWords, i) !== 0) return reject(s, R.ValueOutOfRange, resultWords[resultWords.length - 1]!, 0);
  }
  return 0;
}

/** Reads `groupCount` groups: a mask of seats, then their results. Each seat signs once. */
function readGroups(
  s: State,
  words: readonly number[],
  groupCount: number,
  seatCount: number,
  targetCount: number,
): Reading {
  const stride = 1 + resultWordCount(targetCount);
  const hasSigned: boolean[] = [];
  const groups: Group[] = [];
  let signerCount = 0;
  for (let g = 0; g < groupCount; g++) {
    const seats: number[] = [];
    let mask = words[g * stride]!;
    if (mask === 0) return { code: reject(s, R.SignersMissing, 0, 1), ...REFUSED };
    for (let seat = 0; mask > 0; seat++, mask = Math.floor(mask / 2)) {
      if (mask % 2 === 0) continue;
      if (seat >= seatCount) return { code: reject(s, R.NotAssigned, seat, seatCount), ...REFUSED };
      if (hasSigned[seat] === true) return { code: reject(s, R.SignerRepeated, seat, 0), ...REFUSED };
      hasSigned[seat] = true;
      seats.push(seat);
    }
    const resultWords = words.slice(g * stride + 1, (g + 1) * stride);
    const bad = guardResults(s, resultWords, targetCount);
    if (bad !== 0) return { code: bad, ...REFUSED };
    groups.push({ seats, resultWords });
    signerCount += seats.length;
  }
  return { code: 0, groups, signerCount };
}

/** True if one aggregate signature covers each group's message by all its licences; of a licence without key, never. */
function isSigned(
  s: State,
  verifier: Verifier,
  groups: readonly { readonly licences: readonly number[]; readonly message: Uint8Array }[],
  signature: readonly number[],
): boolean {
  const signers: { keys: (readonly number[])[]; message: Uint8Array }[] = [];
  for (const { licences, message } of groups) {
    const keys: (readonly number[])[] = [];
    for (const licence of licences) {
      const key = s.keys.get(licence);
      if (key === undefined) return false;
      keys.push(key);
    }
    signers.push({ keys, message });
  }
  return verifier.verifyGroups(signers, signature);
}

/** Length that a list must have: with signature, or without where nobody checks one. 0, or BatchMismatch. */
function guardLength(s: State, words: readonly number[], plainCount: number): number {
  const signedCount = plainCount + SIGNATURE_WORDS;
  const mayBePlain = s.verifier === undefined && words.length === plainCount;
  if (words.length !== signedCount && !mayBePlain) return reject(s, R.BatchMismatch, words.length, signedCount);
  for (const word of words) if (word > MAX_WORD) return reject(s, R.ValueOutOfRange, word, MAX_WORD);
  return 0;
}

/** Results of a licence that a certificate decided about, and those among them that equal the majority. @rule SLARK-13, F-11 */
function recordResults(s: State, licence: number, resultCount: number, alignedCount: number): void {
  setSlarkField(s, licence, 'resultCount', slarkField(s, licence, 'resultCount') + resultCount);
  setSlarkField(s, licence, 'alignedCount', slarkField(s, licence, 'alignedCount') + alignedCount);
  if (slarkField(s, licence, 'isFoundation') === 1) return;
  s.slarkTotals[F.slarkTotals.scoreSum]! += alignedCount * slarkMultiplierMil(s, slarkField(s, licence, 'tier'));
}

/** Takes the value with at least `majority` votes for each target, and counts who agreed. */
function tally(s: State, challengeClass: number, groups: readonly Group[], majority: number): void {
  const own = challengesOf(s, challengeClass);
  const outcomes = own.map((challenge, i) => {
    let passCount = 0;
    let failCount = 0;
    for (const { seats, resultWords } of groups) {
      if (resultAt(resultWords, i) === RESULT.pass) passCount += seats.length;
      else failCount += seats.length;
    }
    if (passCount < majority && failCount < majority) {
      decide(s, challenge, STATE.inconclusive, passCount, failCount);
      settleInconclusive(s, challenge);
      return 0;
    }
    const outcome = passCount >= majority ? STATE.passed : STATE.failed;
    decide(s, challenge, outcome, passCount, failCount);
    addTotal(s, T.decidedCount, 1);
    recordOutcome(s, field(s, challenge, C.provider), outcome);
    return outcome === STATE.passed ? RESULT.pass : RESULT.fail;
  });
  const decidedCount = outcomes.filter((outcome) => outcome !== 0).length;
  for (const { seats, resultWords } of groups) {
    const alignedCount = outcomes.filter((outcome, i) => outcome !== 0 && outcome === resultAt(resultWords, i)).length;
    for (const seat of seats) {
      recordResults(s, s.seats[challengeClass * SEATS_PER_CLASS + seat]!, decidedCount, alignedCount);
    }
  }
}

/**
 * Takes the results of a committee: the distinct result vectors, who signed which, and one aggregate signature of all. The
 * value that at least N+1 of the 2N+1 members found is the outcome of a target; a target without one is inconclusive.
 * Until {@link CLOSING_S} seconds into the slot all members must have signed, then N+1 are enough.
 *
 * @param bulk per group a mask (bit k is seat k) and the packed results; then the signature, 32 words of 48 bits
 * @rejects ValueOutOfRange (class, groupCount, word, result, bits beyond the last target), WrongState (the committee, or a
 * slot that is over), PuzzleMismatch,
 * BatchMismatch, SignersMissing, NotAssigned, SignerRepeated, ResultsOutstanding, InvalidSignature
 * @invariant INV-32; INV-42: a committee's results count once
 * @rule SM-7, CHAL-5, CHAL-9, CHAL-10, CHAL-11, SLARK-13
 */
export const certifyResults: Rule = (s, _actor, args, bulk) => {
  const challengeClass = args[0]!;
  const groupCount = args[3]!;
  const code = guardCommittee(s, challengeClass, STATE.issued);
  if (code !== 0) return code;
  const scheduled = s.challengeTotals[T.slot]!;
  if (scheduled !== slotCount(s)) return reject(s, R.WrongState, scheduled, slotCount(s));
  const slot = scheduledSlot(s);
  const [hash0, hash1] = puzzleHash(slot, challengeClass, args[1]!, args[2]!);
  const isPuzzle =
    hash0 === committeeField(s, challengeClass, M.puzzleHash0) &&
    hash1 === committeeField(s, challengeClass, M.puzzleHash1);
  if (!isPuzzle) return reject(s, R.PuzzleMismatch, challengeClass, slot);
  const seatCount = committeeField(s, challengeClass, M.seatCount);
  const targetCount = committeeField(s, challengeClass, M.targetCount);
  if (groupCount < 1 || groupCount > seatCount) return reject(s, R.ValueOutOfRange, groupCount, seatCount);
  const badLength = guardLength(s, bulk, groupCount * (1 + resultWordCount(targetCount)));
  if (badLength !== 0) return badLength;
  const { code: bad, groups, signerCount } = readGroups(s, bulk, groupCount, seatCount, targetCount);
  if (bad !== 0) return bad;
  if (signerCount < seatCount && s.nowS < closingS(s, slot)) {
    return reject(s, R.ResultsOutstanding, signerCount, seatCount);
  }
  const majority = (seatCount + 1) / 2;
  if (signerCount < majority) return reject(s, R.SignersMissing, signerCount, majority);
  if (s.verifier !== undefined) {
    const signed = groups.map(({ seats, resultWords }) => ({
      licences: seats.map((seat) => s.seats[challengeClass * SEATS_PER_CLASS + seat]!),
      message: certificateMessage(slot, challengeClass, resultWords),
    }));
    const signature = bulk.slice(-SIGNATURE_WORDS);
    if (!isSigned(s, s.verifier, signed, signature)) return reject(s, R.InvalidSignature, challengeClass, slot);
  }

  setCommittee(s, challengeClass, M.signerCount, signerCount);
  addTotal(s, T.certificateCount, 1);
  emit(s, 'ResultsCertified', slot, challengeClass, groupCount, signerCount, targetCount);
  advanceClass(s, challengeClass, STATE.answered);
  tally(s, challengeClass, groups, majority);
  return 0;
};

/**
 * Ends what is still open in the slot: its challenges are inconclusive, and its committees have no more to say.
 *
 * @rejects DeadlineNotPassed, WrongState (the slot's challenges have not been scheduled)
 * @rule SM-7, OP-75
 */
export const closeChallenges: Rule = (s) => {
  const opened = slotCount(s);
  const fromS = closingS(s, opened - 1);
  if (s.nowS < fromS) return reject(s, R.DeadlineNotPassed, s.nowS, fromS);
  if (s.challengeTotals[T.slot] !== opened) return reject(s, R.WrongState, s.challengeTotals[T.slot]!, opened);

  closeOpen(s);
  for (let challengeClass = 1; challengeClass <= CLASS_COUNT; challengeClass++) {
    setCommittee(s, challengeClass, M.state, 0);
  }
  return 0;
};

/** Signers in ascending order, each one that can be drawn and has not been in this era. 0, or the code of the first wrong one. */
function guardUnselected(s: State, signers: readonly number[]): number {
  const count = slarkCount(s);
  const mark = currentEra(s) + 1;
  let before = 0;
  for (const [position, licence] of signers.entries()) {
    if (licence <= before) return reject(s, R.RankingInvalid, position, licence);
    if (licence > count) return reject(s, R.UnknownEntity, licence, count);
    if (!isDrawable(s, licence) || slarkField(s, licence, 'selectedEra') === mark) {
      return reject(s, R.NotAssigned, licence, 0);
    }
    before = licence;
  }
  return 0;
}

/**
 * At the end of an era, Slarks that were not drawn in it attest the subsets that were: one aggregate signature over the
 * hash of all of them. Where every Slark of the list has been drawn, nobody has to sign.
 *
 * @param bulk licences of the signers, then the signature of 32 words of 48 bits; nothing at all without signers
 * @rejects DeadlineNotPassed, AlreadySet, WrongState (nothing has been scheduled in this era), ValueOutOfRange (signerCount,
 * word), BatchMismatch, RankingInvalid, UnknownEntity, NotAssigned, SignersMissing, InvalidSignature
 * @rule CHAL-2, OP-71
 */
export const attestSubsets: Rule = (s, _actor, args, bulk) => {
  const signerCount = args[0]!;
  const era = currentEra(s);
  const slotsPerEra = getParam(s, 'time.slots_per_era');
  const fromS = closingS(s, mulDivDown(era + 1, slotsPerEra, 1) - 1);
  if (slotOfEra(s) !== slotsPerEra - 1 || s.nowS < fromS) return reject(s, R.DeadlineNotPassed, s.nowS, fromS);
  if (s.challengeTotals[T.attestedEraCount] === era + 1) return reject(s, R.AlreadySet, era + 1, 0);
  const scheduled = s.challengeTotals[T.slot]!;
  // Without a slot of this era in the table there are no subsets of this era to attest.
  if (scheduled <= mulDivDown(era, slotsPerEra, 1)) return reject(s, R.WrongState, scheduled, slotCount(s));
  if (signerCount > MAX_INT - SIGNATURE_WORDS) return reject(s, R.ValueOutOfRange, signerCount, slarkCount(s));
  const badLength = signerCount + bulk.length === 0 ? 0 : guardLength(s, bulk, signerCount);
  if (badLength !== 0) return badLength;
  const signers = bulk.slice(0, signerCount);
  const bad = guardUnselected(s, signers);
  if (bad !== 0) return bad;
  // Of the era's list, at most those that are online now.
  const listed = min(s.slarkTotals[F.slarkTotals.orderedCount]!, s.slarkTotals[F.slarkTotals.drawableCount]!);
  const unselected = max(listed, s.challengeTotals[T.selectedCount]!) - s.challengeTotals[T.selectedCount]!;
  const quorum = mulDivUp(unselected, getParam(s, 'chal.attest_quorum_bps'), BPS);
  if (signerCount < quorum) return reject(s, R.SignersMissing, signerCount, quorum);
  if (s.verifier !== undefined && signerCount > 0) {
    const signed = [{ licences: signers, message: attestationMessage(era, readSubsets(s)) }];
    if (!isSigned(s, s.verifier, signed, bulk.slice(-SIGNATURE_WORDS))) return reject(s, R.InvalidSignature, 0, era);
  }

  s.challengeTotals[T.attestedEraCount] = era + 1;
  emit(s, 'SubsetsAttested', era, signerCount, unselected);
  return 0;
};
