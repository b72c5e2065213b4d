/**
 * The operator's part in the compute market: posts prices, matches orders, sees when a service or a fizz node is down, ends
 * what is over. It sends ordinary actions of the keeper; who wins and what is paid is the ledger's business.
 */
import { chance, PURPOSE } from '../base/rnd.ts';
import { chanceBps, createStreams } from '../base/stream.ts';
import { type Action, type ActionName, action } from '../protocol/actions.ts';
import { tokenValueOf } from '../protocol/assets.ts';
import { draw } from '../protocol/clock.ts';
import { delegationUnits } from '../protocol/delegation.ts';
import { EV } from '../protocol/events.ts';
import { leastDelegation } from '../protocol/fizz.ts';
import { fizzRewardUnits } from '../protocol/fizzRewards.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  DOLLAR_ASSET,
  F,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
} from '../protocol/layout.ts';
import { endReasonOf } from '../protocol/leases.ts';
import { winnerOf } from '../protocol/matching.ts';
import { EVENT_STRIDE, getParam, type State } from '../protocol/state.ts';
import type { Oracle } from './oracle.ts';
import { MESSAGE, MESSAGE_SIZE } from './ports.ts';
import { CAPACITY, CAPACITY_SIZE, type SharedRun } from './shared.ts';

/** Option of `match.mode` and of `fizz.reward_mode`. */
const CENTRAL = 0;
const DOCS = 1;
const REWARD_CHUNK = 64;

export type MarketKeeper = {
  /** Phase 0, after the slot was opened: assets and prices, services that are down or back, leases that are over. */
  settle(s: State): Generator<Action, void, void>;
  /** Phase 60: orders whose time is over, members of subnets that do not qualify any more, votes that have ended. */
  open(s: State): Generator<Action, void, void>;
  /** Phase 66: leases that are over, then matching, if the engine is up (MATCH-9). */
  match(s: State): Generator<Action, void, void>;
  /** Phase 420: deployments that are late, cases of misused data. */
  close(s: State): Generator<Action, void, void>;
  /** Phase 3 540, last slot of an era: rewards of fizz nodes where they have their own (F-24). */
  report(s: State): Generator<Action, void, void>;
  /** Takes the agents' messages of a phase. */
  receive(messages: Float64Array): void;
  /** Reads the events of an executed block. */
  observe(s: State): void;
  /** Counts that no ledger keeps. */
  figures(): MarketFigures;
};

/** What only the simulator knows of a run's market. */
export type MarketFigures = {
  /** Slots in which the central engine was down. */
  readonly outageSlots: number;
  /** Orders × slots that waited because nobody matched them. */
  readonly backlogSlots: number;
  /** Matches by operators, and those whose provider is not the one that F-15 gives (BEH-48). */
  readonly votedMatches: number;
  readonly wrongMatches: number;
  /** Uses of consumers' data against their will, and cases made of them. */
  readonly misuses: number;
  readonly misuseCases: number;
  /** Seconds for which a lease was charged while its fizz node was off and its gateway kept silent (BEH-39). */
  readonly hiddenOutageS: number;
  /** Seconds for which a lease was charged while its fizz node was off and had not been polled yet by its gateway (FIZZ-5). */
  readonly pollLagS: number;
};

/** Uptime of a fizz node in an era, in slots. */
type FizzWatch = { onSlots: number; slots: number };
/** A device has gone or come back, which its gateway finds out when it polls next. */
type Turn = { readonly isGone: boolean; readonly sinceS: number; readonly noticedS: number; readonly lease: number };

