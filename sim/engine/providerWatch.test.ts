import { describe, expect, it } from 'vitest';
import { MarketStand, HOUR_S as SLOT_S, type StandOptions, TOKEN } from '../cli/marketStand.ts';
import { openReplay, smallScenario } from '../cli/testRun.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, STRIDE } from '../protocol/layout.ts';
import { type ProviderReport, unpackProviderReport } from '../protocol/providerReport.ts';
import { emit } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { createProviderWatch } from './providerWatch.ts';
import { createTestWorld } from './testWorld.ts';
import type { World } from './world.ts';

const HOUR_S = 3_600;
const COOLDOWN_HOURS = 1;

/** One provider with a node of the model market; `isOn` says whether its machine answers at a second. */
async function watchDay(
  isOn: (atS: number) => boolean,
  options: {
    readonly load?: (slot: number) => number;
    readonly state?: (slot: number) => number;
    readonly responsesMs?: (slot: number) => readonly number[];
    readonly evictsIn?: number;
    /** States that it leaves and enters in phase open of a slot. */
    readonly moves?: Readonly<Record<number, readonly [from: number, to: number]>>;
    readonly params?: Record<string, number>;
    readonly failBps?: number;
    readonly isCyclic?: boolean;
  } = {},
): Promise<ProviderReport> {
  const scenario = smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: 1 },
      { role: 'consumer', strategy: 'honest', count: 1 },
    ],
    { params: options.params ?? {} },
  );
  const { shared, state: s } = createTestWorld(scenario, await openReplay(60));
  s.providerTotals[F.providerTotals.providerCount] = 1;
  const provider = STRIDE.providers;
  s.providers[provider + F.providers.owner] = ACCOUNT.firstAgent;
  s.providers[provider + F.providers.node] = 1;
  s.nodeProviders[1] = 1;
  shared.world[2] = options.failBps ?? 0;
  const world: World = {
    enterSlot: () => {},
    regionOf: () => 'eu',
    isConnectedAt: (_agent, atS) => isOn(atS),
    isCyclic: () => options.isCyclic ?? true,
  };
  const watch = createProviderWatch(shared, world);
  for (let slot = 0; slot < 24; slot++) {
    s.clockTotals[F.clockTotals.slotCount] = slot + 1;
    s.nowS = slot * HOUR_S;
    s.providers[provider + F.providers.state] = options.state?.(slot) ?? PROVIDER_STATE.active;
    s.nodes[STRIDE.nodes + F.nodes.loadCount] = options.load?.(slot) ?? 0;
    watch.listen(s);
    for (const ms of options.responsesMs?.(slot) ?? []) watch.noteResponse(1, ms, false);
    if (options.evictsIn === slot) watch.noteResponse(1, 50, true);
    s.nowS = slot * HOUR_S + 60;
    s.eventCount = 0;
    const move = options.moves?.[slot];
    if (move !== undefined) emit(s, 'Transition', KIND.provider, 1, ACCOUNT.firstAgent, ...move);
    watch.observe(s);
  }
  return unpackProviderReport(watch.report(s, 0, 1));
}

const hoursOf = (bits: number): number[] => Array.from({ length: 24 }, (_, h) => h).filter((h) => (bits >> h) & 1);
const ALL = Array.from({ length: 24 }, (_, h) => h);
const always = () => true;

