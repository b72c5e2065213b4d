/**
 * Random but plausible actions of the compute market, for the walk of `randomWalk.ts`: foreign assets, escrow wallets, orders
 * and bids, leases, fizz nodes and subnets. Each is made for what it finds, so that most are accepted; now and then one is
 * spoilt.
 */
import { MAX_INT } from '../base/fixedPoint.ts';
import { type Action, type ActionName, action } from './actions.ts';
import { isEligible, openBidsOf, providerCode } from './eligibility.ts';
import { askedUnits } from './fizzNodes.ts';
import { fizzKinds, subnetKinds } from './fizzWalk.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  BID_STATE,
  F,
  FIZZ_STATE,
  LEASE_STATE,
  OPERATOR_SEATS,
  OPERATOR_STATE,
  ORDER_FLAG,
  ORDER_MODE,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
  UPDATE_STATE,
} from './layout.ts';
import { HOUR_S } from './leaseMoney.ts';
import { endReasonOf } from './leases.ts';
import { type Chooser, createTools, type NextInt, type Proposal, type Tools } from './marketTools.ts';
import { winnerOf } from './matching.ts';
import { getParam, type State } from './state.ts';

/** Few of each, so that they meet. */
const MAX_ESCROWS = 12;
const MAX_OPEN_ORDERS = 8;
const MAX_OPEN_LEASES = 14;
const TOKEN = 1_000_000;
/** Share of the walk's proposals that are of the market, relative to the weights of the other families: more than a quarter. */
const WEIGHT = 240;
/** How often another kind is looked for where the one drawn has nothing to do. */
const TRIES = 12;
const EDGES = [0, 1, 2, 99, MAX_INT];

/** Parameters of the market in the registry's unit: small figures, and whatever makes the rarer ways more frequent. */
export const MARKET_WALK_PARAMS: Readonly<Record<string, number>> = {
  'order.bid_window_blocks': 10,
  'order.ttl_blocks': 40,
  'order.max_bids': 2,
  'time.block_s': 60,
  'escrow.min_cover_bps': 6_000,
  'escrow.bracket_usd': 4,
  'match.bid_floor_bps': 1_000,
  'match.slash_window_eras': 2,
  'lease.deploy_sla_s': 40,
  'fizz.min_delegation': 5,
  'fizz.outage_close_s': 400,
  'fee.tier1_rebate_bps': 1_000,
};

/** One way in which parameters of the market may be set: each way reaches actions and branches that the others cannot. */
export type MarketVariant = { readonly name: string; readonly params: Readonly<Record<string, number>> };

/** The option of a parameter by its place; 1 is on. */
export const MARKET_VARIANTS: readonly MarketVariant[] = [
  {
    name: 'operators vote, subnets vote, rewards by the docs',
    params: {
      'match.mode': 1,
      'match.operators': 3,
      'match.quorum_bps': 6_667,
      'fizz.dao': 1,
      'fizz.reward_mode': 1,
      'fizz.register_fee': 1,
      'anti.self_lease_ban': 1,
    },
  },
  {
    name: 'the central engine matches, updates need no acceptance, outages are charged',
    params: {
      'match.mode': 0,
      'lease.update_needs_accept': 0,
      'lease.charge_undeployed': 0,
      'fizz.outage_accrual': 1,
      'fizz.billing_unit': 1,
      'fee.provider_base': 1,
      'escrow.brackets_enforced': 0,
    },
  },
  {
    name: 'consumers choose, downtime is charged',
    params: { 'match.user_choice': 1, 'lease.charge_downtime': 1, 'order.max_bids': 4, 'fizz.dao': 1 },
  },
];

/** Proposals of the market. */
export function marketProposals(s: State, nextInt: NextInt, choose: Chooser): readonly Proposal[] {
  const tools = createTools(s, nextInt, choose);
  const kinds = [
    ...assetKinds(tools),
    ...orderKinds(tools),
    ...matchKinds(tools),
    ...leaseKinds(tools),
    ...fizzKinds(tools),
    ...subnetKinds(tools),
  ];
  let weights = 0;
  for (const [weight] of kinds) weights += weight;
  const drawn = (): Action | null => {
    let left = nextInt(weights);
    for (const [weight, make] of kinds) {
      if (left < weight) return make();
      left -= weight;
    }
    return null;
  };
  const propose = (): Action | null => {
    for (let i = 0; i < TRIES; i++) {
      const made = drawn();
      if (made !== null) return nextInt(14) === 0 ? spoil(made, tools) : made;
    }
    return null;
  };
  return [[WEIGHT, propose]];
}