export function createMarketKeeper(run: SharedRun, oracle: Oracle, usesMarket: boolean): MarketKeeper {
  const engineStream = createStreams(1, () => `${run.seed}/match-engine`);
  const fizzWatches = new Map<number, FizzWatch>();
  /** What gateways have not noticed yet, by fizz node. */
  const turns = new Map<number, Turn>();
  /** Fizz nodes that were detached because their gateway was off. */
  const cutOff = new Set<number>();
  /** Of an order that operators are to match: the provider that should win. */
  const rightProviders = new Map<number, number>();
  const { agents, populations } = run.roster;
  let misused: { provider: number; lease: number; agent: number }[] = [];
  let isEngineUp = true;
  const counts = {
    outageSlots: 0,
    backlogSlots: 0,
    misuses: 0,
    misuseCases: 0,
    hiddenOutageS: 0,
    pollLagS: 0,
    votedMatches: 0,
    wrongMatches: 0,
  };
  const send = (name: ActionName, args: readonly number[], bulk?: readonly number[]): Action =>
    action(name, ACCOUNT.keeper, args, bulk);

  const leaseField = (s: State, lease: number, name: keyof typeof F.leases): number =>
    s.leases[lease * STRIDE.leases + F.leases[name]]!;
  const orderField = (s: State, order: number, name: keyof typeof F.orders): number =>
    s.orders[order * STRIDE.orders + F.orders[name]]!;
  const fizzField = (s: State, fizz: number, name: keyof typeof F.fizzNodes): number =>
    s.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes[name]]!;
  const providerField = (s: State, provider: number, name: keyof typeof F.providers): number =>
    s.providers[provider * STRIDE.providers + F.providers[name]]!;

  function isOnline(account: number): boolean {
    return run.world[(account - ACCOUNT.firstAgent) * 4 + 3] === 1;
  }

  function optionOf(account: number, name: string): number {
    const value = populations[agents[account - ACCOUNT.firstAgent]!.population]!.options[name];
    return typeof value === 'number' ? value : 0;
  }

  function openLeases(s: State): number[] {
    return Array.from(s.openLeases.subarray(1, s.leaseTotals[F.leaseTotals.openCount]! + 1)).sort((a, b) => a - b);
  }

  function openOrders(): number[] {
    return Array.from(run.openOrders.subarray(1, run.openOrders[0]! + 1));
  }

  /** Assets in which anybody starts with money, and that money: it comes from outside, in the first slot (TOK-4). */
  function* begin(): Generator<Action, void, void> {
    const holders = agents.filter((info) => optionOf(info.account, 'dollars') > 0);
    if (holders.length === 0) return;
    yield send('enableAsset', [DOLLAR_ASSET]);
    for (const { account } of holders)
      yield send('issueAsset', [DOLLAR_ASSET, account, optionOf(account, 'dollars') * run.unitsPerToken]);
  }

  function* endLeases(s: State): Generator<Action, void, void> {
    for (const lease of openLeases(s)) if (endReasonOf(s, lease) !== 0) yield send('endLease', [lease]);
  }

  /** Services of providers whose machine is gone or back (OP-87). */
  function* watchServices(s: State): Generator<Action, void, void> {
    for (const lease of openLeases(s)) {
      if (leaseField(s, lease, 'fizz') !== 0) continue;
      const state = leaseField(s, lease, 'state');
      const online = isOnline(providerField(s, leaseField(s, lease, 'provider'), 'owner'));
      if (state === LEASE_STATE.serving && !online) yield send('pauseLease', [lease, s.nowS]);
      else if (state === LEASE_STATE.down && online && leaseField(s, lease, 'deployedS') > 0)
        yield send('resumeLease', [lease, s.nowS]);
    }
  }

  const ownerOfGateway = (s: State, fizz: number): number => providerField(s, fizzField(s, fizz, 'gateway'), 'owner');

  /**
   * Start of a slot: which members have gone and which are back. A gateway finds out at its next poll and tells it then, unless it
   * hides it; its own outage and return are seen at once, and nobody can hide them (FIZZ-5, FIZZ-9, BEH-39).
   */
  function* watchFizz(s: State): Generator<Action, void, void> {
    yield* pollFizz(s, s.nowS - 1);
    const pollS = getParam(s, 'fizz.poll_s');
    for (let fizz = 1; fizz <= s.fizzTotals[F.fizzTotals.fizzCount]!; fizz++) {
      const state = fizzField(s, fizz, 'state');
      if (state < FIZZ_STATE.active || state > FIZZ_STATE.detached) continue;
      const gatewayAccount = ownerOfGateway(s, fizz);
      const isGatewayOn = isOnline(gatewayAccount);
      const isOn = isOnline(fizzField(s, fizz, 'owner')) && isGatewayOn;
      const watch = fizzWatches.get(fizz) ?? { onSlots: 0, slots: 0 };
      fizzWatches.set(fizz, { onSlots: watch.onSlots + (isOn ? 1 : 0), slots: watch.slots + 1 });
      const isServing = state === FIZZ_STATE.serving;
      const isGone = isServing && !isOn;
      const isBack = state === FIZZ_STATE.detached && isOn;
      const pending = turns.get(fizz);
      if (isGatewayOn && !isBack) cutOff.delete(fizz);
      // Over before anybody asked.
      if (pending !== undefined && !(pending.isGone ? isGone : isBack)) dropTurn(s, fizz, pending, s.nowS);
      if (isGone && isGatewayOn && optionOf(gatewayAccount, 'hides_failures') === 1) counts.hiddenOutageS += run.slotS;
      else if (isGone && !isGatewayOn) {
        if (pending !== undefined) dropTurn(s, fizz, pending, s.nowS);
        cutOff.add(fizz);
        yield send('detachFizz', [fizz, s.nowS]);
      } else if (isBack && cutOff.has(fizz)) yield send('reattachFizz', [fizz, s.nowS]);
      else if ((isGone || isBack) && !turns.has(fizz)) {
        const lease = fizzField(s, fizz, 'lease');
        turns.set(fizz, { isGone, sinceS: s.nowS, noticedS: s.nowS + pollS, lease });
      }
    }
    yield* pollFizz(s, s.nowS);
  }

  /** What gateways have found out by a second, told with the second of the poll. */
  function* pollFizz(s: State, untilS: number): Generator<Action, void, void> {
    for (const [fizz, turn] of [...turns].sort(([a], [b]) => a - b)) {
      const { isGone, noticedS, lease } = turn;
      const isStill = fizzField(s, fizz, 'state') === (isGone ? FIZZ_STATE.serving : FIZZ_STATE.detached);
      if (!isStill || fizzField(s, fizz, 'lease') !== lease) {
        dropTurn(s, fizz, turn, leaseField(s, lease, 'closedS'));
        continue;
      }
      if (noticedS > untilS) continue;
      // An outage cannot begin before what has been accrued, and is none after the end of the lease.
      const paidS = Math.max(leaseField(s, lease, 'startS'), leaseField(s, lease, 'accruedS'));
      const atS = isGone ? Math.max(noticedS, paidS) : noticedS;
      const endS = leaseField(s, lease, 'endS');
      dropTurn(s, fizz, turn, Math.min(atS, endS));
      if (!isGone) yield send('reattachFizz', [fizz, atS]);
      else if (atS < endS) yield send('detachFizz', [fizz, atS]);
    }
  }

  /** Forgets a turn; of an outage counts what was charged until it was noticed, or over. */
  function dropTurn(s: State, fizz: number, { isGone, sinceS, lease }: Turn, untilS: number): void {
    turns.delete(fizz);
    if (isGone && leaseField(s, lease, 'state') !== LEASE_STATE.down) counts.pollLagS += Math.max(0, untilS - sinceS);
  }

  function* watchSubnets(s: State): Generator<Action, void, void> {
    for (let fizz = 1; fizz <= s.fizzTotals[F.fizzTotals.fizzCount]!; fizz++) {
      const state = fizzField(s, fizz, 'state');
      if (state < FIZZ_STATE.registered || state > FIZZ_STATE.detached) continue;
      const gateway = fizzField(s, fizz, 'gateway');
      if (providerField(s, gateway, 'state') === PROVIDER_STATE.deactivated) {
        if (state <= FIZZ_STATE.reserved) yield send('releaseMember', [fizz]);
        continue;
      }
      const heldUnits = delegationUnits(s, fizzField(s, fizz, 'delegation'));
      if (state === FIZZ_STATE.active && heldUnits < leastDelegation(s, gateway)) yield send('flagFizz', [fizz]);
      const at = gateway * STRIDE.subnets;
      if (s.subnets[at + F.subnets.proposal] === 0) continue;
      if (s.nowS <= s.subnets[at + F.subnets.proposalEndS]!) continue;
      yield send('decideSubnet', [gateway]);
    }
  }

  /** Tokens that a consumer has paid for a lease so far: what he is harmed by at most. @rule SLASH-1 */
  function harmOf(s: State, lease: number): readonly [account: number, units: number] {
    const units = tokenValueOf(s, leaseField(s, lease, 'paidUnits'), leaseField(s, lease, 'asset'));
    const owner = s.escrows[leaseField(s, lease, 'escrow') * STRIDE.escrows + F.escrows.owner]!;
    return units === 0 ? [0, 0] : [owner, units];
  }

  /** A challenge of a gateway is one of the members whose devices are idle for it; their gateway remembers how it went. @rule FIZZ-6 */
  function noteChallenge(s: State, provider: number, outcome: number): void {
    if (outcome !== CHALLENGE_STATE.passed && outcome !== CHALLENGE_STATE.failed) return;
    const { head, next } = run.lists.membersOfProvider;
    for (let fizz = head[provider]!; fizz !== 0; fizz = next[fizz]!) {
      const state = fizzField(s, fizz, 'state');
      if (state !== FIZZ_STATE.active && state !== FIZZ_STATE.reserved) continue;
      run.memberChallenges[fizz * 2]! += 1;
      if (outcome === CHALLENGE_STATE.passed) run.memberChallenges[fizz * 2 + 1]! += 1;
    }
  }

  function judgeMatch(order: number, provider: number): void {
    const right = rightProviders.get(order);
    // An updated lease is a new lease of the same order, and no match.
    if (right === undefined) return;
    rightProviders.delete(order);
    counts.votedMatches += 1;
    if (right !== provider) counts.wrongMatches += 1;
  }

  return {
    *settle(s) {
      if (!usesMarket) return;
      const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
      isEngineUp = !chanceBps(engineStream, 0, getParam(s, 'match.outage_bps_slot'));
      const prices = oracle.pricesOf(s, slot);
      const isNew = prices.some((priceFp, i) => s.assets[(i + 1) * STRIDE.assets + F.assets.priceFp] !== priceFp);
      if (isNew) yield send('postPrices', [...prices]);
      if (slot === 0) yield* begin();
      yield* watchServices(s);
      yield* watchFizz(s);
      yield* endLeases(s);
    },
    *open(s) {
      if (!usesMarket) return;
      yield* pollFizz(s, s.nowS);
      for (const order of openOrders())
        if (s.nowS > orderField(s, order, 'expiresS')) yield send('expireOrder', [order]);
      yield* watchSubnets(s);
    },
    *match(s) {
      if (!usesMarket) return;
      yield* pollFizz(s, s.nowS);
      yield* endLeases(s);
      const isCentral = getParam(s, 'match.mode') === CENTRAL;
      if (isCentral && !isEngineUp) counts.outageSlots += 1;
      for (const order of openOrders()) {
        if (s.nowS > orderField(s, order, 'bidUntilS') && orderField(s, order, 'state') === ORDER_STATE.open)
          yield send('openMatching', [order]);
        if (orderField(s, order, 'state') !== ORDER_STATE.matching || s.nowS > orderField(s, order, 'expiresS'))
          continue;
        if (getParam(s, 'match.user_choice') === 1) continue;
        if (!isCentral) {
          rightProviders.set(order, s.bids[winnerOf(s, order) * STRIDE.bids + F.bids.provider]!);
          if (orderField(s, order, 'matchingS') < s.nowS) counts.backlogSlots += 1;
        } else if (isEngineUp) yield send('matchOrder', [order]);
        else counts.backlogSlots += 1;
      }
    },
    *close(s) {
      if (!usesMarket) return;
      yield* pollFizz(s, s.nowS);
      const slaS = getParam(s, 'lease.deploy_sla_s');
      for (const lease of openLeases(s)) {
        if (leaseField(s, lease, 'state') !== LEASE_STATE.deploying) continue;
        const lateS = leaseField(s, lease, 'manifestS') + slaS;
        if (s.nowS > lateS) yield send('pauseLease', [lease, Math.max(lateS, leaseField(s, lease, 'accruedS'))]);
      }
      const detectBps = getParam(s, 'slash.misconduct_detect_bps');
      for (const { provider, lease } of misused) {
        if (providerField(s, provider, 'state') !== PROVIDER_STATE.active) continue;
        if (!chance(draw(s, PURPOSE.misconduct, lease, 2), detectBps)) continue;
        counts.misuseCases += 1;
        yield send('upholdMisconduct', [provider, ...harmOf(s, lease)]);
      }
      misused = [];
    },
    *report(s) {
      const count = s.fizzTotals[F.fizzTotals.fizzCount]!;
      if (usesMarket && count > 0 && getParam(s, 'fizz.reward_mode') === DOCS) {
        for (let from = 0; from < count; from += REWARD_CHUNK) {
          const to = Math.min(count, from + REWARD_CHUNK);
          const units: number[] = [];
          for (let fizz = from + 1; fizz <= to; fizz++) units.push(rewardOf(s, fizz));
          yield send('rewardFizz', [from, to], units);
        }
      }
      fizzWatches.clear();
    },
    receive(messages) {
      for (let i = 0; i < messages.length; i += MESSAGE_SIZE) {
        if (messages[i + 1] !== MESSAGE.misuse) continue;
        const agent = messages[i]!;
        const lease = messages[i + 2]!;
        const at = lease * STRIDE.leases;
        const { leases, providers } = run.tables;
        const state = leases[at + F.leases.state];
        const provider = leases[at + F.leases.provider] ?? 0;
        const isOwn = providers[provider * STRIDE.providers + F.providers.owner] === ACCOUNT.firstAgent + agent;
        if (state !== LEASE_STATE.serving || !isOwn) continue;
        counts.misuses += 1;
        misused.push({ provider, lease, agent });
      }
    },
    observe(s) {
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        if (s.events[at] === EV.LeaseCreated) judgeMatch(s.events[at + 2]!, s.events[at + 3]!);
        if (s.events[at] === EV.ChallengeDecided) noteChallenge(s, s.events[at + 2]!, s.events[at + 4]!);
        // A member that leaves its subnet, or is released, starts its counts anew elsewhere.
        if (s.events[at] !== EV.Transition || s.events[at + 1] !== KIND.fizz) continue;
        const [fizz, to] = [s.events[at + 2]!, s.events[at + 5]!];
        if (to === FIZZ_STATE.leaving) fizzWatches.delete(fizz);
        if (to === FIZZ_STATE.leaving || to === FIZZ_STATE.configured)
          run.memberChallenges.fill(0, fizz * 2, fizz * 2 + 2);
      }
    },
    figures: () => ({ ...counts }),
  };

  /** What F-24 gives a fizz node for the era; nothing to one that was in no subnet. */
  function rewardOf(s: State, fizz: number): number {
    const watch = fizzWatches.get(fizz);
    if (watch === undefined || watch.slots === 0) return 0;
    const own = (fizzField(s, fizz, 'owner') - ACCOUNT.firstAgent) * CAPACITY_SIZE;
    const exposed = (name: 'cpuCount' | 'memoryGb' | 'storageGb' | 'gpuCount'): number => fizzField(s, fizz, name);
    const has = (name: keyof typeof CAPACITY): number => run.capacity[own + CAPACITY[name]]!;
    return fizzRewardUnits(s, {
      exposed: {
        cpuCount: exposed('cpuCount'),
        memoryGb: exposed('memoryGb'),
        storageGb: exposed('storageGb'),
        gpuCount: exposed('gpuCount'),
      },
      delivered: {
        cpuCount: Math.min(exposed('cpuCount'), has('cpuCount')),
        memoryGb: Math.min(exposed('memoryGb'), has('memoryGb')),
        storageGb: Math.min(exposed('storageGb'), has('storageGb')),
        gpuCount: Math.min(exposed('gpuCount'), has('gpuCount')),
      },
      onSlots: watch.onSlots,
      slots: watch.slots,
    });
  }
}
