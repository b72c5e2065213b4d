/**
 * Random histories of assets, escrow wallets, orders, leases and fizz nodes on core and contracts: the same codes with the same
 * two values, the same events in the same order, the same words. Some actions are out of turn, some by the wrong account.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStreams, nextInt, streamKey } from '../base/stream.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { ACTION_NAMES, type Action, type ActionName, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import { ACCOUNT, F, FIZZ_STATE, LEASE_STATE, ORDER_STATE, STRIDE, type TableName } from '../protocol/layout.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { eraSettlement } from '../protocol/processEra.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { createState, type State } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';
import { compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import { eventsOf } from './vectorFile.ts';

const AGENTS = 6;
const SLOTS = 6;
const ACTIONS_PER_SLOT = 70;
const HOUR_S = 3_600;
const CAPACITIES = { paramValues: 512, ratings: 8_000, providerRatings: 64_000 };
const COMMON = { 'time.slots_per_era': 2, 'escrow.bracket_usd': 1, 'deleg.unbond_eras': 1, 'fizz.outage_close_s': 300 };
/** The parameters that decide what a lease costs: as they are by default, and every one the other way. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'the default terms': COMMON,
  'all terms the other way': {
    ...COMMON,
    'lease.charge_undeployed': 0,
    'lease.charge_downtime': 1,
    'lease.update_needs_accept': 0,
    'fee.provider_base': 1,
    'fizz.billing_unit': 1,
    'fizz.outage_accrual': 1,
    'escrow.min_cover_bps': 500,
    'escrow.brackets_enforced': 0,
    'tier.initial': 1,
  },
};
/** Actions of leases and wallets that every pair of histories must bring about. */
const WANTED: readonly ActionName[] = [
  ...(['enableAsset', 'issueAsset', 'postPrices', 'transferAsset'] as const),
  ...(['openEscrow', 'depositEscrow', 'withdrawEscrow', 'transferEscrow'] as const),
  ...(['sendManifest', 'confirmDeployment', 'withdrawLease', 'extendLease', 'proposeUpdate', 'closeLease'] as const),
  ...(['endLease', 'pauseLease', 'resumeLease', 'rateLease', 'accrueLeases', 'detachFizz', 'reattachFizz'] as const),
];

/** A walk from genesis: proposals read the core, which is ahead of the chain by nothing. */
class Walk {
  readonly reached = new Map<string, number>();
  readonly core: State;
  readonly chain: ProtocolChain;
  readonly next: (n: number) => number;
  private nowS = 0;

  constructor(core: State, chain: ProtocolChain, next: (n: number) => number) {
    this.core = core;
    this.chain = chain;
    this.next = next;
  }

  /** Does the same to both, and compares what they say. */
  async send(sent: Action): Promise<boolean> {
    const { core, chain } = this;
    this.nowS += 1;
    core.nowS = this.nowS;
    const refusal = await chain.refusalOf(this.nowS, sent);
    const sink = createState({});
    core.eventCount = 0;
    const code = applyAction(core, sent);
    const [answer] = await chain.execute(this.nowS, [sent], sink);
    const name = ACTION_NAMES[sent.kind]!;
    const told = `${name}(${sent.args.join(', ')}) of ${sent.actor} at ${this.nowS}`;
    expect([told, REJECTIONS[answer!] ?? answer]).toEqual([told, REJECTIONS[code]]);
    if (code !== 0) {
      expect([told, refusal?.have, refusal?.need]).toEqual([told, core.rejectHave, core.rejectNeed]);
    } else {
      expect([told, ...eventsOf(sink)]).toEqual([told, ...eventsOf(core)]);
    }
    const key = `${name} ${REJECTIONS[code]}`;
    this.reached.set(key, (this.reached.get(key) ?? 0) + 1);
    return code === 0;
  }

  by(name: ActionName, actor: number, args: readonly number[]): Promise<boolean> {
    return this.send(action(name, this.once(20) || actor < ACCOUNT.firstAgent ? this.agent() : actor, args));
  }

