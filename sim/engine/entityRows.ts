/**
 * What the ledger's entities brought into an era's settlement and what it made of them, as rows: the factors of every
 * reward and of every standing. A settlement clears its counters as it goes, so they are copied in its midst.
 */
import { allocShare, FP, mulDivDown } from '../base/fixedPoint.ts';
import { A, type Action } from '../protocol/actions.ts';
import { currentEra } from '../protocol/clock.ts';
import { ballotsOf, decide } from '../protocol/consensus.ts';
import { eligibleUnits } from '../protocol/delegation.ts';
import { EV } from '../protocol/events.ts';
import { ACCOUNT, F, KIND, NODE_STATE, STRIDE, VALIDATOR_STATE, VERDICT } from '../protocol/layout.ts';
import { answeredOf, expectedOf, flapsOf, meanMsOf } from '../protocol/nodeReport.ts';
import { eligibleDelegatedUnits, eligibleOwnUnits } from '../protocol/stake.ts';
import { getParam, type State } from '../protocol/state.ts';
import { createProviderRecorder, type ProviderRows, type ProviderSums, type TierMoves } from './providerRows.ts';
import type { SharedRun } from './shared.ts';
import type { CallRow, DelegationRow, NodeRow, ValidatorRow } from './trace.ts';

export type EntityRows = {
  readonly nodes: readonly NodeRow[];
  readonly validators: readonly ValidatorRow[];
  readonly delegations: readonly DelegationRow[];
  readonly calls: readonly CallRow[];
} & ProviderRows;

export type EntityRecorder = {
  /**
   * Hands a settlement's actions on, and copies what the next one is about to clear.
   *
   * @param s the state that the actions are executed on, current whenever the next one is drawn
   */
  watch(s: State, actions: Iterable<Action>): Generator<Action, void, void>;
  /** Reads the event at `at` of the run's state, whose block has been executed in `slot`. */
  observeEvent(at: number, slot: number): void;
  /** Rows of the era that has just been settled, and sums that no row holds; starts the next. */
  take(era: number): EntityRows & { readonly sums: ProviderSums; readonly tierMoves: TierMoves };
};

type NodeBefore = Omit<
  NodeRow,
  'era' | 'completionFp' | 'accuracyFp' | 'stabilityFp' | 'speedFp' | 'behaviourFp' | 'trustAfterFp'
>;
type Votes = {
  alignedCount: number;
  againstCount: number;
  copiedCount: number;
  missedCount: number;
};
type ValidatorBefore = Omit<ValidatorRow, 'era' | 'reputationAfterFp' | 'lateCount' | keyof Votes>;
type DelegationBefore = { readonly eligibleUnits: number };
type Purchase = { servedCount: number; refundedCount: number; feeUnits: number };

const namesOf = (states: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(states).map(([name, code]) => [code, name]));
const NODE_STATE_NAMES = namesOf(NODE_STATE);
const VALIDATOR_STATE_NAMES = namesOf(VALIDATOR_STATE);
const TARGET_NAMES = new Map<number, DelegationRow['targetKind']>([
  [KIND.node, 'node'],
  [KIND.validator, 'validator'],
  [KIND.provider, 'provider'],
]);

function nodesBefore(s: State): NodeBefore[] {
  const poolUnits = s.emissionTotals[F.emissionTotals.powrUnits]!;
  const sumFp = s.nodeTotals[F.nodeTotals.scoreSumFp]!;
  let runningFp = 0;
  return Array.from({ length: s.nodeTotals[F.nodeTotals.nodeCount]! }, (_, i) => {
    const node = i + 1;
    const own = node * STRIDE.nodes;
    const trust = node * STRIDE.nodeTrust;
    const era = node * STRIDE.nodeEra;
    const report = node * STRIDE.nodeReports;
    const beats = s.nodeReports[report + F.nodeReports.beats]!;
    const scoreFp = s.nodeEra[era + F.nodeEra.scoreFp]!;
    const rewardUnits = sumFp === 0 ? 0 : allocShare(poolUnits, runningFp, runningFp + scoreFp, sumFp);
    runningFp += scoreFp;
    return {
      node,
      account: s.nodes[own + F.nodes.owner]!,
      state: NODE_STATE_NAMES.get(s.nodes[own + F.nodes.state]!) ?? '',
      trustFp: s.nodeTrust[trust + F.nodeTrust.trustFp]!,
      qualityFp: s.nodeTrust[trust + F.nodeTrust.qualityFp]!,
      acceptedWu: s.nodeEra[era + F.nodeEra.acceptedWu]!,
      scoreFp,
      rewardUnits,
      ownEligibleUnits: eligibleOwnUnits(s, KIND.node, node),
      delegatedEligibleUnits: eligibleDelegatedUnits(s, KIND.node, node),
      assignedCount: s.nodeEra[era + F.nodeEra.assignedCount]!,
      finishedCount: s.nodeEra[era + F.nodeEra.finishedCount]!,
      checkedCount: s.nodeEra[era + F.nodeEra.checkedCount]!,
      acceptedCount: s.nodeEra[era + F.nodeEra.acceptedCount]!,
      beatExpectedCount: expectedOf(beats),
      beatAnsweredCount: answeredOf(beats),
      flapCount: flapsOf(s.nodeReports[report + F.nodeReports.breaches]!),
      meanMs: meanMsOf(beats),
      offenceCount: s.nodeTrust[trust + F.nodeTrust.offenceEra] === currentEra(s) + 1 ? 1 : 0,
    };
  });
}

