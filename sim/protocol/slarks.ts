/**
 * Slark licences (SM-5): who owns one, who runs it, with which key, for which provider. Decides nothing about tiers
 * (`slarkTiers.ts`), pay (`slarkRewards.ts`) or who is drawn for a challenge (`challenges.ts`).
 */
import { MAX_INT } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { KEY_WORDS, keyIdOf, MAX_WORD, PROOF_WORDS } from './certificates.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, SLARK_STATE, SLARK_TIERS, STRIDE } from './layout.ts';
import { mintNft, transferNft } from './nft.ts';
import { R } from './rejections.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';
import { burnUnits, isAgentAccount, moveUnits, walletUnits } from './token.ts';

const L = F.slarks;
const T = F.slarkTotals;
/** Option of `slark.buy_dest`. */
const TO_FOUNDATION = 0;

export type SlarkField = keyof typeof L;

/** A field of a licence's record. */
export function slarkField(s: State, licence: number, name: SlarkField): number {
  return s.slarks[licence * STRIDE.slarks + L[name]]!;
}

export function setSlarkField(s: State, licence: number, name: SlarkField, value: number): void {
  s.slarks[licence * STRIDE.slarks + L[name]] = value;
}

export function slarkCount(s: State): number {
  return s.slarkTotals[T.slarkCount]!;
}

/** Running and with a key: its client can be asked for results. Such a licence of the foundation included. */
export function isRunning(s: State, licence: number): boolean {
  return slarkField(s, licence, 'state') === SLARK_STATE.running && slarkField(s, licence, 'keyId') !== 0;
}

/** True for a licence that committees are drawn from: running, with a key, and not the foundation's. @rule SM-5, OP-69 */
export function isDrawable(s: State, licence: number): boolean {
  return isRunning(s, licence) && slarkField(s, licence, 'isFoundation') === 0;
}

/** Changes the number of licences of a tier by 1 or −1. */
export function countTier(s: State, tier: number, difference: number): void {
  s.slarkTotals[T.tierCount1 + tier - 1]! += difference;
}

/**
 * A step of SM-5. Licences that can be drawn are counted here: one of the foundation never can; of the others, Running ones
 * always have a key.
 */
export function enterSlarkState(s: State, licence: number, actor: number, to: number): void {
  const from = slarkField(s, licence, 'state');
  if (slarkField(s, licence, 'isFoundation') === 0) {
    if (from === SLARK_STATE.running) s.slarkTotals[T.drawableCount]! -= 1;
    if (to === SLARK_STATE.running) s.slarkTotals[T.drawableCount]! += 1;
  }
  setSlarkField(s, licence, 'state', to);
  emit(s, 'Transition', KIND.slark, licence, actor, from, to);
}

/** The licence's client leaves its machine, which has room for another. @invariant INV-19 */
export function leaveMachine(s: State, licence: number): void {
  s.runners[slarkField(s, licence, 'runner')]! -= 1;
}

function enterMachine(s: State, licence: number, runner: number): void {
  setSlarkField(s, licence, 'runner', runner);
  s.runners[recordAt(s, 'runners', runner)]! += 1;
}

function dropKey(s: State, licence: number): void {
  setSlarkField(s, licence, 'keyId', 0);
  s.keys.delete(licence);
}

/** 0, or UnknownEntity. */
function guardLicence(s: State, licence: number): number {
  const count = slarkCount(s);
  return licence < 1 || licence > count ? reject(s, R.UnknownEntity, licence, count) : 0;
}

/** 0, or UnknownEntity, NotOwner. */
function guardOwned(s: State, actor: number, licence: number): number {
  const code = guardLicence(s, licence);
  if (code !== 0) return code;
  const owner = slarkField(s, licence, 'owner');
  return actor === owner ? 0 : reject(s, R.NotOwner, actor, owner);
}

