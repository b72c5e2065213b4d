/**
 * Providers for tests: real rules on a real state, with reports that say what a test wants. Decides nothing that a rule
 * decides.
 */
import { agent, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, KIND, STRIDE } from './layout.ts';
import { readRecord, writeRecord } from './nodeWorld.ts';
import { EMPTY_PROVIDER_REPORT, type ProviderReport, packProviderReport } from './providerReport.ts';
import { providerCount } from './providers.ts';
import { lockStake } from './stake.ts';
import type { State } from './state.ts';

export const ALL_HOURS = 16_777_215;

/** A report of 24 full hours in standby that every tier's metrics are met by. */
export const GOOD_REPORT: ProviderReport = {
  ...EMPTY_PROVIDER_REPORT,
  fullHours: ALL_HOURS,
  activeHours: ALL_HOURS,
  answeredCount: 1_440,
  expectedCount: 1_440,
  meanMs: 50,
};

/** What `proposeProvider` declares: 10 CPUs of the general class, SSD, medium connectivity, no GPU. */
export const PLAIN_SPEC: readonly number[] = [0, 0, 10, 64, 500, 0, 0, 2, 2, 2, 0];

/** An Active provider of an agent, in a tier, with that own stake. @returns its identifier */
export function addProvider(s: State, owner: number, tier: number, stakeUnits: number): number {
  mustPass(s, 'proposeProvider', owner, PLAIN_SPEC);
  const provider = providerCount(s);
  mustPass(s, 'stakeProvider', owner, [provider, stakeUnits]);
  writeRecord(s, 'providers', provider, { tier });
  return provider;
}

/** Posts the reports of all providers, from the first on. */
export function report(s: State, reports: readonly Partial<ProviderReport>[]): void {
  const words = reports.flatMap((one) => packProviderReport({ ...GOOD_REPORT, ...one }));
  mustPass(s, 'reportProviders', ACCOUNT.keeper, [0, reports.length], words);
}

export function readProvider(s: State, provider: number) {
  return readRecord(s, 'providers', provider);
}

/** Writes providers 1 … n, Active in a tier and with that own stake, of agent 0, straight into the state. */
export function writeProviders(s: State, count: number, tier: number, stakeUnits: number): void {
  writeRecord(s, 'providerTotals', 0, { providerCount: count, activeCount: count });
  for (let provider = 1; provider <= count; provider++) {
    writeRecord(s, 'providers', provider, {
      owner: agent(0),
      state: 3,
      tier,
      isMatchable: 1,
      cpuCount: 10,
      computeTier: 2,
      storageTier: 2,
      netTier: 2,
      activeEra: 1,
      challengedEra: 1,
    });
    lockStake(s, KIND.provider, provider, agent(0), stakeUnits);
  }
}

/** Writes the words of one provider's report. */
export function writeReport(s: State, provider: number, one: Partial<ProviderReport>): void {
  s.providerReports.set(packProviderReport({ ...GOOD_REPORT, ...one }), provider * STRIDE.providerReports);
}

export function tierOf(s: State, provider: number): number {
  return s.providers[provider * STRIDE.providers + F.providers.tier]!;
}

/** Collateral of a tier, a unit more than it asks for, in units. */
export function enoughFor(tier: number): number {
  return [500, 400, 300, 200, 150, 100, 50][tier - 1]! * TOKEN + 1;
}
