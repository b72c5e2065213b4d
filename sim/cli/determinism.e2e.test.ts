import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentsPort } from '../engine/ports.ts';
import type { Scenario } from '../engine/scenario.ts';
import type { SharedRun } from '../engine/shared.ts';
import type { Group } from '../engine/testWorld.ts';
import { createAgentPool } from './agentPool.ts';
import { nameOf, type Recording, recordRun, runSmall, smallScenario } from './testRun.ts';

const builtDir = process.env.POWR_BUILD ?? '';

/** Every role, honest and not; audits, outages and traffic enough that everybody draws. */
const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'improver', count: 2 },
  { role: 'creator', strategy: 'spammer', count: 1 },
  { role: 'miner', strategy: 'steady', count: 4, options: { outage_bps: 100 } },
  { role: 'miner', strategy: 'cheater', count: 2 },
  { role: 'validator', strategy: 'diligent', count: 4 },
  { role: 'validator', strategy: 'copier', count: 1 },
  { role: 'consumer', strategy: 'honest', count: 5 },
  { role: 'consumer', strategy: 'brigader', count: 1 },
  { role: 'delegator', strategy: 'yield-seeker', count: 2 },
];
const REST: Partial<Scenario> = { eras: 5, params: { 'val.audit_bps': 5_000, 'val.samples': 10 } };

const digestOf = async (groups: readonly Group[], agents?: (run: SharedRun) => AgentsPort): Promise<string> =>
  (await runSmall(smallScenario(groups, REST), agents === undefined ? {} : { agents })).outcome.digest;

describe('digest of a run', () => {
  let reference = '';
  beforeAll(async () => {
    reference = await digestOf(GROUPS);
  });

  it('is the same when the run is repeated', async () => {
    expect(await digestOf(GROUPS)).toBe(reference);
  });

  it.each([1, 2, 3])('is the same with the agents on %i threads', async (threads) => {
    expect(await digestOf(GROUPS, (run) => createAgentPool(run, threads, builtDir))).toBe(reference);
  });

  it('is the same with more threads than agents', async () => {
    const few = GROUPS.filter(({ role }) => role === 'miner');
    expect(await digestOf(few, (run) => createAgentPool(run, 8, builtDir))).toBe(await digestOf(few));
  });

  it('is the same whatever the order of the roles in the file', async () => {
    const roles = ['delegator', 'consumer', 'miner', 'validator', 'creator'];
    const shuffled = roles.flatMap((role) => GROUPS.filter((group) => group.role === role));
    expect(await digestOf(shuffled)).toBe(reference);
    const [first, ...others] = GROUPS;
    expect(await digestOf([...others.filter(({ role }) => role !== 'creator'), first!, GROUPS[1]!])).toBe(reference);
  });

  it('is another one with another seed, and with another order within a role, which numbers the agents', async () => {
    const seeded = await runSmall(smallScenario(GROUPS, { ...REST, seed: 2 }));
    expect(seeded.outcome.digest).not.toBe(reference);
    const swapped = [GROUPS[1]!, GROUPS[0]!, ...GROUPS.slice(2)];
    expect(await digestOf(swapped)).not.toBe(reference);
  });
});

describe.each([
  [
    'one more consumer in a group',
    'consumer.0/5',
    GROUPS.map((group) =>
      group.role === 'consumer' && group.strategy === 'honest' ? { ...group, count: group.count + 1 } : group,
    ),
  ],
  [
    'one more group of consumers, first in the file',
    'consumer.2/0',
    [
      ...GROUPS.filter(({ role }) => role === 'consumer'),
      { role: 'consumer', strategy: 'honest', count: 1 } as const,
      ...GROUPS.filter(({ role }) => role !== 'consumer'),
    ],
  ],
])('given %s', (_, newcomer, groups) => {
  let before: Recording;
  let after: Recording;
  let meeting = 0;
  beforeAll(async () => {
    [before, after] = [await recordRun(smallScenario(GROUPS, REST)), await recordRun(smallScenario(groups, REST))];
    // The newcomer's first request is the first thing that anybody else can feel.
    meeting = after.decisions.findIndex(({ by }) =>
      by.get(newcomer)!.some((text) => text.startsWith('requestInference')),
    );
  });
  const others = (recording: Recording) => recording.run.roster.agents.map(nameOf).filter((name) => name !== newcomer);
  const pick = <T>(row: ReadonlyMap<string, T>) => Object.fromEntries([...row].filter(([name]) => name !== newcomer));

  it('the newcomer meets a network that is at work', () => {
    expect(others(after).sort()).toEqual(others(before).sort());
    expect(meeting).toBeGreaterThan(100);
    const decided = after.decisions
      .slice(0, meeting)
      .flatMap(({ by }) => [...by].flatMap(([name, texts]) => texts.map(() => name)));
    expect(decided.length).toBeGreaterThan(100);
  });

  it('everybody else starts with the same stream', () => {
    expect(pick(after.streams[0]!)).toEqual(pick(before.streams[0]!));
  });

  it('everybody else decides the same, and has drawn the same, until they meet it', () => {
    for (let i = 0; i <= meeting; i++) {
      const { slot, phase } = after.decisions[i]!;
      const place = `slot ${slot}, phase ${phase}`;
      expect({ place, ...pick(after.decisions[i]!.by) }).toEqual({ place, ...pick(before.decisions[i]!.by) });
      expect({ place, ...pick(after.streams[i + 1]!) }).toEqual({ place, ...pick(before.streams[i + 1]!) });
    }
  });

  it('everybody else has the same hardware and the same outages to the end', () => {
    expect(after.worlds.map(pick)).toEqual(before.worlds.map(pick));
  });

  it('every other consumer has the same demand to the end', () => {
    const demandOf = ({ run }: Recording) => {
      const { shared, roster } = run;
      return Object.fromEntries(
        roster.agents
          .filter((info) => info.role === 'consumer' && nameOf(info) !== newcomer)
          .map((info) => {
            const at = (roster.agents.length + info.agent) * 4;
            return [nameOf(info), Array.from(shared.streams.subarray(at, at + 4))];
          }),
      );
    };
    expect(demandOf(after)).toEqual(demandOf(before));
  });
});
