/**
 * The market side of a miner's provider (PROV-5): bids by its own price engine, deploys what was rented, draws what it has
 * earned. What it asks for an order and whether it keeps its word are its plan's business.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { type AgentRandom, type Decision, PHASE, type View } from '../../sim/engine/agentContract.ts';
import { F, FIZZ_STATE, LEASE_STATE, ORDER_MODE, ORDER_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { RESOURCE_NAMES, type Resources } from '../../sim/protocol/resources.ts';
import { bidField, fizzField, inAsset, leaseField, mayBid, neededBy, orderField, providerField } from '../ledger.ts';
import { numberOption } from '../options.ts';

export type MarketPlan = {
  /** Price per hour that it asks for an order, in units of the order's asset; 0 for none. Cost-plus, where nothing is said. */
  readonly price?: (view: View, provider: number, order: number) => number;
  /** Phase in which it bids: the first of the window, where nothing is said. */
  readonly bidPhase?: typeof PHASE.bid | typeof PHASE.lastBid;
  /** Whether it deploys the workload of a lease; always, where nothing is said. */
  readonly deploys?: (view: View, lease: number) => boolean;
  /** Whether it ends a lease before its time; never, where nothing is said. */
  readonly closes?: (view: View, lease: number) => boolean;
  /** Whether it looks at what its consumer has on a lease (BEH-15); never, where nothing is said. */
  readonly misuses?: (view: View, lease: number, random: AgentRandom) => boolean;
  /** Called in every phase before its own part, for a provider that also takes the other side (BEH-13). */
  readonly before?: (view: View, random: AgentRandom, provider: number, out: Decision) => void;
};

/** What a provider has registered and no lease of its own uses. */
export function freeResources(view: View, provider: number): Resources {
  const free = (name: keyof Resources): number =>
    providerField(view, provider, name) - view.ledger.providerUse[provider * STRIDE.providerUse + F.providerUse[name]]!;
  return {
    cpuCount: free('cpuCount'),
    memoryGb: free('memoryGb'),
    storageGb: free('storageGb'),
    gpuCount: free('gpuCount'),
  };
}

/**
 * What it can rent out without failing a challenge of this slot, which asks for what was free when it was issued (F-12), and
 * without taking CPUs from the models that its node serves.
 */
function rentable(view: View, provider: number): Resources {
  const free = freeResources(view, provider);
  const node = providerField(view, provider, 'node');
  const loadCount = node === 0 ? 0 : view.ledger.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
  const challenges = view.challengesOf(provider);
  const left = (name: keyof Resources, busy: number): number => {
    const asked = challenges.map(
      (challenge) => view.ledger.challenges[challenge * STRIDE.challenges + F.challenges[name]]!,
    );
    return free[name] - busy - Math.max(0, ...asked);
  };
  return {
    cpuCount: left('cpuCount', loadCount),
    memoryGb: left('memoryGb', 0),
    storageGb: left('storageGb', 0),
    gpuCount: left('gpuCount', 0),
  };
}

function without(free: Resources, needs: Resources): Resources {
  return {
    cpuCount: free.cpuCount - needs.cpuCount,
    memoryGb: free.memoryGb - needs.memoryGb,
    storageGb: free.storageGb - needs.storageGb,
    gpuCount: free.gpuCount - needs.gpuCount,
  };
}

/** Cost of what an order asks for per hour on the provider's kind of machine, in tokens. */
export function costOfOrder(view: View, provider: number, order: number): number {
  return view.costUnitsPerHour({ ...neededBy(view, order), gpuTier: providerField(view, provider, 'gpuTier') });
}

/** Cost plus a margin that grows with the share of its CPUs that are rented out. */
export function costPlusPrice(view: View, provider: number, order: number): number {
  const registered = providerField(view, provider, 'cpuCount');
  const rentedBps = Math.round((BPS * (registered - freeResources(view, provider).cpuCount)) / registered);
  const marginBps = Math.round((numberOption(view, 'margin_bps') * (BPS + 2 * rentedBps)) / (2 * BPS));
  const units = Math.ceil((costOfOrder(view, provider, order) * (BPS + marginBps)) / BPS);
  return Math.max(1, inAsset(view, units, orderField(view, order, 'asset')));
}

