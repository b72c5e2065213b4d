import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { openReplay, runSmall, smallScenario } from '../cli/testRun.ts';
import { A, ACTION_NAMES, ACTIONS } from '../protocol/actions.ts';
import { choiceWeights, listModels, marketRankFp } from '../protocol/feedback.ts';
import { createTracker, findViolations, INVARIANTS } from '../protocol/invariants.ts';
import { ACCOUNT, ASSET_COUNT, DOLLAR_ASSET, F, STRIDE } from '../protocol/layout.ts';
import { attachState, type State } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import type { InferenceJob, InferencePort } from './inferencePort.ts';
import { decodeActions, InvariantError, type RunHooks } from './run.ts';
import type { Scenario } from './scenario.ts';
import type { Group } from './testWorld.ts';

const GROUPS: readonly Group[] = [
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'steady', count: 3 },
  { role: 'validator', strategy: 'diligent', count: 3 },
  { role: 'consumer', strategy: 'honest', count: 3 },
];
const network = (rest: Partial<Scenario> = {}): Scenario =>
  smallScenario(GROUPS, { eras: 3, params: { 'val.samples': 5, 'val.audit_bps': 3_000 }, ...rest });

describe('runScenario > blocks', () => {
  it('come in the order of slots and phases, one for each phase in which anything is done', async () => {
    const blocks: { slot: number; phase: number; count: number }[] = [];
    await runSmall(network(), {
      hooks: { block: (slot, phase, { actions }) => blocks.push({ slot, phase, count: actions.length }) },
    });
    const times = blocks.map(({ slot, phase }) => slot * 3_600 + phase);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(blocks.every(({ count }) => count > 0)).toBe(true);
    expect(new Set(blocks.map(({ phase }) => phase))).toEqual(new Set([0, 60, 66, 120, 420, 3_540]));
    expect(blocks.filter(({ phase }) => phase === 0).map(({ slot }) => slot)).toEqual(
      Array.from({ length: 73 }, (_, slot) => slot),
    );
    expect(blocks.filter(({ phase }) => phase === 3_540).map(({ slot }) => slot)).toEqual([23, 47, 71]);
  });

  it('take the keeper’s actions first, then those of the agents in the order of their numbers', async () => {
    const disorder: string[] = [];
    await runSmall(network(), {
      hooks: {
        block(slot, phase, { actions }) {
          const actors = actions.map(({ actor }) => actor);
          if (actors.some((actor, i) => i > 0 && actor < actors[i - 1]!))
            disorder.push(`${slot}/${phase}: ${actors.join()}`);
        },
      },
    });
    expect(ACCOUNT.keeper).toBeLessThan(ACCOUNT.firstAgent);
    expect(disorder).toEqual([]);
  });

  it('reject nothing that honest agents or the keeper send', async () => {
    const { outcome } = await runSmall(network({ eras: 8 }));
    expect(outcome.observer.counters().rejected).toEqual({});
  });
});

describe('runScenario > inference', () => {
  /** The committed answers, with every job that the run asks for. */
  async function watched(): Promise<InferencePort & { readonly jobs: InferenceJob[] }> {
    const port = await openReplay(60);
    const jobs: InferenceJob[] = [];
    return {
      ...port,
      jobs,
      infer(asked) {
        jobs.push(...asked);
        return port.infer(asked);
      },
    };
  }

  it('executes each job once, however many agents order it', async () => {
    const inference = await watched();
    let orders = 0;
    await runSmall(network({ eras: 6 }), {
      inference,
      agents(shared) {
        const inner = createInlineAgents(shared);
        return {
          ...inner,
          async decide(phase, slotCount) {
            const batch = await inner.decide(phase, slotCount);
            orders += batch.orders.length / 4;
            return batch;
          },
        };
      },
    });
    const asked = inference.jobs.map(({ variant, sample, level }) => `${variant}/${sample}/${level}`);
    expect(new Set(asked).size).toBe(asked.length);
    expect(orders).toBeGreaterThan(2 * asked.length);
  });

  it('given a port that answers too little > stops: it never guesses', async () => {
    const port = await openReplay(60);
    await expect(
      runSmall(network(), { inference: { ...port, infer: async (jobs) => (await port.infer(jobs)).slice(1) } }),
    ).rejects.toThrow('the inference port must answer every job');
  });
});