/** 0, or WrongState unless the licence is in one of the states. */
function guardState(s: State, licence: number, ...states: readonly number[]): number {
  const state = slarkField(s, licence, 'state');
  return states.includes(state) ? 0 : reject(s, R.WrongState, state, 0);
}

/** Whoever may be chosen exists and has not left. 0, or UnknownEntity, WrongState. */
function guardProvider(s: State, provider: number): number {
  const count = s.providerTotals[F.providerTotals.providerCount]!;
  if (provider < 1 || provider > count) return reject(s, R.UnknownEntity, provider, count);
  const state = s.providers[provider * STRIDE.providers + F.providers.state]!;
  const isThere =
    state === PROVIDER_STATE.registered || state === PROVIDER_STATE.active || state === PROVIDER_STATE.suspended;
  return isThere ? 0 : reject(s, R.WrongState, state, 0);
}

function guardBalance(s: State, actor: number, units: number): number {
  const balanceUnits = walletUnits(s, actor);
  return balanceUnits < units ? reject(s, R.InsufficientBalance, balanceUnits, units) : 0;
}

/** The price of a licence or of a top-up goes where OP-63 says. */
function pay(s: State, actor: number, units: number): void {
  if (getParam(s, 'slark.buy_dest') === TO_FOUNDATION) moveUnits(s, actor, ACCOUNT.foundation, units, MOVE.licence);
  else burnUnits(s, actor, units);
}

function openLicence(s: State, owner: number, tier: number): number {
  const licence = slarkCount(s) + 1;
  recordAt(s, 'slarks', licence);
  s.slarkTotals[T.slarkCount] = licence;
  setSlarkField(s, licence, 'owner', owner);
  setSlarkField(s, licence, 'tier', tier);
  mintNft(s, KIND.slark, licence, owner);
  return licence;
}

/**
 * Buys a licence of tier 1 at the price of that tier. It cannot change hands for `slark.soulbound_s` seconds.
 *
 * @rejects InsufficientBalance
 * @rule SM-5, SLARK-2, SLARK-6, OP-63
 */
export const buyLicence: Rule = (s, actor) => {
  const priceUnits = getParam(s, 'slark.buy_tokens.1');
  const poor = guardBalance(s, actor, priceUnits);
  if (poor !== 0) return poor;

  pay(s, actor, priceUnits);
  const licence = openLicence(s, actor, 1);
  setSlarkField(s, licence, 'buyUnits', priceUnits);
  setSlarkField(s, licence, 'soulboundUntilS', s.nowS + getParam(s, 'slark.soulbound_s'));
  countTier(s, 1, 1);
  enterSlarkState(s, licence, actor, SLARK_STATE.owned);
  return 0;
};

/**
 * Adds to what has been paid for a licence: higher tiers need more of it.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientBalance
 * @rule SM-5, OP-63
 */
export const topUpLicence: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const units = args[1]!;
  const code =
    guardOwned(s, actor, licence) ||
    guardState(s, licence, SLARK_STATE.owned, SLARK_STATE.running, SLARK_STATE.offline);
  if (code !== 0) return code;
  if (units < 1) return reject(s, R.AmountTooSmall, units, 1);
  const poor = guardBalance(s, actor, units);
  if (poor !== 0) return poor;

  pay(s, actor, units);
  setSlarkField(s, licence, 'buyUnits', slarkField(s, licence, 'buyUnits') + units);
  return 0;
};

/**
 * Checks a key with its proof of possession: 16 words of 48 bits and 32 of them. The proof is made for the account that
 * registers the key, so that nobody can register another's with the proof that lies open in the ledger. It may be left out
 * where nobody checks signatures.
 *
 * @param account who registers the key
 * @returns 0, or BatchMismatch, ValueOutOfRange, InvalidKey
 */
