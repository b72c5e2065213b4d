/**
 * The protocol's operator: opens slots, assigns and settles tasks, routes and closes requests, reports nodes and settles
 * eras. It sends ordinary actions, so every ledger executes it alike; what it must decide off-chain (routing, detection of
 * copies, heartbeats; section 14) it decides here from public state and the beacon.
 */
import { chance, PURPOSE } from '../base/rnd.ts';
import { chanceBps, createStreams } from '../base/stream.ts';
import { type Action, type ActionName, action } from '../protocol/actions.ts';
import type { Beacon } from '../protocol/beacons.ts';
import { draw } from '../protocol/clock.ts';
import { EV } from '../protocol/events.ts';
import {
  ACCOUNT,
  F,
  HOSTS_PER_MODEL,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  REQUEST_STATE,
  STRIDE,
  TASK_KIND,
  TASK_STATE,
  VALIDATOR_STATE,
  VERDICT,
} from '../protocol/layout.ts';
import { packNodeReport, REPORT_WORDS } from '../protocol/nodeReport.ts';
import { eraSettlement } from '../protocol/processEra.ts';
import { planRoutes } from '../protocol/routing.ts';
import { EVENT_STRIDE, getParam, type State } from '../protocol/state.ts';
import type { OpenTasks } from './indexes.ts';
import type { ProviderWatch } from './providerWatch.ts';
import { streamKeyOf } from './roster.ts';
import type { SharedRun } from './shared.ts';

/** Positions per settlement transaction, requests per routing, closing and audit transaction, nodes per report transaction. */
const SETTLEMENT_CHUNK = 64;
const REQUEST_CHUNK = 128;
const REPORT_CHUNK = 64;
/** Slots before the keeper tries again to replace a host for which no node was eligible. */
const REPLACE_RETRY_SLOTS = 6;

/** Value of `val.proof` by which audits compare sketches. */
const PROOF_SKETCH = 1;

/** Time without a heartbeat after which it counts as a streak (TIER-8). */
const STREAK_S = 3_600;

export type Keeper = {
  /** Phase 0: settlement of a finished era, the new slot, audits of the last one, heartbeats. */
  settle(s: State): Generator<Action, void, void>;
  /** Settlement alone, for the last era of a run. */
  settleLast(s: State): Generator<Action, void, void>;
  /** Phase 60: proposals of providers that wait for approval, the foundation's delegations (DELEG-4). */
  open(s: State): Generator<Action, void, void>;
  /** Phase 66: keys, groups of tasks, routing, replacement of lost hosts. */
  match(s: State): Generator<Action, void, void>;
  /** Phase 420: copies, consensus, unserved requests. */
  close(s: State): Generator<Action, void, void>;
  /** Phase 3 540, last slot of an era: the nodes' reports (TIER-8). */
  report(s: State): Generator<Action, void, void>;
  /** Reads the events of an executed block. */
  observe(s: State): void;
  /** Counts the heartbeats of the current slot; once per slot, after the world has moved. */
  listen(s: State): void;
};

type Beats = {
  full: number;
  task: number;
  flaps: number;
  streaks: number;
  answered: number;
  expected: number;
  latencyMs: number;
  responses: number;
  offlineSinceS: number;
  wasConnected: boolean;
};

/** `map` with `bit` (a power of two) set. */
function withBit(map: number, bit: number): number {
  return Math.floor(map / bit) % 2 === 1 ? map : map + bit;
}

