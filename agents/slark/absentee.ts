/**
 * BEH-30, the owner's side: it owns licences and has no machine. It asks clients that are at work to run them, asks the next
 * one where it is refused or ill served (SLARK-4), takes its rewards home in parts, and may hand a licence over to its runner
 * once it can change hands (SLARK-6).
 */
import { BPS } from '../../sim/base/fixedPoint.ts';
import { type Decision, type Memory, PHASE, type Strategy, type View } from '../../sim/engine/agentContract.ts';
import { F, SLARK_STATE, STRIDE } from '../../sim/protocol/layout.ts';
import { numberOption } from '../options.ts';
import { bestProvider, buy, climb, earnedDelegations, hasClient, keepBacking, slarkField } from './steps.ts';

/**
 * Memory 0: requests sent so far. Memory 1: licences bought, of which none is bought anew when it is handed over. Memory 2 and
 * 3: era of the latest request, by its number from 1 on, and requests sent in it.
 */
const ASKED = 0;
const BOUGHT = 1;
const ROUND_ERA = 2;
const ROUND_ASKED = 3;

/** Accounts whose clients are at work and whose machines have room, those that carry least first. */
function candidates(view: View): number[] {
  const accounts = new Set<number>();
  const count = view.ledger.slarkTotals[F.slarkTotals.slarkCount]!;
  for (let licence = 1; licence <= count; licence++) {
    const isOwn = slarkField(view, licence, 'owner') === view.account;
    const isOpen = slarkField(view, licence, 'isFoundation') === 0 && !isOwn;
    if (isOpen && slarkField(view, licence, 'state') === SLARK_STATE.running)
      accounts.add(slarkField(view, licence, 'runner'));
  }
  const carried = (account: number): number => view.ledger.runners[account]!;
  return [...accounts]
    .filter((account) => carried(account) < view.param('slark.licences_per_machine'))
    .sort((a, b) => carried(a) - carried(b) || a - b);
}

/** Has every licence that nobody runs looked after by somebody: each request goes to the next client, once round in an era. */
function ask(view: View, memory: Memory, out: Decision): void {
  const runners = candidates(view);
  const provider = bestProvider(view);
  if (runners.length === 0 || provider === 0) return;
  if (memory[ROUND_ERA] !== view.era + 1) {
    memory[ROUND_ERA] = view.era + 1;
    memory[ROUND_ASKED] = 0;
  }
  for (const licence of view.myLicences()) {
    if (slarkField(view, licence, 'state') !== SLARK_STATE.owned || memory[ROUND_ASKED]! >= runners.length) continue;
    out.act('requestRunner', [licence, runners[memory[ASKED]! % runners.length]!, provider]);
    memory[ASKED] = memory[ASKED]! + 1;
    memory[ROUND_ASKED] = memory[ROUND_ASKED]! + 1;
  }
}

/** Once an era: takes a licence from a client that is away, or whose results miss what the tier needs. */
function oversee(view: View, out: Decision): void {
  if (view.slotOfEra !== 2) return;
  for (const licence of view.myLicences()) {
    if (!hasClient(view, licence)) continue;
    const isAway = slarkField(view, licence, 'state') === SLARK_STATE.offline;
    if (isAway || slarkField(view, licence, 'demoEraCount') > 0) out.act('endRunner', [licence]);
  }
}

/** Once an era: undelegates a share of what the licences have earned, unless some of it is on its way. */
function withdraw(view: View, out: Decision): void {
  const shareBps = numberOption(view, 'withdraw_bps');
  if (view.slotOfEra !== 1 || shareBps === 0) return;
  for (const delegation of earnedDelegations(view)) {
    const at = delegation * STRIDE.delegations;
    const units = Math.floor((view.ledger.delegations[at + F.delegations.units]! / BPS) * shareBps);
    const isWaiting = view.ledger.delegations[at + F.delegations.unbondingUnits]! > 0;
    if (units > 0 && !isWaiting) out.act('undelegate', [delegation, units]);
  }
}

/** Hands licences over to those who run them. The price is between the two of them, off the ledger. */
function handOver(view: View, out: Decision): void {
  if (view.options.hands_over !== 'on' || view.slotOfEra !== 5) return;
  for (const licence of view.myLicences()) {
    if (!hasClient(view, licence) || view.nowS < slarkField(view, licence, 'soulboundUntilS')) continue;
    const runner = slarkField(view, licence, 'runner');
    out.act('endRunner', [licence]);
    out.act('transferLicence', [licence, runner]);
  }
}

export const absentee: Strategy = {
  role: 'slark',
  name: 'absentee',
  phases: [PHASE.open],
  decide(view, memory, _random, out) {
    memory[BOUGHT] = Math.max(memory[BOUGHT]!, view.myLicences().length);
    if (memory[BOUGHT]! < numberOption(view, 'licences')) buy(view, out);
    ask(view, memory, out);
    oversee(view, out);
    keepBacking(view, bestProvider, out);
    climb(view, out);
    withdraw(view, out);
    handOver(view, out);
  },
};
