import { describe, expect, it } from 'vitest';
import { agentsWithout, rowsOf, runSmall, smallScenario } from '../cli/testRun.ts';
import { A } from '../protocol/actions.ts';
import { EV } from '../protocol/events.ts';
import { ACCOUNT, CHALLENGE_STATE, F, PROVIDER_STATE, SLARK_STATE, STRIDE } from '../protocol/layout.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
import type { Scenario } from './scenario.ts';
import type { Group } from './testWorld.ts';

const PROVIDERS: Group = { role: 'miner', strategy: 'steady', count: 4, options: { facets: 'spheron' } };
const SLARKS: Group = { role: 'slark', strategy: 'diligent', count: 8 };
const CONSUMER: Group = { role: 'consumer', strategy: 'honest', count: 1 };

const small = (groups: readonly Group[], rest: Partial<Scenario> = {}) =>
  smallScenario([...groups, CONSUMER], { eras: 4, ...rest });

type Decided = {
  readonly provider: number;
  readonly outcome: number;
  readonly pass: number;
  readonly fail: number;
  readonly slot: number;
};

/** Runs the scenario and keeps what was decided, with the state at the end. */
async function observe(scenario: Scenario, agents?: Parameters<typeof runSmall>[1]) {
  const decided: Decided[] = [];
  const actions = new Map<number, number>();
  const committees: number[][] = [];
  let state: State | undefined;
  const run = await runSmall(scenario, {
    ...agents,
    hooks: {
      block: (slot, _phase, result) => {
        result.actions.forEach((action, i) => {
          if (result.codes[i] === 0) actions.set(action.kind, (actions.get(action.kind) ?? 0) + 1);
        });
        const s = state;
        if (s === undefined) return;
        for (let i = 0; i < s.eventCount; i++) {
          const e = s.events.subarray(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
          if (e[0] === EV.ChallengeDecided)
            decided.push({ provider: e[2]!, outcome: e[4]!, pass: e[5]!, fail: e[6]!, slot });
          if (e[0] === EV.CommitteeDrawn) committees.push([...e.subarray(1, 6)]);
        }
      },
      checkInvariants: (s) => {
        state = s;
        return [];
      },
      slot: () => {},
    },
    ...(agents ?? {}),
  });
  return { run, decided, actions, committees, s: run.state };
}

describe('a network of providers and Slarks', () => {
  it('enters by stake and licence, challenges every provider in every epoch, and certifies each committee once (CHAL-4, CHAL-10)', async () => {
    const { s, actions } = await observe(small([PROVIDERS, SLARKS]));
    expect(s.providerTotals[F.providerTotals.activeCount]).toBe(4);
    for (let provider = 1; provider <= 4; provider++)
      expect(s.providers[provider * STRIDE.providers + F.providers.state]).toBe(PROVIDER_STATE.active);
    expect(s.challengeTotals[F.challengeTotals.missedCount]).toBe(0);
    expect(s.challengeTotals[F.challengeTotals.decidedCount]).toBeGreaterThanOrEqual(4 * 4);
    expect(actions.get(A.certifyResults)).toBe(actions.get(A.commitPuzzle));
    expect(actions.get(A.issueChallenges)).toBe(actions.get(A.commitPuzzle));
    expect(actions.get(A.attestSubsets)).toBe(4);
  });

  it('of honest machines passes nearly every challenge; who does not answer fails it', async () => {
    const { s } = await observe(small([PROVIDERS, SLARKS], { eras: 8 }));
    const passed = s.challengeTotals[F.challengeTotals.passedCount]!;
    const failed = s.challengeTotals[F.challengeTotals.failedCount]!;
    expect(passed / (passed + failed)).toBeGreaterThan(0.95);
    const silent = await observe(
      small([{ ...PROVIDERS, options: { facets: 'spheron', outage_bps: 10_000 } }, SLARKS], { eras: 8 }),
    );
    expect(silent.s.challengeTotals[F.challengeTotals.failedCount]).toBeGreaterThan(0);
  });

  it('without a Slark > the foundation’s licences fill every seat (SLARK-15, OP-69)', async () => {
    const { s, actions } = await observe(small([PROVIDERS]));
    expect(actions.get(A.grantLicence)).toBe(5);
    expect(s.challengeTotals[F.challengeTotals.decidedCount]).toBeGreaterThan(0);
    expect(s.slarks[STRIDE.slarks + F.slarks.owner]).toBe(ACCOUNT.foundation);
  });

  it('given no Slark and no foundation licence > is never decided, and never failed: the doubt counts for the provider (OP-75)', async () => {
    const { s } = await observe(small([PROVIDERS], { params: { 'slark.foundation_nodes': 0 } }));
    expect(s.challengeTotals[F.challengeTotals.decidedCount]).toBe(0);
    expect(s.challengeTotals[F.challengeTotals.inconclusiveCount]).toBeGreaterThan(0);
    expect(s.challengeTotals[F.challengeTotals.failedCount]).toBe(0);
  });
});

describe('certificates', () => {
  it('of committees in which some say nothing come at the end of the slot, if N+1 have spoken', async () => {
    const groups = [PROVIDERS, { ...SLARKS, count: 6 }, { role: 'slark', strategy: 'copier', count: 3 } as Group];
    const { s } = await observe(small(groups, { eras: 6 }));
    expect(s.challengeTotals[F.challengeTotals.decidedCount]).toBeGreaterThan(0);
    const late = s.slarks.subarray((5 + 1) * STRIDE.slarks);
    expect(late.length).toBeGreaterThan(0);
  });

  it('carry what was found: one dissenting Slark of five is outvoted, and not aligned (SLARK-13)', async () => {
    const groups = [
      PROVIDERS,
      SLARKS,
      { role: 'slark', strategy: 'inflator', count: 1, options: { lie_bps: 10_000 } } as Group,
    ];
    const { s } = await observe(small(groups, { eras: 6, params: { 'slark.ban_eras': 2 } }));
    const licences = s.slarkTotals[F.slarkTotals.slarkCount]!;
    const states = Array.from({ length: licences }, (_, i) => s.slarks[(i + 1) * STRIDE.slarks + F.slarks.state]!);
    expect(states.filter((state) => state === SLARK_STATE.banned)).toHaveLength(1);
    const passed = s.challengeTotals[F.challengeTotals.passedCount]!;
    expect(passed / s.challengeTotals[F.challengeTotals.decidedCount]!).toBeGreaterThan(0.95);
  });
});

describe('spoofing (SLASH-1, OP-56)', () => {
  const spoofers: Group = {
    role: 'miner',
    strategy: 'spoofer',
    count: 4,
    options: { facets: 'spheron', factor_mil: 4_000 },
  };

  it('that a challenge has shown is a case with the chance of slash.misconduct_detect_bps; all collateral is lost', async () => {
    const { run, actions } = await observe(
      small([spoofers, SLARKS], { eras: 6, params: { 'slash.misconduct_detect_bps': 10_000 } }),
    );
    expect(actions.get(A.upholdMisconduct)).toBeGreaterThan(0);
    expect(rowsOf(run, 'miner.0/0').length).toBeGreaterThan(0);
  });

  it('given a detection chance of 0 > is never a case', async () => {
    const { actions } = await observe(
      small([spoofers, SLARKS], { eras: 6, params: { 'slash.misconduct_detect_bps': 0 } }),
    );
    expect(actions.get(A.upholdMisconduct)).toBeUndefined();
  });

  it('is never found in a provider that has what it registered, unless false cases happen', async () => {
    const honest = small([PROVIDERS, SLARKS], { params: { 'slash.misconduct_detect_bps': 10_000 } });
    expect((await observe(honest)).actions.get(A.upholdMisconduct)).toBeUndefined();
    const slandered = small([PROVIDERS, SLARKS], { eras: 30, params: { 'slash.misconduct_false_bps': 100 } });
    expect((await observe(slandered)).actions.get(A.upholdMisconduct)).toBeGreaterThan(0);
  });
});

describe('a run without providers and Slarks', () => {
  it('sends nothing of theirs (COMP-3)', async () => {
    const { actions } = await observe(small([{ role: 'miner', strategy: 'steady', count: 2 }]));
    for (const name of [
      'scheduleChallenges',
      'grantLicence',
      'closeChallenges',
      'attestSubsets',
      'reportSlarks',
    ] as const)
      expect(actions.get(A[name])).toBeUndefined();
  });
});

describe('a Slark’s word', () => {
  it('is taken once, from the client that runs the licence', async () => {
    const { s } = await observe(small([PROVIDERS, SLARKS]), {
      agents: agentsWithout((_agent, name) => name === 'setOptIn'),
    });
    expect(s.committees[STRIDE.committees + F.committees.state]! <= CHALLENGE_STATE.answered).toBe(true);
    expect(s.slarkTotals[F.slarkTotals.tierCount1]).toBe(8);
  });
});
