/**
 * What providers, licences and challenges brought into an era's settlement and what it made of them, as rows: the factors
 * of liveness, slashes, tiers and Slarks' rewards. What a settlement clears or moves is copied in its midst.
 */
import { allocShare, FP, min } from '../base/fixedPoint.ts';
import { A, type Action } from '../protocol/actions.ts';
import { EV, MOVE } from '../protocol/events.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  F,
  KIND,
  PROVIDER_STATE,
  PROVIDER_TIERS,
  SEATS_PER_CLASS,
  SLARK_STATE,
  STRIDE,
} from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import { unpackProviderReport } from '../protocol/providerReport.ts';
import { freeOwnUnits } from '../protocol/providers.ts';
import { eligibleDelegatedUnits, eligibleOwnUnits } from '../protocol/stake.ts';
import { getParam, type State } from '../protocol/state.ts';
import { tierCollateralUnits } from '../protocol/tierRequirements.ts';
import { walletUnits } from '../protocol/token.ts';
import { expectedPassShare, overClaimMil } from './capacityTruth.ts';
import type { SharedRun } from './shared.ts';
import type { ChallengeRow, ProviderRow, SlarkRow } from './trace.ts';

export type ProviderRows = {
  readonly providers: readonly ProviderRow[];
  readonly slarks: readonly SlarkRow[];
  readonly challenges: readonly ChallengeRow[];
};

const ERA_COUNTS = [
  'livenessPoolUnits',
  'forfeitUnits',
  'providerPromotedCount',
  'providerDemotedCount',
  'providerSlashedUnits',
  'slarkPromotedCount',
  'slarkDemotedCount',
  'certificateCount',
  'seatCount',
  'foundationSeatCount',
] as const;
/** Sums of an era that no row holds. */
export type ProviderSums = Record<(typeof ERA_COUNTS)[number], number>;
const noSums = (): ProviderSums => Object.fromEntries(ERA_COUNTS.map((name) => [name, 0])) as ProviderSums;

export type ProviderRecorder = {
  /** Copies what `next`, about to be executed on `state`, would clear. */
  before(state: State, next: Action): void;
  /** Reads the event at `at` of the run's state, whose block has been executed in `slot`. */
  observeEvent(at: number, slot: number): void;
  /** Rows and sums of the era that has just been settled; starts the next. */
  take(era: number): ProviderRows & { readonly sums: ProviderSums; readonly tierMoves: TierMoves };
};

/** How often each trust tier was entered and left in an era, by tier: moves between tiers, and start tiers. */
export type TierMoves = { readonly entered: readonly number[]; readonly left: readonly number[] };
const noMoves = (): { entered: number[]; left: number[] } => ({
  entered: new Array<number>(PROVIDER_TIERS + 1).fill(0),
  left: new Array<number>(PROVIDER_TIERS + 1).fill(0),
});

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type ProviderBefore = Omit<ProviderRow, 'era'>;
type SlarkBefore = Omit<SlarkRow, 'era'>;
type Challenge = Mutable<Omit<ChallengeRow, 'era'>>;

const namesOf = (states: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(states).map(([name, code]) => [code, name]));
const PROVIDER_STATE_NAMES = namesOf(PROVIDER_STATE);
const SLARK_STATE_NAMES = namesOf(SLARK_STATE);
const CHALLENGE_STATE_NAMES = namesOf(CHALLENGE_STATE);
/** Reasons of TierChanged that are told; the third, a start tier, is no move. */
const TIER_REASONS = new Map([
  [1, 'metrics'],
  [2, 'collateral'],
]);

