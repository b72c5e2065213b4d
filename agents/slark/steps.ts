/**
 * The steps that every Slark takes, whatever its intent: buying licences, registering the key, running the client, looking
 * at answers. Strategies differ in what they report, when, and whom they delegate to.
 */
import type { AgentRandom, Decision, View } from '../../sim/engine/agentContract.ts';
import { F, PROVIDER_STATE, SLARK_STATE, SLARK_TIERS, STRIDE, VERDICT } from '../../sim/protocol/layout.ts';
import type { ParamKey } from '../../sim/protocol/params.ts';
import { numberOption } from '../options.ts';

export function slarkField(view: View, licence: number, name: keyof typeof F.slarks): number {
  return view.ledger.slarks[licence * STRIDE.slarks + F.slarks[name]]!;
}

export function providerState(view: View, provider: number): number {
  return view.ledger.providers[provider * STRIDE.providers + F.providers.state]!;
}

/** Providers that may be backed, ascending. */
export function presentProviders(view: View): number[] {
  const count = view.ledger.providerTotals[F.providerTotals.providerCount]!;
  return Array.from({ length: count }, (_, i) => i + 1).filter((provider) => {
    const state = providerState(view, provider);
    return state >= PROVIDER_STATE.registered && state <= PROVIDER_STATE.suspended;
  });
}

/** The provider of best trust tier, the largest collateral among equals; 0 if there is none. */
export function bestProvider(view: View): number {
  let best = 0;
  let bestTier = Number.POSITIVE_INFINITY;
  let bestUnits = -1;
  for (const provider of presentProviders(view)) {
    const tier = view.ledger.providers[provider * STRIDE.providers + F.providers.tier]!;
    const at = provider * STRIDE.providerCollateral;
    const units =
      view.ledger.providerCollateral[at + F.providerCollateral.ownUnits]! +
      view.ledger.providerCollateral[at + F.providerCollateral.delegatedUnits]!;
    if (tier < bestTier || (tier === bestTier && units > bestUnits)) {
      best = provider;
      bestTier = tier;
      bestUnits = units;
    }
  }
  return best;
}

/** Gets the licences that it wants, and each of them running, with a provider for the delegated part (SM-5). */
export function enter(view: View, choose: (view: View) => number, out: Decision): void {
  const owned = view.myLicences();
  const price = view.param('slark.buy_tokens.1');
  // One a slot, so that the wallet it looks at is the one it has.
  if (owned.length < numberOption(view, 'licences') && view.ledger.wallets[view.account]! >= price) {
    out.act('buyLicence', []);
  }
  for (const licence of owned) {
    if (slarkField(view, licence, 'state') !== SLARK_STATE.owned) continue;
    const provider = choose(view);
    if (provider === 0) continue;
    if (slarkField(view, licence, 'keyId') === 0) out.act('registerSlarkKey', [licence]);
    else out.act('selfOperate', [licence, provider]);
  }
}

/** Pays what the next tier costs once the licence has the results for it, and opts in (SLARK-8, OP-63). */
export function climb(view: View, out: Decision): void {
  if (view.slotOfEra !== 3) return;
  for (const licence of view.myLicences()) {
    const state = slarkField(view, licence, 'state');
    if (state !== SLARK_STATE.running && state !== SLARK_STATE.offline) continue;
    if (slarkField(view, licence, 'optIn') === 0) out.act('setOptIn', [licence, 1]);
    const tier = slarkField(view, licence, 'tier');
    if (tier === SLARK_TIERS || slarkField(view, licence, 'promoEraCount') === 0) continue;
    const wanted = view.param(`slark.buy_tokens.${tier + 1}` as ParamKey) + view.unitsPerToken;
    const missing = wanted - slarkField(view, licence, 'buyUnits');
    if (missing > 0 && missing <= view.ledger.wallets[view.account]!) out.act('topUpLicence', [licence, missing]);
  }
}

/** What was found about a challenge, or 0 to hand nothing in. */
export type Finding = (challenge: number, licence: number) => number;

/** What an honest client finds: deployed, right and in time (CHAL-8). */
export function measured(view: View, challenge: number): number {
  const { isAnswered, fits, isRight, responseMs } = view.responseTo(challenge);
  const passes = isAnswered && fits && isRight && responseMs <= view.param('chal.timeout_s') * 1_000;
  return passes ? VERDICT.pass : VERDICT.fail;
}

/** Time from the end of the measurement to the hand-in: the client's own work, and its way to the referee. */
export function delayMs(view: View, challenge: number): number {
  const { sample, level } = view.puzzleOf(challenge);
  const own = view.answer(0, sample, level);
  return Math.max(1, Math.round(((own?.latencyUs ?? 0) * view.hardwareMil) / 1_000_000) + view.rttMs);
}

/** Hands in findings for every seat of the licences that this client runs; a failing machine leaves a whole slot out. */
export function judgeAll(view: View, random: AgentRandom, find: Finding, out: Decision, waitedMs = 0): void {
  for (const licence of view.licencesRun()) {
    const seats = view.seatsOf(licence);
    if (seats.length === 0) continue;
    const fails = random.chance(view.failBps);
    if (!view.connected || fails) continue;
    for (const { challengeClass } of seats)
      for (const challenge of view.challengesOfClass(challengeClass)) {
        const verdict = find(challenge, licence);
        if (verdict !== VERDICT.none) out.judge(challenge, licence, verdict, waitedMs + delayMs(view, challenge));
      }
  }
}