/** @param potUnits the pot that validators shared; its share is nobody's if no weight was earned */
function validatorsBefore(s: State, potUnits: number): ValidatorBefore[] {
  const sumFp = s.validatorTotals[F.validatorTotals.payWeightFp]!;
  let runningFp = 0;
  return Array.from({ length: s.validatorTotals[F.validatorTotals.validatorCount]! }, (_, i) => {
    const validator = i + 1;
    const at = validator * STRIDE.validators;
    const payWeightFp = s.validators[at + F.validators.eraPayWeightFp]!;
    const rewardUnits = sumFp === 0 ? 0 : allocShare(potUnits, runningFp, runningFp + payWeightFp, sumFp);
    runningFp += payWeightFp;
    return {
      validator,
      account: s.validators[at + F.validators.owner]!,
      state: VALIDATOR_STATE_NAMES.get(s.validators[at + F.validators.state]!) ?? '',
      reputationFp: s.validators[at + F.validators.reputationFp]!,
      taskCount: s.validators[at + F.validators.eraTaskCount]!,
      scoreSumFp: s.validators[at + F.validators.eraScoreFp]!,
      payWeightFp,
      rewardUnits,
      ownEligibleUnits: eligibleOwnUnits(s, KIND.validator, validator),
      delegatedEligibleUnits: eligibleDelegatedUnits(s, KIND.validator, validator),
    };
  });
}

/** Aligned results that were late: each lacks the penalty in the sum of the scores (F-6), whatever counts as late. */
function lateCountOf(alignedCount: number, scoreSumFp: number, latePenaltyFp: number): number {
  return latePenaltyFp === 0 ? 0 : mulDivDown(alignedCount * FP - scoreSumFp, 1, latePenaltyFp);
}

