/**
 * The one ledger of tokens: wallets of the agents and accounts of the protocol, and the only functions that change them
 * (TOK-5). Nothing is minted after genesis; what is burnt leaves the supply. Why tokens move is decided elsewhere.
 */
import { assert } from '../base/assert.ts';
import { alloc, BPS, min } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F } from './layout.ts';
import type { ParamKey } from './params.ts';
import { R } from './rejections.ts';
import { emit, getParam, recordAt, reject, type State } from './state.ts';

const T = F.tokenTotals;

/** Who gets which share of the supply at genesis, in the order in which the shares are cut. */
const GENESIS_SHARES: readonly (readonly [account: number, share: ParamKey])[] = [
  [ACCOUNT.community, 'econ.alloc_bps.community'],
  [ACCOUNT.team, 'econ.alloc_bps.team'],
  [ACCOUNT.investors, 'econ.alloc_bps.investors'],
  [ACCOUNT.liquidity, 'econ.alloc_bps.liquidity'],
  [ACCOUNT.airdrop, 'econ.alloc_bps.airdrop'],
  [ACCOUNT.foundation, 'econ.alloc_bps.foundation'],
];

/** Accounts that fill opening wallets, each as far as it goes. @source ECON-6 */
const OPENING_SOURCES = [ACCOUNT.investors, ACCOUNT.liquidity, ACCOUNT.airdrop] as const;

/** Units in the wallet of an account of an agent or of the protocol. */
export function walletUnits(s: State, account: number): number {
  return s.wallets[account]!;
}

/** True if `account` is an agent's (accounts of the protocol are not). */
export function isAgentAccount(s: State, account: number): boolean {
  return account >= ACCOUNT.firstAgent && account < ACCOUNT.firstAgent + s.tokenTotals[T.accountCount]!;
}

/**
 * Moves units between two accounts; for 0 units nothing happens, not even an event.
 *
 * @param reason one of MOVE in events.ts
 * @throws AssertionError if the wallet holds less: whoever lets an action through has checked the balance
 * @invariant INV-1, INV-2, INV-3: the sum of all accounts stays, none falls below 0, one is debited what the other gets
 * @rule TOK-5
 */
export function moveUnits(s: State, from: number, to: number, units: number, reason: number): void {
  if (units === 0) return;
  const balanceUnits = s.wallets[from]!;
  if (!(balanceUnits >= units)) assert(false, `Account ${from} holds ${balanceUnits} units and cannot move ${units}`);
  s.wallets[from] = balanceUnits - units;
  s.wallets[to]! += units;
  emit(s, 'Moved', from, to, units, reason);
}

/**
 * Takes units of an account out of the supply for ever; for 0 units nothing happens.
 *
 * @throws AssertionError if the wallet holds less
 * @invariant INV-5: what was burnt only grows; INV-4: supply = maximum supply − what was burnt
 * @rule TOK-5
 */
export function burnUnits(s: State, from: number, units: number): void {
  if (units === 0) return;
  const balanceUnits = s.wallets[from]!;
  if (!(balanceUnits >= units)) assert(false, `Account ${from} holds ${balanceUnits} units and cannot burn ${units}`);
  s.wallets[from] = balanceUnits - units;
  s.tokenTotals[T.supplyUnits]! -= units;
  s.tokenTotals[T.burntUnits]! += units;
  emit(s, 'Burnt', from, units);
}

/**
 * Mints the whole maximum supply into the accounts of `econ.alloc_bps`, once, before anything else. Nothing is ever
 * minted again. Parameters must be set.
 *
 * @throws AssertionError if the shares do not sum to 10 000
 * @rule ECON-1, ECON-6
 */
export function genesis(s: State): void {
  const supplyUnits = getParam(s, 'econ.max_supply');
  const weights = GENESIS_SHARES.map(([, share]) => getParam(s, share));
  const sumBps = weights.reduce((sum, w) => sum + w, 0);
  assert(sumBps === BPS, `econ.alloc_bps sums to ${sumBps}, must be ${BPS}`);
  s.tokenTotals[T.supplyUnits] = supplyUnits;
  s.tokenTotals[T.maxSupplyUnits] = supplyUnits;
  const shares = alloc(supplyUnits, weights);
  GENESIS_SHARES.forEach(([account], i) => {
    if (shares[i] === 0) return;
    s.wallets[account] = shares[i]!;
    emit(s, 'Moved', 0, account, shares[i], MOVE.genesis);
  });
}

/** Units that opening wallets can still be filled with. @source ECON-6 */
export function openingUnits(s: State): number {
  return OPENING_SOURCES.reduce((sum, source) => sum + s.wallets[source]!, 0);
}

/**
 * Genesis: opens the next account of an agent, filled from investors, then liquidity, then airdrop.
 *
 * @returns the account's number
 * @throws AssertionError, with both figures, if the three hold less: the scenario was to be refused when it was loaded
 * @rule ECON-6
 */
export function openAccount(s: State, units: number): number {
  const availableUnits = openingUnits(s);
  assert(
    availableUnits >= units,
    `An opening wallet of ${units} units was asked for; investors, liquidity and airdrop have ${availableUnits} left`,
  );
  const account = ACCOUNT.firstAgent + s.tokenTotals[T.accountCount]!;
  recordAt(s, 'wallets', account);
  s.tokenTotals[T.accountCount]! += 1;
  let restUnits = units;
  for (const source of OPENING_SOURCES) {
    const partUnits = min(restUnits, s.wallets[source]!);
    moveUnits(s, source, account, partUnits, MOVE.genesis);
    restUnits -= partUnits;
  }
  return account;
}

/**
 * An agent pays another agent. Accounts of the protocol take payments through their own families only, so that a vault
 * holds exactly what it owes.
 *
 * @rejects UnknownAccount, InsufficientBalance
 * @rule TOK-5
 */
export const transferTokens: Rule = (s, actor, args) => {
  const to = args[0]!;
  const units = args[1]!;
  if (!isAgentAccount(s, to)) return reject(s, R.UnknownAccount, to, 0);
  const balanceUnits = s.wallets[actor]!;
  if (balanceUnits < units) return reject(s, R.InsufficientBalance, balanceUnits, units);

  moveUnits(s, actor, to, units, MOVE.transfer);
  return 0;
};
