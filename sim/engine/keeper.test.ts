import { describe, expect, it } from 'vitest';
import { agentsWithout, rowsOf, runSmall, smallScenario, sumOf } from '../cli/testRun.ts';
import { A, type ActionName } from '../protocol/actions.ts';
import {
  ACCOUNT,
  F,
  HOSTS_PER_MODEL,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  STRIDE,
  TASK_STATE,
  VERDICT,
} from '../protocol/layout.ts';
import { type NodeReport, REPORT_WORDS, unpackNodeReport } from '../protocol/nodeReport.ts';
import { attachState, type State } from '../protocol/state.ts';
import type { BlockResult } from './ports.ts';
import type { Scenario } from './scenario.ts';
import type { SharedRun } from './shared.ts';
import type { Group, WorldRun } from './testWorld.ts';

const network = (
  miners: readonly Group[],
  validators: readonly Group[] = [{ role: 'validator', strategy: 'diligent', count: 4 }],
): readonly Group[] => [
  { role: 'creator', strategy: 'steady', count: 2 },
  ...miners,
  ...validators,
  { role: 'consumer', strategy: 'honest', count: 5 },
];
const STEADY: Group = { role: 'miner', strategy: 'steady', count: 4 };
const PARAMS: Scenario['params'] = { 'val.samples': 5, 'val.audit_bps': 3_000 };

type Look = {
  readonly slot: number;
  readonly phase: number;
  readonly result: BlockResult;
  readonly s: State;
  readonly shared: SharedRun;
};

/** Runs a network and looks at it after every block. Agents whose action `refuses` names do not take it. */
async function watch(
  groups: readonly Group[],
  rest: Partial<Scenario>,
  look: (block: Look) => void,
  refuses: (agent: number, name: ActionName) => boolean = () => false,
): Promise<WorldRun> {
  let shared: SharedRun | undefined;
  let s: State | undefined;
  return runSmall(smallScenario(groups, { eras: 4, ...rest, params: { ...PARAMS, ...rest.params } }), {
    agents(run) {
      shared = run;
      s = attachState(run.tables);
      return agentsWithout(refuses)(run);
    },
    hooks: { block: (slot, phase, result) => look({ slot, phase, result, s: s!, shared: shared! }) },
  });
}

const sentBy = (result: BlockResult, name: ActionName) =>
  result.actions.filter(({ kind, actor }) => kind === A[name] && actor === ACCOUNT.keeper);
const stateOf = (s: State, node: number) => s.nodes[node * STRIDE.nodes + F.nodes.state]!;
const ownerOf = (s: State, node: number) => s.nodes[node * STRIDE.nodes + F.nodes.owner]!;
const nodesOf = (s: State) => Array.from({ length: s.nodeTotals[F.nodeTotals.nodeCount]! }, (_, i) => i + 1);
const isConnected = (shared: SharedRun, s: State, node: number) =>
  shared.world[(ownerOf(s, node) - ACCOUNT.firstAgent) * 4 + 3] === 1;

