/**
 * What a subnet decides for itself (OP-81): the members that the gateway has acknowledged vote, by what they have delegated, on
 * expelling one of them and on the gateway's share. One proposal at a time, open for an era.
 */
import type { Rule } from './actions.ts';
import { MAX_GATEWAY_BPS } from './fizz.ts';
import {
  fizzAt,
  fizzState,
  isMember,
  mayVote,
  memberUnits,
  refuseForeignFizz,
  refuseUnknownFizz,
  startLeaving,
  subnetAt,
} from './fizzNodes.ts';
import { CLOSE_REASON, F, FIZZ_STATE, PROPOSAL_KIND, SUBNET_STATE } from './layout.ts';
import { closeLeaseFor } from './leases.ts';
import { providerCount } from './providers.ts';
import { R } from './rejections.ts';
import { emit, getParam, reject, type State } from './state.ts';

const Z = F.fizzNodes;
const U = F.subnets;
const S = FIZZ_STATE;

/** Guards of both actions of members: the actor's device is a member that the gateway has acknowledged, and subnets vote. */
function refuseVoteless(s: State, actor: number, fizz: number): number {
  const foreign = refuseForeignFizz(s, actor, fizz);
  if (foreign !== 0) return foreign;
  const state = fizzState(s, fizz);
  if (!mayVote(state)) return reject(s, R.WrongState, state, 0);
  return getParam(s, 'fizz.dao') === 1 ? 0 : reject(s, R.NotInMode, 0, 1);
}

/** 0 if the value fits the kind of proposal, else UnknownEntity, WrongState or ValueOutOfRange. */
function refuseProposed(s: State, gateway: number, kind: number, value: number): number {
  if (kind !== PROPOSAL_KIND.expel) {
    return value <= MAX_GATEWAY_BPS ? 0 : reject(s, R.ValueOutOfRange, value, MAX_GATEWAY_BPS);
  }
  const unknown = refuseUnknownFizz(s, value);
  if (unknown !== 0) return unknown;
  return isMemberOf(s, value, gateway) ? 0 : reject(s, R.WrongState, fizzState(s, value), 0);
}

/** True if a device is a member of the gateway's subnet. */
function isMemberOf(s: State, fizz: number, gateway: number): boolean {
  return isMember(fizzState(s, fizz)) && s.fizzNodes[fizzAt(fizz) + Z.gateway] === gateway;
}

/**
 * A member proposes to its subnet to expel a member, or another share for the gateway.
 *
 * @param args kind: one of PROPOSAL_KIND; value: a fizz node, or a share of at most 5 000 bps
 * @rejects UnknownEntity (fizz; value), NotOwner, WrongState (fizz is not acknowledged; value is no member here), NotInMode, ValueOutOfRange
 * (kind; value), AlreadySet (a proposal is open)
 * @rule FIZZ-14, OP-81
 */
export const proposeSubnet: Rule = (s, actor, args) => {
  const [fizz, kind, value] = args as readonly [number, number, number];
  const code = refuseVoteless(s, actor, fizz);
  if (code !== 0) return code;
  if (kind < PROPOSAL_KIND.expel || kind > PROPOSAL_KIND.gatewayShare) {
    return reject(s, R.ValueOutOfRange, kind, PROPOSAL_KIND.gatewayShare);
  }
  const gateway = s.fizzNodes[fizzAt(fizz) + Z.gateway]!;
  const unfit = refuseProposed(s, gateway, kind, value);
  if (unfit !== 0) return unfit;
  const at = subnetAt(gateway);
  const open = s.subnets[at + U.proposal]!;
  if (open !== 0) return reject(s, R.AlreadySet, open, 0);

  const proposal = s.fizzTotals[F.fizzTotals.proposalCount]! + 1;
  s.fizzTotals[F.fizzTotals.proposalCount] = proposal;
  s.subnets[at + U.proposal] = proposal;
  s.subnets[at + U.proposalKind] = kind;
  s.subnets[at + U.proposalValue] = value;
  s.subnets[at + U.proposalEndS] = s.nowS + getParam(s, 'time.slots_per_era') * getParam(s, 'time.slot_s');
  s.subnets[at + U.yesUnits] = 0;
  s.subnets[at + U.noUnits] = 0;
  return 0;
};

