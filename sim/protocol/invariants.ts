/**
 * What must hold whatever anybody does (section 8 of the requirements), for the families that exist. A violation is a bug
 * of the simulator, never an outcome: the engine checks the list at every era's end, the property tests after every action.
 */
import { createTracker, rememberState, type Tracker } from './invariantTracker.ts';
import * as ledger from './ledgerInvariants.ts';
import * as market from './marketInvariants.ts';
import * as providers from './providerInvariants.ts';
import * as registry from './registryInvariants.ts';
import * as rewards from './rewardInvariants.ts';
import * as slarks from './slarkInvariants.ts';
import type { State } from './state.ts';
import * as tasks from './taskInvariants.ts';

export { createTracker, type Tracker };

export type Invariant = {
  readonly id: string;
  readonly title: string;
  /** @returns null if it holds, else a sentence with the values that disagree. Changes nothing. */
  readonly check: (s: State, tracker: Tracker) => string | null;
};

/**
 * In the order of the catalogue. Each may be checked between any two actions, also between two chunks of a settlement step.
 *
 * @cost linear in the records: about 0.2 ms for 2 000 of them, all checks together; 3 ms with 10 000 leases and 60 000 bids,
 * of which only those that are not over, or new, are looked at
 */
export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'INV-1',
    title: 'all accounts together hold what was minted less what was burnt, and what was issued of each foreign asset',
    check: (s) => ledger.sumOfAccounts(s) ?? market.sumOfForeignAccounts(s),
  },
  {
    id: 'INV-2',
    title: 'every amount is a whole number from 0 to 2^53 − 1',
    check: (s, tracker) => ledger.amountsAreWhole(s) ?? market.freshAmountsAreWhole(s, tracker),
  },
  { id: 'INV-4', title: 'circulating, locked and unpaid units are the supply', check: ledger.supplyIsAccounted },
  { id: 'INV-5', title: 'burnt units never come back', check: ledger.burntStaysBurnt },
  { id: 'INV-6', title: 'each vault holds exactly what it owes', check: ledger.vaultsHoldWhatTheyOwe },
  {
    id: 'INV-7',
    title: 'a slash fits into the collateral, and no stake is negative',
    check: ledger.slashesFitCollateral,
  },
  { id: 'INV-9', title: 'collateral is own stake and the sum of its delegations', check: ledger.collateralIsTheSum },
  { id: 'INV-10', title: 'no slash from another facet reaches a node', check: ledger.nodesAreNotSlashed },
  {
    id: 'INV-11',
    title: 'an Active provider has own stake and the collateral of its tier',
    check: providers.activeProvidersAreCovered,
  },
  { id: 'INV-13', title: 'an offence counts once', check: ledger.offencesCountOnce },
  { id: 'INV-14', title: 'what the foundation has delegated is counted', check: providers.foundationIsCounted },
  { id: 'INV-15', title: 'every entity has its NFT from entry to exit', check: registry.nftsMatchRegistries },
  { id: 'INV-16', title: 'used and free node slots add up, one node in each', check: registry.seatsAddUp },
  { id: 'INV-17', title: 'a node that has left has freed its slot', check: registry.goneNodesHaveNoSeat },
  { id: 'INV-18', title: 'no licence changes hands before its soulbound end', check: slarks.licencesAreSoulbound },
  {
    id: 'INV-19',
    title: 'a licence has one client, and a machine’s licences are counted',
    check: slarks.clientsAreCounted,
  },
  { id: 'INV-20', title: 'nobody is promoted into a full Slark tier', check: slarks.seatsAreRespected },
  { id: 'INV-21', title: 'rewards go to the holder of the NFT', check: registry.holdersAreOwners },
  {
    id: 'INV-22',
    title: 'states follow their machines, and the counts match them',
    check: registry.statesFollowTheMachines,
  },
  { id: 'INV-23', title: 'a live version has passed both checks', check: registry.liveVersionsPassed },
  { id: 'INV-24', title: 'replicas of a model are on distinct nodes', check: registry.replicasAreDistinct },
  { id: 'INV-25', title: 'every deployment is on a node that may carry it', check: registry.deploymentsHaveAPlace },
  { id: 'INV-26', title: 'a validator with a task in hand has not left', check: tasks.engagedValidatorsStay },
  { id: 'INV-27', title: 'a task settles once, and its subject waits for no other', check: tasks.tasksSettleOnce },
  { id: 'INV-28', title: 'a member submits once, never on its own subject', check: tasks.membersSubmitOnce },
  { id: 'INV-32', title: 'a challenge is decided by N+1 of a committee of 2N+1', check: slarks.committeesDecide },
  { id: 'INV-33', title: 'a committee’s Slarks are of its class', check: slarks.seatsAreEligible },
  { id: 'INV-34', title: 'trust weights, indicators and reputations lie in [0, 1]', check: tasks.ratiosAreRatios },
  {
    id: 'INV-35',
    title: 'a tier is one of seven and moves one step by metrics',
    check: (s, tracker) => providers.tiersAreTiers(s, tracker) ?? slarks.slarkTiersAreTiers(s, tracker),
  },
  {
    id: 'INV-36',
    title: 'a promotion has been earned for long enough',
    check: (s, tracker) => providers.promotionsAreEarned(s, tracker) ?? slarks.slarkPromotionsAreEarned(s, tracker),
  },
  {
    id: 'INV-37',
    title: 'a demotion by metrics has been due for long enough',
    check: (s, tracker) => providers.demotionsAreDue(s, tracker) ?? slarks.slarkDemotionsAreDue(s, tracker),
  },
  {
    id: 'INV-39',
    title: 'counters start anew with a tier',
    check: (s, tracker) => providers.countersStartAnew(s, tracker) ?? slarks.slarkCountersStartAnew(s, tracker),
  },
  {
    id: 'INV-40',
    title: 'what an era pays is its emission',
    check: (s) => rewards.payoutsAreThePools(s) ?? slarks.slarkPoolIsPaid(s),
  },
  { id: 'INV-41', title: 'liveness is paid for full hours only', check: providers.livenessIsForFullHours },
  {
    id: 'INV-42',
    title: 'no fee and no reward is paid twice',
    check: (s) => rewards.nothingIsPaidTwice(s) ?? slarks.scoresAreCountedOnce(s),
  },
  { id: 'INV-43', title: 'stake that came within the era earns nothing in it', check: rewards.newcomersAreNotPaid },
  { id: 'INV-44', title: 'a Slark’s rewards are delegated in its owner’s name', check: slarks.rewardsAreTheOwners },
  { id: 'INV-47', title: 'emission keeps to the schedule', check: rewards.emissionKeepsToTheSchedule },
  { id: 'INV-48', title: 'the escrow holds what its wallets have, of each asset', check: market.escrowIsSolvent },
  { id: 'INV-49', title: 'what a wallet has locked is of its open leases', check: market.locksAreOfLeases },
  { id: 'INV-50', title: 'a lease pays for its seconds, at most what was locked', check: market.accrualsAreDue },
  { id: 'INV-51', title: 'what a lease has cost and what is locked is what was locked', check: market.debitsAreShared },
  { id: 'INV-52', title: 'payment in the token bears no fee', check: market.tokenBearsNoFee },
  {
    id: 'INV-53',
    title: 'what is in use is what open leases have reserved, and is there',
    check: market.resourcesAreThere,
  },
  { id: 'INV-54', title: 'a bid is one that its order takes', check: market.bidsAreTakable },
  {
    id: 'INV-55',
    title: 'an order has one open lease at most, of parties that stay',
    check: market.ordersHaveOneLease,
  },
  { id: 'INV-56', title: 'a lease begins within the brackets of its wallet', check: market.bracketsAreHeld },
  {
    id: 'INV-57',
    title:
      'a member of a subnet has a delegation to its gateway; that it is the minimum is checked when it is acknowledged',
    check: market.membersBackTheirGateway,
  },
  { id: 'INV-58', title: 'a subnet has one gateway, which counts its members', check: market.subnetsHaveOneGateway },
  { id: 'INV-67', title: 'time goes forward and eras are settled in order', check: rewards.timeGoesForward },
  { id: 'INV-68', title: 'every Active provider is challenged in every epoch', check: slarks.providersAreCovered },
];

