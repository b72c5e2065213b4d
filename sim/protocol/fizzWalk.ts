/** Random but plausible actions of fizz nodes, gateways and subnets, for the walk of `marketWalk.ts`. */

import { MAX_INT } from '../base/fixedPoint.ts';
import { type Action, type ActionName, action } from './actions.ts';
import { tokenValueOf } from './assets.ts';
import { leastDelegation, mayVote, memberUnits } from './fizzNodes.ts';
import { fizzBaseUnits } from './fizzRewards.ts';
import { F, FIZZ_STATE, ORDER_MODE, ORDER_STATE, PROPOSAL_KIND, PROVIDER_STATE } from './layout.ts';
import type { Proposal, Tools } from './marketTools.ts';
import { getParam } from './state.ts';

/** Few of them, so that they meet. */
const MAX_FIZZ = 14;
const TOKEN = 1_000_000;

export function fizzKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, agent, read, oneOf, counts, inStates, by, keeper } = tools;
  const { fizzOwner, providerOwner, between, isMatchable } = tools;
  const Z = F.fizzNodes;
  const S = FIZZ_STATE;
  const get = (fizz: number, field: number): number => read('fizzNodes', fizz, field);
  const offer = (): number[] => {
    const gpuCount = nextInt(3);
    return [
      1 + nextInt(16),
      1 + nextInt(32),
      nextInt(400),
      gpuCount,
      gpuCount === 0 ? 0 : 1 + nextInt(5),
      TOKEN / 10 + nextInt(2 * TOKEN),
    ];
  };
  const of =
    (name: ActionName, states: readonly number[], also: (fizz: number) => boolean = () => true) =>
    (): Action | null => {
      const fizz = inStates('fizzNodes', states)(also);
      return fizz === 0 ? null : by(name, fizzOwner(fizz), [fizz]);
    };
  const configuring = (): Action | null =>
    counts.fizzNodes() >= MAX_FIZZ ? null : action('configureFizz', agent(), [nextInt(16), ...offer()]);
  const changing = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.configured, S.registered, S.active])();
    return fizz === 0 ? null : by('changeFizz', fizzOwner(fizz), [fizz, ...offer()]);
  };
  const isOpen = (provider: number): boolean =>
    read('subnets', provider, F.subnets.isOpen) === 1 &&
    read('providers', provider, F.providers.state) === PROVIDER_STATE.active;
  const openGateway = (): Action | null => {
    const provider = inStates('providers', [PROVIDER_STATE.active])((i) => !isOpen(i) || nextInt(6) === 0);
    if (provider === 0) return null;
    const terms = [nextInt(12) === 0 ? 0 : 1, nextInt(2) * (1 + nextInt(12)) * TOKEN, nextInt(3) * 250];
    return by('openGateway', providerOwner(provider), [provider, ...terms]);
  };
  /** Mostly the gateway that has members already, so that there are subnets of several. */
  const joining = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.configured])();
    const inUse = oneOf(
      counts.providers(),
      (i) => isOpen(i) && isMatchable(i) && read('subnets', i, F.subnets.memberCount) > 0,
    );
    const gateway = inUse === 0 || nextInt(3) === 0 ? oneOf(counts.providers(), isOpen) : inUse;
    if (fizz === 0 || gateway === 0) return null;
    const least = leastDelegation(s, gateway);
    const units = nextInt(10) === 0 ? nextInt(least) : Math.min(least + nextInt(3 * TOKEN), MAX_INT);
    return by('joinSubnet', fizzOwner(fizz), [fizz, gateway, units]);
  };
  const isBacked = (fizz: number): boolean => memberUnits(s, fizz) >= leastDelegation(s, get(fizz, Z.gateway));
  const accepting = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.registered])((i) => isBacked(i) || nextInt(8) === 0);
    return fizz === 0 ? null : by('acceptFizz', providerOwner(get(fizz, Z.gateway)), [fizz]);
  };
  /** An order that the node can serve. */
  const reserving = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.active])((i) => isMatchable(get(i, Z.gateway)) || nextInt(20) === 0);
    const fits = (order: number): boolean =>
      read('orders', order, F.orders.mode) === ORDER_MODE.fizz &&
      s.nowS <= read('orders', order, F.orders.bidUntilS) &&
      tokenValueOf(s, read('orders', order, F.orders.maxPriceUnits), read('orders', order, F.orders.asset)) >=
        get(fizz, Z.priceUnits) &&
      read('orders', order, F.orders.gpuTier) <= get(fizz, Z.gpuTier) &&
      (['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const).every(
        (name) => read('orders', order, F.orders[name]) <= get(fizz, Z[name]),
      );
    const order = inStates('orders', [ORDER_STATE.open])((i) => fits(i) || nextInt(60) === 0);
    return fizz === 0 || order === 0 ? null : by('reserveFizz', fizzOwner(fizz), [fizz, order]);
  };
  const isOrderOver = (fizz: number): boolean => {
    const state = read('orders', get(fizz, Z.order), F.orders.state);
    return state !== ORDER_STATE.open && state !== ORDER_STATE.matching;
  };
  const isPaid = (fizz: number): boolean =>
    read('delegations', get(fizz, Z.delegation), F.delegations.unbondingUnits) === 0;
  const detaching = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.serving])();
    const lease = get(fizz, Z.lease);
    const leastS = Math.max(read('leases', lease, F.leases.startS), read('leases', lease, F.leases.accruedS));
    return fizz === 0 || leastS > s.nowS ? null : keeper('detachFizz', [fizz, between(leastS, s.nowS)]);
  };
  const reattaching = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.detached])();
    return fizz === 0 ? null : keeper('reattachFizz', [fizz, between(get(fizz, Z.detachedS), s.nowS)]);
  };
  const kept = (name: ActionName, states: readonly number[], also: (fizz: number) => boolean) => (): Action | null => {
    const fizz = inStates('fizzNodes', states)(also);
    return fizz === 0 ? null : keeper(name, [fizz]);
  };
  const hasLeft = (fizz: number): boolean =>
    read('providers', get(fizz, Z.gateway), F.providers.state) === PROVIDER_STATE.deactivated;
  /** A member takes a part of its delegation back. */
  const undelegating = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.registered, S.active, S.serving])();
    const units = memberUnits(s, fizz);
    const delegation = get(fizz, Z.delegation);
    return fizz === 0 || units === 0 ? null : by('undelegate', fizzOwner(fizz), [delegation, 1 + nextInt(units)]);
  };
  /** The gateway leaves: its members are released, and may be reserved at that time. */
  const leaving = (): Action | null => {
    const isGateway = (i: number): boolean =>
      read('subnets', i, F.subnets.memberCount) > 0 && read('providerUse', i, F.providerUse.leaseCount) === 0;
    const provider = nextInt(3) > 0 ? 0 : inStates('providers', [PROVIDER_STATE.active])(isGateway);
    return provider === 0 ? null : by('deregisterProvider', providerOwner(provider), [provider]);
  };
  return [
    [5, configuring],
    [1, changing],
    [6, openGateway],
    [12, joining],
    [10, accepting],
    [60, reserving],
    [10, of('releaseFizz', [S.reserved], (fizz) => isOrderOver(fizz) || nextInt(20) === 0)],
    [1, of('leaveSubnet', [S.registered, S.active])],
    [5, of('finishLeave', [S.leaving], (fizz) => isPaid(fizz) || nextInt(10) === 0)],
    [12, detaching],
    [10, reattaching],
    [6, kept('flagFizz', [S.active], (fizz) => !isBacked(fizz) || nextInt(20) === 0)],
    [12, kept('releaseMember', [S.registered, S.active, S.reserved], hasLeft)],
    [1, undelegating],
    [1, leaving],
  ];
}

