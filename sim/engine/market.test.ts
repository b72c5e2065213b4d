import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR_S, MarketStand, type StandOptions, TOKEN } from '../cli/marketStand.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  CLOSE_REASON,
  DOLLAR_ASSET,
  FIZZ_STATE,
  LEASE_STATE,
  ORDER_STATE,
  PROPOSAL_KIND,
  PROVIDER_STATE,
  SUBNET_STATE,
} from '../protocol/layout.ts';
import { winnerOf } from '../protocol/matching.ts';
import { readRecord, writeRecord } from '../protocol/nodeWorld.ts';
import { PHASE } from './agentContract.ts';
import type { Prices } from './oracle.ts';

const ALWAYS = 10_000;
/** Phase in which matching runs, seconds into the slot. */
const MATCH_S = PHASE.match;
const SERVE_S = PHASE.serve;
/** Default of fizz.poll_s. */
const POLL_S = 60;

let stand: MarketStand;
const open = async (options: StandOptions = {}): Promise<MarketStand> => (stand = await MarketStand.open(options));
const orderState = (order: number): number => readRecord(stand.s, 'orders', order).state;
/** What is sent, without the prices. */
const enter = (): string[] => stand.enter().filter((text) => !text.startsWith('postPrices'));

/** Slot 0 with so many providers and a filled escrow wallet. */
async function prepared(options: StandOptions = {}, providers = 1): Promise<{ providers: number[]; escrow: number }> {
  await open(options);
  stand.enter();
  return { providers: Array.from({ length: providers }, (_, n) => stand.addProvider(n)), escrow: stand.addEscrow() };
}

describe('market > prices', () => {
  const posts = (slots: number): string[][] =>
    Array.from({ length: slots }, () => stand.enter().filter((text) => text.startsWith('postPrices')));

  it('are posted at the start of the first slot, and not again while they stand still', async () => {
    await open();
    expect(posts(4)).toEqual([['postPrices(48600000000,7290000000000,145800000000000)'], [], [], []]);
  });

  it('are posted at the start of every slot in which any of them has changed', async () => {
    const path: readonly Prices[] = [
      [50_000, 2, 3],
      [50_000, 2, 3],
      [50_000, 2, 4],
      [50_001, 2, 4],
    ];
    await open({ params: { 'oracle.model': 2 }, path });
    expect(posts(6)).toEqual([
      ['postPrices(50000000000,2000000,3000000)'],
      [],
      ['postPrices(50000000000,2000000,4000000)'],
      ['postPrices(50001000000,2000000,4000000)'],
      [],
      [],
    ]);
  });

  it('are the first thing that is sent, so that all of the slot counts with them', async () => {
    await open({ params: { 'oracle.model': 1, 'oracle.vol_bps_day': 500 } });
    stand.enter();
    const provider = stand.addProvider();
    stand.serve(stand.addEscrow(), provider);
    stand.setOnline(stand.of('miner'), false);
    expect(stand.enter().map((text) => text.split('(')[0])).toEqual(['postPrices', 'pauseLease']);
  });
});

describe('market > money from outside', () => {
  it('comes to those who start with dollars, in the first slot, after the dollar is enabled', async () => {
    await open({ dollars: 300 });
    const [first, second] = [stand.of('consumer', 0), stand.of('consumer', 1)];
    expect(enter()).toEqual([
      `enableAsset(${DOLLAR_ASSET})`,
      `issueAsset(${DOLLAR_ASSET},${first},${300 * TOKEN})`,
      `issueAsset(${DOLLAR_ASSET},${second},${300 * TOKEN})`,
    ]);
    expect(stand.s.assetWallets[first * ASSET_COUNT + DOLLAR_ASSET]).toBe(300 * TOKEN);
    expect(enter()).toEqual([]);
  });

  it('comes to nobody, and no asset is enabled, where nobody starts with dollars', async () => {
    await open();
    expect(enter()).toEqual([]);
  });
});

