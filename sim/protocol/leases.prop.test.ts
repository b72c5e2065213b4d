/** Random courses of leases: what must hold of money, time and resources after every action (INV-48 to INV-53, INV-55). */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { assert } from '../base/assert.ts';
import { BPS, mulDivDown } from '../base/fixedPoint.ts';
import { A, type Action, type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { assetUnits } from './assets.ts';
import { agent, TOKEN } from './eraWorld.ts';
import { escrowCount } from './escrow.ts';
import { EV, MOVE } from './events.ts';
import { ACCOUNT, FIZZ_STATE, LEASE_STATE, LEASE_TERM, PROVIDER_STATE, UPDATE_STATE } from './layout.ts';
import { coveredS, HOUR_S } from './leaseMoney.ts';
import { leaseCount } from './leases.ts';
import {
  addLease,
  addWallet,
  CONSUMER,
  createLeaseWorld,
  DOLLARS,
  FIZZ_OWNER,
  KEEPER,
  providerOwner,
  readLease,
  STRANGER,
} from './leaseWorld.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { RESOURCE_NAMES } from './resources.ts';
import { EVENT_STRIDE, type State } from './state.ts';

const AGENTS = 6;
const ASSETS = [0, DOLLARS] as const;

/** What the walk sends. */
const SENT = [
  ...['depositEscrow', 'withdrawEscrow', 'transferEscrow', 'sendManifest', 'confirmDeployment', 'withdrawLease'],
  ...['extendLease', 'proposeUpdate', 'acceptUpdate', 'rejectUpdate', 'closeLease', 'endLease', 'pauseLease'],
  ...['resumeLease', 'detachFizz', 'reattachFizz'],
] as readonly ActionName[];

/** State of the lease that a command looks for. */
const WANTED_STATE: { readonly [what: number]: number } = {
  3: LEASE_STATE.awaiting,
  4: LEASE_STATE.awaiting,
  6: LEASE_STATE.deploying,
  7: LEASE_STATE.deploying,
  13: LEASE_STATE.serving,
  18: LEASE_STATE.serving,
  20: LEASE_STATE.down,
  21: LEASE_STATE.down,
  22: LEASE_STATE.serving,
  23: LEASE_STATE.down,
};

type Command = {
  readonly what: number;
  readonly lease: number;
  readonly who: number;
  readonly afterS: number;
  readonly backS: number;
  readonly hours: number;
  readonly units: number;
  readonly isFizz: boolean;
};

const command: fc.Arbitrary<Command> = fc.record({
  what: fc.nat({ max: 29 }),
  lease: fc.integer({ min: 1, max: 6 }),
  who: fc.nat({ max: 1 }),
  afterS: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 100 }) }, { weight: 1, arbitrary: fc.nat({ max: 2_500 }) }),
  backS: fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: 800 })),
  hours: fc.integer({ min: 1, max: 4 }),
  units: fc.integer({ min: 1, max: 200_000 }),
  isFizz: fc.boolean(),
});

const terms = fc.record({
  'lease.charge_undeployed': fc.nat({ max: 1 }),
  'lease.charge_downtime': fc.nat({ max: 1 }),
  'lease.update_needs_accept': fc.nat({ max: 1 }),
  'fizz.outage_accrual': fc.nat({ max: 1 }),
  'fizz.billing_unit': fc.nat({ max: 1 }),
  'fee.provider_base': fc.nat({ max: 1 }),
  'escrow.min_cover_bps': fc.constantFrom(0, 10_000),
});

/** Seconds of service of a lease, kept beside the ledger: pieces of time, and since when the present one runs. */
type Course = { pieces: (readonly [fromS: number, toS: number])[]; sinceS: number | undefined };

type World = { readonly s: State; readonly courses: Map<number, Course>; readonly paid: Map<number, number> };

function createWorld(params: Parameters<typeof createLeaseWorld>[0]): World {
  const s = createLeaseWorld(params);
  addWallet(s, STRANGER, 2 * TOKEN, 300_000);
  addLease(s);
  addLease(s, { escrow: 2, isFizz: true, asset: DOLLARS });
  s.eventCount = 0;
  const world = { s, courses: new Map(), paid: new Map() };
  follow(world, []);
  return world;
}

