/**
 * What an agent sees and what it may do. The ledger is public, so every role reads all of it; what is private (what
 * another miner runs, what a result really was before it was published) is not in the ledger and not in the view. A
 * strategy is a function: it looks, and returns actions; the engine orders them and the ledger executes them.
 */

import type { ActionName } from '../protocol/actions.ts';
import type { TableName } from '../protocol/layout.ts';
import type { Role } from './scenario.ts';

/** Phases in which agents act, by their offset in the slot (T-PHASE). `work` is no block: in it, inference is ordered for `serve`. */
export const PHASE = {
  open: 60,
  bid: 62,
  /** A block later: the last of a bid window of two blocks (BEH-12). */
  lastBid: 64,
  match: 66,
  work: 119,
  serve: 120,
  reveal: 330,
  close: 420,
} as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];

export type ReadonlyTable = { readonly length: number; readonly [index: number]: number };
/** The ledger's tables, to look at. */
export type LedgerView = { readonly [T in TableName]: ReadonlyTable };

/** Result of one executed inference: of a variant on a sample of the task pool. */
export type MeasuredAnswer = {
  readonly answerId: number;
  readonly qualityBps: number;
  readonly latencyUs: number;
  /** Content identifier of the numbers before decoding: what an answer is committed to. */
  readonly outputId: number;
};

/** The agent's own chance: a keyed stream nobody else draws from. */
export type AgentRandom = {
  unit(): number;
  int(n: number): number;
  chance(bps: number): boolean;
  poisson(lambda: number): number;
  normal(): number;
};