function accepts(view: View, provider: number, asset: number): boolean {
  const at = provider * STRIDE.providerMarket;
  const isSet = view.ledger.providerMarket[at + F.providerMarket.isAssetsSet] === 1;
  const mask = isSet ? view.ledger.providerMarket[at + F.providerMarket.assetMask]! : 1;
  return ((mask >>> asset) & 1) === 1;
}

/** Whether a bid of the provider on an order of mode provider would be accepted, price apart (ORDER-5), with so much free. */
function suits(view: View, provider: number, order: number, free: Resources): boolean {
  if (orderField(view, order, 'state') !== ORDER_STATE.open || orderField(view, order, 'mode') !== ORDER_MODE.provider)
    return false;
  if (view.nowS > orderField(view, order, 'bidUntilS')) return false;
  if (!mayBid(view, provider, order)) return false;
  if (providerField(view, provider, 'gpuTier') < orderField(view, order, 'gpuTier')) return false;
  if (!accepts(view, provider, orderField(view, order, 'asset'))) return false;
  const needs = neededBy(view, order);
  return RESOURCE_NAMES.every((name) => free[name] >= needs[name]);
}

/** Phase open: says once which assets it takes, and opens its gateway if it is one (PROV-6, FIZZ-3). */
function prepareMarket(view: View, provider: number, out: Decision): void {
  const takesAll = view.options.assets === 'all';
  const isSet = view.ledger.providerMarket[provider * STRIDE.providerMarket + F.providerMarket.isAssetsSet] === 1;
  if (takesAll && !isSet) out.act('setAcceptedAssets', [provider, 15]);
  if (view.options.gateway !== 'on') return;
  const subnet = provider * STRIDE.subnets;
  const shareBps = view.ledger.subnets[subnet + F.subnets.gatewayBps]!;
  const wantedBps = gatewayShareBps(view, subnet);
  const isFixed = view.ledger.subnets[subnet + F.subnets.isShareFixed] === 1;
  if (view.ledger.subnets[subnet + F.subnets.isOpen] !== 1 || (!isFixed && shareBps !== wantedBps))
    out.act('openGateway', [provider, 1, 0, isFixed ? shareBps : wantedBps]);
  for (const fizz of view.membersOf(provider))
    if (fizzField(view, fizz, 'state') === FIZZ_STATE.registered && isBacked(view, fizz)) out.act('acceptFizz', [fizz]);
}

/** The share that it takes of what its members earn: the parameter's, and its own once it has members to skim (BEH-39). */
function gatewayShareBps(view: View, subnet: number): number {
  const skimBps = view.options.skim_bps;
  const hasMembers = view.ledger.subnets[subnet + F.subnets.memberCount]! > 0;
  return typeof skimBps === 'number' && skimBps > 0 && hasMembers ? skimBps : view.param('fizz.gateway_bps');
}

/** Whether a member still has the least delegation at its gateway. */
function isBacked(view: View, fizz: number): boolean {
  const delegation = fizzField(view, fizz, 'delegation');
  const units = view.ledger.delegations[delegation * STRIDE.delegations + F.delegations.units]!;
  const least = view.ledger.subnets[fizzField(view, fizz, 'gateway') * STRIDE.subnets + F.subnets.minDelegationUnits]!;
  return units >= Math.max(least === 0 ? view.param('fizz.min_delegation') : least, view.param('deleg.min'));
}

/** Bids for orders of mode provider, one or two a slot, in the phase of its plan. */
function bid(view: View, random: AgentRandom, provider: number, plan: MarketPlan, out: Decision): void {
  const price = plan.price ?? costPlusPrice;
  const bidBps = numberOption(view, 'bid_bps');
  let left = numberOption(view, 'bids_per_slot');
  let free = rentable(view, provider);
  for (const order of view.openOrders()) {
    if (left === 0) return;
    // One draw for each order that it could serve, whatever comes of it.
    if (!suits(view, provider, order, free) || !random.chance(bidBps)) continue;
    const units = price(view, provider, order);
    if (units <= 0 || units > orderField(view, order, 'maxPriceUnits')) continue;
    if (view.bidsOf(order).some((other) => bidField(view, other, 'provider') === provider)) continue;
    out.act('placeBid', [order, provider, units, 0]);
    left -= 1;
    free = without(free, neededBy(view, order));
  }
}

