/**
 * The steps that every miner takes, whatever its intent: entering by stake, papers and validation, answering deployments,
 * serving requests with the variant that its strategy names. Strategies differ in what they serve and when they leave.
 */
import type { AgentRandom, Decision, View } from '../../sim/engine/agentContract.ts';
import { DOCUMENT_FIELDS } from '../../sim/engine/documents.ts';
import { F, FAULT, HOSTS_PER_MODEL, NODE_STATE, REQUEST_STATE, STRIDE } from '../../sim/protocol/layout.ts';

/** Domains that a node supports: all 32 (bit per domain). */
const ALL_DOMAINS = 4_294_967_295;

export function nodeState(view: View, node: number): number {
  return view.ledger.nodes[node * STRIDE.nodes + F.nodes.state]!;
}

/** Nodes that have neither left nor lost their slot. */
export function nodesInPlay(view: View): number[] {
  return view.myNodes().filter((node) => nodeState(view, node) < NODE_STATE.removed);
}

/** Enters with a further node if the wallet covers the stake (NODE-1). */
export function reserve(view: View, capacityCount: number, out: Decision): void {
  const stakeUnits = view.param('node.stake_min');
  if (view.ledger.wallets[view.account]! >= stakeUnits) out.act('reserveSlot', [ALL_DOMAINS, capacityCount]);
}

/** Takes the next step of each own node towards Online (SM-2). */
export function advance(view: View, capacityCount: number, out: Decision): void {
  for (const node of nodesInPlay(view)) {
    const at = node * STRIDE.nodes;
    const needsChange = view.ledger.nodes[at + F.nodes.needsChange] === 1;
    switch (nodeState(view, node)) {
      case NODE_STATE.reserved:
        out.act('registerNode', [node, node * 16 + 1]);
        break;
      case NODE_STATE.registered:
      case NODE_STATE.metaRejected:
        if (needsChange) out.act('editNode', [node, ALL_DOMAINS, capacityCount]);
        out.act('submitNodeMetadata', [node, view.makeDocument(DOCUMENT_FIELDS, false, node * 1_024 + view.slotCount)]);
        break;
      case NODE_STATE.metaApproved:
        out.act('requestNodeValidation', [node]);
        break;
      case NODE_STATE.valRejected:
        // A day of work on the machine before it is shown again (NODE-7).
        if (view.slotOfEra !== 0) break;
        if (needsChange) out.act('editNode', [node, ALL_DOMAINS, capacityCount]);
        out.act('requestNodeValidation', [node]);
        break;
      default:
    }
  }
}

/** Adds a share of the era's income to the stake, once per era. Memory 0 holds the wallet of the era before. */
export function reinvest(view: View, memory: Float64Array, shareBps: number, out: Decision): void {
  if (view.slotOfEra !== 0) return;
  const wallet = view.ledger.wallets[view.account]!;
  const gain = wallet - memory[0]!;
  memory[0] = wallet;
  const node = nodesInPlay(view)[0];
  if (view.era < 2 || gain <= 0 || node === undefined || shareBps === 0) return;
  const units = Math.floor((gain / 10_000) * shareBps);
  if (units > 0 && nodeState(view, node) <= NODE_STATE.exiting) out.act('topUpNode', [node, units]);
}

/** Answers test deployments and production placements; hardware that fails says so. */
export function answerDeployments(view: View, random: AgentRandom, out: Decision): void {
  if (!view.connected) return;
  for (const node of nodesInPlay(view)) {
    for (const model of view.pendingTestsOf(node)) {
      const candidate = view.ledger.models[model * STRIDE.models + F.models.candidateVersion]!;
      const known = view.variantOf(view.ledger.versions[candidate * STRIDE.versions + F.versions.artefactId]!) >= 0;
      if (!known) out.act('failTestDeployment', [model, FAULT.model]);
      else if (random.chance(view.failBps)) out.act('failTestDeployment', [model, FAULT.node]);
      else out.act('confirmTestDeployment', [model]);
    }
    for (const record of view.pendingHostsOf(node)) {
      const args = [Math.floor(record / HOSTS_PER_MODEL), record % HOSTS_PER_MODEL] as const;
      // The file is not the approved one. The model is live, and of such a model the ledger takes no complaint but of the node.
      if (checksHash(view) && view.buildServed(args[0]) >= 0) out.act('failHost', [...args, FAULT.node]);
      else if (random.chance(view.failBps)) out.act('failHost', [...args, FAULT.node]);
      else out.act('confirmHost', args);
    }
  }
}