function payeeOf(s: State, lease: number): number {
  const { provider, fizz } = readLease(s, lease);
  return fizz === 0 ? providerOwner(Math.max(1, provider)) : FIZZ_OWNER;
}

function consumerOf(s: State, lease: number): number {
  return readRecord(s, 'escrows', readLease(s, lease).escrow).owner;
}

/** The lease that a command is about: one that it could be accepted for, where there is one. */
function leaseOf(s: State, c: Command): number {
  const count = leaseCount(s);
  const first = c.lease % count;
  for (let i = 0; i < count; i++) {
    const lease = 1 + ((first + i) % count);
    const { state } = readLease(s, lease);
    const isProposed = readRecord(s, 'leaseUpdates', lease).state === UPDATE_STATE.proposed;
    if ([14, 15, 27, 28, 29].includes(c.what) ? isProposed : state === WANTED_STATE[c.what]) return lease;
  }
  return 1 + first;
}

/** The action that a command stands for, sent by whoever may send it; undefined: a lease is opened. */
function toAction(s: State, c: Command): Action | undefined {
  const { units } = c;
  const lease = leaseOf(s, c);
  const backS = Math.max(0, s.nowS - c.backS);
  const consumer = consumerOf(s, lease);
  const { provider, fizz } = readLease(s, lease);
  const server = providerOwner(Math.max(1, provider));
  const send = (name: ActionName, actor: number, args: readonly number[]): Action => action(name, actor, args);
  const owner = readRecord(s, 'escrows', 1 + c.who).owner;
  switch (c.what) {
    case 0:
      return send('depositEscrow', owner, [1 + c.who, 0, units]);
    case 1:
      return send('withdrawEscrow', owner, [1 + c.who, c.isFizz ? DOLLARS : 0, units]);
    case 2:
      return send('transferEscrow', owner, [1 + c.who, agent(c.hours)]);
    case 3:
    case 4:
    case 5:
      return send('sendManifest', consumer, [lease]);
    case 6:
    case 7:
    case 8:
      return send('confirmDeployment', payeeOf(s, lease), [lease]);
    case 9:
    case 10:
    case 11:
      return send('withdrawLease', payeeOf(s, lease), [lease]);
    case 12:
      return send('extendLease', consumer, [lease, c.hours * HOUR_S]);
    case 13:
    case 26:
      return send('proposeUpdate', consumer, [lease, c.hours, 4, 10, c.who, c.hours * HOUR_S, units]);
    case 14:
    case 27:
    case 28:
      return send('acceptUpdate', server, [lease]);
    case 15:
    case 29:
      return send('rejectUpdate', server, [lease]);
    case 16:
      return send('closeLease', c.isFizz ? consumer : server, [lease]);
    case 17:
      return send('endLease', KEEPER, [lease]);
    case 18:
    case 19:
      return send('pauseLease', KEEPER, [lease, backS]);
    case 20:
    case 21:
      return send('resumeLease', KEEPER, [lease, backS]);
    case 22:
      return send('detachFizz', KEEPER, [fizz, backS]);
    case 23:
      return send('reattachFizz', KEEPER, [fizz, backS]);
    default:
      return undefined;
  }
}

/** A deployment and a return start the course of a lease, an outage and its end stop it, unless such time is charged. */
function follow(
  { s, courses }: World,
  before: readonly { readonly state: number; readonly downSinceS: number }[],
): void {
  for (let lease = 1; lease <= leaseCount(s); lease++) {
    const now = readLease(s, lease);
    const was = before[lease];
    const hasTerm = (term: number): boolean => (now.terms & term) !== 0;
    const chargesFromStart = hasTerm(LEASE_TERM.chargesUndeployed);
    const course = courses.get(lease) ?? { pieces: [], sinceS: chargesFromStart ? now.startS : undefined };
    courses.set(lease, course);
    if (was === undefined || was.state === now.state) continue;
    const chargesDowntime = hasTerm(LEASE_TERM.chargesDowntime);
    const stop = (atS: number): void => {
      if (course.sinceS !== undefined) course.pieces.push([course.sinceS, atS]);
      course.sinceS = undefined;
    };
    if (now.state === LEASE_STATE.down && !chargesDowntime) stop(now.downSinceS);
    else if (now.state === LEASE_STATE.serving && now.deployedS === s.nowS && course.sinceS === undefined)
      course.sinceS = s.nowS;
    else if (was.state === LEASE_STATE.down && now.state !== LEASE_STATE.closed && course.sinceS === undefined) {
      if (chargesFromStart || now.deployedS > 0) course.sinceS = now.accruedS;
    } else if (now.state === LEASE_STATE.closed) stop(s.nowS);
  }
}

