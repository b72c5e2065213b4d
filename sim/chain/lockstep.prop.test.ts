/**
 * Random actions of all kinds, valid and not, on the core and on the contracts at once: the same codes, the same values
 * found and wanted, the same events in the same order, the same storage. A failure is shrunk to a short list of steps.
 *
 * POWR_LOCKSTEP_RUNS histories are played (default 6), chosen by POWR_LOCKSTEP_SEED; a failure prints the seed and path
 * that POWR_LOCKSTEP_SEED and POWR_LOCKSTEP_PATH play again.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pick, rnd } from '../base/rnd.ts';
import { packState } from '../engine/digest.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { ACTION_NAMES, ACTIONS, type Action, type ActionName, type ActionSpec, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import { ACCOUNT, type ContractName, F, FIELDS, TABLES_OF_CONTRACT, type TableName } from '../protocol/layout.ts';
import { MARKET_VARIANTS, type MarketVariant } from '../protocol/marketWalk.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { ERA_STEPS } from '../protocol/processEra.ts';
import {
  createMarketProposer,
  createProposer,
  type NextInt,
  WALK_AGENTS,
  WALK_OPENING_UNITS,
  WALK_PARAMS,
} from '../protocol/randomWalk.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { type Keyring, openChallenges } from '../protocol/slarkWalk.ts';
import { type Capacities, createState, eventAt, type State } from '../protocol/state.ts';
import { aggregate, possessionWords, publicKeyWords, type SecretKey, secretKeyOf, sign } from './bls.ts';
import { testBuild } from './chainFixture.ts';
import { blsVerifier } from './keyRing.ts';
import { compareCodes, compareStates } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';

const RUNS = Number(process.env.POWR_LOCKSTEP_RUNS ?? 6);
const SEED = Number(process.env.POWR_LOCKSTEP_SEED ?? 1);
const PATH = process.env.POWR_LOCKSTEP_PATH;
/** Steps that lead from genesis to a network with everything in it, where the histories start. */
const GROWTH_STEPS = 3_000;
/** Steps of a slot during the growth, and a seed by which much is there at its end. */
const SLOT_STEPS = 130;
const GROWTH_SEED = 120;
const MAX_STEPS = 300;
const BEACONS = 1_000;
/** The last seconds of a slot are kept for its end. */
const SPARE_S = 100;
/** Actions that a failure names. */
const SHOWN = 25;

/**
 * A step of a history. `act`: something that makes sense, mostly; `deal`: the same, on the compute market; `odd`: any action, any sender, any values; `slot`: the
 * slot ends, the era is settled if it was its last, the next slot opens. What exactly follows from the seed and the state.
 */
type Step = { readonly kind: 'act' | 'deal' | 'odd' | 'slot'; readonly seed: number };

/** A sender without an account. */
const STRANGER = ACCOUNT.firstAgent + WALK_AGENTS;
const CAPACITIES: Capacities = { ratings: 100_000, providerRatings: 100_000 };
const EDGES = [0, 1, 2, 3, 10_000, 4_294_967_295, 4_294_967_296, 9_007_199_254_740_991];

/** Orders outlive the slot in which they are made, and are soon matched: a slot has few steps here. */
const PARAMS = { ...WALK_PARAMS, 'order.bid_window_blocks': 2, 'order.ttl_blocks': 90 };

function planWalk(): GenesisPlan {
  const params = ledgerParams(PARAMS);
  const openUnits = new Array<number>(WALK_AGENTS).fill(WALK_OPENING_UNITS);
  const { commitment, beacons } = createBeacons(7, BEACONS);
  const [slotS, slotsPerEra] = [params[P['time.slot_s']]!, params[P['time.slots_per_era']]!];
  return { params, commitment, beacons, openUnits, slotS, slotsPerEra, unitsPerToken: 1_000_000 };
}

/** Chance of one step: its own, so that a step does the same in a shorter list. */
function chanceOf(seed: number): NextInt {
  let k = 0;
  return (n) => pick(rnd(0, seed, 1, 0, k++), n);
}

