import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { agentsWithout, rowsOf, runSmall, smallScenario, sumOf } from '../cli/testRun.ts';
import { A } from '../protocol/actions.ts';
import { EV } from '../protocol/events.ts';
import {
  ACCOUNT,
  CHALLENGE_STATE,
  F,
  PROVIDER_STATE,
  SEATS_PER_CLASS,
  SLARK_STATE,
  STRIDE,
} from '../protocol/layout.ts';
import { attachState, EVENT_STRIDE, type State } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { MESSAGE, MESSAGE_SIZE } from './ports.ts';
import { choosePuzzle } from './puzzleChoice.ts';
import type { Scenario } from './scenario.ts';
import { createTestInference, OTHER_NONCE_PPB } from './testInference.ts';
import type { Group, WorldOptions } from './testWorld.ts';
import { createSight } from './view.ts';

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

/** The agents of a run, with what `add` gives them to do besides. */
function agentsWith(
  add: (given: {
    readonly phase: number;
    readonly slotCount: number;
    readonly messages: Float64Array;
    readonly s: State;
  }) => { readonly actions?: readonly number[]; readonly messages?: readonly number[] },
): WorldOptions['agents'] {
  return (shared) => {
    const inner = createInlineAgents(shared);
    const s = attachState(shared.tables);
    return {
      ...inner,
      async decide(phase, slotCount) {
        const batch = await inner.decide(phase, slotCount);
        const more = add({ phase, slotCount, messages: batch.messages, s });
        return {
          ...batch,
          actions: Float64Array.from([...batch.actions, ...(more.actions ?? [])]),
          messages: Float64Array.from([...batch.messages, ...(more.messages ?? [])]),
        };
      },
    };
  };
}

describe('a Slark that judges and ends its runner in the same slot', () => {
  it('is left out of the certificate of its committee, which the others sign all the same', async () => {
    let without = 0;
    let all = 0;
    const left = new Set<number>();
    let s: State | undefined;
    const groups = [PROVIDERS, SLARKS, { role: 'slark', strategy: 'copier', count: 4 } as Group];
    const { outcome } = await runSmall(small(groups, { eras: 6 }), {
      agents: agentsWith(({ phase, messages, s: state }) => {
        s = state;
        if (phase === PHASE.open) left.clear();
        if (phase !== PHASE.reveal) return {};
        // The first to hand a finding in leaves in the same phase; a copier of its committee speaks later.
        const [agent, kind, , licence] = messages;
        if (kind !== MESSAGE.judge) return {};
        left.add(licence!);
        return { actions: [agent!, A.endRunner, 1, licence!] };
      }),
      hooks: {
        block: (_slot, phase, { actions, codes }) => {
          if (phase !== PHASE.close) return;
          actions.forEach(({ kind, args, bulk = [] }, i) => {
            if (kind !== A.certifyResults) return;
            expect(codes[i]).toBe(0);
            const first = args[0]! * SEATS_PER_CLASS;
            const count = s!.committees[args[0]! * STRIDE.committees + F.committees.seatCount]!;
            const seats = Array.from(s!.seats.subarray(first, first + count));
            const words = bulk.length / args[3]!;
            const signed = Array.from({ length: args[3]! }, (_, g) => bulk[g * words]!).reduce((a, b) => a | b, 0);
            seats.forEach((licence, seat) => {
              if (!left.has(licence)) return;
              without += 1;
              expect((signed >> seat) & 1).toBe(0);
            });
            all += 1;
          });
        },
      },
    });
    expect(outcome.observer.counters().accepted.endRunner).toBeGreaterThan(3);
    expect(without).toBeGreaterThan(0);
    expect(all).toBeGreaterThanOrEqual(without);
  });
});