/** Seconds of a course that lie before a time and the lease's end. */
function chargedS({ pieces, sinceS }: Course, atS: number, endS: number): number {
  const all = sinceS === undefined ? pieces : [...pieces, [sinceS, atS] as const];
  return all.reduce((sum, [fromS, toS]) => sum + Math.max(0, Math.min(toS, atS, endS) - Math.min(fromS, endS)), 0);
}

/** What F-16 and OP-79 say that a lease has cost up to a time. */
function costOf(world: World, lease: number, atS: number): number {
  const l = readLease(world.s, lease);
  const used = chargedS(world.courses.get(lease)!, atS, l.endS);
  const isByHour = (l.terms & LEASE_TERM.hourUp) !== 0;
  const billed = isByHour ? Math.min(Math.ceil(used / HOUR_S) * HOUR_S, l.endS - l.startS) : used;
  return mulDivDown(l.priceUnits, Math.min(billed, coveredS(l.fundedUnits, l.priceUnits, l.userFeeBps)), HOUR_S);
}

function checkEscrow(s: State): void {
  const totals = readRecord(s, 'escrowTotals', 0);
  for (const asset of ASSETS) {
    let unlocked = 0;
    let locked = 0;
    for (let escrow = 1; escrow <= escrowCount(s); escrow++) {
      const has = readRecord(s, 'escrowBalances', escrow * 4 + asset);
      assert(has.unlockedUnits >= 0 && has.lockedUnits >= 0, `wallet ${escrow} owes units of asset ${asset}`);
      unlocked += has.unlockedUnits;
      locked += has.lockedUnits;
      let subLocks = 0;
      for (let lease = 1; lease <= leaseCount(s); lease++) {
        const l = readLease(s, lease);
        if (l.escrow === escrow && l.asset === asset) subLocks += l.lockedUnits;
      }
      assert(subLocks === has.lockedUnits, `INV-49: leases of wallet ${escrow} lock ${subLocks} of asset ${asset}`);
    }
    const held = assetUnits(s, ACCOUNT.escrow, asset);
    assert(
      held === unlocked + locked,
      `INV-48: the vault has ${held} of asset ${asset}, the wallets ${unlocked + locked}`,
    );
    const sums =
      asset === 0 ? [totals.unlockedUnits0, totals.lockedUnits0] : [totals.unlockedUnits1, totals.lockedUnits1];
    assert(sums[0] === unlocked && sums[1] === locked, `the sums of asset ${asset} are ${sums}`);
  }
}

function checkLeases(world: World): void {
  const { s, paid } = world;
  let open = 0;
  for (let lease = 1; lease <= leaseCount(s); lease++) {
    const l = readLease(s, lease);
    const isClosed = l.state === LEASE_STATE.closed;
    assert(l.paidUnits >= (paid.get(lease) ?? 0), `INV-50: lease ${lease} has accrued less than before`);
    paid.set(lease, l.paidUnits);
    const debit = l.paidUnits + mulDivDown(l.paidUnits, l.userFeeBps, BPS);
    assert(debit <= l.fundedUnits, `INV-50: lease ${lease} has taken ${debit} of ${l.fundedUnits}`);
    if (isClosed) assert(l.lockedUnits === 0, `INV-49: closed lease ${lease} locks ${l.lockedUnits}`);
    else assert(l.lockedUnits === l.fundedUnits - debit, `INV-51: lease ${lease} locks ${l.lockedUnits}`);
    const cost = costOf(world, lease, isClosed ? l.closedS : s.nowS);
    assert(l.paidUnits <= cost, `lease ${lease} has charged ${l.paidUnits} for a service of ${cost}`);
    if (isClosed) assert(l.paidUnits === cost, `INV-50: lease ${lease} was closed at ${l.paidUnits}, it cost ${cost}`);
    if (!isClosed) {
      open += 1;
      assert(s.openLeases[l.place] === lease, `lease ${lease} is not in its place`);
    }
  }
  assert(readRecord(s, 'leaseTotals', 0).openCount === open, 'the number of open leases is wrong');
  assert(s.openLeases[open + 1] === 0, 'a place behind the last lease is not empty');
}

