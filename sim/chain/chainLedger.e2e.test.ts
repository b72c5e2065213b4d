/** The three ledgers behind one port: the same run on each gives the same digest, era by era. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runSession } from '../cli/session.ts';
import { smallScenario } from '../cli/testRun.ts';
import { digestOf, packState } from '../engine/digest.ts';
import type { LedgerKind } from '../engine/scenario.ts';
import type { Manifest } from '../engine/trace.ts';
import { ACTION_NAMES } from '../protocol/actions.ts';
import { eventAt, type State } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';

const SCENARIO = smallScenario(
  [
    { role: 'creator', strategy: 'improver', count: 2 },
    { role: 'miner', strategy: 'steady', count: 3 },
    { role: 'validator', strategy: 'diligent', count: 3 },
    { role: 'consumer', strategy: 'honest', count: 2, demand: { kind: 'poisson', ratePerSlotMil: 2_000 } },
    { role: 'delegator', strategy: 'yield-seeker', count: 1 },
  ],
  {
    eras: 3,
    chain: { signedBps: 2_000 },
    params: { 'time.slots_per_era': 8, 'val.group_size': 3, 'val.samples': 10, 'val.audit_bps': 5_000 },
  },
);

type Run = {
  readonly manifest: Manifest /** Actions, codes and events of each block. */;
  readonly blocks: readonly string[];
  readonly state: string;
};

async function runOn(ledger: LedgerKind): Promise<Run> {
  const blocks: string[] = [];
  let last: State | null = null;
  const { manifest } = await runSession({
    scenario: { ...SCENARIO, ledger },
    scenarioFile: 'test.yaml',
    resolvedYaml: '',
    scenarioHash: '0'.repeat(64),
    builtDir: testBuild(),
    threads: 1,
    out: null,
    command: 'test',
    onBlock(slot, phase, { actions, codes }, _shared, s) {
      last = s;
      const events = Array.from({ length: s.eventCount }, (_, i) => JSON.stringify(eventAt(s, i)));
      const done = actions.map((a, i) => `${ACTION_NAMES[a.kind]}(${a.args.join(', ')}) by ${a.actor}: ${codes[i]}`);
      blocks.push([`slot ${slot}, phase ${phase}`, ...done, ...events].join('\n'));
    },
  });
  return { manifest, blocks, state: digestOf(packState(last as unknown as State)) };
}

describe('a run of three eras', () => {
  let core: Run;
  let chain: Run;
  let lockstep: Run;
  beforeAll(async () => {
    core = await runOn('core');
    chain = await runOn('chain');
    lockstep = await runOn('lockstep');
  });

  it('has served requests, settled tasks and paid rewards', () => {
    const has = (what: string): boolean => core.blocks.some((block) => block.includes(what));
    expect(['RequestServed', 'TaskTallied', 'RewardPaid', 'HostChanged'].filter((what) => !has(what))).toEqual([]);
    expect(core.manifest.erasDone).toBe(3);
  });

  it('on the chain alone > gives the core’s blocks: the same actions, codes and events', () => {
    expect(chain.blocks).toEqual(core.blocks);
  });

  it('on each ledger > comes to the same digest and the same last state', () => {
    const outcome = { digest: core.manifest.digest, state: core.state };
    expect({ digest: chain.manifest.digest, state: chain.state }).toEqual(outcome);
    expect({ digest: lockstep.manifest.digest, state: lockstep.state }).toEqual(outcome);
    expect(core.manifest.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('in lockstep > has compared every era, and signed transactions among the rest', () => {
    expect(lockstep.manifest.lockstep).toMatchObject({ comparedEraCount: 3, differenceCount: 0 });
    expect(lockstep.manifest.chain!.signedTransactionCount).toBeGreaterThan(0);
    expect(core.manifest.chain).toBeNull();
    expect(chain.manifest.lockstep).toBeNull();
  });
});
