/** A run in which core and contracts differ: what it says, what it leaves behind, and how `powr run` ends. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../cli/exitCodes.ts';
import { runSession, SessionError } from '../cli/session.ts';
import { smallScenario } from '../cli/testRun.ts';
import { planGenesis } from '../engine/genesis.ts';
import { createRoster } from '../engine/roster.ts';
import { action } from '../protocol/actions.ts';
import { ACCOUNT, F, STRIDE } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import type { State } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';
import { type Fault, LockstepError } from './lockstep.ts';
import type { JournalItem } from './minimise.ts';
import { repoRoot } from './repoRoot.ts';
import { differenceAt, failureOf, lineOf, spotOf } from './spot.ts';

const SLOTS_PER_ERA = 2;
const SCENARIO = smallScenario(
  [
    { role: 'creator', strategy: 'improver', count: 1 },
    { role: 'miner', strategy: 'steady', count: 2 },
    { role: 'validator', strategy: 'diligent', count: 2 },
    { role: 'consumer', strategy: 'honest', count: 1 },
    { role: 'delegator', strategy: 'yield-seeker', count: 1 },
  ],
  { ledger: 'lockstep', eras: 1, chain: { signedBps: 2_000 }, params: { 'time.slots_per_era': SLOTS_PER_ERA } },
);
/** The settlement of the last era: after it nothing changes any more. */
const LAST = { slot: SCENARIO.eras * SLOTS_PER_ERA, phase: 0 } as const;
const FIRST = { slot: 0, phase: 0 } as const;

/** What a run of {@link SCENARIO} comes to with these faults. */
async function run(
  faults: readonly Fault[],
  directory: string | null = null,
  ledger: 'core' | 'lockstep' = 'lockstep',
) {
  let state: State | null = null;
  const result = await runSession({
    scenario: { ...SCENARIO, ledger },
    scenarioFile: 'test.yaml',
    resolvedYaml: '',
    scenarioHash: '0'.repeat(64),
    builtDir: testBuild(),
    threads: 1,
    out: directory === null ? null : { directory },
    command: 'test',
    faults,
    onBlock: (_slot, _phase, _result, _shared, s) => {
      state = s;
    },
  });
  return { result, state: state as unknown as State };
}

async function causeOf(running: Promise<unknown>): Promise<{ message: string; cause: LockstepError }> {
  const error = await failureOf(running);
  expect(error).toBeInstanceOf(SessionError);
  const { message, cause } = error as SessionError;
  expect(cause).toBeInstanceOf(LockstepError);
  expect(exitCodeOf(cause)).toBe(EXIT.bug);
  return { message, cause: cause as LockstepError };
}