export type View = {
  readonly ledger: LedgerView;
  readonly era: number;
  /** Slots opened so far; slot number from genesis is one less. */
  readonly slotCount: number;
  readonly slotOfEra: number;
  readonly phase: Phase;
  readonly nowS: number;
  /** The agent's account on the ledger. */
  readonly account: number;
  /** Place of the agent in its role (0-based) and in its population. */
  readonly roleIndex: number;
  readonly populationIndex: number;
  readonly options: Readonly<Record<string, number | string>>;
  readonly unitsPerToken: number;
  param(key: import('../protocol/params.ts').ParamKey): number;

  /** Entities owned by the account, ascending. */
  myNodes(): readonly number[];
  myModels(): readonly number[];
  myValidators(): readonly number[];
  myDelegations(): readonly number[];
  /** Requests of this slot routed to a node, ascending; requests sent by this account. */
  requestsOfNode(node: number): readonly number[];
  myRequests(): readonly number[];
  /** Members (rows of table `members`) of a validator in tasks that are assigned and not settled. */
  openMembersOf(validator: number): readonly number[];
  /** (model, host) pairs, as model·8 + host, in which the node is deploying or next; and models whose test it hosts. */
  pendingHostsOf(node: number): readonly number[];
  pendingTestsOf(node: number): readonly number[];
  myProviders(): readonly number[];
  /** Slark licences owned by the account; licences whose client it runs. Ascending. */
  myLicences(): readonly number[];
  licencesRun(): readonly number[];
  /** Challenges of this slot against a provider; all of a class; classes in whose committee a licence sits, with its seat. */
  challengesOf(provider: number): readonly number[];
  challengesOfClass(challengeClass: number): readonly number[];
  seatsOf(licence: number): readonly { readonly challengeClass: number; readonly seat: number }[];
  /** What a target has to execute, and on which sample, known from the issue on (CHAL-5, CHAL-6). */
  puzzleOf(challenge: number): { readonly variant: number; readonly sample: number; readonly level: number };
  /** What a Slark sees of a target's answer to a challenge of this slot; from phase reveal on. */
  responseTo(challenge: number): {
    readonly isAnswered: boolean;
    /** The workload of the size asked for was deployed. */
    readonly fits: boolean;
    readonly isRight: boolean;
    readonly responseMs: number;
  };
  /** Findings that the other seats have handed in about a challenge so far: 1 pass, 2 fail. */
  verdictsOn(challenge: number): readonly number[];
  /** Escrow wallets of the account; orders of a wallet that are open or being matched; its leases that are not closed. */
  myEscrows(): readonly number[];
  ordersOf(escrow: number): readonly number[];
  leasesOf(escrow: number): readonly number[];
  /** Leases of a wallet that were closed within the last day and have not been rated. */
  closedLeasesOf(escrow: number): readonly number[];
  /** Leases of a provider that are not closed, those of its subnet included. */
  leasesOfProvider(provider: number): readonly number[];
  /** Fizz nodes of the account, and those that belong to the subnet of a provider. */
  myFizz(): readonly number[];
  membersOf(provider: number): readonly number[];
  /**
   * Whether the device of an account answers when it is polled: in this slot it is on and reachable. Only who is in a subnet,
   * its gateway or a member, is answered by its members; everybody else reads false (FIZZ-4, FIZZ-5).
   */
  answersPolls(account: number): boolean;
  /**
   * Challenges of its gateway that were passed or failed while a fizz node was there for them, and those passed: what a gateway
   * knows of its members, and tells them. Zeros to anybody outside of the subnet (FIZZ-6).
   */
  challengesOfMember(fizz: number): { readonly challengeCount: number; readonly passedCount: number };
  /** Orders of the whole market that are open for bids or being matched, ascending. */
  openOrders(): readonly number[];
  /** Open bids on an order, latest first; and which of them the engine would take now, 0 for none (F-15, MATCH-6). */
  bidsOf(order: number): readonly number[];
  winnerOf(order: number): number;
  /** What a machine costs its owner per hour, capital and running costs, in base units at the oracle's price (ECON-7). */
  costUnitsPerHour(machine: Pick<Capacity, 'cpuCount' | 'memoryGb' | 'storageGb' | 'gpuCount' | 'gpuTier'>): number;
  /** Oracle price of a foreign asset in tokens per unit, FP-scaled; FP for asset 0. */
  priceFp(asset: number): number;
  /** What the agent's own machine really has, and the class it is of (ATTR-2 to ATTR-5). */
  readonly capacity: Capacity;
  /** Live models in order of market rank (F-21), with their rank and the weight of a consumer's choice. */
  market(): readonly { readonly model: number; readonly rankFp: number; readonly weightFp: number }[];

  /** Variant that an artefact is (models are public files addressed by content); −1 if unknown. */
  variantOf(artefactId: number): number;
  artefactOf(variant: number): number;
  wuOf(variant: number): number;
  variantNamed(id: string): number;
  readonly variantCount: number;
  /** Reported latency of an own request of this slot, ms. */
  latencyOf(request: number): number;
  /** Sample of the task pool and difficulty that a request of this slot carries. */
  sampleOf(request: number): { readonly sample: number; readonly level: number };
  /** Samples on which a validation task is to be judged: the same for all members, unknown before assignment. */
  samplesOfTask(task: number): readonly { readonly sample: number; readonly level: number }[];
  /** Sample of the request behind an audit (task of kind output). */
  sampleOfAudit(task: number): { readonly sample: number; readonly level: number };
  /** Audits of answers of the own nodes whose commitment has not been opened and still may be, ascending. */
  myAudits(): readonly number[];
  /**
   * What an own node committed to when it gave the answer that is now audited: the output and the salt, and the identifier of
   * the output's sketch under the audit's nonce if this agent has executed it itself. Undefined where the commitment was to
   * nothing that anybody has executed.
   */
  openingOf(
    task: number,
  ): { readonly outputId: number; readonly saltId: number; readonly sketchId?: number } | undefined;
  /** The own commitment to the output behind the answer to a request of this slot (DFPN-17). */
  commitmentTo(outputId: number, request: number): number;
  /**
   * How far the sketch that was revealed for an audit is from an own execution of what was declared, ppb, if that was ordered
   * in phase `work`; `second` if the first look left it open. With it the answer that
   * this execution gave, the validators' own also where they have another device than the miners.
   */
  distanceOf(
    task: number,
  ): { readonly ppb: number; readonly second: boolean; readonly declaredAnswerId: number } | undefined;
  /** Width of the band in which a sketch of the version behind an audit is accepted, ppb. */
  acceptedPpb(task: number, second: boolean): number;
  /** Variant of the file that its creator has put in the place of the approved one; −1 if the file is as approved (BEH-26). */
  buildServed(model: number): number;
  /** The measured answer, if this agent ordered it in the `work` phase of this or an earlier slot; else undefined. */
  answer(variant: number, sample: number, level: number): MeasuredAnswer | undefined;
  /**
   * Quality of the answer that an own request of this slot got, bps: its consumer holds the line that was to be read. −1 for
   * the request of somebody else, one without an answer, and an answer that no execution gave.
   */
  qualityOf(request: number): number;

  /** Own hardware: time factor in thousandths of the measured device, network round trip, share of failed requests. */
  readonly hardwareMil: number;
  readonly rttMs: number;
  readonly failBps: number;
  /** False while the agent's hardware is down or cut off: it cannot serve or send. */
  readonly connected: boolean;
  /** What a validator measures when it probes a node: the node's true time factor, round trip and failure share. */
  probeNode(node: number): {
    readonly hardwareMil: number;
    readonly rttMs: number;
    readonly failBps: number;
  };
  /** Content of a metadata document: fields present of ten, and whether it carries a critical flag (F-19). */
  document(documentId: number): { readonly fieldCount: number; readonly flagged: boolean };
  makeDocument(fieldCount: number, flagged: boolean, salt: number): number;
  /** Accounts of all agents with this agent's number of a cartel (option `cartel`), ascending; none for 0 (BEH-21, BEH-42). */
  cartel(): readonly number[];
  /** Requests to send in this slot according to the population's demand, with their scale (thousandths of the reference length). */
  arrivals(): readonly { readonly scaleMil: number }[];
};

