/**
 * The NFT of each model, node, validator and Slark licence: the on-chain identity of exactly one entity, supply 1, burnt
 * when the entity leaves (TOK-3). It cannot change hands, but for a licence: stake and reputation hang on it. A provider
 * has none; its entry in the registry stands for it. Decides nothing about the entity itself.
 */
import { assert } from '../base/assert.ts';
import { F, KIND, PROVIDER_STATE, STRIDE } from './layout.ts';
import { recordAt, type State } from './state.ts';

function tableOf(kind: number): 'modelHolders' | 'nodeHolders' | 'validatorHolders' | 'licenceHolders' {
  if (kind === KIND.node) return 'nodeHolders';
  if (kind === KIND.validator) return 'validatorHolders';
  if (kind === KIND.slark) return 'licenceHolders';
  assert(kind === KIND.model, `Entities of kind ${kind} have no NFT`);
  return 'modelHolders';
}

/** Owner of a provider from its approval until it leaves, else 0. */
function ownerOfProvider(s: State, provider: number): number {
  const at = provider * STRIDE.providers;
  const state = s.providers[at + F.providers.state] ?? 0;
  const isThere =
    state === PROVIDER_STATE.registered || state === PROVIDER_STATE.active || state === PROVIDER_STATE.suspended;
  return isThere ? s.providers[at + F.providers.owner]! : 0;
}

/**
 * Account that an entity belongs to while it is there, 0 before and after: who holds its NFT, or owns the provider.
 *
 * @param kind KIND.model, node, validator, provider or slark
 * @rule TOK-3, DELEG-6
 */
export function holderOf(s: State, kind: number, entity: number): number {
  if (kind === KIND.provider) return ownerOfProvider(s, entity);
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

/**
 * Hands the NFT of a Slark licence to another account.
 *
 * @throws AssertionError for an entity of another kind, or one without NFT
 * @rule SM-5
 */
export function transferNft(s: State, kind: number, entity: number, to: number): void {
  assert(kind === KIND.slark, `The NFT of an entity of kind ${kind} cannot change hands`);
  assert(holderOf(s, kind, entity) !== 0, `Entity ${entity} of kind ${kind} has no NFT to hand over`);
  s[tableOf(kind)][entity] = to;
}