describe('a provider that is always there', () => {
  it('has a full day of heartbeats, and nothing to explain', async () => {
    const day = await watchDay(always);
    expect(hoursOf(day.fullHours)).toEqual(ALL);
    expect(hoursOf(day.activeHours)).toEqual(ALL);
    expect([day.answeredCount, day.expectedCount]).toEqual([1_440, 1_440]);
    expect([day.cooledHours, day.taskHours, day.breachedHours, day.streakCount, day.offlineSinceS]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  it('is judged by the heartbeat interval of the parameters', async () => {
    expect((await watchDay(always, { params: { 'hb.interval_s': 300 } })).expectedCount).toBe(24 * 12);
  });

  it('given a machine that fails now and then > loses single heartbeats, and with each the whole hour (LIVE-4), without a cooldown', async () => {
    const day = await watchDay(always, { failBps: 10_000 });
    expect(day.answeredCount).toBe(1_440 - 24);
    expect(hoursOf(day.fullHours)).toEqual([]);
    expect(day.cooledHours).toBe(0);
  });

  it('is not watched while it is not Active', async () => {
    const day = await watchDay(always, {
      state: (slot) => (slot < 5 ? PROVIDER_STATE.registered : PROVIDER_STATE.active),
    });
    expect(hoursOf(day.activeHours)).toEqual(ALL.slice(5));
    expect(hoursOf(day.fullHours)).toEqual(ALL.slice(5));
    expect(day.expectedCount).toBe(19 * 60);
  });
});

describe('LIVE-5: after a reconnection', () => {
  it('the hour of the way back and every hour that the cooldown touches are marked, to the second', async () => {
    // Off for ten minutes in hour 3, back at 3:20: cooled until 4:20.
    const day = await watchDay((atS) => atS < 3 * HOUR_S + 600 || atS >= 3 * HOUR_S + 1_200);
    expect(hoursOf(day.cooledHours)).toEqual([3, 4]);
    expect(hoursOf(day.fullHours)).toEqual(ALL.filter((h) => h !== 3));
    expect(day.answeredCount).toBe(1_440 - 10);
  });

  it('a way back at the very start of an hour cools that hour alone', async () => {
    const day = await watchDay((atS) => atS < 3 * HOUR_S || atS >= 4 * HOUR_S);
    expect(hoursOf(day.cooledHours)).toEqual(ALL.slice(4, 4 + COOLDOWN_HOURS));
  });

  it('given live.cooldown_s 3 h > three further hours are cooled', async () => {
    const day = await watchDay((atS) => atS < 3 * HOUR_S + 600 || atS >= 3 * HOUR_S + 1_200, {
      params: { 'live.cooldown_s': 3 * HOUR_S },
    });
    expect(hoursOf(day.cooledHours)).toEqual([3, 4, 5, 6]);
  });

  it('given live.cooldown_s 0 > none is', async () => {
    const day = await watchDay((atS) => atS < 3 * HOUR_S + 600 || atS >= 3 * HOUR_S + 1_200, {
      params: { 'live.cooldown_s': 0 },
    });
    expect(day.cooledHours).toBe(0);
  });
});

describe('LIVE-5: after a return into service', () => {
  const { registered, active, suspended } = PROVIDER_STATE;
  /** In service from hour 2 on, out of it in hours 8 to 12. */
  const day = (outside: number, params: Record<string, number> = {}) =>
    watchDay(always, {
      params,
      moves: { 1: [registered, active], 7: [active, outside], 12: [outside, active] },
      state: (slot) => (slot < 2 ? registered : slot >= 8 && slot <= 12 ? outside : active),
    });

  it.each([
    ['a suspension (SM-14)', suspended],
    ['want of stake', registered],
  ])('given %s > the cooldown starts in the second of the return; the first entry has none', async (_, outside) => {
    const { activeHours, fullHours, cooledHours } = await day(outside);
    expect(hoursOf(activeHours)).toEqual(ALL.filter((h) => h >= 2 && (h < 8 || h > 12)));
    expect(hoursOf(fullHours)).toEqual(hoursOf(activeHours));
    // Back a minute after the start of hour 12: cooled until a minute after the start of hour 13.
    expect(hoursOf(cooledHours)).toEqual([13]);
  });

  it('lasts live.cooldown_s', async () => {
    expect(hoursOf((await day(suspended, { 'live.cooldown_s': 3 * HOUR_S })).cooledHours)).toEqual([13, 14, 15]);
    expect(hoursOf((await day(suspended, { 'live.cooldown_s': 0 })).cooledHours)).toEqual([]);
  });
});

describe('SLASH-4: time away', () => {
  it('of an hour or less is no streak, of a minute more it is one', async () => {
    const away = (lastedS: number) => watchDay((atS) => atS < 5 * HOUR_S || atS >= 5 * HOUR_S + lastedS);
    expect((await away(HOUR_S)).streakCount).toBe(0);
    expect((await away(HOUR_S + 60)).streakCount).toBe(0);
    expect((await away(HOUR_S + 120)).streakCount).toBe(1);
  });

  it('counts once per outage, and its further full hours apart', async () => {
    const day = await watchDay((atS) => atS < 5 * HOUR_S || atS >= 9 * HOUR_S + 120);
    expect([day.streakCount, day.extraHourCount]).toEqual([1, 3]);
  });

  it('counts two outages as two', async () => {
    const day = await watchDay(
      (atS) => !(atS >= 2 * HOUR_S && atS < 4 * HOUR_S) && !(atS >= 10 * HOUR_S && atS < 12 * HOUR_S),
    );
    expect(day.streakCount).toBe(2);
  });

  it('is told at the end of the day as the second from which on the provider has been away', async () => {
    expect((await watchDay((atS) => atS < 20 * HOUR_S)).offlineSinceS).toBe(20 * HOUR_S);
  });

  it('that began in task mode is a breach (SLASH-5), no streak', async () => {
    const day = await watchDay((atS) => atS < 5 * HOUR_S || atS >= 9 * HOUR_S, { load: () => 1 });
    expect(day.streakCount).toBe(0);
    expect(hoursOf(day.breachedHours)).toEqual([5, 6, 7, 8]);
  });

  it('is the same whether the machine is watched by the minute or by the hour', async () => {
    const isOn = (atS: number) => atS < 6 * HOUR_S || atS >= 10 * HOUR_S;
    expect(await watchDay(isOn, { isCyclic: false })).toEqual(await watchDay(isOn));
  });
});

describe('SLASH-5: hours in task mode', () => {
  const load = (slot: number) => (slot >= 10 ? 2 : 0);

  it('are those in which something was deployed on it; lease-hours there are none without a lease (LIVE-6)', async () => {
    const day = await watchDay(always, { load });
    expect(hoursOf(day.taskHours)).toEqual(ALL.slice(10));
    expect(day.leaseHours).toBe(0);
    expect(day.breachedHours).toBe(0);
  });

  it('are breached by a missing heartbeat; in standby the same heartbeat breaches nothing', async () => {
    const isOn = (atS: number) => atS !== 4 * HOUR_S && atS !== 12 * HOUR_S;
    expect(hoursOf((await watchDay(isOn, { load })).breachedHours)).toEqual([12]);
  });

  it('given slash.breach_uptime_bps below 100 % > bear what it allows', async () => {
    const isOn = (atS: number) => atS !== 12 * HOUR_S;
    const day = await watchDay(isOn, { load, params: { 'slash.breach_uptime_bps': 9_000 } });
    expect(day.breachedHours).toBe(0);
  });

  it('are breached by a mean response above the limit, not at it', async () => {
    const responsesMs = (slot: number) => (slot === 11 ? [400, 602] : slot === 12 ? [400, 600] : []);
    expect(hoursOf((await watchDay(always, { load, responsesMs })).breachedHours)).toEqual([11]);
  });

  it('are breached when the work is thrown out for a challenge', async () => {
    expect(hoursOf((await watchDay(always, { load, evictsIn: 15 })).breachedHours)).toEqual([15]);
    expect(hoursOf((await watchDay(always, { load, evictsIn: 5 })).breachedHours)).toEqual([]);
  });
});

describe('CHAL-13: response times', () => {
  it('of challenges count in the mean of the era, rounded up', async () => {
    const responsesMs = (slot: number) => (slot === 1 ? [100, 101] : []);
    expect((await watchDay(always, { responsesMs })).meanMs).toBe(101);
  });
});

describe('leases of a provider', () => {
  /** Slot 0 with so many providers and a filled wallet. */
  async function prepared(options: StandOptions = {}, providers = 1): Promise<MarketStand> {
    const stand = await MarketStand.open(options);
    stand.enter();
    for (let n = 0; n < providers; n++) stand.addProvider(n);
    stand.addEscrow();
    return stand;
  }
  /** Slots until the given one has begun, with the matching and the closing phase of each. */
  function goTo(stand: MarketStand, slot: number): void {
    while (stand.startS() < slot * SLOT_S) {
      stand.enter();
      stand.run('match');
      stand.run('close');
    }
  }

  it('put it into task mode in every hour that begins while one is open, used or not (SLASH-5)', async () => {
    const stand = await prepared({}, 2);
    stand.serve(1, 1, 3);
    const order = stand.order(1, { hours: 2 });
    stand.bid(order, 2);
    stand.run('match');
    goTo(stand, 8);
    const [first, second] = stand.reports();
    expect(hoursOf(first!.taskHours)).toEqual([1, 2, 3]);
    expect(hoursOf(second!.taskHours)).toEqual([1, 2]);
    expect([first!.breachedHours, second!.breachedHours]).toEqual([0, 0]);
  });

  it('breach the hours in which the machine is gone, and only those, each with what the leases bring in in an hour (F-10)', async () => {
    const stand = await prepared({}, 2);
    stand.serve(1, 1, 12);
    stand.serve(1, 1, 12);
    stand.serve(1, 2, 12);
    goTo(stand, 4);
    stand.setOnline(stand.of('miner', 0), false);
    goTo(stand, 6);
    stand.setOnline(stand.of('miner', 0), true);
    goTo(stand, 9);
    const [first, second] = stand.reports();
    // Hour 4 was served to its end; hour 7 from its start on.
    expect(hoursOf(first!.breachedHours)).toEqual([5, 6]);
    expect(first!.feeUnits).toBe(2 * 2 * TOKEN);
    expect([second!.breachedHours, second!.feeUnits]).toEqual([0, 0]);
  });

  it('breach an hour by a service that is not deployed in time, and every further one until it is, though the machine is there', async () => {
    const stand = await prepared();
    goTo(stand, 1);
    const order = stand.order(1, { hours: 12 });
    stand.bid(order, 1);
    stand.run('match');
    const lease = stand.leaseOf(order);
    goTo(stand, 2);
    stand.do('sendManifest', stand.of('consumer'), [lease], PHASE.match);
    stand.run('close');
    goTo(stand, 5);
    stand.do('confirmDeployment', stand.of('miner'), [lease], PHASE.serve);
    goTo(stand, 8);
    const [report] = stand.reports();
    expect(hoursOf(report!.taskHours)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(hoursOf(report!.breachedHours)).toEqual([2, 3, 4, 5]);
    // In hour 2 nothing had been asked of it when the hour began: it would have brought in nothing.
    expect(report!.feeUnits).toBe(3 * TOKEN);
    expect(report!.fullHours).toBe(report!.activeHours);
  });

  it('add up to lease-hours by the seconds in which they were served, whole hours only (LIVE-6)', async () => {
    const stand = await prepared();
    const lease = stand.serve(1, 1, 12);
    stand.serve(1, 1, 12);
    goTo(stand, 3);
    stand.setOnline(stand.of('miner'), false);
    goTo(stand, 5);
    stand.setOnline(stand.of('miner'), true);
    goTo(stand, 7);
    stand.do('closeLease', stand.of('consumer'), [lease], PHASE.close);
    goTo(stand, 9);
    // From 120 s on, without hours 4 and 5: one until 420 s into hour 7, the other until the report of hour 9.
    const seconds = 2 * (4 * SLOT_S - PHASE.serve) + (SLOT_S + PHASE.close) + (3 * SLOT_S + 3_540);
    expect(stand.reports()[0]!.leaseHours).toBe(Math.floor(seconds / SLOT_S));
    expect(stand.reports()[0]!.leaseHours).toBe(0);
  });

  it.each([
    [0, 5],
    [1, 0],
  ])(
    'of its own owner > count for the bonus as bonus.exclude_self %i says (OP-50): %i hours',
    async (exclude, hours) => {
      const stand = await prepared({ params: { 'bonus.exclude_self': exclude } });
      const owner = stand.of('miner');
      stand.do('openEscrow', owner, [0, 500 * TOKEN]);
      const order = stand.order(2, { hours: 12 });
      stand.bid(order, 1);
      stand.run('match');
      const lease = stand.leaseOf(order);
      stand.do('sendManifest', owner, [lease], PHASE.match);
      stand.do('confirmDeployment', owner, [lease], PHASE.serve);
      goTo(stand, 5);
      const [report] = stand.reports();
      expect(report!.leaseHours).toBe(hours);
      expect(hoursOf(report!.taskHours)).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it('are tasks given once they are over, and done unless the provider failed them (TIER-1)', async () => {
    const stand = await prepared();
    const [byConsumer, byProvider, goesOn] = [stand.serve(1, 1), stand.serve(1, 1), stand.serve(1, 1, 12)];
    stand.serve(1, 1, 2);
    stand.do('closeLease', stand.of('consumer'), [byConsumer], PHASE.serve);
    stand.do('closeLease', stand.of('miner'), [byProvider], PHASE.serve);
    goTo(stand, 1);
    // Matched, and never used: no task.
    const order = stand.order(1, { hours: 2 });
    stand.bid(order, 1);
    stand.run('match');
    // Asked for, and never deployed.
    const late = stand.order(1, { hours: 2 });
    stand.bid(late, 1);
    stand.run('match');
    stand.do('sendManifest', stand.of('consumer'), [stand.leaseOf(late)], PHASE.match);
    goTo(stand, 3);
    expect(stand.lease(goesOn).closedS).toBe(0);
    const [report] = stand.reports();
    // Done: closed by the consumer, ended. Failed: closed by the provider, never deployed.
    expect([report!.assignedCount, report!.finishedCount]).toEqual([4, 2]);
  });
});

describe('F-25: a gateway answers for its subnet', () => {
  async function subnet(members: number): Promise<MarketStand> {
    const stand = await MarketStand.open();
    stand.enter();
    stand.addProvider();
    for (let n = 0; n < members; n++) stand.addMember(1, n);
    stand.addEscrow();
    return stand;
  }
  function hours(stand: MarketStand, count: number): void {
    for (let i = 0; i < count; i++) {
      stand.enter();
      stand.run('match');
    }
  }

  it('without members in the hours watched it tells of itself alone', async () => {
    const stand = await subnet(0);
    hours(stand, 4);
    expect(stand.reports()[0]).toMatchObject({ expectedCount: 240, answeredCount: 240, assignedCount: 0 });
  });

  it('without any work its uptime is the mean by CPUs exposed: 10 of its own, 4 of each member', async () => {
    const stand = await subnet(2);
    hours(stand, 2);
    stand.setOnline(stand.of('fizz', 0), false);
    hours(stand, 2);
    // (10 · 100 % + 4 · 50 % + 4 · 100 %) / 18
    const uptimeBps = Math.floor((10 * 10_000 + 4 * 5_000 + 4 * 10_000) / 18);
    const [report] = stand.reports();
    expect(report).toMatchObject({ expectedCount: 240, answeredCount: Math.floor((240 * uptimeBps) / 10_000) });
    expect([report!.assignedCount, report!.finishedCount]).toEqual([0, 0]);
  });

  it('with work its completion is the mean by CPU-seconds served, told as so many of ten thousand', async () => {
    const stand = await subnet(1);
    const own = stand.serve(1, 1, 12, 6);
    const lease = stand.serveFizz(1, 1, 1, 12);
    hours(stand, 3);
    // The member's owner gives up what it serves; the gateway's own lease ends as its consumer wants.
    stand.do('closeLease', stand.of('fizz'), [lease], PHASE.serve);
    stand.do('closeLease', stand.of('consumer'), [own], PHASE.serve);
    hours(stand, 1);
    const [report] = stand.reports();
    // 6 CPUs of its own and 2 of the member's for the same three hours: three quarters of the work were finished.
    expect([report!.assignedCount, report!.finishedCount]).toEqual([10_000, 7_500]);
    expect(report).toMatchObject({ expectedCount: 240, answeredCount: 240 });
  });

  it('an outage of a member that serves weighs by its work, and is no breach of the gateway', async () => {
    const stand = await subnet(1);
    stand.serveFizz(1, 1, 1, 12);
    hours(stand, 2);
    stand.setOnline(stand.of('fizz'), false);
    hours(stand, 1);
    stand.setOnline(stand.of('fizz'), true);
    hours(stand, 1);
    const [report] = stand.reports();
    expect([report!.breachedHours, report!.feeUnits]).toEqual([0, 0]);
    // 2 CPUs from 120 s on, without hour 3, until the report; the gateway weighs its 10 idle CPUs.
    const work = 2 * (3 * SLOT_S - PHASE.serve + 3_540);
    const uptimeBps = Math.floor((work * 7_500 + 10 * 10_000) / (work + 10));
    expect(report!.answeredCount).toBe(Math.floor((240 * uptimeBps) / 10_000));
    // What a lease on a member brings counts for the provider's bonus.
    expect(report!.leaseHours).toBe(Math.floor(work / 2 / SLOT_S));
  });

  it('members start anew with the next era', async () => {
    const stand = await subnet(1);
    stand.setOnline(stand.of('fizz'), false);
    hours(stand, 2);
    expect(stand.reports()[0]!.answeredCount).toBeLessThan(120);
    stand.setOnline(stand.of('fizz'), true);
    hours(stand, 2);
    expect(stand.reports()[0]).toMatchObject({ expectedCount: 120, answeredCount: 120 });
  });
});
