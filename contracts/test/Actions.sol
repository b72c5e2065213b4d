// SPDX-License-Identifier: Apache-2.0
// Written by sim/chain/testParamsSolidity.ts from the lists in sim/protocol. Do not edit.
pragma solidity 0.8.37;

import {
    AlreadyBid,
    AlreadyCopied,
    AlreadyRated,
    AlreadySet,
    AlreadySubmitted,
    AlreadyVoted,
    AmountTooSmall,
    AssetNotAccepted,
    AssetNotEnabled,
    BatchMismatch,
    BeaconMismatch,
    BracketExceeded,
    BudgetExhausted,
    CapacityExhausted,
    ChangeRequired,
    CommitmentMismatch,
    CursorMismatch,
    DeadlineNotPassed,
    DeadlinePassed,
    DelegationTooSmall,
    EndpointNotConformant,
    EraNotSettled,
    ExitQueueNotOver,
    FAMILY_ASSETS,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_EMISSION,
    FAMILY_ESCROW,
    FAMILY_FIZZ,
    FAMILY_LEASES,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_ORDERS,
    FAMILY_PROVIDERS,
    FAMILY_SLARKS,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    FeeAboveMaximum,
    InsufficientBalance,
    InsufficientEscrow,
    InsufficientPrepaid,
    InsufficientStake,
    InvalidKey,
    InvalidSignature,
    KeyMissing,
    LeasesOpen,
    ModelNotLive,
    NoEligibleNode,
    NoEligibleValidator,
    NodeSlotsExhausted,
    NotAssigned,
    NotEngagedHost,
    NotHosting,
    NotInMode,
    NotMatchable,
    NotOwner,
    NotRunner,
    NotYourRequest,
    OnlyKeeper,
    OperatorsFull,
    PriceTooLow,
    PuzzleMismatch,
    RankingInvalid,
    RegionMismatch,
    ResultsOutstanding,
    SelfLease,
    SensitiveData,
    SignerRepeated,
    SignersMissing,
    SlotOutOfOrder,
    Soulbound,
    StepOutOfOrder,
    StillHosting,
    TaskAlreadyOpen,
    TaskPending,
    TierExcluded,
    TierTooLow,
    UnknownAccount,
    UnknownEntity,
    ValidatorEngaged,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";

/// @notice An action that an account may send: its signature, the contract that takes it, the number of its uint64
/// arguments, whether a list follows them, whether only the keeper may send it, and whether it is a step of the settlement.
struct ActionSpec {
    string signature;
    uint256 family;
    uint256 argCount;
    bool hasList;
    bool isKeepers;
    bool isStep;
}

uint256 constant ACTION_COUNT = 157;
uint256 constant A_TRANSFER_TOKENS = 0;
uint256 constant A_OPEN_SLOT = 1;
uint256 constant A_DELEGATE = 2;
uint256 constant A_INCREASE_DELEGATION = 3;
uint256 constant A_UNDELEGATE = 4;
uint256 constant A_SET_AUTO_STAKE = 5;
uint256 constant A_RESERVE_SLOT = 6;
uint256 constant A_REGISTER_NODE = 7;
uint256 constant A_EDIT_NODE = 8;
uint256 constant A_SUBMIT_NODE_METADATA = 9;
uint256 constant A_REQUEST_NODE_VALIDATION = 10;
uint256 constant A_TOP_UP_NODE = 11;
uint256 constant A_EXPIRE_RESERVATION = 12;
uint256 constant A_REQUEST_EXIT = 13;
uint256 constant A_FINALISE_EXIT = 14;
uint256 constant A_LOSE_HEARTBEAT = 15;
uint256 constant A_RESTORE_HEARTBEAT = 16;
uint256 constant A_REPORT_EXIT_ERROR = 17;
uint256 constant A_REPORT_NODES = 18;
uint256 constant A_REGISTER_MODEL = 19;
uint256 constant A_SUBMIT_MODEL_METADATA = 20;
uint256 constant A_REQUEST_TEST = 21;
uint256 constant A_CONFIRM_TEST_DEPLOYMENT = 22;
uint256 constant A_FAIL_TEST_DEPLOYMENT = 23;
uint256 constant A_OPEN_MODEL_VALIDATION = 24;
uint256 constant A_CHANGE_MODEL = 25;
uint256 constant A_SUBMIT_VERSION = 26;
uint256 constant A_CONFIRM_HOST = 27;
uint256 constant A_FAIL_HOST = 28;
uint256 constant A_REPLACE_HOST = 29;
uint256 constant A_REMOVE_MODEL = 30;
uint256 constant A_FORCE_REMOVE_MODEL = 31;
uint256 constant A_BUY_CALLS = 32;
uint256 constant A_WITHDRAW_CALLS = 33;
uint256 constant A_REQUEST_INFERENCE = 34;
uint256 constant A_ROUTE_REQUESTS = 35;
uint256 constant A_SERVE_REQUEST = 36;
uint256 constant A_CLOSE_REQUESTS = 37;
uint256 constant A_AUDIT_REQUESTS = 38;
uint256 constant A_RATE_MODEL = 39;
uint256 constant A_REGISTER_VALIDATOR = 40;
uint256 constant A_ISSUE_KEY = 41;
uint256 constant A_SUBSCRIBE = 42;
uint256 constant A_ROTATE_KEY = 43;
uint256 constant A_TOP_UP_VALIDATOR = 44;
uint256 constant A_EXIT_VALIDATOR = 45;
uint256 constant A_ASSIGN_TASK = 46;
uint256 constant A_SUBMIT_RESULT = 47;
uint256 constant A_FLAG_COPY = 48;
uint256 constant A_SETTLE_TASK = 49;
uint256 constant A_COMPUTE_ERA_METRICS = 50;
uint256 constant A_OPEN_EMISSION = 51;
uint256 constant A_SLASH_OWN_STAKE = 52;
uint256 constant A_SLASH_DELEGATIONS = 53;
uint256 constant A_PAY_STAKERS = 54;
uint256 constant A_SCORE_NODES = 55;
uint256 constant A_PAY_NODES = 56;
uint256 constant A_PAY_VALIDATORS = 57;
uint256 constant A_PAY_CREATORS = 58;
uint256 constant A_PAY_DELEGATORS = 59;
uint256 constant A_UPDATE_TRUST = 60;
uint256 constant A_UPDATE_REPUTATIONS = 61;
uint256 constant A_RELEASE_DELEGATIONS = 62;
uint256 constant A_POST_RANKING = 63;
uint256 constant A_ROTATE_MODELS = 64;
uint256 constant A_PROPOSE_PROVIDER = 65;
uint256 constant A_APPROVE_PROVIDER = 66;
uint256 constant A_REJECT_PROVIDER = 67;
uint256 constant A_STAKE_PROVIDER = 68;
uint256 constant A_UNSTAKE_PROVIDER = 69;
uint256 constant A_DEREGISTER_PROVIDER = 70;
uint256 constant A_RESUME_PROVIDER = 71;
uint256 constant A_UPHOLD_MISCONDUCT = 72;
uint256 constant A_SET_COMPLIANCE = 73;
uint256 constant A_DELEGATE_FOUNDATION = 74;
uint256 constant A_RECLAIM_FOUNDATION = 75;
uint256 constant A_REPORT_PROVIDERS = 76;
uint256 constant A_BUY_LICENCE = 77;
uint256 constant A_TOP_UP_LICENCE = 78;
uint256 constant A_REGISTER_SLARK_KEY = 79;
uint256 constant A_SELF_OPERATE = 80;
uint256 constant A_CHOOSE_PROVIDER = 81;
uint256 constant A_REQUEST_RUNNER = 82;
uint256 constant A_ACCEPT_RUNNER = 83;
uint256 constant A_REJECT_RUNNER = 84;
uint256 constant A_END_RUNNER = 85;
uint256 constant A_SET_OPT_IN = 86;
uint256 constant A_TRANSFER_LICENCE = 87;
uint256 constant A_LOSE_CLIENT = 88;
uint256 constant A_RESTORE_CLIENT = 89;
uint256 constant A_GRANT_LICENCE = 90;
uint256 constant A_REGISTER_FOUNDATION_KEY = 91;
uint256 constant A_REPORT_SLARKS = 92;
uint256 constant A_REDELEGATE = 93;
uint256 constant A_SCHEDULE_CHALLENGES = 94;
uint256 constant A_COMMIT_PUZZLE = 95;
uint256 constant A_ISSUE_CHALLENGES = 96;
uint256 constant A_CERTIFY_RESULTS = 97;
uint256 constant A_CLOSE_CHALLENGES = 98;
uint256 constant A_ATTEST_SUBSETS = 99;
uint256 constant A_ASSESS_PROVIDERS = 100;
uint256 constant A_PAY_SLARKS = 101;
uint256 constant A_PAY_PROVIDERS = 102;
uint256 constant A_UPDATE_TIERS = 103;
uint256 constant A_UPDATE_SLARKS = 104;
uint256 constant A_POST_SLARKS = 105;
uint256 constant A_ENABLE_ASSET = 106;
uint256 constant A_ISSUE_ASSET = 107;
uint256 constant A_POST_PRICES = 108;
uint256 constant A_TRANSFER_ASSET = 109;
uint256 constant A_OPEN_ESCROW = 110;
uint256 constant A_DEPOSIT_ESCROW = 111;
uint256 constant A_WITHDRAW_ESCROW = 112;
uint256 constant A_TRANSFER_ESCROW = 113;
uint256 constant A_SET_ACCEPTED_ASSETS = 114;
uint256 constant A_CREATE_ORDER = 115;
uint256 constant A_PLACE_BID = 116;
uint256 constant A_CANCEL_ORDER = 117;
uint256 constant A_OPEN_MATCHING = 118;
uint256 constant A_MATCH_ORDER = 119;
uint256 constant A_EXPIRE_ORDER = 120;
uint256 constant A_CHOOSE_BID = 121;
uint256 constant A_JOIN_OPERATORS = 122;
uint256 constant A_LEAVE_OPERATORS = 123;
uint256 constant A_VOTE_MATCH = 124;
uint256 constant A_SEND_MANIFEST = 125;
uint256 constant A_CONFIRM_DEPLOYMENT = 126;
uint256 constant A_WITHDRAW_LEASE = 127;
uint256 constant A_EXTEND_LEASE = 128;
uint256 constant A_PROPOSE_UPDATE = 129;
uint256 constant A_ACCEPT_UPDATE = 130;
uint256 constant A_REJECT_UPDATE = 131;
uint256 constant A_CLOSE_LEASE = 132;
uint256 constant A_END_LEASE = 133;
uint256 constant A_PAUSE_LEASE = 134;
uint256 constant A_RESUME_LEASE = 135;
uint256 constant A_RATE_LEASE = 136;
uint256 constant A_CONFIGURE_FIZZ = 137;
uint256 constant A_CHANGE_FIZZ = 138;
uint256 constant A_OPEN_GATEWAY = 139;
uint256 constant A_JOIN_SUBNET = 140;
uint256 constant A_ACCEPT_FIZZ = 141;
uint256 constant A_RESERVE_FIZZ = 142;
uint256 constant A_RELEASE_FIZZ = 143;
uint256 constant A_LEAVE_SUBNET = 144;
uint256 constant A_FINISH_LEAVE = 145;
uint256 constant A_DETACH_FIZZ = 146;
uint256 constant A_REATTACH_FIZZ = 147;
uint256 constant A_FLAG_FIZZ = 148;
uint256 constant A_RELEASE_MEMBER = 149;
uint256 constant A_PROPOSE_SUBNET = 150;
uint256 constant A_VOTE_SUBNET = 151;
uint256 constant A_DECIDE_SUBNET = 152;
uint256 constant A_REWARD_FIZZ = 153;
uint256 constant A_ACCRUE_LEASES = 154;
uint256 constant A_POST_MEDIAN = 155;
uint256 constant A_REVEAL_SKETCH = 156;

/// @return actions every action, by its number
function listActions() pure returns (ActionSpec[] memory actions) {
    actions = new ActionSpec[](ACTION_COUNT);
    actions[0] = ActionSpec("transferTokens(uint64,uint64)", FAMILY_TOKEN, 2, false, false, false);
    actions[1] = ActionSpec("openSlot(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_CLOCK, 8, false, true, false);
    actions[2] = ActionSpec("delegate(uint64,uint64,uint64,uint64)", FAMILY_STAKE, 4, false, false, false);
    actions[3] = ActionSpec("increaseDelegation(uint64,uint64)", FAMILY_STAKE, 2, false, false, false);
    actions[4] = ActionSpec("undelegate(uint64,uint64)", FAMILY_STAKE, 2, false, false, false);
    actions[5] = ActionSpec("setAutoStake(uint64,uint64)", FAMILY_STAKE, 2, false, false, false);
    actions[6] = ActionSpec("reserveSlot(uint64,uint64)", FAMILY_NODES, 2, false, false, false);
    actions[7] = ActionSpec("registerNode(uint64,uint64)", FAMILY_NODES, 2, false, false, false);
    actions[8] = ActionSpec("editNode(uint64,uint64,uint64)", FAMILY_NODES, 3, false, false, false);
    actions[9] = ActionSpec("submitNodeMetadata(uint64,uint64)", FAMILY_NODES, 2, false, false, false);
    actions[10] = ActionSpec("requestNodeValidation(uint64)", FAMILY_NODES, 1, false, false, false);
    actions[11] = ActionSpec("topUpNode(uint64,uint64)", FAMILY_NODES, 2, false, false, false);
    actions[12] = ActionSpec("expireReservation(uint64)", FAMILY_NODES, 1, false, true, false);
    actions[13] = ActionSpec("requestExit(uint64)", FAMILY_NODES, 1, false, false, false);
    actions[14] = ActionSpec("finaliseExit(uint64)", FAMILY_NODES, 1, false, false, false);
    actions[15] = ActionSpec("loseHeartbeat(uint64)", FAMILY_NODES, 1, false, true, false);
    actions[16] = ActionSpec("restoreHeartbeat(uint64)", FAMILY_NODES, 1, false, true, false);
    actions[17] = ActionSpec("reportExitError(uint64)", FAMILY_NODES, 1, false, true, false);
    actions[18] = ActionSpec("reportNodes(uint64,uint64,uint64[])", FAMILY_NODES, 2, true, true, false);
    actions[19] = ActionSpec("registerModel(uint64,uint64,uint64,uint64)", FAMILY_MODELS, 4, false, false, false);
    actions[20] = ActionSpec("submitModelMetadata(uint64,uint64)", FAMILY_MODELS, 2, false, false, false);
    actions[21] = ActionSpec("requestTest(uint64)", FAMILY_MODELS, 1, false, false, false);
    actions[22] = ActionSpec("confirmTestDeployment(uint64)", FAMILY_MODELS, 1, false, false, false);
    actions[23] = ActionSpec("failTestDeployment(uint64,uint64)", FAMILY_MODELS, 2, false, false, false);
    actions[24] = ActionSpec("openModelValidation(uint64)", FAMILY_MODELS, 1, false, false, false);
    actions[25] = ActionSpec("changeModel(uint64,uint64,uint64)", FAMILY_MODELS, 3, false, false, false);
    actions[26] = ActionSpec("submitVersion(uint64,uint64,uint64,uint64)", FAMILY_MODELS, 4, false, false, false);
    actions[27] = ActionSpec("confirmHost(uint64,uint64)", FAMILY_MODELS, 2, false, false, false);
    actions[28] = ActionSpec("failHost(uint64,uint64,uint64)", FAMILY_MODELS, 3, false, false, false);
    actions[29] = ActionSpec("replaceHost(uint64,uint64)", FAMILY_MODELS, 2, false, true, false);
    actions[30] = ActionSpec("removeModel(uint64)", FAMILY_MODELS, 1, false, false, false);
    actions[31] = ActionSpec("forceRemoveModel(uint64)", FAMILY_MODELS, 1, false, true, false);
    actions[32] = ActionSpec("buyCalls(uint64)", FAMILY_CALLS, 1, false, false, false);
    actions[33] = ActionSpec("withdrawCalls(uint64)", FAMILY_CALLS, 1, false, false, false);
    actions[34] = ActionSpec("requestInference(uint64,uint64,uint64)", FAMILY_CALLS, 3, false, false, false);
    actions[35] = ActionSpec("routeRequests(uint64,uint64,uint64[])", FAMILY_CALLS, 2, true, true, false);
    actions[36] = ActionSpec("serveRequest(uint64,uint64,uint64,uint64)", FAMILY_CALLS, 4, false, false, false);
    actions[37] = ActionSpec("closeRequests(uint64,uint64)", FAMILY_CALLS, 2, false, true, false);
    actions[38] = ActionSpec("auditRequests(uint64,uint64)", FAMILY_CALLS, 2, false, true, false);
    actions[39] = ActionSpec("rateModel(uint64,uint64)", FAMILY_CALLS, 2, false, false, false);
    actions[40] = ActionSpec("registerValidator()", FAMILY_VALIDATORS, 0, false, false, false);
    actions[41] = ActionSpec("issueKey(uint64,uint64)", FAMILY_VALIDATORS, 2, false, true, false);
    actions[42] = ActionSpec("subscribe(uint64)", FAMILY_VALIDATORS, 1, false, false, false);
    actions[43] = ActionSpec("rotateKey(uint64,uint64)", FAMILY_VALIDATORS, 2, false, false, false);
    actions[44] = ActionSpec("topUpValidator(uint64,uint64)", FAMILY_VALIDATORS, 2, false, false, false);
    actions[45] = ActionSpec("exitValidator(uint64)", FAMILY_VALIDATORS, 1, false, false, false);
    actions[46] = ActionSpec("assignTask(uint64)", FAMILY_TASKS, 1, false, true, false);
    actions[47] = ActionSpec("submitResult(uint64,uint64,uint64,uint64,uint64)", FAMILY_TASKS, 5, false, false, false);
    actions[48] = ActionSpec("flagCopy(uint64)", FAMILY_TASKS, 1, false, true, false);
    actions[49] = ActionSpec("settleTask(uint64)", FAMILY_TASKS, 1, false, true, false);
    actions[50] = ActionSpec("computeEraMetrics(uint64,uint64)", FAMILY_NODES, 2, false, true, true);
    actions[51] = ActionSpec("openEmission(uint64,uint64)", FAMILY_EMISSION, 2, false, true, true);
    actions[52] = ActionSpec("slashOwnStake(uint64,uint64)", FAMILY_STAKE, 2, false, true, true);
    actions[53] = ActionSpec("slashDelegations(uint64,uint64)", FAMILY_STAKE, 2, false, true, true);
    actions[54] = ActionSpec("payStakers(uint64,uint64)", FAMILY_STAKE, 2, false, true, true);
    actions[55] = ActionSpec("scoreNodes(uint64,uint64)", FAMILY_NODES, 2, false, true, true);
    actions[56] = ActionSpec("payNodes(uint64,uint64)", FAMILY_NODES, 2, false, true, true);
    actions[57] = ActionSpec("payValidators(uint64,uint64)", FAMILY_VALIDATORS, 2, false, true, true);
    actions[58] = ActionSpec("payCreators(uint64,uint64)", FAMILY_MODELS, 2, false, true, true);
    actions[59] = ActionSpec("payDelegators(uint64,uint64)", FAMILY_STAKE, 2, false, true, true);
    actions[60] = ActionSpec("updateTrust(uint64,uint64)", FAMILY_NODES, 2, false, true, true);
    actions[61] = ActionSpec("updateReputations(uint64,uint64)", FAMILY_VALIDATORS, 2, false, true, true);
    actions[62] = ActionSpec("releaseDelegations(uint64,uint64)", FAMILY_STAKE, 2, false, true, true);
    actions[63] = ActionSpec("postRanking(uint64,uint64,uint64[])", FAMILY_NODES, 2, true, true, true);
    actions[64] = ActionSpec("rotateModels(uint64,uint64)", FAMILY_MODELS, 2, false, true, true);
    actions[65] = ActionSpec("proposeProvider(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_PROVIDERS, 11, false, false, false);
    actions[66] = ActionSpec("approveProvider(uint64)", FAMILY_PROVIDERS, 1, false, true, false);
    actions[67] = ActionSpec("rejectProvider(uint64)", FAMILY_PROVIDERS, 1, false, true, false);
    actions[68] = ActionSpec("stakeProvider(uint64,uint64)", FAMILY_PROVIDERS, 2, false, false, false);
    actions[69] = ActionSpec("unstakeProvider(uint64,uint64)", FAMILY_PROVIDERS, 2, false, false, false);
    actions[70] = ActionSpec("deregisterProvider(uint64)", FAMILY_PROVIDERS, 1, false, false, false);
    actions[71] = ActionSpec("resumeProvider(uint64)", FAMILY_PROVIDERS, 1, false, false, false);
    actions[72] = ActionSpec("upholdMisconduct(uint64,uint64,uint64)", FAMILY_PROVIDERS, 3, false, true, false);
    actions[73] = ActionSpec("setCompliance(uint64,uint64)", FAMILY_PROVIDERS, 2, false, true, false);
    actions[74] = ActionSpec("delegateFoundation(uint64)", FAMILY_PROVIDERS, 1, false, true, false);
    actions[75] = ActionSpec("reclaimFoundation(uint64)", FAMILY_PROVIDERS, 1, false, true, false);
    actions[76] = ActionSpec("reportProviders(uint64,uint64,uint64[])", FAMILY_PROVIDERS, 2, true, true, false);
    actions[77] = ActionSpec("buyLicence()", FAMILY_SLARKS, 0, false, false, false);
    actions[78] = ActionSpec("topUpLicence(uint64,uint64)", FAMILY_SLARKS, 2, false, false, false);
    actions[79] = ActionSpec("registerSlarkKey(uint64,uint64[])", FAMILY_SLARKS, 1, true, false, false);
    actions[80] = ActionSpec("selfOperate(uint64,uint64)", FAMILY_SLARKS, 2, false, false, false);
    actions[81] = ActionSpec("chooseProvider(uint64,uint64)", FAMILY_SLARKS, 2, false, false, false);
    actions[82] = ActionSpec("requestRunner(uint64,uint64,uint64)", FAMILY_SLARKS, 3, false, false, false);
    actions[83] = ActionSpec("acceptRunner(uint64)", FAMILY_SLARKS, 1, false, false, false);
    actions[84] = ActionSpec("rejectRunner(uint64)", FAMILY_SLARKS, 1, false, false, false);
    actions[85] = ActionSpec("endRunner(uint64)", FAMILY_SLARKS, 1, false, false, false);
    actions[86] = ActionSpec("setOptIn(uint64,uint64)", FAMILY_SLARKS, 2, false, false, false);
    actions[87] = ActionSpec("transferLicence(uint64,uint64)", FAMILY_SLARKS, 2, false, false, false);
    actions[88] = ActionSpec("loseClient(uint64)", FAMILY_SLARKS, 1, false, true, false);
    actions[89] = ActionSpec("restoreClient(uint64)", FAMILY_SLARKS, 1, false, true, false);
    actions[90] = ActionSpec("grantLicence()", FAMILY_SLARKS, 0, false, true, false);
    actions[91] = ActionSpec("registerFoundationKey(uint64,uint64[])", FAMILY_SLARKS, 1, true, true, false);
    actions[92] = ActionSpec("reportSlarks(uint64,uint64,uint64[])", FAMILY_SLARKS, 2, true, true, false);
    actions[93] = ActionSpec("redelegate(uint64,uint64)", FAMILY_STAKE, 2, false, false, false);
    actions[94] = ActionSpec("scheduleChallenges()", FAMILY_CHALLENGES, 0, false, true, false);
    actions[95] = ActionSpec("commitPuzzle(uint64,uint64,uint64)", FAMILY_CHALLENGES, 3, false, true, false);
    actions[96] = ActionSpec("issueChallenges(uint64)", FAMILY_CHALLENGES, 1, false, true, false);
    actions[97] = ActionSpec("certifyResults(uint64,uint64,uint64,uint64,uint64[])", FAMILY_CHALLENGES, 4, true, true, false);
    actions[98] = ActionSpec("closeChallenges()", FAMILY_CHALLENGES, 0, false, true, false);
    actions[99] = ActionSpec("attestSubsets(uint64,uint64[])", FAMILY_CHALLENGES, 1, true, true, false);
    actions[100] = ActionSpec("assessProviders(uint64,uint64)", FAMILY_PROVIDERS, 2, false, true, true);
    actions[101] = ActionSpec("paySlarks(uint64,uint64)", FAMILY_SLARKS, 2, false, true, true);
    actions[102] = ActionSpec("payProviders(uint64,uint64)", FAMILY_PROVIDERS, 2, false, true, true);
    actions[103] = ActionSpec("updateTiers(uint64,uint64)", FAMILY_PROVIDERS, 2, false, true, true);
    actions[104] = ActionSpec("updateSlarks(uint64,uint64,uint64[])", FAMILY_SLARKS, 2, true, true, true);
    actions[105] = ActionSpec("postSlarks(uint64,uint64,uint64[])", FAMILY_SLARKS, 2, true, true, true);
    actions[106] = ActionSpec("enableAsset(uint64)", FAMILY_ASSETS, 1, false, true, false);
    actions[107] = ActionSpec("issueAsset(uint64,uint64,uint64)", FAMILY_ASSETS, 3, false, true, false);
    actions[108] = ActionSpec("postPrices(uint64,uint64,uint64)", FAMILY_ASSETS, 3, false, true, false);
    actions[109] = ActionSpec("transferAsset(uint64,uint64,uint64)", FAMILY_ASSETS, 3, false, false, false);
    actions[110] = ActionSpec("openEscrow(uint64,uint64)", FAMILY_ESCROW, 2, false, false, false);
    actions[111] = ActionSpec("depositEscrow(uint64,uint64,uint64)", FAMILY_ESCROW, 3, false, false, false);
    actions[112] = ActionSpec("withdrawEscrow(uint64,uint64,uint64)", FAMILY_ESCROW, 3, false, false, false);
    actions[113] = ActionSpec("transferEscrow(uint64,uint64)", FAMILY_ESCROW, 2, false, false, false);
    actions[114] = ActionSpec("setAcceptedAssets(uint64,uint64)", FAMILY_ORDERS, 2, false, false, false);
    actions[115] = ActionSpec("createOrder(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_ORDERS, 12, false, false, false);
    actions[116] = ActionSpec("placeBid(uint64,uint64,uint64,uint64)", FAMILY_ORDERS, 4, false, false, false);
    actions[117] = ActionSpec("cancelOrder(uint64)", FAMILY_ORDERS, 1, false, false, false);
    actions[118] = ActionSpec("openMatching(uint64)", FAMILY_ORDERS, 1, false, true, false);
    actions[119] = ActionSpec("matchOrder(uint64)", FAMILY_ORDERS, 1, false, true, false);
    actions[120] = ActionSpec("expireOrder(uint64)", FAMILY_ORDERS, 1, false, true, false);
    actions[121] = ActionSpec("chooseBid(uint64,uint64)", FAMILY_ORDERS, 2, false, false, false);
    actions[122] = ActionSpec("joinOperators()", FAMILY_ORDERS, 0, false, false, false);
    actions[123] = ActionSpec("leaveOperators(uint64)", FAMILY_ORDERS, 1, false, false, false);
    actions[124] = ActionSpec("voteMatch(uint64,uint64,uint64)", FAMILY_ORDERS, 3, false, false, false);
    actions[125] = ActionSpec("sendManifest(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[126] = ActionSpec("confirmDeployment(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[127] = ActionSpec("withdrawLease(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[128] = ActionSpec("extendLease(uint64,uint64)", FAMILY_LEASES, 2, false, false, false);
    actions[129] = ActionSpec("proposeUpdate(uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_LEASES, 7, false, false, false);
    actions[130] = ActionSpec("acceptUpdate(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[131] = ActionSpec("rejectUpdate(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[132] = ActionSpec("closeLease(uint64)", FAMILY_LEASES, 1, false, false, false);
    actions[133] = ActionSpec("endLease(uint64)", FAMILY_LEASES, 1, false, true, false);
    actions[134] = ActionSpec("pauseLease(uint64,uint64)", FAMILY_LEASES, 2, false, true, false);
    actions[135] = ActionSpec("resumeLease(uint64,uint64)", FAMILY_LEASES, 2, false, true, false);
    actions[136] = ActionSpec("rateLease(uint64,uint64)", FAMILY_LEASES, 2, false, false, false);
    actions[137] = ActionSpec("configureFizz(uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_FIZZ, 7, false, false, false);
    actions[138] = ActionSpec("changeFizz(uint64,uint64,uint64,uint64,uint64,uint64,uint64)", FAMILY_FIZZ, 7, false, false, false);
    actions[139] = ActionSpec("openGateway(uint64,uint64,uint64,uint64)", FAMILY_FIZZ, 4, false, false, false);
    actions[140] = ActionSpec("joinSubnet(uint64,uint64,uint64)", FAMILY_FIZZ, 3, false, false, false);
    actions[141] = ActionSpec("acceptFizz(uint64)", FAMILY_FIZZ, 1, false, false, false);
    actions[142] = ActionSpec("reserveFizz(uint64,uint64)", FAMILY_FIZZ, 2, false, false, false);
    actions[143] = ActionSpec("releaseFizz(uint64)", FAMILY_FIZZ, 1, false, false, false);
    actions[144] = ActionSpec("leaveSubnet(uint64)", FAMILY_FIZZ, 1, false, false, false);
    actions[145] = ActionSpec("finishLeave(uint64)", FAMILY_FIZZ, 1, false, false, false);
    actions[146] = ActionSpec("detachFizz(uint64,uint64)", FAMILY_FIZZ, 2, false, true, false);
    actions[147] = ActionSpec("reattachFizz(uint64,uint64)", FAMILY_FIZZ, 2, false, true, false);
    actions[148] = ActionSpec("flagFizz(uint64)", FAMILY_FIZZ, 1, false, true, false);
    actions[149] = ActionSpec("releaseMember(uint64)", FAMILY_FIZZ, 1, false, true, false);
    actions[150] = ActionSpec("proposeSubnet(uint64,uint64,uint64)", FAMILY_FIZZ, 3, false, false, false);
    actions[151] = ActionSpec("voteSubnet(uint64,uint64)", FAMILY_FIZZ, 2, false, false, false);
    actions[152] = ActionSpec("decideSubnet(uint64)", FAMILY_FIZZ, 1, false, true, false);
    actions[153] = ActionSpec("rewardFizz(uint64,uint64,uint64[])", FAMILY_FIZZ, 2, true, true, false);
    actions[154] = ActionSpec("accrueLeases(uint64,uint64)", FAMILY_LEASES, 2, false, true, true);
    actions[155] = ActionSpec("postMedian(uint64,uint64,uint64[])", FAMILY_ORDERS, 2, true, true, true);
    actions[156] = ActionSpec("revealSketch(uint64,uint64,uint64,uint64)", FAMILY_TASKS, 4, false, false, false);
}

/// @return actions the action of each settlement step, from step 1 on
function actionsOfSteps() pure returns (uint256[] memory actions) {
    actions = new uint256[](24);
    actions[1] = A_ACCRUE_LEASES;
    actions[2] = A_COMPUTE_ERA_METRICS;
    actions[3] = A_ASSESS_PROVIDERS;
    actions[4] = A_OPEN_EMISSION;
    actions[5] = A_SLASH_OWN_STAKE;
    actions[6] = A_SLASH_DELEGATIONS;
    actions[7] = A_PAY_SLARKS;
    actions[8] = A_PAY_PROVIDERS;
    actions[9] = A_PAY_STAKERS;
    actions[10] = A_SCORE_NODES;
    actions[11] = A_PAY_NODES;
    actions[12] = A_PAY_VALIDATORS;
    actions[13] = A_PAY_CREATORS;
    actions[14] = A_PAY_DELEGATORS;
    actions[15] = A_UPDATE_TRUST;
    actions[16] = A_UPDATE_REPUTATIONS;
    actions[17] = A_UPDATE_TIERS;
    actions[18] = A_UPDATE_SLARKS;
    actions[19] = A_POST_SLARKS;
    actions[20] = A_RELEASE_DELEGATIONS;
    actions[21] = A_POST_MEDIAN;
    actions[22] = A_POST_RANKING;
    actions[23] = A_ROTATE_MODELS;
}

/// @return true if an error with this selector is a rejection of the protocol
function isRejection(bytes4 selector) pure returns (bool) {
    return selector == UnknownAccount.selector
        || selector == OnlyKeeper.selector
        || selector == UnknownEntity.selector
        || selector == NotOwner.selector
        || selector == WrongState.selector
        || selector == InsufficientBalance.selector
        || selector == InsufficientStake.selector
        || selector == AmountTooSmall.selector
        || selector == ValueOutOfRange.selector
        || selector == NodeSlotsExhausted.selector
        || selector == EndpointNotConformant.selector
        || selector == DeadlineNotPassed.selector
        || selector == DeadlinePassed.selector
        || selector == TaskPending.selector
        || selector == ChangeRequired.selector
        || selector == NoEligibleNode.selector
        || selector == ExitQueueNotOver.selector
        || selector == StillHosting.selector
        || selector == NotEngagedHost.selector
        || selector == ValidatorEngaged.selector
        || selector == NoEligibleValidator.selector
        || selector == NotAssigned.selector
        || selector == AlreadySubmitted.selector
        || selector == TaskAlreadyOpen.selector
        || selector == ResultsOutstanding.selector
        || selector == ModelNotLive.selector
        || selector == FeeAboveMaximum.selector
        || selector == InsufficientPrepaid.selector
        || selector == NotHosting.selector
        || selector == AlreadyRated.selector
        || selector == NotYourRequest.selector
        || selector == SlotOutOfOrder.selector
        || selector == EraNotSettled.selector
        || selector == BeaconMismatch.selector
        || selector == StepOutOfOrder.selector
        || selector == CursorMismatch.selector
        || selector == RankingInvalid.selector
        || selector == BatchMismatch.selector
        || selector == DelegationTooSmall.selector
        || selector == AlreadyCopied.selector
        || selector == CapacityExhausted.selector
        || selector == AlreadySet.selector
        || selector == Soulbound.selector
        || selector == NotRunner.selector
        || selector == InvalidKey.selector
        || selector == InvalidSignature.selector
        || selector == PuzzleMismatch.selector
        || selector == SignersMissing.selector
        || selector == SignerRepeated.selector
        || selector == BudgetExhausted.selector
        || selector == TierTooLow.selector
        || selector == KeyMissing.selector
        || selector == AssetNotEnabled.selector
        || selector == AssetNotAccepted.selector
        || selector == InsufficientEscrow.selector
        || selector == BracketExceeded.selector
        || selector == SensitiveData.selector
        || selector == NotMatchable.selector
        || selector == RegionMismatch.selector
        || selector == TierExcluded.selector
        || selector == SelfLease.selector
        || selector == AlreadyBid.selector
        || selector == PriceTooLow.selector
        || selector == OperatorsFull.selector
        || selector == NotInMode.selector
        || selector == AlreadyVoted.selector
        || selector == LeasesOpen.selector
        || selector == CommitmentMismatch.selector;
}
