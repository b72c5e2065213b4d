/** BEH-45: puts part of its wallet behind validators, nodes and providers that promise most, moves with inertia, spends a little. */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { type AgentRandom, PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { F, KIND, NODE_STATE, PROVIDER_STATE, STRIDE, VALIDATOR_STATE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';

/** Standing that a target may lose, in thousandths of the chosen one's, before the delegator leaves it. */
const TOLERANCE_MIL = 700;

type Target = { readonly kind: number; readonly entity: number; readonly standing: number };

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
    const standing = standingOf(view, kind, entity);
    if (alive && (best === undefined || standing > best.standing)) best = { kind, entity, standing };
  }
  return best;
}

/** An active provider, by chance, each with its yield to the power of `sensitivity` as its weight. */
function drawProvider(view: View, random: AgentRandom): Target | undefined {
  const targets: Target[] = [];
  for (let entity = 1; entity <= providerCount(view); entity++) {
    if (view.ledger.providers[entity * STRIDE.providers + F.providers.state] !== PROVIDER_STATE.active) continue;
    targets.push({ kind: KIND.provider, entity, standing: standingOf(view, KIND.provider, entity) });
  }
  const most = Math.max(...targets.map(({ standing }) => standing));
  const power = numberOption(view, 'sensitivity');
  const weights = targets.map(({ standing }) => {
    let weight = 1;
    for (let i = 0; i < power; i++) weight *= most > 0 ? standing / most : 1;
    return weight;
  });
  let left = random.unit() * weights.reduce((sum, weight) => sum + weight, 0);
  return targets.find((_, i) => {
    left -= weights[i]!;
    return left < 0;
  });
}

/** What a unit more would have earned with a provider in the last era (DELEG-3, F-33). */
function yieldOf(view: View, provider: number): number {
  const era = provider * STRIDE.providerEra;
  const at = provider * STRIDE.providerCollateral;
  const earned =
    view.ledger.providerEra[era + F.providerEra.rawUnits]! + view.ledger.providerEra[era + F.providerEra.bonusUnits]!;
  const sharers =
    view.ledger.providerCollateral[at + F.providerCollateral.ownUnits]! +
    view.ledger.providerCollateral[at + F.providerCollateral.delegatedUnits]!;
  return earned / (sharers + 1);
}

/** Trust weight of a node, reputation of a validator, yield of a provider. */
function standingOf(view: View, kind: number, entity: number): number {
  if (kind === KIND.provider) return yieldOf(view, entity);
  return kind === KIND.node
    ? view.ledger.nodeTrust[entity * STRIDE.nodeTrust + F.nodeTrust.trustFp]!
    : view.ledger.validators[entity * STRIDE.validators + F.validators.reputationFp]!;
}

function providerCount(view: View): number {
  return view.ledger.providerTotals[F.providerTotals.providerCount]!;
}

/** Kinds of targets that it looks at in turn. */
function kindsFor(view: View): readonly number[] {
  if (view.options.targets === 'providers') return [KIND.provider];
  return providerCount(view) > 0 ? [KIND.validator, KIND.node, KIND.provider] : [KIND.validator, KIND.node];
}

export const yieldSeeker: Strategy = {
  role: 'delegator',
  name: 'yield-seeker',
  phases: [PHASE.open],
  decide(view, memory, random, out) {
    const inertiaEras = numberOption(view, 'inertia_eras');
    if (view.slotOfEra !== 1 || view.era < 2 || view.era % inertiaEras !== view.roleIndex % inertiaEras) return;
    // Memory 0 counts its looks.
    const kinds = kindsFor(view);
    const kind = kinds[memory[0]! % kinds.length]!;
    memory[0] = memory[0]! + 1;
    const best = kind === KIND.provider ? drawProvider(view, random) : bestTarget(view, kind);
    if (best === undefined) return;
    let backed = false;
    for (const delegation of view.myDelegations()) {
      const at = delegation * STRIDE.delegations;
      const units = view.ledger.delegations[at + F.delegations.units]!;
      if (view.ledger.delegations[at + F.delegations.targetKind] !== kind || units === 0) continue;
      const entity = view.ledger.delegations[at + F.delegations.target]!;
      if (entity === best.entity) backed = true;
      else if (standingOf(view, kind, entity) * 1_000 < best.standing * TOLERANCE_MIL)
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
