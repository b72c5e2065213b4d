/**
 * A ledger that holds one provider, or one licence, as a stored row tells it, on which a step of the settlement is executed:
 * what the rules make of the row, by the rules themselves. Nothing else of the run is in it.
 */
import { assert } from '../base/assert.ts';
import { mulDivDown } from '../base/fixedPoint.ts';
import { EVENT_NAMES, type EventName } from '../protocol/events.ts';
import { ACCOUNT, F, PROVIDER_STATE, SLARK_STATE, STEP, STRIDE, type TableName } from '../protocol/layout.ts';
import { assessProviders, eraLivenessUnits } from '../protocol/liveness.ts';
import { PARAMS } from '../protocol/params.ts';
import { type ProviderReport, packProviderReport } from '../protocol/providerReport.ts';
import { updateSlarks } from '../protocol/slarkTiers.ts';
import { createState, EVENT_STRIDE, getParam, type State } from '../protocol/state.ts';
import { isCertifiedFor, meetsMetrics, stakeOfTier } from '../protocol/tierRequirements.ts';
import { updateTiers } from '../protocol/tiers.ts';
import type { ProviderOfAgent, SlarkOfAgent } from '../store/readAgent.ts';
import type { Rules } from './explainIncome.ts';

/** Its number on that ledger. */
const ONLY = 1;
const OWNER = ACCOUNT.firstAgent;

/** Hours, liveness, forfeits, slashes and bonus of an era, as the rules make them of a provider's row. */
export type Assessment = {
  /** Liveness of an era of full hours (B of F-7), and of one hour. */
  readonly fullUnits: number;
  readonly hourUnits: number;
  readonly hourCount: number;
  readonly rawUnits: number;
  readonly forfeitUnits: number;
  /** For operations alone: what misconduct costs is in the row. */
  readonly slashUnits: number;
  readonly bonusUnits: number;
};

export type Tiers = {
  readonly tier: number;
  readonly promoCount: number;
  readonly demoCount: number;
  /** Eras short of collateral (provider), eras of low accuracy (licence). */
  readonly shortCount: number;
};

export type ProviderVerdict = Tiers & {
  readonly meets: (tier: number) => boolean;
  readonly isCertifiedFor: (tier: number) => boolean;
  readonly stakeUnits: (tier: number) => number;
};

export type RuleLedger = {
  assess(row: ProviderOfAgent): Assessment;
  judgeProvider(row: ProviderOfAgent): ProviderVerdict;
  /** As if the better tier had a free seat. */
  judgeSlark(row: SlarkOfAgent): Tiers;
};

/** Records of each table: the accounts of the protocol, the owner, and the one entity. */
const RECORDS = 64;

function emptyLedger(rules: Rules): State {
  const sizes = Object.fromEntries((Object.keys(F) as TableName[]).map((table) => [table, RECORDS]));
  const s = createState({ ...sizes, paramValues: PARAMS.length });
  PARAMS.forEach(({ key }, i) => {
    s.paramValues[i] = rules.value(key);
  });
  return s;
}

/** Sets the ledger to the point of the settlement at which `step` comes next. */
function beforeStep(s: State, step: number): void {
  s.eventCount = 0;
  s.clockTotals[F.clockTotals.cursor] = 0;
  s.clockTotals[F.clockTotals.stepsDone] = step - 1;
  // The era is over and not settled.
  const slots = getParam(s, 'time.slots_per_era');
  s.clockTotals[F.clockTotals.slotCount] = slots;
  s.nowS = mulDivDown(slots, getParam(s, 'time.slot_s'), 1);
}

function firstEvent(s: State, name: EventName): readonly number[] | undefined {
  for (let i = 0; i < s.eventCount; i++) {
    const at = i * EVENT_STRIDE;
    if (EVENT_NAMES[s.events[at]!] === name) return Array.from(s.events.subarray(at + 1, at + EVENT_STRIDE));
  }
  return undefined;
}

function reportOf(row: ProviderOfAgent): ProviderReport {
  return {
    fullHours: row.fullBits,
    activeHours: row.activeBits,
    taskHours: row.taskBits,
    breachedHours: row.breachedBits,
    cooledHours: row.cooledBits,
    streakCount: row.streakCount,
    extraHourCount: row.extraHourCount,
    answeredCount: row.beatAnsweredCount,
    expectedCount: row.beatExpectedCount,
    meanMs: row.meanMs,
    assignedCount: row.assignedCount,
    finishedCount: row.finishedCount,
    feeUnits: row.feeUnits,
    leaseHours: row.leaseHours,
    offlineSinceS: 0,
  };
}