/** Invariants of these families that no state can show, and where they are held instead. */
export const NOT_IN_STATE: readonly { readonly id: string; readonly reason: string }[] = [
  { id: 'INV-3', reason: 'moves: token.ts debits and credits in one function' },
  { id: 'INV-8', reason: 'parts of a slash: INV-6 and INV-9 after it, and the tests of delegation.ts' },
  { id: 'INV-12', reason: 'time of a release: the tests of delegation.ts' },
  { id: 'INV-29', reason: 'order of submissions: the tests of tasks.ts' },
  { id: 'INV-30', reason: 'same seed, same digest: the tests of the engine' },
  { id: 'INV-31', reason: 'one winner for all operators: the tests of matching.ts' },
  { id: 'INV-38', reason: 'thresholds of the tiers: the tests of tiers.ts' },
  { id: 'INV-45', reason: 'comparison of three multipliers: the tests of liveness.ts' },
  { id: 'INV-46', reason: 'comparison of two rewards: the tests of powr.ts' },
];

export type Violation = { readonly id: string; readonly title: string; readonly message: string };

/** Checks the whole list and remembers the state for the next time. @returns what does not hold, in the list's order */
export function findViolations(s: State, tracker: Tracker): Violation[] {
  const violations: Violation[] = [];
  for (const { id, title, check } of INVARIANTS) {
    const message = check(s, tracker);
    if (message !== null) violations.push({ id, title, message });
  }
  rememberState(s, tracker);
  return violations;
}