describe('market > matching', () => {
  it('hands an order to matching once its window is over, and matches it in the same block', async () => {
    const { providers, escrow } = await prepared();
    const order = stand.order(escrow);
    stand.bid(order, providers[0]!);
    expect(stand.run('open')).toEqual([]);
    expect(stand.run('match')).toEqual([`openMatching(${order})`, `matchOrder(${order})`]);
    expect([orderState(order), stand.lease(1).provider]).toEqual([ORDER_STATE.leased, providers[0]]);
    expect(stand.run('match')).toEqual([]);
  });

  it('lets an order end that nobody has bid for', async () => {
    const { escrow } = await prepared();
    const order = stand.order(escrow);
    expect(stand.run('match')).toEqual([`openMatching(${order})`]);
    expect(orderState(order)).toBe(ORDER_STATE.expired);
  });

  it('waits while the window for bids is open', async () => {
    const { providers, escrow } = await prepared({ params: { 'order.bid_window_blocks': 10 } });
    const order = stand.order(escrow);
    stand.bid(order, providers[0]!);
    expect(stand.run('match')).toEqual([]);
    stand.enter();
    expect([orderState(order), stand.run('match')]).toEqual([ORDER_STATE.open, [`openMatching(${order})`]]);
  });

  describe('while the engine is down', () => {
    const TWO_SLOTS = { 'order.ttl_blocks': 3_600 };
    const down = (isDown: boolean) => stand.setParam('match.outage_bps_slot', isDown ? ALWAYS : 0);

    it('orders wait, counted slot by slot; one whose time ends before the next matching is not matched any more', async () => {
      const { providers, escrow } = await prepared({ params: TWO_SLOTS });
      down(true);
      enter();
      const order = stand.order(escrow);
      stand.bid(order, providers[0]!);
      expect(stand.run('match')).toEqual([`openMatching(${order})`]);
      expect(orderState(order)).toBe(ORDER_STATE.matching);
      enter();
      expect([...stand.run('open'), ...stand.run('match')]).toEqual([]);
      expect(stand.keeper.figures()).toMatchObject({ outageSlots: 2, backlogSlots: 2 });
      down(false);
      enter();
      // Its last second is that of phase open.
      expect(readRecord(stand.s, 'orders', order).expiresS).toBe(stand.startS() + PHASE.open);
      expect([...stand.run('open'), ...stand.run('match')]).toEqual([]);
      enter();
      expect(stand.run('open')).toEqual([`expireOrder(${order})`]);
      expect(stand.keeper.figures()).toMatchObject({ outageSlots: 2, backlogSlots: 2 });
    });

    it('an order waits, and is matched in the next slot in which the engine is up (MATCH-9)', async () => {
      const { providers, escrow } = await prepared({ params: TWO_SLOTS });
      down(true);
      enter();
      const order = stand.order(escrow);
      stand.bid(order, providers[0]!);
      stand.run('match');
      down(false);
      enter();
      expect([...stand.run('open'), ...stand.run('match')]).toEqual([`matchOrder(${order})`]);
      expect([orderState(order), stand.lease(1).startS]).toEqual([ORDER_STATE.leased, stand.startS() + MATCH_S]);
      expect(stand.keeper.figures()).toMatchObject({ outageSlots: 1, backlogSlots: 1 });
    });

    it('an order that waits too long expires in phase open of the first slot after its time, and frees its device', async () => {
      const { providers, escrow } = await prepared();
      const fizz = stand.addMember(providers[0]!);
      down(true);
      enter();
      const order = stand.order(escrow, { mode: 1 });
      stand.do('reserveFizz', stand.of('fizz'), [fizz, order]);
      stand.bid(order, providers[0]!, TOKEN, fizz);
      stand.run('match');
      expect(stand.fizz(fizz).state).toBe(FIZZ_STATE.reserved);
      down(false);
      enter();
      expect(stand.run('open')).toEqual([`expireOrder(${order})`]);
      expect(stand.run('match')).toEqual([]);
      expect([orderState(order), stand.fizz(fizz).state]).toEqual([ORDER_STATE.expired, FIZZ_STATE.active]);
    });

    it('orders without bids end all the same, and leases that are over are closed', async () => {
      const { providers, escrow } = await prepared();
      const lease = stand.serve(escrow, providers[0]!, 1);
      down(true);
      enter();
      const order = stand.order(escrow);
      expect(stand.run('match')).toEqual([`endLease(${lease})`, `openMatching(${order})`]);
      expect(orderState(order)).toBe(ORDER_STATE.expired);
    });
  });

  it('is left to the consumer where consumers choose, and to the operators where they vote', async () => {
    for (const params of [{ 'match.user_choice': 1 }, { 'match.mode': 1 }] as const) {
      const { providers, escrow } = await prepared({ params });
      const order = stand.order(escrow);
      stand.bid(order, providers[0]!);
      expect(stand.run('match')).toEqual([`openMatching(${order})`]);
      expect(orderState(order)).toBe(ORDER_STATE.matching);
    }
  });

  it.each([
    ['for the bid that F-15 gives', true, 0],
    ['for another', false, 1],
  ])('by a vote %s > is counted, as right or wrong (BEH-48)', async (_, isRight, wrongMatches) => {
    const { providers, escrow } = await prepared({ params: { 'match.mode': 1, 'match.operators': 1 } }, 2);
    const operator = stand.of('matchmaker');
    stand.do('joinOperators', operator, []);
    const order = stand.order(escrow);
    const bids = [stand.bid(order, providers[0]!, TOKEN / 2), stand.bid(order, providers[1]!, TOKEN)];
    stand.run('match');
    const winner = winnerOf(stand.s, order);
    const vote = bids.find((bid) => (bid === winner) === isRight)!;
    stand.do('voteMatch', operator, [order, 0, vote], SERVE_S);
    expect(orderState(order)).toBe(ORDER_STATE.leased);
    expect(stand.keeper.figures()).toMatchObject({ votedMatches: 1, wrongMatches, backlogSlots: 0 });
  });

  it('by operators who are late > lets an order wait, slot by slot', async () => {
    const { providers, escrow } = await prepared({ params: { 'match.mode': 1, 'order.ttl_blocks': 7_200 } });
    stand.do('joinOperators', stand.of('matchmaker'), []);
    const order = stand.order(escrow);
    stand.bid(order, providers[0]!);
    stand.run('match');
    for (const waited of [1, 2]) {
      enter();
      stand.run('match');
      expect(stand.keeper.figures().backlogSlots).toBe(waited);
    }
  });
});

