import { describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { mustPass, TOKEN } from './eraWorld.ts';
import {
  addDevice,
  addMember,
  addServing,
  CONSUMER,
  createFizzWorld,
  DEVICE_OWNER,
  GATEWAY,
  GATEWAY_OWNER,
  KEEPER,
  STRANGER,
} from './fizzWorld.ts';
import { findViolations, INVARIANTS } from './invariants.ts';
import { createTracker, rememberState, type Tracker } from './invariantTracker.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  BID_STATE,
  F,
  FIZZ_STATE,
  LEASE_STATE,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from './layout.ts';
import { HOUR_S } from './leaseMoney.ts';
import * as market from './marketInvariants.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { addProvider, enoughFor } from './providerWorld.ts';
import { emit, type State } from './state.ts';

const DOLLARS = 1;
const WALLET = 2;
const CLOSED_WALLET = 3;

/** An order of a wallet for 2 CPUs and ten hours, with a bid of the gateway of a token an hour. @returns its number */
function addBidden(s: State, escrow: number, asset: number): number {
  mustPass(s, 'createOrder', CONSUMER, [escrow, asset, 0, 2, 4, 10, 0, 0, 0, 10 * HOUR_S, 2 * TOKEN, 0]);
  const order = s.orderTotals[F.orderTotals.orderCount]!;
  mustPass(s, 'placeBid', GATEWAY_OWNER, [order, GATEWAY, TOKEN, 0]);
  return order;
}

function addLease(s: State, escrow: number, asset: number): number {
  const order = addBidden(s, escrow, asset);
  s.nowS += 5;
  mustPass(s, 'openMatching', KEEPER, [order]);
  mustPass(s, 'matchOrder', KEEPER, [order]);
  return s.leaseTotals[F.leaseTotals.leaseCount]!;
}

/**
 * The gateway, provider 1, has leases 1 (on fizz node 1), 2 in the token, 3 in dollars and the closed 4; provider 2 has
 * none. Fizz node 2 is an Active member, 3 belongs to no subnet. Order 5 is open, with bid 5. An hour has passed since, and
 * lease 3 was withdrawn from after half of it. Remembered as it is.
 */
function createMarket(): { s: State; tracker: Tracker } {
  const s = createFizzWorld({ 'escrow.brackets_enforced': 1, 'escrow.bracket_usd': 1 });
  mustPass(s, 'enableAsset', KEEPER, [DOLLARS]);
  mustPass(s, 'postPrices', KEEPER, [FP, FP, FP]);
  mustPass(s, 'issueAsset', KEEPER, [DOLLARS, CONSUMER, 200 * TOKEN]);
  mustPass(s, 'setAcceptedAssets', GATEWAY_OWNER, [GATEWAY, 15]);
  addProvider(s, STRANGER, 7, enoughFor(7));
  addServing(s);
  for (const wallet of [WALLET, CLOSED_WALLET]) {
    mustPass(s, 'openEscrow', CONSUMER, [0, 100 * TOKEN]);
    mustPass(s, 'depositEscrow', CONSUMER, [wallet, DOLLARS, 100 * TOKEN]);
  }
  addLease(s, WALLET, 0);
  const foreign = addLease(s, WALLET, DOLLARS);
  const closed = addLease(s, CLOSED_WALLET, 0);
  addMember(s);
  addDevice(s);
  s.nowS += HOUR_S / 2;
  mustPass(s, 'withdrawLease', GATEWAY_OWNER, [foreign]);
  mustPass(s, 'closeLease', CONSUMER, [closed]);
  s.nowS += HOUR_S / 2;
  addBidden(s, CLOSED_WALLET, 0);
  s.eventCount = 0;
  const tracker = createTracker();
  rememberState(s, tracker);
  return { s, tracker };
}

/** As if nothing had ever been checked: closed leases and orders that are over are looked at again. */
function forget(tracker: Tracker): void {
  tracker.market = market.createMarketMemory();
  tracker.nowS = 0;
}

type Change = (s: State, tracker: Tracker) => void;
type Break = readonly [id: string, what: string, write: Change, message: RegExp];
type Table = 'leases' | 'orders' | 'bids' | 'fizzNodes' | 'subnets' | 'escrowTotals' | 'orderTotals' | 'leaseTotals';

/** Writes fields of a record. */
const set =
  <T extends Table>(table: T, record: number, fields: Parameters<typeof writeRecord<T>>[3]): Change =>
  (s) =>
    writeRecord(s, table, record, fields);

/** Both changes, one after the other. */
const both =
  (...changes: readonly Change[]): Change =>
  (s, tracker) => {
    for (const change of changes) change(s, tracker);
  };

const forgetful: Change = (_, tracker) => forget(tracker);

const BREAKS: readonly Break[] = [
  [
    'INV-1',
    'a dollar from nowhere',
    (s) => {
      s.assetWallets[STRANGER * ASSET_COUNT + DOLLARS]! += 1;
    },
    /^All accounts hold 200000001 units of asset 1; 200000000 were issued$/,
  ],
  [
    'INV-2',
    'half a dollar',
    (s) => {
      s.assetWallets[CONSUMER * ASSET_COUNT + DOLLARS]! += 0.5;
    },
    /^assetWallets\[\d+\]\.units is \d*\.5/,
  ],
  ['INV-2', 'a negative lock', set('leases', 1, { lockedUnits: -1 }), /^leases\[1\]\.lockedUnits is -1/],
  [
    'INV-22',
    'a closed lease that runs again',
    set('leases', 4, { state: LEASE_STATE.serving }),
    /^leases\[4\] went from state 5 to 3/,
  ],
  [
    'INV-22',
    'an order that is open again',
    set('orders', 1, { state: ORDER_STATE.open }),
    /^orders\[1\] went from state 3 to 1/,
  ],
  [
    'INV-22',
    'a state of a fizz node that there is not',
    set('fizzNodes', 3, { state: 8 }),
    /^fizzNodes\[3\] is in state 8/,
  ],
  ['INV-22', 'a state of a subnet that there is not', set('subnets', 2, { state: 3 }), /^subnets\[2\] is in state 3/],
  ['INV-22', 'an order too many', set('orderTotals', 0, { openCount: 2 }), /^Open orders: 2 are counted, 1 are there$/],
  [
    'INV-22',
    'an operator too many',
    set('orderTotals', 0, { operatorCount: 1 }),
    /^Active operators: 1 are counted, 0 are there$/,
  ],
  [
    'INV-48',
    'a unit less in the escrow',
    (s) => {
      s.wallets[ACCOUNT.escrow]! -= 1;
    },
    /^The escrow holds \d+ units of asset 0 and owes \d+ unlocked and \d+ locked$/,
  ],
  [
    'INV-48',
    'a dollar less in the escrow',
    (s) => {
      s.assetWallets[ACCOUNT.escrow * ASSET_COUNT + DOLLARS]! -= 1;
    },
    /^The escrow holds \d+ units of asset 1/,
  ],
  [
    'INV-48',
    'a wrong total',
    set('escrowTotals', 0, { lockedUnits1: 7 }),
    /^The wallets have \d+ units of asset 1 unlocked and \d+ locked; \d+ and 7 are counted$/,
  ],
  [
    'INV-49',
    'a lease that has less locked than its wallet',
    (s) => {
      s.leases[2 * STRIDE.leases + F.leases.lockedUnits]! -= 1;
    },
    /^Wallet 2 has \d+ units of asset 0 locked; its leases have \d+$/,
  ],
  [
    'INV-49',
    'a closed lease with money',
    both(forgetful, set('leases', 4, { lockedUnits: 5 })),
    /^Closed lease 4 has 5 units locked$/,
  ],
  [
    'INV-49',
    'a closed lease with a place',
    both(forgetful, set('leases', 4, { place: 3 })),
    /^Closed lease 4 has place 3 among the open ones$/,
  ],
  ['INV-49', 'a place of another', set('leases', 2, { place: 1 }), /^Lease 2 is at place 1, where lease 1 is$/],
  [
    'INV-49',
    'a lease too many',
    set('leaseTotals', 0, { openCount: 4 }),
    /^4 leases are counted as open; there are 3$/,
  ],
  [
    'INV-49',
    'a place that was not vacated',
    (s) => {
      s.openLeases[4] = 4;
    },
    /^Lease 4 is at a place that is not in use$/,
  ],
  [
    'INV-50',
    'a payment that is taken back',
    set('leases', 3, { paidUnits: 1 }),
    /^Lease 3 has paid 1 units; it had paid 501388$/,
  ],
  [
    'INV-50',
    'more than was locked',
    set('leases', 2, { paidUnits: 11 * TOKEN }),
    /^Lease 2 has cost 11000000 units; 10000000 were ever locked$/,
  ],
  [
    'INV-50',
    'more than its seconds',
    set('leases', 3, { paidUnits: 600_000 }),
    /^Lease 3 has paid 600000 units; its seconds have come to 501388$/,
  ],
  [
    'INV-50',
    'an outage that was charged',
    set('leases', 3, { downSinceS: 100 }),
    /^Lease 3 has paid 501388 units; its seconds have come to 23611$/,
  ],
  [
    'INV-50',
    'seconds that were not charged at its end',
    both(forgetful, set('leases', 4, { paidUnits: 400_000 })),
    /^Closed lease 4 has paid 400000 units of 500000, and a second more was funded$/,
  ],
  [
    'INV-51',
    'units that are lost',
    set('leases', 3, { paidUnits: 501_389 }),
    /^Lease 3 has paid 501389 units and a fee of \d+, \d+ are locked; \d+ were$/,
  ],
  [
    'INV-51',
    'a share of more than all',
    (s) => {
      writeRecord(s, 'leases', 3, { rebateBps: 100_000 });
    },
    /^What lease 3 has paid, 501388 units, is shared as \{/,
  ],
  [
    'INV-51',
    'a gateway’s share without a fizz node',
    set('leases', 2, { gatewayBps: 3 }),
    /^Lease 2 without a fizz node pays 3 bps to a gateway$/,
  ],
  [
    'INV-52',
    'a user fee on the token',
    set('leases', 2, { userFeeBps: 1 }),
    /^Lease 2 in the token bears fees of 1 and 0 bps$/,
  ],
  [
    'INV-52',
    'a provider fee on the token',
    set('leases', 2, { providerFeeBps: 1 }),
    /^Lease 2 in the token bears fees of 0 and 1 bps$/,
  ],
  [
    'INV-53',
    'a CPU that no lease uses',
    (s) => writeRecord(s, 'providerUse', 1, { cpuCount: 5 }),
    /^Provider 1 counts cpuCount 5 in use; its leases have 4$/,
  ],
  [
    'INV-53',
    'a lease that a provider does not count',
    (s) => writeRecord(s, 'providerUse', 1, { leaseCount: 2 }),
    /^Provider 1 counts leaseCount 2 in use; its leases have 3$/,
  ],
  [
    'INV-53',
    'more than was registered',
    (s) => writeRecord(s, 'providers', 1, { memoryGb: 7 }),
    /^Provider 1 has memoryGb 8 in use of 7$/,
  ],
  [
    'INV-53',
    'memory that a wallet does not count',
    (s) => writeRecord(s, 'escrows', WALLET, { memoryGb: 4 }),
    /^Wallet 2 counts memoryGb 4; its leases have 8$/,
  ],
  [
    'INV-53',
    'a member that is free beside its lease',
    set('fizzNodes', 1, { state: FIZZ_STATE.active }),
    /^Fizz node 1 in state 3 has lease 1$/,
  ],
  [
    'INV-53',
    'a fizz node that serves a closed lease',
    set('fizzNodes', 1, { lease: 4 }),
    /^Fizz node 1 serves lease 4 in state 5, which is on node 0$/,
  ],
  [
    'INV-53',
    'a lease that is larger than its fizz node',
    set('fizzNodes', 1, { storageGb: 99 }),
    /^Lease 1 has storageGb 100 on fizz node 1, which has 99$/,
  ],
  [
    'INV-53',
    'more free in a subnet than there is',
    set('subnets', 1, { freeMemoryGb: 17 }),
    /^Subnet 1 counts memoryGb 17 as free; its Active members have 16$/,
  ],
  [
    'INV-54',
    'a bid above the maximum',
    both(forgetful, set('bids', 5, { priceUnits: 2 * TOKEN + 1 })),
    /^Bid 5 asks 2000001 units; order 5 pays 2000000 at most$/,
  ],
  ['INV-54', 'a bid for nothing', both(forgetful, set('bids', 5, { priceUnits: 0 })), /^Bid 5 asks 0 units/],
  [
    'INV-54',
    'a bid of a fizz node on an order for providers',
    both(forgetful, set('bids', 5, { fizz: 2 })),
    /^Bid 5 with fizz node 2 is on order 5 of mode 0$/,
  ],
  [
    'INV-54',
    'a bid after the window',
    both(set('orders', 5, { bidUntilS: 9 }), (_, tracker) => {
      tracker.market.bidCount = 4;
    }),
    /^Bid 5 came after \d+ s on order 5, open to bids until 9 s$/,
  ],
  [
    'INV-54',
    'a bid of a provider that was never staked',
    both(
      (_, tracker) => {
        tracker.market.bidCount = 4;
      },
      (s) => writeRecord(s, 'providers', 1, { state: PROVIDER_STATE.proposed }),
    ),
    /^Bid 5 is of provider 1 in state 1, which was never staked$/,
  ],
  [
    'INV-54',
    'a bid in an asset that the provider has not accepted',
    both(
      (_, tracker) => {
        tracker.market.bidCount = 2;
        tracker.nowS = 0;
      },
      (s) => writeRecord(s, 'providerMarket', 1, { isAssetsSet: 0 }),
    ),
    /^Bid 3 is in asset 1; provider 1 takes the token alone$/,
  ],
  [
    'INV-55',
    'two leases of an order',
    both(forgetful, set('leases', 3, { order: 2 })),
    /^Order 2 has open leases 2 and 3$/,
  ],
  [
    'INV-55',
    'a lease that its order does not know',
    set('orders', 2, { lease: 4 }),
    /^Order 2 has lease 4; lease 2 of it is open$/,
  ],
  ['INV-55', 'another provider', set('leases', 2, { provider: 2 }), /^Lease 2 has provider 2; it began with 1$/],
  ['INV-55', 'other terms', set('leases', 3, { userFeeBps: 0 }), /^Lease 3 has userFeeBps 0; it began with \d+$/],
  [
    'INV-55',
    'another wallet than the order’s',
    set('orders', 2, { escrow: 1 }),
    /^Lease 2 is paid from wallet 2; its order 2 from 1$/,
  ],
  [
    'INV-55',
    'an order that is over with an open bid',
    both(forgetful, set('bids', 4, { state: BID_STATE.open })),
    /^Bid 4 is open; its order 4 is in state 3$/,
  ],
  [
    'INV-55',
    'a leased order without a winner',
    both(forgetful, set('bids', 4, { state: BID_STATE.out })),
    /^Order 4 in state 3 has lease 4 and winning bid 0$/,
  ],
  [
    'INV-55',
    'a winner that has not got the lease',
    both(forgetful, set('bids', 4, { provider: 2 })),
    /^Bid 4 of provider 2 won order 4; lease 4 is of provider 1$/,
  ],
  [
    'INV-55',
    'a bid of another order',
    set('orders', 5, { lastBid: 4 }),
    /^Bid 4 on order 4 is in the list of order 5$/,
  ],
  [
    'INV-55',
    'two bids of a provider',
    both(set('orderTotals', 0, { bidCount: 6 }), set('orders', 5, { lastBid: 6 }), (s) =>
      writeRecord(s, 'bids', 6, { ...readRecord(s, 'bids', 5), previous: 5 }),
    ),
    /^Provider 1 has two open bids on order 5$/,
  ],
  [
    'INV-56',
    'a lease beyond the brackets',
    (s) => {
      addLease(s, CLOSED_WALLET, 0);
      writeRecord(s, 'escrows', CLOSED_WALLET, { cpuCount: 4_000 });
    },
    /^Wallet 3 needs 500 brackets for its leases and holds \d+; lease 5 has begun$/,
  ],
  [
    'INV-57',
    'a configured node with a gateway',
    set('fizzNodes', 3, { gateway: 1 }),
    /^Fizz node 3 in state 1 has gateway 1 and delegation 0$/,
  ],
  [
    'INV-57',
    'a node that is kept for an order',
    set('fizzNodes', 2, { order: 5 }),
    /^Fizz node 2 in state 3 is kept for order 5$/,
  ],
  [
    'INV-57',
    'a member with the delegation of somebody else',
    set('fizzNodes', 2, { owner: STRANGER }),
    /^Fizz node 2 of account \d+ at gateway 1 has delegation 2 of account \d+ to entity 1 of kind 9$/,
  ],
  [
    'INV-57',
    'a member that was acknowledged with too little',
    (s) => {
      mustPass(s, 'joinSubnet', DEVICE_OWNER, [3, GATEWAY, 10 * TOKEN]);
      s.eventCount = 0;
      mustPass(s, 'acceptFizz', GATEWAY_OWNER, [3]);
      writeRecord(s, 'delegations', 3, { units: 9 });
    },
    /^Fizz node 3 was acknowledged with 9 units delegated; gateway 1 wants 10000000$/,
  ],
  [
    'INV-58',
    'a gateway that is no provider',
    set('fizzNodes', 2, { gateway: 3 }),
    /^Fizz node 2 has gateway 3; there are 2 providers$/,
  ],
  ['INV-58', 'a miscounted member', set('subnets', 1, { memberCount: 3 }), /^Subnet 1 counts 3 members; it has 2$/],
  [
    'INV-58',
    'a subnet that is dissolved with members',
    set('subnets', 1, { state: SUBNET_STATE.dissolved }),
    /^Subnet 1 in state 2 has 2 members$/,
  ],
];

describe('invariants of the market', () => {
  it('given leases in two assets, a closed one and a subnet > all hold, also for who has never looked', () => {
    const { s, tracker } = createMarket();
    expect(findViolations(s, tracker)).toEqual([]);
    forget(tracker);
    expect(findViolations(s, tracker)).toEqual([]);
  });

  it.each(BREAKS)('%s given %s > says so', (id, _what, write, message) => {
    const { s, tracker } = createMarket();
    write(s, tracker);
    expect(INVARIANTS.find((candidate) => candidate.id === id)!.check(s, tracker)).toMatch(message);
  });

  it('are all broken above', () => {
    const broken = new Set(BREAKS.map(([id]) => id));
    for (let number = 48; number <= 58; number++) expect(broken).toContain(`INV-${number}`);
  });

  it('INV-56 given a wallet that has paid since the lease began > promises nothing', () => {
    const { s } = createMarket();
    addLease(s, CLOSED_WALLET, 0);
    writeRecord(s, 'escrows', CLOSED_WALLET, { cpuCount: 4_000 });
    emit(s, 'Moved', ACCOUNT.escrow, CONSUMER, 1, 0);
    expect(market.bracketsAreHeld(s)).toBeNull();
  });

  it('INV-57 given a member that was slashed after it was acknowledged > allows it until it is flagged', () => {
    const { s, tracker } = createMarket();
    writeRecord(s, 'delegations', 2, { units: 9 });
    expect(market.membersBackTheirGateway(s, tracker)).toBeNull();
  });

  it('INV-50 given a lease that was closed when its money was over > demands no more than it covered', () => {
    const { s, tracker } = createMarket();
    forget(tracker);
    // 0.4 tokens were locked for half an hour at a token an hour.
    writeRecord(s, 'leases', 4, { paidUnits: 400_000, fundedUnits: 400_000 });
    expect(market.accrualsAreDue(s, tracker)).toBeNull();
  });

  it('given a lease that was closed after the last check > looks at it once more, and then no more', () => {
    const { s, tracker } = createMarket();
    mustPass(s, 'closeLease', CONSUMER, [2]);
    writeRecord(s, 'leases', 2, { lockedUnits: 1 });
    expect(market.locksAreOfLeases(s, tracker)).toBe('Closed lease 2 has 1 units locked');
    rememberState(s, tracker);
    expect(market.locksAreOfLeases(s, tracker)).toBeNull();
  });
});