export function createRuleLedger(rules: Rules): RuleLedger {
  const s = emptyLedger(rules);

  function enterProvider(row: ProviderOfAgent): void {
    const state = PROVIDER_STATE[row.stateBefore as keyof typeof PROVIDER_STATE];
    s.providerTotals[F.providerTotals.providerCount] = ONLY;
    s.providerTotals[F.providerTotals.activeCount] = ONLY;
    const own = ONLY * STRIDE.providers;
    s.providers.fill(0, own, own + STRIDE.providers);
    const fields: Partial<Record<keyof typeof F.providers, number>> = {
      owner: OWNER,
      state,
      tier: row.tierBefore,
      promoEraCount: row.promoBeforeCount,
      demoEraCount: row.demoBeforeCount,
      shortEraCount: row.shortBeforeCount,
      cpuCount: row.cpuCount,
      memoryGb: row.memoryGb,
      storageGb: row.storageGb,
      gpuCount: row.gpuCount,
      gpuTier: row.gpuTier,
      computeTier: row.computeTier,
      storageTier: row.storageTier,
      netTier: row.netTier,
      compliance: row.compliance,
      ratingSumTenths: row.ratingSumTenths,
      ratingCount: row.ratingCount,
      challengedEra: 1,
    };
    for (const [field, value] of Object.entries(fields))
      s.providers[own + F.providers[field as keyof typeof F.providers]] = value;
    const era = ONLY * STRIDE.providerEra;
    s.providerEra.fill(0, era, era + STRIDE.providerEra);
    s.providerEra[era + F.providerEra.failedHours] = row.failedBits;
    s.providerEra[era + F.providerEra.challengeCount] = row.challengeCount;
    s.providerEra[era + F.providerEra.passedCount] = row.passedCount;
    s.providerReports.set(packProviderReport(reportOf(row)), ONLY * STRIDE.providerReports);
  }

  function enterCollateral(ownUnits: number, delegatedUnits: number, unbondingUnits: number): void {
    const at = ONLY * STRIDE.providerCollateral;
    s.providerCollateral.fill(0, at, at + STRIDE.providerCollateral);
    s.providerCollateral[at + F.providerCollateral.ownUnits] = ownUnits;
    s.providerCollateral[at + F.providerCollateral.delegatedUnits] = delegatedUnits;
    s.providerCollateral[at + F.providerCollateral.unbondingUnits] = unbondingUnits;
    s.wallets.fill(0);
    s.wallets[ACCOUNT.stakeVault] = ownUnits;
    s.wallets[ACCOUNT.delegationVault] = delegatedUnits + unbondingUnits;
  }

  return {
    assess(row) {
      enterProvider(row);
      enterCollateral(row.ownUnits, row.delegatedUnits, row.unbondingUnits);
      s.providers[ONLY * STRIDE.providers + F.providers.misconductUnits] = row.misconductUnits;
      const fullUnits = eraLivenessUnits(s, ONLY);
      beforeStep(s, STEP.assessProviders);
      const code = assessProviders(s, ACCOUNT.keeper, [0, ONLY], []);
      assert(code === 0, `A stored provider could not be assessed: rejection ${code}`);
      const [, hourCount = 0, rawUnits = 0, forfeitUnits = 0, slashUnits = 0, bonusUnits = 0] =
        firstEvent(s, 'ProviderAssessed') ?? [];
      const hourUnits = mulDivDown(fullUnits, 1, rules.value('time.slots_per_era'));
      return { fullUnits, hourUnits, hourCount, rawUnits, forfeitUnits, slashUnits, bonusUnits };
    },
    judgeProvider(row) {
      enterProvider(row);
      enterCollateral(row.tierOwnUnits, row.tierCollateralUnits - row.tierOwnUnits, 0);
      const report = reportOf(row);
      const met = [1, 2, 3, 4, 5, 6, 7].map((tier) => meetsMetrics(s, ONLY, tier, report));
      const certified = [1, 2].map((tier) => isCertifiedFor(s, ONLY, tier));
      beforeStep(s, STEP.updateTiers);
      s.challengeTotals.fill(0);
      const code = updateTiers(s, ACCOUNT.keeper, [0, ONLY], []);
      assert(code === 0, `A stored provider's tier could not be judged: rejection ${code}`);
      const p = (field: keyof typeof F.providers): number => s.providers[ONLY * STRIDE.providers + F.providers[field]]!;
      return {
        tier: p('tier'),
        promoCount: p('promoEraCount'),
        demoCount: p('demoEraCount'),
        shortCount: p('shortEraCount'),
        meets: (tier) => met[tier - 1] ?? false,
        isCertifiedFor: (tier) => certified[tier - 1] ?? true,
        stakeUnits: (tier) => stakeOfTier(s, tier),
      };
    },
    judgeSlark(row) {
      s.slarkTotals.fill(0);
      s.slarkTotals[F.slarkTotals.slarkCount] = ONLY;
      s.slarkTotals[(F.slarkTotals.tierCount1 + row.tierBefore - 1) as number] = ONLY;
      const at = ONLY * STRIDE.slarks;
      s.slarks.fill(0, at, at + STRIDE.slarks);
      const fields: Partial<Record<keyof typeof F.slarks, number>> = {
        owner: OWNER,
        runner: OWNER,
        state: SLARK_STATE[row.stateBefore as keyof typeof SLARK_STATE],
        tier: row.tierBefore,
        promoEraCount: row.promoBeforeCount,
        demoEraCount: row.demoBeforeCount,
        lowEraCount: row.lowBeforeCount,
        optIn: row.isOptedIn,
        buyUnits: row.buyUnits,
        keyId: ONLY,
        isFoundation: row.isFoundation,
        selectedCount: row.selectedCount,
        resultCount: row.resultCount,
        alignedCount: row.alignedCount,
        meanDelayMs: row.meanDelayMs,
      };
      for (const [field, value] of Object.entries(fields))
        s.slarks[at + F.slarks[field as keyof typeof F.slarks]] = value;
      s.runners[OWNER] = ONLY;
      beforeStep(s, STEP.updateSlarks);
      const code = updateSlarks(s, ACCOUNT.keeper, [0, ONLY], [ONLY]);
      assert(code === 0, `A stored licence's tier could not be judged: rejection ${code}`);
      const z = (field: keyof typeof F.slarks): number => s.slarks[at + F.slarks[field]]!;
      return {
        tier: z('tier'),
        promoCount: z('promoEraCount'),
        demoCount: z('demoEraCount'),
        shortCount: z('lowEraCount'),
      };
    },
  };
}