  keeper(name: ActionName, args: readonly number[]): Promise<boolean> {
    return this.send(action(name, ACCOUNT.keeper, args));
  }

  goTo(nowS: number): void {
    if (nowS > this.nowS) this.nowS = nowS;
  }

  private agent(): number {
    return ACCOUNT.firstAgent + this.next(AGENTS);
  }

  private once(n: number): boolean {
    return this.next(n) === 0;
  }

  private pick<T>(...list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }

  private read(table: TableName, record: number, field: number): number {
    return this.core[table][record * STRIDE[table] + field] ?? 0;
  }

  /** Mostly one that exists; where there is one, in one of these states. */
  private entity(table: TableName, count: number, stateField: number, states: readonly number[]): number {
    if (this.once(30)) return this.next(count + 2);
    const all = Array.from({ length: count }, (_, i) => i + 1);
    const found = all.filter((entity) => states.includes(this.read(table, entity, stateField)));
    const list = found.length === 0 ? all : found;
    return list.length === 0 ? 1 : list[this.next(list.length)]!;
  }

  private lease(...states: readonly number[]): number {
    return this.entity('leases', this.core.leaseTotals[F.leaseTotals.leaseCount]!, F.leases.state, states);
  }

  private fizz(...states: readonly number[]): number {
    return this.entity('fizzNodes', this.core.fizzTotals[F.fizzTotals.fizzCount]!, F.fizzNodes.state, states);
  }

  private escrow(): number {
    return 1 + this.next(this.core.escrowTotals[F.escrowTotals.escrowCount]! + (this.once(20) ? 1 : 0));
  }

  private ofLease(lease: number, field: number): number {
    return this.read('leases', lease, field);
  }

  private consumer(lease: number): number {
    return this.read('escrows', this.ofLease(lease, F.leases.escrow), F.escrows.owner);
  }

  private providerOwner(provider: number): number {
    return this.read('providers', provider, F.providers.owner);
  }

  private payee(lease: number): number {
    const fizz = this.ofLease(lease, F.leases.fizz);
    if (fizz !== 0) return this.read('fizzNodes', fizz, F.fizzNodes.owner);
    return this.providerOwner(this.ofLease(lease, F.leases.provider));
  }

  /** Now, or a little before or after. */
  private near(): number {
    return Math.max(0, this.nowS + 1 - this.next(this.once(2) ? 3 : 200) + (this.once(12) ? 2 : 0));
  }

  async found(): Promise<void> {
    const [first] = [ACCOUNT.firstAgent];
    for (const provider of [1, 2]) {
      await this.send(action('proposeProvider', first + provider, [0, 8, 16, 64, 1_000, 2, 9, 3, 2, 2, 9]));
      await this.send(action('stakeProvider', first + provider, [provider, 900_000_000]));
      await this.send(action('setAcceptedAssets', first + provider, [provider, 7]));
    }
    await this.keeper('postPrices', [48_600_000_000, 7_290_000_000_000, 3]);
    for (const asset of [1, 2]) {
      await this.keeper('enableAsset', [asset]);
      for (let i = 0; i < AGENTS; i++) await this.keeper('issueAsset', [asset, first + i, 900_000_000]);
    }
    await this.send(action('openEscrow', first, [0, 900_000_000]));
    await this.send(action('openEscrow', first + 4, [1, 90_000_000]));
    for (const asset of [1, 2]) await this.send(action('depositEscrow', first, [1, asset, 80_000_000]));
    await this.send(action('openGateway', first + 1, [1, 1, 1_000_000, 700]));
    for (const fizz of [1, 2, 3]) {
      await this.send(action('configureFizz', first + 5, [fizz, 4, 16, 100, 0, 0, 1_000]));
      await this.send(action('joinSubnet', first + 5, [fizz, 1, 20_000_000]));
      await this.send(action('acceptFizz', first + 1, [fizz]));
    }
  }