export function createKeeper(
  run: SharedRun,
  beacons: readonly Beacon[],
  openTasks: OpenTasks,
  watch?: ProviderWatch,
): Keeper {
  const beats: Beats[] = [];
  const heartbeatStreams = createStreams(run.roster.agents.length, (i) =>
    streamKeyOf(run.seed, 'heartbeat', run.roster.agents[i]!),
  );
  const retryAfterSlot = new Map<number, number>();
  const send = (name: ActionName, args: readonly number[], bulk?: readonly number[]): Action =>
    action(name, ACCOUNT.keeper, args, bulk);

  function beatsOf(node: number): Beats {
    return (beats[node] ??= {
      full: 0,
      task: 0,
      flaps: 0,
      streaks: 0,
      answered: 0,
      expected: 0,
      latencyMs: 0,
      responses: 0,
      offlineSinceS: 0,
      wasConnected: true,
    });
  }

  function isConnected(s: State, node: number): boolean {
    const owner = s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
    return run.world[(owner - ACCOUNT.firstAgent) * 4 + 3] === 1;
  }

  /** True while the group of an audit is not drawn yet, because the node may still open its commitment: it may be offline. */
  function awaitsSketch(s: State, task: number): boolean {
    const at = task * STRIDE.tasks;
    if (s.tasks[at + F.tasks.kind] !== TASK_KIND.output || s.tasks[at + F.tasks.sketchId] !== 0) return false;
    if (getParam(s, 'val.proof') !== PROOF_SKETCH) return false;
    const waitedSlots = s.clockTotals[F.clockTotals.slotCount]! - 1 - run.auditRequests[task * 2 + 1]!;
    return waitedSlots < getParam(s, 'val.reveal_slots');
  }

  function* chunks(
    name: ActionName,
    from: number,
    to: number,
    bulkOf?: (from: number, to: number) => readonly number[],
  ): Generator<Action, void, void> {
    for (let start = from; start < to; start += REQUEST_CHUNK) {
      const end = Math.min(to, start + REQUEST_CHUNK);
      yield send(name, [start, end], bulkOf?.(start, end));
    }
  }

  function* heartbeats(s: State): Generator<Action, void, void> {
    for (let node = 1; node <= s.nodeTotals[F.nodeTotals.nodeCount]!; node++) {
      const at = node * STRIDE.nodes;
      const state = s.nodes[at + F.nodes.state]!;
      if (state === NODE_STATE.online && !isConnected(s, node)) yield send('loseHeartbeat', [node]);
      else if (state === NODE_STATE.offline && isConnected(s, node)) yield send('restoreHeartbeat', [node]);
      else if (
        state < NODE_STATE.online &&
        s.nodes[at + F.nodes.deadlineS]! > 0 &&
        s.nowS > s.nodes[at + F.nodes.deadlineS]! &&
        s.nodes[at + F.nodes.pendingTask] === 0
      )
        yield send('expireReservation', [node]);
    }
  }

  /** Copies are suspected among results of one task that repeat an earlier report (VAL-9, OP-19). */
  function* suspectCopies(s: State, task: number): Generator<Action, void, void> {
    const at = task * STRIDE.tasks;
    const start = s.tasks[at + F.tasks.memberStart]!;
    const end = start + s.tasks[at + F.tasks.memberCount]!;
    for (let member = start; member < end; member++) {
      const own = member * STRIDE.members;
      if (s.members[own + F.members.verdict] === VERDICT.none || s.members[own + F.members.copied] !== 0) continue;
      let later = false;
      let repeats = false;
      for (let other = start; other < end; other++) {
        const theirs = other * STRIDE.members;
        if (other === member || s.members[theirs + F.members.verdict] === VERDICT.none) continue;
        if (s.members[theirs + F.members.submittedS]! >= s.members[own + F.members.submittedS]!) continue;
        later = true;
        repeats ||= s.members[theirs + F.members.reportId] === s.members[own + F.members.reportId];
      }
      if (!later) continue;
      const rateBps = getParam(s, repeats ? 'val.copy_detect_bps' : 'val.copy_false_bps');
      if (chance(draw(s, PURPOSE.copyDetection, member, 0), rateBps)) yield send('flagCopy', [member]);
    }
  }

  /** Backs a new provider with the GPUs that the network wants, and takes it back once they are in use (DELEG-4, OP-54). */
  function* foundationDelegation(s: State, provider: number, state: number): Generator<Action, void, void> {
    const at = provider * STRIDE.providers;
    const delegation = s.providers[at + F.providers.foundationDelegation]!;
    if (delegation === 0) {
      const fits =
        state === PROVIDER_STATE.active &&
        s.providers[at + F.providers.gpuTier]! >= getParam(s, 'fdeleg.min_gpu_subtier') &&
        s.providerTotals[F.providerTotals.foundationUnits]! + getParam(s, 'fdeleg.amount') <=
          getParam(s, 'fdeleg.budget');
      if (fits && getParam(s, 'fdeleg.amount') > 0) yield send('delegateFoundation', [provider]);
      return;
    }
    // Of a provider that has left, what is out comes back by itself.
    if (state !== PROVIDER_STATE.active && state !== PROVIDER_STATE.suspended) return;
    const isOut = s.delegations[delegation * STRIDE.delegations + F.delegations.units]! > 0;
    const utilisationBps = s.providerEra[provider * STRIDE.providerEra + F.providerEra.utilisationBps]!;
    if (isOut && utilisationBps > getParam(s, 'fdeleg.reclaim_util_bps')) yield send('reclaimFoundation', [provider]);
  }

  return {
    *settle(s) {
      const slot = s.clockTotals[F.clockTotals.slotCount]!;
      if (slot > 0 && slot % run.slotsPerEra === 0) yield* eraSettlement(s, SETTLEMENT_CHUNK);
      yield send('openSlot', beacons[slot]!.words);
      if (s.callTotals[F.callTotals.slot] === slot && slot > 0) {
        yield* chunks(
          'auditRequests',
          s.callTotals[F.callTotals.auditedCount]!,
          s.callTotals[F.callTotals.requestCount]!,
        );
      }
      yield* heartbeats(s);
    },
    *settleLast(s) {
      yield* eraSettlement(s, SETTLEMENT_CHUNK);
    },
    *open(s) {
      const count = s.providerTotals[F.providerTotals.providerCount]!;
      const isFirstSlot = (s.clockTotals[F.clockTotals.slotCount]! - 1) % run.slotsPerEra === 1;
      for (let provider = 1; provider <= count; provider++) {
        const at = provider * STRIDE.providers;
        const state = s.providers[at + F.providers.state]!;
        // The admin key of `gov.mode` = admin approves whoever asks (PROV-2); votes arrive with governance.
        if (state === PROVIDER_STATE.proposed) yield send('approveProvider', [provider]);
        if (isFirstSlot) yield* foundationDelegation(s, provider, state);
      }
    },
    *match(s) {
      for (let validator = 1; validator <= s.validatorTotals[F.validatorTotals.validatorCount]!; validator++) {
        if (s.validators[validator * STRIDE.validators + F.validators.state] === VALIDATOR_STATE.registered)
          yield send('issueKey', [validator, validator * 4_096 + 1]);
      }
      if (
        s.validatorTotals[F.validatorTotals.committeeWeightFp]! > 0 &&
        s.validatorTotals[F.validatorTotals.activeCount]! > 0
      ) {
        for (const task of openTasks.ids)
          if (s.tasks[task * STRIDE.tasks + F.tasks.state] === TASK_STATE.created && !awaitsSketch(s, task))
            yield send('assignTask', [task]);
      }
      const slotCount = s.clockTotals[F.clockTotals.slotCount]!;
      const replicas = getParam(s, 'place.replicas');
      for (let model = 1; model <= s.modelTotals[F.modelTotals.modelCount]!; model++) {
        const state = s.models[model * STRIDE.models + F.models.state]!;
        if (state !== MODEL_STATE.live && state !== MODEL_STATE.prodDeploying) continue;
        for (let host = 0; host < replicas; host++) {
          const record = model * HOSTS_PER_MODEL + host;
          const node = s.hosts[record * STRIDE.hosts + F.hosts.node]!;
          const lost = node === 0 || s.nodes[node * STRIDE.nodes + F.nodes.state] !== NODE_STATE.online;
          if (!lost || (retryAfterSlot.get(record) ?? 0) > slotCount) continue;
          yield send('replaceHost', [model, host]);
          // The ledger has executed it by now: the same node means that there was no other.
          if (s.hosts[record * STRIDE.hosts + F.hosts.node] === node)
            retryAfterSlot.set(record, slotCount + REPLACE_RETRY_SLOTS);
        }
      }
      if (s.callTotals[F.callTotals.slot] === slotCount) {
        yield* chunks(
          'routeRequests',
          s.callTotals[F.callTotals.routedCount]!,
          s.callTotals[F.callTotals.requestCount]!,
          (from, to) => planRoutes(s, from, to),
        );
      }
    },
    *close(s) {
      for (const task of [...openTasks.ids]) {
        const at = task * STRIDE.tasks;
        if (s.tasks[at + F.tasks.state] !== TASK_STATE.assigned) continue;
        const complete = s.tasks[at + F.tasks.submittedCount] === s.tasks[at + F.tasks.memberCount];
        if (!complete && s.nowS <= s.tasks[at + F.tasks.deadlineS]!) continue;
        yield* suspectCopies(s, task);
        yield send('settleTask', [task]);
      }
      if (s.callTotals[F.callTotals.slot] !== s.clockTotals[F.clockTotals.slotCount]) return;
      const requestCount = s.callTotals[F.callTotals.requestCount]!;
      for (let request = 1; request <= requestCount; request++) {
        const at = request * STRIDE.requests;
        const node = s.requests[at + F.requests.node]!;
        if (
          s.requests[at + F.requests.state] === REQUEST_STATE.routed &&
          s.nodes[node * STRIDE.nodes + F.nodes.state] === NODE_STATE.exiting
        )
          yield send('reportExitError', [node]);
      }
      yield* chunks('closeRequests', s.callTotals[F.callTotals.closedCount]!, requestCount);
    },
    *report(s) {
      const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
      for (let from = 0; from < count; from += REPORT_CHUNK) {
        const to = Math.min(count, from + REPORT_CHUNK);
        const words: number[] = [];
        for (let node = from + 1; node <= to; node++) {
          const b = beatsOf(node);
          words.push(
            ...packNodeReport({
              fullHours: b.full,
              taskHours: b.task,
              breachedHours: 0,
              flapCount: b.flaps,
              streakCount: b.streaks,
              answeredCount: b.answered,
              expectedCount: b.expected,
              meanMs: b.responses === 0 ? 0 : Math.ceil(b.latencyMs / b.responses),
              offlineSinceS: b.offlineSinceS,
            }),
          );
          Object.assign(b, {
            full: 0,
            task: 0,
            flaps: 0,
            streaks: 0,
            answered: 0,
            expected: 0,
            latencyMs: 0,
            responses: 0,
          });
        }
        if (words.length !== (to - from) * REPORT_WORDS) throw new RangeError('a report has four words per node');
        yield send('reportNodes', [from, to], words);
      }
      if (watch === undefined) return;
      const providers = s.providerTotals[F.providerTotals.providerCount]!;
      for (let from = 0; from < providers; from += REPORT_CHUNK) {
        const to = Math.min(providers, from + REPORT_CHUNK);
        yield send('reportProviders', [from, to], watch.report(s, from, to));
      }
    },
    observe(s) {
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        if (s.events[at] !== EV.RequestServed) continue;
        const b = beatsOf(s.events[at + 3]!);
        b.latencyMs += s.events[at + 6]!;
        b.responses += 1;
      }
    },
    listen(s) {
      const expected = Math.floor(run.slotS / getParam(s, 'hb.interval_s'));
      const hourBit = 1 << (((s.clockTotals[F.clockTotals.slotCount]! - 1) % run.slotsPerEra) % 24);
      for (let node = 1; node <= s.nodeTotals[F.nodeTotals.nodeCount]!; node++) {
        const at = node * STRIDE.nodes;
        const state = s.nodes[at + F.nodes.state]!;
        if (state < NODE_STATE.online || state > NODE_STATE.exiting) continue;
        const b = beatsOf(node);
        const connected = isConnected(s, node);
        const agent = s.nodes[at + F.nodes.owner]! - ACCOUNT.firstAgent;
        // A failing machine loses the heartbeats of a minute or two, not of the whole hour.
        const misses = connected && chanceBps(heartbeatStreams, agent, run.world[agent * 4 + 2]!);
        const missed = misses && expected > 0 ? 1 : 0;
        b.expected += expected;
        b.answered += connected ? expected - missed : 0;
        if (connected && missed === 0) b.full = withBit(b.full, hourBit);
        if (s.nodes[at + F.nodes.loadCount]! > 0) b.task = withBit(b.task, hourBit);
        if (!connected && b.wasConnected) {
          b.flaps += 1;
          b.offlineSinceS = s.nowS;
        }
        const offlineS = s.nowS - b.offlineSinceS;
        if (!connected && offlineS >= STREAK_S && offlineS - run.slotS < STREAK_S) b.streaks += 1;
        if (connected) b.offlineSinceS = 0;
        b.wasConnected = connected;
      }
    },
  };
}
