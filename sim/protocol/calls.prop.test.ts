/** Random slots of calls: what must hold of money and counts after every action, and that chunks do not matter (INV-42). */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { assert } from '../base/assert.ts';
import { alloc } from '../base/fixedPoint.ts';
import { type ActionName, action } from './actions.ts';
import { applyAction } from './apply.ts';
import { EV, MOVE } from './events.ts';
import { ACCOUNT, REQUEST_STATE, STEP } from './layout.ts';
import {
  addLiveModel,
  createModelWorld,
  enterNextSlot,
  nodeOwner,
  readHost,
  readModel,
  setNodeState,
} from './modelWorld.ts';
import { dumpLedger, perform, readRecord } from './nodeWorld.ts';
import { planRoutes } from './routing.ts';
import { EVENT_STRIDE, type State } from './state.ts';
import { enterSettlement } from './taskWorld.ts';
import { walletUnits } from './token.ts';

const { keeper, callEscrow } = ACCOUNT;
const NODES = 4;
const MODELS = 2;

const command = fc.record({
  what: fc.nat({ max: 13 }),
  who: fc.nat({ max: 1 }),
  model: fc.integer({ min: 1, max: MODELS }),
  number: fc.nat({ max: 5 }),
  units: fc.integer({ min: 0, max: 5_000 }),
  scaleMil: fc.integer({ min: 1, max: 3_000 }),
});
type Command = {
  readonly what: number;
  readonly who: number;
  readonly model: number;
  readonly number: number;
  readonly units: number;
  readonly scaleMil: number;
};

type Calls = { readonly s: State; readonly consumer: number };

function createCalls(overrides: Parameters<typeof createModelWorld>[1], fees: readonly number[]): Calls {
  const { s, creator, consumer } = createModelWorld(NODES, overrides);
  for (const fee of fees) addLiveModel(s, creator, [0, fee, 11, 5]);
  s.eventCount = 0;
  return { s, consumer };
}

function totalsOf(s: State): ReturnType<typeof readRecord<'callTotals'>> {
  return readRecord(s, 'callTotals', 0);
}

function execute({ s, consumer }: Calls, c: Command): void {
  const send = (name: ActionName, actor: number, args: readonly number[], bulk?: readonly number[]): void => {
    applyAction(s, action(name, actor, args, bulk));
  };
  const actor = consumer + c.who;
  const { requestCount, routedCount, closedCount, auditedCount } = totalsOf(s);
  const some = (from: number): number => Math.min(requestCount, from + c.number);
  if (c.what === 0) send('buyCalls', actor, [c.units]);
  else if (c.what === 1) send('withdrawCalls', actor, [c.units]);
  else if (c.what <= 5) send('requestInference', actor, [c.model, c.scaleMil, 10_000]);
  else if (c.what <= 7) {
    send('routeRequests', keeper, [routedCount, some(routedCount)], planRoutes(s, routedCount, some(routedCount)));
  } else if (c.what <= 9) {
    const node = readRecord(s, 'requests', c.number).node;
    send('serveRequest', nodeOwner(Math.max(1, node)), [c.number, c.units, c.units, c.units]);
  } else if (c.what === 10) send('closeRequests', keeper, [closedCount, some(closedCount)]);
  else if (c.what === 11) send('auditRequests', keeper, [auditedCount, some(auditedCount)]);
  else if (c.what === 12) send('rateModel', actor, [c.number, c.units % 51]);
  else if (c.number === 0) send('removeModel', readModel(s, c.model).owner, [c.model]);
  else if (c.number === 1) setNodeState(s, 1 + c.who, c.units < 2_500 ? 8 : 9);
  else enterNextSlot(s);
}

function checkMoney({ s, consumer }: Calls): void {
  const { freeUnits, lockedUnits, requestCount, routedCount, closedCount, auditedCount } = totalsOf(s);
  assert(freeUnits + lockedUnits === walletUnits(s, callEscrow), `the escrow holds ${walletUnits(s, callEscrow)}`);
  const prepaid = [consumer, consumer + 1].map((account) => readRecord(s, 'prepaid', account));
  assert(prepaid[0]!.freeUnits + prepaid[1]!.freeUnits === freeUnits, 'the free units of the accounts do not sum up');
  assert(prepaid[0]!.lockedUnits + prepaid[1]!.lockedUnits === lockedUnits, 'the locked units do not sum up');
  const locked = Array.from({ length: requestCount }, (_, i) => readRecord(s, 'requests', i + 1))
    .filter(({ state }) => state === REQUEST_STATE.open || state === REQUEST_STATE.routed)
    .reduce((sum, { feeUnits }) => sum + feeUnits, 0);
  assert(locked === lockedUnits, `requests lock ${locked}, the accounts ${lockedUnits}`);
  for (const count of [routedCount, closedCount, auditedCount])
    assert(count <= requestCount, 'a cursor is beyond the requests');
  for (let model = 1; model <= MODELS; model++) {
    const m = readModel(s, model);
    assert(m.successCount + m.errorCount <= m.requestCount, `model ${model} has more outcomes than requests`);
  }
}