function guardKey(s: State, licence: number, account: number, words: readonly number[]): number {
  const proven = KEY_WORDS + PROOF_WORDS;
  const isLong = words.length === proven;
  if (!isLong && !(words.length === KEY_WORDS && s.verifier === undefined)) {
    return reject(s, R.BatchMismatch, words.length, proven);
  }
  for (const word of words) if (word > MAX_WORD) return reject(s, R.ValueOutOfRange, word, MAX_WORD);
  if (s.verifier === undefined) return 0;
  const isHolders = s.verifier.verifyPossession(words.slice(0, KEY_WORDS), account, words.slice(KEY_WORDS));
  return isHolders ? 0 : reject(s, R.InvalidKey, licence, 0);
}

function setKey(s: State, licence: number, words: readonly number[]): void {
  const key = words.slice(0, KEY_WORDS);
  setSlarkField(s, licence, 'keyId', keyIdOf(key));
  s.keys.set(licence, key);
}

/**
 * Registers the key that the licence's client signs with, in place of any before. It is for the owner to do while nobody
 * else is asked to run the licence, then for the account that is asked, then for the runner.
 *
 * @param bulk key, then proof of possession
 * @rejects UnknownEntity, WrongState (Banned), NotRunner, BatchMismatch, ValueOutOfRange, InvalidKey
 * @rule SM-5, CHAL-10
 */
export const registerSlarkKey: Rule = (s, actor, args, bulk) => {
  const licence = args[0]!;
  const code = guardLicence(s, licence);
  if (code !== 0) return code;
  const state = slarkField(s, licence, 'state');
  if (state === SLARK_STATE.banned) return reject(s, R.WrongState, state, 0);
  const holder = state === SLARK_STATE.owned ? 'owner' : state === SLARK_STATE.pending ? 'pendingRunner' : 'runner';
  const expected = slarkField(s, licence, holder);
  if (actor !== expected) return reject(s, R.NotRunner, actor, expected);
  const bad = guardKey(s, licence, actor, bulk);
  if (bad !== 0) return bad;

  setKey(s, licence, bulk);
  return 0;
};

/**
 * The owner runs the licence on a machine of its own. It can be drawn from the next era's list on.
 *
 * @rejects UnknownEntity (licence, provider), NotOwner, WrongState (licence, provider has left), KeyMissing
 * @rule SM-5, SLARK-2, SLARK-4
 */
export const selfOperate: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const provider = args[1]!;
  const code = guardOwned(s, actor, licence) || guardState(s, licence, SLARK_STATE.owned) || guardProvider(s, provider);
  if (code !== 0) return code;
  if (slarkField(s, licence, 'keyId') === 0) return reject(s, R.KeyMissing, licence, 0);

  setSlarkField(s, licence, 'provider', provider);
  enterMachine(s, licence, actor);
  enterSlarkState(s, licence, actor, SLARK_STATE.running);
  return 0;
};

/**
 * Chooses the provider that the delegated part of the licence's rewards backs from now on. What has been delegated stays
 * where it is; `redelegate` moves it.
 *
 * @rejects UnknownEntity (licence, provider), NotOwner, WrongState (provider has left, licence Banned)
 * @rule SLARK-11, DELEG-8
 */
export const chooseProvider: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const provider = args[1]!;
  const code = guardOwned(s, actor, licence) || guardProvider(s, provider);
  if (code !== 0) return code;
  const state = slarkField(s, licence, 'state');
  if (state === SLARK_STATE.banned) return reject(s, R.WrongState, state, 0);

  setSlarkField(s, licence, 'provider', provider);
  return 0;
};

/**
 * Asks another account to run the licence. Its key is to be registered by that account.
 *
 * @rejects UnknownEntity (licence, provider), NotOwner, WrongState (licence, provider has left), UnknownAccount (runner)
 * @rule SM-5, SLARK-4
 */
export const requestRunner: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const runner = args[1]!;
  const provider = args[2]!;
  const code = guardOwned(s, actor, licence) || guardState(s, licence, SLARK_STATE.owned);
  if (code !== 0) return code;
  if (!isAgentAccount(s, runner)) return reject(s, R.UnknownAccount, runner, 0);
  const gone = guardProvider(s, provider);
  if (gone !== 0) return gone;

  setSlarkField(s, licence, 'provider', provider);
  setSlarkField(s, licence, 'pendingRunner', runner);
  dropKey(s, licence);
  enterSlarkState(s, licence, actor, SLARK_STATE.pending);
  return 0;
};