describe('messages that make no sense', () => {
  it('are ignored and counted by reason; the run goes on as if they had not been sent', async () => {
    const honest = small([PROVIDERS, SLARKS], { eras: 3 });
    let sent = 0;
    const { outcome } = await runSmall(honest, {
      agents: agentsWith(({ phase, messages }) => {
        const more: number[] = [];
        for (let i = 0; i < messages.length; i += MESSAGE_SIZE) {
          const [agent, kind, challenge, a, b, c] = messages.subarray(i, i + MESSAGE_SIZE) as unknown as number[];
          const message = (...words: readonly number[]): number => more.push(...words);
          if (phase === PHASE.serve && kind === MESSAGE.respond) {
            message(agent!, kind, 0, a!, b!, 0);
            message(agent!, kind, 1.5, a!, b!, 0);
            message(agent!, kind, 9_999, a!, b!, 0);
            message(agent! + 1, kind, challenge!, a!, b!, 0);
            message(agent!, kind, challenge!, a!, -1, 0);
          } else if (phase === PHASE.reveal && kind === MESSAGE.judge) {
            message(agent!, kind, -1, a!, b!, c!);
            message(agent!, kind, challenge!, 9_999, b!, c!);
            message(agent! + 1, kind, challenge!, a!, b!, c!);
            message(agent!, kind, challenge!, a!, 3, c!);
            message(agent!, kind, challenge!, a!, 0, c!);
            message(agent!, kind, challenge!, a!, b!, Number.NaN);
          }
        }
        sent += more.length / MESSAGE_SIZE;
        return { messages: more };
      }),
    });
    const { ignoredMessages } = outcome;
    expect(Object.values(ignoredMessages).reduce((sum, count) => sum + count, 0)).toBe(sent);
    expect(Object.keys(ignoredMessages)).toEqual([
      'no such challenge',
      'no time',
      'no verdict',
      'not its licence',
      'not its provider',
    ]);
    const plain = await runSmall(honest);
    expect(outcome.digest).toBe(plain.outcome.digest);
    expect(plain.outcome.ignoredMessages).toEqual({});
  });

  it('from a licence without a seat are ignored', async () => {
    const { outcome } = await runSmall(small([PROVIDERS, SLARKS], { eras: 2 }), {
      agents: agentsWith(({ phase, slotCount, s }) => {
        if (phase !== PHASE.reveal || s.challengeTotals[F.challengeTotals.slot] !== slotCount) return {};
        const runnerOf = (licence: number) => s.slarks[licence * STRIDE.slarks + F.slarks.runner]! - ACCOUNT.firstAgent;
        for (let licence = 1; licence <= s.slarkTotals[F.slarkTotals.slarkCount]!; licence++)
          if (runnerOf(licence) >= 0 && !s.seats.includes(licence))
            return { messages: [runnerOf(licence), MESSAGE.judge, 1, licence, 1, 10] };
        return {};
      }),
    });
    expect(Object.keys(outcome.ignoredMessages)).toContain('no seat');
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

  it('compensates a consumer whose request was assigned to the spoofer in that slot, and nobody where there was none', async () => {
    const groups: readonly Group[] = [
      { role: 'creator', strategy: 'steady', count: 2 },
      { role: 'miner', strategy: 'spoofer', count: 4, options: { facets: 'both', factor_mil: 2_000 } },
      { role: 'validator', strategy: 'diligent', count: 5 },
      { role: 'consumer', strategy: 'honest', count: 12 },
      SLARKS,
    ];
    const cases: { readonly isHarmed: boolean; readonly fits: boolean }[] = [];
    let s: State | undefined;
    const scenario = smallScenario(groups, { eras: 10, params: { 'slash.misconduct_detect_bps': 10_000 } });
    const run = await runSmall(scenario, {
      agents: agentsWith(({ s: state }) => {
        s = state;
        return {};
      }),
      hooks: {
        block: (_slot, _phase, { actions, codes }) =>
          actions.forEach(({ kind, args }, i) => {
            if (kind !== A.upholdMisconduct || codes[i] !== 0) return;
            const node = s!.providers[args[0]! * STRIDE.providers + F.providers.node]!;
            const isCurrent = s!.callTotals[F.callTotals.slot] === s!.clockTotals[F.clockTotals.slotCount];
            const count = isCurrent ? s!.callTotals[F.callTotals.requestCount]! : 0;
            const field = (request: number, name: keyof typeof F.requests) =>
              s!.requests[request * STRIDE.requests + F.requests[name]]!;
            const own = Array.from({ length: count }, (_, r) => r + 1).filter((r) => field(r, 'node') === node);
            const fits = own.some((r) => field(r, 'consumer') === args[1] && field(r, 'feeUnits') === args[2]);
            cases.push({ isHarmed: args[1] !== 0, fits: own.length === 0 ? args[2] === 0 : fits });
          }),
      },
    });
    expect(cases.every(({ fits }) => fits)).toBe(true);
    expect(new Set(cases.map(({ isHarmed }) => isHarmed)).size).toBe(2);
    const consumers = run.roster.agents.filter(({ role }) => role === 'consumer').map(({ account }) => account);
    const rows = run.eras.flatMap(({ agents }) => agents).filter(({ account }) => consumers.includes(account));
    expect(sumOf(rows, 'restitutionUnits')).toBeGreaterThan(0);
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

describe('chal.proof', () => {
  const COPIERS: Group = { role: 'slark', strategy: 'copier', count: 4 };
  const PROOF = { none: 0, sketch: 1 } as const;

  /** Seats, certified results and aligned ones of diligent Slarks and of copiers. */
  async function judged(
    proof: keyof typeof PROOF,
    copiers: Group = COPIERS,
    agents: WorldOptions['agents'] = createInlineAgents,
  ) {
    const inference = createTestInference({ poolSamples: 60 });
    const params = { 'chal.proof': PROOF[proof] };
    const { outcome, eras, roster } = await runSmall(
      small([PROVIDERS, { ...SLARKS, count: 5 }, copiers], { eras: 5, params }),
      { inference, agents },
    );
    const of = (strategy: string) => {
      const accounts = roster.agents.filter((info) => info.strategy === strategy).map(({ account }) => account);
      const rows = eras.flatMap(({ slarks }) => slarks.filter(({ runner }) => accounts.includes(runner)));
      const count = (column: 'selectedCount' | 'resultCount' | 'alignedCount') => sumOf(rows, column);
      return { seats: count('selectedCount'), results: count('resultCount'), aligned: count('alignedCount') };
    };
    return { proofs: outcome.proofs, inference, copier: of('copier'), diligent: of('diligent') };
  }

  it('none > a finding copied from another seat counts as if its author had measured; nothing is compared', async () => {
    const { proofs, inference, copier, diligent } = await judged('none');
    expect(copier.results).toBeGreaterThan(10);
    expect(copier.aligned).toBe(copier.results);
    expect(diligent.aligned).toBe(diligent.results);
    expect(proofs).toEqual({ checkedCount: 0, droppedCount: 0 });
    expect(inference.compared).toEqual([]);
  });

  it('sketch > a copied one is dropped, because its sketch was made under another seat’s nonce; who has measured is not even asked', async () => {
    const { proofs, inference, copier, diligent } = await judged('sketch');
    expect(copier.seats).toBeGreaterThan(10);
    expect([copier.results, copier.aligned]).toEqual([0, 0]);
    expect(diligent.results).toBeGreaterThan(10);
    expect(diligent.aligned).toBe(diligent.results);
    expect(proofs.checkedCount).toBeGreaterThan(10);
    expect(proofs.droppedCount).toBe(proofs.checkedCount);
    expect(inference.compared).toHaveLength(proofs.checkedCount);
    for (const { claimed, declared, ppb } of inference.compared) {
      expect({ ...claimed, nonce: 0 }).toEqual({ ...declared, nonce: 0 });
      expect(claimed.nonce).not.toBe(declared.nonce);
      expect(ppb).toBeGreaterThanOrEqual(OTHER_NONCE_PPB);
    }
  });

  it('sketch > a guess where there was nothing to copy comes without any sketch, and is dropped without a comparison', async () => {
    const guessing: Group = { ...COPIERS, count: 8, options: { alone: 'pass' } };
    const { proofs, inference, copier } = await judged('sketch', guessing);
    expect(copier.results).toBe(0);
    expect(proofs.droppedCount).toBe(proofs.checkedCount);
    expect(proofs.checkedCount).toBeGreaterThan(inference.compared.length);
    expect((await judged('none', guessing)).copier.results).toBeGreaterThan(10);
  });
});

describe('a client that reports without having executed the puzzle', () => {
  const PROOF = { none: 0, sketch: 1 } as const;
  /** Slarks that hand in at once, like those who measure; what the last four order does not happen. */
  async function inventing(proof: keyof typeof PROOF) {
    const inference = createTestInference({ poolSamples: 60 });
    const lasts = new Set<number>();
    const run = await runSmall(
      small([PROVIDERS, { ...SLARKS, count: 5 }, { ...SLARKS, count: 4 }], {
        eras: 5,
        params: { 'chal.proof': PROOF[proof] },
      }),
      {
        inference,
        agents(shared) {
          const inner = createInlineAgents(shared);
          for (const { agent, role, rolePopulation } of shared.roster.agents)
            if (role === 'slark' && rolePopulation === 1) lasts.add(agent);
          return {
            ...inner,
            async decide(phase, slotCount) {
              const batch = await inner.decide(phase, slotCount);
              const kept: number[] = [];
              for (let i = 0; i < batch.orders.length; i += 4)
                if (!lasts.has(batch.orders[i]!)) kept.push(...batch.orders.subarray(i, i + 4));
              return { ...batch, orders: Float64Array.from(kept) };
            },
          };
        },
      },
    );
    const of = (isLast: boolean) => {
      const rows = run.eras.flatMap(({ slarks }) =>
        slarks.filter(
          ({ runner }) => runner >= ACCOUNT.firstAgent && lasts.has(runner - ACCOUNT.firstAgent) === isLast,
        ),
      );
      return [sumOf(rows, 'resultCount'), sumOf(rows, 'alignedCount')] as const;
    };
    return { inventors: of(true), measurers: of(false), proofs: run.outcome.proofs, lasts };
  }

  it('sketch > none of its findings counts, though it declares nothing and its verdicts are right; those of the others all do', async () => {
    const { inventors, measurers, proofs, lasts } = await inventing('sketch');
    expect(lasts.size).toBe(4);
    expect(inventors).toEqual([0, 0]);
    expect(measurers[0]).toBeGreaterThan(10);
    expect(measurers[1]).toBe(measurers[0]);
    expect(proofs.checkedCount).toBeGreaterThan(10);
    expect(proofs.droppedCount).toBe(proofs.checkedCount);
  });

  it('none > its findings count', async () => {
    const { inventors, proofs } = await inventing('none');
    expect(inventors[0]).toBeGreaterThan(10);
    expect(proofs).toEqual({ checkedCount: 0, droppedCount: 0 });
  });

  it('sketch > where everybody measures, nothing is even looked at, and all comes out as without proof', async () => {
    const whole = async (proof: keyof typeof PROOF) => {
      const { outcome, eras } = await runSmall(
        small([PROVIDERS, SLARKS], { eras: 5, params: { 'chal.proof': PROOF[proof] } }),
        {
          inference: createTestInference({ poolSamples: 60 }),
        },
      );
      return {
        proofs: outcome.proofs,
        slarks: eras.map(({ slarks }) => slarks),
        challenges: eras.map((era) => era.challenges),
      };
    };
    const [proven, free] = [await whole('sketch'), await whole('none')];
    expect(proven.proofs).toEqual({ checkedCount: 0, droppedCount: 0 });
    expect(proven).toEqual(free);
  });

  it('overloaded > measures like everybody: what it gets wrong is wrong, and nothing of it is dropped', async () => {
    const load = { count: 2, openTokens: 5_000, options: { licences: 4 } };
    const overloaded: Group = { role: 'slark', strategy: 'overloaded', ...load };
    const params = { 'chal.proof': 1, 'slark.licences_per_machine': 2 };
    const { outcome, eras, roster } = await runSmall(small([PROVIDERS, SLARKS, overloaded], { eras: 6, params }), {
      inference: createTestInference({ poolSamples: 60 }),
    });
    const accounts = roster.agents.filter(({ strategy }) => strategy === 'overloaded').map(({ account }) => account);
    const rows = eras.flatMap(({ slarks }) => slarks.filter(({ runner }) => accounts.includes(runner)));
    expect(sumOf(rows, 'resultCount')).toBeGreaterThan(10);
    expect(sumOf(rows, 'alignedCount')).toBeLessThan(sumOf(rows, 'resultCount'));
    expect(outcome.proofs).toEqual({ checkedCount: 0, droppedCount: 0 });
  });
});

describe('puzzles', () => {
  /** Machines of every sort: with GPUs, with much memory for their cores, and neither. */
  const TARGETS: readonly Group[] = [
    { ...PROVIDERS, hardware: 'community' },
    { ...PROVIDERS, hardware: 'datacentre' },
  ];
  async function asked(puzzle: 'text' | 'compute', inference = createTestInference({ poolSamples: 60 })) {
    const small60 = small([...TARGETS, SLARKS], { eras: 5 });
    const scenario = { ...small60, inference: { ...small60.inference, puzzle } };
    const responses: {
      readonly variant: number;
      readonly level: number;
      readonly wanted: number;
      readonly given: number;
    }[] = [];
    const run = await runSmall(scenario, {
      inference,
      agents(shared) {
        const inner = createInlineAgents(shared);
        const { view, pointAt } = createSight(shared, 'all');
        return {
          ...inner,
          async decide(phase, slotCount) {
            const batch = await inner.decide(phase, slotCount);
            pointAt(shared.roster.agents[0]!, phase, slotCount);
            for (let i = 0; i < batch.messages.length; i += MESSAGE_SIZE) {
              const [, kind, challenge, given] = batch.messages.subarray(i, i + MESSAGE_SIZE);
              if (kind !== MESSAGE.respond) continue;
              const { variant, sample, level } = view.puzzleOf(challenge!);
              responses.push({ variant, level, wanted: view.answer(variant, sample, level)!.answerId, given: given! });
            }
            return batch;
          },
        };
      },
    });
    return { run, responses, inference, rows: run.eras.flatMap(({ challenges }) => challenges) };
  }

  it('text > every target reads a hard line with the reference', async () => {
    const { responses, inference } = await asked('text');
    expect(responses.length).toBeGreaterThan(20);
    expect(new Set(responses.map(({ variant, level }) => `${variant}/${level}`))).toEqual(new Set(['0/2']));
    for (const { wanted, given } of responses) expect(given).toBe(wanted);
    expect(inference.executed.some(({ variant }) => inference.variants[variant]!.kind === 'puzzle')).toBe(false);
  });

  it('compute > every target executes the graph that suits what its challenge asks for, and passes as well as with text', async () => {
    const { responses, inference, rows } = await asked('compute');
    const first = inference.variantOf('puzzle-matmul');
    expect(responses.length).toBeGreaterThan(20);
    for (const { wanted, given, variant } of responses) {
      expect(given).toBe(wanted);
      expect(variant).toBeGreaterThanOrEqual(first);
    }
    const ofRows = new Map<string, number>();
    for (const { cpuCount, memoryGb, storageGb, gpuCount } of rows) {
      const { kind, level } = choosePuzzle({ cpuCount, memoryGb, storageGb, gpuCount });
      ofRows.set(`${first + kind}/${level}`, 1);
    }
    for (const { variant, level } of responses) expect([...ofRows.keys()]).toContain(`${variant}/${level}`);
    expect(new Set(responses.map(({ variant }) => variant)).size).toBeGreaterThan(1);
    const passedShare = (some: typeof rows) => some.filter(({ outcome }) => outcome === 'passed').length / some.length;
    expect(passedShare(rows)).toBeGreaterThan(0.95);
    expect(Math.abs(passedShare(rows) - passedShare((await asked('text')).rows))).toBeLessThan(0.05);
  });

  it('compute > given an inference port without graphs > the run stops and says so', async () => {
    const port = createTestInference({ poolSamples: 60 });
    const without = { ...port, variants: port.variants.filter(({ kind }) => kind === 'model') };
    await expect(asked('compute', without)).rejects.toThrow('Puzzles to compute need an inference port that has them');
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
