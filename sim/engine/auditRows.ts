/**
 * The audits of a run, one row each: what was declared, what was really served, how far apart the two are, and what the
 * validators made of it (VAL-15). Only the simulator knows what was served; the rows are for reading, and nobody in the run sees them.
 */
import { ACCOUNT, F, STRIDE, TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import type { State } from '../protocol/state.ts';
import { answerAt, type SharedRun } from './shared.ts';
import type { SketchBook } from './sketchBook.ts';
import type { AuditRow } from './trace.ts';
import { sampleOfRequest, sketchIdOf, unpackAudit } from './view.ts';

type Conduct = 'honest' | 'substitute' | 'copied' | 'unopened';

export type AuditRecorder = {
  /** An audit was decided. */
  observeTally(task: number, outcome: number): void;
  /** True quality of the answer that a request of this slot was served with, bps; 0 for one that no execution gave: it is made up. */
  servedQualityBps(request: number): number;
  /** Rows of the era that has just been settled. */
  take(era: number): AuditRow[];
  /** Decided audits of the run so far by what was served; '' where no commitment was opened. */
  byServed(): ReadonlyMap<string, AuditTally>;
  /** All of them together. */
  totals(): AuditTally;
};

/** Counts of decided audits, by what the miner did; each with those that were rejected. */
export type AuditTally = {
  readonly count: number;
  readonly failedCount: number;
  readonly honestCount: number;
  readonly honestFailedCount: number;
  /** Another variant than the declared one was served; and of these, the ones whose text was the same. */
  readonly substituteCount: number;
  readonly substituteFailedCount: number;
  readonly substituteSameTextCount: number;
  readonly copiedCount: number;
  readonly copiedFailedCount: number;
  readonly unopenedCount: number;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };
const emptyTally = (): Writable<AuditTally> => ({
  ...{ count: 0, failedCount: 0, honestCount: 0, honestFailedCount: 0 },
  ...{ substituteCount: 0, substituteFailedCount: 0, substituteSameTextCount: 0 },
  ...{ copiedCount: 0, copiedFailedCount: 0, unopenedCount: 0 },
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

  function conductOf(at: number, declared: number, served: number): Conduct {
    if (served < 0) return 'unopened';
    if (served !== declared) return 'substitute';
    const own = sketchIdOf(s.tasks[at + F.tasks.outputId]!, s.tasks[at + F.tasks.nonceId]!);
    return s.tasks[at + F.tasks.sketchId] === own ? 'honest' : 'copied';
  }

  function count(key: string, conduct: Conduct, isFailed: boolean, isSameText: boolean): void {
    const tally = tallies.get(key) ?? emptyTally();
    tally.count += 1;
    tally[`${conduct}Count`] += 1;
    if (isFailed) tally.failedCount += 1;
    if (isFailed && conduct !== 'unopened') tally[`${conduct}FailedCount`] += 1;
    if (conduct === 'substitute' && isSameText) tally.substituteSameTextCount += 1;
    tallies.set(key, tally);
  }

  return {
    observeTally(task, outcome) {
      const at = task * STRIDE.tasks;
      if (s.tasks[at + F.tasks.kind] !== TASK_KIND.output || outcome === VERDICT.none) return;
      const artefactId = s.versions[s.tasks[at + F.tasks.referenceId]! * STRIDE.versions + F.versions.artefactId]!;
      const declared = variantByArtefact.get(artefactId) ?? -1;
      const served = sketches.servedVariantOf(task);
      const { sample, level } = unpackAudit(run, task);
      const agent = s.tasks[at + F.tasks.owner]! - ACCOUNT.firstAgent;
      const isFailed = outcome === VERDICT.fail;
      const conduct = conductOf(at, declared, served);
      const right = declared < 0 ? 0 : run.answers[answerAt(run, declared, sample, level)]!;
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
        distancePpb: run.distances[task * 2]! - 1,
        isSecondLook: run.distances[task * 2 + 1]!,
        acceptPpb: s.paramValues[P[`val.accept_ppb.${precision}`]]!,
        rejectPpb: s.paramValues[P[`val.reject_ppb.${precision}`]]!,
        outcome: isFailed ? 'failed' : 'passed',
        declaredQualityBps: declared < 0 ? -1 : qualityOf(declared, sample, level),
        servedQualityBps: served < 0 ? -1 : qualityOf(served, sample, level),
      });
      count(run.variants[served]?.id ?? '', conduct, isFailed, isSameText === 1);
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
