/**
 * The physical world behind the ledger: how fast each miner's hardware is, how far away, how often it fails, and whether
 * it is connected in a slot. The ledger never sees it, only what agents and the keeper report of it.
 */
import { chanceBps, createStreams, nextInt } from '../base/stream.ts';
import { COMPLIANCE } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import { streamKeyOf } from './roster.ts';
import type { Scenario } from './scenario.ts';
import { CAPACITY, CAPACITY_SIZE, type SharedRun } from './shared.ts';

/** Ranges from which a class of hardware is drawn: time factor (thousandths of the measured device), round trip (ms), failed requests (bps). */
export type HardwareClass = {
  readonly factorMil: readonly [number, number];
  readonly rttMs: readonly [number, number];
  readonly failBps: readonly [number, number];
  /** What the machines of the class have (ATTR): numbers of CPUs and GPUs, memory per CPU, disk in GB, classes of each kind. */
  readonly cpuCount: readonly [number, number];
  readonly memoryGbPerCpu: number;
  readonly storageGb: readonly [number, number];
  readonly gpuCount: readonly [number, number];
  readonly gpuTier: readonly [number, number];
  readonly computeTier: readonly [number, number];
  readonly storageTier: readonly [number, number];
  readonly netTier: readonly [number, number];
  /** Bits of certificates that all machines of the class hold. */
  readonly compliance: number;
};

/** Scenario assumptions, not measurements: how community machines and data centres relate to the measured device. */
export const HARDWARE: Readonly<Record<string, HardwareClass>> = {
  community: {
    factorMil: [900, 2_500],
    rttMs: [20, 120],
    failBps: [20, 120],
    cpuCount: [8, 32],
    memoryGbPerCpu: 4,
    storageGb: [500, 2_000],
    gpuCount: [0, 2],
    gpuTier: [1, 6],
    computeTier: [1, 2],
    storageTier: [2, 3],
    netTier: [1, 3],
    compliance: 0,
  },
  datacentre: {
    factorMil: [700, 1_200],
    rttMs: [5, 30],
    failBps: [2, 20],
    cpuCount: [32, 128],
    memoryGbPerCpu: 8,
    storageGb: [2_000, 16_000],
    gpuCount: [1, 8],
    gpuTier: [5, 10],
    computeTier: [2, 3],
    storageTier: [3, 3],
    netTier: [3, 4],
    compliance: COMPLIANCE.soc2 + COMPLIANCE.audit,
  },
  home: {
    factorMil: [1_500, 6_000],
    rttMs: [30, 200],
    failBps: [60, 400],
    cpuCount: [4, 16],
    memoryGbPerCpu: 2,
    storageGb: [200, 1_000],
    gpuCount: [0, 1],
    gpuTier: [1, 4],
    computeTier: [1, 2],
    storageTier: [1, 2],
    netTier: [1, 2],
    compliance: 0,
  },
};
export const REGIONS = ['eu', 'us', 'asia'] as const;
/** Regions on the ledger: eight numbers to a continent, of which a run uses two (F-15). */
const REGIONS_PER_CONTINENT = 8;
const REGIONS_IN_USE = 2;
const SLOTS_PER_DAY = 24;
const DAYS_PER_WEEK = 7;
const WEEKEND_FROM_DAY = 5;

/** Name of the continent of a region of the ledger; the first one's for a number that no run uses. */
export function continentOf(region: number): string {
  return REGIONS[Math.floor(region / REGIONS_PER_CONTINENT)] ?? REGIONS[0];
}

/** Number on the ledger of the region in which an agent lives. */
function regionNumber(continent: number, populationIndex: number): number {
  return continent * REGIONS_PER_CONTINENT + (populationIndex % REGIONS_IN_USE);
}

export type World = {
  /** Moves the world to a slot: shocks, outages, drift. Writes `run.world`. */
  enterSlot(slot: number): void;
  regionOf(agent: number): string;
  /** Whether the agent's machine is on and reachable at a second of the current slot. */
  isConnectedAt(agent: number, atS: number): boolean;
  /** True if that can change within a slot (BEH-6); else it holds for the whole slot. */
  isCyclic(agent: number): boolean;
};

