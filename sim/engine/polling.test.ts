/** How gateways notice that members have gone and come back (FIZZ-5), and what of challenges they remember of them (FIZZ-6). */
import { describe, expect, it } from 'vitest';
import { HOUR_S, MarketStand, type StandOptions } from '../cli/marketStand.ts';
import { EV } from '../protocol/events.ts';
import { CHALLENGE_STATE, FIZZ_STATE, LEASE_STATE } from '../protocol/layout.ts';
import { EVENT_STRIDE } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { createSight } from './view.ts';

/** Hours for which the device of these tests is rented. */
const HOURS = 8;

async function serving(pollS: number, options: StandOptions = {}) {
  const stand = await MarketStand.open({ ...options, params: { 'fizz.poll_s': pollS, ...options.params } });
  stand.enter();
  const [provider, escrow] = [stand.addProvider(), stand.addEscrow()];
  const fizz = stand.addMember(provider);
  const lease = stand.serveFizz(escrow, provider, fizz, HOURS);
  const turn = (isOnline: boolean) => stand.setOnline(stand.of('fizz'), isOnline);
  const told = (text: string) => text.startsWith('detachFizz') || text.startsWith('reattachFizz');
  /** What the operator tells of the device in each of his phases of the next slot. */
  const slot = () => {
    const phases = {
      settle: stand.enter(),
      open: stand.run('open'),
      match: stand.run('match'),
      close: stand.run('close'),
    };
    return Object.fromEntries(
      Object.entries(phases).flatMap(([name, texts]) => (texts.some(told) ? [[name, texts.filter(told)]] : [])),
    );
  };
  return { stand, fizz, lease, turn, slot, lagS: () => stand.keeper.figures().pollLagS };
}

describe('market > polls of gateways', () => {
  it.each([
    [1, 'open'],
    [60, 'open'],
    [61, 'match'],
    [66, 'match'],
    [67, 'close'],
    [420, 'close'],
  ])(
    'given fizz.poll_s of %d > an outage is told in phase %s of the slot, with the second of the poll',
    async (pollS, phase) => {
      const { stand, lease, fizz, turn, slot, lagS } = await serving(pollS);
      turn(false);
      expect(slot()).toEqual({ [phase]: [`detachFizz(${fizz},${HOUR_S + pollS})`] });
      expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.down, downSinceS: HOUR_S + pollS });
      expect(lagS()).toBe(pollS);
      turn(true);
      expect(slot()).toEqual({ [phase]: [`reattachFizz(${fizz},${2 * HOUR_S + pollS})`] });
      expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.serving, pausedS: HOUR_S });
      expect([slot(), lagS()]).toEqual([{}, pollS]);
    },
  );

  it('given a poll late in the slot > it is told at the start of the next, also of a device that is back by then', async () => {
    const { stand, lease, fizz, turn, slot, lagS } = await serving(1_000);
    turn(false);
    expect(slot()).toEqual({});
    turn(true);
    expect(slot()).toEqual({ settle: [`detachFizz(${fizz},${HOUR_S + 1_000})`] });
    expect(lagS()).toBe(1_000);
    expect(slot()).toEqual({ settle: [`reattachFizz(${fizz},${2 * HOUR_S + 1_000})`] });
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.serving, pausedS: HOUR_S });
  });

  it('given a poll an hour later > an outage of an hour is noticed by nobody, and charged; one of two hours is told', async () => {
    const { stand, lease, fizz, turn, slot, lagS } = await serving(3_600);
    turn(false);
    expect(slot()).toEqual({});
    turn(true);
    expect([slot(), lagS()]).toEqual([{}, HOUR_S]);
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.serving, pausedS: 0 });
    turn(false);
    expect(slot()).toEqual({});
    expect(slot()).toEqual({ settle: [`detachFizz(${fizz},${4 * HOUR_S})`] });
    expect(lagS()).toBe(2 * HOUR_S);
  });

  it('a device that is off again before its return was noticed stays detached', async () => {
    const { stand, fizz, turn, slot } = await serving(3_600, { params: { 'fizz.outage_close_s': 4 * HOUR_S } });
    turn(false);
    slot();
    expect(slot()).toEqual({ settle: [`detachFizz(${fizz},${2 * HOUR_S})`] });
    turn(true);
    expect(slot()).toEqual({});
    turn(false);
    expect(slot()).toEqual({});
    expect(stand.fizz(fizz).state).toBe(FIZZ_STATE.detached);
  });

  it('a lease that is over before the poll is charged to its end, and nobody is detached', async () => {
    const { stand, lease, turn, slot, lagS } = await serving(400);
    for (let hour = 1; hour < HOURS; hour++) slot();
    turn(false);
    expect(slot()).toEqual({});
    expect(stand.lease(lease)).toMatchObject({ state: LEASE_STATE.closed, closedS: HOURS * HOUR_S + PHASE.match });
    expect(lagS()).toBe(PHASE.match);
  });

  it('a lease that its consumer closes before the poll is charged until then, and nobody is detached', async () => {
    const { stand, lease, turn, lagS } = await serving(400);
    turn(false);
    stand.enter();
    stand.do('closeLease', stand.of('consumer'), [lease], PHASE.serve);
    expect([stand.run('close'), lagS()]).toEqual([[], PHASE.serve]);
  });

  it('the outage of a gateway and its return are seen at once', async () => {
    const { stand, fizz, slot, lagS } = await serving(60);
    for (const hour of [1, 3]) {
      stand.setOnline(stand.of('miner'), false);
      expect(slot()).toEqual({ settle: [`detachFizz(${fizz},${hour * HOUR_S})`] });
      stand.setOnline(stand.of('miner'), true);
      expect(slot()).toEqual({ settle: [`reattachFizz(${fizz},${(hour + 1) * HOUR_S})`] });
    }
    expect(lagS()).toBe(0);
  });

  it('a device that is off when its gateway is back comes back when it is polled itself', async () => {
    const { stand, fizz, turn, slot } = await serving(60, { params: { 'fizz.outage_close_s': 4 * HOUR_S } });
    stand.setOnline(stand.of('miner'), false);
    turn(false);
    slot();
    stand.setOnline(stand.of('miner'), true);
    expect(slot()).toEqual({});
    turn(true);
    expect(slot()).toEqual({ open: [`reattachFizz(${fizz},${3 * HOUR_S + 60})`] });
  });

  it('of a gateway that hides failures tell nothing, and count as hidden, not as late', async () => {
    const miners = { strategy: 'skimmer', options: { facets: 'spheron', hides_failures: 1 } };
    const { stand, turn, slot } = await serving(60, { miners });
    turn(false);
    expect([slot(), slot()]).toEqual([{}, {}]);
    expect(stand.keeper.figures()).toMatchObject({ hiddenOutageS: 2 * HOUR_S, pollLagS: 0 });
  });
});