function providersBefore(s: State, run: SharedRun): Mutable<ProviderBefore>[] {
  return Array.from({ length: s.providerTotals[F.providerTotals.providerCount]! }, (_, i) => {
    const provider = i + 1;
    const own = provider * STRIDE.providers;
    const p = (field: keyof typeof F.providers): number => s.providers[own + F.providers[field]]!;
    const era = (field: keyof typeof F.providerEra): number =>
      s.providerEra[provider * STRIDE.providerEra + F.providerEra[field]]!;
    const report = unpackProviderReport(s.providerReports, provider * STRIDE.providerReports);
    const c = (field: keyof typeof F.providerCollateral): number =>
      s.providerCollateral[provider * STRIDE.providerCollateral + F.providerCollateral[field]]!;
    return {
      provider,
      account: p('owner'),
      node: p('node'),
      stateBefore: PROVIDER_STATE_NAMES.get(p('state')) ?? '',
      stateAfter: '',
      tierBefore: p('tier'),
      tierAfter: p('tier'),
      tierReason: '',
      isMatchable: 0,
      promoBeforeCount: p('promoEraCount'),
      promoAfterCount: 0,
      demoBeforeCount: p('demoEraCount'),
      demoAfterCount: 0,
      shortBeforeCount: p('shortEraCount'),
      shortAfterCount: 0,
      cpuCount: p('cpuCount'),
      memoryGb: p('memoryGb'),
      storageGb: p('storageGb'),
      gpuCount: p('gpuCount'),
      gpuTier: p('gpuTier'),
      computeTier: p('computeTier'),
      storageTier: p('storageTier'),
      netTier: p('netTier'),
      compliance: p('compliance'),
      overClaimMil: overClaimMil(run, s, provider),
      ownUnits: c('ownUnits'),
      delegatedUnits: c('delegatedUnits'),
      unbondingUnits: c('unbondingUnits'),
      exitingUnits: p('exitUnits'),
      tierCollateralUnits: 0,
      tierOwnUnits: 0,
      fullBits: report.fullHours,
      activeBits: report.activeHours,
      taskBits: report.taskHours,
      breachedBits: report.breachedHours,
      cooledBits: report.cooledHours,
      failedBits: era('failedHours'),
      streakCount: report.streakCount,
      extraHourCount: report.extraHourCount,
      beatAnsweredCount: report.answeredCount,
      beatExpectedCount: report.expectedCount,
      assignedCount: report.assignedCount,
      finishedCount: report.finishedCount,
      meanMs: report.meanMs,
      ratingSumTenths: p('ratingSumTenths'),
      ratingCount: p('ratingCount'),
      feeUnits: report.feeUnits,
      leaseHours: report.leaseHours,
      challengeCount: era('challengeCount'),
      passedCount: era('passedCount'),
      failedCount: era('challengeCount') - era('passedCount'),
      inconclusiveCount: era('inconclusiveCount'),
      hourCount: 0,
      rawUnits: 0,
      forfeitUnits: 0,
      bonusUnits: 0,
      slashUnits: 0,
      misconductUnits: 0,
      rewardUnits: 0,
      ownerUnits: 0,
      ownEligibleUnits: 0,
      delegatedEligibleUnits: 0,
    };
  });
}

function slarksBefore(s: State): Mutable<SlarkBefore>[] {
  return Array.from({ length: s.slarkTotals[F.slarkTotals.slarkCount]! }, (_, i) => {
    const licence = i + 1;
    const z = (field: keyof typeof F.slarks): number => s.slarks[licence * STRIDE.slarks + F.slarks[field]]!;
    const isFoundation = z('isFoundation');
    return {
      licence,
      account: z('owner'),
      runner: z('runner'),
      provider: z('provider'),
      isFoundation,
      stateBefore: SLARK_STATE_NAMES.get(z('state')) ?? '',
      stateAfter: '',
      tierBefore: z('tier'),
      tierAfter: z('tier'),
      promoBeforeCount: z('promoEraCount'),
      promoAfterCount: 0,
      demoBeforeCount: z('demoEraCount'),
      demoAfterCount: 0,
      lowBeforeCount: z('lowEraCount'),
      lowAfterCount: 0,
      isOptedIn: z('optIn'),
      buyUnits: z('buyUnits'),
      selectedCount: z('selectedCount'),
      resultCount: z('resultCount'),
      alignedCount: z('alignedCount'),
      meanDelayMs: z('meanDelayMs'),
      score: isFoundation === 0 ? z('alignedCount') * s.paramValues[P['slark.mult_mil.1'] + z('tier') - 1]! : 0,
      liquidUnits: 0,
      delegatedUnits: 0,
    };
  });
}