describe('runScenario > market', () => {
  it('publishes, at the start of each slot, the live models by rank with the weights of a consumer’s choice', async () => {
    let offers = 0;
    await runSmall(
      smallScenario(
        [...GROUPS, { role: 'creator', strategy: 'steady', count: 2, options: { variant: 'en-m4', fee_milli: 3 } }],
        { eras: 4 },
      ),
      {
        agents(shared) {
          const inner = createInlineAgents(shared);
          const s = attachState(shared.tables);
          return {
            ...inner,
            decide(phase, slotCount) {
              if (phase === PHASE.open) {
                const live = listModels(s);
                const weights = choiceWeights(s, live);
                const wanted = live.flatMap((model, i) => [model, marketRankFp(s, model), weights[i]!]);
                expect(Array.from(shared.market.subarray(0, 1 + wanted.length))).toEqual([live.length, ...wanted]);
                offers += live.length;
              }
              return inner.decide(phase, slotCount);
            },
          };
        },
      },
    );
    expect(offers).toBeGreaterThan(50);
  });
});

describe('runScenario > eras', () => {
  it('hands over the rows of each era once it is settled, and waits before it goes on', async () => {
    const log: string[] = [];
    const { outcome } = await runSmall(network(), {
      hooks: {
        async era({ era }) {
          log.push(`era ${era.era}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
          log.push(`kept ${era.era}`);
        },
        slot: (slot) => log.push(`slot ${slot}`),
      },
    });
    expect(outcome.erasDone).toBe(3);
    const at = (text: string) => log.indexOf(text);
    for (const era of [0, 1]) {
      expect(at(`era ${era}`)).toBe(at(`slot ${era * 24 + 23}`) + 1);
      expect(at(`kept ${era}`)).toBe(at(`era ${era}`) + 1);
    }
    expect(log.slice(-3)).toEqual(['slot 71', 'era 2', 'kept 2']);
  });

  it('given a request to stop > ends after the slot in progress, with the eras that are settled', async () => {
    const slots: number[] = [];
    const { outcome, eras } = await runSmall(network(), {
      hooks: { slot: (slot) => slots.push(slot), stopRequested: () => slots.length === 30 },
    });
    expect([outcome.stopped, outcome.erasDone, eras.length, slots.length]).toEqual([true, 1, 1, 30]);
  });

  it('an era more leaves the digests of the eras before as they were, but for the last: it ends without the next slot', async () => {
    const digests = async (eras: number) => (await runSmall(network({ eras }))).eras.map(({ era }) => era.digest);
    expect((await digests(4)).slice(0, 2)).toEqual((await digests(3)).slice(0, 2));
  });
});

describe('runScenario > invariants', () => {
  const checked = (): { readonly hooks: Pick<RunHooks, 'checkInvariants'>; readonly checks: number[] } => {
    const tracker = createTracker();
    const checks: number[] = [];
    return {
      checks,
      hooks: {
        checkInvariants(s) {
          checks.push(s.clockTotals[F.clockTotals.settledEraCount]!);
          return findViolations(s, tracker).map(({ id, title, message }) => ({ id, title, found: message }));
        },
      },
    };
  };

  it('are checked at the end of every era, and hold', async () => {
    const { hooks, checks } = checked();
    await runSmall(network(), { hooks });
    expect(checks).toEqual([1, 2, 3]);
    expect(INVARIANTS.length).toBeGreaterThan(20);
  });

  type Tables = Pick<State, 'wallets' | 'nodeTrust' | 'nodeCollateral' | 'nodes'>;
  it.each<[string, string, (s: Tables) => void]>([
    ['a token out of nothing', 'INV-1', (s) => (s.wallets[ACCOUNT.firstAgent]! += 1)],
    ['half a unit in a wallet', 'INV-2', (s) => (s.wallets[ACCOUNT.team]! -= 0.5)],
    ['a trust weight above 1', 'INV-34', (s) => (s.nodeTrust[STRIDE.nodeTrust + F.nodeTrust.trustFp] = 1_000_000_001)],
    [
      'stake that no vault holds',
      'INV-6',
      (s) => (s.nodeCollateral[STRIDE.nodeCollateral + F.nodeCollateral.ownUnits]! += 5),
    ],
    [
      'a node owned by somebody else than the holder of its NFT',
      'INV-21',
      (s) => (s.nodes[STRIDE.nodes + F.nodes.owner]! += 1),
    ],
  ])('given %s > the run stops at the end of that era with %s, and keeps no row of it', async (_, id, harm) => {
    const kept: number[] = [];
    const { hooks } = checked();
    let state: State | undefined;
    const run = runSmall(network(), {
      agents(shared) {
        state = attachState(shared.tables);
        return createInlineAgents(shared);
      },
      hooks: {
        ...hooks,
        era: async ({ era }) => void kept.push(era.era),
        // When the second era has just been settled, so that no rule runs into it before the check.
        block: (slot, phase) => void (slot === 48 && phase === 0 && harm(state!)),
      },
    });
    const error = await run.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InvariantError);
    const { message, violations } = error as InvariantError;
    expect(violations.map((violation) => violation.id)).toContain(id);
    expect(message).toMatch(/^Era 1: INV-\d+ \(/);
    expect(message).toContain('does not hold: ');
    expect(kept).toEqual([0]);
  });
});

describe('runScenario > escrow', () => {
  type Tables = Pick<State, 'wallets' | 'assetWallets' | 'escrowTotals'>;
  const renting = smallScenario(
    [
      { role: 'miner', strategy: 'steady', count: 2, options: { facets: 'spheron' } },
      { role: 'slark', strategy: 'diligent', count: 2 },
      {
        ...{ role: 'consumer', strategy: 'renter', count: 3, openTokens: 20_000 },
        options: { lease_bps: 4_000, foreign_bps: 5_000, dollars: 5_000 },
      },
    ],
    { eras: 2, params: { 'escrow.brackets_enforced': 0 } },
  );
  /** Runs it with harm done after the first block of slot 12. @returns slot and phase of the last block, and the error */
  async function harmed(
    harm: (s: Tables) => void,
  ): Promise<readonly [last: string, error: unknown, held: readonly number[]]> {
    let state: State | undefined;
    let last = '';
    let held: readonly number[] = [];
    const run = runSmall(renting, {
      agents(shared) {
        state = attachState(shared.tables);
        return createInlineAgents(shared);
      },
      hooks: {
        block(slot, phase) {
          last = `${slot}/${phase}`;
          if (slot !== 12 || phase !== 0) return;
          held = [state!.wallets[ACCOUNT.escrow]!, state!.assetWallets[ACCOUNT.escrow * ASSET_COUNT + DOLLAR_ASSET]!];
          harm(state!);
        },
      },
    });
    const error = await run.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return [last, error, held];
  }

  it('holds in every block of a run in which wallets are filled, locked, paid from and emptied, in two assets', async () => {
    const [last, error, held] = await harmed(() => {});
    expect([last, error]).toEqual(['48/0', null]);
    expect(held.every((units) => units > 0)).toBe(true);
  });

  it.each<[string, (s: Tables) => void]>([
    ['a token in escrow that is in no wallet', (s) => (s.wallets[ACCOUNT.escrow]! += 1)],
    ['a dollar that has left it', (s) => (s.assetWallets[ACCOUNT.escrow * ASSET_COUNT + DOLLAR_ASSET]! -= 1)],
    ['a third asset that nobody paid in', (s) => (s.assetWallets[ACCOUNT.escrow * ASSET_COUNT + 3]! += 1)],
    ['a lock that nothing stands behind', (s) => (s.escrowTotals[F.escrowTotals.lockedUnits0]! += 1)],
    ['an unlocked dollar that nothing stands behind', (s) => (s.escrowTotals[F.escrowTotals.unlockedUnits1]! += 1)],
  ])('given %s > the run stops with INV-48 after the very next block', async (_, harm) => {
    const [last, error] = await harmed(harm);
    // The check comes before anybody sees the block.
    expect(last).toBe('12/0');
    expect(error).toBeInstanceOf(InvariantError);
    expect((error as InvariantError).violations.map(({ id }) => id)).toEqual(['INV-48']);
    expect((error as InvariantError).message).toMatch(/^Era 0: INV-48 .* in slot 12$/);
  });
});

describe('decodeActions', () => {
  it('gives back what agents wrote down, under their accounts', () => {
    const actions = Float64Array.of(0, A.registerValidator, 0, 2, A.transferTokens, 2, 32, 7);
    expect(decodeActions({ actions }, [32, 33, 34])).toEqual([
      { kind: A.registerValidator, actor: 32, args: [] },
      { kind: A.transferTokens, actor: 34, args: [32, 7] },
    ]);
    expect(decodeActions({ actions: new Float64Array(0) }, [])).toEqual([]);
  });
});

describe('phases', () => {
  it('are those of the protocol’s table, and in every one in which agents act, they can', async () => {
    // T-PHASE, with the second block of a bid window of two as a phase of its own (BEH-12).
    expect(PHASE).toEqual({
      ...{ open: 60, bid: 62, lastBid: 64, match: 66 },
      ...{ work: 119, serve: 120, reveal: 330, close: 420 },
    });
    const asked = new Set<number>();
    const everybody = [...GROUPS, { role: 'matchmaker', strategy: 'honest', count: 1 } as const];
    await runSmall(smallScenario(everybody, { eras: 1, params: { 'val.samples': 5 } }), {
      agents: (shared) => {
        const inner = createInlineAgents(shared);
        return {
          ...inner,
          decide(phase, slotCount) {
            asked.add(phase);
            return inner.decide(phase, slotCount);
          },
        };
      },
    });
    expect([...asked]).toEqual(Object.values(PHASE));
    expect(ACTION_NAMES).toHaveLength(Object.keys(ACTIONS).length);
  });
});