/** A gateway bids with the members that have acknowledged an order, at what they ask and its own margin (FIZZ-7). */
function bidForMembers(view: View, provider: number, out: Decision): void {
  const taken = new Set<number>();
  for (const fizz of view.membersOf(provider)) {
    if (fizzField(view, fizz, 'state') !== FIZZ_STATE.reserved) continue;
    const order = fizzField(view, fizz, 'order');
    if (taken.has(order) || view.nowS > orderField(view, order, 'bidUntilS')) continue;
    if (view.bidsOf(order).some((other) => bidField(view, other, 'provider') === provider)) continue;
    taken.add(order);
    const asked = inAsset(view, fizzField(view, fizz, 'priceUnits'), orderField(view, order, 'asset'));
    out.act('placeBid', [order, provider, Math.min(asked, orderField(view, order, 'maxPriceUnits')), fizz]);
  }
}

/** What the provider does in the phases of the market. */
export function runMarket(view: View, random: AgentRandom, provider: number, plan: MarketPlan, out: Decision): void {
  const { phase } = view;
  plan.before?.(view, random, provider, out);
  if (phase === PHASE.open) {
    prepareMarket(view, provider, out);
    return;
  }
  if (phase === PHASE.bid || phase === PHASE.lastBid) {
    if (!view.connected) return;
    if (phase === (plan.bidPhase ?? PHASE.bid)) bid(view, random, provider, plan, out);
    if (phase === PHASE.lastBid && view.options.gateway === 'on') bidForMembers(view, provider, out);
    return;
  }
  const { deploys = () => true, closes = () => false, misuses = () => false } = plan;
  for (const lease of view.leasesOfProvider(provider)) {
    const state = leaseField(view, lease, 'state');
    const isOwn = leaseField(view, lease, 'fizz') === 0;
    if (phase === PHASE.reveal || phase === PHASE.close) {
      const waits =
        state === LEASE_STATE.deploying ||
        (state === LEASE_STATE.down &&
          leaseField(view, lease, 'deployedS') === 0 &&
          leaseField(view, lease, 'manifestS') > 0);
      if (waits && isOwn && view.connected && deploys(view, lease)) out.act('confirmDeployment', [lease]);
      else if (phase === PHASE.close && closes(view, lease)) out.act('closeLease', [lease]);
      else if (phase === PHASE.close && isOwn && random.chance(numberOption(view, 'withdraw_bps')))
        out.act('withdrawLease', [lease]);
    } else if (phase === PHASE.serve && isOwn && state === LEASE_STATE.serving && misuses(view, lease, random))
      out.misuse(lease);
  }
}

/** Phase close, leases that ask the provider for an update: it accepts what its machine can carry and that pays no less per hour (LEASE-11). */
export function answerUpdates(view: View, provider: number, out: Decision): void {
  for (const lease of view.leasesOfProvider(provider)) {
    const at = lease * STRIDE.leaseUpdates;
    const update = (name: keyof typeof F.leaseUpdates): number => view.ledger.leaseUpdates[at + F.leaseUpdates[name]]!;
    if (update('state') === 0) continue;
    const free = rentable(view, provider);
    const fits = RESOURCE_NAMES.every((name) => free[name] + leaseField(view, lease, name) >= update(name));
    const asked = inAsset(
      view,
      view.costUnitsPerHour({
        cpuCount: update('cpuCount'),
        memoryGb: update('memoryGb'),
        storageGb: update('storageGb'),
        gpuCount: update('gpuCount'),
        gpuTier: providerField(view, provider, 'gpuTier'),
      }),
      leaseField(view, lease, 'asset'),
    );
    out.act(fits && update('priceUnits') >= asked ? 'acceptUpdate' : 'rejectUpdate', [lease]);
  }
}
