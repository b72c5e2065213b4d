import { describe, expect, it } from 'vitest';
import { createInlineAgents } from '../cli/agentPool.ts';
import { modelsOf, nameOf, runSmall, smallScenario } from '../cli/testRun.ts';
import { A } from '../protocol/actions.ts';
import { F, FAULT, MODEL_STATE, STRIDE } from '../protocol/layout.ts';
import { attachState, type State } from '../protocol/state.ts';
import { PHASE } from './agentContract.ts';
import { MESSAGE, MESSAGE_SIZE } from './ports.ts';
import type { SharedRun } from './shared.ts';
import { createTestInference } from './testInference.ts';
import type { Group, WorldOptions } from './testWorld.ts';

const SWAP_ERA = 3;
const ERAS = 9;

/** Careful and careless hosts in equal numbers, of which some have to change places in every era. */
const groupsOf = (first: 'on' | 'off'): readonly Group[] => [
  { role: 'creator', strategy: 'swapper', count: 1, options: { build: 'en-m2', swap_era: SWAP_ERA } },
  { role: 'creator', strategy: 'steady', count: 1 },
  { role: 'miner', strategy: 'steady', count: 4, options: { checks_hash: first, reinvest_bps: 0 } },
  {
    ...{ role: 'miner', strategy: 'steady', count: 4 },
    options: { checks_hash: first === 'on' ? 'off' : 'on', reinvest_bps: 0 },
  },
  { role: 'validator', strategy: 'diligent', count: 5, options: { skill_bps: 10_000 } },
  { role: 'consumer', strategy: 'honest', count: 8 },
];
const PARAMS = { 'val.audit_bps': 5_000, 'val.samples': 5, 'place.replicas': 3, 'rotate.period_eras': 1 };
const FIRST = /^miner\.0\//;
const SECOND = /^miner\.1\//;

type Deployment = {
  readonly slot: number;
  readonly host: string;
  readonly model: number;
  readonly name: 'confirm' | 'fail';
  readonly fault: number;
  readonly code: number;
};

async function deploy(
  first: 'on' | 'off',
  inject: (shared: SharedRun, s: State, slot: number) => readonly number[] = () => [],
) {
  const inference = createTestInference({ poolSamples: 60 });
  const deployments: Deployment[] = [];
  /** Files in the place of approved ones, at the end of each slot: by model, variant plus 1. */
  const builds: number[][] = [];
  const liveVersions: number[][] = [];
  let shared: SharedRun | undefined;
  let s: State | undefined;
  const agents: WorldOptions['agents'] = (own) => {
    shared = own;
    s = attachState(own.tables);
    const inner = createInlineAgents(own);
    return {
      ...inner,
      async decide(phase, slotCount) {
        const batch = await inner.decide(phase, slotCount);
        if (phase !== PHASE.open) return batch;
        const more = inject(own, s!, slotCount - 1);
        expect(more.length % MESSAGE_SIZE).toBe(0);
        return { ...batch, messages: Float64Array.from([...batch.messages, ...more]) };
      },
    };
  };
  const run = await runSmall(smallScenario(groupsOf(first), { eras: ERAS, params: PARAMS }), {
    inference,
    agents,
    hooks: {
      block(slot, phase, { actions, codes }) {
        if (phase !== PHASE.serve) return;
        actions.forEach(({ kind, actor, args }, i) => {
          if (kind !== A.confirmHost && kind !== A.failHost) return;
          const [model, , fault = 0] = args as readonly number[];
          const host = nameOf(shared!.roster.agents[actor - 32]!);
          deployments.push({
            ...{ slot, host, fault, model: model!, code: codes[i]! },
            name: kind === A.confirmHost ? 'confirm' : 'fail',
          });
        });
      },
      slot() {
        builds.push(Array.from(shared!.builds.subarray(0, 4)));
        liveVersions.push([0, 1, 2, 3].map((model) => s!.models[model * STRIDE.models + F.models.liveVersion]!));
      },
    },
  });
  const rows = run.eras.flatMap(({ audits }) => audits);
  return { run, inference, deployments, builds, liveVersions, rows };
}

