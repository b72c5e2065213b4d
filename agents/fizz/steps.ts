/** The steps that owners of fizz nodes take: exposing a device, joining a subnet, acknowledging an order, serving it (SM-12). */
import { type Decision, type Memory, PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import {
  F,
  FIZZ_STATE,
  LEASE_STATE,
  ORDER_STATE,
  PROPOSAL_KIND,
  PROVIDER_STATE,
  STRIDE,
} from '../../sim/protocol/layout.ts';
import type { Resources } from '../../sim/protocol/resources.ts';
import { fizzField, leaseField, orderField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import { offersOf } from './choice.ts';

/** Most that a fizz node may expose (X-SP-5). */
const MOST: Resources = { cpuCount: 32, memoryGb: 128, storageGb: 2_048, gpuCount: 8 };
const BPS = 10_000;

export type FizzPlan = {
  readonly name: string;
  /** Peers that one device poses as; one, where nothing is said (BEH-37). */
  readonly peerCount?: (view: View) => number;
  /** Which of the open gateways a peer attaches to, best first; one of the better half, by its place, where nothing is said. */
  readonly gateway?: (view: View, gateways: readonly number[], fizz: number) => number;
};

/** What the device exposes. */
export function exposed(view: View): Resources & { readonly gpuTier: number } {
  const gpuCount = Math.min(MOST.gpuCount, view.capacity.gpuCount);
  return {
    cpuCount: Math.min(MOST.cpuCount, view.capacity.cpuCount),
    memoryGb: Math.min(MOST.memoryGb, view.capacity.memoryGb),
    storageGb: Math.min(MOST.storageGb, view.capacity.storageGb),
    gpuCount,
    gpuTier: gpuCount === 0 ? 0 : Math.max(1, view.capacity.gpuTier),
  };
}

/** Cost of the whole device per hour and a margin, in tokens (FIZZ-2). */
function ownPrice(view: View): number {
  const units = view.costUnitsPerHour(exposed(view));
  return Math.max(1, Math.ceil((units * (BPS + numberOption(view, 'margin_bps'))) / BPS));
}

function leastDelegation(view: View, gateway: number): number {
  const own = view.ledger.subnets[gateway * STRIDE.subnets + F.subnets.minDelegationUnits]!;
  return Math.max(own === 0 ? view.param('fizz.min_delegation') : own, view.param('deleg.min'));
}

/** Open gateways, best tier first, then those with fewer members, then by number. */
function openGateways(view: View): number[] {
  const found: { gateway: number; tier: number; members: number }[] = [];
  for (let gateway = 1; gateway <= view.ledger.providerTotals[F.providerTotals.providerCount]!; gateway++) {
    const at = gateway * STRIDE.providers;
    if (view.ledger.subnets[gateway * STRIDE.subnets + F.subnets.isOpen] !== 1) continue;
    if (view.ledger.providers[at + F.providers.state] !== PROVIDER_STATE.active) continue;
    found.push({
      gateway,
      tier: view.ledger.providers[at + F.providers.tier]!,
      members: view.ledger.subnets[gateway * STRIDE.subnets + F.subnets.memberCount]!,
    });
  }
  return found
    .sort((a, b) => a.tier - b.tier || a.members - b.members || a.gateway - b.gateway)
    .map(({ gateway }) => gateway);
}

function configure(view: View, peer: number, out: Decision): void {
  const { cpuCount, memoryGb, storageGb, gpuCount, gpuTier } = exposed(view);
  out.act('configureFizz', [
    view.account * 1_000 + peer,
    cpuCount,
    memoryGb,
    storageGb,
    gpuCount,
    gpuTier,
    ownPrice(view),
  ]);
}

/** One of the better half of the gateways, by the device's place among all. */
function usualGateway(view: View, gateways: readonly number[]): number {
  return gateways[view.roleIndex % Math.ceil(gateways.length / 2)]!;
}

function join(view: View, fizz: number, plan: FizzPlan, out: Decision): void {
  const gateways = openGateways(view);
  if (gateways.length === 0) return;
  const gateway = (plan.gateway ?? usualGateway)(view, gateways, fizz);
  const units = Math.max(leastDelegation(view, gateway), numberOption(view, 'delegate_tokens') * view.unitsPerToken);
  const fee = view.param('fizz.register_fee');
  if (view.ledger.wallets[view.account]! >= units + fee) out.act('joinSubnet', [fizz, gateway, units]);
}

/** Slot of an era in which proposals are made, its last: the members have been polled in all of it (FIZZ-5). */
function proposingSlot(view: View): number {
  return view.param('time.slots_per_era') - 1;
}

/** Gateways of the agent's own members, ascending, each once. */
function ownGateways(view: View): number[] {
  const joined = view.myFizz().filter((fizz) => isMember(fizzField(view, fizz, 'state')));
  return [...new Set(joined.map((fizz) => fizzField(view, fizz, 'gateway')))].sort((a, b) => a - b);
}

function isMember(state: number): boolean {
  return state >= FIZZ_STATE.registered && state <= FIZZ_STATE.detached;
}

/** A member has a say once its gateway has accepted it (OP-81). */
function mayVote(state: number): boolean {
  return state >= FIZZ_STATE.active && state <= FIZZ_STATE.detached;
}

/**
 * Remembers which members of the own subnets were away, as far as memory goes: pairs of device and slots away, anew in each era.
 * Once a slot, however many peers the agent has there. Who is in a subnet can poll its members (FIZZ-5).
 */
function poll(view: View, memory: Memory): void {
  if (view.slotOfEra === 0) memory.fill(0);
  for (const member of ownGateways(view).flatMap((gateway) => view.membersOf(gateway))) {
    if (view.answersPolls(fizzField(view, member, 'owner'))) continue;
    for (let at = 0; at + 1 < memory.length; at += 2) {
      if (memory[at] !== 0 && memory[at] !== member) continue;
      memory[at] = member;
      memory[at + 1]! += 1;
      break;
    }
  }
}

/** Slots of this era in which a member was away. */
function awaySlots(memory: Memory, member: number): number {
  for (let at = 0; at + 1 < memory.length; at += 2) if (memory[at] === member) return memory[at + 1]!;
  return 0;
}

/** Whether a member was away for a larger part of the era so far than the owner puts up with. */
function isTooSeldomThere(view: View, memory: Memory, member: number): boolean {
  return awaySlots(memory, member) * BPS > numberOption(view, 'expel_above_bps') * (view.slotOfEra + 1);
}

/** Where subnets vote (OP-81): proposes to take back a share that was raised, or to expel who is hardly ever there; votes on both. */
function govern(view: View, memory: Memory, fizz: number, out: Decision): void {
  const gateway = fizzField(view, fizz, 'gateway');
  const at = gateway * STRIDE.subnets;
  const proposal = view.ledger.subnets[at + F.subnets.proposal]!;
  if (proposal === 0) {
    if (view.slotOfEra === proposingSlot(view)) propose(view, memory, fizz, out);
    return;
  }
  if (fizzField(view, fizz, 'votedProposal') === proposal) return;
  const value = view.ledger.subnets[at + F.subnets.proposalValue]!;
  const isExpulsion = view.ledger.subnets[at + F.subnets.proposalKind] === PROPOSAL_KIND.expel;
  // What was seen of the era in which it was proposed is forgotten by the next.
  if (isExpulsion && view.slotOfEra < proposingSlot(view) / 2) return;
  const agrees = isExpulsion
    ? value !== fizz && isTooSeldomThere(view, memory, value)
    : value < view.ledger.subnets[at + F.subnets.gatewayBps]!;
  out.act('voteSubnet', [fizz, agrees ? 1 : 0]);
}

function propose(view: View, memory: Memory, fizz: number, out: Decision): void {
  const gateway = fizzField(view, fizz, 'gateway');
  const usualBps = view.param('fizz.gateway_bps');
  if (view.ledger.subnets[gateway * STRIDE.subnets + F.subnets.gatewayBps]! > usualBps) {
    out.act('proposeSubnet', [fizz, PROPOSAL_KIND.gatewayShare, usualBps]);
    return;
  }
  const members = view.membersOf(gateway).filter((member) => member !== fizz);
  const [worst] = [...members].sort((a, b) => awaySlots(memory, b) - awaySlots(memory, a) || a - b);
  if (worst !== undefined && isTooSeldomThere(view, memory, worst))
    out.act('proposeSubnet', [fizz, PROPOSAL_KIND.expel, worst]);
}

/** Phase open: configures, joins, leaves a reservation that came to nothing, votes. */
function prepare(view: View, memory: Memory, plan: FizzPlan, out: Decision): void {
  const own = view.myFizz();
  const wanted = plan.peerCount?.(view) ?? 1;
  const isGoverned = view.param('fizz.dao') !== 0;
  if (isGoverned) poll(view, memory);
  for (let peer = own.length; peer < wanted; peer++) configure(view, peer + 1, out);
  for (const fizz of own) {
    const state = fizzField(view, fizz, 'state');
    if (state === FIZZ_STATE.configured && view.connected) join(view, fizz, plan, out);
    else if (state === FIZZ_STATE.reserved) {
      const order = fizzField(view, fizz, 'order');
      if (orderField(view, order, 'state') > ORDER_STATE.matching) out.act('releaseFizz', [fizz]);
    } else if (state === FIZZ_STATE.leaving) {
      const delegation = fizzField(view, fizz, 'delegation') * STRIDE.delegations;
      if (view.ledger.delegations[delegation + F.delegations.unbondingUnits] === 0) out.act('finishLeave', [fizz]);
    } else if (
      state === FIZZ_STATE.active &&
      view.slotOfEra === 1 &&
      fizzField(view, fizz, 'priceUnits') !== ownPrice(view)
    ) {
      const { cpuCount, memoryGb, storageGb, gpuCount, gpuTier } = exposed(view);
      out.act('changeFizz', [fizz, cpuCount, memoryGb, storageGb, gpuCount, gpuTier, ownPrice(view)]);
    }
    if (isGoverned && mayVote(state)) govern(view, memory, fizz, out);
  }
}

export function createFizzOwner(plan: FizzPlan): Strategy {
  return {
    role: 'fizz',
    name: plan.name,
    phases: [PHASE.open, PHASE.bid, PHASE.reveal, PHASE.close],
    decide(view, memory, _random, out) {
      if (view.phase === PHASE.open) prepare(view, memory, plan, out);
      if (!view.connected) return;
      if (view.phase === PHASE.bid) acknowledge(view, out);
      else if (view.phase !== PHASE.open) deploy(view, out);
    },
  };
}

/** Phase bid: each Active peer acknowledges the order for which its gateway has chosen it (FIZZ-6, FIZZ-7). */
function acknowledge(view: View, out: Decision): void {
  const ready = view.myFizz().filter((fizz) => fizzField(view, fizz, 'state') === FIZZ_STATE.active);
  if (ready.length === 0) return;
  const offers = offersOf(view, ownGateways(view));
  for (const fizz of ready) {
    const order = offers.get(fizz);
    if (order !== undefined) out.act('reserveFizz', [fizz, order]);
  }
}

function deploy(view: View, out: Decision): void {
  for (const fizz of view.myFizz()) {
    if (fizzField(view, fizz, 'state') !== FIZZ_STATE.serving) continue;
    const lease = fizzField(view, fizz, 'lease');
    if (leaseField(view, lease, 'state') === LEASE_STATE.deploying) out.act('confirmDeployment', [lease]);
  }
}
