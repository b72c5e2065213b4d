/**
 * The NFT of each model, node and validator: the on-chain identity of exactly one entity, supply 1, burnt when the entity
 * leaves (TOK-3). It cannot change hands: stake and reputation hang on it. Decides nothing about the entity itself.
 */
import { assert } from '../base/assert.ts';
import { KIND } from './layout.ts';
import { recordAt, type State } from './state.ts';

function tableOf(kind: number): 'modelHolders' | 'nodeHolders' | 'validatorHolders' {
  if (kind === KIND.node) return 'nodeHolders';
  if (kind === KIND.validator) return 'validatorHolders';
  assert(kind === KIND.model, `Entities of kind ${kind} have no NFT`);
  return 'modelHolders';
}

/** Account that holds the entity's NFT, 0 if it has none. `kind` is KIND.model, node or validator. @rule TOK-3 */
export function holderOf(s: State, kind: number, entity: number): number {
  return s[tableOf(kind)][entity] ?? 0;
}

/**
 * Mints the entity's NFT to an account.
 *
 * @throws AssertionError if it has one already
 * @invariant INV-15: one NFT per entity
 * @rule TOK-3
 */
export function mintNft(s: State, kind: number, entity: number, account: number): void {
  const table = tableOf(kind);
  const at = recordAt(s, table, entity);
  assert(s[table][at] === 0, `Entity ${entity} of kind ${kind} has an NFT already`);
  s[table][at] = account;
}

/**
 * Burns the entity's NFT.
 *
 * @throws AssertionError if it has none
 * @rule TOK-3
 */
export function burnNft(s: State, kind: number, entity: number): void {
  const table = tableOf(kind);
  assert(holderOf(s, kind, entity) !== 0, `Entity ${entity} of kind ${kind} has no NFT to burn`);
  s[table][entity] = 0;
}