  /** From an order to its lease, most of the time. */
  private async deal(): Promise<void> {
    const escrow = this.escrow();
    const owner = this.read('escrows', escrow, F.escrows.owner);
    const fizz = this.once(2) ? this.fizz(FIZZ_STATE.active) : 0;
    const isFizz = this.read('fizzNodes', fizz, F.fizzNodes.state) === FIZZ_STATE.active;
    const provider = isFizz ? 1 : 1 + this.next(2);
    const price = this.pick(1, 7, 1_000, 36_000, 2_000_000);
    const size = [1 + this.next(4), 1 + this.next(8), this.next(100), isFizz ? 0 : this.next(2), 0];
    const asset = this.pick(0, 0, 1, 2, 3);
    const hours = 1 + this.next(4);
    const terms = [escrow, asset, isFizz ? 1 : 0, ...size, 8, hours * HOUR_S, price + 1_000, 0];
    if (!(await this.by('createOrder', owner, terms))) return;
    const order = this.core.orderTotals[F.orderTotals.orderCount]!;
    const fizzOwner = this.read('fizzNodes', fizz, F.fizzNodes.owner);
    if (isFizz && !(await this.send(action('reserveFizz', fizzOwner, [fizz, order])))) return;
    const bidder = this.providerOwner(provider);
    await this.send(action('placeBid', bidder, [order, provider, isFizz ? price + 1_000 : price, isFizz ? fizz : 0]));
    this.goTo(this.read('orders', order, F.orders.bidUntilS));
    await this.keeper('openMatching', [order]);
    if (this.read('orders', order, F.orders.state) === ORDER_STATE.matching) await this.keeper('matchOrder', [order]);
  }

  /** One thing that an agent or the keeper does. */
  async act(): Promise<void> {
    if (this.once(3)) this.goTo(this.nowS + this.next(150));
    const S = LEASE_STATE;
    const awaiting = this.lease(S.awaiting);
    const deploying = this.lease(S.deploying, S.down);
    const serving = this.lease(S.serving, S.deploying);
    const down = this.lease(S.down);
    const open = this.lease(S.awaiting, S.deploying, S.serving, S.down);
    const closed = this.lease(S.closed);
    const own = (lease: number) => this.consumer(lease);
    const escrow = this.escrow();
    const owner = this.read('escrows', escrow, F.escrows.owner);
    const asset = this.next(4);
    const units = this.pick(0, 1, 1_000_000, 30_000_000);
    const list: readonly (() => Promise<unknown>)[] = [
      () => this.deal(),
      () => this.deal(),
      () => this.deal(),
      () => this.by('openEscrow', this.agent(), [asset, units]),
      () => this.by('depositEscrow', owner, [escrow, this.next(5), units]),
      () => this.by('withdrawEscrow', owner, [escrow, this.next(5), units]),
      () => (this.once(4) ? this.by('transferEscrow', owner, [escrow, this.agent() + this.next(2)]) : this.deal()),
      () => this.by('transferAsset', this.agent(), [this.next(5), this.agent(), units]),
      () => this.keeper('issueAsset', [this.next(5), this.agent(), units]),
      () => this.keeper('enableAsset', [this.pick(0, 1, 4)]),
      () =>
        this.keeper('postPrices', [
          this.pick(0, 1, 10 ** 12 + 1, 48_600_000_000, 50_000_000_000),
          7_290_000_000_000,
          3,
        ]),
      () => this.by('sendManifest', own(awaiting), [awaiting]),
      () => this.by('sendManifest', own(awaiting), [awaiting]),
      () => this.by('confirmDeployment', this.payee(deploying), [deploying]),
      () => this.by('confirmDeployment', this.payee(deploying), [deploying]),
      () => this.by('withdrawLease', this.payee(open), [open]),
      () => this.by('withdrawLease', this.payee(open), [open]),
      () =>
        this.by('extendLease', own(open), [
          open,
          this.pick(0, HOUR_S, HOUR_S, HOUR_S + 1, 9_000 * HOUR_S, 100 * HOUR_S),
        ]),
      () => this.propose(open),
      () => this.propose(open),
      () => this.answer(open),
      () => this.answer(open),
      () => (this.once(3) ? this.by('closeLease', this.pick(own(open), this.payee(open)), [open]) : Promise.resolve()),
      () => this.keeper('endLease', [open]),
      () => this.keeper('pauseLease', [serving, this.near()]),
      () => this.keeper('pauseLease', [serving, this.near()]),
      () => this.keeper('resumeLease', [down, this.near()]),
      () => this.keeper('resumeLease', [down, this.near()]),
      () => this.by('rateLease', own(closed), [closed, this.next(55)]),
      () => this.keeper('detachFizz', [this.fizz(FIZZ_STATE.serving), this.near()]),
      () => this.keeper('reattachFizz', [this.fizz(FIZZ_STATE.detached), this.near()]),
      () => this.by('releaseFizz', ACCOUNT.firstAgent + 5, [this.fizz(FIZZ_STATE.reserved)]),
    ];
    await list[this.next(list.length)]!();
  }

