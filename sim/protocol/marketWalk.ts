/**
 * Random but plausible actions of the compute market, for the walk of `randomWalk.ts`: foreign assets, escrow wallets, orders
 * and bids, leases, fizz nodes and subnets. Each is made for what it finds, so that most are accepted; now and then one is
 * spoilt.
 */
import { type Action, type ActionName, action } from './actions.ts';
import { isEligible, openBidsOf, providerCode } from './eligibility.ts';
import { leastDelegation, memberUnits } from './fizzNodes.ts';
import { fizzBaseUnits } from './fizzRewards.ts';
import {
  ACCOUNT,
  BID_STATE,
  F,
  FIZZ_STATE,
  LEASE_STATE,
  OPERATOR_SEATS,
  OPERATOR_STATE,
  ORDER_FLAG,
  ORDER_MODE,
  ORDER_STATE,
  PROPOSAL_KIND,
  PROVIDER_STATE,
  STRIDE,
  type TableName,
  UPDATE_STATE,
} from './layout.ts';
import { HOUR_S } from './leaseMoney.ts';
import { endReasonOf } from './leases.ts';
import { winnerOf } from './matching.ts';
import { getParam, type State } from './state.ts';

type Proposal = readonly [weight: number, propose: () => Action | null];
type NextInt = (n: number) => number;

/** What the walk picks senders with; see `createChooser` in `randomWalk.ts`. */
type Chooser = { readonly agent: () => number; readonly id: (count: number) => number };

/** Few of each, so that they meet. */
const MAX_ESCROWS = 12;
const MAX_OPEN_ORDERS = 8;
const MAX_OPEN_LEASES = 14;
const MAX_FIZZ = 14;
const TOKEN = 1_000_000;
/** Share of the walk's proposals that are of the market, relative to the weights of the other families: about a third. */
const WEIGHT = 330;
/** How often another kind is looked for where the one drawn has nothing to do. */
const TRIES = 12;
const EDGES = [0, 1, 2, 99, 9_007_199_254_740_991];

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
  args[at] = nextInt(3) === 0 ? args[at]! + 1 : EDGES[nextInt(EDGES.length)]!;
  return { ...made, args };
}

type Tools = ReturnType<typeof createTools>;

function createTools(s: State, nextInt: NextInt, { agent, id }: Chooser) {
  const read = (table: TableName, record: number, field: number): number =>
    s[table][record * STRIDE[table] + field] ?? 0;
  /** A record of 1 … count that fits, now and then any of them; 0 if there is none. */
  const oneOf = (count: number, fits: (record: number) => boolean): number => {
    if (nextInt(30) === 0) return id(count);
    const found: number[] = [];
    for (let i = 1; i <= count; i++) if (fits(i)) found.push(i);
    return found.length === 0 ? 0 : found[nextInt(found.length)]!;
  };
  const counts = {
    escrows: () => s.escrowTotals[F.escrowTotals.escrowCount]!,
    orders: () => s.orderTotals[F.orderTotals.orderCount]!,
    bids: () => s.orderTotals[F.orderTotals.bidCount]!,
    leases: () => s.leaseTotals[F.leaseTotals.leaseCount]!,
    fizzNodes: () => s.fizzTotals[F.fizzTotals.fizzCount]!,
    providers: () => s.providerTotals[F.providerTotals.providerCount]!,
  } as const;
  const inStates =
    (table: 'orders' | 'leases' | 'fizzNodes' | 'providers', states: readonly number[]) =>
    (also: (record: number) => boolean = () => true): number =>
      oneOf(counts[table](), (i) => states.includes(read(table, i, F[table].state)) && also(i));
  /** An action of an agent; the protocol's own accounts send none. */
  const by = (name: ActionName, actor: number, args: readonly number[]): Action =>
    action(name, actor < ACCOUNT.firstAgent ? agent() : actor, args);
  const keeper = (name: ActionName, args: readonly number[], bulk?: readonly number[]): Action =>
    action(name, ACCOUNT.keeper, args, bulk);
  const fizzOwner = (fizz: number): number => read('fizzNodes', fizz, F.fizzNodes.owner);
  const providerOwner = (provider: number): number => read('providers', provider, F.providers.owner);
  const escrowOwner = (escrow: number): number => read('escrows', escrow, F.escrows.owner);
  /** Between two times, their ends included. */
  const between = (leastS: number, mostS: number): number => leastS + nextInt(Math.max(1, mostS - leastS + 1));
  return {
    ...{ s, nextInt, agent, id, read, oneOf, counts, inStates, by, keeper },
    ...{ fizzOwner, providerOwner, escrowOwner, between },
  };
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
    const have = s.escrowBalances[(escrow * 4 + chosen) * STRIDE.escrowBalances + F.escrowBalances.unlockedUnits] ?? 0;
    return [escrow, chosen, nextInt(6) === 0 ? have + nextInt(2) : nextInt(Math.floor(have / 4) + 2)];
  });
  return [
    [2, enabling],
    [4, () => keeper('issueAsset', [foreign(), agent(), 2_000 * TOKEN + nextInt(TOKEN)])],
    [1, () => keeper('postPrices', [priceFp(), priceFp(), priceFp()])],
    [2, () => action('transferAsset', agent(), [foreign(), ACCOUNT.firstAgent + nextInt(9), nextInt(20 * TOKEN)])],
    [6, opening],
    [6, ofOwner('depositEscrow', (escrow) => [escrow, asset(), units()])],
    [3, withdrawing],
    [1, ofOwner('transferEscrow', (escrow) => [escrow, agent()])],
    [1, () => action('depositEscrow', agent(), [id(counts.escrows()), asset(), nextInt(TOKEN)])],
  ];
}

function orderKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, read, oneOf, counts, inStates, by, keeper } = tools;
  const { escrowOwner, providerOwner } = tools;
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
  const ordering = (): Action | null => {
    if (s.orderTotals[F.orderTotals.openCount]! >= MAX_OPEN_ORDERS) return null;
    if (s.leaseTotals[F.leaseTotals.openCount]! >= MAX_OPEN_LEASES) return null;
    const escrow = oneOf(counts.escrows(), () => true);
    if (escrow === 0) return null;
    const asset = nextInt(3) === 0 ? nextInt(4) : 0;
    const mode = nextInt(5) < 2 ? ORDER_MODE.fizz : ORDER_MODE.provider;
    const terms = [
      nextInt(64) % 16,
      (1 + nextInt(nextInt(4) === 0 ? 8 : 2)) * HOUR_S,
      TOKEN + nextInt(6 * TOKEN),
      flags(),
    ];
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
    const fits = (p: number): boolean =>
      order <= counts.orders() && providerCode(s, order, p, 0) === 0 && !has.includes(p);
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
    const price = priceFor(order, read('fizzNodes', fizz, F.fizzNodes.priceUnits));
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
    [14, ordering],
    [26, bidding],
    [26, bidWithFizz],
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
    [14, central],
    [14, choosing],
    [30, voting],
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
  const isUnrated = (lease: number): boolean => get(lease, L.ratedTenths) === 0;
  return [
    [10, of('sendManifest', consumer, [S.awaiting], isRunning)],
    [10, of('confirmDeployment', payee, [S.deploying, S.down], isDeployable)],
    [4, of('withdrawLease', payee, running, () => true)],
    [2, of('extendLease', consumer, running, isRunning, () => (nextInt(12) === 0 ? 100 : 1 + nextInt(2)) * HOUR_S)],
    [4, updating],
    [4, of('acceptUpdate', owner, running, isProposed)],
    [1, of('rejectUpdate', owner, running, isProposed)],
    [2, closing],
    [10, ending],
    [4, pausing],
    [4, resuming],
    [3, of('rateLease', consumer, [S.closed], isUnrated, () => nextInt(51))],
  ];
}

function fizzKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, agent, read, oneOf, counts, inStates, by, keeper } = tools;
  const { fizzOwner, providerOwner, between } = tools;
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
    counts.fizzNodes() >= MAX_FIZZ ? null : action('configureFizz', agent(), [nextInt(40), ...offer()]);
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
    const inUse = oneOf(counts.providers(), (i) => isOpen(i) && read('subnets', i, F.subnets.memberCount) > 0);
    const gateway = inUse === 0 || nextInt(3) === 0 ? oneOf(counts.providers(), isOpen) : inUse;
    if (fizz === 0 || gateway === 0) return null;
    const least = leastDelegation(s, gateway);
    return by('joinSubnet', fizzOwner(fizz), [
      fizz,
      gateway,
      nextInt(10) === 0 ? nextInt(least) : least + nextInt(3 * TOKEN),
    ]);
  };
  const isBacked = (fizz: number): boolean => memberUnits(s, fizz) >= leastDelegation(s, get(fizz, Z.gateway));
  const accepting = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.registered])((i) => isBacked(i) || nextInt(8) === 0);
    return fizz === 0 ? null : by('acceptFizz', providerOwner(get(fizz, Z.gateway)), [fizz]);
  };
  /** An order that the node can serve. */
  const reserving = (): Action | null => {
    const fizz = inStates('fizzNodes', [S.active])();
    const fits = (order: number): boolean =>
      read('orders', order, F.orders.mode) === ORDER_MODE.fizz &&
      s.nowS <= read('orders', order, F.orders.bidUntilS) &&
      read('orders', order, F.orders.maxPriceUnits) >= get(fizz, Z.priceUnits) &&
      read('orders', order, F.orders.gpuTier) <= get(fizz, Z.gpuTier) &&
      (['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const).every(
        (name) => read('orders', order, F.orders[name]) <= get(fizz, Z[name]),
      );
    const order = inStates('orders', [ORDER_STATE.open])((i) => fits(i) || nextInt(10) === 0);
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
    [2, changing],
    [4, openGateway],
    [12, joining],
    [10, accepting],
    [26, reserving],
    [1, of('releaseFizz', [S.reserved], (fizz) => isOrderOver(fizz) || nextInt(20) === 0)],
    [1, of('leaveSubnet', [S.registered, S.active])],
    [5, of('finishLeave', [S.leaving], (fizz) => isPaid(fizz) || nextInt(10) === 0)],
    [4, detaching],
    [4, reattaching],
    [6, kept('flagFizz', [S.active], (fizz) => !isBacked(fizz) || nextInt(20) === 0)],
    [12, kept('releaseMember', [S.registered, S.active, S.reserved], hasLeft)],
    [1, undelegating],
    [1, leaving],
  ];
}

function subnetKinds(tools: Tools): readonly Proposal[] {
  const { s, nextInt, read, oneOf, counts, inStates, by, keeper, fizzOwner } = tools;
  const Z = F.fizzNodes;
  const S = FIZZ_STATE;
  const U = F.subnets;
  const members = [S.registered, S.active, S.reserved, S.serving, S.detached];
  const isOn = getParam(s, 'fizz.dao') === 1;
  const gatewayOf = (fizz: number): number => read('fizzNodes', fizz, Z.gateway);
  const proposal = (fizz: number): number => read('subnets', gatewayOf(fizz), U.proposal);
  const proposing = (): Action | null => {
    const fizz = inStates('fizzNodes', members)((i) => proposal(i) === 0 || nextInt(10) === 0);
    if (fizz === 0 || (!isOn && nextInt(10) > 0)) return null;
    const isShare = nextInt(4) === 0;
    const other = inStates(
      'fizzNodes',
      nextInt(2) === 0 ? [S.reserved] : members,
    )((i) => gatewayOf(i) === gatewayOf(fizz));
    const value = isShare ? nextInt(5_200) : other || fizz;
    return by('proposeSubnet', fizzOwner(fizz), [
      fizz,
      isShare ? PROPOSAL_KIND.gatewayShare : PROPOSAL_KIND.expel,
      value,
    ]);
  };
  const voting = (): Action | null => {
    const mayVote = (i: number): boolean =>
      proposal(i) !== 0 &&
      read('fizzNodes', i, Z.votedProposal) !== proposal(i) &&
      s.nowS <= read('subnets', gatewayOf(i), U.proposalEndS);
    const fizz = inStates('fizzNodes', members)((i) => mayVote(i) || nextInt(60) === 0);
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
    [3, proposing],
    [10, voting],
    [10, deciding],
    [3, rewarding],
  ];
}