describe('market > services of providers', () => {
  it('are paused at the start of the slot in which the machine is gone, and resumed at the start of the one in which it is back', async () => {
    const { providers, escrow } = await prepared();
    const lease = stand.serve(escrow, providers[0]!, 8);
    stand.setOnline(stand.of('miner'), false);
    expect(enter()).toEqual([`pauseLease(${lease},${HOUR_S})`]);
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.down, downSinceS: HOUR_S, breachCount: 1 });
    expect(enter()).toEqual([]);
    stand.setOnline(stand.of('miner'), true);
    expect(enter()).toEqual([`resumeLease(${lease},${3 * HOUR_S})`]);
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.serving, downSinceS: 0, pausedS: 2 * HOUR_S });
    expect(enter()).toEqual([]);
  });

  it('are paused lease by lease, and those of other providers go on', async () => {
    const { providers, escrow } = await prepared({}, 2);
    const leases = [
      stand.serve(escrow, providers[0]!),
      stand.serve(escrow, providers[1]!),
      stand.serve(escrow, providers[0]!),
    ];
    stand.setOnline(stand.of('miner', 0), false);
    expect(enter()).toEqual([`pauseLease(${leases[0]},${HOUR_S})`, `pauseLease(${leases[2]},${HOUR_S})`]);
  });

  it('that have not begun are not paused', async () => {
    const { providers, escrow } = await prepared();
    const order = stand.order(escrow);
    stand.bid(order, providers[0]!);
    stand.run('match');
    stand.setOnline(stand.of('miner'), false);
    expect(enter()).toEqual([]);
  });

  describe('that are not deployed in time', () => {
    async function awaited(manifestS: number): Promise<number> {
      const { providers, escrow } = await prepared();
      const order = stand.order(escrow);
      stand.bid(order, providers[0]!);
      stand.run('match');
      const lease = stand.leaseOf(order);
      stand.do('sendManifest', stand.of('consumer'), [lease], manifestS);
      return lease;
    }

    it('are down from the second on that the SLA allows, found at the end of the slot (LEASE-4)', async () => {
      const lease = await awaited(MATCH_S);
      expect(stand.run('close')).toEqual([`pauseLease(${lease},${MATCH_S + 300})`]);
      expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.down, downSinceS: MATCH_S + 300, breachCount: 1 });
      expect(stand.run('close')).toEqual([]);
    });

    it('are in time up to the last second', async () => {
      const lease = await awaited(PHASE.close - 300);
      expect(stand.run('close')).toEqual([]);
      enter();
      expect(stand.run('close')).toEqual([`pauseLease(${lease},${PHASE.close})`]);
    });

    it('come up with their deployment, not with the machine', async () => {
      const lease = await awaited(MATCH_S);
      stand.run('close');
      expect(enter()).toEqual([]);
      stand.do('confirmDeployment', stand.of('miner'), [lease], SERVE_S);
      expect(stand.lease(lease)).toMatchObject({
        ...{ state: LEASE_STATE.serving, pausedS: HOUR_S + SERVE_S - MATCH_S - 300 },
      });
    });

    it('are none where the consumer has sent no manifest', async () => {
      const { providers, escrow } = await prepared();
      const order = stand.order(escrow);
      stand.bid(order, providers[0]!);
      stand.run('match');
      enter();
      expect(stand.run('close')).toEqual([]);
    });
  });
});