/** Any action with any arguments. */
function oddAction(nextInt: NextInt): Action {
  const name = ACTION_NAMES[nextInt(ACTION_NAMES.length)]!;
  const spec: ActionSpec = ACTIONS[name];
  const number = (): number => (nextInt(4) === 0 ? EDGES[nextInt(EDGES.length)]! : nextInt(6));
  const isKeeper = nextInt(10) === 0 ? spec.keeper !== true : spec.keeper === true;
  const actor = isKeeper ? ACCOUNT.keeper : ACCOUNT.firstAgent + nextInt(WALK_AGENTS + 1);
  const args = spec.args.map(number);
  return action(name, actor, args, spec.bulk === undefined ? undefined : Array.from({ length: nextInt(6) }, number));
}

/** Secrets of all keys that were ever registered, by the words of the key; and what a licence registers. */
const secrets = new Map<string, SecretKey>();
const registrations = new Map<string, readonly number[]>();

function register(licence: number, turn: number, account: number): readonly number[] {
  const name = `${licence}/${turn}`;
  const known = registrations.get(`${name}/${account}`);
  if (known !== undefined) return known;
  const secret = secretKeyOf(`lockstep walk/${name}`);
  const key = publicKeyWords(secret);
  secrets.set(key.join(), secret);
  const words = [...key, ...possessionWords(secret, account)];
  registrations.set(`${name}/${account}`, words);
  return words;
}

/** Signs with the keys that the core has registered. */
function keyringOf(core: State): Keyring {
  return {
    registration: register,
    signature: (groups) => {
      const signatures = groups.flatMap(({ licences, message }) =>
        licences.flatMap((licence) => {
          const secret = secrets.get(core.keys.get(licence)?.join() ?? '');
          return secret === undefined ? [] : [sign(secret, message)];
        }),
      );
      return signatures.length === 0 ? [] : aggregate(signatures);
    },
  };
}

type Count = { accepted: number; rejected: number };
type Tally = {
  readonly byContract: Map<ContractName, Count>;
  readonly accepted: Set<ActionName>;
  readonly rejections: Set<string>;
  compared: number;
};

/** Core and chain, and the block that is being gathered for the chain. */
type Twins = { readonly core: State; readonly chain: ProtocolChain; readonly plan: GenesisPlan; readonly tally: Tally };

/**
 * Plays steps on both from a second on, and compares all the while.
 *
 * @returns the second at which they end
 */
async function play(twins: Twins, startS: number, steps: readonly Step[]): Promise<number> {
  const history: string[] = [];
  try {
    return await playAll(twins, startS, steps, history);
  } catch (cause) {
    throw new Error(`After these actions, the last of ${history.length}:\n${history.slice(-SHOWN).join('\n')}`, {
      cause,
    });
  }
}

