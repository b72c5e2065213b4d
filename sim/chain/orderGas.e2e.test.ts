/** Actions on the largest order that the parameters allow: 64 bids, each with a fizz node, and 101 operators' seats. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { type ActionName, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  BID_STATE,
  F,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  OPERATOR_STATE,
  ORDER_FLAG,
  ORDER_MODE,
  ORDER_STATE,
  PROPOSAL_KIND,
  PROVIDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from '../protocol/layout.ts';
import { winnerOf } from '../protocol/matching.ts';
import { readRecord, writeRecord } from '../protocol/nodeWorld.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import type { State } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';
import { compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import { writeState } from './writeState.ts';

const BIDS = 64;
const SEATS = 101;
const LOW_SEATS = 52;
const SLASHED_ERAS = 64;
const [CONSUMER, OWNER] = [ACCOUNT.firstAgent, ACCOUNT.firstAgent + 1] as const;
const NOW_S = 10;
const CAPACITIES = { ratings: 8_000, slashedEras: (BIDS + 2) * SLASHED_ERAS, escrowBalances: 8 * ASSET_COUNT };
/** A vote on the only member of a subnet, over in favour. */
const EXPULSION = { proposal: 1, proposalKind: PROPOSAL_KIND.expel, proposalEndS: 5, yesUnits: 10 } as const;
const NEEDS = { cpuCount: 2, memoryGb: 4, storageGb: 10 } as const;

function planTest(): GenesisPlan {
  const params = ledgerParams({
    ...{ 'order.max_bids': BIDS, 'match.operators': SEATS, 'match.quorum_bps': 10_000 },
    ...{ 'escrow.brackets_enforced': 0, 'match.slash_window_eras': 365 },
  });
  const { commitment, beacons } = createBeacons(1, 2);
  const openUnits = new Array<number>(3).fill(2_000_000_000);
  const [slotS, slotsPerEra] = [params[P['time.slot_s']]!, params[P['time.slots_per_era']]!];
  return { params, commitment, beacons, openUnits, slotS, slotsPerEra, unitsPerToken: 1_000_000 };
}

/** An order with all its bids, in bidding or, with all but the last operator's votes for `votedFor`, in matching. */
function writeLargeOrder(s: State, votedFor = 0, areSubnetsVoting = false): void {
  s.nowS = 0;
  expect(applyAction(s, action('openEscrow', CONSUMER, [0, 1_000_000_000]))).toBe(0);
  writeRecord(s, 'clockTotals', 0, { slotCount: 1, beacon6: 0x1234_5678, beacon7: 0x9abc_def0 });
  writeRecord(s, 'providerTotals', 0, { providerCount: BIDS, activeCount: BIDS });
  writeRecord(s, 'fizzTotals', 0, { fizzCount: BIDS });
  writeRecord(s, 'stakeTotals', 0, { delegationCount: BIDS, delegatedUnits: 10 * BIDS });
  for (let i = 1; i <= BIDS; i++) {
    const machine = { cpuCount: 16, memoryGb: 64, storageGb: 1_000, region: i % 24 };
    writeRecord(s, 'providers', i, {
      ...{ owner: OWNER, state: PROVIDER_STATE.active, isMatchable: 1, tier: 1 + (i % 7), compliance: 7, ...machine },
      ...{ ratingCount: i, ratingSumTenths: 40 * i },
    });
    writeRecord(s, 'providerCollateral', i, { ownUnits: 1_000_000 + i, delegatedUnits: 10 });
    writeRecord(s, 'delegations', i, { delegator: OWNER, targetKind: KIND.provider, target: i, units: 10 });
    writeRecord(s, 'providerMarket', i, { slashedEraCount: SLASHED_ERAS, lastSlashedEra: 1 });
    for (let era = 0; era < SLASHED_ERAS; era++) s.slashedEras[i * SLASHED_ERAS + era] = 1;
    writeRecord(s, 'subnets', i, { state: SUBNET_STATE.exists, memberCount: 1, isOpen: 1, gatewayBps: 200 });
    if (areSubnetsVoting) writeRecord(s, 'subnets', i, { ...EXPULSION, proposalValue: i });
    writeRecord(s, 'fizzNodes', i, {
      owner: OWNER,
      state: FIZZ_STATE.reserved,
      gateway: i,
      order: 1,
      delegation: i,
      ...NEEDS,
    });
    writeRecord(s, 'bids', i, {
      order: 1,
      provider: i,
      fizz: i,
      priceUnits: 900_000 + i,
      state: BID_STATE.open,
      previous: i - 1,
    });
  }
  const allSeats = { operatorSet0: 2 ** LOW_SEATS - 1, operatorSet1: 2 ** (SEATS - LOW_SEATS) - 1 };
  writeRecord(s, 'orderTotals', 0, { orderCount: 1, bidCount: BIDS, openCount: 1, medianUnits: 1_000_000 });
  writeRecord(s, 'orders', 1, {
    ...{
      escrow: 1,
      state: ORDER_STATE.open,
      mode: ORDER_MODE.fizz,
      region: 8,
      durationS: 36_000,
      maxPriceUnits: 1_000_000,
    },
    ...{ flags: ORDER_FLAG.compliance, bidUntilS: 4, expiresS: 60, bidCount: BIDS, lastBid: BIDS, ...NEEDS },
  });
  if (votedFor === 0) return;
  const voted = { 0: 2 ** LOW_SEATS - 1, 1: 2 ** (SEATS - LOW_SEATS - 1) - 1 };
  writeRecord(s, 'orderTotals', 0, { ...allSeats, operatorCount: SEATS });
  writeRecord(s, 'orders', 1, {
    ...{ state: ORDER_STATE.matching, seed: 5, matchingS: 6, operatorCount: SEATS, ...allSeats },
    ...{ voted0: voted[0], voted1: voted[1] },
  });
  writeRecord(s, 'bids', votedFor, { voters0: voted[0], voters1: voted[1] });
  // The last seat is an agent's who can sign; the others' accounts need no more than a wallet.
  for (let seat = 0; seat < SEATS; seat++) {
    const account = seat === SEATS - 1 ? CONSUMER : ACCOUNT.firstAgent + 2 + seat;
    writeRecord(s, 'operators', seat + 1, { account, state: OPERATOR_STATE.active });
  }
}