describe('a file put in the place of the approved one (BEH-26)', () => {
  it('is refused by new hosts that check its hash, and taken by those that do not', async () => {
    const found = { careful: 0, careless: 0, steady: 0 };
    for (const first of ['on', 'off'] as const) {
      const { run, inference, deployments, builds } = await deploy(first);
      const { model } = modelsOf(run, 'creator.0/0')[0]!;
      for (const { host, slot, name, code, fault, ...one } of deployments) {
        const isSwapped = one.model === model && slot >= SWAP_ERA * 24;
        if (isSwapped && FIRST.test(host) === (first === 'on')) {
          found.careful += 1;
          // Of a model that is live the ledger takes no complaint but of the node.
          expect([name, fault, code]).toEqual(['fail', FAULT.node, 0]);
        } else {
          if (isSwapped) found.careless += 1;
          else if (slot >= SWAP_ERA * 24) found.steady += 1;
          expect([name, code]).toEqual(['confirm', 0]);
        }
      }
      const wanted = inference.variantOf('en-m2') + 1;
      expect(builds.map((slot) => slot[model])).toEqual(
        Array.from({ length: ERAS * 24 }, (_, slot) => (slot < SWAP_ERA * 24 ? 0 : wanted)),
      );
    }
    expect(Math.min(...Object.values(found))).toBeGreaterThan(1);
  });

  it('is what careless hosts serve, and audits reject it; careful ones that host already go on with the approved one', async () => {
    const { run, rows } = await deploy('on');
    const [swapped] = modelsOf(run, 'creator.0/0');
    const served = (hosts: RegExp, from: number, to: number) => {
      const accounts = run.roster.agents.filter((info) => hosts.test(nameOf(info))).map(({ account }) => account);
      return rows.filter(
        ({ account, era, task }) =>
          accounts.includes(account) &&
          era >= from &&
          era < to &&
          run.state.versions[
            run.state.tasks[task * STRIDE.tasks + F.tasks.referenceId]! * STRIDE.versions + F.versions.model
          ] === swapped!.model,
      );
    };
    const kinds = (some: readonly { served: string; outcome: string }[]) =>
      [...new Set(some.map(({ served, outcome }) => `${served} ${outcome}`))].sort();
    expect(kinds(served(SECOND, 0, SWAP_ERA))).toEqual(['en passed']);
    // Of the first era after the swap, one audit more may be of an answer from before.
    const caught = served(SECOND, SWAP_ERA + 1, ERAS);
    expect(caught.length).toBeGreaterThan(5);
    expect(kinds(caught)).toEqual(['en-m2 failed']);
    for (const { declared, declaredQualityBps, servedQualityBps } of caught) {
      expect(declared).toBe('en');
      expect(servedQualityBps).toBeLessThanOrEqual(declaredQualityBps);
    }
    const careful = served(FIRST, SWAP_ERA, ERAS);
    expect(careful.length).toBeGreaterThan(0);
    expect(kinds(careful)).toEqual(['en passed']);
  });

  it('is the business of the model’s owner: what others say about it changes nothing', async () => {
    const target = (shared: SharedRun) => shared.roster.agents.find((info) => nameOf(info) === 'creator.1/0')!;
    const attempts: number[] = [];
    const { builds, run } = await deploy('on', (shared, s, slot) => {
      if (slot < 24) return [];
      const models = Array.from({ length: 4 }, (_, model) => model).filter(
        (model) => s.models[model * STRIDE.models + F.models.owner] === target(shared).account,
      );
      return models.flatMap((model) => {
        attempts.push(model);
        // A miner and the other creator; and one that names a model which nobody has.
        const swap = (agent: number, victim: number) => [agent, MESSAGE.swap, victim, 5, 0, 0];
        return [...swap(0, model), ...swap(target(shared).agent + 4, model), ...swap(target(shared).agent, 4_000)];
      });
    });
    expect(attempts.length).toBeGreaterThan(100);
    for (const slot of builds) for (const model of new Set(attempts)) expect(slot[model]).toBe(0);
    const { ignoredMessages } = run.outcome;
    // Before the model is live, all three name no live one; from then on, two are not the sender's to make.
    expect(Object.keys(ignoredMessages).sort()).toEqual(['no live model', 'not its model']);
    expect(ignoredMessages['not its model']).toBeGreaterThan(100);
    expect(ignoredMessages['no live model']! + ignoredMessages['not its model']!).toBe(3 * attempts.length);
  });

  it.each([
    ['a variant beyond the last one', 99, 'no such variant'],
    ['a puzzle', 15, 'no such variant'],
    ['no number', Number.NaN, 'no such variant'],
    ['half a variant', 1.5, 'no such variant'],
    ['a variant below the first one', -1, 'no such variant'],
  ])(
    'given %s > is ignored and counted, and careless hosts go on with the approved file',
    async (_, variant, reason) => {
      let sentCount = 0;
      const { builds, run } = await deploy('on', (shared, s, slot) => {
        const { account, agent } = shared.roster.agents.find((info) => nameOf(info) === 'creator.1/0')!;
        const model = [1, 2, 3].find(
          (own) =>
            s.models[own * STRIDE.models + F.models.owner] === account &&
            s.models[own * STRIDE.models + F.models.state] === MODEL_STATE.live,
        );
        if (model === undefined || slot % 24 !== 0) return [];
        sentCount += 1;
        return [agent, MESSAGE.swap, model, variant, 0, 0];
      });
      expect(sentCount).toBeGreaterThan(3);
      expect(run.outcome.ignoredMessages).toEqual({ [reason]: sentCount });
      const steady = modelsOf(run, 'creator.1/0').map(({ model }) => model);
      for (const slot of builds) for (const model of steady) expect(slot[model] ?? 0).toBe(0);
    },
  );

  it('is gone with the next version that goes live: hosts fetch the file anew', async () => {
    const owner = 'creator.0/0';
    const { builds, liveVersions, run } = await deployImprover(owner);
    const model = modelsOf(run, owner)[0]!.model;
    const swappedAt = builds.findIndex((slot) => slot[model] !== 0);
    const goneAt = builds.findIndex((slot, i) => i > swappedAt && slot[model] === 0);
    expect(swappedAt).toBe(3 * 24);
    const versionAt = (slot: number) => liveVersions[slot]![model]!;
    expect(goneAt).toBeGreaterThan(swappedAt);
    expect(versionAt(goneAt - 1)).toBe(versionAt(swappedAt));
    expect(versionAt(goneAt)).toBeGreaterThan(versionAt(swappedAt));
  });
});

