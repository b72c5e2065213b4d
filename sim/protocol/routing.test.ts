import { beforeEach, describe, expect, it } from 'vitest';
import { FP } from '../base/fixedPoint.ts';
import { ACCOUNT, NODE_STATE } from './layout.ts';
import { addLiveModel, createModelWorld, enterNextSlot, readHost, setNodeState } from './modelWorld.ts';
import { perform, readRecord, writeRecord } from './nodeWorld.ts';
import { planRoutes, routeRequest } from './routing.ts';
import type { State } from './state.ts';

const UNIFORM = 1;
const LEAST_LOADED = 2;

let s: State;
let consumer: number;
let model: number;
let hosts: readonly [number, number];

/** Two nodes, both hosting one Live model, and a consumer with call rights. */
function start(overrides: Parameters<typeof createModelWorld>[1] = {}): void {
  const world = createModelWorld(2, overrides);
  ({ s, consumer } = world);
  model = addLiveModel(s, world.creator);
  hosts = [readHost(s, model, 0).node, readHost(s, model, 1).node];
  perform(s, 'buyCalls', consumer, [100_000_000]);
}

beforeEach(() => start());

function setTrust(first: number, second: number): void {
  writeRecord(s, 'nodeTrust', hosts[0], { trustFp: first });
  writeRecord(s, 'nodeTrust', hosts[1], { trustFp: second });
}

function ask(count: number): void {
  for (let i = 0; i < count; i++) perform(s, 'requestInference', consumer, [model, 1_000, 10_000]);
}

/** Share of the first replica in many draws, in percent. */
function shareOfFirst(): number {
  ask(4_000);
  const routed = planRoutes(s, 0, 4_000);
  return (100 * routed.filter((node) => node === hosts[0]).length) / 4_000;
}

describe('routing by trust weight', () => {
  it('given trust weights 3 : 1 > three quarters of the requests go to the first', () => {
    setTrust(0.6 * FP, 0.2 * FP);
    expect(Math.abs(shareOfFirst() - 75)).toBeLessThan(3);
  });

  it('given a replica without trust > it gets the weight of the least share of the sum', () => {
    // max(T, 10 % of the sum): weights 0.8 and 0.08, so 1 in 11.
    setTrust(0, 0.8 * FP);
    expect(Math.abs(shareOfFirst() - 9.1)).toBeLessThan(2);
  });

  it('given no least share > a replica without trust gets nothing', () => {
    start({ 'route.min_share_bps': 0 });
    setTrust(0, 1);
    expect(shareOfFirst()).toBe(0);
  });

  it('given nobody is trusted > all replicas are alike', () => {
    setTrust(0, 0);
    expect(Math.abs(shareOfFirst() - 50)).toBeLessThan(3);
  });

  it('given another slot > other draws', () => {
    ask(40);
    const before = planRoutes(s, 0, 40);
    perform(s, 'closeRequests', ACCOUNT.keeper, [0, 40]);
    enterNextSlot(s);
    ask(40);
    expect(planRoutes(s, 0, 40)).not.toEqual(before);
  });
});

describe('the other modes', () => {
  it('uniform > given unequal trust > all replicas are alike', () => {
    start({ 'route.mode': UNIFORM });
    setTrust(FP, 1);
    expect(Math.abs(shareOfFirst() - 50)).toBeLessThan(3);
  });

  it('least_loaded > given requests assigned before > evens them out, the lower replica first', () => {
    start({ 'route.mode': LEAST_LOADED });
    writeRecord(s, 'nodeEra', hosts[0], { assignedCount: 2 });
    ask(5);
    expect(planRoutes(s, 0, 5)).toEqual([hosts[1], hosts[1], hosts[0], hosts[1], hosts[0]]);
  });

  it.each([0, UNIFORM, LEAST_LOADED])('mode %i > given a plan executed in parts > the same plan', (mode) => {
    start({ 'route.mode': mode });
    ask(9);
    const whole = planRoutes(s, 0, 9);
    const parts: number[] = [];
    for (const [from, to] of [
      [0, 2],
      [2, 3],
      [3, 9],
    ] as const) {
      const part = planRoutes(s, from, to);
      expect(part[0]).toBe(routeRequest(s, from + 1));
      perform(s, 'routeRequests', ACCOUNT.keeper, [from, to], part);
      parts.push(...part);
    }
    expect(parts).toEqual(whole);
  });
});

describe('who can be routed to', () => {
  it('given a replica on a node that is Offline > the other one; Exiting > still both; none > 0', () => {
    start({ 'route.mode': LEAST_LOADED });
    ask(2);
    setNodeState(s, hosts[0], NODE_STATE.offline);
    expect(planRoutes(s, 0, 2)).toEqual([hosts[1], hosts[1]]);
    setNodeState(s, hosts[0], NODE_STATE.exiting);
    expect(planRoutes(s, 0, 2)).toEqual([...hosts]);
    perform(s, 'removeModel', readRecord(s, 'models', model).owner, [model]);
    expect(planRoutes(s, 0, 2)).toEqual([0, 0]);
  });

  it('given a request that is closed > 0', () => {
    ask(1);
    perform(s, 'closeRequests', ACCOUNT.keeper, [0, 1]);
    expect(routeRequest(s, 1)).toBe(0);
  });
});
