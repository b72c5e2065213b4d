import { describe, expect, it } from 'vitest';
import { agentNames } from '../../agents/names.ts';
import { smallScenario } from '../cli/testRun.ts';
import { ACCOUNT } from '../protocol/layout.ts';
import { createRoster, streamKeyOf } from './roster.ts';
import { ROLES } from './scenario.ts';
import type { Group } from './testWorld.ts';

const GROUPS: readonly Group[] = [
  { role: 'consumer', strategy: 'honest', count: 2 },
  { role: 'miner', strategy: 'steady', count: 2 },
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'cheater', count: 1, entrySlot: 24 },
];
const rosterOf = (groups: readonly Group[]) => createRoster(smallScenario(groups));

describe('createRoster', () => {
  it('numbers agents by role, then by group in the order of the file, then by place in it; accounts follow the numbers', () => {
    const { agents } = rosterOf(GROUPS);
    expect(
      agents.map((a) => [
        a.agent,
        a.account - ACCOUNT.firstAgent,
        a.role,
        a.roleIndex,
        a.population,
        a.rolePopulation,
        a.populationIndex,
        a.strategy,
        a.entrySlot,
      ]),
    ).toEqual([
      [0, 0, 'creator', 0, 2, 0, 0, 'steady', 0],
      [1, 1, 'miner', 0, 1, 0, 0, 'steady', 0],
      [2, 2, 'miner', 1, 1, 0, 1, 'steady', 0],
      [3, 3, 'miner', 2, 3, 1, 0, 'cheater', 24],
      [4, 4, 'consumer', 0, 0, 0, 0, 'honest', 0],
      [5, 5, 'consumer', 1, 0, 0, 1, 'honest', 0],
    ]);
  });

  it('knows the roles in the order of execution', () => {
    expect(ROLES).toEqual(['creator', 'miner', 'validator', 'consumer', 'delegator', 'slark', 'fizz', 'matchmaker']);
  });
});

describe('streamKeyOf', () => {
  const keysOf = (groups: readonly Group[], purpose = 'agent', seed = 1) =>
    rosterOf(groups).agents.map((info) => streamKeyOf(seed, purpose, info));

  it('gives every agent, purpose and seed a key of its own', () => {
    const keys = [1, 2].flatMap((seed) =>
      ['agent', 'demand', 'world'].flatMap((purpose) => keysOf(GROUPS, purpose, seed)),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('does not depend on the groups of other roles, nor on what the group does', () => {
    const miners = GROUPS.filter(({ role }) => role === 'miner');
    expect(keysOf(miners)).toEqual(keysOf(GROUPS).slice(1, 4));
    expect(keysOf(miners.map((group) => ({ ...group, strategy: 'newcomer' })))).toEqual(keysOf(miners));
  });
});

describe('agentNames', () => {
  it('names every agent; one more agent in front renames nobody', () => {
    const before = agentNames(1, rosterOf(GROUPS));
    const after = agentNames(
      1,
      rosterOf([{ role: 'creator', strategy: 'improver', count: 3 }, ...GROUPS.slice(0, 2), GROUPS[3]!]),
    );
    expect(before.every((name) => name.length > 3)).toBe(true);
    expect(after.slice(3)).toEqual(before.slice(1));
  });

  it('depends on the seed, also on one beyond 32 bits', () => {
    expect(agentNames(2, rosterOf(GROUPS))).not.toEqual(agentNames(1, rosterOf(GROUPS)));
    expect(agentNames(2 ** 53 - 1, rosterOf(GROUPS))).toHaveLength(6);
  });
});