describe('a run in lockstep', () => {
  let final: State;
  let folder: string;
  beforeAll(async () => {
    final = (await run([], null, 'core')).state;
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'powrlab-lockstep-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function failureFile(directory: string): { items: readonly JournalItem[]; shortest: boolean; message: string } {
    const text = readFileSync(join(directory, 'lockstep-failure.json'), 'utf8');
    return JSON.parse(text) as ReturnType<typeof failureFile>;
  }

  it('given nothing wrong > ends well', async () => {
    const { manifest } = (await run([])).result;
    expect(manifest.lockstep).toMatchObject({ comparedEraCount: 1, differenceCount: 0 });
  });

  it.each([
    ['Params', 'paramValues', 5, 1],
    ['Clock', 'clockTotals', 0, 1],
    ['Token', 'wallets', ACCOUNT.firstAgent, 1],
    ['EntityNft', 'nodeHolders', 1, 1],
    ['Stake', 'nodeCollateral', 1, 2],
    ['Nodes', 'nodes', 1, 2],
    ['Models', 'modelTotals', 0, 1],
    ['Calls', 'callTotals', 0, 1],
    ['Validators', 'validators', 1, 2],
    ['Tasks', 'taskTotals', 0, 1],
    ['Emission', 'emissionTotals', 0, 1],
  ] as const)(
    'given a changed word in the storage of %s (%s, record %i) > stops, names it, and shows it again in %i step(s)',
    async (_, table, record, steps) => {
      const spot = spotOf(final, table, record);
      const fault: Fault = { ...LAST, table, word: spot.word, value: String(spot.value) };
      const { message, cause } = await causeOf(run([fault]));
      expect(cause.differences).toEqual([differenceAt(spot)]);
      expect(message).toContain(lineOf(differenceAt(spot)));
      // A record of its own comes into use by one action.
      expect(message).toContain(`Reproduced by ${steps} ${steps === 1 ? 'step' : 'steps'} from genesis`);
    },
  );

  it('given a record that is dirty before its time > finds the one action that brings it into use', async () => {
    const at = STRIDE.nodes + F.nodes.needsChange;
    const fault: Fault = {
      ...FIRST,
      table: 'nodes',
      word: Math.floor(at / 4),
      value: String(1n << BigInt(64 * (at % 4))),
    };
    const { message } = await causeOf(run([fault], folder));
    expect(message).toContain(
      '\n  nodes[1].needsChange: core 0, chain 1\nReproduced by 2 steps from genesis (none can be left out)',
    );
    const { items, shortest } = failureFile(folder);
    expect(shortest).toBe(true);
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({ fault });
    expect(items[1]).toMatchObject({ action: { kind: action('reserveSlot', 0, []).kind } });
  });

  it('given a parameter that only the chain has changed > stops at the first action that it refuses', async () => {
    const key = P['val.stake_min'];
    const { params } = planGenesis(SCENARIO, createRoster(SCENARIO));
    const word = Math.floor(key / 4);
    let value = 0n;
    for (let lane = 3; lane >= 0; lane--) value = (value << 64n) + BigInt(params[word * 4 + lane] ?? 0);
    value += 1_000_000_000_000n << BigInt(64 * (key % 4));
    const { message } = await causeOf(run([{ ...FIRST, table: 'paramValues', word, value: String(value) }], folder));
    expect(message).toMatch(
      /the core accepts, the chain refuses with InsufficientBalance: registerValidator\(\) of account/,
    );
    expect(failureFile(folder).items).toHaveLength(1);
  });

  it('given `powr run` with a fault > ends with status 1, says what differs, and writes the shortest list', () => {
    const file = join(folder, 'tiny.yaml');
    writeFileSync(
      file,
      `version: 1
name: tiny
seed: 1
eras: 1
ledger: lockstep
inference: { mode: replay, tasks: [text-recognition], pool_samples: 60 }
params: { time.slots_per_era: ${SLOTS_PER_ERA}, val.group_size: 2, val.samples: 10 }
populations:
  - { role: miner, count: 2, strategy: steady, hardware: community, open: 2000 DN }
  - { role: validator, count: 2, strategy: diligent, open: 2000 DN }
`,
    );
    const out = join(folder, 'run');
    const powr = join(repoRoot(), 'sim', 'cli', 'powr.mjs');
    const args = ['run', file, '--out', out, '--no-report', '--quiet', '--fault', '2:0:emissionTotals:0:5'];
    const { status, stderr } = spawnSync(process.execPath, [powr, ...args], { encoding: 'utf8' });
    expect(stderr).toContain(
      'Era 0: core and chain disagree\n  emissionTotals[0].emittedUnits: core 20000000000, chain 5\n',
    );
    expect(stderr).toContain('Reproduced by 1 step from genesis (none can be left out)');
    expect(stderr).toContain('This is a bug in PoWR Lab.');
    expect(status).toBe(EXIT.bug);
    const fault = { slot: 2, phase: 0, table: 'emissionTotals', word: 0, value: '5' };
    const { items, shortest } = failureFile(out);
    expect({ items, shortest }).toEqual({ items: [{ slot: 2, phase: 0, nowS: 7_200, fault }], shortest: true });
  });
});