/** The same action of somebody else, or with another value. */
function spoil(made: Action, { nextInt, agent }: Tools): Action {
  const args = [...made.args];
  if (args.length === 0 || nextInt(4) === 0) return { ...made, actor: nextInt(6) === 0 ? ACCOUNT.keeper : agent() };
  const at = nextInt(args.length);
  args[at] = nextInt(3) === 0 ? Math.min(args[at]! + 1, MAX_INT) : EDGES[nextInt(EDGES.length)]!;
  return { ...made, args };
}

function assetKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, agent, id, read, oneOf, counts, by, keeper, escrowOwner } = tools;
  const foreign = (): number => 1 + nextInt(3);
  /** The last asset is enabled late, if at all. */
  const enabling = (): Action | null => {
    const asset = nextInt(12) === 0 ? foreign() : 1 + nextInt(2);
    const isEnabled = read('assets', asset, F.assets.isEnabled) === 1;
    return isEnabled && nextInt(30) > 0 ? null : keeper('enableAsset', [asset]);
  };
  const issuing = (): Action | null => {
    const [chosen, account] = [foreign(), agent()];
    const isRich = (s.assetWallets[account * ASSET_COUNT + chosen] ?? 0) > 500 * TOKEN;
    return isRich && nextInt(10) > 0 ? null : keeper('issueAsset', [chosen, account, 2_000 * TOKEN + nextInt(TOKEN)]);
  };
  const priceFp = (): number => 500_000_000 + nextInt(3) * 400_000_000 + nextInt(2) * nextInt(1_000_000_000);
  const units = (): number => (1 + nextInt(nextInt(4) === 0 ? 400 : 60)) * TOKEN + nextInt(1_000);
  const asset = (): number => (nextInt(3) === 0 ? foreign() : 0);
  const any = (): number => oneOf(counts.escrows(), () => true);
  const ofOwner = (name: ActionName, args: (escrow: number) => readonly number[]) => (): Action | null => {
    const escrow = any();
    return escrow === 0 ? null : by(name, escrowOwner(escrow), args(escrow));
  };
  const opening = (): Action | null =>
    counts.escrows() >= MAX_ESCROWS
      ? null
      : action('openEscrow', agent(), [asset(), nextInt(8) === 0 ? nextInt(2 * TOKEN) : units()]);
  const withdrawing = ofOwner('withdrawEscrow', (escrow) => {
    const chosen = asset();
    const have =
      s.escrowBalances[(escrow * ASSET_COUNT + chosen) * STRIDE.escrowBalances + F.escrowBalances.unlockedUnits] ?? 0;
    return [escrow, chosen, nextInt(6) === 0 ? have + nextInt(2) : nextInt(Math.floor(have / 4) + 2)];
  });
  return [
    [2, enabling],
    [3, issuing],
    [1, () => keeper('postPrices', [priceFp(), priceFp(), priceFp()])],
    [2, () => action('transferAsset', agent(), [foreign(), ACCOUNT.firstAgent + nextInt(9), nextInt(20 * TOKEN)])],
    [6, opening],
    [3, ofOwner('depositEscrow', (escrow) => [escrow, asset(), units()])],
    [2, withdrawing],
    [1, ofOwner('transferEscrow', (escrow) => [escrow, agent()])],
    [1, () => action('depositEscrow', agent(), [id(counts.escrows()), asset(), nextInt(TOKEN)])],
  ];
}

function orderKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, read, oneOf, counts, inStates, by, keeper } = tools;
  const { escrowOwner, providerOwner, isMatchable } = tools;
  const O = F.orders;
  const provider = inStates('providers', [PROVIDER_STATE.active]);
  const accepting = (): Action | null => {
    const chosen = provider();
    const mask = nextInt(6) === 0 ? nextInt(16) : 15;
    return chosen === 0 ? null : by('setAcceptedAssets', providerOwner(chosen), [chosen, mask]);
  };
  const flags = (): number => {
    if (nextInt(12) === 0) return nextInt(33);
    return nextInt(4) === 0
      ? [ORDER_FLAG.regionHard, ORDER_FLAG.secured, ORDER_FLAG.community][nextInt(3)]!
      : nextInt(2) * ORDER_FLAG.compliance;
  };
  const demand = (): number[] => {
    const isLarge = nextInt(10) === 0;
    const gpuCount = nextInt(6) === 0 ? 1 : 0;
    const gpuTier = gpuCount === 0 ? 0 : nextInt(3);
    return [
      1 + nextInt(isLarge ? 100 : 3),
      1 + nextInt(isLarge ? 300 : 6),
      nextInt(isLarge ? 3_000 : 60),
      gpuCount,
      gpuTier,
    ];
  };
  const unlocked = (escrow: number, asset: number): number =>
    read('escrowBalances', escrow * ASSET_COUNT + asset, F.escrowBalances.unlockedUnits);
  /** One that the wallet has, now and then any. */
  const assetOf = (escrow: number): number => {
    const has = [0, 1, 2, 3].filter((asset) => unlocked(escrow, asset) > 2 * TOKEN);
    return has.length === 0 || nextInt(8) === 0 ? nextInt(ASSET_COUNT) : has[nextInt(has.length)]!;
  };
  /** A price at which the wallet's money may be over before the lease is. */
  const boldPrice = (escrow: number, asset: number, hours: number): number =>
    Math.max(1, Math.floor((unlocked(escrow, asset) * (110 + nextInt(60))) / (100 * hours)));
  const ordering = (): Action | null => {
    if (s.orderTotals[F.orderTotals.openCount]! >= MAX_OPEN_ORDERS) return null;
    if (s.leaseTotals[F.leaseTotals.openCount]! >= MAX_OPEN_LEASES) return null;
    if (nextInt(20) > 0 && oneOf(counts.providers(), isMatchable) === 0) return null;
    const escrow = oneOf(counts.escrows(), () => true);
    if (escrow === 0) return null;
    const asset = assetOf(escrow);
    const mode = nextInt(5) < 2 ? ORDER_MODE.fizz : ORDER_MODE.provider;
    const hours = 1 + nextInt(nextInt(4) === 0 ? 8 : 2);
    const price = nextInt(3) === 0 ? boldPrice(escrow, asset, hours) : TOKEN + nextInt(6 * TOKEN);
    const terms = [nextInt(16), hours * HOUR_S, price, flags()];
    return by('createOrder', escrowOwner(escrow), [escrow, asset, mode, ...demand(), ...terms]);
  };
  const isBiddable = (mode: number) => (order: number) =>
    read('orders', order, O.mode) === mode && s.nowS <= read('orders', order, O.bidUntilS);
  const priceFor = (order: number, leastUnits: number): number => {
    const most = read('orders', order, O.maxPriceUnits);
    const least = Math.max(leastUnits, Math.floor(most / 8) + 1);
    return nextInt(10) === 0 || least > most ? 1 + nextInt(most + TOKEN) : least + nextInt(most - least + 1);
  };
  const bidding = (): Action | null => {
    const order = inStates('orders', [ORDER_STATE.open])(isBiddable(ORDER_MODE.provider));
    if (order === 0) return null;
    const has = openBidsOf(s, order).map((bid) => read('bids', bid, F.bids.provider));
    const payer = escrowOwner(read('orders', order, O.escrow));
    const fits = (p: number): boolean =>
      order <= counts.orders() &&
      providerCode(s, order, p, 0) === 0 &&
      !has.includes(p) &&
      (providerOwner(p) !== payer || nextInt(10) === 0);
    const chosen = nextInt(8) === 0 ? oneOf(counts.providers(), () => true) : oneOf(counts.providers(), fits);
    if (chosen === 0) return null;
    return by('placeBid', providerOwner(chosen), [order, chosen, priceFor(order, 1), 0]);
  };
  /** The gateway bids with a node that is reserved, now and then with any. */
  const bidWithFizz = (): Action | null => {
    const isFree = (fizz: number): boolean => {
      const order = read('fizzNodes', fizz, F.fizzNodes.order);
      return (
        isBiddable(ORDER_MODE.fizz)(order) &&
        !openBidsOf(s, order).some((bid) => read('bids', bid, F.bids.fizz) === fizz)
      );
    };
    const fizz = inStates('fizzNodes', [FIZZ_STATE.reserved])(isFree);
    if (fizz === 0) return null;
    const order = read('fizzNodes', fizz, F.fizzNodes.order) || oneOf(counts.orders(), () => true);
    const gateway = read('fizzNodes', fizz, F.fizzNodes.gateway);
    const price = priceFor(order, askedUnits(s, fizz, read('orders', order, O.asset)));
    return by('placeBid', providerOwner(gateway), [order, gateway, price, fizz]);
  };
  const cancelling = (): Action | null => {
    const order = inStates('orders', [ORDER_STATE.open])();
    return order === 0 ? null : by('cancelOrder', escrowOwner(read('orders', order, O.escrow)), [order]);
  };
  const over = (field: number) => (order: number) => s.nowS > read('orders', order, field);
  const opening = (): Action | null => {
    const order = inStates('orders', [ORDER_STATE.open])(over(O.bidUntilS));
    return order === 0 ? null : keeper('openMatching', [order]);
  };
  const expiring = (): Action | null => {
    const order = inStates('orders', [ORDER_STATE.open, ORDER_STATE.matching])(over(O.expiresS));
    return order === 0 ? null : keeper('expireOrder', [order]);
  };
  return [
    [4, accepting],
    [20, ordering],
    [90, bidding],
    [90, bidWithFizz],
    [1, cancelling],
    [16, opening],
    [10, expiring],
  ];
}

function matchKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, agent, read, inStates, by, keeper, escrowOwner, counts, oneOf } = tools;
  const inTime = (order: number): boolean => s.nowS <= read('orders', order, F.orders.expiresS);
  const matching = (): number => inStates('orders', [ORDER_STATE.matching])(inTime);
  const isChosen = getParam(s, 'match.user_choice') === 1;
  const isCentral = getParam(s, 'match.mode') === 0;
  const central = (): Action | null => {
    const order = matching();
    return order === 0 || ((isChosen || !isCentral) && nextInt(10) > 0) ? null : keeper('matchOrder', [order]);
  };
  const choosing = (): Action | null => {
    const order = matching();
    if (order === 0 || order > counts.orders() || (!isChosen && nextInt(10) > 0)) return null;
    const bids = openBidsOf(s, order).filter((bid) => nextInt(8) === 0 || isEligible(s, bid));
    const bid = bids.length === 0 ? oneOf(counts.bids(), () => true) : bids[nextInt(bids.length)]!;
    return by('chooseBid', escrowOwner(read('orders', order, F.orders.escrow)), [order, bid]);
  };
  const seats = (): number[] => {
    const found: number[] = [];
    for (let seat = 0; seat < OPERATOR_SEATS; seat++)
      if (read('operators', seat + 1, F.operators.state) === OPERATOR_STATE.active) found.push(seat);
    return found;
  };
  /** An operator votes for the winner, now and then for another bid. */
  const voting = (): Action | null => {
    const order = matching();
    if (order === 0 || order > counts.orders() || (isCentral && nextInt(10) > 0)) return null;
    const voters = seats();
    const seat = voters.length === 0 || nextInt(30) === 0 ? nextInt(5) : voters[nextInt(voters.length)]!;
    const bids = openBidsOf(s, order);
    const any =
      bids.length === 0
        ? oneOf(counts.bids(), (bid) => read('bids', bid, F.bids.state) === BID_STATE.open)
        : bids[nextInt(bids.length)]!;
    const bid = nextInt(4) === 0 ? any : winnerOf(s, order) || any;
    return by('voteMatch', read('operators', seat + 1, F.operators.account), [order, seat, bid]);
  };
  const leaving = (): Action | null => {
    const active = seats();
    if (active.length === 0 || nextInt(4) > 0) return null;
    const seat = active[nextInt(active.length)]!;
    return by('leaveOperators', read('operators', seat + 1, F.operators.account), [seat]);
  };
  const joining = (): Action | null =>
    seats().length >= getParam(s, 'match.operators') && nextInt(6) > 0 ? null : action('joinOperators', agent(), []);
  return [
    [30, central],
    [30, choosing],
    [60, voting],
    [2, joining],
    [1, leaving],
  ];
}

function leaseKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, read, inStates, by, keeper, fizzOwner, escrowOwner, providerOwner, between } = tools;
  const L = F.leases;
  const S = LEASE_STATE;
  const get = (lease: number, field: number): number => read('leases', lease, field);
  const consumer = (lease: number): number => escrowOwner(get(lease, L.escrow));
  const owner = (lease: number): number => providerOwner(get(lease, L.provider));
  const payee = (lease: number): number => fizzOwner(get(lease, L.fizz)) || owner(lease);
  const running = [S.awaiting, S.deploying, S.serving, S.down];
  const isRunning = (lease: number): boolean => s.nowS < get(lease, L.endS);
  const isProposed = (lease: number): boolean =>
    read('leaseUpdates', lease, F.leaseUpdates.state) === UPDATE_STATE.proposed && get(lease, L.state) !== S.closed;
  /** An action of one of a lease's parties, on a lease in one of the states. */
  const of =
    (
      name: ActionName,
      party: (lease: number) => number,
      states: readonly number[],
      also: (lease: number) => boolean,
      ...rest: readonly ((lease: number) => number)[]
    ) =>
    (): Action | null => {
      const lease = inStates('leases', states)(also);
      return lease === 0 ? null : by(name, party(lease), [lease, ...rest.map((make) => make(lease))]);
    };
  const isDeployable = (lease: number): boolean => {
    const state = get(lease, L.state);
    const isLate = state === S.down && get(lease, L.deployedS) === 0 && get(lease, L.manifestS) > 0;
    const fizz = get(lease, L.fizz);
    const isServed = fizz === 0 || read('fizzNodes', fizz, F.fizzNodes.state) === FIZZ_STATE.serving;
    return isRunning(lease) && isServed && (state === S.deploying || isLate);
  };
  const updating = (): Action | null => {
    const lease = inStates('leases', running)((i) => isRunning(i) && get(i, L.fizz) === 0);
    if (lease === 0) return null;
    const isLarge = nextInt(8) === 0;
    const resources = [1 + nextInt(isLarge ? 80 : 4), 1 + nextInt(8), nextInt(60), nextInt(8) === 0 ? 1 : 0];
    return by('proposeUpdate', consumer(lease), [
      lease,
      ...resources,
      (1 + nextInt(3)) * HOUR_S,
      TOKEN + nextInt(6 * TOKEN),
    ]);
  };
  const ending = (): Action | null => {
    const lease = inStates('leases', running)((i) => endReasonOf(s, i) !== 0);
    return lease === 0 ? null : keeper('endLease', [lease]);
  };
  const leastPause = (lease: number): number => {
    const slaS = get(lease, L.manifestS) + getParam(s, 'lease.deploy_sla_s');
    return Math.max(get(lease, L.accruedS), get(lease, L.state) === S.deploying ? slaS : get(lease, L.deployedS));
  };
  const pausing = (): Action | null => {
    const may = (i: number): boolean =>
      leastPause(i) <= s.nowS && (get(i, L.fizz) === 0 || get(i, L.state) === S.deploying);
    const lease = inStates('leases', [S.deploying, S.serving])(may);
    return lease === 0 ? null : keeper('pauseLease', [lease, between(leastPause(lease), s.nowS)]);
  };
  const resuming = (): Action | null => {
    const may = (i: number): boolean => get(i, L.deployedS) > 0 && get(i, L.fizz) === 0;
    const lease = inStates('leases', [S.down])((i) => may(i) || nextInt(10) === 0);
    return lease === 0 ? null : keeper('resumeLease', [lease, between(get(lease, L.downSinceS), s.nowS)]);
  };
  const closing = (): Action | null => {
    const lease = inStates('leases', running)();
    const party = [consumer, owner, payee][nextInt(3)]!;
    return lease === 0 ? null : by('closeLease', party(lease), [lease]);
  };
  const isRatable = (lease: number): boolean =>
    get(lease, L.ratedTenths) === 0 && (get(lease, L.paidUnits) > 0 || nextInt(10) === 0);
  return [
    [6, of('sendManifest', consumer, [S.awaiting], isRunning)],
    [7, of('confirmDeployment', payee, [S.deploying, S.down], isDeployable)],
    [4, of('withdrawLease', payee, running, () => true)],
    [2, of('extendLease', consumer, running, isRunning, () => (nextInt(12) === 0 ? 100 : 1 + nextInt(2)) * HOUR_S)],
    [4, updating],
    [4, of('acceptUpdate', owner, running, isProposed)],
    [1, of('rejectUpdate', owner, running, isProposed)],
    [2, closing],
    [10, ending],
    [4, pausing],
    [4, resuming],
    [3, of('rateLease', consumer, [S.closed], isRatable, () => nextInt(51))],
  ];
}