describe('keeper > heartbeats', () => {
  it('given outages > a node is Offline in exactly the slots in which its miner is cut off', async () => {
    let offline = 0;
    await watch(network([{ ...STEADY, options: { outage_bps: 1_000 } }]), {}, ({ slot, phase, s, shared }) => {
      if (phase !== 0 || slot === 96) return;
      for (const node of nodesOf(s)) {
        const state = stateOf(s, node);
        if (state !== NODE_STATE.online && state !== NODE_STATE.offline) continue;
        expect({ slot, node, state }).toEqual({
          slot,
          node,
          state: isConnected(shared, s, node) ? NODE_STATE.online : NODE_STATE.offline,
        });
        if (state === NODE_STATE.offline) offline += 1;
      }
    });
    expect(offline).toBeGreaterThan(20);
  });

  type Told = {
    readonly report: NodeReport;
    readonly online: readonly boolean[];
    readonly latencies: readonly number[];
    readonly loads: readonly number[];
  };

  /** Reports of nodes that were Online or Offline throughout an era, with what happened in its 24 slots. */
  async function reports(rest: Partial<Scenario>, outage_bps: number): Promise<Told[]> {
    const told: Told[] = [];
    const days = new Map<number, { online: boolean[]; latencies: number[]; loads: number[] }>();
    await watch(network([{ ...STEADY, options: { outage_bps } }]), rest, ({ slot, phase, s, shared, result }) => {
      for (const node of nodesOf(s)) {
        if (slot % 24 === 0 && phase === 0) days.set(node, { online: [], latencies: [], loads: [] });
        const day = days.get(node);
        if (phase === 0 && (stateOf(s, node) === NODE_STATE.online || stateOf(s, node) === NODE_STATE.offline)) {
          day?.online.push(isConnected(shared, s, node));
          day?.loads.push(s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!);
        }
      }
      result.actions.forEach(({ kind, args }, i) => {
        if (kind !== A.serveRequest || result.codes[i] !== 0) return;
        days.get(s.requests[args[0]! * STRIDE.requests + F.requests.node]!)?.latencies.push(args[3]!);
      });
      for (const { args, bulk } of sentBy(result, 'reportNodes')) {
        for (let node = args[0]! + 1; node <= args[1]!; node++) {
          const words = bulk!.slice((node - args[0]! - 1) * REPORT_WORDS) as [number, number, number, number];
          const day = days.get(node);
          if (day?.online.length === 24)
            told.push({ report: unpackNodeReport(words[0], words[1], words[2], words[3]), ...day });
        }
      }
    });
    expect(told.length).toBeGreaterThan(4);
    return told;
  }

  it('reports sixty heartbeats an hour, all answered but for those of outages and of a failing minute', async () => {
    for (const { report, online } of await reports({}, 500)) {
      const connected = online.filter((isUp) => isUp).length;
      expect(report.expectedCount).toBe(24 * 60);
      expect(report.answeredCount).toBeLessThanOrEqual(connected * 60);
      expect(report.answeredCount).toBeGreaterThanOrEqual(connected * 60 - 5);
      const fullHours = online.reduce((count, _, hour) => count + (Math.floor(report.fullHours / 2 ** hour) % 2), 0);
      expect(fullHours).toBe(connected - (connected * 60 - report.answeredCount));
    }
  });

  it('counts each disconnection once, and as a streak when it lasts for more than an hour', async () => {
    let streaks = 0;
    for (const { report, online } of await reports({ eras: 8 }, 500)) {
      // A cut at the era’s first hour may have begun in the era before.
      if (!online[0]) continue;
      const cuts = online.filter((isUp, hour) => !isUp && online[hour - 1]);
      const long = online.filter((isUp, hour) => !isUp && !online[hour - 1] && online[hour - 2]);
      expect([report.flapCount, report.streakCount]).toEqual([cuts.length, long.length]);
      streaks += long.length;
    }
    expect(streaks).toBeGreaterThan(0);
  });

  it('reports the mean response time, rounded up, and the hours with a deployment', async () => {
    const told = await reports({}, 0);
    expect(told.some(({ latencies }) => latencies.length > 5)).toBe(true);
    for (const { report, latencies, loads } of told) {
      const mean =
        latencies.length === 0 ? 0 : Math.ceil(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length);
      expect(report.meanMs).toBe(mean);
      const taskHours = loads.map((_, hour) => Math.floor(report.taskHours / 2 ** hour) % 2);
      expect(taskHours).toEqual(loads.map((load) => (load > 0 ? 1 : 0)));
    }
  });

  it('given slots shorter than the time between heartbeats > expects none, and the run goes on', async () => {
    const run = await watch(
      network([{ ...STEADY, hardware: 'home' }]),
      { params: { 'time.slot_s': 600, 'hb.interval_s': 3_600 } },
      () => {},
    );
    expect(run.outcome.erasDone).toBe(4);
  });
});

