import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { runSmall, smallScenario } from '../cli/testRun.ts';
import { isMember } from '../protocol/fizz.ts';
import {
  F,
  HOST_STATE,
  HOSTS_PER_MODEL,
  LEASE_STATE,
  MODEL_STATE,
  ORDER_STATE,
  REQUEST_STATE,
  SLARK_STATE,
  STRIDE,
  TASK_STATE,
} from '../protocol/layout.ts';
import { attachState, type State } from '../protocol/state.ts';
import { LISTS, type ListName, type SharedRun } from './shared.ts';

/** How long agents remember a closed lease. */
const DAY_S = 86_400;

/** The lists as they must be: entries by owner, found by looking at every record. */
function scan(s: State, nowS: number): Record<ListName, Map<number, number[]>> {
  const found = Object.fromEntries(
    (Object.keys(LISTS) as ListName[]).map((name) => [name, new Map<number, number[]>()]),
  ) as Record<ListName, Map<number, number[]>>;
  const add = (name: ListName, owner: number, entry: number): void => {
    found[name].set(owner, [...(found[name].get(owner) ?? []), entry]);
  };
  for (let node = 1; node <= s.nodeTotals[F.nodeTotals.nodeCount]!; node++)
    add('nodesOfAccount', s.nodes[node * STRIDE.nodes + F.nodes.owner]!, node);
  for (let validator = 1; validator <= s.validatorTotals[F.validatorTotals.validatorCount]!; validator++)
    add('validatorsOfAccount', s.validators[validator * STRIDE.validators + F.validators.owner]!, validator);
  for (let delegation = 1; delegation <= s.stakeTotals[F.stakeTotals.delegationCount]!; delegation++)
    add('delegationsOfAccount', s.delegations[delegation * STRIDE.delegations + F.delegations.delegator]!, delegation);
  for (let provider = 1; provider <= s.providerTotals[F.providerTotals.providerCount]!; provider++)
    add('providersOfAccount', s.providers[provider * STRIDE.providers + F.providers.owner]!, provider);
  for (let licence = 1; licence <= s.slarkTotals[F.slarkTotals.slarkCount]!; licence++) {
    const at = licence * STRIDE.slarks;
    add('licencesOfAccount', s.slarks[at + F.slarks.owner]!, licence);
    const state = s.slarks[at + F.slarks.state];
    if (state === SLARK_STATE.running || state === SLARK_STATE.offline)
      add('licencesOfRunner', s.slarks[at + F.slarks.runner]!, licence);
  }
  for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
    const at = request * STRIDE.requests;
    add('requestsOfAccount', s.requests[at + F.requests.consumer]!, request);
    if (s.requests[at + F.requests.state]! >= REQUEST_STATE.routed && s.requests[at + F.requests.node] !== 0)
      add('requestsOfNode', s.requests[at + F.requests.node]!, request);
  }
  for (let task = 1; task <= s.taskTotals[F.taskTotals.taskCount]!; task++) {
    const at = task * STRIDE.tasks;
    if (s.tasks[at + F.tasks.state] !== TASK_STATE.assigned) continue;
    for (let i = 0; i < s.tasks[at + F.tasks.memberCount]!; i++) {
      const member = s.tasks[at + F.tasks.memberStart]! + i;
      add('membersOfValidator', s.members[member * STRIDE.members + F.members.validator]!, member);
    }
  }
  for (let model = 1; model <= s.modelTotals[F.modelTotals.modelCount]!; model++) {
    const at = model * STRIDE.models;
    add('modelsOfAccount', s.models[at + F.models.owner]!, model);
    const isLive = s.models[at + F.models.liveVersion] !== 0;
    const walk = s.models[at + (isLive ? F.models.candidateState : F.models.state)];
    if (walk === MODEL_STATE.testDeploying) add('testsOfNode', s.models[at + F.models.testNode]!, model);
    for (let host = model * HOSTS_PER_MODEL; host < (model + 1) * HOSTS_PER_MODEL; host++) {
      const hostAt = host * STRIDE.hosts;
      if (s.hosts[hostAt + F.hosts.state] === HOST_STATE.deploying)
        add('hostsOfNode', s.hosts[hostAt + F.hosts.node]!, host);
      if (s.hosts[hostAt + F.hosts.state] === HOST_STATE.rotating)
        add('hostsOfNode', s.hosts[hostAt + F.hosts.nextNode]!, host);
    }
  }
  for (let escrow = 1; escrow <= s.escrowTotals[F.escrowTotals.escrowCount]!; escrow++)
    add('escrowsOfAccount', s.escrows[escrow * STRIDE.escrows + F.escrows.owner]!, escrow);
  for (let order = 1; order <= s.orderTotals[F.orderTotals.orderCount]!; order++) {
    const at = order * STRIDE.orders;
    const state = s.orders[at + F.orders.state]!;
    if (state === ORDER_STATE.open || state === ORDER_STATE.matching)
      add('ordersOfEscrow', s.orders[at + F.orders.escrow]!, order);
  }
  for (let lease = 1; lease <= s.leaseTotals[F.leaseTotals.leaseCount]!; lease++) {
    const at = lease * STRIDE.leases;
    const escrow = s.leases[at + F.leases.escrow]!;
    if (s.leases[at + F.leases.state] !== LEASE_STATE.closed) {
      add('leasesOfEscrow', escrow, lease);
      add('leasesOfProvider', s.leases[at + F.leases.provider]!, lease);
    } else if (s.leases[at + F.leases.ratedTenths] === 0 && nowS - s.leases[at + F.leases.closedS]! <= DAY_S)
      add('closedLeasesOfEscrow', escrow, lease);
  }
  for (let fizz = 1; fizz <= s.fizzTotals[F.fizzTotals.fizzCount]!; fizz++) {
    const at = fizz * STRIDE.fizzNodes;
    add('fizzOfAccount', s.fizzNodes[at + F.fizzNodes.owner]!, fizz);
    if (isMember(s.fizzNodes[at + F.fizzNodes.state]!))
      add('membersOfProvider', s.fizzNodes[at + F.fizzNodes.gateway]!, fizz);
  }
  return found;
}