describe('market > ends of leases', () => {
  it('come in phase match, to the second, for what was rented for whole hours from there', async () => {
    const { providers, escrow } = await prepared();
    const lease = stand.serve(escrow, providers[0]!, 2);
    enter();
    expect(stand.run('match')).toEqual([]);
    expect(enter()).toEqual([]);
    expect(stand.run('match')).toEqual([`endLease(${lease})`]);
    expect(stand.lease(lease)).toMatchObject({ closeReason: CLOSE_REASON.ended, paidUnits: 2 * TOKEN });
    expect(stand.lease(lease).closedS).toBe(stand.lease(lease).endS);
  });

  it('come at the start of the next slot where they lie between the two', async () => {
    const { providers, escrow } = await prepared();
    const lease = stand.serve(escrow, providers[0]!, 2);
    stand.do('extendLease', stand.of('consumer'), [lease, HOUR_S], SERVE_S);
    writeRecord(stand.s, 'leases', lease, { endS: 3 * HOUR_S - 1 });
    for (let slot = 1; slot < 3; slot++) expect([...enter(), ...stand.run('match')]).toEqual([]);
    expect(enter()).toEqual([`endLease(${lease})`]);
  });

  it('come when what was locked is used up', async () => {
    const { providers } = await prepared({ params: { 'escrow.min_cover_bps': 5_000 } });
    const lease = stand.serve(stand.addEscrow(1, 2), providers[0]!, 4);
    enter();
    expect(stand.run('match')).toEqual([]);
    expect(enter()).toEqual([]);
    expect(stand.run('match')).toEqual([`endLease(${lease})`]);
    expect(stand.lease(lease)).toMatchObject({ closeReason: CLOSE_REASON.exhausted, paidUnits: 2 * TOKEN });
  });

  it('come at the start of the slot after the provider is out of service', async () => {
    const { providers, escrow } = await prepared();
    const lease = stand.serve(escrow, providers[0]!);
    writeRecord(stand.s, 'providers', providers[0]!, { state: PROVIDER_STATE.suspended });
    expect(enter()).toEqual([`endLease(${lease})`]);
    expect(stand.lease(lease).closeReason).toBe(CLOSE_REASON.providerLost);
  });
});