describe('keeper > reservations', () => {
  it('given a node that is not Online when its deadline passes > ends the reservation, at the cost of a twentieth of the stake', async () => {
    const params = { 'node.reserve_deadline_s': 30 * 3_600 };
    const expired: number[] = [];
    const run = await watch(
      network([STEADY, { role: 'miner', strategy: 'steady', count: 1 }]),
      { params },
      ({ slot, result }) => {
        if (sentBy(result, 'expireReservation').length > 0) expired.push(slot);
      },
      (agent, name) => agent === 6 && name === 'requestNodeValidation',
    );
    // Reserved in slot 0; the deadline stands still while the papers are reviewed, from slot 2 to slot 24.
    expect(expired[0]).toBe(30 + 22 + 1);
    expect(sumOf(rowsOf(run, 'miner.1/0'), 'penaltyUnits')).toBe(25_000_000 * expired.length);
  });
});

describe('keeper > validation tasks', () => {
  it('assigns a task in the slot in which it is opened, once there are weights, and settles it when all have answered', async () => {
    const open = new Map<number, number>();
    const lives: number[] = [];
    await watch(network([STEADY]), {}, ({ slot, s, result }) => {
      for (let task = 1; task <= s.taskTotals[F.taskTotals.taskCount]!; task++)
        if (!open.has(task)) open.set(task, slot);
      for (const { args } of sentBy(result, 'settleTask')) lives.push(slot - open.get(args[0]!)!);
      for (const { args } of sentBy(result, 'assignTask')) expect(slot).toBe(Math.max(24, open.get(args[0]!)!));
    });
    expect(lives.length).toBeGreaterThan(20);
    expect(lives.filter((slots) => slots > 0 && slots < 20)).toEqual([]);
  });

  it('given a member that does not answer > waits for its deadline and settles without it', async () => {
    const waits: number[] = [];
    const assignedAt = new Map<number, number>();
    const { state: s } = await watch(
      network([STEADY]),
      {},
      ({ slot, result }) => {
        for (const { args } of sentBy(result, 'assignTask')) assignedAt.set(args[0]!, slot);
        for (const { args } of sentBy(result, 'settleTask')) waits.push(slot - assignedAt.get(args[0]!)!);
      },
      (agent, name) => agent === 6 && name === 'submitResult',
    );
    // Assigned at 66 s of a slot, the hour is over before 420 s of the next.
    expect(new Set(waits)).toEqual(new Set([1]));
    const settled = Array.from({ length: s.taskTotals[F.taskTotals.taskCount]! }, (_, i) => i + 1).filter(
      (task) => s.tasks[task * STRIDE.tasks + F.tasks.state] === TASK_STATE.settled,
    );
    for (const task of settled) expect(s.tasks[task * STRIDE.tasks + F.tasks.outcome]).toBe(VERDICT.pass);
  });

  const flags = async (params: Scenario['params'], options: Group['options'] = {}) => {
    const validators: Group[] = [
      { role: 'validator', strategy: 'diligent', count: 3 },
      { role: 'validator', strategy: 'copier', count: 1, options },
    ];
    const flagged: number[] = [];
    const run = await watch(
      network([STEADY], validators),
      { eras: 6, params: { ...params, 'val.slash_copy_bps': 0 } },
      ({ s, result }) => {
        for (const { args } of sentBy(result, 'flagCopy'))
          flagged.push(s.members[args[0]! * STRIDE.members + F.members.validator]!);
      },
    );
    const s = run.state;
    const submitted = Array.from({ length: s.taskTotals[F.taskTotals.memberCount]! }, (_, i) => i + 1).filter(
      (member) => s.members[member * STRIDE.members + F.members.verdict] !== VERDICT.none,
    );
    return {
      flagged,
      byCopier: submitted.filter((member) => s.members[member * STRIDE.members + F.members.validator] === 4).length,
    };
  };

  it('given a detector that never errs > flags every repeated report, and nobody else', async () => {
    const { flagged, byCopier } = await flags({ 'val.copy_detect_bps': 10_000, 'val.copy_false_bps': 0 });
    expect(byCopier).toBeGreaterThan(40);
    expect(flagged).toEqual(Array.from({ length: byCopier }, () => 4));
  });

  it('given the usual detector > flags about half of them', async () => {
    const { flagged, byCopier } = await flags({});
    expect(Math.abs(flagged.length / byCopier - 0.5)).toBeLessThan(0.2);
  });

  it('given results of one and the same second > suspects none of them: nobody can have copied', async () => {
    const flagged: number[] = [];
    await watch(network([STEADY]), { params: { 'val.copy_false_bps': 1_000 } }, ({ result }) => {
      flagged.push(...sentBy(result, 'flagCopy').map(({ args }) => args[0]!));
    });
    expect(flagged).toEqual([]);
  });

  it('given a rewritten report > flags it only by mistake', async () => {
    const { flagged, byCopier } = await flags(
      { 'val.copy_detect_bps': 10_000, 'val.copy_false_bps': 0 },
      { noise_bps: 10_000 },
    );
    expect(byCopier).toBeGreaterThan(40);
    expect(flagged).toEqual([]);
  });
});