  private propose(lease: number): Promise<unknown> {
    const size = [this.next(18), 1 + this.next(8), this.next(100), this.next(3)];
    const price = this.pick(0, 1, 5_000, 200_000, 10 ** 11);
    return this.by('proposeUpdate', this.consumer(lease), [lease, ...size, this.next(4) * HOUR_S, price]);
  }

  private answer(lease: number): Promise<unknown> {
    const owner = this.providerOwner(this.ofLease(lease, F.leases.provider));
    return this.by(this.once(6) ? 'rejectUpdate' : 'acceptUpdate', owner, [lease]);
  }
}

describe.each(Object.entries(VARIANTS))('leases in lockstep, %s', (_variant, overrides) => {
  const params = [...ledgerParams(overrides)];
  const { commitment, beacons } = createBeacons(6, SLOTS);
  const plan: GenesisPlan = {
    ...{ params, commitment, beacons, unitsPerToken: 1_000_000 },
    ...{ slotS: params[P['time.slot_s']]!, slotsPerEra: params[P['time.slots_per_era']]! },
    openUnits: new Array<number>(AGENTS).fill(20_000_000_000),
  };
  const reached = new Map<string, number>();
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: AGENTS, signedBps: 0, builtDir: testBuild(), root: repoRoot() };
    chain = await openProtocolChain(options);
    toGenesis = await chain.checkpoint();
  });
  afterAll(() => chain?.close());

  it.each([1, 2])(
    'agrees on every code, value, event and word of history %i',
    async (seed) => {
      await toGenesis();
      const core = createGenesisState(plan, CAPACITIES);
      const streams = createStreams(1, (i) => streamKey(seed, 'leases', 'walk', i));
      const walk = new Walk(core, chain, (n) => nextInt(streams, 0, n));
      for (let slot = 0; slot < SLOTS; slot++) {
        walk.goTo(slot * plan.slotS);
        if (slot > 0 && slot % plan.slotsPerEra === 0) {
          for (const step of eraSettlement(core, 1 + walk.next(5))) expect(await walk.send(step)).toBe(true);
        }
        expect((await compareStates(core, chain)).differences).toEqual([]);
        expect(await walk.keeper('openSlot', beacons[slot]!.words)).toBe(true);
        if (slot === 0) await walk.found();
        for (let i = 0; i < ACTIONS_PER_SLOT; i++) await walk.act();
      }
      expect((await compareStates(core, chain)).differences).toEqual([]);
      for (const [what, count] of walk.reached) reached.set(what, (reached.get(what) ?? 0) + count);
    },
    600_000,
  );

  it('gets everywhere that leases and wallets can go', () => {
    const told = [...reached.entries()].map(([what, count]) => `${what}: ${count}`).sort();
    if (process.env.SHOW_REACHED !== undefined) process.stdout.write(`${told.join('\n')}\n`);
    expect(WANTED.filter((name) => !reached.has(`${name} None`))).toEqual([]);
  });
});