/** @param s the run's state: of the ledger that everybody looks at, current after every block */
export function createEntityRecorder(s: State, run: SharedRun): EntityRecorder {
  const providers = createProviderRecorder(s, run);
  let potUnits = 0;
  let nodes: NodeBefore[] = [];
  let validators: ValidatorBefore[] = [];
  let delegations: DelegationBefore[] = [];
  let votes = new Map<number, Votes>();
  let purchases = new Map<number, Map<number, Purchase>>();

  function votesOf(validator: number): Votes {
    let found = votes.get(validator);
    if (found === undefined) {
      found = { alignedCount: 0, againstCount: 0, copiedCount: 0, missedCount: 0 };
      votes.set(validator, found);
    }
    return found;
  }

  function purchaseOf(account: number, model: number): Purchase {
    const ofAccount = purchases.get(account) ?? new Map<number, Purchase>();
    purchases.set(account, ofAccount);
    const found = ofAccount.get(model) ?? { servedCount: 0, refundedCount: 0, feeUnits: 0 };
    ofAccount.set(model, found);
    return found;
  }

  /** Sorts the members of a tallied group as F-6 scores them. Without consensus only no-shows are scored. */
  function observeTally(task: number): void {
    const at = task * STRIDE.tasks;
    const first = s.tasks[at + F.tasks.memberStart]!;
    const members = Array.from({ length: s.tasks[at + F.tasks.memberCount]! }, (_, i) => (first + i) * STRIDE.members);
    const verdictOf = (member: number): number => s.members[member + F.members.verdict]!;
    const consensus = decide(
      ballotsOf(
        {
          assigned: s.tasks[at + F.tasks.assignedWeightFp]!,
          submitted: s.tasks[at + F.tasks.submittedWeightFp]!,
          pass: s.tasks[at + F.tasks.passWeightFp]!,
        },
        {
          assigned: members.length,
          submitted: s.tasks[at + F.tasks.submittedCount]!,
          pass: members.filter((member) => verdictOf(member) === VERDICT.pass).length,
        },
      ),
      getParam(s, 'val.quorum_bps'),
      getParam(s, 'val.pass_bps'),
    );
    for (const member of members) {
      const own = votesOf(s.members[member + F.members.validator]!);
      const verdict = verdictOf(member);
      if (verdict === VERDICT.none) own.missedCount += 1;
      else if (consensus === VERDICT.none) continue;
      else if (s.members[member + F.members.copied] !== 0) own.copiedCount += 1;
      else if (verdict !== consensus) own.againstCount += 1;
      else own.alignedCount += 1;
    }
  }

  return {
    *watch(state, actions) {
      for (const next of actions) {
        providers.before(state, next);
        const isFirst = next.args[0] === 0;
        if (next.kind === A.payValidators && isFirst) {
          const emissionUnits = state.emissionTotals[F.emissionTotals.validatorUnits]!;
          potUnits = state.wallets[ACCOUNT.validatorPot]! + emissionUnits;
        }
        if (next.kind === A.updateTrust && isFirst) {
          nodes = nodesBefore(state);
          validators = validatorsBefore(state, potUnits);
          delegations = Array.from({ length: state.stakeTotals[F.stakeTotals.delegationCount]! }, (_, i) => ({
            eligibleUnits: eligibleUnits(state, i + 1),
          }));
        }
        yield next;
      }
    },
    observeEvent(at, slot) {
      providers.observeEvent(at, slot);
      const e = s.events;
      const kind = e[at];
      if (kind === EV.TaskTallied) observeTally(e[at + 1]!);
      else if (kind === EV.RequestServed || kind === EV.RequestRefunded) {
        const account = s.requests[e[at + 1]! * STRIDE.requests + F.requests.consumer]!;
        const purchase = purchaseOf(account, e[at + 2]!);
        if (kind === EV.RequestServed) {
          purchase.servedCount += 1;
          purchase.feeUnits += e[at + 5]!;
        } else purchase.refundedCount += 1;
      }
    },
    take(era) {
      const rows = {
        ...providers.take(era),
        nodes: nodes.map((row) => {
          const at = row.node * STRIDE.nodeTrust;
          return {
            era,
            ...row,
            completionFp: s.nodeTrust[at + F.nodeTrust.completionFp]!,
            accuracyFp: s.nodeTrust[at + F.nodeTrust.accuracyFp]!,
            stabilityFp: s.nodeTrust[at + F.nodeTrust.stabilityFp]!,
            speedFp: s.nodeTrust[at + F.nodeTrust.speedFp]!,
            behaviourFp: s.nodeTrust[at + F.nodeTrust.behaviourFp]!,
            trustAfterFp: s.nodeTrust[at + F.nodeTrust.trustFp]!,
          };
        }),
        validators: validators.map((row) => ({
          era,
          ...row,
          ...votesOf(row.validator),
          lateCount: lateCountOf(votesOf(row.validator).alignedCount, row.scoreSumFp, getParam(s, 'val.late_penalty')),
          reputationAfterFp: s.validators[row.validator * STRIDE.validators + F.validators.reputationFp]!,
        })),
        delegations: delegations.map((row, i) => {
          const at = (i + 1) * STRIDE.delegations;
          return {
            era,
            delegation: i + 1,
            account: s.delegations[at + F.delegations.delegator]!,
            targetKind: TARGET_NAMES.get(s.delegations[at + F.delegations.targetKind]!)!,
            target: s.delegations[at + F.delegations.target]!,
            units: s.delegations[at + F.delegations.units]!,
            eligibleUnits: row.eligibleUnits,
            unbondingUnits: s.delegations[at + F.delegations.unbondingUnits]!,
            licence: s.vestings[(i + 1) * STRIDE.vestings + F.vestings.licence]!,
            vestUnits: s.vestings[(i + 1) * STRIDE.vestings + F.vestings.vestUnits]!,
            vestedUnits: s.vestings[(i + 1) * STRIDE.vestings + F.vestings.vestedUnits]!,
          };
        }),
        calls: [...purchases]
          .sort(([a], [b]) => a - b)
          .flatMap(([account, ofAccount]) =>
            [...ofAccount].sort(([a], [b]) => a - b).map(([model, purchase]) => ({ era, account, model, ...purchase })),
          ),
      };
      nodes = [];
      validators = [];
      delegations = [];
      votes = new Map();
      purchases = new Map();
      return rows;
    },
  };
}