describe('an order with 64 bids', () => {
  const plan = planTest();
  const genesis = createGenesisState(plan, CAPACITIES);
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;
  let core: State;
  const gas: Record<string, number> = {};

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: 3, signedBps: 0, builtDir: testBuild(), root: repoRoot() };
    chain = await openProtocolChain(options);
    toGenesis = await chain.checkpoint();
  });
  beforeEach(async () => {
    await toGenesis();
    core = createGenesisState(plan, CAPACITIES);
  });
  afterAll(async () => {
    if (process.env.SHOW_GAS !== undefined) process.stdout.write(`${JSON.stringify(gas)}\n`);
    await chain?.close();
  });

  /** Sends an action to both. @returns their codes: equal, and no failure of the contracts */
  async function both(nowS: number, name: ActionName, actor: number, args: readonly number[]): Promise<number> {
    core.nowS = nowS;
    core.eventCount = 0;
    const sent = action(name, actor, args);
    const code = applyAction(core, sent);
    expect([name, await chain.execute(nowS, [sent], null)]).toEqual([name, [code]]);
    gas[name] = Math.max(gas[name] ?? 0, chain.counters().gasByAction[name] ?? 0);
    return code;
  }
  const setParam = (key: 'match.mode' | 'match.user_choice', value: number): number =>
    (core.paramValues[P[key]] = value);
  const order = () => readRecord(core, 'orders', 1);
  const agree = async () => expect((await compareStates(core, chain)).differences).toEqual([]);

  it('is matched by the engine: one wins, 63 devices are free again', async () => {
    writeLargeOrder(core);
    await writeState(chain, genesis, core);
    expect(await both(NOW_S, 'openMatching', ACCOUNT.keeper, [1])).toBe(0);
    const bid = winnerOf(core, 1);
    expect(await both(NOW_S + 1, 'matchOrder', ACCOUNT.keeper, [1])).toBe(0);
    expect([order().state, readRecord(core, 'bids', bid).state]).toEqual([ORDER_STATE.leased, BID_STATE.won]);
    const free = Array.from({ length: BIDS }, (_, i) => readRecord(core, 'fizzNodes', i + 1).state);
    expect(free.filter((state) => state === FIZZ_STATE.active)).toHaveLength(BIDS - 1);
    await agree();
  });

  it('gives a device its lease that a vote of its subnet can end: it is expelled, its delegation unbonds', async () => {
    writeLargeOrder(core, 0, true);
    await writeState(chain, genesis, core);
    expect(await both(NOW_S, 'openMatching', ACCOUNT.keeper, [1])).toBe(0);
    const { fizz, provider } = readRecord(core, 'bids', winnerOf(core, 1));
    expect(await both(NOW_S + 1, 'matchOrder', ACCOUNT.keeper, [1])).toBe(0);
    expect(await both(NOW_S + 3_600, 'decideSubnet', ACCOUNT.keeper, [provider])).toBe(0);
    expect(readRecord(core, 'fizzNodes', fizz).state).toBe(FIZZ_STATE.leaving);
    expect([readRecord(core, 'leases', 1).state, readRecord(core, 'delegations', fizz).unbondingUnits]).toEqual([
      LEASE_STATE.closed,
      10,
    ]);
    await agree();
  });

  it('is matched by the last of 101 votes, which pays all seats', async () => {
    writeLargeOrder(core, 7);
    setParam('match.mode', 1);
    await writeState(chain, genesis, core);
    expect(await both(NOW_S, 'voteMatch', CONSUMER, [1, SEATS - 1, 7])).toBe(0);
    expect(order().state).toBe(ORDER_STATE.leased);
    expect(readRecord(core, 'operators', 1).rewardUnits).toBeGreaterThan(0);
    expect(readRecord(core, 'operators', SEATS).rewardUnits).toBe(readRecord(core, 'operators', 1).rewardUnits);
    await agree();
  });

  it('is matched by its consumer’s choice', async () => {
    writeLargeOrder(core);
    setParam('match.user_choice', 1);
    await writeState(chain, genesis, core);
    expect(await both(NOW_S, 'openMatching', ACCOUNT.keeper, [1])).toBe(0);
    expect(await both(NOW_S + 1, 'chooseBid', CONSUMER, [1, 3])).toBe(0);
    expect(order().state).toBe(ORDER_STATE.leased);
    await agree();
  });

  it.each<[string, number, ActionName, number, number]>([
    ['is cancelled', 3, 'cancelOrder', CONSUMER, ORDER_STATE.cancelled],
    ['expires', 61, 'expireOrder', ACCOUNT.keeper, ORDER_STATE.expired],
  ])('%s, and all 64 devices are free again', async (_, nowS, name, actor, state) => {
    writeLargeOrder(core);
    await writeState(chain, genesis, core);
    expect(await both(nowS, name, actor, [1])).toBe(0);
    expect([order().state, readRecord(core, 'fizzNodes', BIDS).state]).toEqual([state, FIZZ_STATE.active]);
    await agree();
  });

  it('of which none can be served any more > expires when it should enter matching', async () => {
    writeLargeOrder(core);
    // A device that has gone in the meantime is found out last of all that is asked of a bidder.
    for (let i = 1; i <= BIDS; i++) core.fizzNodes[i * STRIDE.fizzNodes + F.fizzNodes.state] = FIZZ_STATE.serving;
    await writeState(chain, genesis, core);
    expect(await both(NOW_S, 'openMatching', ACCOUNT.keeper, [1])).toBe(0);
    expect(order().state).toBe(ORDER_STATE.expired);
    await agree();
  });

  it('takes a better bid in place of the worst', async () => {
    writeLargeOrder(core);
    const after = BIDS + 1;
    writeRecord(core, 'providerTotals', 0, { providerCount: after, activeCount: after });
    writeRecord(core, 'fizzTotals', 0, { fizzCount: after });
    writeRecord(core, 'providers', after, { ...readRecord(core, 'providers', 1) });
    writeRecord(core, 'providerCollateral', after, { ownUnits: 1_000_000 });
    writeRecord(core, 'fizzNodes', after, { ...readRecord(core, 'fizzNodes', 1), gateway: after });
    // The worst one is the first of the list's end: the walk goes all the way twice.
    writeRecord(core, 'bids', 1, { priceUnits: 1_000_000 });
    await writeState(chain, genesis, core);
    expect(await both(3, 'placeBid', OWNER, [1, after, 800_000, after])).toBe(0);
    expect(readRecord(core, 'bids', 1).state).toBe(BID_STATE.out);
    await agree();
  });
});