describe('keeper > requests', () => {
  it('routes every request to a host of its model that is up, and closes them all in their slot', async () => {
    let routed = 0;
    await watch(network([{ ...STEADY, options: { outage_bps: 500 } }]), { eras: 6 }, ({ phase, s, result }) => {
      for (const { args, bulk } of sentBy(result, 'routeRequests')) {
        bulk!.forEach((node, i) => {
          const model = s.requests[(args[0]! + i + 1) * STRIDE.requests + F.requests.model]!;
          const hosts = Array.from(
            { length: 2 },
            (_, host) => s.hosts[(model * HOSTS_PER_MODEL + host) * STRIDE.hosts + F.hosts.node]!,
          );
          if (node !== 0) expect(hosts).toContain(node);
          routed += 1;
        });
      }
      if (phase === 420) expect(s.callTotals[F.callTotals.closedCount]).toBe(s.callTotals[F.callTotals.requestCount]);
    });
    expect(routed).toBeGreaterThan(100);
  });

  it('audits about the share of served requests that it should, in the slot after', async () => {
    const run = await watch(network([STEADY]), { eras: 6, params: { 'val.audit_bps': 3_000 } }, () => {});
    const audits = run.state.tasks;
    const count = Array.from(
      { length: run.state.taskTotals[F.taskTotals.taskCount]! },
      (_, i) => audits[(i + 1) * STRIDE.tasks + F.tasks.kind],
    ).filter((kind) => kind === 5).length;
    const served = sumOf(
      run.eras.map(({ era }) => era),
      'servedCount',
    );
    expect(Math.abs(count / served - 0.3)).toBeLessThan(0.08);
  });

  it('given an exiting node that fails requests > reports each failure, and the stake pays for those beyond the budget', async () => {
    const failures: number[] = [];
    const reported: number[] = [];
    const run = await watch(
      network([{ ...STEADY, count: 2, options: { exit_era: 4 } }]),
      { eras: 6, params: { 'node.exit_error_budget': 3, 'node.exit_eras': 30 } },
      ({ phase, s, result }) => {
        reported.push(...sentBy(result, 'reportExitError').map(({ args }) => args[0]!));
        if (phase !== 420) return;
        for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
          const at = request * STRIDE.requests;
          if (s.callTotals[F.callTotals.slot] !== s.clockTotals[F.clockTotals.slotCount]) break;
          const node = s.requests[at + F.requests.node]!;
          const failed = s.requests[at + F.requests.state] === 4 && node !== 0;
          if (failed && stateOf(s, node) === NODE_STATE.exiting) failures.push(node);
        }
      },
      // From the era on in which they leave, the miners serve nothing any more.
      (agent, name) => name === 'serveRequest' && agent === 2,
    );
    expect(reported.length).toBeGreaterThan(3);
    expect(reported).toEqual(failures);
    const penalties = sumOf(rowsOf(run, 'miner.0/0'), 'penaltyUnits');
    const mine = reported.filter((node) => ownerOf(run.state, node) === ACCOUNT.firstAgent + 2).length;
    // 2 % of what is left of the stake for each error beyond three.
    expect(penalties > 0).toBe(mine > 3);
  });
});

