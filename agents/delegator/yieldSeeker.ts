/** BEH-45: puts part of its wallet behind the best validator or node it finds, moves with inertia, spends a little. */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { F, KIND, NODE_STATE, STRIDE, VALIDATOR_STATE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';

/** Eras between two looks at the market: a delegator does not move every day. */
const INERTIA_ERAS = 5;
/** Standing that a target may lose, in thousandths of the best one's, before the delegator leaves it. */
const TOLERANCE_MIL = 700;

type Target = { readonly kind: number; readonly entity: number; readonly standingFp: number };

/** The active validator or online node of best standing; the lower number among equals. */
function bestTarget(view: View, kind: number): Target | undefined {
  let best: Target | undefined;
  const isNode = kind === KIND.node;
  const count = isNode
    ? view.ledger.nodeTotals[F.nodeTotals.nodeCount]!
    : view.ledger.validatorTotals[F.validatorTotals.validatorCount]!;
  for (let entity = 1; entity <= count; entity++) {
    const alive = isNode
      ? view.ledger.nodes[entity * STRIDE.nodes + F.nodes.state] === NODE_STATE.online
      : view.ledger.validators[entity * STRIDE.validators + F.validators.state] === VALIDATOR_STATE.active;
    const standingFp = standingOf(view, kind, entity);
    if (alive && (best === undefined || standingFp > best.standingFp)) best = { kind, entity, standingFp };
  }
  return best;
}

function standingOf(view: View, kind: number, entity: number): number {
  return kind === KIND.node
    ? view.ledger.nodeTrust[entity * STRIDE.nodeTrust + F.nodeTrust.trustFp]!
    : view.ledger.validators[entity * STRIDE.validators + F.validators.reputationFp]!;
}

export const yieldSeeker: Strategy = {
  role: 'delegator',
  name: 'yield-seeker',
  phases: [PHASE.open],
  decide(view, memory, random, out) {
    if (view.slotOfEra !== 1 || view.era < 2 || view.era % INERTIA_ERAS !== view.roleIndex % INERTIA_ERAS) return;
    // Memory 0 alternates between the two kinds of target.
    const kind = memory[0] === 0 ? KIND.validator : KIND.node;
    memory[0] = memory[0] === 0 ? 1 : 0;
    const best = bestTarget(view, kind);
    if (best === undefined) return;
    let backed = false;
    for (const delegation of view.myDelegations()) {
      const at = delegation * STRIDE.delegations;
      const units = view.ledger.delegations[at + F.delegations.units]!;
      if (view.ledger.delegations[at + F.delegations.targetKind] !== kind || units === 0) continue;
      const entity = view.ledger.delegations[at + F.delegations.target]!;
      if (entity === best.entity) backed = true;
      else if (standingOf(view, kind, entity) * 1_000 < best.standingFp * TOLERANCE_MIL)
        out.act('undelegate', [delegation, units]);
    }
    const units = Math.floor((view.ledger.wallets[view.account]! / BPS) * numberOption(view, 'share_bps'));
    if (units < view.param('deleg.min')) return;
    const existing = view
      .myDelegations()
      .find(
        (d) =>
          view.ledger.delegations[d * STRIDE.delegations + F.delegations.targetKind] === kind &&
          view.ledger.delegations[d * STRIDE.delegations + F.delegations.target] === best.entity,
      );
    if (backed && existing !== undefined) {
      out.act('increaseDelegation', [existing, units]);
      out.act('setAutoStake', [existing, random.chance(numberOption(view, 'auto_stake_bps')) ? 1 : 0]);
    } else out.act('delegate', [kind, best.entity, units, random.chance(numberOption(view, 'auto_stake_bps')) ? 1 : 0]);
  },
};