async function playAll(
  { core, chain, plan, tally }: Twins,
  startS: number,
  steps: readonly Step[],
  history: string[],
): Promise<number> {
  let nowS = startS;
  let actions: Action[] = [];
  let codes: number[] = [];
  let first: readonly number[] = [];
  let chance: NextInt = chanceOf(0);
  const propose = createProposer(core, (n) => chance(n), keyringOf(core));
  const deal = createMarketProposer(core, (n) => chance(n));

  function apply(next: Action): void {
    const code = applyAction(core, next);
    if (actions.length === 0) first = [code, core.rejectHave, core.rejectNeed];
    actions.push(next);
    codes.push(code);
    history.push(`  at ${nowS} s: ${textOf(next)}: ${code === 0 ? 'accepted' : REJECTIONS[code]}`);
    const name = ACTION_NAMES[next.kind]!;
    const { contract } = ACTIONS[name];
    const count = tally.byContract.get(contract) ?? { accepted: 0, rejected: 0 };
    tally.byContract.set(contract, count);
    if (code === 0) {
      count.accepted += 1;
      tally.accepted.add(name);
    } else {
      count.rejected += 1;
      tally.rejections.add(REJECTIONS[code]!);
    }
  }

  /** The gathered block on the chain, and everything that it says compared. */
  async function follow(): Promise<void> {
    if (actions.length === 0) return;
    const text = actions.map(textOf).join('; ');
    if (first[0] !== 0) {
      const refusal = await chain.refusalOf(nowS, actions[0]!);
      // The contracts know a sender without an account by its address alone: its number is 0 to them.
      const have = actions[0]!.actor === STRANGER ? 0 : first[1]!;
      expect({ text, code: refusal?.code, have: refusal?.have, need: refusal?.need }).toEqual({
        ...{ text, code: first[0], have, need: first[2] },
      });
      tally.compared += 1;
    }
    const sink = createState({});
    const chainCodes = await chain.execute(nowS, actions, sink);
    expect(compareCodes(actions, codes, chainCodes)).toBeNull();
    expect({ text, events: eventsOf(sink) }).toEqual({ text, events: eventsOf(core) });
    core.eventCount = 0;
    actions = [];
    codes = [];
  }

  async function moveTo(seconds: number): Promise<void> {
    if (seconds <= nowS) return;
    await follow();
    nowS = seconds;
    core.nowS = nowS;
  }

  const clock = (field: number): number => core.clockTotals[field]!;
  const keeper = (name: Parameters<typeof action>[0], args: readonly number[], bulk?: readonly number[]): void =>
    apply(action(name, ACCOUNT.keeper, args, bulk));

  /**
   * All steps of the settlement that are left, in small chunks; now and then an agent acts between two of them. The keeper
   * itself does nothing else meanwhile, and posts ranking and median at once.
   */
  function settle(): void {
    for (let step = clock(F.clockTotals.stepsDone); step < ERA_STEPS.length; step++) {
      const { name, count, bulk, whole } = ERA_STEPS[step]!;
      const chunk = 1 + chance(4);
      const list = bulk?.(core);
      const wholeList = whole?.(core);
      let from = clock(F.clockTotals.cursor);
      do {
        const to = Math.min(from + chunk, count(core));
        keeper(name, [from, to], wholeList ?? list?.slice(from, to));
        from = to;
        const isPosted = name === 'postRanking' || name === 'postMedian';
        const proposed = !isPosted && chance(6) === 0 ? propose() : null;
        if (proposed !== null && proposed.actor !== ACCOUNT.keeper) apply(proposed);
      } while (from < count(core));
    }
  }

  async function nextSlot(): Promise<void> {
    const { closedCount, requestCount, slot } = F.callTotals;
    keeper('closeRequests', [core.callTotals[closedCount]!, core.callTotals[requestCount]!]);
    const opened = clock(F.clockTotals.slotCount);
    await moveTo(opened * plan.slotS);
    if (opened > 0 && opened % plan.slotsPerEra === 0) settle();
    keeper('openSlot', plan.beacons[opened]!.words);
    if (core.callTotals[slot] === opened) keeper('auditRequests', [0, core.callTotals[requestCount]!]);
    for (const next of openChallenges(core, chance)) apply(next);
    await follow();
    const { differences } = await compareStates(core, chain);
    expect(differences).toEqual([]);
    await moveTo(nowS + 1);
  }

  core.nowS = nowS;
  core.eventCount = 0;
  for (const { kind, seed } of steps) {
    chance = chanceOf(seed);
    const endS = clock(F.clockTotals.slotCount) * plan.slotS - SPARE_S;
    if (nowS < endS && chance(3) > 0) await moveTo(Math.min(endS, nowS + 1 + chance(40)));
    if (kind === 'slot') await nextSlot();
    else {
      const next = kind === 'odd' ? oddAction(chance) : kind === 'deal' ? deal() : propose();
      if (next !== null) apply(next);
    }
  }
  await follow();
  const { differences } = await compareStates(core, chain);
  expect(differences).toEqual([]);
  return nowS;
}

function textOf({ kind, args, actor }: Action): string {
  return `${ACTION_NAMES[kind]}(${args.join(', ')}) by ${actor}`;
}

function eventsOf(s: State): string[] {
  return Array.from({ length: s.eventCount }, (_, i) => {
    const { name, args } = eventAt(s, i);
    return `${name} ${JSON.stringify(args)}`;
  });
}

/** Sets the parameters of a variant on both, as if the ledger had begun with them. */
async function useVariant({ core, chain }: Twins, { params }: MarketVariant): Promise<void> {
  const before = packState(core).find(({ table }) => table === 'paramValues')!;
  core.paramValues.set(ledgerParams({ ...PARAMS, ...params }));
  const after = packState(core).find(({ table }) => table === 'paramValues')!;
  for (let word = 0; word < after.bytes.length / 32; word++) {
    const bytes = Buffer.from(after.bytes.subarray(word * 32, word * 32 + 32));
    if (bytes.equals(before.bytes.subarray(word * 32, word * 32 + 32))) continue;
    await chain.tamper('paramValues', after.fromWord + word, BigInt(`0x${bytes.toString('hex')}`));
  }
}

