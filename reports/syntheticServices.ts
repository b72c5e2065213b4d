/** Providers, licences and challenges of a made-up run: each miner has a provider, each Slark a licence. No chance. */
import type { AgentRow, ChallengeRow, EraRow, ProviderRow, SlarkRow } from '../sim/engine/trace.ts';

const UNITS = 1_000_000;

/** Registered over true capacity by strategy, thousandths: the first word of a name tells the strategy. */
const OVER_CLAIM: Readonly<Record<string, number>> = { cheater: 1_600, oscillator: 1_250 };

type Noise = (...keys: readonly number[]) => number;

export type SyntheticServices = {
  readonly providers: readonly ProviderRow[];
  readonly slarks: readonly SlarkRow[];
  readonly challenges: readonly ChallengeRow[];
  readonly columns: Pick<EraRow, ServiceColumn>;
};
type ServiceColumn =
  | `providerTier${1 | 2 | 3 | 4 | 5 | 6 | 7}Count`
  | 'providerCount'
  | 'providerPromotedCount'
  | 'providerDemotedCount'
  | 'livenessPoolUnits'
  | 'livenessUnits'
  | 'forfeitUnits'
  | 'providerSlashedUnits'
  | 'slarkPoolUnits'
  | 'slarkCount'
  | 'slarkPromotedCount'
  | 'slarkDemotedCount'
  | 'challengeCount'
  | 'challengePassedCount'
  | 'challengeFailedCount'
  | 'challengeInconclusiveCount'
  | 'certificateCount'
  | 'coverageMissedCount'
  | 'overClaimFoundCount'
  | 'seatCount'
  | 'foundationSeatCount'
  | 'delegationHhiFp';

const strategyOf = (row: AgentRow): string => /^[a-z]+/.exec(row.strategy)?.[0] ?? '';
const isOverClaimer = (row: AgentRow): boolean => OVER_CLAIM[strategyOf(row)] !== undefined;
const passShareOf = (row: AgentRow): number => (isOverClaimer(row) ? 1_000 / 0.9 / OVER_CLAIM[strategyOf(row)]! : 1);

/** Era in which a provider is gone, beyond the run for most. */
function goneAt(row: AgentRow, place: number, noise: Noise): number {
  const chance = isOverClaimer(row) ? 0.6 : 0.08;
  return noise(21, place) < chance ? 4 + Math.floor(20 * noise(22, place)) : 1_000_000;
}

function tierOf(era: number, row: AgentRow, place: number, noise: Noise): number {
  const best = isOverClaimer(row) ? 5 : 1 + Math.floor(3 * noise(23, place));
  const climbed = 7 - Math.floor(era / (3 + 2 * noise(24, place)));
  const slip = noise(25, Math.floor(era / 5), place) > 0.9 ? 1 : 0;
  return Math.min(7, Math.max(best, climbed) + slip);
}

