/**
 * A small world for the tests of Slarks and challenges: real rules on a real state, with providers that are there by
 * decree. Decides nothing that a rule decides.
 */
import { assert } from '../base/assert.ts';
import { KEY_WORDS, packResults, puzzleHash, RESULT } from './certificates.ts';
import { queueNew } from './challenges.ts';
import { createEraWorld, type EraWorldOptions, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, PROVIDER_STATE, SEATS_PER_CLASS, STRIDE } from './layout.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { slarkField } from './slarks.ts';
import { recordAt, type State } from './state.ts';

/** What a provider by decree has registered, unless a test says otherwise. */
export const REGISTERED = { cpuCount: 64, memoryGb: 256, storageGb: 4_000, gpuCount: 4, gpuTier: 5 };

/** A world at the start of slot 0, with ten agents of 100 000 tokens and eras of 24 slots. */
export function createSlarkWorld(options: EraWorldOptions = {}): State {
  return createEraWorld({
    agents: 10,
    walletUnits: 100_000 * TOKEN,
    capacity: 512,
    ...options,
    params: { 'time.slots_per_era': 24, ...options.params },
  });
}

type ProviderFields = Parameters<typeof writeRecord<'providers'>>[3];

/** An Active provider of an agent, in no list of targets. @returns its identifier */
export function addProvider(s: State, owner: number, fields: ProviderFields = {}): number {
  const totals = s.providerTotals;
  const provider = (totals[F.providerTotals.providerCount]! += 1);
  totals[F.providerTotals.activeCount]! += 1;
  for (const table of ['providers', 'providerEra', 'providerCollateral'] as const) recordAt(s, table, provider);
  writeRecord(s, 'providers', provider, {
    owner,
    state: PROVIDER_STATE.active,
    tier: 7,
    isMatchable: 1,
    activeEra: 1,
    ...REGISTERED,
    computeTier: 1,
    storageTier: 1,
    netTier: 1,
    ...fields,
  });
  return provider;
}

/** An Active provider that waits for its first challenge. @returns its identifier */
export function addNewProvider(s: State, owner: number, fields: ProviderFields = {}): number {
  const provider = addProvider(s, owner, fields);
  queueNew(s, provider);
  return provider;
}

/** Words of a key that nobody has the secret of: good where no signature is checked. */
export function keyWords(seed: number): number[] {
  return Array.from({ length: KEY_WORDS }, (_, i) => seed * 100 + i);
}

/** A licence that its owner has bought. @returns its identifier */
export function addLicence(s: State, owner: number): number {
  mustPass(s, 'buyLicence', owner, []);
  return s.slarkTotals[F.slarkTotals.slarkCount]!;
}

/** A licence of a tier that its owner runs. @returns its identifier */
export function addRunning(s: State, owner: number, provider: number, tier = 1): number {
  const licence = addLicence(s, owner);
  mustPass(s, 'registerSlarkKey', owner, [licence], keyWords(licence));
  mustPass(s, 'selfOperate', owner, [licence, provider]);
  setTier(s, licence, tier);
  return licence;
}

/** A Slark of the foundation, with a key. @returns its identifier */
export function addFoundationSlark(s: State): number {
  mustPass(s, 'grantLicence', ACCOUNT.keeper, []);
  const licence = s.slarkTotals[F.slarkTotals.slarkCount]!;
  mustPass(s, 'registerFoundationKey', ACCOUNT.keeper, [licence], keyWords(licence));
  return licence;
}

/** Gives a licence a tier, as if it had been promoted there. */
export function setTier(s: State, licence: number, tier: number): void {
  const t = F.slarkTotals.tierCount1;
  s.slarkTotals[t + slarkField(s, licence, 'tier') - 1]! -= 1;
  s.slarkTotals[t + tier - 1]! += 1;
  writeRecord(s, 'slarks', licence, { tier });
}