function checkUse(s: State): void {
  for (const provider of [1, 2]) {
    const use = readRecord(s, 'providerUse', provider);
    const own = Array.from({ length: leaseCount(s) }, (_, i) => readLease(s, i + 1)).filter(
      (l) => l.provider === provider && l.state !== LEASE_STATE.closed,
    );
    assert(use.leaseCount === own.length, `provider ${provider} has ${own.length} leases, not ${use.leaseCount}`);
    for (const name of RESOURCE_NAMES) {
      const sum = own.filter((l) => l.fizz === 0).reduce((all, l) => all + l[name], 0);
      assert(use[name] === sum, `INV-53: provider ${provider} uses ${sum} of ${name}, not ${use[name]}`);
    }
  }
  for (let fizz = 1; fizz <= readRecord(s, 'fizzTotals', 0).fizzCount; fizz++) {
    const node = readRecord(s, 'fizzNodes', fizz);
    const isBusy = node.state === FIZZ_STATE.serving || node.state === FIZZ_STATE.detached;
    assert(isBusy === (node.lease !== 0), `fizz node ${fizz} in state ${node.state} has lease ${node.lease}`);
  }
  for (let order = 1; order <= readRecord(s, 'orderTotals', 0).orderCount; order++) {
    const open = Array.from({ length: leaseCount(s) }, (_, i) => readLease(s, i + 1)).filter(
      (l) => l.order === order && l.state !== LEASE_STATE.closed,
    );
    assert(open.length <= 1, `INV-55: order ${order} has ${open.length} leases`);
  }
}

