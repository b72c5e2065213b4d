/**
 * The one door to the rules: executes an action on the state and says whether it was accepted. Checks who may send it and
 * that no settlement is half done, for all actions alike; everything else is the rule's own guard.
 */
import { assert } from '../base/assert.ts';
import { MAX_INT } from '../base/fixedPoint.ts';
import { ACTION_NAMES, ACTIONS, type Action, type ActionName, type ActionSpec, type Rule } from './actions.ts';
import * as assets from './assets.ts';
import * as calls from './calls.ts';
import * as challenges from './challenges.ts';
import * as clock from './clock.ts';
import * as delegation from './delegation.ts';
import * as emission from './emission.ts';
import * as escrow from './escrow.ts';
import * as fizz from './fizz.ts';
import { ACCOUNT, F, STEP } from './layout.ts';
import * as leaseActions from './leaseActions.ts';
import * as leaseUpdates from './leaseUpdates.ts';
import * as liveness from './liveness.ts';
import * as matching from './matching.ts';
import * as models from './models.ts';
import * as nodes from './nodes.ts';
import * as operators from './operators.ts';
import * as orders from './orders.ts';
import * as placement from './placement.ts';
import * as powr from './powr.ts';
import * as providers from './providers.ts';
import { R } from './rejections.ts';
import * as slarkRewards from './slarkRewards.ts';
import * as slarks from './slarks.ts';
import * as slarkTiers from './slarkTiers.ts';
import { reject, type State } from './state.ts';
import * as subnets from './subnets.ts';
import * as tasks from './tasks.ts';
import * as tiers from './tiers.ts';
import * as token from './token.ts';
import * as trust from './trust.ts';
import * as validators from './validators.ts';

const RULES: Readonly<Record<ActionName, Rule>> = {
  transferTokens: token.transferTokens,
  openSlot: clock.openSlot,
  delegate: delegation.delegate,
  increaseDelegation: delegation.increaseDelegation,
  undelegate: delegation.undelegate,
  setAutoStake: delegation.setAutoStake,
  reserveSlot: nodes.reserveSlot,
  registerNode: nodes.registerNode,
  editNode: nodes.editNode,
  submitNodeMetadata: nodes.submitNodeMetadata,
  requestNodeValidation: nodes.requestNodeValidation,
  topUpNode: nodes.topUpNode,
  expireReservation: nodes.expireReservation,
  requestExit: nodes.requestExit,
  finaliseExit: nodes.finaliseExit,
  loseHeartbeat: nodes.loseHeartbeat,
  restoreHeartbeat: nodes.restoreHeartbeat,
  reportExitError: nodes.reportExitError,
  reportNodes: nodes.reportNodes,
  registerModel: models.registerModel,
  submitModelMetadata: models.submitModelMetadata,
  requestTest: models.requestTest,
  confirmTestDeployment: models.confirmTestDeployment,
  failTestDeployment: models.failTestDeployment,
  openModelValidation: models.openModelValidation,
  changeModel: models.changeModel,
  submitVersion: models.submitVersion,
  confirmHost: models.confirmHost,
  failHost: models.failHost,
  replaceHost: models.replaceHost,
  removeModel: models.removeModel,
  forceRemoveModel: models.forceRemoveModel,
  buyCalls: calls.buyCalls,
  withdrawCalls: calls.withdrawCalls,
  requestInference: calls.requestInference,
  routeRequests: calls.routeRequests,
  serveRequest: calls.serveRequest,
  closeRequests: calls.closeRequests,
  auditRequests: calls.auditRequests,
  rateModel: calls.rateModel,
  registerValidator: validators.registerValidator,
  issueKey: validators.issueKey,
  subscribe: validators.subscribe,
  rotateKey: validators.rotateKey,
  topUpValidator: validators.topUpValidator,
  exitValidator: validators.exitValidator,
  assignTask: tasks.assignTask,
  submitResult: tasks.submitResult,
  flagCopy: tasks.flagCopy,
  settleTask: tasks.settleTask,
  revealSketch: tasks.revealSketch,
  computeEraMetrics: powr.computeEraMetrics,
  openEmission: emission.openEmission,
  slashOwnStake: delegation.slashOwnStake,
  slashDelegations: delegation.slashDelegations,
  payStakers: delegation.payStakers,
  scoreNodes: powr.scoreNodes,
  payNodes: powr.payNodes,
  payValidators: validators.payValidators,
  payCreators: models.payCreators,
  payDelegators: delegation.payDelegators,
  updateTrust: trust.updateTrust,
  updateReputations: validators.updateReputations,
  releaseDelegations: delegation.releaseDelegations,
  postRanking: placement.postRanking,
  rotateModels: models.rotateModels,
  proposeProvider: providers.proposeProvider,
  approveProvider: providers.approveProvider,
  rejectProvider: providers.rejectProvider,
  stakeProvider: providers.stakeProvider,
  unstakeProvider: providers.unstakeProvider,
  deregisterProvider: providers.deregisterProvider,
  resumeProvider: providers.resumeProvider,
  upholdMisconduct: providers.upholdMisconduct,
  setCompliance: providers.setCompliance,
  delegateFoundation: providers.delegateFoundation,
  reclaimFoundation: providers.reclaimFoundation,
  reportProviders: providers.reportProviders,
  buyLicence: slarks.buyLicence,
  topUpLicence: slarks.topUpLicence,
  registerSlarkKey: slarks.registerSlarkKey,
  selfOperate: slarks.selfOperate,
  chooseProvider: slarks.chooseProvider,
  requestRunner: slarks.requestRunner,
  acceptRunner: slarks.acceptRunner,
  rejectRunner: slarks.rejectRunner,
  endRunner: slarks.endRunner,
  setOptIn: slarks.setOptIn,
  transferLicence: slarks.transferLicence,
  loseClient: slarks.loseClient,
  restoreClient: slarks.restoreClient,
  grantLicence: slarks.grantLicence,
  registerFoundationKey: slarks.registerFoundationKey,
  reportSlarks: slarks.reportSlarks,
  redelegate: delegation.redelegate,
  scheduleChallenges: challenges.scheduleChallenges,
  commitPuzzle: challenges.commitPuzzle,
  issueChallenges: challenges.issueChallenges,
  certifyResults: challenges.certifyResults,
  closeChallenges: challenges.closeChallenges,
  attestSubsets: challenges.attestSubsets,
  assessProviders: liveness.assessProviders,
  paySlarks: slarkRewards.paySlarks,
  payProviders: liveness.payProviders,
  updateTiers: tiers.updateTiers,
  updateSlarks: slarkTiers.updateSlarks,
  postSlarks: slarkTiers.postSlarks,
  enableAsset: assets.enableAsset,
  issueAsset: assets.issueAsset,
  postPrices: assets.postPrices,
  transferAsset: assets.transferAsset,
  openEscrow: escrow.openEscrow,
  depositEscrow: escrow.depositEscrow,
  withdrawEscrow: escrow.withdrawEscrow,
  transferEscrow: escrow.transferEscrow,
  setAcceptedAssets: orders.setAcceptedAssets,
  createOrder: orders.createOrder,
  placeBid: orders.placeBid,
  cancelOrder: orders.cancelOrder,
  openMatching: orders.openMatching,
  matchOrder: orders.matchOrder,
  expireOrder: orders.expireOrder,
  chooseBid: orders.chooseBid,
  joinOperators: operators.joinOperators,
  leaveOperators: operators.leaveOperators,
  voteMatch: operators.voteMatch,
  postMedian: matching.postMedian,
  sendManifest: leaseActions.sendManifest,
  confirmDeployment: leaseActions.confirmDeployment,
  withdrawLease: leaseActions.withdrawLease,
  extendLease: leaseActions.extendLease,
  proposeUpdate: leaseUpdates.proposeUpdate,
  acceptUpdate: leaseUpdates.acceptUpdate,
  rejectUpdate: leaseUpdates.rejectUpdate,
  closeLease: leaseActions.closeLease,
  endLease: leaseActions.endLease,
  pauseLease: leaseActions.pauseLease,
  resumeLease: leaseActions.resumeLease,
  rateLease: leaseActions.rateLease,
  accrueLeases: leaseActions.accrueLeases,
  configureFizz: fizz.configureFizz,
  changeFizz: fizz.changeFizz,
  openGateway: fizz.openGateway,
  joinSubnet: fizz.joinSubnet,
  acceptFizz: fizz.acceptFizz,
  reserveFizz: fizz.reserveFizz,
  releaseFizz: fizz.releaseFizz,
  leaveSubnet: fizz.leaveSubnet,
  finishLeave: fizz.finishLeave,
  detachFizz: fizz.detachFizz,
  reattachFizz: fizz.reattachFizz,
  flagFizz: fizz.flagFizz,
  releaseMember: fizz.releaseMember,
  rewardFizz: fizz.rewardFizz,
  proposeSubnet: subnets.proposeSubnet,
  voteSubnet: subnets.voteSubnet,
  decideSubnet: subnets.decideSubnet,
};

