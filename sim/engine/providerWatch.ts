/**
 * What the referee writes down about providers between two reports (TIER-8): heartbeats, outages and cooldowns to the
 * second, work and response times. It measures and packs; what follows from a report is the ledger's business.
 */
import { chanceBps, createStreams } from '../base/stream.ts';
import { tokenValueOf } from '../protocol/assets.ts';
import { EV } from '../protocol/events.ts';
import { type SubnetPart, subnetFigures } from '../protocol/fizzRewards.ts';
import { ACCOUNT, CLOSE_REASON, F, FIZZ_STATE, KIND, LEASE_STATE, PROVIDER_STATE, STRIDE } from '../protocol/layout.ts';
import { packProviderReport } from '../protocol/providerReport.ts';
import { EVENT_STRIDE, getParam, type State } from '../protocol/state.ts';
import { streamKeyOf } from './roster.ts';
import type { SharedRun } from './shared.ts';
import type { World } from './world.ts';

/** An outage that lasts longer is a streak (SLASH-4). */
const STREAK_S = 3_600;
const BPS = 10_000;
const HOURS = 24;

type Watch = {
  full: number;
  active: number;
  task: number;
  breached: number;
  cooled: number;
  streakCount: number;
  extraHourCount: number;
  answered: number;
  expected: number;
  responseMs: number;
  responseCount: number;
  assigned: number;
  finished: number;
  /** What the breached hours would have brought in (F-10). */
  feeUnits: number;
  /** Seconds of service under leases (LIVE-6), and those times CPUs: the work of F-25. */
  leaseS: number;
  work: number;
  /** Second from which on the machine has been away; 0 while it is there. */
  offlineSinceS: number;
  /** The outage began in standby, so that SLASH-4 applies to it. */
  isStandbyOutage: boolean;
  /** Further full hours of the outage that have been counted. */
  outageHourCount: number;
  cooledUntilS: number;
  wasConnected: boolean;
  /** It has been Active before, so that becoming so again is a reconnection (LIVE-5). */
  hasServed: boolean;
  /** The slot in progress. */
  hour: {
    bit: number;
    endS: number;
    answered: number;
    expected: number;
    responseMs: number;
    responseCount: number;
    isTask: boolean;
    isEvicted: boolean;
    /** A service under a lease was down, or was not deployed in time. */
    isBroken: boolean;
    /** Price per hour of the leases, and the node's part of the fees of requests, in tokens. */
    feeUnits: number;
  } | null;
};

/** What is counted anew in each era. */
const NOTHING = {
  full: 0,
  active: 0,
  task: 0,
  breached: 0,
  cooled: 0,
  streakCount: 0,
  extraHourCount: 0,
  answered: 0,
  expected: 0,
  responseMs: 0,
  responseCount: 0,
  assigned: 0,
  finished: 0,
  feeUnits: 0,
  leaseS: 0,
  work: 0,
} as const;

/** What an era has shown of a fizz node: hours in which it was there, of those in its subnet, tasks and work. */
type MemberWatch = { onHours: number; hours: number; assigned: number; finished: number; work: number };

export type ProviderWatch = {
  /** Watches a slot that has begun; once per slot, after the world has moved. */
  listen(s: State): void;
  /** Reads the events of an executed block. */
  observe(s: State): void;
  /** A target answered a challenge (CHAL-13), throwing out its other work for it or not. */
  noteResponse(provider: number, responseMs: number, evicts: boolean): void;
  /** Words of the reports of providers (from, to], and a new start for the next era. */
  report(s: State, from: number, to: number): number[];
};

const withBit = (map: number, bit: number): number => (Math.floor(map / bit) % 2 === 1 ? map : map + bit);

