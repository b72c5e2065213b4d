/**
 * Keeps the linked lists of `shared.ts` current: who owns which entity, which requests a node has, which tasks wait for a
 * validator. Run by the engine after each block; the agents' threads only read.
 */
import {
  F,
  FIZZ_STATE,
  HOST_STATE,
  HOSTS_PER_MODEL,
  LEASE_STATE,
  MODEL_STATE,
  ORDER_STATE,
  SLARK_STATE,
  STRIDE,
  TASK_STATE,
} from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import type { ListName, SharedRun } from './shared.ts';

/** Time in which agents remember a closed lease. */
const RATING_S = 86_400;

export type Indexer = {
  /** Brings all lists up to the state. Cost: new entities, requests of the slot, open tasks, models. */
  update(): void;
};

/** Tasks that are not settled, ascending. The indexer owns it; the keeper reads it. */
export type OpenTasks = { readonly ids: number[] };

export function createIndexer(run: SharedRun, s: State, openTasks: OpenTasks): Indexer {
  let nodesSeen = 0;
  let modelsSeen = 0;
  let validatorsSeen = 0;
  let delegationsSeen = 0;
  let providersSeen = 0;
  let tasksSeen = 0;
  let ordersSeen = 0;
  let leasesSeen = 0;
  /** Leases that may still be rated, ascending. */
  const unrated: number[] = [];
  let requestSlot = -1;
  let requestsSeen = 0;
  let requestsRouted = 0;

  function append(name: ListName, owner: number, entry: number): void {
    const { head, tail, next } = run.lists[name];
    if (head[owner] === 0) head[owner] = entry;
    else next[tail[owner]!] = entry;
    tail[owner] = entry;
    next[entry] = 0;
  }

  function updateOwned(): void {
    for (const count = s.nodeTotals[F.nodeTotals.nodeCount]!; nodesSeen < count; )
      append('nodesOfAccount', s.nodes[++nodesSeen * STRIDE.nodes + F.nodes.owner]!, nodesSeen);
    for (const count = s.modelTotals[F.modelTotals.modelCount]!; modelsSeen < count; )
      append('modelsOfAccount', s.models[++modelsSeen * STRIDE.models + F.models.owner]!, modelsSeen);
    for (const count = s.validatorTotals[F.validatorTotals.validatorCount]!; validatorsSeen < count; )
      append(
        'validatorsOfAccount',
        s.validators[++validatorsSeen * STRIDE.validators + F.validators.owner]!,
        validatorsSeen,
      );
    for (const count = s.stakeTotals[F.stakeTotals.delegationCount]!; delegationsSeen < count; )
      append(
        'delegationsOfAccount',
        s.delegations[++delegationsSeen * STRIDE.delegations + F.delegations.delegator]!,
        delegationsSeen,
      );
    for (const count = s.providerTotals[F.providerTotals.providerCount]!; providersSeen < count; )
      append('providersOfAccount', s.providers[++providersSeen * STRIDE.providers + F.providers.owner]!, providersSeen);
  }

  /** Licences change hands and runners, so both lists are made anew. */
  function updateLicences(): void {
    const count = s.slarkTotals[F.slarkTotals.slarkCount]!;
    if (count === 0) return;
    run.lists.licencesOfAccount.head.fill(0);
    run.lists.licencesOfRunner.head.fill(0);
    for (let licence = 1; licence <= count; licence++) {
      const at = licence * STRIDE.slarks;
      append('licencesOfAccount', s.slarks[at + F.slarks.owner]!, licence);
      const state = s.slarks[at + F.slarks.state]!;
      if (state === SLARK_STATE.running || state === SLARK_STATE.offline)
        append('licencesOfRunner', s.slarks[at + F.slarks.runner]!, licence);
    }
  }

  /** Lists of requests live for one slot; routing happens once, in request order. */
  function updateRequests(): void {
    const slot = s.callTotals[F.callTotals.slot]!;
    if (slot !== requestSlot) {
      requestSlot = slot;
      requestsSeen = 0;
      requestsRouted = 0;
      run.lists.requestsOfNode.head.fill(0);
      run.lists.requestsOfAccount.head.fill(0);
    }
    for (const count = s.callTotals[F.callTotals.requestCount]!; requestsSeen < count; )
      append('requestsOfAccount', s.requests[++requestsSeen * STRIDE.requests + F.requests.consumer]!, requestsSeen);
    for (const count = s.callTotals[F.callTotals.routedCount]!; requestsRouted < count; ) {
      const node = s.requests[++requestsRouted * STRIDE.requests + F.requests.node]!;
      if (node !== 0) append('requestsOfNode', node, requestsRouted);
    }
  }

  function updateTasks(): void {
    for (const count = s.taskTotals[F.taskTotals.taskCount]!; tasksSeen < count; ) openTasks.ids.push(++tasksSeen);
    let kept = 0;
    run.lists.membersOfValidator.head.fill(0);
    for (const task of openTasks.ids) {
      const at = task * STRIDE.tasks;
      const state = s.tasks[at + F.tasks.state]!;
      if (state === TASK_STATE.settled) continue;
      openTasks.ids[kept++] = task;
      if (state !== TASK_STATE.assigned) continue;
      const start = s.tasks[at + F.tasks.memberStart]!;
      const end = start + s.tasks[at + F.tasks.memberCount]!;
      for (let member = start; member < end; member++)
        append('membersOfValidator', s.members[member * STRIDE.members + F.members.validator]!, member);
    }
    openTasks.ids.length = kept;
  }

  function updateHosts(): void {
    run.lists.hostsOfNode.head.fill(0);
    run.lists.testsOfNode.head.fill(0);
    for (let model = 1; model <= modelsSeen; model++) {
      const at = model * STRIDE.models;
      const state = s.models[at + F.models.state]!;
      if (state === MODEL_STATE.removed) continue;
      const walk = s.models[at + F.models.liveVersion]! === 0 ? state : s.models[at + F.models.candidateState]!;
      if (walk === MODEL_STATE.testDeploying) append('testsOfNode', s.models[at + F.models.testNode]!, model);
      for (let host = model * HOSTS_PER_MODEL; host < (model + 1) * HOSTS_PER_MODEL; host++) {
        const hostAt = host * STRIDE.hosts;
        const hostState = s.hosts[hostAt + F.hosts.state]!;
        if (hostState === HOST_STATE.deploying) append('hostsOfNode', s.hosts[hostAt + F.hosts.node]!, host);
        else if (hostState === HOST_STATE.rotating) append('hostsOfNode', s.hosts[hostAt + F.hosts.nextNode]!, host);
      }
    }
  }

  /** Wallets change owners, orders and leases end, fizz nodes move: the lists of the market are made anew, of what is open. */
  function updateMarket(): void {
    const escrowCount = s.escrowTotals[F.escrowTotals.escrowCount]!;
    const fizzCount = s.fizzTotals[F.fizzTotals.fizzCount]!;
    if (escrowCount === 0 && fizzCount === 0) return;
    run.lists.escrowsOfAccount.head.fill(0);
    for (let escrow = 1; escrow <= escrowCount; escrow++)
      append('escrowsOfAccount', s.escrows[escrow * STRIDE.escrows + F.escrows.owner]!, escrow);
    run.lists.ordersOfEscrow.head.fill(0);
    const { openOrders } = run;
    let openCount = openOrders[0]!;
    for (const count = s.orderTotals[F.orderTotals.orderCount]!; ordersSeen < count; )
      openOrders[++openCount] = ++ordersSeen;
    let kept = 0;
    for (let i = 1; i <= openCount; i++) {
      const order = openOrders[i]!;
      const at = order * STRIDE.orders;
      if (s.orders[at + F.orders.state]! > ORDER_STATE.matching) continue;
      openOrders[++kept] = order;
      append('ordersOfEscrow', s.orders[at + F.orders.escrow]!, order);
    }
    openOrders[0] = kept;
    run.lists.leasesOfEscrow.head.fill(0);
    run.lists.leasesOfProvider.head.fill(0);
    const open = s.openLeases.slice(1, s.leaseTotals[F.leaseTotals.openCount]! + 1).sort();
    for (const lease of open) {
      const at = lease * STRIDE.leases;
      append('leasesOfEscrow', s.leases[at + F.leases.escrow]!, lease);
      append('leasesOfProvider', s.leases[at + F.leases.provider]!, lease);
    }
    run.lists.closedLeasesOfEscrow.head.fill(0);
    for (const count = s.leaseTotals[F.leaseTotals.leaseCount]!; leasesSeen < count; ) unrated.push(++leasesSeen);
    let unratedCount = 0;
    for (const lease of unrated) {
      const at = lease * STRIDE.leases;
      const isClosed = s.leases[at + F.leases.state] === LEASE_STATE.closed;
      const isOld = isClosed && s.nowS - s.leases[at + F.leases.closedS]! > RATING_S;
      if (isOld || s.leases[at + F.leases.ratedTenths] !== 0) continue;
      unrated[unratedCount++] = lease;
      if (isClosed) append('closedLeasesOfEscrow', s.leases[at + F.leases.escrow]!, lease);
    }
    unrated.length = unratedCount;
    run.lists.fizzOfAccount.head.fill(0);
    run.lists.membersOfProvider.head.fill(0);
    for (let fizz = 1; fizz <= fizzCount; fizz++) {
      const at = fizz * STRIDE.fizzNodes;
      const state = s.fizzNodes[at + F.fizzNodes.state]!;
      append('fizzOfAccount', s.fizzNodes[at + F.fizzNodes.owner]!, fizz);
      if (state >= FIZZ_STATE.registered && state <= FIZZ_STATE.detached)
        append('membersOfProvider', s.fizzNodes[at + F.fizzNodes.gateway]!, fizz);
    }
  }

  return {
    update() {
      updateMarket();
      updateOwned();
      updateLicences();
      updateRequests();
      updateTasks();
      updateHosts();
    },
  };
}
