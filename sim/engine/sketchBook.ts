/**
 * Which numbers stand behind the sketches on the ledger (VAL-15): the ledger holds identifiers, this book knows what they
 * identify, because every output in a run was really executed. Decides what is held against what, not what follows from it.
 */
import { EV } from '../protocol/events.ts';
import { F, STRIDE } from '../protocol/layout.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
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
};

export function createSketchBook(run: SharedRun): SketchBook {
  const variantByArtefact = new Map(run.variants.map((v, i) => [v.artefactId, i]));
  /** Every sketch that was ever revealed by somebody who had its numbers. */
  const bySketch = new Map<number, SketchJob>();
  const served = new Map<number, number>();

  function variantOfOutput(task: number, outputId: number): number {
    const { sample, level } = unpackAudit(run, task);
    return run.variants.findIndex((_, variant) => run.answers[answerAt(run, variant, sample, level) + 3] === outputId);
  }

  return {
    observe(s) {
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        if (s.events[at] !== EV.SketchRevealed) continue;
        const task = s.events[at + 1]!;
        const outputId = s.events[at + 3]!;
        const sketchId = s.events[at + 4]!;
        const variant = variantOfOutput(task, outputId);
        if (variant < 0) continue;
        served.set(task, variant);
        const nonce = s.tasks[task * STRIDE.tasks + F.tasks.nonceId]!;
        if (sketchId === sketchIdOf(outputId, nonce))
          bySketch.set(sketchId, { variant, ...unpackAudit(run, task), nonce });
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
  };
}