describe('market > what gateways remember of challenges', () => {
  async function subnet() {
    const stand = await MarketStand.open();
    stand.enter();
    const provider = stand.addProvider();
    const idle = stand.addMember(provider, 0);
    const busy = stand.addMember(provider, 1);
    stand.serveFizz(stand.addEscrow(), provider, busy, HOURS);
    const sight = createSight(stand.shared);
    const { agents } = stand.shared.roster;
    /** The view of an account. */
    const of = (account: number) => {
      sight.pointAt(agents.find((info) => info.account === account)!, PHASE.bid, 1);
      return sight.view;
    };
    const decide = (outcome: number) => {
      stand.s.eventCount = 1;
      [EV.ChallengeDecided, 1, provider, 1, outcome, 3, 0].forEach((word, i) => {
        stand.s.events[i] = word;
      });
      expect(EVENT_STRIDE).toBeGreaterThan(6);
      stand.keeper.observe(stand.s);
    };
    return { stand, provider, idle, busy, of, decide };
  }

  it('are those that were decided while the member had nothing to do, as far as they were passed or failed', async () => {
    const { stand, idle, busy, of, decide } = await subnet();
    decide(CHALLENGE_STATE.passed);
    decide(CHALLENGE_STATE.passed);
    decide(CHALLENGE_STATE.failed);
    decide(CHALLENGE_STATE.inconclusive);
    const gateway = of(stand.of('miner', 0));
    expect(gateway.challengesOfMember(idle)).toEqual({ challengeCount: 3, passedCount: 2 });
    expect(gateway.challengesOfMember(busy)).toEqual({ challengeCount: 0, passedCount: 0 });
  });

  it('are forgotten where a member leaves its subnet', async () => {
    const { stand, idle, of, decide } = await subnet();
    decide(CHALLENGE_STATE.passed);
    stand.do('leaveSubnet', stand.of('fizz', 0), [idle]);
    expect(stand.shared.memberChallenges[idle * 2]).toBe(0);
    expect(of(stand.of('miner', 0)).challengesOfMember(idle)).toEqual({ challengeCount: 0, passedCount: 0 });
  });

  it('its gateway and its members know, and whose device answers; nobody else', async () => {
    const { stand, idle, of, decide } = await subnet();
    decide(CHALLENGE_STATE.passed);
    const owner = stand.of('fizz', 0);
    for (const [account, knows] of [
      [stand.of('miner', 0), true],
      [stand.of('fizz', 1), true],
      [owner, true],
      [stand.of('miner', 1), false],
      [stand.of('fizz', 2), false],
      [stand.of('consumer', 0), false],
    ] as const) {
      const view = of(account);
      expect(view.challengesOfMember(idle).challengeCount).toBe(knows ? 1 : 0);
      expect(view.answersPolls(owner)).toBe(knows);
      expect(view.answersPolls(stand.of('miner', 0))).toBe(false);
    }
    stand.setOnline(owner, false);
    expect(of(stand.of('miner', 0)).answersPolls(owner)).toBe(false);
  });
});
