/**
 * The physical world behind the ledger: how fast each miner's hardware is, how far away, how often it fails, and whether
 * it is connected in a slot. The ledger never sees it, only what agents and the keeper report of it.
 */
import { chanceBps, createStreams, nextInt } from '../base/stream.ts';
import { streamKeyOf } from './roster.ts';
import type { Scenario } from './scenario.ts';
import type { SharedRun } from './shared.ts';

/** Ranges from which a class of hardware is drawn: time factor (thousandths of the measured device), round trip (ms), failed requests (bps). */
export type HardwareClass = {
  readonly factorMil: readonly [number, number];
  readonly rttMs: readonly [number, number];
  readonly failBps: readonly [number, number];
};

/** Scenario assumptions, not measurements: how community machines and data centres relate to the measured device. */
export const HARDWARE: Readonly<Record<string, HardwareClass>> = {
  community: { factorMil: [900, 2_500], rttMs: [20, 120], failBps: [20, 120] },
  datacentre: { factorMil: [700, 1_200], rttMs: [5, 30], failBps: [2, 20] },
  home: { factorMil: [1_500, 6_000], rttMs: [30, 200], failBps: [60, 400] },
};
export const REGIONS = ['eu', 'us', 'asia'] as const;

export type World = {
  /** Moves the world to a slot: shocks, outages, drift. Writes `run.world`. */
  enterSlot(slot: number): void;
  regionOf(agent: number): string;
};

/** An outage lasts until this chance per slot ends it. */
const RECOVERY_BPS = 2_500;

function between(streams: Float64Array, i: number, range: readonly [number, number]): number {
  return range[0] + nextInt(streams, i, range[1] - range[0] + 1);
}

/**
 * @returns the world of a run. Options of a population that it reads: `outage_bps` (chance per slot that a miner goes
 * down) and `drift_mil_per_era` (slowdown of its hardware, thousandths per era), both 0 where absent (BEH-3).
 */
export function createWorld(run: SharedRun, scenario: Scenario): World {
  const { agents, populations } = run.roster;
  const streams = createStreams(agents.length, (i) => streamKeyOf(scenario.seed, 'world', agents[i]!));
  const regions = new Uint8Array(agents.length);
  const baseFactorMil = new Float64Array(agents.length);
  /** 1 while no outage of its own keeps the agent down; a shock is over when it ends. */
  const isUp = new Uint8Array(agents.length).fill(1);
  for (const info of agents) {
    const i = info.agent;
    const named = populations[info.population]!.hardware;
    const hardware = HARDWARE[named === '' ? 'community' : named] ?? HARDWARE.community!;
    baseFactorMil[i] = between(streams, i, hardware.factorMil);
    run.world[i * 4] = baseFactorMil[i]!;
    run.world[i * 4 + 1] = between(streams, i, hardware.rttMs);
    run.world[i * 4 + 2] = between(streams, i, hardware.failBps);
    run.world[i * 4 + 3] = 1;
    regions[i] = nextInt(streams, i, REGIONS.length);
  }
  return {
    enterSlot(slot) {
      const era = Math.floor(slot / run.slotsPerEra);
      for (const info of agents) {
        if (info.role !== 'miner') continue;
        const i = info.agent;
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
        run.world[i * 4 + 3] = shocked ? 0 : isUp[i]!;
        run.world[i * 4] = baseFactorMil[i]! + driftMil * era;
      }
    },
    regionOf: (agent) => REGIONS[regions[agent]!]!,
  };
}