/**
 * A member votes, with the weight of what it has delegated now.
 *
 * @rejects UnknownEntity, NotOwner, WrongState (not acknowledged; no proposal), NotInMode, ValueOutOfRange, DeadlinePassed,
 * AlreadyVoted
 * @rule FIZZ-14, OP-81
 */
export const voteSubnet: Rule = (s, actor, args) => {
  const [fizz, isYes] = args as readonly [number, number];
  const code = refuseVoteless(s, actor, fizz);
  if (code !== 0) return code;
  if (isYes > 1) return reject(s, R.ValueOutOfRange, isYes, 1);
  const gateway = s.fizzNodes[fizzAt(fizz) + Z.gateway]!;
  const at = subnetAt(gateway);
  const proposal = s.subnets[at + U.proposal]!;
  if (proposal === 0) return reject(s, R.WrongState, 0, 0);
  const endS = s.subnets[at + U.proposalEndS]!;
  if (s.nowS > endS) return reject(s, R.DeadlinePassed, s.nowS, endS);
  if (s.fizzNodes[fizzAt(fizz) + Z.votedProposal] === proposal) return reject(s, R.AlreadyVoted, proposal, fizz);

  const units = memberUnits(s, fizz);
  s.fizzNodes[fizzAt(fizz) + Z.votedProposal] = proposal;
  s.subnets[at + (isYes === 1 ? U.yesUnits : U.noUnits)]! += units;
  emit(s, 'SubnetVoted', gateway, proposal, fizz, isYes, units);
  return 0;
};

/** Sends a member off; its lease is closed first. One that has left meanwhile is not looked for. @rule OP-81, SM-12 */
function expel(s: State, gateway: number, fizz: number, actor: number): void {
  if (!isMemberOf(s, fizz, gateway)) return;
  const state = fizzState(s, fizz);
  if (state === S.serving || state === S.detached) {
    closeLeaseFor(s, s.fizzNodes[fizzAt(fizz) + Z.lease]!, CLOSE_REASON.expelled, actor);
  }
  startLeaving(s, fizz, actor);
}

/**
 * The keeper closes a vote whose time is over: it has passed if more was for it than against it, and then takes effect. A share
 * is fixed while there is a subnet that has voted it.
 *
 * @rejects UnknownEntity, WrongState (no proposal), DeadlineNotPassed
 * @rule FIZZ-14, OP-81, SM-12
 */
export const decideSubnet: Rule = (s, actor, args) => {
  const gateway = args[0]!;
  const count = providerCount(s);
  if (gateway < 1 || gateway > count) return reject(s, R.UnknownEntity, gateway, count);
  const at = subnetAt(gateway);
  const proposal = s.subnets[at + U.proposal]!;
  if (proposal === 0) return reject(s, R.WrongState, 0, 0);
  const endS = s.subnets[at + U.proposalEndS]!;
  if (s.nowS <= endS) return reject(s, R.DeadlineNotPassed, s.nowS, endS);

  const kind = s.subnets[at + U.proposalKind]!;
  const value = s.subnets[at + U.proposalValue]!;
  const isPassed = s.subnets[at + U.yesUnits]! > s.subnets[at + U.noUnits]!;
  s.subnets.fill(0, at + U.proposal, at + U.noUnits + 1);
  emit(s, 'SubnetDecided', gateway, proposal, kind, value, isPassed ? 1 : 0);
  if (!isPassed) return 0;
  if (kind === PROPOSAL_KIND.expel) {
    expel(s, gateway, value, actor);
  } else if (s.subnets[at + U.state] === SUBNET_STATE.exists) {
    s.subnets[at + U.gatewayBps] = value;
    s.subnets[at + U.isShareFixed] = 1;
  }
  return 0;
};
