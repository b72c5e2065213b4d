/** Builds what agents see (`agentContract.ts`) over the shared memory of a run. One view per thread, pointed at one agent after the other. */
import { assert } from '../base/assert.ts';
import { nextNormal, nextPoisson } from '../base/draws.ts';
import { BPS, FP, rootOfProduct } from '../base/fixedPoint.ts';
import { PURPOSE, pick, rnd } from '../base/rnd.ts';
import { chanceBps, nextInt, nextUnit } from '../base/stream.ts';
import { commitmentOf } from '../protocol/commitment.ts';
import {
  CHALLENGE_STATE,
  CLASS_COUNT,
  F,
  FIZZ_STATE,
  SEATS_PER_CLASS,
  STRIDE,
  TASK_STATE,
} from '../protocol/layout.ts';
import { winnerOf } from '../protocol/matching.ts';
import { openBidsOf } from '../protocol/orders.ts';
import { P } from '../protocol/params.ts';
import { attachState } from '../protocol/state.ts';
import type { AgentRandom, MeasuredAnswer, Phase, View } from './agentContract.ts';
import { decodeDocument, encodeDocument } from './documents.ts';
import { hasExecuted } from './executions.ts';
import type { Precision } from './inferencePort.ts';
import { machineCostUnitsPerHour } from './machineCost.ts';
import { choosePuzzle } from './puzzleChoice.ts';
import type { AgentInfo } from './roster.ts';
import {
  answerAt,
  CAPACITY,
  CAPACITY_SIZE,
  DISTANCE_SIZE,
  judgementAt,
  type ListName,
  RESPONSE,
  RESPONSE_SIZE,
  type SharedRun,
} from './shared.ts';

export type AgentSight = {
  /** The view; valid for the agent and the phase last pointed at. */
  readonly view: View;
  readonly random: AgentRandom;
  pointAt(agent: AgentInfo, phase: Phase, slotCount: number): void;
};

/** Difficulty of the task drawn by `draw`, by the scenario's shares of easy, medium and hard. */
function levelOf(levelBps: readonly [number, number, number], draw: number): number {
  const at = pick(draw, BPS);
  return at < levelBps[0] ? 0 : at < levelBps[0] + levelBps[1] ? 1 : 2;
}

const TWO_32 = 4_294_967_296;

/** Samples that are not public, per rotation: first those that it holds out, distinct, then the others. */
const orders = new WeakMap<SharedRun, Map<number, Int32Array>>();