/** The licence waits for an answer, and the actor is who was asked. 0, or UnknownEntity, WrongState, NotRunner. */
function guardAsked(s: State, actor: number, licence: number): number {
  const code = guardLicence(s, licence) || guardState(s, licence, SLARK_STATE.pending);
  if (code !== 0) return code;
  const asked = slarkField(s, licence, 'pendingRunner');
  return actor === asked ? 0 : reject(s, R.NotRunner, actor, asked);
}

/**
 * The account that was asked runs the licence from now on, if its machine has room and the key is registered.
 *
 * @rejects UnknownEntity, WrongState, NotRunner, KeyMissing, CapacityExhausted
 * @invariant INV-19: a machine carries at most `slark.licences_per_machine` licences of others
 * @rule SM-5, SLARK-3, SLARK-4, OP-61
 */
export const acceptRunner: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const code = guardAsked(s, actor, licence);
  if (code !== 0) return code;
  if (slarkField(s, licence, 'keyId') === 0) return reject(s, R.KeyMissing, licence, 0);
  const carried = s.runners[actor] ?? 0;
  const capacity = getParam(s, 'slark.licences_per_machine');
  if (carried >= capacity) return reject(s, R.CapacityExhausted, carried, capacity);

  setSlarkField(s, licence, 'pendingRunner', 0);
  enterMachine(s, licence, actor);
  enterSlarkState(s, licence, actor, SLARK_STATE.running);
  return 0;
};

/**
 * The account that was asked will not run the licence.
 *
 * @rejects UnknownEntity, WrongState, NotRunner
 * @rule SM-5, SLARK-4
 */
export const rejectRunner: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const code = guardAsked(s, actor, licence);
  if (code !== 0) return code;

  setSlarkField(s, licence, 'pendingRunner', 0);
  dropKey(s, licence);
  enterSlarkState(s, licence, actor, SLARK_STATE.owned);
  return 0;
};

/**
 * Owner or runner end the running of the licence; what it has earned stays its owner's. The runner's key goes with it.
 *
 * @rejects UnknownEntity, WrongState, NotRunner
 * @rule SM-5, SLARK-4
 */
export const endRunner: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const code = guardLicence(s, licence) || guardState(s, licence, SLARK_STATE.running, SLARK_STATE.offline);
  if (code !== 0) return code;
  const runner = slarkField(s, licence, 'runner');
  if (actor !== runner && actor !== slarkField(s, licence, 'owner')) return reject(s, R.NotRunner, actor, runner);

  leaveMachine(s, licence);
  setSlarkField(s, licence, 'runner', 0);
  dropKey(s, licence);
  enterSlarkState(s, licence, actor, SLARK_STATE.owned);
  return 0;
};

/**
 * Says whether the licence takes a promotion (1) or stays in its tier (0).
 *
 * @rejects UnknownEntity, NotOwner, ValueOutOfRange
 * @rule SLARK-8, SM-10
 */
export const setOptIn: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const optIn = args[1]!;
  const code = guardOwned(s, actor, licence);
  if (code !== 0) return code;
  if (optIn > 1) return reject(s, R.ValueOutOfRange, optIn, 1);

  setSlarkField(s, licence, 'optIn', optIn);
  return 0;
};

/**
 * Hands a licence that nobody runs to another account, once its soulbound time is over. What its rewards were delegated
 * as stays with the old owner.
 *
 * @rejects UnknownEntity, NotOwner, WrongState, Soulbound, UnknownAccount (no agent's account, or the owner's own)
 * @invariant INV-18: not before its soulbound end; INV-21: licence and rewards go together
 * @rule SM-5, SLARK-6
 */