/** An improver that once, at the start of the fourth era, serves another file. */
async function deployImprover(owner: string) {
  const improving = smallScenario(
    [
      { role: 'creator', strategy: 'improver', count: 1, options: { cycle_eras: 4, variant: 'en-m4' } },
      ...groupsOf('on').slice(2),
    ],
    { eras: ERAS, params: PARAMS },
  );
  const builds: number[][] = [];
  const liveVersions: number[][] = [];
  let shared: SharedRun | undefined;
  let s: State | undefined;
  const run = await runSmall(improving, {
    inference: createTestInference({ poolSamples: 60 }),
    agents(own) {
      shared = own;
      s = attachState(own.tables);
      const inner = createInlineAgents(own);
      return {
        ...inner,
        async decide(phase, slotCount) {
          const batch = await inner.decide(phase, slotCount);
          if (phase !== PHASE.open || slotCount !== 3 * 24 + 1) return batch;
          const { agent } = own.roster.agents.find((info) => nameOf(info) === owner)!;
          return { ...batch, messages: Float64Array.from([...batch.messages, agent, MESSAGE.swap, 1, 5, 0, 0]) };
        },
      };
    },
    hooks: {
      slot() {
        builds.push(Array.from(shared!.builds.subarray(0, 4)));
        liveVersions.push([0, 1, 2, 3].map((model) => s!.models[model * STRIDE.models + F.models.liveVersion]!));
      },
    },
  });
  return { run, builds, liveVersions };
}
