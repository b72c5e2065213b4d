/**
 * The market with hand-made agents, for tests: providers, devices, consumers and operators on a real core, and the operator's
 * part (`market.ts`) called phase by phase. What a machine does is set by the test; no strategy runs.
 */

import { PHASE } from '../engine/agentContract.ts';
import { createIndexer } from '../engine/indexes.ts';
import { createMarketKeeper, type MarketKeeper } from '../engine/market.ts';
import { createOracle, type Prices } from '../engine/oracle.ts';
import { MESSAGE } from '../engine/ports.ts';
import { createProviderWatch, type ProviderWatch } from '../engine/providerWatch.ts';
import type { Role } from '../engine/scenario.ts';
import type { SharedRun } from '../engine/shared.ts';
import { createTestWorld, type Group } from '../engine/testWorld.ts';
import { ACTION_NAMES, type Action, type ActionName, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { ACCOUNT, F, ORDER_MODE, STRIDE } from '../protocol/layout.ts';
import { readRecord, writeRecord } from '../protocol/nodeWorld.ts';
import { P, type ParamKey } from '../protocol/params.ts';
import { PROVIDER_REPORT_WORDS, type ProviderReport, unpackProviderReport } from '../protocol/providerReport.ts';
import { enoughFor, PLAIN_SPEC } from '../protocol/providerWorld.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import type { State } from '../protocol/state.ts';
import { openReplay, smallScenario } from './testRun.ts';

export const TOKEN = 1_000_000;
export const HOUR_S = 3_600;
/** Offset of the block in which the era is reported. */
const REPORT_S = 3_540;
/** Slots of these tests lie in one era: nothing is settled. */
const SLOTS = 24;

export type StandOptions = {
  readonly params?: Partial<Record<ParamKey, number>>;
  /** Strategy of the miners, who are the providers' owners. */
  readonly miners?: Pick<Group, 'strategy' | 'options'>;
  readonly dollars?: number;
  readonly path?: readonly Prices[];
  readonly usesMarket?: boolean;
};

type PhaseName = 'settle' | 'open' | 'match' | 'close' | 'report';
const PHASE_S: Readonly<Record<PhaseName, number>> = {
  settle: 0,
  open: PHASE.open,
  match: PHASE.match,
  close: PHASE.close,
  report: REPORT_S,
};

export class MarketStand {
  readonly s: State;
  readonly shared: SharedRun;
  readonly keeper: MarketKeeper;
  private readonly watch: ProviderWatch;
  private readonly beacons: readonly { readonly words: readonly number[] }[];
  private readonly index: () => void;
  private slot = -1;

  static async open(options: StandOptions = {}): Promise<MarketStand> {
    const miners = options.miners ?? { strategy: 'steady', options: { facets: 'spheron' } };
    const scenario = smallScenario(
      [
        { role: 'miner', count: 3, ...miners },
        {
          ...{ role: 'consumer', strategy: 'renter', count: 2, openTokens: 10_000 },
          options: { dollars: options.dollars ?? 0 },
        },
        { role: 'fizz', strategy: 'evening', count: 3, options: { evening_hours: 0 } },
        { role: 'matchmaker', strategy: 'honest', count: 1 },
      ],
      { eras: 1, params: { 'escrow.brackets_enforced': 0, 'tier.below7': 1, ...options.params } },
    );
    return new MarketStand(createTestWorld(scenario, await openReplay(60)), options);
  }

  private constructor(world: ReturnType<typeof createTestWorld>, { path = [], usesMarket = true }: StandOptions) {
    this.s = world.state;
    this.shared = world.shared;
    this.beacons = world.plan.beacons;
    const indexer = createIndexer(this.shared, this.s, { ids: [] });
    this.index = () => indexer.update();
    this.keeper = createMarketKeeper(this.shared, createOracle(1, path), usesMarket);
    this.watch = createProviderWatch(this.shared, {
      enterSlot: () => {},
      regionOf: () => 'eu',
      isConnectedAt: (agent) => this.shared.world[agent * 4 + 3] === 1,
      isCyclic: () => false,
    });
    for (const { agent } of this.shared.roster.agents) this.setOnline(this.account(agent), true);
  }

  private account(agent: number): number {
    return ACCOUNT.firstAgent + agent;
  }

  /** Account of the n-th agent of a role, from 0. */
  of(role: Role, n = 0): number {
    return this.shared.roster.agents.filter((info) => info.role === role)[n]!.account;
  }

  /** Whether the machine of an account is there in this slot. */
  setOnline(account: number, isOnline: boolean): void {
    this.shared.world[(account - ACCOUNT.firstAgent) * 4 + 3] = isOnline ? 1 : 0;
  }

  setParam(key: ParamKey, value: number): void {
    this.s.paramValues[P[key]] = value;
  }

  private execute(actions: Iterable<Action>, nowS: number): string[] {
    this.s.nowS = nowS;
    this.s.eventCount = 0;
    const told: string[] = [];
    for (const next of actions) {
      const name = ACTION_NAMES[next.kind]!;
      const text = `${name}(${[...next.args, ...(next.bulk === undefined ? [] : [`[${next.bulk.join()}]`])].join()})`;
      const code = applyAction(this.s, next);
      if (code !== 0)
        throw new Error(`${text} at ${nowS}: ${REJECTIONS[code]}(${this.s.rejectHave}, ${this.s.rejectNeed})`);
      told.push(text);
    }
    this.index();
    this.watch.observe(this.s);
    this.keeper.observe(this.s);
    return told;
  }

  /** Sends an agent's action, so many seconds into the slot. @throws Error if it is refused */
  do(name: ActionName, actor: number, args: readonly number[], atS: number = PHASE.open): void {
    this.execute([action(name, actor, args)], this.slot * HOUR_S + atS);
  }

  /** What the operator sends in a phase of this slot, each `name(arguments)`. @throws Error if any of it is refused */
  run(phase: PhaseName): string[] {
    return this.execute(this.keeper[phase](this.s), this.slot * HOUR_S + PHASE_S[phase]);
  }

  /** Opens the next slot. @returns what the operator sends at its start */
  enter(): string[] {
    this.slot += 1;
    if (this.slot >= SLOTS) throw new Error('These tests end with the era');
    this.execute([action('openSlot', ACCOUNT.keeper, this.beacons[this.slot]!.words)], this.slot * HOUR_S);
    const told = this.run('settle');
    this.watch.listen(this.s);
    return told;
  }

  /** What the referee reports of all providers at the end of this slot; the era's counts start anew. */
  reports(): ProviderReport[] {
    const count = this.s.providerTotals[F.providerTotals.providerCount]!;
    this.s.nowS = this.slot * HOUR_S + REPORT_S;
    const words = this.watch.report(this.s, 0, count);
    return Array.from({ length: count }, (_, i) => unpackProviderReport(words, i * PROVIDER_REPORT_WORDS));
  }

  /** Second of this slot's start. */
  startS(): number {
    return this.slot * HOUR_S;
  }

  /** An Active provider of the n-th miner. @returns its number */
  addProvider(n = 0): number {
    const owner = this.of('miner', n);
    this.do('proposeProvider', owner, PLAIN_SPEC);
    const provider = this.s.providerTotals[F.providerTotals.providerCount]!;
    this.do('stakeProvider', owner, [provider, enoughFor(7)]);
    writeRecord(this.s, 'providers', provider, { tier: 7 });
    return provider;
  }

  /** An escrow wallet of the n-th consumer. @returns its number */
  addEscrow(n = 0, tokens = 1_000): number {
    this.do('openEscrow', this.of('consumer', n), [0, tokens * TOKEN]);
    return this.s.escrowTotals[F.escrowTotals.escrowCount]!;
  }

  /** An order of the wallet's owner, for 2 CPUs unless it says otherwise, at a token an hour. @returns its number */
  order(escrow: number, { hours = 4, mode = ORDER_MODE.provider as number, cpuCount = 2 } = {}): number {
    const owner = this.s.escrows[escrow * STRIDE.escrows + F.escrows.owner]!;
    this.do('createOrder', owner, [escrow, 0, mode, cpuCount, 4, 10, 0, 0, 0, hours * HOUR_S, TOKEN, 0]);
    return this.s.orderTotals[F.orderTotals.orderCount]!;
  }

  /** A bid of the provider's owner, in phase `bid`. @returns its number */
  bid(order: number, provider: number, priceUnits = TOKEN, fizz = 0): number {
    const owner = readRecord(this.s, 'providers', provider).owner;
    this.do('placeBid', owner, [order, provider, priceUnits, fizz], PHASE.bid);
    return this.s.orderTotals[F.orderTotals.bidCount]!;
  }

  /** The lease of an order that has just been matched. */
  leaseOf(order: number): number {
    return readRecord(this.s, 'orders', order).lease;
  }

  /** From an order to a service that runs from phase `serve` on. @returns the lease */
  serve(escrow: number, provider: number, hours = 4, cpuCount = 2): number {
    const order = this.order(escrow, { hours, cpuCount });
    this.bid(order, provider);
    this.run('match');
    const lease = this.leaseOf(order);
    this.deploy(lease);
    return lease;
  }

  /** Manifest in phase `match`, deployment in phase `serve`. */
  deploy(lease: number): void {
    const { escrow, provider, fizz } = readRecord(this.s, 'leases', lease);
    this.do('sendManifest', readRecord(this.s, 'escrows', escrow).owner, [lease], PHASE.match);
    const payee = fizz === 0 ? readRecord(this.s, 'providers', provider) : readRecord(this.s, 'fizzNodes', fizz);
    this.do('confirmDeployment', payee.owner, [lease], PHASE.serve);
  }

  /** An Active member of a gateway: the device of the n-th fizz agent. Opens the gateway. @returns its number */
  addMember(provider: number, n = 0): number {
    const gatewayOwner = readRecord(this.s, 'providers', provider).owner;
    const owner = this.of('fizz', n);
    this.do('openGateway', gatewayOwner, [provider, 1, 0, 200]);
    this.do('configureFizz', owner, [9_000 + n, 4, 8, 100, 0, 0, TOKEN / 2]);
    const fizz = this.s.fizzTotals[F.fizzTotals.fizzCount]!;
    this.do('joinSubnet', owner, [fizz, provider, 20 * TOKEN]);
    this.do('acceptFizz', gatewayOwner, [fizz]);
    return fizz;
  }

  /** From an order in fizz mode to a service of the device. @returns the lease */
  serveFizz(escrow: number, provider: number, fizz: number, hours = 8): number {
    const order = this.order(escrow, { hours, mode: ORDER_MODE.fizz });
    this.do('reserveFizz', readRecord(this.s, 'fizzNodes', fizz).owner, [fizz, order]);
    this.bid(order, provider, TOKEN, fizz);
    this.run('match');
    const lease = this.leaseOf(order);
    this.deploy(lease);
    return lease;
  }

  /** An agent tells that it misuses what a consumer has on a lease. */
  misuse(account: number, lease: number): void {
    this.keeper.receive(Float64Array.of(account - ACCOUNT.firstAgent, MESSAGE.misuse, lease, 0, 0, 0));
  }

  lease(lease: number) {
    return readRecord(this.s, 'leases', lease);
  }

  fizz(fizz: number) {
    return readRecord(this.s, 'fizzNodes', fizz);
  }
}