/** Posts the list by tier as the settlement of the era before would have done. */
export function postList(s: State, licences: readonly number[]): void {
  licences.forEach((licence, i) => {
    s.slarkOrder[recordAt(s, 'slarkOrder', i + 1)] = licence;
    for (let c = 0; c < slarkField(s, licence, 'tier'); c++) s.slarkTotals[F.slarkTotals.classCount1 + c] = i + 1;
  });
  s.slarkTotals[F.slarkTotals.orderedCount] = licences.length;
}

/** Sets the clock to a second of the slot that is open. */
export function enterPhase(s: State, phaseS: number): void {
  s.nowS = (s.clockTotals[F.clockTotals.slotCount]! - 1) * 3_600 + phaseS;
}

export function readChallenge(s: State, challenge: number) {
  return readRecord(s, 'challenges', challenge);
}

export function readCommittee(s: State, challengeClass: number) {
  return readRecord(s, 'committees', challengeClass);
}

export function readChallengeTotals(s: State) {
  return readRecord(s, 'challengeTotals', 0);
}

export function readSlark(s: State, licence: number) {
  return readRecord(s, 'slarks', licence);
}

export function readProvider(s: State, provider: number) {
  return readRecord(s, 'providers', provider);
}

export function readProviderEra(s: State, provider: number) {
  return readRecord(s, 'providerEra', provider);
}

/** Licences by seat. */
export function seatsOf(s: State, challengeClass: number): number[] {
  const from = challengeClass * SEATS_PER_CLASS;
  return Array.from(s.seats.slice(from, from + readCommittee(s, challengeClass).seatCount));
}

/** The two numbers of every puzzle. */
export const PUZZLE: readonly [number, number] = [11, 22];

/** Commits and issues the challenges of a class of the scheduled slot. */
export function issue(s: State, challengeClass: number): void {
  const slot = readChallengeTotals(s).slot - 1;
  mustPass(s, 'commitPuzzle', ACCOUNT.keeper, [challengeClass, ...puzzleHash(slot, challengeClass, ...PUZZLE)]);
  mustPass(s, 'issueChallenges', ACCOUNT.keeper, [challengeClass]);
}

export type Votes = readonly (readonly number[])[];

/**
 * Arguments and list of `certifyResults` for the results of each seat, in groups of equal ones.
 *
 * @param votes per seat, the results by target; an empty list has not signed
 */
export function certificateOf(challengeClass: number, votes: Votes): { args: number[]; bulk: number[] } {
  const groups = new Map<string, { mask: number; words: readonly number[] }>();
  votes.forEach((results, seat) => {
    if (results.length === 0) return;
    const words = packResults(results);
    const group = groups.get(words.join()) ?? { mask: 0, words };
    groups.set(words.join(), { mask: group.mask + (1 << seat), words });
  });
  const bulk = [...groups.values()].flatMap(({ mask, words }) => [mask, ...words]);
  return { args: [challengeClass, ...PUZZLE, groups.size], bulk };
}

/** Hands in the results of each seat. */
export function certify(s: State, challengeClass: number, votes: Votes): void {
  const { args, bulk } = certificateOf(challengeClass, votes);
  mustPass(s, 'certifyResults', ACCOUNT.keeper, args, bulk);
}

/** `passCount` seats find that every target passes, `failCount` that it fails, in this order; the others have not signed. */
export function plainVotes(s: State, challengeClass: number, passCount: number, failCount: number): Votes {
  const { seatCount, targetCount } = readCommittee(s, challengeClass);
  assert(passCount + failCount <= seatCount, 'more votes than seats');
  return Array.from({ length: seatCount }, (_, seat) => {
    const result = seat < passCount ? RESULT.pass : seat < passCount + failCount ? RESULT.fail : 0;
    return result === 0 ? [] : new Array<number>(targetCount).fill(result);
  });
}

/** Counts of a licence in the era, as certificates would leave them. */
export function setResults(
  s: State,
  licence: number,
  resultCount: number,
  alignedCount: number,
  meanDelayMs = 50,
): void {
  writeRecord(s, 'slarks', licence, { selectedCount: 1, resultCount, alignedCount, meanDelayMs });
}

/** First float of a provider's record of the era. */
export function providerEraAt(provider: number): number {
  return provider * STRIDE.providerEra;
}
