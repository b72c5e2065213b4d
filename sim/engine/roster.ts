/** The agents of a run: populations unrolled into numbered agents with accounts. Numbering decides the order of execution. */
import { ACCOUNT } from '../protocol/layout.ts';
import { type Population, ROLES, type Role, type Scenario } from './scenario.ts';

export type AgentInfo = {
  /** Number in the roster: roles in order, populations in order of the file, then place in the population. */
  readonly agent: number;
  readonly account: number;
  readonly role: Role;
  readonly roleIndex: number;
  /** Place of the population in the file, and among those of its role; place of the agent in it. */
  readonly population: number;
  readonly rolePopulation: number;
  readonly populationIndex: number;
  readonly strategy: string;
  readonly entrySlot: number;
};

export type Roster = { readonly agents: readonly AgentInfo[]; readonly populations: readonly Population[] };

/** @returns the roster of a scenario, agents ascending; account of agent i is `ACCOUNT.firstAgent` + i */
export function createRoster(scenario: Scenario): Roster {
  const agents: AgentInfo[] = [];
  for (const role of ROLES) {
    let roleIndex = 0;
    let rolePopulation = 0;
    scenario.populations.forEach((group, population) => {
      if (group.role !== role) return;
      for (let populationIndex = 0; populationIndex < group.count; populationIndex++) {
        const agent = agents.length;
        agents.push({
          agent,
          account: ACCOUNT.firstAgent + agent,
          role,
          roleIndex: roleIndex++,
          population,
          rolePopulation,
          populationIndex,
          strategy: group.strategy,
          entrySlot: group.entrySlot,
        });
      }
      rolePopulation += 1;
    });
  }
  return { agents, populations: scenario.populations };
}

/**
 * Key of an agent's stream. It names the role, the population among those of the role and the place in it, not the number
 * in the roster, so that one more consumer, or one more group of them, leaves everybody else's draws alone.
 */
export function streamKeyOf(seed: number, purpose: string, info: AgentInfo): string {
  return `${seed}/${purpose}/${info.role}.${info.rolePopulation}/${info.populationIndex}`;
}