describe('keeper > hosts', () => {
  it('given a host that is lost > places the replica anew in that slot; where no node is free, tries again six slots later', async () => {
    const failedAt = new Map<number, number>();
    let placed = 0;
    let waits = 0;
    await watch(
      network([{ ...STEADY, count: 3, options: { outage_bps: 600 } }]),
      { eras: 8 },
      ({ slot, phase, s, result }) => {
        result.actions.forEach(({ kind, args }, i) => {
          if (kind !== A.replaceHost) return;
          const record = args[0]! * HOSTS_PER_MODEL + args[1]!;
          expect(slot - (failedAt.get(record) ?? -6)).toBeGreaterThanOrEqual(6);
          if (result.codes[i] === 0) placed += 1;
          else failedAt.set(record, slot);
        });
        if (phase !== 66) return;
        for (let model = 1; model <= s.modelTotals[F.modelTotals.modelCount]!; model++) {
          if (s.models[model * STRIDE.models + F.models.state] !== MODEL_STATE.live) continue;
          for (const record of [model * HOSTS_PER_MODEL, model * HOSTS_PER_MODEL + 1]) {
            if (stateOf(s, s.hosts[record * STRIDE.hosts + F.hosts.node]!) === NODE_STATE.online) continue;
            expect(slot - failedAt.get(record)!).toBeLessThan(6);
            waits += 1;
          }
        }
      },
    );
    expect(placed).toBeGreaterThan(3);
    expect(waits).toBeGreaterThan(3);
  });
});

describe('keeper > the foundation’s delegations (DELEG-4)', () => {
  it('are taken back from busy providers, and not from those that have left: theirs come back by themselves', async () => {
    const reclaimed: number[] = [];
    let leftWithThem = 0;
    const miner = { ...STEADY, count: 2, options: { facets: 'both', stake_tier: 7 } } as const;
    const leaver = { ...miner, options: { ...miner.options, exit_era: 3 } } as const;
    await watch(
      network([miner, leaver]),
      { eras: 7, params: { 'fdeleg.min_gpu_subtier': 1, 'fdeleg.reclaim_util_bps': 1_000, 'deleg.unbond_eras': 3 } },
      ({ result, s }) => {
        const field = (provider: number, name: keyof typeof F.providers) =>
          s.providers[provider * STRIDE.providers + F.providers[name]]!;
        for (const { kind, args } of result.actions) {
          if (kind !== A.deregisterProvider) continue;
          const delegation = field(args[0]!, 'foundationDelegation');
          if (delegation > 0 && s.delegations[delegation * STRIDE.delegations + F.delegations.units]! > 0)
            leftWithThem += 1;
        }
        for (const { args } of sentBy(result, 'reclaimFoundation')) {
          reclaimed.push(args[0]!);
          expect(field(args[0]!, 'state')).toBe(PROVIDER_STATE.active);
        }
      },
    );
    expect(reclaimed.length).toBeGreaterThan(0);
    expect(leftWithThem).toBeGreaterThan(0);
  });
});

describe('keeper > settlement', () => {
  it('settles nodes in chunks, once each, in the first block of the next era', async () => {
    const chunks: string[] = [];
    await watch(network([{ ...STEADY, count: 70 }]), { eras: 2 }, ({ slot, phase, result }) => {
      for (const { args } of sentBy(result, 'payNodes')) chunks.push(`${slot}/${phase}: ${args.join('..')}`);
      for (const { args } of sentBy(result, 'reportNodes')) chunks.push(`${slot}/${phase}: report ${args.join('..')}`);
    });
    expect(chunks).toEqual([
      '23/3540: report 0..64',
      '23/3540: report 64..70',
      '24/0: 0..64',
      '24/0: 64..70',
      '47/3540: report 0..64',
      '47/3540: report 64..70',
      '48/0: 0..64',
      '48/0: 64..70',
    ]);
  });
});