/** What left the escrow for served calls, against the fees of the calls that were served. */
function checkPayments(s: State): void {
  let paid = 0;
  let fees = 0;
  const shares: readonly number[] = [MOVE.callCreator, MOVE.callNode, MOVE.callValidators, MOVE.callFoundation];
  for (let i = 0; i < s.eventCount; i++) {
    const at = i * EVENT_STRIDE;
    const [kind, from, , units, reason] = s.events.slice(at, at + 5) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (kind === EV.Moved && from === callEscrow && shares.includes(reason)) paid += units;
    if (kind === EV.Burnt) paid += s.events[at + 2]!;
    if (kind === EV.RequestServed) fees += s.events[at + 5]!;
  }
  assert(paid === fees, `${paid} units were paid for fees of ${fees}`);
}

describe('calls', () => {
  it('given any course of slots > escrow = free + locked, fees are paid out exactly, every request is paid or refunded once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3_333 }), { minLength: MODELS, maxLength: MODELS }),
        fc.array(command, { minLength: 30, maxLength: 150 }),
        (fees, commands) => {
          const calls = createCalls({ 'val.audit_bps': 5_000 }, fees);
          perform(calls.s, 'buyCalls', calls.consumer, [100_000]);
          for (const c of commands) {
            execute(calls, c);
            checkMoney(calls);
          }
          checkPayments(calls.s);
          const { servedCount, refundedCount, requestCount, closedCount } = totalsOf(calls.s);
          const asked = [1, 2].reduce((sum, model) => sum + readModel(calls.s, model).requestCount, 0);
          const pending = requestCount - closedCount;
          assert(servedCount + refundedCount <= asked, 'a request was finished twice');
          assert(servedCount + refundedCount >= asked - pending, 'a closed request is neither served nor refunded');
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  it('given any split and any fee > the five parts sum to the fee, and each is within a unit of its share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 10_000 }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 10 ** 15 }),
        (cuts, fee) => {
          const ends = [...cuts].sort((a, b) => a - b).concat(10_000);
          const bps = ends.map((end, i) => end - (ends[i - 1] ?? 0));
          const parts = alloc(fee, bps);
          assert(parts.reduce((a, b) => a + b) === fee, 'the parts do not sum to the fee');
          parts.forEach((part, i) => {
            const error = BigInt(part) * 10_000n - BigInt(fee) * BigInt(bps[i]!);
            assert(error > -10_000n && error < 10_000n, `part ${i} is off by more than a unit`);
          });
        },
      ),
    );
  });

  it('given any chunks of routing, closing, auditing and of the creators’ pay > the same ledger and the same events', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: MODELS }), fc.integer({ min: 1, max: 2_000 })), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        fc.nat({ max: 2 }),
        sizes,
        sizes,
        (asked, isServed, mode, one, other) => {
          const dumps = [one, other].map((chunks) => {
            const { s, consumer } = createCalls({ 'val.audit_bps': 5_000, 'route.mode': mode }, [1_999, 2_003]);
            perform(s, 'buyCalls', consumer, [1_000_000]);
            for (const [model, scaleMil] of asked) perform(s, 'requestInference', consumer, [model, scaleMil, 10_000]);
            const slices = slicesOf(asked.length, chunks);
            for (const [from, to] of slices) perform(s, 'routeRequests', keeper, [from, to], planRoutes(s, from, to));
            asked.forEach((_, i) => {
              const { node } = readRecord(s, 'requests', i + 1);
              if (isServed[i]) perform(s, 'serveRequest', nodeOwner(node), [i + 1, 1, 9, 40]);
            });
            for (const slice of slices) perform(s, 'closeRequests', keeper, slice);
            enterNextSlot(s);
            for (const slice of slices) perform(s, 'auditRequests', keeper, slice);
            enterSettlement(s, STEP.payCreators);
            s.emissionTotals[4] = 1_000_003;
            for (const slice of slicesOf(MODELS, chunks)) perform(s, 'payCreators', keeper, slice);
            return dumpLedger(s);
          });
          assert(dumps[0] === dumps[1], 'the chunks made a difference');
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it('given both replicas serve > each node is paid for its own requests only', () => {
    const { s, consumer } = createCalls({}, [2_000, 2_000]);
    perform(s, 'buyCalls', consumer, [1_000_000]);
    const nodes = [readHost(s, 1, 0).node, readHost(s, 1, 1).node];
    for (let i = 0; i < 2; i++) perform(s, 'requestInference', consumer, [1, 1_000, 2_000]);
    perform(s, 'routeRequests', keeper, [0, 2], nodes);
    const before = nodes.map((node) => walletUnits(s, nodeOwner(node)));
    perform(s, 'serveRequest', nodeOwner(nodes[1]!), [2, 1, 9, 40]);
    const gained = nodes.map((node, i) => walletUnits(s, nodeOwner(node)) - before[i]!);
    assert(gained[0] === 0 && gained[1] === 1_000, `the nodes gained ${gained}`);
  });
});

/** Slices [from, to) of `count` positions, of these sizes in turn, the last size for the rest. */
function slicesOf(count: number, sizes: readonly number[]): (readonly [number, number])[] {
  const slices: (readonly [number, number])[] = [];
  for (let from = 0, i = 0; from < count; i++) {
    const to = Math.min(count, from + (sizes[i] ?? sizes.at(-1)!));
    slices.push([from, to]);
    from = to;
  }
  return slices;
}
