/** Runs of small worlds for tests, bound to the real parts: the catalogue, the agents in this thread, replayed inference. */
import { CATALOGUE } from '../../agents/catalogue.ts';
import type { InferencePort } from '../engine/inferencePort.ts';
import type { Scenario } from '../engine/scenario.ts';
import {
  createTestWorld,
  type Group,
  runTestWorld,
  scenarioOf,
  type WorldOptions,
  type WorldRun,
} from '../engine/testWorld.ts';
import { openInference } from '../inference/openInference.ts';
import { DEFAULT_POOL_SEED } from '../inference/textRecognition.ts';
import { repoRoot } from '../store/paths.ts';
import { createInlineAgents } from './agentPool.ts';

/** The committed profile; nothing is executed. */
export function openReplay(poolSamples: number): Promise<InferencePort> {
  return openInference({
    mode: 'replay',
    device: 'cpu',
    poolSeed: DEFAULT_POOL_SEED,
    poolSamples,
    builtDir: '',
    root: repoRoot(),
  });
}

export function smallScenario(groups: readonly Group[], rest: Partial<Scenario> = {}): Scenario {
  return scenarioOf(CATALOGUE, groups, rest);
}

/** Runs a scenario on the core, with replayed inference, agents in this thread. */
export async function runSmall(scenario: Scenario, options: Partial<WorldOptions> = {}): Promise<WorldRun> {
  const inference = options.inference ?? (await openReplay(scenario.inference.poolSamples));
  return runTestWorld(createTestWorld(scenario, inference), {
    catalogue: CATALOGUE,
    agents: createInlineAgents,
    ...options,
    inference,
  });
}
