/**
 * What agents send besides actions, looked over before it counts: orders of inferences and of comparisons, files that a
 * creator puts in the place of others. What is no such thing is ignored and counted; a mistake of a strategy ends no run.
 */
import { F, MODEL_STATE, STRIDE, TASK_KIND } from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import { isInference } from './executions.ts';
import { COMPARE, MESSAGE, MESSAGE_SIZE } from './ports.ts';
import type { SharedRun } from './shared.ts';

/** Numbers of an order: agent, variant, sample, level; or agent, {@link COMPARE}, task, 0. */
export const ORDER_SIZE = 4;

/** A file that a creator serves from now on in the place of the approved one. */
export type Swap = { readonly model: number; readonly version: number; readonly variant: number };

export type Intake = {
  /** The orders of a phase that can be executed, as they came. */
  orders(orders: Float64Array): Float64Array;
  /** The swaps of a phase that are the sender's to make, as they came. */
  swaps(messages: Float64Array): readonly Swap[];
  /** How many were ignored so far, by reason. */
  ignored(): Readonly<Record<string, number>>;
};

type IgnoreReason = 'no such inference' | 'nothing to compare' | 'no live model' | 'not its model' | 'no such variant';

function isBelow(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count;
}

export function createIntake(run: SharedRun, s: State): Intake {
  const accounts = run.roster.agents.map(({ account }) => account);
  const modelVariantCount = run.variants.filter(({ isPuzzle }) => !isPuzzle).length;
  const counts = new Map<IgnoreReason, number>();

  /** Whether there is a sketch on the ledger to hold against an own one. */
  function canCompare(task: number): boolean {
    const at = task * STRIDE.tasks;
    return (
      isBelow(task - 1, s.taskTotals[F.taskTotals.taskCount]!) &&
      s.tasks[at + F.tasks.kind] === TASK_KIND.output &&
      s.tasks[at + F.tasks.sketchId] !== 0
    );
  }

  /** @returns why an order is ignored; null if it is taken */
  function refuseOrder(variant: number, a: number, b: number): IgnoreReason | null {
    if (variant === COMPARE) return canCompare(a) ? null : 'nothing to compare';
    return isInference(run, variant, a, b) ? null : 'no such inference';
  }

  /** @returns why a swap is ignored; null if it is taken */
  function refuseSwap(agent: number, model: number, variant: number): IgnoreReason | null {
    const at = model * STRIDE.models;
    const isLive =
      isBelow(model - 1, s.modelTotals[F.modelTotals.modelCount]!) &&
      s.models[at + F.models.state] === MODEL_STATE.live &&
      s.models[at + F.models.liveVersion] !== 0;
    if (!isLive) return 'no live model';
    if (s.models[at + F.models.owner] !== accounts[agent]) return 'not its model';
    return isBelow(variant, modelVariantCount) ? null : 'no such variant';
  }

  function isTaken(reason: IgnoreReason | null): boolean {
    if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return reason === null;
  }

  return {
    orders(orders) {
      const taken: number[] = [];
      for (let i = 0; i < orders.length; i += ORDER_SIZE) {
        const order = orders.subarray(i, i + ORDER_SIZE);
        if (isTaken(refuseOrder(order[1]!, order[2]!, order[3]!))) taken.push(...order);
      }
      return Float64Array.from(taken);
    },
    swaps(messages) {
      const taken: Swap[] = [];
      for (let i = 0; i < messages.length; i += MESSAGE_SIZE) {
        if (messages[i + 1] !== MESSAGE.swap) continue;
        const model = messages[i + 2]!;
        const variant = messages[i + 3]!;
        if (isTaken(refuseSwap(messages[i]!, model, variant)))
          taken.push({ model, variant, version: s.models[model * STRIDE.models + F.models.liveVersion]! });
      }
      return taken;
    },
    ignored: () => Object.fromEntries(counts),
  };
}