export function syntheticServices(
  era: number,
  eras: number,
  agents: readonly AgentRow[],
  hasProviders: boolean,
  noise: Noise,
): SyntheticServices {
  const miners = hasProviders ? agents.filter(({ role }) => role === 'miner') : [];
  const owners = hasProviders ? agents.filter(({ role }) => role === 'slark') : [];
  const challenges: ChallengeRow[] = [];
  const providers = miners.map((row, place): ProviderRow => {
    const isActive = era < goneAt(row, place, noise);
    const before = tierOf(Math.max(0, era - 1), row, place, noise);
    const after = tierOf(era, row, place, noise);
    const gpuTier = [0, 3, 5, 7, 10][place % 5]!;
    const pass = passShareOf(row) * 0.99;
    const draw = noise(26, era, place);
    const outcome = !isActive ? '' : noise(27, era, place) > 0.98 ? 'inconclusive' : draw < pass ? 'passed' : 'failed';
    if (outcome !== '')
      challenges.push({
        era,
        slot: era * 24 + (place % 24),
        challenge: era * miners.length + place + 1,
        provider: place + 1,
        class: Math.max(1, 7 - before),
        isRetry: 0,
        ...{ cpuCount: 8, memoryGb: 32, storageGb: 400, gpuCount: gpuTier > 0 ? 1 : 0 },
        ...{ outcome, countsAs: outcome },
        passCount: outcome === 'passed' ? 5 : outcome === 'failed' ? 0 : 2,
        failCount: outcome === 'failed' ? 5 : outcome === 'passed' ? 0 : 2,
        ...{ licences: '1 2 3 4 5', seatCount: 5, foundationSeatCount: era < 5 ? 3 : 1, signerCount: 5 },
        overClaimMil: OVER_CLAIM[strategyOf(row)] ?? 1_000,
        expectedPassShare: passShareOf(row),
      });
    const hourCount = isActive ? 22 + Math.floor(2.9 * noise(28, era, place)) : 0;
    const worth = (gpuTier === 0 ? 2 : 8 + 4 * gpuTier) * (8 - before) * UNITS;
    const isOut = before < 7 && isActive && outcome === 'failed';
    const rawUnits = before === 7 ? 0 : Math.round((worth * hourCount) / 24);
    return {
      era,
      provider: place + 1,
      account: row.account,
      node: place + 1,
      stateBefore: isActive ? 'active' : 'deactivated',
      stateAfter: isActive ? 'active' : 'deactivated',
      tierBefore: before,
      tierAfter: after,
      tierReason: before === after ? '' : 'metrics',
      isMatchable: 1,
      ...{ promoBeforeCount: 1, promoAfterCount: 2, demoBeforeCount: 0, demoAfterCount: 0 },
      ...{ shortBeforeCount: 0, shortAfterCount: 0, cpuCount: 16, memoryGb: 64, storageGb: 1_000 },
      gpuCount: gpuTier > 0 ? 2 : 0,
      gpuTier,
      ...{ computeTier: 1 + (place % 3), storageTier: 2, netTier: 2, compliance: 0 },
      overClaimMil: OVER_CLAIM[strategyOf(row)] ?? 1_000,
      ...{ ownUnits: 600 * UNITS, delegatedUnits: 200 * UNITS, unbondingUnits: 0, exitingUnits: 0 },
      tierCollateralUnits: 800 * UNITS,
      tierOwnUnits: 600 * UNITS,
      fullBits: (1 << hourCount) - 1,
      activeBits: isActive ? (1 << 24) - 1 : 0,
      ...{ taskBits: 0, breachedBits: 0, cooledBits: 0, failedBits: 0, streakCount: 0, extraHourCount: 0 },
      ...{ beatAnsweredCount: 60 * hourCount, beatExpectedCount: 1_440, assignedCount: 20, finishedCount: 19 },
      ...{ meanMs: 120, ratingSumTenths: 420, ratingCount: 10, feeUnits: UNITS, leaseHours: 0 },
      challengeCount: outcome === 'passed' || outcome === 'failed' ? 1 : 0,
      passedCount: outcome === 'passed' ? 1 : 0,
      failedCount: outcome === 'failed' ? 1 : 0,
      inconclusiveCount: outcome === 'inconclusive' ? 1 : 0,
      hourCount,
      rawUnits,
      forfeitUnits: isActive && before < 7 ? Math.round((worth * (24 - hourCount)) / 24) : 0,
      bonusUnits: 0,
      slashUnits: isOut ? Math.round(worth / 24) : 0,
      misconductUnits: 0,
      rewardUnits: rawUnits,
      ownerUnits: Math.round(rawUnits * 0.9),
      ...{ ownEligibleUnits: 600 * UNITS, delegatedEligibleUnits: 200 * UNITS },
    };
  });
  const slarks = owners.map((row, place): SlarkRow => {
    const resultCount = 6 + Math.floor(6 * noise(29, era, place));
    const tier = Math.max(1, Math.min(row.intent === 'honest' ? 6 : 2, 1 + Math.floor(era / 4)));
    return {
      era,
      licence: place + 1,
      ...{ account: row.account, runner: row.account, provider: (place % 3) + 1, isFoundation: 0 },
      ...{ stateBefore: 'running', stateAfter: 'running', tierBefore: tier, tierAfter: tier },
      ...{ promoBeforeCount: 0, promoAfterCount: 1, demoBeforeCount: 0, demoAfterCount: 0 },
      ...{ lowBeforeCount: 0, lowAfterCount: 0, isOptedIn: 1, buyUnits: 100 * UNITS },
      selectedCount: resultCount,
      resultCount,
      alignedCount: row.intent === 'honest' ? resultCount : Math.floor(resultCount * 0.8),
      meanDelayMs: 120,
      score: resultCount * (800 + 200 * tier),
      liquidUnits: Math.round(row.slarkUnits * 0.2),
      delegatedUnits: Math.round(row.slarkUnits * 0.8),
    };
  });
  const active = providers.filter(({ stateAfter }) => stateAfter === 'active');
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const tier = (wanted: number): number => active.filter(({ tierAfter }) => tierAfter === wanted).length;
  const outcomes = (wanted: string): number => challenges.filter(({ outcome }) => outcome === wanted).length;
  return {
    providers,
    slarks,
    challenges,
    columns: {
      providerCount: active.length,
      providerTier1Count: tier(1),
      providerTier2Count: tier(2),
      providerTier3Count: tier(3),
      providerTier4Count: tier(4),
      providerTier5Count: tier(5),
      providerTier6Count: tier(6),
      providerTier7Count: tier(7),
      providerPromotedCount: active.filter((row) => row.tierAfter < row.tierBefore).length,
      providerDemotedCount: active.filter((row) => row.tierAfter > row.tierBefore).length,
      livenessPoolUnits: sum(providers, (row) => row.rawUnits),
      livenessUnits: sum(providers, (row) => row.rewardUnits),
      forfeitUnits: sum(providers, (row) => row.forfeitUnits),
      providerSlashedUnits: sum(providers, (row) => row.slashUnits),
      slarkPoolUnits: sum(slarks, (row) => row.liquidUnits + row.delegatedUnits),
      slarkCount: slarks.length,
      slarkPromotedCount: era % 4 === 3 && era < eras ? 1 : 0,
      slarkDemotedCount: 0,
      challengeCount: challenges.length,
      challengePassedCount: outcomes('passed'),
      challengeFailedCount: outcomes('failed'),
      challengeInconclusiveCount: outcomes('inconclusive'),
      certificateCount: Math.min(24, challenges.length),
      coverageMissedCount: 0,
      overClaimFoundCount: challenges.filter((row) => row.outcome === 'failed' && row.overClaimMil > 1_000).length,
      seatCount: 5 * Math.min(24, challenges.length),
      foundationSeatCount: (era < 5 ? 3 : 1) * Math.min(24, challenges.length),
      delegationHhiFp: active.length === 0 ? 0 : Math.round(1_000_000_000 / active.length),
    },
  };
}