/** The lists as the agents read them. */
function read(run: SharedRun): Record<ListName, Map<number, number[]>> {
  return Object.fromEntries(
    (Object.keys(LISTS) as ListName[]).map((name) => {
      const { head, next } = run.lists[name];
      const entries = new Map<number, number[]>();
      head.forEach((first, owner) => {
        const list: number[] = [];
        for (let entry = first; entry !== 0; entry = next[entry]!) list.push(entry);
        if (list.length > 0) entries.set(owner, list);
      });
      return [name, entries];
    }),
  ) as Record<ListName, Map<number, number[]>>;
}

describe('createIndexer', () => {
  it('after every block > each list holds what a look at every record finds, in the same order', async () => {
    const seen = new Map<string, number>();
    let lists: SharedRun | undefined;
    const scenario = smallScenario(
      [
        { role: 'creator', strategy: 'improver', count: 2, options: { cycle_eras: 2 } },
        { role: 'creator', strategy: 'spammer', count: 1 },
        { role: 'miner', strategy: 'steady', count: 4, options: { outage_bps: 300 } },
        { role: 'miner', strategy: 'whitewasher', count: 1, openTokens: 4_000 },
        { role: 'validator', strategy: 'diligent', count: 5 },
        { role: 'validator', strategy: 'lazy', count: 2, options: { prior_bps: 5_000 } },
        { role: 'consumer', strategy: 'honest', count: 5 },
        { role: 'delegator', strategy: 'yield-seeker', count: 2 },
        { role: 'miner', strategy: 'steady', count: 2, options: { facets: 'spheron' } },
        { role: 'miner', strategy: 'steady', count: 1, options: { facets: 'spheron', gateway: 'on' } },
        { role: 'slark', strategy: 'diligent', count: 2, options: { licences: 2 } },
        {
          role: 'consumer',
          strategy: 'renter',
          count: 4,
          openTokens: 9_000,
          options: { lease_bps: 3_000, cpu_max: 2 },
        },
        { role: 'consumer', strategy: 'drainer', count: 2, openTokens: 9_000 },
        { role: 'fizz', strategy: 'evening', count: 2 },
      ],
      { eras: 8, params: { 'val.audit_bps': 5_000, 'val.samples': 5, 'rotate.period_eras': 1 } },
    );
    const run = await runSmall(scenario, {
      agents(shared) {
        lists = shared;
        return createInlineAgents(shared);
      },
      hooks: {
        block(slot, phase) {
          const wanted = scan(attachState(lists!.tables), slot * lists!.slotS + phase);
          // A request of an earlier slot is nobody's any more.
          const isCurrent = lists!.tables.callTotals[F.callTotals.slot] === slot + 1;
          const found = read(lists!);
          for (const name of Object.keys(LISTS) as ListName[]) {
            if (!isCurrent && name.startsWith('requestsOf')) continue;
            expect({ slot, phase, name, entries: found[name] }).toEqual({ slot, phase, name, entries: wanted[name] });
            seen.set(name, (seen.get(name) ?? 0) + found[name].size);
          }
        },
      },
    });
    expect(run.outcome.erasDone).toBe(8);
    // Each list had something in it at some time.
    expect([...seen].filter(([, count]) => count === 0)).toEqual([]);
  });
});