export type Capacity = {
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
  readonly gpuTier: number;
  readonly computeTier: number;
  readonly storageTier: number;
  readonly netTier: number;
  readonly region: number;
  readonly compliance: number;
};

/** Sixteen numbers of memory per agent, kept between calls; starts as zeros. */
export const MEMORY_SIZE = 16;
export type Memory = Float64Array;

/** Where a strategy puts what it decides. Actions are executed in the order given. */
export type Decision = {
  act(name: ActionName, args: readonly number[]): void;
  /** Orders an inference; allowed in phase `work` only. Executed once however many agents order it. */
  infer(variant: number, sample: number, level: number): void;
  /** Orders an own execution of what an audited answer is declared to be, and its sketch; allowed in phase `work` only. */
  compare(task: number): void;
  /** Puts the file of another variant in the place of an own model's approved one; allowed in phase `open` only (BEH-26). */
  swap(model: number, variant: number): void;
  /**
   * Answers a challenge against an own provider; allowed in phase `serve`. Whether the workload fits is physics, not for the
   * target to say; with `evicts` it throws its other work out for the time being.
   */
  respond(challenge: number, answerId: number, responseMs: number, evicts: boolean): void;
  /**
   * Hands in what a licence found about a challenge: 1 pass, 2 fail; allowed in phases `reveal` and `close`. The first counts.
   * Who has executed the puzzle hands in his own sketch of its answer with it; everybody else has but another seat's.
   */
  judge(challenge: number, licence: number, verdict: number, delayMs: number): void;
  /** Misuses the data of a consumer on a lease (BEH-15), allowed in phase `serve`; off the ledger, and found out by chance. */
  misuse(lease: number): void;
};

/** A strategy: called in the phases it subscribes to. Pure but for `memory`, which is its own. */
export type Strategy = {
  readonly role: Role;
  readonly name: string;
  /** Phases in which it wants to be called in every slot. */
  readonly phases: readonly Phase[];
  decide(view: View, memory: Memory, random: AgentRandom, out: Decision): void;
};
