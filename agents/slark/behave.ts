/** Builds a Slark's strategy out of its steps: all live the same life and differ in the answers given here. */
import type { AgentRandom, Decision, Memory, Strategy, View } from '../../sim/engine/agentContract.ts';
import { PHASE } from '../../sim/engine/agentContract.ts';
import { bestProvider, climb, enter, type Finding, judgeAll } from './steps.ts';

export type SlarkPlan = {
  readonly name: string;
  /** Provider for the delegated part of the rewards; the best trust tier where nothing is said. 0 is none yet. */
  readonly choose?: (view: View) => number;
  /** What it reports; 0 hands nothing in. */
  readonly find: (view: View, random: AgentRandom) => Finding;
  /** Hands in with the late ones, after it could see what others found. */
  readonly isLate?: boolean;
  /** Called in phase open, after the steps. Memory is its own. */
  readonly after?: (view: View, memory: Memory, random: AgentRandom, out: Decision) => void;
};

/** Milliseconds between phases reveal and close. */
const LATE_MS = (PHASE.close - PHASE.reveal) * 1_000;

export function createSlark(plan: SlarkPlan): Strategy {
  const handIn = plan.isLate === true ? PHASE.close : PHASE.reveal;
  return {
    role: 'slark',
    name: plan.name,
    phases: [PHASE.open, handIn],
    decide(view, memory, random, out) {
      if (view.phase === PHASE.open) {
        enter(view, plan.choose ?? bestProvider, out);
        climb(view, out);
        plan.after?.(view, memory, random, out);
      } else judgeAll(view, random, plan.find(view, random), out, plan.isLate === true ? LATE_MS : 0);
    },
  };
}
