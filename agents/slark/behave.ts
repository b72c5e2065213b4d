/** Builds a Slark's strategy out of its steps: all live the same life and differ in the answers given here. */
import type { AgentRandom, Decision, Memory, Strategy, View } from '../../sim/engine/agentContract.ts';
import { PHASE } from '../../sim/engine/agentContract.ts';
import { bestProvider, climb, enter, type Finding, host, judgeAll, keepBacking, orderMeasurements } from './steps.ts';

export type SlarkPlan = {
  readonly name: string;
  /** Provider for the delegated part of the rewards; one of the best trust tier where nothing is said. 0 is none yet. */
  readonly choose?: (view: View) => number;
  /** What it reports; 0 hands nothing in. */
  readonly find: (view: View, random: AgentRandom) => Finding;
  /** Hands in with the late ones, after it could see what others found. */
  readonly isLate?: boolean;
  /** Whether it executes the puzzles that its targets have to; it does where nothing is said. */
  readonly measures?: boolean;
  /** Licences of others that it runs; none where nothing is said. */
  readonly hostCount?: (view: View) => number;
  /** Called in phase open, after the steps. Memory is its own. */
  readonly after?: (view: View, memory: Memory, random: AgentRandom, out: Decision) => void;
};

/** Milliseconds between phases reveal and close. */
const LATE_MS = (PHASE.close - PHASE.reveal) * 1_000;

export function createSlark(plan: SlarkPlan): Strategy {
  const handIn = plan.isLate === true ? PHASE.close : PHASE.reveal;
  const choose = plan.choose ?? bestProvider;
  return {
    role: 'slark',
    name: plan.name,
    phases: plan.measures === false ? [PHASE.open, handIn] : [PHASE.open, PHASE.work, handIn],
    decide(view, memory, random, out) {
      if (view.phase === PHASE.open) {
        enter(view, choose, out);
        keepBacking(view, choose, out);
        host(view, plan.hostCount?.(view) ?? 0, out);
        climb(view, out);
        plan.after?.(view, memory, random, out);
      } else if (view.phase === PHASE.work) orderMeasurements(view, out);
      else {
        const waitedMs = plan.isLate === true ? LATE_MS : 0;
        judgeAll(view, random, plan.find(view, random), out, waitedMs);
      }
    },
  };
}
