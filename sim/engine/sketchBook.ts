/**
 * Which numbers stand behind the sketches on the ledger (VAL-15): the ledger holds identifiers, this book knows what they
 * identify, because every output in a run was really executed, and who had the numbers when it revealed them. Decides what is
 * held against what, not what follows from it.
 */
import { EV } from '../protocol/events.ts';
import { ACCOUNT, F, STRIDE } from '../protocol/layout.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
import { hasExecuted } from './executions.ts';
import type { Comparison, SketchJob } from './inferencePort.ts';
import { answerAt, type SharedRun } from './shared.ts';
import { sketchIdOf, unpackAudit } from './view.ts';

export type SketchBook = {
  /** Takes in the reveals of a block. */
  observe(s: State): void;
  /** What a validator compares for an audit; undefined if what was revealed identifies nothing that anybody has executed. */
  comparisonOf(s: State, task: number): Comparison | undefined;
  /** Variant that really gave the audited answer, as far as its commitment was opened; −1 if unknown. */
  servedVariantOf(task: number): number;
  /** Whether it was opened by somebody who had executed what is behind it. */
  wasExecuted(task: number): boolean;
};

export function createSketchBook(run: SharedRun): SketchBook {
  const variantByArtefact = new Map(run.variants.map((v, i) => [v.artefactId, i]));
  /** Every sketch that was ever revealed by somebody who had its numbers. */
  const bySketch = new Map<number, SketchJob>();
  const served = new Map<number, number>();
  const executed = new Set<number>();

  /** Variants that give an output on the line of an audit, in their order. */
  function variantsOfOutput(task: number, outputId: number): number[] {
    const { sample, level } = unpackAudit(run, task);
    return [...run.variants.keys()].filter(
      (variant) => run.answers[answerAt(run, variant, sample, level) + 3] === outputId,
    );
  }

  return {
    observe(s) {
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        if (s.events[at] !== EV.SketchRevealed) continue;
        const task = s.events[at + 1]!;
        const outputId = s.events[at + 3]!;
        const sketchId = s.events[at + 4]!;
        const variants = variantsOfOutput(task, outputId);
        const variant = variants[0];
        if (variant === undefined) continue;
        served.set(task, variant);
        const agent = s.tasks[task * STRIDE.tasks + F.tasks.owner]! - ACCOUNT.firstAgent;
        const { sample, level } = unpackAudit(run, task);
        // Whoever knows an output by its identifier alone has nothing to project.
        if (!variants.some((own) => hasExecuted(run, agent, own, sample, level))) continue;
        executed.add(task);
        const nonce = s.tasks[task * STRIDE.tasks + F.tasks.nonceId]!;
        if (sketchId === sketchIdOf(outputId, nonce)) bySketch.set(sketchId, { variant, sample, level, nonce });
      }
    },
    comparisonOf(s, task) {
      const at = task * STRIDE.tasks;
      const claimed = bySketch.get(s.tasks[at + F.tasks.sketchId]!);
      const artefactId = s.versions[s.tasks[at + F.tasks.referenceId]! * STRIDE.versions + F.versions.artefactId]!;
      const declared = variantByArtefact.get(artefactId);
      if (claimed === undefined || declared === undefined) return undefined;
      return {
        claimed,
        declared: { variant: declared, ...unpackAudit(run, task), nonce: s.tasks[at + F.tasks.nonceId]! },
      };
    },
    servedVariantOf: (task) => served.get(task) ?? -1,
    wasExecuted: (task) => executed.has(task),
  };
}