describe('market > fizz nodes', () => {
  async function serving(options: StandOptions = {}): Promise<{ lease: number; fizz: number; escrow: number }> {
    const { providers, escrow } = await prepared(options);
    const fizz = stand.addMember(providers[0]!);
    return { lease: stand.serveFizz(escrow, providers[0]!, fizz), fizz, escrow };
  }
  const away = () => stand.setOnline(stand.of('fizz'), false);
  const back = () => stand.setOnline(stand.of('fizz'), true);

  it('that are off are detached when their gateway polls, their leases paused; back in the next slot, they go on', async () => {
    const { lease, fizz } = await serving();
    away();
    expect(enter()).toEqual([]);
    expect(stand.run('open')).toEqual([`detachFizz(${fizz},${HOUR_S + POLL_S})`]);
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.down, downSinceS: HOUR_S + POLL_S });
    back();
    expect(enter()).toEqual([]);
    expect(stand.run('open')).toEqual([`reattachFizz(${fizz},${2 * HOUR_S + POLL_S})`]);
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.serving, pausedS: HOUR_S });
    expect(stand.fizz(fizz).state).toBe(FIZZ_STATE.serving);
  });

  it('that stay off for an hour lose their leases (FIZZ-9)', async () => {
    const { lease, fizz } = await serving();
    away();
    enter();
    stand.run('open');
    expect([...stand.run('match'), ...stand.run('close'), ...enter(), ...stand.run('open')]).toEqual([]);
    expect(stand.run('match')).toEqual([`endLease(${lease})`]);
    expect(stand.lease(lease).closeReason).toBe(CLOSE_REASON.outage);
    expect(stand.fizz(fizz).state).toBe(FIZZ_STATE.active);
    expect(enter()).toEqual([]);
  });

  it('given fizz.outage_close_s of three hours > keep them for so long', async () => {
    const { lease } = await serving({ params: { 'fizz.outage_close_s': 3 * HOUR_S } });
    away();
    enter();
    stand.run('open');
    const slot = () => [...enter(), ...stand.run('open'), ...stand.run('match')];
    expect([slot(), slot(), slot()]).toEqual([[], [], [`endLease(${lease})`]]);
  });

  it('are detached with their gateway, whatever it hides', async () => {
    const { fizz } = await serving({ miners: SKIMMER });
    stand.setOnline(stand.of('miner'), false);
    expect(enter()).toEqual([`detachFizz(${fizz},${HOUR_S})`]);
    expect(stand.keeper.figures().hiddenOutageS).toBe(0);
  });

  it('of a gateway that hides failures are charged on while they are off (BEH-39)', async () => {
    const { lease } = await serving({ miners: SKIMMER });
    away();
    expect([enter(), enter()]).toEqual([[], []]);
    expect(stand.lease(lease).state).toBe(LEASE_STATE.serving);
    expect(stand.keeper.figures().hiddenOutageS).toBe(2 * HOUR_S);
    back();
    expect(enter()).toEqual([]);
    expect(stand.keeper.figures().hiddenOutageS).toBe(2 * HOUR_S);
  });

  it('without a lease are left alone, on or off', async () => {
    const { providers } = await prepared();
    stand.addMember(providers[0]!);
    away();
    expect([enter(), stand.run('open')]).toEqual([[], []]);
  });
});

const SKIMMER: NonNullable<StandOptions['miners']> = {
  strategy: 'skimmer',
  options: { facets: 'spheron', hides_failures: 1 },
};

describe('market > subnets', () => {
  it('whose gateway has left release their members, one by one', async () => {
    const { providers } = await prepared();
    const members = [stand.addMember(providers[0]!, 0), stand.addMember(providers[0]!, 1)];
    writeRecord(stand.s, 'providers', providers[0]!, { state: PROVIDER_STATE.deactivated });
    enter();
    expect(stand.run('open')).toEqual(members.map((fizz) => `releaseMember(${fizz})`));
    expect(members.map((fizz) => stand.fizz(fizz).state)).toEqual([FIZZ_STATE.configured, FIZZ_STATE.configured]);
    expect(readRecord(stand.s, 'subnets', providers[0]!).state).toBe(SUBNET_STATE.dissolved);
    expect(stand.run('open')).toEqual([]);
  });

  it('release a member that serves once its lease is over', async () => {
    const { providers, escrow } = await prepared();
    const fizz = stand.addMember(providers[0]!);
    const lease = stand.serveFizz(escrow, providers[0]!, fizz);
    writeRecord(stand.s, 'providers', providers[0]!, { state: PROVIDER_STATE.deactivated });
    expect(stand.run('open')).toEqual([]);
    expect(enter()).toEqual([`endLease(${lease})`]);
    expect(stand.run('open')).toEqual([`releaseMember(${fizz})`]);
  });

  it('flag a member whose delegation has fallen below the least, not one that just has it', async () => {
    const { providers } = await prepared();
    const members = [stand.addMember(providers[0]!, 0), stand.addMember(providers[0]!, 1)];
    const hold = (fizz: number, units: number) =>
      writeRecord(stand.s, 'delegations', stand.fizz(fizz).delegation, { units });
    hold(members[0]!, 10 * TOKEN);
    hold(members[1]!, 10 * TOKEN - 1);
    expect(stand.run('open')).toEqual([`flagFizz(${members[1]})`]);
    expect(stand.fizz(members[1]!).state).toBe(FIZZ_STATE.registered);
    expect(stand.run('open')).toEqual([]);
  });

  it('have a vote decided once it is over, once for all members', async () => {
    const { providers } = await prepared({ params: { 'fizz.dao': 1 } });
    const members = [stand.addMember(providers[0]!, 0), stand.addMember(providers[0]!, 1)];
    stand.do('proposeSubnet', stand.of('fizz', 0), [members[0]!, PROPOSAL_KIND.gatewayShare, 700]);
    stand.do('voteSubnet', stand.of('fizz', 0), [members[0]!, 1]);
    const { proposalEndS } = readRecord(stand.s, 'subnets', providers[0]!);
    // Exactly at its end a vote may still come.
    writeRecord(stand.s, 'subnets', providers[0]!, { proposalEndS: HOUR_S + PHASE.open });
    expect(proposalEndS).toBe(24 * HOUR_S + PHASE.open);
    enter();
    stand.s.nowS = HOUR_S + PHASE.open;
    expect([...stand.keeper.open(stand.s)]).toEqual([]);
    enter();
    expect(stand.run('open')).toEqual([`decideSubnet(${providers[0]})`]);
    expect(readRecord(stand.s, 'subnets', providers[0]!)).toMatchObject({
      gatewayBps: 700,
      isShareFixed: 1,
      proposal: 0,
    });
    expect(stand.run('open')).toEqual([]);
  });
});