/** Requests of this slot that wait for one of the own nodes. */
export function waitingRequests(view: View): number[] {
  if (!view.connected) return [];
  return nodesInPlay(view)
    .flatMap((node) => view.requestsOfNode(node))
    .filter((request) => view.ledger.requests[request * STRIDE.requests + F.requests.state] === REQUEST_STATE.routed);
}

/** Variant of the version that a request is to be served with. */
export function declaredVariant(view: View, request: number): number {
  const version = view.ledger.requests[request * STRIDE.requests + F.requests.version]!;
  return view.variantOf(view.ledger.versions[version * STRIDE.versions + F.versions.artefactId]!);
}

/** What a miner runs for a request: the declared variant, or another one. The same in phases `work` and `serve`. */
export type Choice = (request: number, declared: number) => number;

/** Whether it holds the hash of a file against the one on the ledger before it runs it. */
function checksHash(view: View): boolean {
  return view.options.checks_hash !== 'off';
}

/** What a choice comes to for a miner that runs whatever file the creator serves: the declared version may be another build. */
export function asServed(view: View, choose: Choice): Choice {
  if (checksHash(view)) return choose;
  return (request, declared) => {
    const chosen = choose(request, declared);
    const build = view.buildServed(view.ledger.requests[request * STRIDE.requests + F.requests.model]!);
    return chosen === declared && build >= 0 ? build : chosen;
  };
}

export function orderWork(view: View, choose: Choice, out: Decision): void {
  for (const request of waitingRequests(view)) {
    const { sample, level } = view.sampleOf(request);
    out.infer(choose(request, declaredVariant(view, request)), sample, level);
  }
}

/** Serves with what the variant really answered, in the time that it really took on this hardware. */
export function serve(view: View, random: AgentRandom, choose: Choice, out: Decision): void {
  for (const request of waitingRequests(view)) {
    if (random.chance(view.failBps)) continue;
    const { sample, level } = view.sampleOf(request);
    const answer = view.answer(choose(request, declaredVariant(view, request)), sample, level);
    if (answer === undefined) continue;
    const scaleMil = view.ledger.requests[request * STRIDE.requests + F.requests.scaleMil]!;
    const computeMs = (answer.latencyUs * view.hardwareMil * scaleMil) / 1_000_000_000;
    const latencyMs = Math.max(1, Math.round(computeMs) + view.rttMs);
    if (latencyMs > view.param('req.timeout_ms')) continue;
    out.act('serveRequest', [request, answer.answerId, view.commitmentTo(answer.outputId, request), latencyMs]);
  }
}

/** Opens the commitments behind the answers that are audited in this slot, each with its sketch under the audit's nonce. */
export function proveAudited(view: View, out: Decision): void {
  if (!view.connected) return;
  for (const task of view.myAudits()) {
    const opening = view.openingOf(task);
    if (opening?.sketchId === undefined) continue;
    out.act('revealSketch', [task, opening.outputId, opening.saltId, opening.sketchId]);
  }
}

/** Leaves by the exit queue from an era on (NODE-13, NODE-14). */
export function leave(view: View, fromEra: number, out: Decision): void {
  if (fromEra === 0 || view.era < fromEra || view.slotOfEra !== 0) return;
  for (const node of nodesInPlay(view)) {
    const state = nodeState(view, node);
    const at = node * STRIDE.nodes;
    if (state === NODE_STATE.online || state === NODE_STATE.offline) out.act('requestExit', [node]);
    else if (
      state === NODE_STATE.exiting &&
      view.era >= view.ledger.nodes[at + F.nodes.exitEra]! &&
      view.ledger.nodes[at + F.nodes.loadCount] === 0
    )
      out.act('finaliseExit', [node]);
  }
}