function copyOf(s: State): State {
  const copy = createState(CAPACITIES);
  for (const table of Object.keys(FIELDS) as TableName[]) copy[table].set(s[table]);
  for (const [licence, key] of s.keys) copy.keys.set(licence, key);
  copy.verifier = blsVerifier;
  return copy;
}

const seedOfStep = fc.integer({ min: 0, max: 4_294_967_295 });
const stepOf = (kind: Step['kind']) => fc.record({ kind: fc.constant(kind), seed: seedOfStep });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: stepOf('act') },
  { weight: 40, arbitrary: stepOf('deal') },
  { weight: 14, arbitrary: stepOf('odd') },
  { weight: 6, arbitrary: stepOf('slot') },
);

const variant = fc.constantFrom(...MARKET_VARIANTS);

describe('core and contracts', () => {
  const plan = planWalk();
  const tally: Tally = { byContract: new Map(), accepted: new Set(), rejections: new Set(), compared: 0 };
  let chain: ProtocolChain;
  let grown: State;
  let grownS = 0;
  let toGrown: () => Promise<void>;

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: WALK_AGENTS + 1, signedBps: 1_000 };
    chain = await openProtocolChain({ ...options, builtDir: testBuild(), root: repoRoot() });
    grown = createGenesisState(plan, CAPACITIES);
    grown.verifier = blsVerifier;
    const nextInt = chanceOf(GROWTH_SEED);
    const growth = Array.from({ length: GROWTH_STEPS }, (_, i): Step => {
      return { kind: i % SLOT_STEPS === 0 ? 'slot' : 'act', seed: nextInt(4_294_967_296) };
    });
    grownS = 1 + (await play({ core: grown, chain, plan, tally }, 0, growth));
    toGrown = await chain.checkpoint();
  });
  afterAll(async () => {
    await chain?.close();
    const rows = [...tally.byContract].map(([name, { accepted, rejected }]) => `${name} ${accepted}+${rejected}`);
    const never = ACTION_NAMES.filter((name) => !tally.accepted.has(name)).join(', ') || 'none';
    const compared = `${tally.compared} rejections with their values compared`;
    console.log(`accepted+rejected: ${rows.join(', ')}; ${compared}; never accepted: ${never}`);
  });

  it('given a network that has grown from genesis > every contract has accepted and rejected, and everything is there', () => {
    const families = Object.keys(TABLES_OF_CONTRACT).filter(
      (name) => !['Params', 'EntityNft', 'SlarkLicence'].includes(name),
    );
    expect([...tally.byContract.keys()].sort()).toEqual(families.sort());
    expect(grown.nodeTotals[F.nodeTotals.onlineCount]).toBeGreaterThan(0);
    expect(grown.modelTotals[F.modelTotals.liveCount]).toBeGreaterThan(0);
    expect(grown.validatorTotals[F.validatorTotals.activeCount]).toBeGreaterThan(1);
    expect(grown.taskTotals[F.taskTotals.settledCount]).toBeGreaterThan(10);
    expect(grown.clockTotals[F.clockTotals.settledEraCount]).toBeGreaterThan(5);
    expect(grown.leaseTotals[F.leaseTotals.leaseCount]).toBeGreaterThan(5);
    expect(grown.leaseTotals[F.leaseTotals.openCount]).toBeGreaterThan(0);
    expect(grown.fizzTotals[F.fizzTotals.fizzCount]).toBeGreaterThan(5);
    expect([...tally.accepted]).toContain('revealSketch');
  });

  it(
    'given any further history > accept and refuse alike, for the same values, with the same events and storage',
    async () => {
      await fc.assert(
        fc.asyncProperty(variant, fc.array(step, { maxLength: MAX_STEPS, size: 'max' }), async (chosen, steps) => {
          await toGrown();
          const twins = { core: copyOf(grown), chain, plan, tally };
          await useVariant(twins, chosen);
          await play(twins, grownS, steps);
        }),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 600_000, ...(PATH === undefined ? {} : { path: PATH }) },
      );
      expect(tally.compared).toBeGreaterThan(50);
      expect(tally.rejections.size).toBeGreaterThan(20);
    },
    620_000 + RUNS * 10_000,
  );
});
