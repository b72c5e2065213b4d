/** Builds a miner's strategy out of its steps: all miners live the same life and differ in the three answers given here. */
import type { AgentRandom, Decision, Memory, Strategy, View } from '../../sim/engine/agentContract.ts';
import { PHASE } from '../../sim/engine/agentContract.ts';
import { PROVIDER_STATE } from '../../sim/protocol/layout.ts';
import { providerField } from '../ledger.ts';
import { numberOption } from '../options.ts';
import { answerUpdates, runMarket } from './market.ts';
import {
  answerChallenges,
  currentProvider,
  facetsOf,
  leaveProvider,
  orderPuzzles,
  type ProviderPlan,
  runProvider,
} from './provider.ts';
import {
  advance,
  answerDeployments,
  asServed,
  type Choice,
  leave,
  nodesInPlay,
  orderWork,
  proveAudited,
  reinvest,
  reserve,
  serve,
} from './steps.ts';

export type MinerPlan = {
  readonly name: string;
  /** Nodes that it wants to have in play. */
  readonly nodeCount: (view: View, memory: Memory) => number;
  /** What it runs for a request. */
  readonly choice: (view: View, memory: Memory) => Choice;
  /** Orders its executions, and answers requests; executes its choice where nothing is said. */
  readonly order?: (view: View, out: Decision) => void;
  readonly serve?: (view: View, random: AgentRandom, out: Decision) => void;
  /** How it answers audits; it opens its commitments where nothing is said. */
  readonly prove?: (view: View, out: Decision) => void;
  /** Share of its gains that it adds to the stake; era in which node and provider leave, 0 for never. */
  readonly reinvestBps?: (view: View) => number;
  readonly exitEra?: (view: View) => number;
  /** Its provider, if the scenario gives it that facet; honest where nothing is said. */
  readonly provider?: ProviderPlan;
  /** Called first in phase open, for strategies with a life of their own. Memory from 1 on is theirs. */
  readonly before?: (view: View, memory: Memory, out: Parameters<Strategy['decide']>[3]) => void;
};

export function createMiner(plan: MinerPlan): Strategy {
  return {
    role: 'miner',
    name: plan.name,
    phases: [PHASE.open, PHASE.bid, PHASE.lastBid, PHASE.work, PHASE.serve, PHASE.reveal, PHASE.close],
    decide(view, memory, random, out) {
      const { isNode, isProvider } = facetsOf(view);
      const provider = plan.provider ?? {};
      if (isProvider) inMarket(view, random, provider, out);
      if (view.phase === PHASE.open) {
        plan.before?.(view, memory, out);
        const exitEra = plan.exitEra?.(view) ?? 0;
        const leaving = exitEra > 0 && view.era >= exitEra;
        if (isProvider) (leaving ? leaveProvider : runProvider)(view, provider, out);
        if (!isNode) return;
        (plan.prove ?? proveAudited)(view, out);
        const capacityCount = numberOption(view, 'capacity');
        if (!leaving && nodesInPlay(view).length < plan.nodeCount(view, memory)) reserve(view, capacityCount, out);
        if (view.connected) advance(view, capacityCount, out);
        reinvest(view, memory, plan.reinvestBps?.(view) ?? 0, out);
        leave(view, exitEra, out);
      } else if (view.phase === PHASE.work) {
        if (isNode && plan.order !== undefined) plan.order(view, out);
        else if (isNode) orderWork(view, asServed(view, plan.choice(view, memory)), out);
        if (isProvider) orderPuzzles(view, provider, out);
      } else if (view.phase === PHASE.serve) {
        if (isNode) {
          answerDeployments(view, random, out);
          if (plan.serve !== undefined) plan.serve(view, random, out);
          else serve(view, random, asServed(view, plan.choice(view, memory)), out);
        }
        if (isProvider) answerChallenges(view, random, provider, out);
      }
    },
  };
}

/** The market, for a provider that is in service; one that is suspended or short of stake still serves what it has rented out. */
function inMarket(view: View, random: AgentRandom, plan: ProviderPlan, out: Decision): void {
  const provider = currentProvider(view);
  if (provider === 0 || providerField(view, provider, 'state') < PROVIDER_STATE.active) return;
  runMarket(view, random, provider, plan.market ?? {}, out);
  if (view.phase === PHASE.close) answerUpdates(view, provider, out);
}

/** Runs what the version says. */
export const asDeclared: Choice = (_request, declared) => declared;