describe('market > rewards of fizz nodes (F-24)', () => {
  const DOCS = { 'fizz.reward_mode': 1 } as const;
  /** What F-24 gives for 4 CPUs, delivered in full. */
  const FULL = 4 * 25 * TOKEN;

  /** A device in a subnet and one in none, each with a machine that has all that is exposed, in so many slots. */
  async function day(
    params: NonNullable<StandOptions['params']>,
    slots: number,
    offSlots: readonly number[],
  ): Promise<number> {
    const { providers } = await prepared({ params });
    const fizz = stand.addMember(providers[0]!);
    stand.do('configureFizz', stand.of('fizz', 1), [77, 4, 8, 100, 0, 0, TOKEN]);
    const { agents } = stand.shared.roster;
    const size = stand.shared.capacity.length / agents.length;
    for (const { agent } of agents) stand.shared.capacity.fill(1_000, agent * size, agent * size + size);
    for (let slot = 1; slot <= slots; slot++) {
      stand.setOnline(stand.of('fizz'), !offSlots.includes(slot));
      enter();
    }
    return fizz;
  }

  it('go to members that were there and delivered, to nobody else', async () => {
    await day(DOCS, 4, []);
    expect(stand.run('report')).toEqual([`rewardFizz(0,2,[${FULL},0])`]);
  });

  it('go by what the machine has of the exposed', async () => {
    await day(DOCS, 2, []);
    const { agents } = stand.shared.roster;
    const size = stand.shared.capacity.length / agents.length;
    const agent = stand.of('fizz') - ACCOUNT.firstAgent;
    // 3 of 4 CPUs, and half of it counts for CPUs: 12.5 % less.
    stand.shared.capacity[agent * size] = 3;
    expect(stand.run('report')).toEqual([`rewardFizz(0,2,[${(FULL * 7) / 8},0])`]);
  });

  it.each([
    ['half of the slots', [3, 4], FULL],
    ['less than that', [2, 3, 4], 0],
  ])('given that it was there in %s > go by the uptime gate', async (_, offSlots, units) => {
    await day(DOCS, 4, offSlots);
    expect(stand.run('report')).toEqual([`rewardFizz(0,2,[${units},0])`]);
  });

  it('count a gateway that is off as an outage of its members', async () => {
    await day(DOCS, 1, []);
    stand.setOnline(stand.of('miner'), false);
    enter();
    enter();
    expect(stand.run('report')).toEqual(['rewardFizz(0,2,[0,0])']);
  });

  it('start anew in each era, and where a member has left its subnet', async () => {
    const fizz = await day(DOCS, 2, []);
    stand.do('leaveSubnet', stand.of('fizz'), [fizz]);
    expect(stand.run('report')).toEqual(['rewardFizz(0,2,[0,0])']);
    await day(DOCS, 2, []);
    stand.run('report');
    // Nothing has been seen since.
    const again = [...stand.keeper.report(stand.s)].map(({ bulk }) => bulk);
    expect(again).toEqual([[0, 0]]);
  });

  it('are none in mode s4, and none without fizz nodes', async () => {
    await day({}, 2, []);
    expect(stand.run('report')).toEqual([]);
    await prepared({ params: DOCS });
    expect(stand.run('report')).toEqual([]);
  });
});