/** @param s the run's state: of the ledger that everybody looks at, current after every block */
export function createProviderRecorder(s: State, run: SharedRun): ProviderRecorder {
  let providers: Mutable<ProviderBefore>[] = [];
  let slarks: Mutable<SlarkBefore>[] = [];
  let challenges = new Map<number, Challenge>();
  let sums = noSums();
  let moves = noMoves();

  /** What the forfeits of the era come to once they are scaled, with liveness, to what the foundation pays at most. @rule F-7 */
  function copyForfeits(state: State): void {
    const rawUnits = state.providerTotals[F.providerTotals.rawUnits]!;
    const forfeitUnits = state.providerTotals[F.providerTotals.forfeitUnits]!;
    const poolUnits = min(getParam(state, 'live.pool_era'), walletUnits(state, ACCOUNT.foundation));
    const claimedUnits = rawUnits + forfeitUnits;
    sums.forfeitUnits =
      claimedUnits > poolUnits ? poolUnits - allocShare(poolUnits, 0, rawUnits, claimedUnits) : forfeitUnits;
  }

  function copyRewards(state: State): void {
    sums.livenessPoolUnits = state.providerTotals[F.providerTotals.poolUnits]!;
    for (const row of providers) {
      const at = row.provider * STRIDE.providerEra;
      row.hourCount = state.providerEra[at + F.providerEra.hourCount]!;
      row.rawUnits = state.providerEra[at + F.providerEra.rawUnits]!;
      row.forfeitUnits = state.providerEra[at + F.providerEra.forfeitUnits]!;
      row.bonusUnits = state.providerEra[at + F.providerEra.bonusUnits]!;
      row.misconductUnits = state.providerEra[at + F.providerEra.misconductTakenUnits]!;
      row.ownEligibleUnits = eligibleOwnUnits(state, KIND.provider, row.provider);
      row.delegatedEligibleUnits = eligibleDelegatedUnits(state, KIND.provider, row.provider);
    }
  }

  /** What has just been set aside for the delegators of each provider; the owners' parts are told by events. */
  function copyDelegatorsParts(state: State): void {
    const c = F.providerCollateral;
    for (const row of providers) {
      const at = row.provider * STRIDE.providerCollateral;
      const weight = state.providerCollateral[at + c.rewardWeight]!;
      if (weight === 0) continue;
      const poolUnits = state.providerCollateral[at + c.rewardUnits]!;
      row.rewardUnits += poolUnits - allocShare(poolUnits, 0, state.providerCollateral[at + c.runningUnits]!, weight);
    }
  }

  function copyCollateral(state: State): void {
    for (const row of providers) {
      row.tierCollateralUnits = tierCollateralUnits(state, row.provider);
      row.tierOwnUnits = freeOwnUnits(state, row.provider);
    }
  }

  function openChallenge(challenge: number, slot: number): void {
    const record = challenge - s.challengeTotals[F.challengeTotals.firstId]!;
    const at = record * STRIDE.challenges;
    const c = (field: keyof typeof F.challenges): number => s.challenges[at + F.challenges[field]]!;
    challenges.set(challenge, {
      slot,
      challenge,
      provider: c('provider'),
      class: c('class'),
      isRetry: c('retried'),
      cpuCount: c('cpuCount'),
      memoryGb: c('memoryGb'),
      storageGb: c('storageGb'),
      gpuCount: c('gpuCount'),
      outcome: '',
      countsAs: '',
      passCount: 0,
      failCount: 0,
      licences: '',
      seatCount: 0,
      foundationSeatCount: 0,
      signerCount: 0,
      overClaimMil: overClaimMil(run, s, c('provider')),
      expectedPassShare: expectedPassShare(run, s, c('provider')),
    });
  }

  function ofClass(slot: number, wanted: number): Challenge[] {
    return [...challenges.values()].filter((row) => row.slot === slot && row.class === wanted);
  }

  function observeTransition(entity: number, from: number, to: number, slot: number): void {
    if (from === 0) openChallenge(entity, slot);
    const row = challenges.get(entity);
    if (row !== undefined && to >= CHALLENGE_STATE.passed) row.countsAs = CHALLENGE_STATE_NAMES.get(to) ?? '';
  }

  function observeTier(kind: number, entity: number, from: number, to: number, reason: number): void {
    if (kind === KIND.provider) {
      moves.entered[to]! += 1;
      if (from > 0) moves.left[from]! += 1;
    }
    const told = TIER_REASONS.get(reason);
    if (told === undefined) return;
    if (kind === KIND.slark) sums[to > from ? 'slarkPromotedCount' : 'slarkDemotedCount'] += 1;
    else {
      sums[to < from ? 'providerPromotedCount' : 'providerDemotedCount'] += 1;
      const row = providers[entity - 1];
      if (row !== undefined) row.tierReason = told;
    }
  }

  function observeReward(kind: number, entity: number, units: number, reason: number): void {
    const provider = kind === KIND.provider ? providers[entity - 1] : undefined;
    if (provider !== undefined) {
      provider.ownerUnits += units;
      provider.rewardUnits += units;
    }
    const licence = kind === KIND.slark ? slarks[entity - 1] : undefined;
    if (licence !== undefined) licence[reason === MOVE.delegate ? 'delegatedUnits' : 'liquidUnits'] += units;
  }

  return {
    before(state, next) {
      if (next.args[0] !== 0) return;
      if (next.kind === A.assessProviders) providers = providersBefore(state, run);
      else if (next.kind === A.paySlarks) {
        slarks = slarksBefore(state);
        copyForfeits(state);
      } else if (next.kind === A.payProviders) copyRewards(state);
      else if (next.kind === A.payStakers) copyDelegatorsParts(state);
      else if (next.kind === A.updateTiers) copyCollateral(state);
    },
    observeEvent(at, slot) {
      const e = s.events;
      switch (e[at]) {
        case EV.Transition:
          if (e[at + 1] === KIND.challenge) observeTransition(e[at + 2]!, e[at + 4]!, e[at + 5]!, slot);
          break;
        case EV.CommitteeDrawn: {
          const first = e[at + 2]! * SEATS_PER_CLASS;
          const licences = Array.from(s.seats.subarray(first, first + e[at + 3]!)).join(' ');
          sums.seatCount += e[at + 3]!;
          sums.foundationSeatCount += e[at + 5]!;
          for (const row of ofClass(slot, e[at + 2]!))
            Object.assign(row, { licences, seatCount: e[at + 3], foundationSeatCount: e[at + 5] });
          break;
        }
        case EV.ResultsCertified:
          sums.certificateCount += 1;
          for (const row of ofClass(slot, e[at + 2]!)) row.signerCount = e[at + 4]!;
          break;
        case EV.ChallengeDecided: {
          const row = challenges.get(e[at + 1]!);
          if (row === undefined) break;
          row.outcome = CHALLENGE_STATE_NAMES.get(e[at + 4]!) ?? '';
          row.passCount = e[at + 5]!;
          row.failCount = e[at + 6]!;
          break;
        }
        case EV.TierChanged:
          observeTier(e[at + 1]!, e[at + 2]!, e[at + 3]!, e[at + 4]!, e[at + 5]!);
          break;
        case EV.RewardPaid:
          observeReward(e[at + 1]!, e[at + 2]!, e[at + 4]!, e[at + 5]!);
          break;
        case EV.Slashed: {
          if (e[at + 1] !== KIND.provider) break;
          sums.providerSlashedUnits += e[at + 3]!;
          const row = providers[e[at + 2]! - 1];
          if (row !== undefined) row.slashUnits += e[at + 3]!;
          break;
        }
        default:
      }
    },
    take(era) {
      const ended = [...challenges.values()].filter(({ outcome }) => outcome !== '');
      const rows = {
        sums,
        tierMoves: moves,
        providers: providers.map((row) => {
          const at = row.provider * STRIDE.providers;
          const p = (field: keyof typeof F.providers): number => s.providers[at + F.providers[field]]!;
          return {
            era,
            ...row,
            stateAfter: PROVIDER_STATE_NAMES.get(p('state')) ?? '',
            tierAfter: p('tier'),
            isMatchable: p('isMatchable'),
            promoAfterCount: p('promoEraCount'),
            demoAfterCount: p('demoEraCount'),
            shortAfterCount: p('shortEraCount'),
          };
        }),
        slarks: slarks.map((row) => {
          const at = row.licence * STRIDE.slarks;
          const z = (field: keyof typeof F.slarks): number => s.slarks[at + F.slarks[field]]!;
          return {
            era,
            ...row,
            stateAfter: SLARK_STATE_NAMES.get(z('state')) ?? '',
            tierAfter: z('tier'),
            promoAfterCount: z('promoEraCount'),
            demoAfterCount: z('demoEraCount'),
            lowAfterCount: z('lowEraCount'),
          };
        }),
        challenges: ended.map((row) => ({ era, ...row })),
      };
      providers = [];
      slarks = [];
      // A slot's challenges end within it, so of those that are over nothing more will be told.
      challenges = new Map([...challenges].filter(([, { outcome }]) => outcome === ''));
      sums = noSums();
      moves = noMoves();
      return rows;
    },
  };
}

/** Concentration of units by holder: the sum of squared shares, 0 if there are none. */
export function herfindahlFp(units: readonly number[]): number {
  const total = units.reduce((sum, amount) => sum + amount, 0);
  if (total === 0) return 0;
  return Math.round(units.reduce((sum, amount) => sum + (amount / total) * (amount / total), 0) * FP);
}
