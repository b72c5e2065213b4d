/**
 * The steps that Slarks take, whatever their intent: buying licences, registering the key, running the client for themselves
 * or others, looking at answers. Strategies differ in what they report, when, and whom they delegate to.
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import type { AgentRandom, Decision, View } from '../../sim/engine/agentContract.ts';
import {
  CHALLENGE_STATE,
  F,
  PROVIDER_STATE,
  SLARK_STATE,
  SLARK_TIERS,
  STRIDE,
  VERDICT,
} from '../../sim/protocol/layout.ts';
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

/** A provider of the best trust tier there is; among equals, owners spread over all of them. 0 if there is none. */
export function bestProvider(view: View): number {
  const present = presentProviders(view);
  const tierOf = (provider: number): number => view.ledger.providers[provider * STRIDE.providers + F.providers.tier]!;
  const bestTier = Math.min(...present.map(tierOf));
  const best = present.filter((provider) => tierOf(provider) === bestTier);
  return best[view.roleIndex % best.length] ?? 0;
}

/** States in which a licence has a client. */
export function hasClient(view: View, licence: number): boolean {
  const state = slarkField(view, licence, 'state');
  return state === SLARK_STATE.running || state === SLARK_STATE.offline;
}

/** Buys one licence a slot until the owner has what it wants, so that the wallet it looks at is the one it has. */
export function buy(view: View, out: Decision): void {
  const price = view.param('slark.buy_tokens.1');
  if (view.myLicences().length < numberOption(view, 'licences') && view.ledger.wallets[view.account]! >= price)
    out.act('buyLicence', []);
}

/** Gets the licences that it wants, and each of them running on its own machine, with a provider for the delegated part (SM-5). */
export function enter(view: View, choose: (view: View) => number, out: Decision): void {
  buy(view, out);
  for (const licence of view.myLicences()) {
    if (slarkField(view, licence, 'state') !== SLARK_STATE.owned) continue;
    const provider = choose(view);
    if (provider === 0) continue;
    if (slarkField(view, licence, 'keyId') === 0) out.act('registerSlarkKey', [licence]);
    else out.act('selfOperate', [licence, provider]);
  }
}

/** Once an era, a licence whose provider has left gets another: rewards joined to it would only be released (F-11). */
export function keepBacking(view: View, choose: (view: View) => number, out: Decision): void {
  if (view.slotOfEra !== 3) return;
  const present = presentProviders(view);
  for (const licence of view.myLicences()) {
    if (!hasClient(view, licence) || present.includes(slarkField(view, licence, 'provider'))) continue;
    const provider = choose(view);
    if (provider !== 0) out.act('chooseProvider', [licence, provider]);
  }
}

/** Pays what the next tier costs once the licence has the results for it, and opts in (SLARK-8, OP-63). */
export function climb(view: View, out: Decision): void {
  if (view.slotOfEra !== 3) return;
  let walletUnits = view.ledger.wallets[view.account]!;
  for (const licence of view.myLicences()) {
    if (!hasClient(view, licence)) continue;
    if (slarkField(view, licence, 'optIn') === 0) out.act('setOptIn', [licence, 1]);
    const tier = slarkField(view, licence, 'tier');
    if (tier === SLARK_TIERS || slarkField(view, licence, 'promoEraCount') === 0) continue;
    const wanted = view.param(`slark.buy_tokens.${tier + 1}` as ParamKey) + view.unitsPerToken;
    const missing = wanted - slarkField(view, licence, 'buyUnits');
    if (missing <= 0 || missing > walletUnits) continue;
    out.act('topUpLicence', [licence, missing]);
    walletUnits -= missing;
  }
}

/**
 * Answers whoever asks this client to run a licence: takes up to `hostCount` licences of others while the machine has room,
 * and refuses the rest. Gives others' licences back where the machine carries more than it can (SLARK-3, SLARK-4).
 */
export function host(view: View, hostCount: number, out: Decision): void {
  const carried = view.licencesRun();
  const hosted = carried.filter((licence) => slarkField(view, licence, 'owner') !== view.account);
  const capacity = view.param('slark.licences_per_machine');
  for (const licence of hosted.slice(0, Math.max(0, carried.length - capacity))) out.act('endRunner', [licence]);
  let room = Math.min(hostCount - hosted.length, capacity - carried.length);
  const count = view.ledger.slarkTotals[F.slarkTotals.slarkCount]!;
  for (let licence = 1; licence <= count; licence++) {
    if (slarkField(view, licence, 'state') !== SLARK_STATE.pending) continue;
    if (slarkField(view, licence, 'pendingRunner') !== view.account) continue;
    if (room > 0 && view.connected) {
      out.act('registerSlarkKey', [licence]);
      out.act('acceptRunner', [licence]);
      room -= 1;
    } else out.act('rejectRunner', [licence]);
  }
}