const rules: readonly Rule[] = ACTION_NAMES.map((name) => RULES[name]);
const specs: readonly ActionSpec[] = ACTION_NAMES.map((name) => ACTIONS[name]);
/** Actions that only make sense between two settlements: all but the settlement's own steps, and the opening of a slot. */
const needsRest: readonly boolean[] = ACTION_NAMES.map((name) => !(name in STEP) && name !== 'openSlot');
const NO_LIST: readonly number[] = [];

function isAmount(value: number): boolean {
  return value >= 0 && value <= MAX_INT && Math.floor(value) === value;
}

/**
 * Executes one action.
 *
 * @returns 0 if it was accepted, else a code of `rejections.ts` with (have, need) in the state; a rejected action has changed nothing
 * @throws AssertionError if the action is not well-formed: wrong number of arguments, or one that is no integer in [0, 2^53)
 */
export function applyAction(s: State, action: Action): number {
  const spec = specs[action.kind];
  assert(spec !== undefined, `No action has the number ${action.kind}`);
  const { actor, args } = action;
  assert(
    args.length === spec.args.length,
    `${ACTION_NAMES[action.kind]} takes ${spec.args.length} arguments, got ${args.length}`,
  );
  for (let i = 0; i < args.length; i++) {
    assert(
      isAmount(args[i]!),
      `${ACTION_NAMES[action.kind]}: ${spec.args[i]} is ${args[i]}, not an integer in [0, 2^53)`,
    );
  }
  const list = action.bulk ?? NO_LIST;
  for (const value of list)
    assert(
      value >= 0 && Math.floor(value) === value,
      `${ACTION_NAMES[action.kind]}: ${spec.bulk} holds ${value}, not a whole number`,
    );
  if (spec.keeper === true) {
    if (actor !== ACCOUNT.keeper) return reject(s, R.OnlyKeeper, actor, ACCOUNT.keeper);
  } else if (actor < ACCOUNT.firstAgent || actor >= ACCOUNT.firstAgent + s.tokenTotals[F.tokenTotals.accountCount]!) {
    return reject(s, R.UnknownAccount, actor, 0);
  }
  if (needsRest[action.kind] === true && clock.isSettling(s)) {
    const settled = s.clockTotals[F.clockTotals.settledEraCount]!;
    return reject(s, R.EraNotSettled, settled, settled + 1);
  }
  return rules[action.kind]!(s, actor, args, list);
}
