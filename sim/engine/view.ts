/** Builds what agents see (`agentContract.ts`) over the shared memory of a run. One view per thread, pointed at one agent after the other. */
import { assert } from '../base/assert.ts';
import { nextNormal, nextPoisson } from '../base/draws.ts';
import { BPS, FP } from '../base/fixedPoint.ts';
import { PURPOSE, pick, rnd } from '../base/rnd.ts';
import { chanceBps, nextInt, nextUnit } from '../base/stream.ts';
import { CHALLENGE_STATE, CLASS_COUNT, F, FIZZ_STATE, SEATS_PER_CLASS, STRIDE } from '../protocol/layout.ts';
import { winnerOf } from '../protocol/matching.ts';
import { openBidsOf } from '../protocol/orders.ts';
import { P } from '../protocol/params.ts';
import { attachState } from '../protocol/state.ts';
import type { AgentRandom, MeasuredAnswer, Phase, View } from './agentContract.ts';
import { decodeDocument, encodeDocument } from './documents.ts';
import { machineCostUnitsPerHour } from './machineCost.ts';
import type { AgentInfo } from './roster.ts';
import {
  answerAt,
  CAPACITY,
  CAPACITY_SIZE,
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

/** Sample and difficulty of request `request` of the slot with the given beacon halves. */
export function sampleOfRequest(
  run: SharedRun,
  beaconHigh: number,
  beaconLow: number,
  request: number,
): { sample: number; level: number } {
  return {
    sample: pick(rnd(beaconHigh, beaconLow, PURPOSE.sample, request, 0), run.poolSamples),
    level: levelOf(run.levelBps, rnd(beaconHigh, beaconLow, PURPOSE.level, request, 0)),
  };
}

/** Difficulty of every puzzle: the hard one, which tells machines and models apart best. */
const PUZZLE_LEVEL = 2;

/** What a target has to read in a challenge of the slot: follows from the puzzle of its class, which is secret until the issue. */
export function sampleOfPuzzle(
  run: SharedRun,
  challengeClass: number,
  provider: number,
): { sample: number; level: number } {
  const p0 = run.puzzles[challengeClass * 2]!;
  const p1 = run.puzzles[challengeClass * 2 + 1]!;
  return { sample: pick(rnd(p0 >>> 0, p1 >>> 0, PURPOSE.sample, provider, 0), run.poolSamples), level: PUZZLE_LEVEL };
}

/** Challenges of the slot in progress; 0 in a slot for which none were scheduled. */
export function challengeCountOf(run: SharedRun, slotCount: number): number {
  const totals = run.tables.challengeTotals;
  return totals[F.challengeTotals.slot] === slotCount ? totals[F.challengeTotals.challengeCount]! : 0;
}

export function createSight(run: SharedRun): AgentSight {
  const t = run.tables;
  const state = attachState(t);
  const agentCount = run.roster.agents.length;
  const byAccount = new Map(run.roster.agents.map((info) => [info.account, info]));
  const variantByArtefact = new Map(run.variants.map((v, i) => [v.artefactId, i]));
  const variantById = new Map(run.variants.map((v, i) => [v.id, i]));
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
    puzzleOf(challenge) {
      const at = challenge * STRIDE.challenges;
      return sampleOfPuzzle(run, t.challenges[at + F.challenges.class]!, t.challenges[at + F.challenges.provider]!);
    },
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
      const found = run.variants[variant];
      assert(found !== undefined, `There is no variant number ${variant}`);
      return found.artefactId;
    },
    wuOf(variant) {
      const found = run.variants[variant];
      assert(found !== undefined, `There is no variant number ${variant}`);
      return found.wu;
    },
    variantNamed(id) {
      const found = variantById.get(id);
      assert(found !== undefined, `There is no variant ${id}; known are ${[...variantById.keys()].join(', ')}`);
      return found;
    },
    variantCount: run.variants.length,
    latencyOf: (request) => t.requests[request * STRIDE.requests + F.requests.latencyMs]!,
    sampleOf: (request) =>
      sampleOfRequest(run, t.clockTotals[F.clockTotals.beacon6]!, t.clockTotals[F.clockTotals.beacon7]!, request),
    samplesOfTask(task) {
      const at = task * STRIDE.tasks;
      // Time and place of the assignment are not known before it, and are the same for all members.
      const assignedS = t.tasks[at + F.tasks.assignedS]!;
      const memberStart = t.tasks[at + F.tasks.memberStart]!;
      const count = t.paramValues[P['val.samples']]!;
      return Array.from({ length: count }, (_, k) => ({
        sample: pick(rnd(assignedS >>> 0, memberStart >>> 0, PURPOSE.sample, task, k), run.poolSamples),
        level: levelOf(run.levelBps, rnd(assignedS >>> 0, memberStart >>> 0, PURPOSE.level, task, k)),
      }));
    },
    sampleOfAudit(task) {
      const packed = run.auditSamples[task]!;
      assert(packed > 0, `Task ${task} is no audit`);
      return { sample: Math.floor((packed - 1) / 4), level: (packed - 1) % 4 };
    },
    answer(variant, sample, level): MeasuredAnswer | undefined {
      const at = answerAt(run, variant, sample, level);
      const answerId = run.answers[at]!;
      return answerId === 0
        ? undefined
        : { answerId, qualityBps: run.answers[at + 1]!, latencyUs: run.answers[at + 2]! };
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