export function subnetKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, read, oneOf, counts, inStates, by, keeper, fizzOwner } = tools;
  const Z = F.fizzNodes;
  const S = FIZZ_STATE;
  const U = F.subnets;
  const members = [S.registered, S.active, S.reserved, S.serving, S.detached];
  const isOn = getParam(s, 'fizz.dao') === 1;
  const isHeard = (fizz: number): boolean => mayVote(read('fizzNodes', fizz, Z.state));
  const gatewayOf = (fizz: number): number => read('fizzNodes', fizz, Z.gateway);
  const proposal = (fizz: number): number => read('subnets', gatewayOf(fizz), U.proposal);
  const proposing = (): Action | null => {
    const fizz = inStates('fizzNodes', members)((i) => (isHeard(i) && proposal(i) === 0) || nextInt(10) === 0);
    if (fizz === 0 || (!isOn && nextInt(10) > 0)) return null;
    const isShare = nextInt(4) === 0;
    const chosen = [[S.reserved], [S.serving, S.detached], members][nextInt(3)]!;
    const other = inStates('fizzNodes', chosen)((i) => gatewayOf(i) === gatewayOf(fizz));
    const value = isShare ? nextInt(5_200) : other || fizz;
    return by('proposeSubnet', fizzOwner(fizz), [
      fizz,
      isShare ? PROPOSAL_KIND.gatewayShare : PROPOSAL_KIND.expel,
      value,
    ]);
  };
  const voting = (): Action | null => {
    const canVote = (i: number): boolean =>
      isHeard(i) &&
      proposal(i) !== 0 &&
      read('fizzNodes', i, Z.votedProposal) !== proposal(i) &&
      s.nowS <= read('subnets', gatewayOf(i), U.proposalEndS);
    const fizz = inStates('fizzNodes', members)((i) => canVote(i) || nextInt(60) === 0);
    return fizz === 0 ? null : by('voteSubnet', fizzOwner(fizz), [fizz, nextInt(5) === 0 ? nextInt(3) : 1]);
  };
  const deciding = (): Action | null => {
    const isOver = (i: number): boolean =>
      read('subnets', i, U.proposal) !== 0 && s.nowS > read('subnets', i, U.proposalEndS);
    const provider = oneOf(counts.providers(), isOver);
    return provider === 0 ? null : keeper('decideSubnet', [provider]);
  };
  const rewarding = (): Action | null => {
    const isDocs = getParam(s, 'fizz.reward_mode') === 1;
    if (!isDocs && nextInt(10) > 0) return null;
    const era = s.clockTotals[F.clockTotals.era]! + 1;
    const { rewardedEra, rewardedCount } = F.fizzTotals;
    const from = s.fizzTotals[rewardedEra] === era ? s.fizzTotals[rewardedCount]! : 0;
    if (from >= counts.fizzNodes() && nextInt(20) > 0) return null;
    const to = from + nextInt(Math.max(0, counts.fizzNodes() - from) + 1);
    const list = Array.from({ length: to - from }, (_, i) => {
      const fizz = from + 1 + i;
      const most = fizzBaseUnits(s, read('fizzNodes', fizz, Z.cpuCount), read('fizzNodes', fizz, Z.gpuCount));
      return nextInt(40) === 0 ? most + 1 : nextInt(most + 1);
    });
    return keeper('rewardFizz', [from, to], list);
  };
  return [
    [5, proposing],
    [10, voting],
    [10, deciding],
    [3, rewarding],
  ];
}