/** Second of a slot at which being connected decides whether an agent serves in it. */
const SERVE_OFFSET_S = 120;
/** An outage lasts until this chance per slot ends it. */
const RECOVERY_BPS = 2_500;

function between(streams: Float64Array, i: number, range: readonly [number, number]): number {
  return range[0] + nextInt(streams, i, range[1] - range[0] + 1);
}

/**
 * @returns the world of a run. Options of a population that it reads: `outage_bps` (chance per slot that a miner goes
 * down) and `drift_mil_per_era` (slowdown of its hardware, thousandths per era), both 0 where absent (BEH-3);
 * `duty_on_s` of every `duty_period_s` seconds in which the machine is on, 0 for always, beginning with a time slot or,
 * where `duty_start` is `any`, at any second (BEH-6); from `rest_from_era` on `rest_eras` after every `work_eras` in which it
 * is off for the first `rest_slots` slots of the era, else for `idle_slots` (BEH-17); `machine_times` what a machine of its
 * class has (BEH-16); `evening_hours` before midnight in which a device is on, 0 for always, and `weekends` 1 for all day then
 * (BEH-36). A matchmaking operator is down in a slot with the chance of `match.outage_bps_slot`, or of its own option
 * `down_bps` (MATCH-9, BEH-48).
 */
