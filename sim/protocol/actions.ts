/**
 * Every action that an account may send to the ledger: which contract takes it and what its arguments are. The same list
 * drives the core's dispatch and the calldata of the chain (function of the same name, each argument a uint64, a bulk
 * list a trailing uint64[]). Settlement steps are actions of the keeper. Kinds are only appended.
 */
import type { ContractName } from './layout.ts';

export type ActionSpec = {
  readonly contract: ContractName;
  readonly args: readonly string[];
  /** Name of the trailing list, where there is one. */
  readonly bulk?: string;
  /** True if only the keeper may send it. */
  readonly keeper?: true;
};

const SLICE = ['from', 'to'] as const;

export const ACTIONS = {
  transferTokens: { contract: 'Token', args: ['to', 'units'] },
  openSlot: {
    contract: 'Clock',
    args: ['word0', 'word1', 'word2', 'word3', 'word4', 'word5', 'word6', 'word7'],
    keeper: true,
  },

  delegate: { contract: 'Stake', args: ['targetKind', 'target', 'units', 'autoStake'] },
  increaseDelegation: { contract: 'Stake', args: ['delegation', 'units'] },
  undelegate: { contract: 'Stake', args: ['delegation', 'units'] },
  setAutoStake: { contract: 'Stake', args: ['delegation', 'autoStake'] },

  reserveSlot: { contract: 'Nodes', args: ['domains', 'capacityCount'] },
  registerNode: { contract: 'Nodes', args: ['node', 'endpointId'] },
  editNode: { contract: 'Nodes', args: ['node', 'domains', 'capacityCount'] },
  submitNodeMetadata: { contract: 'Nodes', args: ['node', 'documentId'] },
  requestNodeValidation: { contract: 'Nodes', args: ['node'] },
  topUpNode: { contract: 'Nodes', args: ['node', 'units'] },
  expireReservation: { contract: 'Nodes', args: ['node'], keeper: true },
  requestExit: { contract: 'Nodes', args: ['node'] },
  finaliseExit: { contract: 'Nodes', args: ['node'] },
  loseHeartbeat: { contract: 'Nodes', args: ['node'], keeper: true },
  restoreHeartbeat: { contract: 'Nodes', args: ['node'], keeper: true },
  reportExitError: { contract: 'Nodes', args: ['node'], keeper: true },
  reportNodes: { contract: 'Nodes', args: [...SLICE], bulk: 'words', keeper: true },

  registerModel: { contract: 'Models', args: ['domain', 'feeUnits', 'artefactId', 'wu'] },
  submitModelMetadata: { contract: 'Models', args: ['model', 'documentId'] },
  requestTest: { contract: 'Models', args: ['model'] },
  confirmTestDeployment: { contract: 'Models', args: ['model'] },
  failTestDeployment: { contract: 'Models', args: ['model', 'fault'] },
  openModelValidation: { contract: 'Models', args: ['model'] },
  changeModel: { contract: 'Models', args: ['model', 'artefactId', 'wu'] },
  submitVersion: { contract: 'Models', args: ['model', 'artefactId', 'wu', 'feeUnits'] },
  confirmHost: { contract: 'Models', args: ['model', 'host'] },
  failHost: { contract: 'Models', args: ['model', 'host', 'fault'] },
  replaceHost: { contract: 'Models', args: ['model', 'host'], keeper: true },
  removeModel: { contract: 'Models', args: ['model'] },
  forceRemoveModel: { contract: 'Models', args: ['model'], keeper: true },

  buyCalls: { contract: 'Calls', args: ['units'] },
  withdrawCalls: { contract: 'Calls', args: ['units'] },
  requestInference: { contract: 'Calls', args: ['model', 'scaleMil', 'maxFeeUnits'] },
  routeRequests: { contract: 'Calls', args: [...SLICE], bulk: 'nodes', keeper: true },
  serveRequest: { contract: 'Calls', args: ['request', 'answerId', 'commitmentId', 'latencyMs'] },
  closeRequests: { contract: 'Calls', args: [...SLICE], keeper: true },
  auditRequests: { contract: 'Calls', args: [...SLICE], keeper: true },
  rateModel: { contract: 'Calls', args: ['request', 'tenths'] },

  registerValidator: { contract: 'Validators', args: [] },
  issueKey: { contract: 'Validators', args: ['validator', 'keyId'], keeper: true },
  subscribe: { contract: 'Validators', args: ['validator'] },
  rotateKey: { contract: 'Validators', args: ['validator', 'keyId'] },
  topUpValidator: { contract: 'Validators', args: ['validator', 'units'] },
  exitValidator: { contract: 'Validators', args: ['validator'] },

  assignTask: { contract: 'Tasks', args: ['task'], keeper: true },
  submitResult: { contract: 'Tasks', args: ['task', 'member', 'verdict', 'reportId', 'qualityBps'] },
  flagCopy: { contract: 'Tasks', args: ['member'], keeper: true },
  settleTask: { contract: 'Tasks', args: ['task'], keeper: true },

  computeEraMetrics: { contract: 'Nodes', args: [...SLICE], keeper: true },
  openEmission: { contract: 'Emission', args: [...SLICE], keeper: true },
  slashOwnStake: { contract: 'Stake', args: [...SLICE], keeper: true },
  slashDelegations: { contract: 'Stake', args: [...SLICE], keeper: true },
  payStakers: { contract: 'Stake', args: [...SLICE], keeper: true },
  scoreNodes: { contract: 'Nodes', args: [...SLICE], keeper: true },
  payNodes: { contract: 'Nodes', args: [...SLICE], keeper: true },
  payValidators: { contract: 'Validators', args: [...SLICE], keeper: true },
  payCreators: { contract: 'Models', args: [...SLICE], keeper: true },
  payDelegators: { contract: 'Stake', args: [...SLICE], keeper: true },
  updateTrust: { contract: 'Nodes', args: [...SLICE], keeper: true },
  updateReputations: { contract: 'Validators', args: [...SLICE], keeper: true },
  releaseDelegations: { contract: 'Stake', args: [...SLICE], keeper: true },
  postRanking: { contract: 'Nodes', args: [...SLICE], bulk: 'nodes', keeper: true },
  rotateModels: { contract: 'Models', args: [...SLICE], keeper: true },

  proposeProvider: {
    contract: 'Providers',
    args: [
      'node',
      'region',
      'cpuCount',
      'memoryGb',
      'storageGb',
      'gpuCount',
      'gpuTier',
      'computeTier',
      'storageTier',
      'netTier',
      'compliance',
    ],
  },
  approveProvider: { contract: 'Providers', args: ['provider'], keeper: true },
  rejectProvider: { contract: 'Providers', args: ['provider'], keeper: true },
  stakeProvider: { contract: 'Providers', args: ['provider', 'units'] },
  unstakeProvider: { contract: 'Providers', args: ['provider', 'units'] },
  deregisterProvider: { contract: 'Providers', args: ['provider'] },
  resumeProvider: { contract: 'Providers', args: ['provider'] },
  upholdMisconduct: { contract: 'Providers', args: ['provider', 'harmedAccount', 'harmUnits'], keeper: true },
  setCompliance: { contract: 'Providers', args: ['provider', 'compliance'], keeper: true },
  delegateFoundation: { contract: 'Providers', args: ['provider'], keeper: true },
  reclaimFoundation: { contract: 'Providers', args: ['provider'], keeper: true },
  reportProviders: { contract: 'Providers', args: [...SLICE], bulk: 'words', keeper: true },

  buyLicence: { contract: 'Slarks', args: [] },
  topUpLicence: { contract: 'Slarks', args: ['licence', 'units'] },
  registerSlarkKey: { contract: 'Slarks', args: ['licence'], bulk: 'words' },
  selfOperate: { contract: 'Slarks', args: ['licence', 'provider'] },
  chooseProvider: { contract: 'Slarks', args: ['licence', 'provider'] },
  requestRunner: { contract: 'Slarks', args: ['licence', 'runner', 'provider'] },
  acceptRunner: { contract: 'Slarks', args: ['licence'] },
  rejectRunner: { contract: 'Slarks', args: ['licence'] },
  endRunner: { contract: 'Slarks', args: ['licence'] },
  setOptIn: { contract: 'Slarks', args: ['licence', 'optIn'] },
  transferLicence: { contract: 'Slarks', args: ['licence', 'to'] },
  loseClient: { contract: 'Slarks', args: ['licence'], keeper: true },
  restoreClient: { contract: 'Slarks', args: ['licence'], keeper: true },
  grantLicence: { contract: 'Slarks', args: [], keeper: true },
  registerFoundationKey: { contract: 'Slarks', args: ['licence'], bulk: 'words', keeper: true },
  reportSlarks: { contract: 'Slarks', args: [...SLICE], bulk: 'delaysMs', keeper: true },
  redelegate: { contract: 'Stake', args: ['delegation', 'provider'] },

  scheduleChallenges: { contract: 'Challenges', args: [], keeper: true },
  commitPuzzle: { contract: 'Challenges', args: ['class', 'hash0', 'hash1'], keeper: true },
  issueChallenges: { contract: 'Challenges', args: ['class'], keeper: true },
  certifyResults: {
    contract: 'Challenges',
    args: ['class', 'puzzle0', 'puzzle1', 'groupCount'],
    bulk: 'words',
    keeper: true,
  },
  closeChallenges: { contract: 'Challenges', args: [], keeper: true },
  attestSubsets: { contract: 'Challenges', args: ['signerCount'], bulk: 'words', keeper: true },

  assessProviders: { contract: 'Providers', args: [...SLICE], keeper: true },
  paySlarks: { contract: 'Slarks', args: [...SLICE], keeper: true },
  payProviders: { contract: 'Providers', args: [...SLICE], keeper: true },
  updateTiers: { contract: 'Providers', args: [...SLICE], keeper: true },
  updateSlarks: { contract: 'Slarks', args: [...SLICE], bulk: 'licences', keeper: true },
  postSlarks: { contract: 'Slarks', args: [...SLICE], bulk: 'licences', keeper: true },

  enableAsset: { contract: 'Assets', args: ['asset'], keeper: true },
  issueAsset: { contract: 'Assets', args: ['asset', 'account', 'units'], keeper: true },
  postPrices: { contract: 'Assets', args: ['price1Fp', 'price2Fp', 'price3Fp'], keeper: true },
  transferAsset: { contract: 'Assets', args: ['asset', 'to', 'units'] },

  openEscrow: { contract: 'Escrow', args: ['asset', 'units'] },
  depositEscrow: { contract: 'Escrow', args: ['escrow', 'asset', 'units'] },
  withdrawEscrow: { contract: 'Escrow', args: ['escrow', 'asset', 'units'] },
  transferEscrow: { contract: 'Escrow', args: ['escrow', 'to'] },

  setAcceptedAssets: { contract: 'Orders', args: ['provider', 'assetMask'] },
  createOrder: {
    contract: 'Orders',
    args: [
      'escrow',
      'asset',
      'mode',
      'cpuCount',
      'memoryGb',
      'storageGb',
      'gpuCount',
      'gpuTier',
      'region',
      'durationS',
      'maxPriceUnits',
      'flags',
    ],
  },
  placeBid: { contract: 'Orders', args: ['order', 'provider', 'priceUnits', 'fizz'] },
  cancelOrder: { contract: 'Orders', args: ['order'] },
  openMatching: { contract: 'Orders', args: ['order'], keeper: true },
  matchOrder: { contract: 'Orders', args: ['order'], keeper: true },
  expireOrder: { contract: 'Orders', args: ['order'], keeper: true },
  chooseBid: { contract: 'Orders', args: ['order', 'bid'] },
  joinOperators: { contract: 'Orders', args: [] },
  leaveOperators: { contract: 'Orders', args: ['seat'] },
  voteMatch: { contract: 'Orders', args: ['order', 'seat', 'bid'] },

  sendManifest: { contract: 'Leases', args: ['lease'] },
  confirmDeployment: { contract: 'Leases', args: ['lease'] },
  withdrawLease: { contract: 'Leases', args: ['lease'] },
  extendLease: { contract: 'Leases', args: ['lease', 'addedS'] },
  proposeUpdate: {
    contract: 'Leases',
    args: ['lease', 'cpuCount', 'memoryGb', 'storageGb', 'gpuCount', 'durationS', 'priceUnits'],
  },
  acceptUpdate: { contract: 'Leases', args: ['lease'] },
  rejectUpdate: { contract: 'Leases', args: ['lease'] },
  closeLease: { contract: 'Leases', args: ['lease'] },
  endLease: { contract: 'Leases', args: ['lease'], keeper: true },
  pauseLease: { contract: 'Leases', args: ['lease', 'sinceS'], keeper: true },
  resumeLease: { contract: 'Leases', args: ['lease', 'atS'], keeper: true },
  rateLease: { contract: 'Leases', args: ['lease', 'tenths'] },

  configureFizz: {
    contract: 'Fizz',
    args: ['peerId', 'cpuCount', 'memoryGb', 'storageGb', 'gpuCount', 'gpuTier', 'priceUnits'],
  },
  changeFizz: {
    contract: 'Fizz',
    args: ['fizz', 'cpuCount', 'memoryGb', 'storageGb', 'gpuCount', 'gpuTier', 'priceUnits'],
  },
  openGateway: { contract: 'Fizz', args: ['provider', 'isOpen', 'minDelegationUnits', 'gatewayBps'] },
  joinSubnet: { contract: 'Fizz', args: ['fizz', 'provider', 'units'] },
  acceptFizz: { contract: 'Fizz', args: ['fizz'] },
  reserveFizz: { contract: 'Fizz', args: ['fizz', 'order'] },
  releaseFizz: { contract: 'Fizz', args: ['fizz'] },
  leaveSubnet: { contract: 'Fizz', args: ['fizz'] },
  finishLeave: { contract: 'Fizz', args: ['fizz'] },
  detachFizz: { contract: 'Fizz', args: ['fizz', 'sinceS'], keeper: true },
  reattachFizz: { contract: 'Fizz', args: ['fizz', 'atS'], keeper: true },
  flagFizz: { contract: 'Fizz', args: ['fizz'], keeper: true },
  releaseMember: { contract: 'Fizz', args: ['fizz'], keeper: true },
  proposeSubnet: { contract: 'Fizz', args: ['fizz', 'kind', 'value'] },
  voteSubnet: { contract: 'Fizz', args: ['fizz', 'isYes'] },
  decideSubnet: { contract: 'Fizz', args: ['provider'], keeper: true },
  rewardFizz: { contract: 'Fizz', args: [...SLICE], bulk: 'units', keeper: true },

  accrueLeases: { contract: 'Leases', args: [...SLICE], keeper: true },
  postMedian: { contract: 'Orders', args: [...SLICE], bulk: 'median', keeper: true },

  revealSketch: { contract: 'Tasks', args: ['task', 'outputId', 'saltId', 'sketchId'] },
} as const satisfies Record<string, ActionSpec>;

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** Number of each action: its position in {@link ACTIONS}. */
export const A = Object.fromEntries(ACTION_NAMES.map((name, number) => [name, number])) as {
  readonly [K in ActionName]: number;
};

/** An action as data: number of the action, sending account, arguments in order, and the list if it has one. */
export type Action = {
  readonly kind: number;
  readonly actor: number;
  readonly args: readonly number[];
  readonly bulk?: readonly number[];
};

/** @returns the action `name` of account `actor` */
export function action(name: ActionName, actor: number, args: readonly number[], bulk?: readonly number[]): Action {
  return bulk === undefined ? { kind: A[name], actor, args } : { kind: A[name], actor, args, bulk };
}

/** A rule that executes an action: 0 if accepted, else a code of `rejections.ts`. A rejected action has changed nothing. */
export type Rule = (
  s: import('./state.ts').State,
  actor: number,
  args: readonly number[],
  bulk: readonly number[],
) => number;
