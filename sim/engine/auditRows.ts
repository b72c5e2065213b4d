/**
 * The audits of a run, one row each: what was declared, what was really served, how far apart the two are, and what the
 * validators made of it (VAL-15). Only the simulator knows what was served; the rows are for reading, and nobody in the run sees them.
 */
import { commitmentOf } from '../protocol/commitment.ts';
import { ACCOUNT, F, STRIDE, TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import type { State } from '../protocol/state.ts';
import { hasExecuted } from './executions.ts';
import { answerAt, DISTANCE_SIZE, type SharedRun } from './shared.ts';
import type { SketchBook } from './sketchBook.ts';
import type { AuditRow } from './trace.ts';
import { saltOf, sampleOfRequest, sketchIdOf, unpackAudit } from './view.ts';

type Conduct = 'honest' | 'substitute' | 'copied' | 'absent' | 'unopened';

export type AuditRecorder = {
  /** An audit was decided. */
  observeTally(task: number, outcome: number): void;
  /** True quality of the answer that a request of this slot was served with, bps; 0 for one that no execution gave: it is made up. */
  servedQualityBps(request: number): number;
  /** Rows of the era that has just been settled. */
  take(era: number): AuditRow[];
  /** Decided audits of the run so far by what was served; '' where a commitment has nothing behind it that its owner has executed. */
  byServed(): ReadonlyMap<string, AuditTally>;
  /** All of them together. */
  totals(): AuditTally;
};

/** Counts of decided audits, by what the miner did; each with those that were rejected. */
export type AuditTally = {
  readonly count: number;
  readonly failedCount: number;
  /** The declared variant was served, shown or not. */
  readonly honestCount: number;
  readonly honestFailedCount: number;
  /** Another variant than the declared one was served and shown. */
  readonly substituteCount: number;
  readonly substituteFailedCount: number;
  /** Another variant was served, and not shown: whatever the outcome, no distance told. */
  readonly hiddenSubstituteCount: number;
  readonly hiddenSubstituteFailedCount: number;
  /** Another variant was served, shown or not, and reads the same. */
  readonly substituteSameTextCount: number;
  readonly copiedCount: number;
  readonly copiedFailedCount: number;
  /** Whatever was served, it was not shown. */
  readonly absentCount: number;
  readonly unopenedCount: number;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };
const emptyTally = (): Writable<AuditTally> => ({
  ...{ count: 0, failedCount: 0, honestCount: 0, honestFailedCount: 0 },
  ...{ substituteCount: 0, substituteFailedCount: 0, substituteSameTextCount: 0 },
  ...{ hiddenSubstituteCount: 0, hiddenSubstituteFailedCount: 0 },
  ...{ copiedCount: 0, copiedFailedCount: 0, absentCount: 0, unopenedCount: 0 },
});

export function createAuditRecorder(
  run: SharedRun,
  s: State,
  sketches: SketchBook,
  names: readonly string[],
): AuditRecorder {
  const variantByArtefact = new Map(run.variants.map((v, i) => [v.artefactId, i]));
  const agents = run.roster.agents;
  const tallies = new Map<string, Writable<AuditTally>>();
  let rows: Omit<AuditRow, 'era'>[] = [];

  function qualityOf(variant: number, sample: number, level: number): number {
    const at = answerAt(run, variant, sample, level);
    return run.answers[at] === 0 ? -1 : run.answers[at + 1]!;
  }

  /** Variant behind a commitment that its owner never opened; −1 if it is to nothing that the owner has executed. */
  function hiddenVariantOf(task: number, at: number): number {
    const { sample, level } = unpackAudit(run, task);
    const owner = s.tasks[at + F.tasks.owner]!;
    const salt = saltOf(run, owner, run.auditRequests[task * 2 + 1]!, run.auditRequests[task * 2]!);
    const wanted = s.tasks[at + F.tasks.commitmentId]!;
    return run.variants.findIndex((_, variant) => {
      const outputId = run.answers[answerAt(run, variant, sample, level) + 3]!;
      if (outputId === 0 || commitmentOf(outputId, salt, owner) !== wanted) return false;
      return hasExecuted(run, owner - ACCOUNT.firstAgent, variant, sample, level);
    });
  }

  function conductOf(task: number, at: number, declared: number, served: number): Conduct {
    if (!sketches.wasExecuted(task)) return 'copied';
    if (served !== declared) return 'substitute';
    const own = sketchIdOf(s.tasks[at + F.tasks.outputId]!, s.tasks[at + F.tasks.nonceId]!);
    return s.tasks[at + F.tasks.sketchId] === own ? 'honest' : 'copied';
  }

  function count(
    key: string,
    conduct: Conduct,
    { isDeclared, isFailed, isSameText }: Readonly<Record<'isDeclared' | 'isFailed' | 'isSameText', boolean>>,
  ): void {
    const tally = tallies.get(key) ?? emptyTally();
    tallies.set(key, tally);
    tally.count += 1;
    if (isFailed) tally.failedCount += 1;
    if (conduct === 'absent') tally.absentCount += 1;
    if (conduct === 'unopened') {
      tally.unopenedCount += 1;
      return;
    }
    const judged = conduct !== 'absent' ? conduct : isDeclared ? 'honest' : 'hiddenSubstitute';
    tally[`${judged}Count`] += 1;
    if (isFailed) tally[`${judged}FailedCount`] += 1;
    if (isSameText && (judged === 'substitute' || judged === 'hiddenSubstitute')) tally.substituteSameTextCount += 1;
  }

  return {
    observeTally(task, outcome) {
      const at = task * STRIDE.tasks;
      if (s.tasks[at + F.tasks.kind] !== TASK_KIND.output || outcome === VERDICT.none) return;
      const artefactId = s.versions[s.tasks[at + F.tasks.referenceId]! * STRIDE.versions + F.versions.artefactId]!;
      const declared = variantByArtefact.get(artefactId) ?? -1;
      const shown = sketches.servedVariantOf(task);
      const served = shown >= 0 ? shown : hiddenVariantOf(task, at);
      const { sample, level } = unpackAudit(run, task);
      const agent = s.tasks[at + F.tasks.owner]! - ACCOUNT.firstAgent;
      const isFailed = outcome === VERDICT.fail;
      const conduct = shown >= 0 ? conductOf(task, at, declared, served) : served >= 0 ? 'absent' : 'unopened';
      // As the validators' own execution reads it, where there was one: their device may read otherwise than the miners'.
      const own = run.distances[task * DISTANCE_SIZE + 2]!;
      const right = own !== 0 || declared < 0 ? own : run.answers[answerAt(run, declared, sample, level)]!;
      const isSameText = right === 0 ? -1 : right === s.tasks[at + F.tasks.answerId] ? 1 : 0;
      const precision = run.variants[declared]?.precision ?? 'fp32';
      rows.push({
        task,
        node: s.tasks[at + F.tasks.subject]!,
        account: s.tasks[at + F.tasks.owner]!,
        miner: names[agent] ?? '',
        strategy: agents[agent]?.strategy ?? '',
        declared: run.variants[declared]?.id ?? '',
        served: run.variants[served]?.id ?? '',
        sample,
        level,
        conduct,
        isSameText,
        distancePpb: run.distances[task * DISTANCE_SIZE]! - 1,
        isSecondLook: run.distances[task * DISTANCE_SIZE + 1]!,
        acceptPpb: s.paramValues[P[`val.accept_ppb.${precision}`]]!,
        rejectPpb: s.paramValues[P[`val.reject_ppb.${precision}`]]!,
        outcome: isFailed ? 'failed' : 'passed',
        declaredQualityBps: declared < 0 ? -1 : qualityOf(declared, sample, level),
        servedQualityBps: served < 0 ? -1 : qualityOf(served, sample, level),
      });
      count(run.variants[served]?.id ?? '', conduct, {
        isDeclared: served === declared,
        isFailed,
        isSameText: isSameText === 1,
      });
    },
    servedQualityBps(request) {
      const at = request * STRIDE.requests;
      const { clockTotals } = run.tables;
      const { sample, level } = sampleOfRequest(
        run,
        clockTotals[F.clockTotals.beacon6]!,
        clockTotals[F.clockTotals.beacon7]!,
        request,
      );
      const answerId = s.requests[at + F.requests.answerId]!;
      for (let variant = 0; variant < run.variants.length; variant++) {
        const own = answerAt(run, variant, sample, level);
        if (run.answers[own] === answerId && answerId !== 0) return run.answers[own + 1]!;
      }
      return 0;
    },
    take(era) {
      const taken = rows.map((row) => ({ era, ...row }));
      rows = [];
      return taken;
    },
    byServed: () => tallies,
    totals() {
      const sum = emptyTally();
      for (const tally of tallies.values())
        for (const key of Object.keys(sum) as (keyof AuditTally)[]) sum[key] += tally[key];
      return sum;
    },
  };
}