export function createProviderWatch(run: SharedRun, world: World): ProviderWatch {
  const watches: Watch[] = [];
  /** Second from which on a lease that is served has not been counted. */
  const servingSinceS = new Map<number, number>();
  const members: MemberWatch[] = [];
  const streams = createStreams(run.roster.agents.length, (i) =>
    streamKeyOf(run.seed, 'provider-heartbeat', run.roster.agents[i]!),
  );

  function watchOf(provider: number): Watch {
    return (watches[provider] ??= {
      ...NOTHING,
      offlineSinceS: 0,
      isStandbyOutage: false,
      outageHourCount: 0,
      cooledUntilS: 0,
      wasConnected: true,
      hasServed: false,
      hour: null,
    });
  }

  /** A provider that comes back into service after a suspension or for want of stake has been away: it cools down. @rule LIVE-5, SM-14 */
  function enterService(s: State, provider: number): void {
    const w = watchOf(provider);
    const cooldownS = getParam(s, 'live.cooldown_s');
    if (w.hasServed && cooldownS > 0) w.cooledUntilS = s.nowS + cooldownS;
    w.hasServed = true;
  }

  /** Whether the hour that ends was one of breached service (SLASH-5). */
  function finishHour(s: State, w: Watch): void {
    const { hour } = w;
    w.hour = null;
    if (hour === null || !hour.isTask) return;
    const limitMs = getParam(s, 'slash.breach_response_ms');
    const isAway = hour.answered * BPS < getParam(s, 'slash.breach_uptime_bps') * hour.expected;
    const isSlow = limitMs > 0 && hour.responseMs > limitMs * hour.responseCount;
    if (!isAway && !isSlow && !hour.isEvicted && !hour.isBroken) return;
    w.breached = withBit(w.breached, hour.bit);
    w.feeUnits += hour.feeUnits;
  }

  /** One heartbeat or its absence, at a second. */
  function beat(w: Watch, atS: number, connected: boolean, isTask: boolean, cooldownS: number): void {
    if (connected) {
      if (!w.wasConnected && cooldownS > 0) w.cooledUntilS = atS + cooldownS;
      w.offlineSinceS = 0;
      w.outageHourCount = 0;
    } else {
      if (w.wasConnected) {
        w.offlineSinceS = atS;
        w.isStandbyOutage = !isTask;
      }
      countOutage(w, atS);
    }
    w.wasConnected = connected;
  }

  function countOutage(w: Watch, atS: number): void {
    const lastedS = atS - w.offlineSinceS;
    if (!w.isStandbyOutage || lastedS <= STREAK_S) return;
    const hours = Math.floor(lastedS / STREAK_S);
    if (w.outageHourCount === 0) {
      w.streakCount += 1;
      w.outageHourCount = 1;
    }
    if (hours > w.outageHourCount) {
      w.extraHourCount += hours - w.outageHourCount;
      w.outageHourCount = hours;
    }
  }

  const leaseField = (s: State, lease: number, name: keyof typeof F.leases): number =>
    s.leases[lease * STRIDE.leases + F.leases[name]]!;

  /** Whether the seconds of a lease count for the bonus (OP-50). */
  function isCounted(s: State, lease: number): boolean {
    if (getParam(s, 'bonus.exclude_self') === 0) return true;
    const provider = leaseField(s, lease, 'provider') * STRIDE.providers;
    const escrow = leaseField(s, lease, 'escrow') * STRIDE.escrows;
    return s.providers[provider + F.providers.owner] !== s.escrows[escrow + F.escrows.owner];
  }

  function memberOf(fizz: number): MemberWatch {
    return (members[fizz] ??= { onHours: 0, hours: 0, assigned: 0, finished: 0, work: 0 });
  }

  /** Whoever gives a lease its service: its fizz node, or the provider itself. */
  function servantOf(s: State, lease: number): { assigned: number; finished: number; work: number } {
    const fizz = leaseField(s, lease, 'fizz');
    return fizz === 0 ? watchOf(leaseField(s, lease, 'provider')) : memberOf(fizz);
  }

  /** Hours of the fizz nodes that are members of a subnet. */
  function listenToMembers(s: State): void {
    const isOn = (account: number): boolean => run.world[(account - ACCOUNT.firstAgent) * 4 + 3] === 1;
    for (let fizz = 1; fizz <= s.fizzTotals[F.fizzTotals.fizzCount]!; fizz++) {
      const at = fizz * STRIDE.fizzNodes;
      const state = s.fizzNodes[at + F.fizzNodes.state]!;
      if (state < FIZZ_STATE.active || state > FIZZ_STATE.detached) continue;
      const own = memberOf(fizz);
      own.hours += 1;
      if (isOn(s.fizzNodes[at + F.fizzNodes.owner]!)) own.onHours += 1;
    }
  }

  /** A gateway answers for its subnet: the metrics of the report are means over it and its members. @rule F-25, TIER-10, FIZZ-13 */
  function withMembers(s: State, provider: number, w: Watch): Pick<Watch, 'answered' | 'assigned' | 'finished'> {
    const { head, next } = run.lists.membersOfProvider;
    const share = (part: number, whole: number): number => (whole === 0 ? BPS : Math.floor((part * BPS) / whole));
    const parts: SubnetPart[] = [];
    for (let fizz = head[provider]!; fizz !== 0; fizz = next[fizz]!) {
      const own = memberOf(fizz);
      if (own.hours === 0) continue;
      parts.push({
        workUnits: own.work,
        exposedUnits: s.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes.cpuCount]!,
        uptimeBps: share(own.onHours, own.hours),
        completionBps: share(own.finished, own.assigned),
        responseMs: 0,
        feedbackBps: 0,
      });
    }
    if (parts.length === 0 || w.expected === 0) return w;
    const figures = subnetFigures([
      ...parts,
      {
        workUnits: w.work,
        exposedUnits: s.providers[provider * STRIDE.providers + F.providers.cpuCount]!,
        uptimeBps: share(w.answered, w.expected),
        completionBps: share(w.finished, w.assigned),
        responseMs: 0,
        feedbackBps: 0,
      },
    ]);
    // A share of work is told as so many of ten thousand tasks.
    const tasks =
      figures.completionBps === null
        ? { assigned: 0, finished: 0 }
        : { assigned: BPS, finished: figures.completionBps };
    return { answered: Math.floor((w.expected * figures.uptimeBps) / BPS), ...tasks };
  }

  /** Adds the service of a lease up to now; from now on it counts anew, or not at all. */
  function countService(s: State, lease: number, goesOn: boolean): void {
    const sinceS = servingSinceS.get(lease);
    if (sinceS !== undefined) {
      const servedS = s.nowS - sinceS;
      if (isCounted(s, lease)) watchOf(leaseField(s, lease, 'provider')).leaseS += servedS;
      servantOf(s, lease).work += servedS * leaseField(s, lease, 'cpuCount');
    }
    if (goesOn) servingSinceS.set(lease, s.nowS);
    else servingSinceS.delete(lease);
  }

  /** A lease that is over was a task given, and one done unless the provider failed it (TIER-1). One that its consumer never used is neither. */
  function countTask(s: State, lease: number, reason: number): void {
    if (leaseField(s, lease, 'manifestS') === 0) return;
    const w = servantOf(s, lease);
    w.assigned += 1;
    const isFailed =
      reason === CLOSE_REASON.provider || reason === CLOSE_REASON.providerLost || reason === CLOSE_REASON.outage;
    if (!isFailed && leaseField(s, lease, 'deployedS') > 0) w.finished += 1;
  }

  /** Of each provider with leases: their price per hour in tokens (F-10), and whether a service of theirs is down. */
  function services(s: State): Map<number, { readonly feeUnits: number; readonly isDown: boolean }> {
    const found = new Map<number, { readonly feeUnits: number; readonly isDown: boolean }>();
    for (let place = 1; place <= s.leaseTotals[F.leaseTotals.openCount]!; place++) {
      const lease = s.openLeases[place]!;
      if (leaseField(s, lease, 'fizz') !== 0 || leaseField(s, lease, 'manifestS') === 0) continue;
      const provider = leaseField(s, lease, 'provider');
      const units = tokenValueOf(s, leaseField(s, lease, 'priceUnits'), leaseField(s, lease, 'asset'));
      const before = found.get(provider) ?? { feeUnits: 0, isDown: false };
      const isDown = before.isDown || leaseField(s, lease, 'state') === LEASE_STATE.down;
      found.set(provider, { feeUnits: before.feeUnits + units, isDown });
    }
    return found;
  }

  return {
    listen(s) {
      const count = s.providerTotals[F.providerTotals.providerCount]!;
      if (count === 0) return;
      listenToMembers(s);
      const intervalS = getParam(s, 'hb.interval_s');
      const cooldownS = getParam(s, 'live.cooldown_s');
      const beats = Math.floor(run.slotS / intervalS);
      const slot = s.clockTotals[F.clockTotals.slotCount]! - 1;
      const startS = slot * run.slotS;
      const bit = 1 << ((slot % run.slotsPerEra) % HOURS);
      const ofLeases = services(s);
      for (let provider = 1; provider <= count; provider++) {
        const at = provider * STRIDE.providers;
        const w = watchOf(provider);
        finishHour(s, w);
        const agent = s.providers[at + F.providers.owner]! - ACCOUNT.firstAgent;
        // One draw per slot whatever the state, so that one provider's fate leaves the others' draws alone.
        const misses = chanceBps(streams, agent, run.world[agent * 4 + 2]!);
        if (s.providers[at + F.providers.state] !== PROVIDER_STATE.active) continue;
        const node = s.providers[at + F.providers.node]!;
        const load = node === 0 ? 0 : s.nodes[node * STRIDE.nodes + F.nodes.loadCount]!;
        const isTask = load > 0 || s.providerUse[provider * STRIDE.providerUse + F.providerUse.leaseCount]! > 0;
        let answered = 0;
        if (world.isCyclic(agent)) {
          for (let i = 0; i < beats; i++) {
            const connected = world.isConnectedAt(agent, startS + i * intervalS);
            if (connected) answered += 1;
            beat(w, startS + i * intervalS, connected, isTask, cooldownS);
          }
        } else {
          const connected = world.isConnectedAt(agent, startS);
          if (connected) answered = beats;
          beat(w, startS, connected, isTask, cooldownS);
          if (!connected) countOutage(w, startS + run.slotS - intervalS);
        }
        // A failing machine loses the heartbeats of a minute or two, not of the whole hour.
        if (misses && answered > 0) answered -= 1;
        w.expected += beats;
        w.answered += answered;
        w.active = withBit(w.active, bit);
        if (answered === beats) w.full = withBit(w.full, bit);
        if (isTask) w.task = withBit(w.task, bit);
        if (w.cooledUntilS > startS) w.cooled = withBit(w.cooled, bit);
        w.hour = {
          bit,
          endS: startS + run.slotS,
          answered,
          expected: beats,
          responseMs: 0,
          responseCount: 0,
          isTask,
          isEvicted: false,
          isBroken: ofLeases.get(provider)?.isDown ?? false,
          feeUnits: ofLeases.get(provider)?.feeUnits ?? 0,
        };
      }
    },
    observe(s) {
      const nodeShareBps = getParam(s, 'dn.split_bps.node');
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        const kind = s.events[at];
        if (kind === EV.Transition && s.events[at + 1] === KIND.provider && s.events[at + 5] === PROVIDER_STATE.active)
          enterService(s, s.events[at + 2]!);
        if (kind === EV.Transition && s.events[at + 1] === KIND.lease) {
          const lease = s.events[at + 2]!;
          const to = s.events[at + 5]!;
          countService(s, lease, to === LEASE_STATE.serving);
          const { hour } = watchOf(leaseField(s, lease, 'provider'));
          // What has failed since the hour was over is the next one's.
          const isDown = to === LEASE_STATE.down && leaseField(s, lease, 'fizz') === 0;
          if (isDown && hour !== null && leaseField(s, lease, 'downSinceS') < hour.endS) hour.isBroken = true;
        }
        if (kind === EV.LeaseClosed) countTask(s, s.events[at + 1]!, s.events[at + 2]!);
        if (kind !== EV.RequestRouted && kind !== EV.RequestServed) continue;
        const provider = s.nodeProviders[s.events[at + 3]!]!;
        if (provider === 0) continue;
        const w = watchOf(provider);
        if (kind === EV.RequestRouted) {
          w.assigned += 1;
          continue;
        }
        w.finished += 1;
        if (w.hour !== null) w.hour.feeUnits += Math.floor((s.events[at + 5]! * nodeShareBps) / BPS);
        noteMs(w, s.events[at + 6]!);
      }
    },
    noteResponse(provider, responseMs, evicts) {
      const w = watchOf(provider);
      noteMs(w, responseMs);
      if (evicts && w.hour !== null) w.hour.isEvicted = true;
    },
    report(s, from, to) {
      const words: number[] = [];
      if (from === 0) for (const lease of [...servingSinceS.keys()]) countService(s, lease, true);
      for (let provider = from + 1; provider <= to; provider++) {
        const w = watchOf(provider);
        finishHour(s, w);
        const subnet = withMembers(s, provider, w);
        words.push(
          ...packProviderReport({
            fullHours: w.full,
            activeHours: w.active,
            taskHours: w.task,
            breachedHours: w.breached,
            cooledHours: w.cooled,
            streakCount: w.streakCount,
            extraHourCount: w.extraHourCount,
            answeredCount: subnet.answered,
            expectedCount: w.expected,
            meanMs: w.responseCount === 0 ? 0 : Math.ceil(w.responseMs / w.responseCount),
            assignedCount: subnet.assigned,
            finishedCount: subnet.finished,
            feeUnits: w.feeUnits,
            leaseHours: Math.floor(w.leaseS / STREAK_S),
            offlineSinceS: w.offlineSinceS,
          }),
        );
        Object.assign(w, NOTHING);
      }
      if (to === s.providerTotals[F.providerTotals.providerCount]) members.length = 0;
      return words;
    },
  };
}

function noteMs(w: Watch, responseMs: number): void {
  w.responseMs += responseMs;
  w.responseCount += 1;
  if (w.hour === null) return;
  w.hour.responseMs += responseMs;
  w.hour.responseCount += 1;
}