export function createWorld(run: SharedRun, scenario: Scenario): World {
  const { agents, populations } = run.roster;
  const streams = createStreams(agents.length, (i) => streamKeyOf(scenario.seed, 'world', agents[i]!));
  const outageBpsSlot = run.tables.paramValues[P['match.outage_bps_slot']]!;
  const regions = new Uint8Array(agents.length);
  const baseFactorMil = new Float64Array(agents.length);
  /** 1 while no outage of its own keeps the agent down; a shock is over when it ends. */
  const isUp = new Uint8Array(agents.length).fill(1);
  const isOn = new Uint8Array(agents.length).fill(1);
  const dutyOffsetS = new Float64Array(agents.length);
  // Streams of their own: what a machine has does not move what happens to it.
  const machines = createStreams(agents.length, (i) => streamKeyOf(scenario.seed, 'machine', agents[i]!));

  function optionOf(agent: number, name: string): number {
    const value = populations[agents[agent]!.population]!.options[name];
    return typeof value === 'number' ? value : 0;
  }

  function equip(i: number, hardware: HardwareClass): void {
    const at = i * CAPACITY_SIZE;
    const times = Math.max(1, optionOf(i, 'machine_times'));
    const cpuCount = times * between(machines, i, hardware.cpuCount);
    const gpuCount = times * between(machines, i, hardware.gpuCount);
    const gpuTier = between(machines, i, hardware.gpuTier);
    run.capacity[at + CAPACITY.cpuCount] = cpuCount;
    run.capacity[at + CAPACITY.memoryGb] = cpuCount * hardware.memoryGbPerCpu;
    run.capacity[at + CAPACITY.storageGb] = times * between(machines, i, hardware.storageGb);
    run.capacity[at + CAPACITY.gpuCount] = gpuCount;
    run.capacity[at + CAPACITY.gpuTier] = gpuCount === 0 ? 0 : gpuTier;
    run.capacity[at + CAPACITY.computeTier] = between(machines, i, hardware.computeTier);
    run.capacity[at + CAPACITY.storageTier] = between(machines, i, hardware.storageTier);
    run.capacity[at + CAPACITY.netTier] = between(machines, i, hardware.netTier);
    run.capacity[at + CAPACITY.region] = regionNumber(regions[i]!, agents[i]!.populationIndex);
    run.capacity[at + CAPACITY.compliance] = hardware.compliance;
    const offsetS = nextInt(machines, i, Math.max(1, optionOf(i, 'duty_period_s')));
    dutyOffsetS[i] =
      populations[agents[i]!.population]!.options.duty_start === 'slot' ? offsetS - (offsetS % run.slotS) : offsetS;
  }

  /** Whether the owner of a small device has it on at this hour: always, or in the evening and at weekends (BEH-36). */
  function isAtHome(agent: number, slot: number): boolean {
    const eveningHours = optionOf(agent, 'evening_hours');
    if (eveningHours === 0) return true;
    const isWeekend = Math.floor(slot / SLOTS_PER_DAY) % DAYS_PER_WEEK >= WEEKEND_FROM_DAY;
    return (isWeekend && optionOf(agent, 'weekends') === 1) || slot % SLOTS_PER_DAY >= SLOTS_PER_DAY - eveningHours;
  }

  function isResting(agent: number, slot: number): boolean {
    const era = Math.floor(slot / run.slotsPerEra) - optionOf(agent, 'rest_from_era');
    if (era < 0) return false;
    const restEras = optionOf(agent, 'rest_eras');
    const workEras = optionOf(agent, 'work_eras');
    const rests = restEras > 0 && era % (workEras + restEras) >= workEras;
    return slot % run.slotsPerEra < optionOf(agent, rests ? 'rest_slots' : 'idle_slots');
  }

  function isConnectedAt(agent: number, atS: number): boolean {
    if (isOn[agent] === 0) return false;
    const periodS = optionOf(agent, 'duty_period_s');
    return periodS === 0 || (atS + dutyOffsetS[agent]!) % periodS < optionOf(agent, 'duty_on_s');
  }
  for (const info of agents) {
    const i = info.agent;
    const named = populations[info.population]!.hardware;
    const usual = info.role === 'fizz' ? 'home' : 'community';
    const hardware = HARDWARE[named === '' ? usual : named] ?? HARDWARE.community!;
    baseFactorMil[i] = between(streams, i, hardware.factorMil);
    run.world[i * 4] = baseFactorMil[i]!;
    run.world[i * 4 + 1] = between(streams, i, hardware.rttMs);
    run.world[i * 4 + 2] = between(streams, i, hardware.failBps);
    run.world[i * 4 + 3] = 1;
    regions[i] = nextInt(streams, i, REGIONS.length);
    equip(i, hardware);
  }
  return {
    enterSlot(slot) {
      const era = Math.floor(slot / run.slotsPerEra);
      for (const info of agents) {
        const i = info.agent;
        if (info.role === 'matchmaker') {
          const downBps = Math.max(outageBpsSlot, optionOf(i, 'down_bps'));
          run.world[i * 4 + 3] = chanceBps(streams, i, downBps) ? 0 : 1;
          continue;
        }
        if (info.role !== 'miner' && info.role !== 'slark' && info.role !== 'fizz') continue;
        const options = populations[info.population]!.options;
        const outageBps = typeof options.outage_bps === 'number' ? options.outage_bps : 0;
        const driftMil = typeof options.drift_mil_per_era === 'number' ? options.drift_mil_per_era : 0;
        // One draw per slot whatever happens, so that a shock leaves later draws alone.
        const turns = chanceBps(streams, i, isUp[i] === 1 ? outageBps : RECOVERY_BPS);
        const shocked = scenario.shocks.some(
          (shock) =>
            slot >= shock.fromSlot &&
            slot < shock.fromSlot + shock.slotCount &&
            (shock.region === REGIONS[regions[i]!] || shock.region === 'all'),
        );
        if (turns) isUp[i] = 1 - isUp[i]!;
        isOn[i] = shocked || isResting(i, slot) || !isAtHome(i, slot) ? 0 : isUp[i]!;
        run.world[i * 4 + 3] = isConnectedAt(i, slot * run.slotS + SERVE_OFFSET_S) ? 1 : 0;
        run.world[i * 4] = baseFactorMil[i]! + driftMil * era;
      }
    },
    regionOf: (agent) => REGIONS[regions[agent]!]!,
    isConnectedAt,
    isCyclic: (agent) => optionOf(agent, 'duty_period_s') > 0,
  };
}