export const transferLicence: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const to = args[1]!;
  const code = guardOwned(s, actor, licence) || guardState(s, licence, SLARK_STATE.owned);
  if (code !== 0) return code;
  const untilS = slarkField(s, licence, 'soulboundUntilS');
  if (s.nowS < untilS) return reject(s, R.Soulbound, s.nowS, untilS);
  if (!isAgentAccount(s, to) || to === actor) return reject(s, R.UnknownAccount, to, 0);

  transferNft(s, KIND.slark, licence, to);
  setSlarkField(s, licence, 'owner', to);
  setSlarkField(s, licence, 'delegation', 0);
  dropKey(s, licence);
  return 0;
};

/**
 * The client of a running licence is lost: it is not drawn until it is back.
 *
 * @rejects UnknownEntity, WrongState
 * @rule SM-5
 */
export const loseClient: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const code = guardLicence(s, licence) || guardState(s, licence, SLARK_STATE.running);
  if (code !== 0) return code;

  enterSlarkState(s, licence, actor, SLARK_STATE.offline);
  return 0;
};

/**
 * A lost client is back.
 *
 * @rejects UnknownEntity, WrongState
 * @rule SM-5
 */
export const restoreClient: Rule = (s, actor, args) => {
  const licence = args[0]!;
  const code = guardLicence(s, licence) || guardState(s, licence, SLARK_STATE.offline);
  if (code !== 0) return code;

  enterSlarkState(s, licence, actor, SLARK_STATE.running);
  return 0;
};

/**
 * The foundation starts a Slark of its own, of tier 6, for seats that no other Slark can fill. It earns nothing, holds no
 * seat of its tier, and is in no list.
 *
 * @rejects CapacityExhausted
 * @rule SLARK-15, OP-69
 */
export const grantLicence: Rule = (s, actor) => {
  const count = s.slarkTotals[T.foundationCount]!;
  const limit = getParam(s, 'slark.foundation_nodes');
  if (count >= limit) return reject(s, R.CapacityExhausted, count, limit);

  s.slarkTotals[T.foundationCount] = count + 1;
  const licence = openLicence(s, ACCOUNT.foundation, SLARK_TIERS);
  setSlarkField(s, licence, 'runner', ACCOUNT.foundation);
  setSlarkField(s, licence, 'isFoundation', 1);
  enterSlarkState(s, licence, actor, SLARK_STATE.running);
  return 0;
};

/**
 * Registers the key of a Slark of the foundation.
 *
 * @param bulk key, then proof of possession
 * @rejects UnknownEntity, NotOwner (not the foundation's), BatchMismatch, ValueOutOfRange, InvalidKey
 * @rule OP-69, CHAL-10
 */
export const registerFoundationKey: Rule = (s, actor, args, bulk) => {
  const licence = args[0]!;
  const code = guardLicence(s, licence);
  if (code !== 0) return code;
  if (slarkField(s, licence, 'isFoundation') === 0) {
    return reject(s, R.NotOwner, actor, slarkField(s, licence, 'owner'));
  }
  const bad = guardKey(s, licence, ACCOUNT.foundation, bulk);
  if (bad !== 0) return bad;

  setKey(s, licence, bulk);
  return 0;
};

/**
 * The keeper's report of the era for licences `from` + 1 … `to`: the mean delay with which each handed in its results, 0 if
 * it handed in none.
 *
 * @rejects ValueOutOfRange, BatchMismatch
 * @rule SLARK-7, CHAL-13
 */
export const reportSlarks: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = slarkCount(s);
  if (from > to) return reject(s, R.ValueOutOfRange, from, to);
  if (to > count) return reject(s, R.ValueOutOfRange, to, count);
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  for (const delayMs of bulk) if (delayMs > MAX_INT) return reject(s, R.ValueOutOfRange, delayMs, MAX_INT);

  for (const [i, delayMs] of bulk.entries()) setSlarkField(s, from + 1 + i, 'meanDelayMs', delayMs);
  return 0;
};