describe('market > misused data (SLASH-1)', () => {
  async function misused(detectBps: number): Promise<{ lease: number; provider: number }> {
    const { providers, escrow } = await prepared({ params: { 'slash.misconduct_detect_bps': detectBps } }, 2);
    return { lease: stand.serve(escrow, providers[0]!), provider: providers[0]! };
  }

  it('makes a case with the consumer as the harmed one, for what he has paid so far, where it is found out', async () => {
    const { lease, provider } = await misused(ALWAYS);
    stand.do('withdrawLease', stand.of('miner'), [lease], 330);
    const { paidUnits } = stand.lease(lease);
    stand.misuse(stand.of('miner'), lease);
    expect(stand.run('close')).toEqual([`upholdMisconduct(${provider},${stand.of('consumer')},${paidUnits})`]);
    expect(paidUnits).toBe(Math.floor((TOKEN * (330 - MATCH_S)) / HOUR_S));
    expect(readRecord(stand.s, 'providers', provider).state).toBe(PROVIDER_STATE.suspended);
    expect(stand.keeper.figures()).toMatchObject({ misuses: 1, misuseCases: 1 });
    // The lease ends with the provider; the case is told once.
    expect(enter()).toEqual([`endLease(${lease})`]);
    expect(stand.run('close')).toEqual([]);
  });

  it('names nobody as harmed who has not paid yet', async () => {
    const { lease, provider } = await misused(ALWAYS);
    stand.misuse(stand.of('miner'), lease);
    expect(stand.run('close')).toEqual([`upholdMisconduct(${provider},0,0)`]);
  });

  it('is counted, and makes no case, where it is not found out', async () => {
    const { lease } = await misused(0);
    stand.misuse(stand.of('miner'), lease);
    expect(stand.run('close')).toEqual([]);
    // Nor later: what was not found out in its slot is past.
    stand.setParam('slash.misconduct_detect_bps', ALWAYS);
    enter();
    expect(stand.run('close')).toEqual([]);
    expect(stand.keeper.figures()).toMatchObject({ misuses: 1, misuseCases: 0 });
  });

  it('makes one case of several in a slot: the provider is out of service after the first', async () => {
    const { lease, provider } = await misused(ALWAYS);
    for (let i = 0; i < 3; i++) stand.misuse(stand.of('miner'), lease);
    expect(stand.run('close')).toEqual([`upholdMisconduct(${provider},0,0)`]);
    expect(stand.keeper.figures()).toMatchObject({ misuses: 3, misuseCases: 1 });
  });

  it('is possible on an own lease that is being served, and on no other', async () => {
    const { lease } = await misused(ALWAYS);
    const order = stand.order(1);
    stand.bid(order, 1);
    stand.run('match');
    stand.misuse(stand.of('miner', 1), lease);
    stand.misuse(stand.of('miner'), stand.leaseOf(order));
    stand.misuse(stand.of('miner'), 99);
    expect(stand.run('close')).toEqual([]);
    expect(stand.keeper.figures().misuses).toBe(0);
  });
});

describe('market > a scenario in which nobody rents', () => {
  beforeEach(() => open({ usesMarket: false, params: { 'match.outage_bps_slot': ALWAYS, 'fizz.reward_mode': 1 } }));

  it('has no prices on its ledger, and nothing is sent in any phase', () => {
    for (let slot = 0; slot < 3; slot++)
      expect([
        ...stand.enter(),
        ...(['open', 'match', 'close', 'report'] as const).flatMap((phase) => stand.run(phase)),
      ]).toEqual([]);
    expect(Array.from(stand.s.assets).every((value) => value === 0)).toBe(true);
    expect(stand.keeper.figures().outageSlots).toBe(0);
  });
});