/** The held-out set of a rotation follows from a beacon that was committed to at genesis and is revealed when it begins (NUM-6). */
function orderOf(run: SharedRun, rotation: number): Int32Array {
  const known = orders.get(run) ?? new Map<number, Int32Array>();
  orders.set(run, known);
  let order = known.get(rotation);
  if (order === undefined) {
    const { publicSamples, heldOutSamples } = run.sets;
    order = Int32Array.from({ length: run.poolSamples - publicSamples }, (_, i) => publicSamples + i);
    const high = run.setSeeds[rotation * 2]!;
    const low = run.setSeeds[rotation * 2 + 1]!;
    for (let i = 0; i < heldOutSamples; i++) {
      const j = i + pick(rnd(high, low, PURPOSE.heldOut, i, 0), order.length - i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    known.set(rotation, order);
  }
  return order;
}

/** What consumers ask for: anything that is neither public nor held out at present. */
function pickLive(run: SharedRun, draw: number): number {
  const { publicSamples, heldOutSamples, rotateEras } = run.sets;
  if (publicSamples === 0 || rotateEras === 0) return publicSamples + pick(draw, run.poolSamples - publicSamples);
  const order = orderOf(run, run.rotation[0]!);
  return order[heldOutSamples + pick(draw, order.length - heldOutSamples)]!;
}

/** A sample to validate a model on: of the rotation's held-out set while sets rotate, else of the public set, if there is one. */
function pickValidation(run: SharedRun, rotation: number, draw: number): number {
  const { publicSamples, heldOutSamples, rotateEras } = run.sets;
  if (publicSamples === 0) return pick(draw, run.poolSamples);
  return rotateEras === 0 ? pick(draw, publicSamples) : orderOf(run, rotation)[pick(draw, heldOutSamples)]!;
}

/** What an agent puts into its commitments: follows from the run's seed, known to nobody else. */
export function saltOf(run: SharedRun, account: number, slotCount: number, request: number): number {
  const entity = account * 2 ** 24 + slotCount;
  return rnd(Math.floor(run.seed / TWO_32) >>> 0, run.seed >>> 0, PURPOSE.salt, entity, request);
}

/** Outputs that any variant has given on the sample of an audited request, in the order of the variants. */
export function outputsOfAudit(run: SharedRun, task: number): number[] {
  const { sample, level } = unpackAudit(run, task);
  return run.variants
    .map((_, variant) => run.answers[answerAt(run, variant, sample, level) + 3]!)
    .filter((outputId) => outputId !== 0);
}

/** Sample and difficulty of the request behind an audit. */
export function unpackAudit(run: SharedRun, task: number): { sample: number; level: number } {
  const packed = run.auditSamples[task]!;
  assert(packed > 0, `Task ${task} is no audit`);
  return { sample: Math.floor((packed - 1) / 4), level: (packed - 1) % 4 };
}

/** Identifier of the sketch of an output under a nonce. */
export function sketchIdOf(outputId: number, nonceId: number): number {
  return rnd(Math.floor(outputId / TWO_32), outputId >>> 0, PURPOSE.sketch, 0, nonceId) + 1;
}

/**
 * Distance up to which a sketch is accepted: the band of the precision class; on a second look, with four times the
 * projections, the geometric middle between acceptance and rejection.
 */
export function acceptedPpb(params: Float64Array, precision: Precision, second: boolean): number {
  const accept = params[P[`val.accept_ppb.${precision}`]]!;
  const reject = params[P[`val.reject_ppb.${precision}`]]!;
  return second ? Math.max(accept, rootOfProduct(accept, reject)) : accept;
}

/** Sample and difficulty of request `request` of the slot with the given beacon halves. */
export function sampleOfRequest(
  run: SharedRun,
  beaconHigh: number,
  beaconLow: number,
  request: number,
): { sample: number; level: number } {
  return {
    sample: pickLive(run, rnd(beaconHigh, beaconLow, PURPOSE.sample, request, 0)),
    level: levelOf(run.levelBps, rnd(beaconHigh, beaconLow, PURPOSE.level, request, 0)),
  };
}

/** Difficulty of every puzzle: the hard one, which tells machines and models apart best. */
const PUZZLE_LEVEL = 2;

/** The variant that a target has to run where puzzles are texts: the reference. */
const PUZZLE_VARIANT = 0;

/**
 * What a target has to execute in a challenge of the slot: follows from the puzzle of its class, which is secret until the
 * issue. A line of text to read, or a graph of the kind that the challenge's requirement asks for, on drawn numbers.
 */
export function puzzleOf(run: SharedRun, challenge: number): { variant: number; sample: number; level: number } {
  const { challenges } = run.tables;
  const at = challenge * STRIDE.challenges;
  const challengeClass = challenges[at + F.challenges.class]!;
  const provider = challenges[at + F.challenges.provider]!;
  const p0 = run.puzzles[challengeClass * 2]!;
  const p1 = run.puzzles[challengeClass * 2 + 1]!;
  const sample = pick(rnd(p0 >>> 0, p1 >>> 0, PURPOSE.sample, provider, 0), run.poolSamples);
  if (run.puzzleKind === 'text') return { variant: PUZZLE_VARIANT, sample, level: PUZZLE_LEVEL };
  const { kind, level } = choosePuzzle({
    cpuCount: challenges[at + F.challenges.cpuCount]!,
    memoryGb: challenges[at + F.challenges.memoryGb]!,
    storageGb: challenges[at + F.challenges.storageGb]!,
    gpuCount: challenges[at + F.challenges.gpuCount]!,
  });
  const first = run.variants.findIndex(({ isPuzzle }) => isPuzzle);
  assert(first >= 0, 'Puzzles to compute need an inference port that has them');
  return { variant: first + kind, sample, level };
}

/** The nonce under which a seat of a committee has to project the answer to a challenge of this slot. */
export function nonceOfSeat(run: SharedRun, challenge: number, licence: number): number {
  const challengeClass = run.tables.challenges[challenge * STRIDE.challenges + F.challenges.class]!;
  const p0 = run.puzzles[challengeClass * 2]!;
  const p1 = run.puzzles[challengeClass * 2 + 1]!;
  return rnd(p0 >>> 0, p1 >>> 0, PURPOSE.sketch, challenge, licence);
}

/** Challenges of the slot in progress; 0 in a slot for which none were scheduled. */
export function challengeCountOf(run: SharedRun, slotCount: number): number {
  const totals = run.tables.challengeTotals;
  return totals[F.challengeTotals.slot] === slotCount ? totals[F.challengeTotals.challengeCount]! : 0;
}

/**
 * @param sees whose results the view shows: those of the agent that it is pointed at, or, for the simulator itself, everybody's
 */
export function createSight(run: SharedRun, sees: 'own' | 'all' = 'own'): AgentSight {
  const t = run.tables;
  const state = attachState(t);
  const agentCount = run.roster.agents.length;
  const byAccount = new Map(run.roster.agents.map((info) => [info.account, info]));
  // Puzzles come after all models: nobody registers, declares or serves one.
  const models = run.variants.filter(({ isPuzzle }) => !isPuzzle);
  const variantByArtefact = new Map(models.map((v, i) => [v.artefactId, i]));
  const variantById = new Map(models.map((v, i) => [v.id, i]));
  const cartels = new Map<number, readonly number[]>();
  let me: AgentInfo = run.roster.agents[0]!;
  let phase: Phase = 60;
  let slotCount = 0;

  function listOf(name: ListName, owner: number): number[] {
    const { head, next } = run.lists[name];
    const entries: number[] = [];
    for (let entry = head[owner]!; entry !== 0; entry = next[entry]!) entries.push(entry);
    return entries;
  }

  /** Whether the agent may know what an inference gave: it has executed it itself. */
  const isKnown = (variant: number, sample: number, level: number): boolean =>
    sees === 'all' || hasExecuted(run, me.agent, variant, sample, level);

  /** Variant that the version behind an audit declares; −1 if its artefact is none that is known. */
  const variantOfTask = (task: number): number => {
    const version = t.tasks[task * STRIDE.tasks + F.tasks.referenceId]! * STRIDE.versions;
    return variantByArtefact.get(t.versions[version + F.versions.artefactId]!) ?? -1;
  };

  /** Whether anything was asked for in this slot: until then, the ledger still holds the requests of an earlier one. */
  const hasRequests = (): boolean => t.callTotals[F.callTotals.slot] === slotCount;

  function worldOf(account: number): { hardwareMil: number; rttMs: number; failBps: number } {
    const info = byAccount.get(account);
    assert(info !== undefined, `Account ${account} is no agent's`);
    const at = info.agent * 4;
    return { hardwareMil: run.world[at]!, rttMs: run.world[at + 1]!, failBps: run.world[at + 2]! };
  }

  const capacityAt = (index: number): number => run.capacity[me.agent * CAPACITY_SIZE + index]!;
  const capacity = Object.defineProperties(
    {},
    Object.fromEntries(
      Object.entries(CAPACITY).map(([name, index]) => [name, { enumerable: true, get: () => capacityAt(index) }]),
    ),
  ) as View['capacity'];

  function challengesWhere(field: number, value: number): number[] {
    const found: number[] = [];
    for (let challenge = 1; challenge <= challengeCountOf(run, slotCount); challenge++)
      if (t.challenges[challenge * STRIDE.challenges + field] === value) found.push(challenge);
    return found;
  }

  const isMember = (fizz: number): boolean => {
    const state = t.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes.state]!;
    return state >= FIZZ_STATE.registered && state <= FIZZ_STATE.detached;
  };
  const gatewayOf = (fizz: number): number => t.fizzNodes[fizz * STRIDE.fizzNodes + F.fizzNodes.gateway]!;

  /** Whether a fizz node is a member of a subnet of which the agent is the gateway, or a member as well. */
  function isInOwnSubnet(fizz: number): boolean {
    if (!isMember(fizz)) return false;
    const gateway = gatewayOf(fizz);
    if (t.providers[gateway * STRIDE.providers + F.providers.owner] === me.account) return true;
    return listOf('fizzOfAccount', me.account).some((own) => isMember(own) && gatewayOf(own) === gateway);
  }

  const view: View = {
    ledger: t,
    get era() {
      return t.clockTotals[F.clockTotals.era]!;
    },
    get slotCount() {
      return slotCount;
    },
    get slotOfEra() {
      return (slotCount - 1) % run.slotsPerEra;
    },
    get phase() {
      return phase;
    },
    get nowS() {
      return (slotCount - 1) * run.slotS + phase;
    },
    get account() {
      return me.account;
    },
    get roleIndex() {
      return me.roleIndex;
    },
    get populationIndex() {
      return me.populationIndex;
    },
    get options() {
      return run.roster.populations[me.population]!.options;
    },
    unitsPerToken: run.unitsPerToken,
    param: (key) => t.paramValues[P[key]]!,
    myNodes: () => listOf('nodesOfAccount', me.account),
    myModels: () => listOf('modelsOfAccount', me.account),
    myValidators: () => listOf('validatorsOfAccount', me.account),
    myDelegations: () => listOf('delegationsOfAccount', me.account),
    requestsOfNode: (node) => (hasRequests() ? listOf('requestsOfNode', node) : []),
    myRequests: () => (hasRequests() ? listOf('requestsOfAccount', me.account) : []),
    openMembersOf: (validator) => listOf('membersOfValidator', validator),
    pendingHostsOf: (node) => listOf('hostsOfNode', node),
    pendingTestsOf: (node) => listOf('testsOfNode', node),
    myProviders: () => listOf('providersOfAccount', me.account),
    myLicences: () => listOf('licencesOfAccount', me.account),
    licencesRun: () => listOf('licencesOfRunner', me.account),
    challengesOf: (provider) => challengesWhere(F.challenges.provider, provider),
    challengesOfClass: (challengeClass) => challengesWhere(F.challenges.class, challengeClass),
    seatsOf(licence) {
      const found: { challengeClass: number; seat: number }[] = [];
      if (challengeCountOf(run, slotCount) === 0) return found;
      for (let challengeClass = 1; challengeClass <= CLASS_COUNT; challengeClass++) {
        const at = challengeClass * STRIDE.committees;
        const state = t.committees[at + F.committees.state]!;
        if (state === 0 || state > CHALLENGE_STATE.issued) continue;
        const seatCount = t.committees[at + F.committees.seatCount]!;
        for (let seat = 0; seat < seatCount; seat++)
          if (t.seats[challengeClass * SEATS_PER_CLASS + seat] === licence) found.push({ challengeClass, seat });
      }
      return found;
    },
    puzzleOf: (challenge) => puzzleOf(run, challenge),
    responseTo(challenge) {
      const at = challenge * RESPONSE_SIZE;
      return {
        isAnswered: run.responses[at + RESPONSE.isAnswered] === 1,
        fits: run.responses[at + RESPONSE.fits] === 1,
        isRight: run.responses[at + RESPONSE.isRight] === 1,
        responseMs: run.responses[at + RESPONSE.responseMs]!,
      };
    },
    verdictsOn(challenge) {
      const found: number[] = [];
      for (let seat = 0; seat < SEATS_PER_CLASS; seat++) {
        const verdict = run.judgements[judgementAt(challenge, seat)]!;
        if (verdict !== 0) found.push(verdict);
      }
      return found;
    },
    myEscrows: () => listOf('escrowsOfAccount', me.account),
    ordersOf: (escrow) => listOf('ordersOfEscrow', escrow),
    leasesOf: (escrow) => listOf('leasesOfEscrow', escrow),
    closedLeasesOf: (escrow) => listOf('closedLeasesOfEscrow', escrow),
    leasesOfProvider: (provider) => listOf('leasesOfProvider', provider),
    myFizz: () => listOf('fizzOfAccount', me.account),
    membersOf: (provider) => listOf('membersOfProvider', provider),
    answersPolls(account) {
      if (!listOf('fizzOfAccount', account).some(isInOwnSubnet)) return false;
      return run.world[byAccount.get(account)!.agent * 4 + 3] === 1;
    },
    challengesOfMember(fizz) {
      if (!isInOwnSubnet(fizz)) return { challengeCount: 0, passedCount: 0 };
      return {
        challengeCount: run.memberChallenges[fizz * 2]!,
        passedCount: run.memberChallenges[fizz * 2 + 1]!,
      };
    },
    openOrders: () => Array.from(run.openOrders.subarray(1, run.openOrders[0]! + 1)),
    bidsOf: (order) => openBidsOf(state, order),
    winnerOf: (order) => winnerOf(state, order),
    costUnitsPerHour: (machine) => machineCostUnitsPerHour(machine, capacity.region, t, run.unitsPerToken),
    priceFp: (asset) => (asset === 0 ? FP : t.assets[asset * STRIDE.assets + F.assets.priceFp]!),
    capacity,
    market() {
      const count = run.market[0]!;
      return Array.from({ length: count }, (_, i) => ({
        model: run.market[1 + 3 * i]!,
        rankFp: run.market[2 + 3 * i]!,
        weightFp: run.market[3 + 3 * i]!,
      }));
    },
    variantOf: (artefactId) => variantByArtefact.get(artefactId) ?? -1,
    artefactOf(variant) {
      const found = models[variant];
      assert(found !== undefined, `There is no variant number ${variant}`);
      return found.artefactId;
    },
    wuOf(variant) {
      const found = models[variant];
      assert(found !== undefined, `There is no variant number ${variant}`);
      return found.wu;
    },
    variantNamed(id) {
      const found = variantById.get(id);
      assert(found !== undefined, `There is no variant ${id}; known are ${[...variantById.keys()].join(', ')}`);
      return found;
    },
    variantCount: models.length,
    latencyOf: (request) => t.requests[request * STRIDE.requests + F.requests.latencyMs]!,
    sampleOf: (request) =>
      sampleOfRequest(run, t.clockTotals[F.clockTotals.beacon6]!, t.clockTotals[F.clockTotals.beacon7]!, request),
    samplesOfTask(task) {
      // Drawn with the beacon of the slot of the assignment: unknown before it, and the same for all members.
      const seed = run.taskSeeds[task]!;
      const hasGroup = seed > 0 && t.tasks[task * STRIDE.tasks + F.tasks.state] !== TASK_STATE.created;
      assert(hasGroup, `Task ${task} has no group yet`);
      const high = Math.floor(seed / TWO_32);
      const low = seed >>> 0;
      const count = t.paramValues[P['val.samples']]!;
      return Array.from({ length: count }, (_, k) => ({
        sample: pickValidation(run, run.taskRotations[task]!, rnd(high, low, PURPOSE.sample, task, k)),
        level: levelOf(run.levelBps, rnd(high, low, PURPOSE.level, task, k)),
      }));
    },
    sampleOfAudit: (task) => unpackAudit(run, task),
    myAudits() {
      const audits = run.openAudits.subarray(1, run.openAudits[0]! + 1);
      return Array.from(audits).filter((task) => t.tasks[task * STRIDE.tasks + F.tasks.owner] === me.account);
    },
    openingOf(task) {
      const saltId = saltOf(run, me.account, run.auditRequests[task * 2 + 1]!, run.auditRequests[task * 2]!);
      const wanted = t.tasks[task * STRIDE.tasks + F.tasks.commitmentId]!;
      const outputId = outputsOfAudit(run, task).find((id) => commitmentOf(id, saltId, me.account) === wanted);
      if (outputId === undefined) return undefined;
      const { sample, level } = unpackAudit(run, task);
      const isOwn = run.variants.some(
        (_, variant) =>
          run.answers[answerAt(run, variant, sample, level) + 3] === outputId && isKnown(variant, sample, level),
      );
      const nonceId = t.tasks[task * STRIDE.tasks + F.tasks.nonceId]!;
      return isOwn ? { outputId, saltId, sketchId: sketchIdOf(outputId, nonceId) } : { outputId, saltId };
    },
    commitmentTo: (outputId, request) =>
      commitmentOf(outputId, saltOf(run, me.account, slotCount, request), me.account),
    distanceOf(task) {
      const at = task * DISTANCE_SIZE;
      const known = run.distances[at]!;
      if (known === 0) return undefined;
      const { sample, level } = unpackAudit(run, task);
      if (!isKnown(variantOfTask(task), sample, level)) return undefined;
      return { ppb: known - 1, second: run.distances[at + 1] === 1, declaredAnswerId: run.distances[at + 2]! };
    },
    acceptedPpb(task, second) {
      return acceptedPpb(t.paramValues, models[variantOfTask(task)]?.precision ?? 'fp32', second);
    },
    buildServed: (model) => run.builds[model]! - 1,
    qualityOf(request) {
      const own = request * STRIDE.requests;
      const answerId = t.requests[own + F.requests.answerId]!;
      if (answerId === 0 || (sees === 'own' && t.requests[own + F.requests.consumer] !== me.account)) return -1;
      const { sample, level } = view.sampleOf(request);
      const given = models.findIndex((_, variant) => run.answers[answerAt(run, variant, sample, level)] === answerId);
      return given < 0 ? -1 : run.answers[answerAt(run, given, sample, level) + 1]!;
    },
    answer(variant, sample, level): MeasuredAnswer | undefined {
      if (!isKnown(variant, sample, level)) return undefined;
      const at = answerAt(run, variant, sample, level);
      const answerId = run.answers[at]!;
      return answerId === 0
        ? undefined
        : {
            answerId,
            qualityBps: run.answers[at + 1]!,
            latencyUs: run.answers[at + 2]!,
            outputId: run.answers[at + 3]!,
          };
    },
    get hardwareMil() {
      return run.world[me.agent * 4]!;
    },
    get rttMs() {
      return run.world[me.agent * 4 + 1]!;
    },
    get failBps() {
      return run.world[me.agent * 4 + 2]!;
    },
    get connected() {
      return run.world[me.agent * 4 + 3] === 1;
    },
    probeNode: (node) => worldOf(t.nodes[node * STRIDE.nodes + F.nodes.owner]!),
    document: decodeDocument,
    makeDocument: encodeDocument,
    cartel() {
      let members = cartels.get(me.population);
      if (members === undefined) {
        const cartelOf = (info: AgentInfo) => run.roster.populations[info.population]!.options.cartel ?? 0;
        const own = cartelOf(me);
        members = own === 0 ? [] : run.roster.agents.filter((a) => cartelOf(a) === own).map((a) => a.account);
        cartels.set(me.population, members);
      }
      return members;
    },
    arrivals() {
      const demand = run.roster.populations[me.population]!.demand;
      if (demand === null) return [];
      if (demand.kind === 'poisson') {
        const count = nextPoisson(run.streams as Float64Array, agentCount + me.agent, demand.ratePerSlotMil / 1_000);
        return Array.from({ length: count }, () => ({ scaleMil: 1_000 }));
      }
      const from = run.arrivalStarts[me.agent]!;
      const to = run.arrivalStarts[me.agent + 1]!;
      return Array.from(run.arrivalScales.subarray(from, to), (scaleMil) => ({ scaleMil }));
    },
  };

  const streams = run.streams as Float64Array;
  const random: AgentRandom = {
    unit: () => nextUnit(streams, me.agent),
    int: (n) => nextInt(streams, me.agent, n),
    chance: (bps) => chanceBps(streams, me.agent, bps),
    poisson: (lambda) => nextPoisson(streams, me.agent, lambda),
    normal: () => nextNormal(streams, me.agent),
  };

  return {
    view,
    random,
    pointAt(agent, nextPhase, nextSlotCount) {
      me = agent;
      phase = nextPhase;
      slotCount = nextSlotCount;
    },
  };
}