/** Delegations that licences of this owner have earned and that hold units. */
export function earnedDelegations(view: View): number[] {
  return view
    .myDelegations()
    .filter(
      (delegation) =>
        view.ledger.vestings[delegation * STRIDE.vestings + F.vestings.licence]! > 0 &&
        view.ledger.delegations[delegation * STRIDE.delegations + F.delegations.units]! > 0,
    );
}

/**
 * Moves all that the licences have earned to a provider, and what they will earn (SLARK-12). The delegation goes first: a
 * licence whose delegation backs its provider already opens no other.
 */
export function backOnly(view: View, provider: number, out: Decision): void {
  for (const delegation of earnedDelegations(view)) {
    const at = delegation * STRIDE.delegations;
    const isThere = view.ledger.delegations[at + F.delegations.target] === provider;
    const isOnTheWay =
      view.ledger.vestings[delegation * STRIDE.vestings + F.vestings.nextTarget] === provider ||
      view.ledger.delegations[at + F.delegations.unbondingUnits]! > 0;
    const isTooSmall = view.ledger.delegations[at + F.delegations.units]! < view.param('deleg.min');
    if (!isThere && !isOnTheWay && !isTooSmall) out.act('redelegate', [delegation, provider]);
  }
  for (const licence of view.myLicences()) {
    if (hasClient(view, licence) && slarkField(view, licence, 'provider') !== provider)
      out.act('chooseProvider', [licence, provider]);
  }
}

/** Phase work: executes the puzzle of every challenge before the seats of the licences that this client runs (CHAL-8). */
export function orderMeasurements(view: View, out: Decision): void {
  if (!view.connected) return;
  const classes = new Set(
    view
      .licencesRun()
      .flatMap((licence) => view.seatsOf(licence))
      .map((seat) => seat.challengeClass),
  );
  for (const challengeClass of classes)
    for (const challenge of view.challengesOfClass(challengeClass)) {
      if (view.ledger.challenges[challenge * STRIDE.challenges + F.challenges.state] !== CHALLENGE_STATE.issued)
        continue;
      const { variant, sample, level } = view.puzzleOf(challenge);
      out.infer(variant, sample, level);
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
  const { variant, sample, level } = view.puzzleOf(challenge);
  const own = view.answer(variant, sample, level);
  return Math.max(1, Math.round(((own?.latencyUs ?? 0) * view.hardwareMil) / 1_000_000) + view.rttMs);
}

/** Share of the time in which a licence fails, by what its machine carries and can carry. @rule SLARK-3, OP-61 */
export function excessBps(carriedCount: number, capacityCount: number): number {
  return carriedCount > capacityCount ? Math.floor(((carriedCount - capacityCount) * BPS) / carriedCount) : 0;
}

/**
 * Hands in findings for every seat of the licences that this client runs. A failing machine leaves a whole slot out; one with
 * more licences than it carries fails at each with the excess share: half of what fails is never handed in, half is wrong.
 */
export function judgeAll(view: View, random: AgentRandom, find: Finding, out: Decision, waitedMs = 0): void {
  const carried = view.licencesRun();
  const failBps = excessBps(carried.length, view.param('slark.licences_per_machine'));
  for (const licence of carried) {
    const seats = view.seatsOf(licence);
    if (seats.length === 0) continue;
    const fails = random.chance(view.failBps);
    if (!view.connected || fails) continue;
    const isOverloaded = failBps > 0 && random.chance(failBps);
    if (isOverloaded && random.chance(BPS / 2)) continue;
    for (const { challengeClass } of seats)
      for (const challenge of view.challengesOfClass(challengeClass)) {
        const found = find(challenge, licence);
        if (found === VERDICT.none) continue;
        const verdict = !isOverloaded ? found : found === VERDICT.pass ? VERDICT.fail : VERDICT.pass;
        out.judge(challenge, licence, verdict, waitedMs + delayMs(view, challenge));
      }
  }
}
