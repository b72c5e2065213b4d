import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvariantError } from '../engine/run.ts';
import type { Scenario } from '../engine/scenario.ts';
import { PROFILE_PATH } from '../inference/openInference.ts';
import { readBands } from '../inference/profile.ts';
import { ACCOUNT } from '../protocol/layout.ts';
import { repoRoot } from '../store/paths.ts';
import { withCalibratedBands } from './calibratedBands.ts';
import { runSession, SessionError, type SessionOptions } from './session.ts';
import { runSmall, smallScenario } from './testRun.ts';

const SCENARIO: Scenario = smallScenario(
  [
    { role: 'creator', strategy: 'steady', count: 1 },
    { role: 'miner', strategy: 'steady', count: 3 },
    { role: 'validator', strategy: 'diligent', count: 3 },
    { role: 'consumer', strategy: 'honest', count: 3 },
  ],
  {
    eras: 3,
    params: { 'val.samples': 5 },
    expect: [{ metric: 'requests.total', comparison: '>', value: 0, text: 'requests.total > 0' }],
  },
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'powr-session-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const optionsFor = (name: string | null, rest: Partial<SessionOptions> = {}): SessionOptions => ({
  scenario: SCENARIO,
  scenarioFile: 'test.yaml',
  resolvedYaml: 'version: 1\n',
  scenarioHash: '0123456789abcdef',
  builtDir: process.env.POWR_BUILD ?? '',
  threads: 1,
  out: name === null ? null : { directory: join(folder, name) },
  command: 'powr run test.yaml',
  ...rest,
});
const manifestIn = (name: string) => JSON.parse(readFileSync(join(folder, name, 'manifest.json'), 'utf8'));

describe('runSession', () => {
  it('leaves a manifest that says what was run, how it ended and what was checked', async () => {
    const { manifest, summary, verdicts } = await runSession(optionsFor('whole'));
    expect(manifestIn('whole')).toEqual(manifest);
    expect([manifest.state, manifest.erasDone, manifest.ledger, manifest.lockstep, manifest.chain]).toEqual([
      'complete',
      3,
      'core',
      null,
      null,
    ]);
    expect(manifest.roles).toEqual({ creator: 1, miner: 3, validator: 3, consumer: 3 });
    expect(manifest.invariants.checkedCount).toBe(3 * manifest.invariants.ids.length);
    expect(manifest.inference).toMatchObject({ mode: 'replay', executedCount: 0 });
    expect(verdicts.map(({ text, holds }) => [text, holds])).toEqual([['requests.total > 0', true]]);
    expect(summary['requests.total']).toBeGreaterThan(0);
  });

  it('counts among its figures the findings of Slarks that had not executed the puzzle, and those dropped for it', async () => {
    const scenario = smallScenario(
      [
        { role: 'miner', strategy: 'steady', count: 4, options: { facets: 'spheron' } },
        { role: 'slark', strategy: 'diligent', count: 5 },
        { role: 'slark', strategy: 'copier', count: 4 },
        { role: 'consumer', strategy: 'honest', count: 1 },
      ],
      { eras: 3 },
    );
    const figures = async (proof: number) => {
      const { summary } = await runSession(
        optionsFor(null, { threads: 2, scenario: { ...scenario, params: { 'chal.proof': proof } } }),
      );
      return [summary['proofs.checked']!, summary['proofs.dropped']!, summary['messages.ignored']!];
    };
    expect(await figures(0)).toEqual([0, 0, 0]);
    const [checked, dropped, ignored] = await figures(1);
    expect(checked).toBeGreaterThan(5);
    expect([dropped, ignored]).toEqual([checked, 0]);
  });

  it('gives the digest of the same run without threads, store or files', async () => {
    const { outcome } = await runSmall(withCalibratedBands(SCENARIO, readBands(join(repoRoot(), PROFILE_PATH))));
    const { manifest, directory } = await runSession(optionsFor(null, { threads: 2 }));
    expect([manifest.digest, directory]).toEqual([outcome.digest, null]);
  });

  it('given a state that breaks an invariant > ends with InvariantError, and the run is marked as failed', async () => {
    const session = runSession(
      optionsFor('broken', {
        onBlock(slot, phase, _result, _shared, state) {
          if (slot === 24 && phase === 0) state.wallets[ACCOUNT.firstAgent]! += 1;
        },
      }),
    );
    const error = await session.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SessionError);
    expect((error as SessionError).cause).toBeInstanceOf(InvariantError);
    expect((error as SessionError).message).toMatch(
      /^Era 0: INV-1 \(all accounts together hold what was minted less what was burnt, and what was issued of each foreign asset\) does not hold: /,
    );
    const manifest = manifestIn('broken');
    expect([manifest.state, manifest.erasDone]).toEqual(['failed', 0]);
    expect(manifest.invariants.violatedCount).toBeGreaterThan(0);
  });

  it('given a request to stop > says how many eras are settled', async () => {
    let slots = 0;
    const { manifest } = await runSession(optionsFor('stopped', { stopRequested: () => ++slots > 30 }));
    expect([manifest.state, manifest.erasDone]).toEqual(['failed', 1]);
  });

  it('tells of every slot, in order', async () => {
    const told: string[] = [];
    await runSession(optionsFor(null, { onSlot: (done, total, era) => told.push(`${done}/${total} ${era}`) }));
    expect(told).toEqual(Array.from({ length: 72 }, (_, slot) => `${slot + 1}/72 ${Math.floor(slot / 24)}`));
  });
});