/** Payments of the events since `start`, by what they were for, against what the leases' events say. */
function checkPayments(s: State, start: number): void {
  const moved = new Map<number, number>();
  let accrued = 0;
  let fees = 0;
  for (let i = start; i < s.eventCount; i++) {
    const e = s.events.subarray(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    const isNative = e[0] === EV.Moved;
    if (isNative || e[0] === EV.AssetMoved) {
      const [from, , units, reason] = e.subarray(isNative ? 1 : 2);
      if (from !== ACCOUNT.escrow || reason === MOVE.escrowWithdraw) continue;
      assert(!isNative || (reason !== MOVE.userFee && reason !== MOVE.providerFee), 'INV-52: a fee on tokens');
      moved.set(reason!, (moved.get(reason!) ?? 0) + units!);
    } else if (e[0] === EV.LeaseAccrued) {
      const [, , gross, payee, foundation, fee, gateway] = e;
      const userFee = moved.get(MOVE.userFee) ?? 0;
      assert(payee! + foundation! + fee! + gateway! === gross! + userFee, 'INV-51: the parts are not what was paid');
      accrued += gross!;
      fees += fee!;
    }
  }
  const of = (reason: number): number => moved.get(reason) ?? 0;
  const parts = of(MOVE.leasePayment) + of(MOVE.gatewayShare) + of(MOVE.commission) + of(MOVE.providerFee);
  assert(parts === accrued, `INV-51: ${parts} units were paid for ${accrued}`);
  assert(of(MOVE.userFee) + of(MOVE.providerFee) === fees, 'the fees of the events are not those that were paid');
}

/** Executes a command. @returns the action, if the ledger accepted one */
function execute(world: World, c: Command): Action | undefined {
  const { s } = world;
  const one = toAction(s, c);
  if (one !== undefined) return applyAction(s, one) === 0 ? one : undefined;
  if (leaseCount(s) < 7)
    addLease(s, {
      ...{ escrow: 1 + c.who, provider: 1 + (c.backS % 2), hours: c.hours, isFizz: c.isFizz },
      ...{ asset: c.afterS % 2, priceUnits: c.units },
    });
  return undefined;
}

describe('leases', () => {
  it('given any course > wallets, locks, prices and resources are exact after every action, and nobody is overcharged', () => {
    const acceptedCounts = new Map<number, number>();
    let closedCount = 0;
    fc.assert(
      fc.property(terms, fc.array(command, { minLength: 30, maxLength: 90 }), (params, commands) => {
        const world = createWorld(params);
        const { s } = world;
        for (const c of commands) {
          s.nowS += c.afterS;
          const before = Array.from({ length: leaseCount(s) + 1 }, (_, i) => readLease(s, i));
          const start = s.eventCount;
          const accepted = execute(world, c);
          if (accepted !== undefined) acceptedCounts.set(accepted.kind, (acceptedCounts.get(accepted.kind) ?? 0) + 1);
          follow(world, before);
          checkEscrow(s);
          checkLeases(world);
          checkUse(s);
          checkPayments(s, start);
        }
        for (let lease = 1; lease <= leaseCount(s); lease++)
          if (readLease(s, lease).state === LEASE_STATE.closed) closedCount += 1;
      }),
      { numRuns: 120, seed: 16 },
    );
    // The walk is worth something only if it gets everywhere.
    for (const name of SENT) {
      const acceptedCount = acceptedCounts.get(A[name]) ?? 0;
      assert(acceptedCount >= 10, `${name} was accepted ${acceptedCount} times`);
    }
    assert(closedCount >= 50, `only ${closedCount} leases were closed`);
  });

  it('given any withdrawals in between > everybody ends with what one settlement at the end would give', () => {
    fc.assert(
      fc.property(terms, fc.array(command, { minLength: 30, maxLength: 90 }), (params, commands) => {
        const worlds = [createWorld(params), createWorld(params)] as const;
        const [often, once] = worlds;
        for (const c of commands) {
          for (const { s } of worlds) s.nowS += c.afterS;
          const isOpening = toAction(often.s, c) === undefined;
          const accepted = execute(often, c);
          if (isOpening) execute(once, c);
          else if (accepted !== undefined && !(c.what >= 9 && c.what <= 11))
            assert(applyAction(once.s, accepted) === 0, `without withdrawals action ${c.what} is refused`);
        }
        for (const { s } of worlds) {
          for (const provider of [1, 2]) writeRecord(s, 'providers', provider, { state: PROVIDER_STATE.suspended });
          for (let lease = 1; lease <= leaseCount(s); lease++) applyAction(s, action('endLease', KEEPER, [lease]));
        }
        const accounts = [ACCOUNT.foundation, ACCOUNT.escrow, ...Array.from({ length: AGENTS }, (_, i) => agent(i))];
        for (const account of accounts) {
          for (const asset of ASSETS) {
            const [a, b] = worlds.map(({ s }) => assetUnits(s, account, asset));
            assert(a === b, `account ${account} has ${a} units of asset ${asset}, or ${b} with one settlement`);
          }
        }
        for (const { s } of worlds) assert(readRecord(s, 'leaseTotals', 0).openCount === 0, 'a lease is still open');
      }),
      { numRuns: 150, seed: 17 },
    );
  });

  it('given whoever has a lease > nobody else’s word counts', () => {
    const { s } = createWorld({});
    const lease = addLease(s);
    for (const [name, args] of [
      ['sendManifest', [lease]],
      ['extendLease', [lease, HOUR_S]],
      ['confirmDeployment', [lease]],
      ['withdrawLease', [lease]],
      ['closeLease', [lease]],
    ] as const)
      for (const account of [agent(1), agent(2), agent(5)])
        assert(applyAction(s, action(name, account, args)) !== 0, `${name} of account ${account} was accepted`);
    assert(consumerOf(s, lease) === CONSUMER, 'the consumer has changed');
  });
});
