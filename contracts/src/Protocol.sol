// SPDX-License-Identifier: Apache-2.0
// Written by sim/chain/protocolSolidity.ts from the lists in sim/protocol. Do not edit.
pragma solidity 0.8.37;

// Scales (NUM-2).
uint256 constant BPS = 10_000;
uint256 constant MIL = 1_000;
uint256 constant FP = 1_000_000_000;
uint256 constant MAX_INT = 9_007_199_254_740_991;
uint256 constant HOSTS_PER_MODEL = 8;
uint256 constant RATINGS_PER_MODEL = 1_000;
uint256 constant TABLE_LENGTH = 2 ** 32;
uint64 constant PROVIDER_TIERS = 7;
uint64 constant SLARK_TIERS = 6;
uint64 constant CLASS_COUNT = 6;
uint64 constant SEATS_PER_CLASS = 32;
uint64 constant MAX_TARGETS = 240;
uint64 constant ASSET_COUNT = 4;
uint64 constant DOLLAR_ASSET = 1;
uint64 constant MAX_BIDS = 64;
uint64 constant OPERATOR_SEATS = 101;
uint64 constant SEATS_PER_WORD = 52;
uint64 constant SLASHED_ERAS = 64;

// Number of contracts of the protocol, and the place of each in the list given to every constructor.
uint256 constant FAMILY_COUNT = 20;
uint256 constant FAMILY_PARAMS = 0;
uint256 constant FAMILY_CLOCK = 1;
uint256 constant FAMILY_TOKEN = 2;
uint256 constant FAMILY_ENTITY_NFT = 3;
uint256 constant FAMILY_STAKE = 4;
uint256 constant FAMILY_NODES = 5;
uint256 constant FAMILY_MODELS = 6;
uint256 constant FAMILY_CALLS = 7;
uint256 constant FAMILY_VALIDATORS = 8;
uint256 constant FAMILY_TASKS = 9;
uint256 constant FAMILY_EMISSION = 10;
uint256 constant FAMILY_PROVIDERS = 11;
uint256 constant FAMILY_SLARK_LICENCE = 12;
uint256 constant FAMILY_SLARKS = 13;
uint256 constant FAMILY_CHALLENGES = 14;
uint256 constant FAMILY_ASSETS = 15;
uint256 constant FAMILY_ESCROW = 16;
uint256 constant FAMILY_ORDERS = 17;
uint256 constant FAMILY_LEASES = 18;
uint256 constant FAMILY_FIZZ = 19;

// Accounts of the protocol (TOK-5).
uint64 constant ACCOUNT_COMMUNITY = 1;
uint64 constant ACCOUNT_FOUNDATION = 2;
uint64 constant ACCOUNT_TREASURY = 3;
uint64 constant ACCOUNT_STAKE_VAULT = 4;
uint64 constant ACCOUNT_DELEGATION_VAULT = 5;
uint64 constant ACCOUNT_CALL_ESCROW = 6;
uint64 constant ACCOUNT_TASK_POT = 7;
uint64 constant ACCOUNT_VALIDATOR_POT = 8;
uint64 constant ACCOUNT_INSURANCE = 9;
uint64 constant ACCOUNT_RESTITUTION = 10;
uint64 constant ACCOUNT_TEAM = 11;
uint64 constant ACCOUNT_INVESTORS = 12;
uint64 constant ACCOUNT_LIQUIDITY = 13;
uint64 constant ACCOUNT_AIRDROP = 14;
uint64 constant ACCOUNT_SLASH_POT = 15;
uint64 constant ACCOUNT_KEEPER = 16;
uint64 constant ACCOUNT_SLARK_POOL = 17;
uint64 constant ACCOUNT_ESCROW = 18;
uint64 constant ACCOUNT_FIRST_AGENT = 32;

// Kinds of entities.
uint64 constant KIND_MODEL = 1;
uint64 constant KIND_NODE = 2;
uint64 constant KIND_VALIDATOR = 3;
uint64 constant KIND_TASK = 4;
uint64 constant KIND_REQUEST = 5;
uint64 constant KIND_DELEGATION = 6;
uint64 constant KIND_VERSION = 7;
uint64 constant KIND_ACCOUNT = 8;
uint64 constant KIND_PROVIDER = 9;
uint64 constant KIND_SLARK = 10;
uint64 constant KIND_CHALLENGE = 11;
uint64 constant KIND_ESCROW = 12;
uint64 constant KIND_ORDER = 13;
uint64 constant KIND_LEASE = 14;
uint64 constant KIND_FIZZ = 15;
uint64 constant KIND_SUBNET = 16;
uint64 constant KIND_OPERATOR = 17;

// States (section 5).
uint64 constant MODEL_REGISTERED = 2;
uint64 constant MODEL_META_REVIEW = 3;
uint64 constant MODEL_META_APPROVED = 4;
uint64 constant MODEL_META_REJECTED = 5;
uint64 constant MODEL_TEST_DEPLOYING = 6;
uint64 constant MODEL_TEST_DEPLOYED = 7;
uint64 constant MODEL_TEST_FAILED = 8;
uint64 constant MODEL_FUNC_REVIEW = 9;
uint64 constant MODEL_FUNC_REJECTED = 10;
uint64 constant MODEL_PROD_DEPLOYING = 11;
uint64 constant MODEL_LIVE = 12;
uint64 constant MODEL_REMOVED = 13;
uint64 constant NODE_RESERVED = 1;
uint64 constant NODE_REGISTERED = 2;
uint64 constant NODE_META_REVIEW = 3;
uint64 constant NODE_META_APPROVED = 4;
uint64 constant NODE_META_REJECTED = 5;
uint64 constant NODE_VAL_REVIEW = 6;
uint64 constant NODE_VAL_REJECTED = 7;
uint64 constant NODE_ONLINE = 8;
uint64 constant NODE_OFFLINE = 9;
uint64 constant NODE_EXITING = 10;
uint64 constant NODE_REMOVED = 11;
uint64 constant NODE_RELEASED = 12;
uint64 constant VALIDATOR_REGISTERED = 1;
uint64 constant VALIDATOR_KEYED = 2;
uint64 constant VALIDATOR_ACTIVE = 3;
uint64 constant VALIDATOR_SUSPENDED = 4;
uint64 constant VALIDATOR_EXITED = 5;
uint64 constant TASK_CREATED = 1;
uint64 constant TASK_ASSIGNED = 2;
uint64 constant TASK_SETTLED = 3;
uint64 constant TASK_KIND_MODEL_METADATA = 1;
uint64 constant TASK_KIND_NODE_METADATA = 2;
uint64 constant TASK_KIND_MODEL = 3;
uint64 constant TASK_KIND_NODE = 4;
uint64 constant TASK_KIND_OUTPUT = 5;
uint64 constant VERDICT_NONE = 0;
uint64 constant VERDICT_PASS = 1;
uint64 constant VERDICT_FAIL = 2;
uint64 constant REQUEST_OPEN = 1;
uint64 constant REQUEST_ROUTED = 2;
uint64 constant REQUEST_SERVED = 3;
uint64 constant REQUEST_REFUNDED = 4;
uint64 constant HOST_EMPTY = 0;
uint64 constant HOST_DEPLOYING = 1;
uint64 constant HOST_UP = 2;
uint64 constant HOST_ROTATING = 3;
uint64 constant FAULT_NODE = 1;
uint64 constant FAULT_MODEL = 2;
uint64 constant PROVIDER_PROPOSED = 1;
uint64 constant PROVIDER_REGISTERED = 2;
uint64 constant PROVIDER_ACTIVE = 3;
uint64 constant PROVIDER_SUSPENDED = 4;
uint64 constant PROVIDER_DEACTIVATED = 5;
uint64 constant PROVIDER_REJECTED = 6;
uint64 constant SLARK_OWNED = 1;
uint64 constant SLARK_PENDING = 2;
uint64 constant SLARK_RUNNING = 3;
uint64 constant SLARK_OFFLINE = 4;
uint64 constant SLARK_BANNED = 5;
uint64 constant CHALLENGE_SCHEDULED = 1;
uint64 constant CHALLENGE_COMMITTED = 2;
uint64 constant CHALLENGE_ISSUED = 3;
uint64 constant CHALLENGE_ANSWERED = 4;
uint64 constant CHALLENGE_PASSED = 5;
uint64 constant CHALLENGE_FAILED = 6;
uint64 constant CHALLENGE_INCONCLUSIVE = 7;
uint64 constant ORDER_OPEN = 1;
uint64 constant ORDER_MATCHING = 2;
uint64 constant ORDER_LEASED = 3;
uint64 constant ORDER_EXPIRED = 4;
uint64 constant ORDER_CANCELLED = 5;
uint64 constant ORDER_MODE_PROVIDER = 0;
uint64 constant ORDER_MODE_FIZZ = 1;
uint64 constant ORDER_FLAG_REGION_HARD = 1;
uint64 constant ORDER_FLAG_SECURED = 2;
uint64 constant ORDER_FLAG_COMMUNITY = 4;
uint64 constant ORDER_FLAG_SENSITIVE = 8;
uint64 constant ORDER_FLAG_COMPLIANCE = 16;
uint64 constant BID_OPEN = 1;
uint64 constant BID_OUT = 2;
uint64 constant BID_WON = 3;
uint64 constant OPERATOR_ACTIVE = 1;
uint64 constant OPERATOR_LEFT = 2;
uint64 constant LEASE_AWAITING = 1;
uint64 constant LEASE_DEPLOYING = 2;
uint64 constant LEASE_SERVING = 3;
uint64 constant LEASE_DOWN = 4;
uint64 constant LEASE_CLOSED = 5;
uint64 constant LEASE_TERM_GROSS_BASE = 1;
uint64 constant LEASE_TERM_CHARGES_UNDEPLOYED = 2;
uint64 constant LEASE_TERM_CHARGES_DOWNTIME = 4;
uint64 constant LEASE_TERM_HOUR_UP = 8;
uint64 constant UPDATE_NONE = 0;
uint64 constant UPDATE_PROPOSED = 1;
uint64 constant CLOSE_CONSUMER = 1;
uint64 constant CLOSE_PROVIDER = 2;
uint64 constant CLOSE_ENDED = 3;
uint64 constant CLOSE_EXHAUSTED = 4;
uint64 constant CLOSE_OUTAGE = 5;
uint64 constant CLOSE_UPDATED = 6;
uint64 constant CLOSE_PROVIDER_LOST = 7;
uint64 constant CLOSE_EXPELLED = 8;
uint64 constant FIZZ_CONFIGURED = 1;
uint64 constant FIZZ_REGISTERED = 2;
uint64 constant FIZZ_ACTIVE = 3;
uint64 constant FIZZ_RESERVED = 4;
uint64 constant FIZZ_SERVING = 5;
uint64 constant FIZZ_DETACHED = 6;
uint64 constant FIZZ_LEAVING = 7;
uint64 constant SUBNET_NONE = 0;
uint64 constant SUBNET_EXISTS = 1;
uint64 constant SUBNET_DISSOLVED = 2;
uint64 constant PROPOSAL_EXPEL = 1;
uint64 constant PROPOSAL_GATEWAY_SHARE = 2;

// Bits of a provider's compliance (ATTR-6).
uint64 constant COMPLIANCE_SOC2 = 1;
uint64 constant COMPLIANCE_HIPAA = 2;
uint64 constant COMPLIANCE_GDPR = 4;
uint64 constant COMPLIANCE_AUDIT = 8;

// Settlement steps (TIME-4).
uint64 constant STEP_ACCRUE_LEASES = 1;
uint64 constant STEP_COMPUTE_ERA_METRICS = 2;
uint64 constant STEP_ASSESS_PROVIDERS = 3;
uint64 constant STEP_OPEN_EMISSION = 4;
uint64 constant STEP_SLASH_OWN_STAKE = 5;
uint64 constant STEP_SLASH_DELEGATIONS = 6;
uint64 constant STEP_PAY_SLARKS = 7;
uint64 constant STEP_PAY_PROVIDERS = 8;
uint64 constant STEP_PAY_STAKERS = 9;
uint64 constant STEP_SCORE_NODES = 10;
uint64 constant STEP_PAY_NODES = 11;
uint64 constant STEP_PAY_VALIDATORS = 12;
uint64 constant STEP_PAY_CREATORS = 13;
uint64 constant STEP_PAY_DELEGATORS = 14;
uint64 constant STEP_UPDATE_TRUST = 15;
uint64 constant STEP_UPDATE_REPUTATIONS = 16;
uint64 constant STEP_UPDATE_TIERS = 17;
uint64 constant STEP_UPDATE_SLARKS = 18;
uint64 constant STEP_POST_SLARKS = 19;
uint64 constant STEP_RELEASE_DELEGATIONS = 20;
uint64 constant STEP_POST_MEDIAN = 21;
uint64 constant STEP_POST_RANKING = 22;
uint64 constant STEP_ROTATE_MODELS = 23;
uint64 constant STEP_COUNT = 23;

// Reasons of token moves.
uint64 constant MOVE_GENESIS = 1;
uint64 constant MOVE_TRANSFER = 2;
uint64 constant MOVE_STAKE = 3;
uint64 constant MOVE_UNSTAKE = 4;
uint64 constant MOVE_PENALTY = 5;
uint64 constant MOVE_SLASH = 6;
uint64 constant MOVE_DELEGATE = 7;
uint64 constant MOVE_RELEASE = 8;
uint64 constant MOVE_PREPAY = 9;
uint64 constant MOVE_REFUND = 10;
uint64 constant MOVE_CALL_CREATOR = 11;
uint64 constant MOVE_CALL_NODE = 12;
uint64 constant MOVE_CALL_VALIDATORS = 13;
uint64 constant MOVE_CALL_FOUNDATION = 14;
uint64 constant MOVE_TASK_FEE = 15;
uint64 constant MOVE_REGISTER_FEE = 16;
uint64 constant MOVE_POWR_REWARD = 17;
uint64 constant MOVE_VALIDATOR_REWARD = 18;
uint64 constant MOVE_CREATOR_REWARD = 19;
uint64 constant MOVE_STAKER_REWARD = 20;
uint64 constant MOVE_DELEGATOR_REWARD = 21;
uint64 constant MOVE_EMISSION_FOUNDATION = 22;
uint64 constant MOVE_LIVENESS_REWARD = 23;
uint64 constant MOVE_BONUS_REWARD = 24;
uint64 constant MOVE_SLARK_REWARD = 25;
uint64 constant MOVE_FORFEIT = 26;
uint64 constant MOVE_RESTITUTION = 27;
uint64 constant MOVE_LICENCE = 28;
uint64 constant MOVE_ESCROW_DEPOSIT = 29;
uint64 constant MOVE_ESCROW_WITHDRAW = 30;
uint64 constant MOVE_LEASE_PAYMENT = 31;
uint64 constant MOVE_COMMISSION = 32;
uint64 constant MOVE_USER_FEE = 33;
uint64 constant MOVE_PROVIDER_FEE = 34;
uint64 constant MOVE_GATEWAY_SHARE = 35;
uint64 constant MOVE_FIZZ_REWARD = 36;
uint64 constant MOVE_FIZZ_FEE = 37;
uint64 constant MOVE_MATCH_REWARD = 38;
uint64 constant MOVE_ISSUE = 39;

// Numbers of the parameters.
uint256 constant P_TOKEN_DECIMALS = 0;
uint256 constant P_TIME_SLOT_S = 1;
uint256 constant P_TIME_SLOTS_PER_ERA = 2;
uint256 constant P_TIME_BLOCK_S = 3;
uint256 constant P_ECON_MAX_SUPPLY = 4;
uint256 constant P_ECON_ALLOC_BPS_COMMUNITY = 5;
uint256 constant P_ECON_ALLOC_BPS_TEAM = 6;
uint256 constant P_ECON_ALLOC_BPS_INVESTORS = 7;
uint256 constant P_ECON_ALLOC_BPS_LIQUIDITY = 8;
uint256 constant P_ECON_ALLOC_BPS_AIRDROP = 9;
uint256 constant P_ECON_ALLOC_BPS_FOUNDATION = 10;
uint256 constant P_ECON_EMISSION_ERA_PPM = 11;
uint256 constant P_ECON_HALVING_ERAS = 12;
uint256 constant P_ECON_EMISSION_REST_BPS_CREATORS = 13;
uint256 constant P_ECON_EMISSION_REST_BPS_STAKERS = 14;
uint256 constant P_ECON_EMISSION_REST_BPS_FOUNDATION = 15;
uint256 constant P_POWR_POOL_SHARE_BPS = 16;
uint256 constant P_VAL_POOL_SHARE_BPS = 17;
uint256 constant P_POWR_VARIANT = 18;
uint256 constant P_POWR_EXP4_A = 19;
uint256 constant P_POWR_EXP4_B = 20;
uint256 constant P_POWR_EXP4_C = 21;
uint256 constant P_DN_SPLIT_BPS_CREATOR = 22;
uint256 constant P_DN_SPLIT_BPS_NODE = 23;
uint256 constant P_DN_SPLIT_BPS_VALIDATORS = 24;
uint256 constant P_DN_SPLIT_BPS_BURN = 25;
uint256 constant P_DN_SPLIT_BPS_FOUNDATION = 26;
uint256 constant P_MODEL_REGISTER_STAKE = 27;
uint256 constant P_MODEL_REGISTER_FEE = 28;
uint256 constant P_MODEL_FORCED_FORFEIT_BPS = 29;
uint256 constant P_MODEL_DEPLOY_RETRIES = 30;
uint256 constant P_PLACE_BAND_BPS = 31;
uint256 constant P_PLACE_POLICY = 32;
uint256 constant P_PLACE_REPLICAS = 33;
uint256 constant P_ROUTE_MODE = 34;
uint256 constant P_ROUTE_MIN_SHARE_BPS = 35;
uint256 constant P_ROTATE_PERIOD_ERAS = 36;
uint256 constant P_NODE_SLOTS = 37;
uint256 constant P_NODE_STAKE_MIN = 38;
uint256 constant P_NODE_RESERVE_DEADLINE_S = 39;
uint256 constant P_NODE_DEADLINE_TARGET = 40;
uint256 constant P_NODE_DEADLINE_PENALTY_BPS = 41;
uint256 constant P_NODE_EXIT_ERAS = 42;
uint256 constant P_NODE_EXIT_ERROR_BUDGET = 43;
uint256 constant P_NODE_EXIT_PENALTY_BPS = 44;
uint256 constant P_VAL_STAKE_MIN = 45;
uint256 constant P_VAL_GROUP_SIZE = 46;
uint256 constant P_VAL_SELECT_FLOOR_BPS = 47;
uint256 constant P_VAL_DEADLINE_S = 48;
uint256 constant P_VAL_PASS_BPS = 49;
uint256 constant P_VAL_QUORUM_BPS = 50;
uint256 constant P_VAL_MAX_ROUNDS = 51;
uint256 constant P_VAL_COPY_DETECT_BPS = 52;
uint256 constant P_VAL_COPY_FALSE_BPS = 53;
uint256 constant P_VAL_COMMISSION_BPS = 54;
uint256 constant P_VAL_SLASH_NOSHOW_BPS = 55;
uint256 constant P_VAL_SLASH_COPY_BPS = 56;
uint256 constant P_VAL_AUDIT_BPS = 57;
uint256 constant P_VAL_TASK_FEE = 58;
uint256 constant P_VAL_LATE_PENALTY = 59;
uint256 constant P_VAL_META_MIN = 60;
uint256 constant P_VAL_ACC_MIN = 61;
uint256 constant P_VAL_P95_MS = 62;
uint256 constant P_VAL_SAMPLES = 63;
uint256 constant P_VAL_META_FALSE_BPS = 64;
uint256 constant P_TRUST_INIT_BPS = 65;
uint256 constant P_TRUST_W_BPS_COMPLETION = 66;
uint256 constant P_TRUST_W_BPS_ACCURACY = 67;
uint256 constant P_TRUST_W_BPS_STABILITY = 68;
uint256 constant P_TRUST_W_BPS_SPEED = 69;
uint256 constant P_TRUST_W_BPS_BEHAVIOUR = 70;
uint256 constant P_TRUST_HALF_LIFE_ERAS = 71;
uint256 constant P_TRUST_BEHAVIOUR_HALF_LIFE = 72;
uint256 constant P_TRUST_SPEED_MS_GOOD = 73;
uint256 constant P_TRUST_SPEED_MS_BAD = 74;
uint256 constant P_TRUST_FLAP_PENALTY = 75;
uint256 constant P_DELEG_MIN = 76;
uint256 constant P_DELEG_POOL_SHARE_BPS = 77;
uint256 constant P_DELEG_UNBOND_ERAS = 78;
uint256 constant P_FB_SCALE_TENTHS = 79;
uint256 constant P_FB_WINDOW = 80;
uint256 constant P_FB_RATE_PROB_BPS = 81;
uint256 constant P_RANK_W_BPS_SUCCESS = 82;
uint256 constant P_RANK_W_BPS_FEEDBACK = 83;
uint256 constant P_RANK_W_BPS_VALIDATORS = 84;
uint256 constant P_RANK_W_BPS_ERRORS = 85;
uint256 constant P_RANK_W_BPS_VOLUME = 86;
uint256 constant P_RANK_CHOICE_EXP4 = 87;
uint256 constant P_REQ_TIMEOUT_MS = 88;
uint256 constant P_HB_INTERVAL_S = 89;
uint256 constant P_VAL_ROB_MIN = 90;
uint256 constant P_VAL_ERR_MAX = 91;
uint256 constant P_PROV_AUTO_APPROVE = 92;
uint256 constant P_PROV_CURATE_AFTER = 93;
uint256 constant P_STAKE_SCALE_BPS_P = 94;
uint256 constant P_ATTR_GPU_GAP = 95;
uint256 constant P_ATTR_GPU_LOOKUP = 96;
uint256 constant P_ATTR_NET_GAP = 97;
uint256 constant P_ATTR_MULT_MIL_COMPUTE_1 = 98;
uint256 constant P_ATTR_MULT_MIL_COMPUTE_2 = 99;
uint256 constant P_ATTR_MULT_MIL_COMPUTE_3 = 100;
uint256 constant P_ATTR_MULT_MIL_STORAGE_1 = 101;
uint256 constant P_ATTR_MULT_MIL_STORAGE_2 = 102;
uint256 constant P_ATTR_MULT_MIL_STORAGE_3 = 103;
uint256 constant P_ATTR_MULT_MIL_NET_1 = 104;
uint256 constant P_ATTR_MULT_MIL_NET_2 = 105;
uint256 constant P_ATTR_MULT_MIL_NET_3 = 106;
uint256 constant P_ATTR_MULT_MIL_NET_4 = 107;
uint256 constant P_ATTR_MULT_MIL_GPU_1 = 108;
uint256 constant P_ATTR_MULT_MIL_GPU_2 = 109;
uint256 constant P_ATTR_MULT_MIL_GPU_3 = 110;
uint256 constant P_ATTR_MULT_MIL_GPU_4 = 111;
uint256 constant P_ATTR_MULT_MIL_GPU_5 = 112;
uint256 constant P_ATTR_MULT_MIL_GPU_6 = 113;
uint256 constant P_ATTR_MULT_MIL_GPU_7 = 114;
uint256 constant P_ATTR_MULT_MIL_GPU_8 = 115;
uint256 constant P_ATTR_MULT_MIL_GPU_9 = 116;
uint256 constant P_ATTR_MULT_MIL_GPU_10 = 117;
uint256 constant P_ATTR_MULT_MIL_GPU_11 = 118;
uint256 constant P_ATTR_COMPLIANCE_MIL = 119;
uint256 constant P_ATTR_COMPLIANCE_CAP_MIL = 120;
uint256 constant P_TIER_STAKE_TOKENS_1 = 121;
uint256 constant P_TIER_STAKE_TOKENS_2 = 122;
uint256 constant P_TIER_STAKE_TOKENS_3 = 123;
uint256 constant P_TIER_STAKE_TOKENS_4 = 124;
uint256 constant P_TIER_STAKE_TOKENS_5 = 125;
uint256 constant P_TIER_STAKE_TOKENS_6 = 126;
uint256 constant P_TIER_STAKE_TOKENS_7 = 127;
uint256 constant P_TIER_UPTIME_PCT_1 = 128;
uint256 constant P_TIER_UPTIME_PCT_2 = 129;
uint256 constant P_TIER_UPTIME_PCT_3 = 130;
uint256 constant P_TIER_UPTIME_PCT_4 = 131;
uint256 constant P_TIER_UPTIME_PCT_5 = 132;
uint256 constant P_TIER_UPTIME_PCT_6 = 133;
uint256 constant P_TIER_UPTIME_PCT_7 = 134;
uint256 constant P_TIER_COMPLETION_PCT_1 = 135;
uint256 constant P_TIER_COMPLETION_PCT_2 = 136;
uint256 constant P_TIER_COMPLETION_PCT_3 = 137;
uint256 constant P_TIER_COMPLETION_PCT_4 = 138;
uint256 constant P_TIER_COMPLETION_PCT_5 = 139;
uint256 constant P_TIER_COMPLETION_PCT_6 = 140;
uint256 constant P_TIER_COMPLETION_PCT_7 = 141;
uint256 constant P_TIER_RESPONSE_MS_1 = 142;
uint256 constant P_TIER_RESPONSE_MS_2 = 143;
uint256 constant P_TIER_RESPONSE_MS_3 = 144;
uint256 constant P_TIER_RESPONSE_MS_4 = 145;
uint256 constant P_TIER_RESPONSE_MS_5 = 146;
uint256 constant P_TIER_RESPONSE_MS_6 = 147;
uint256 constant P_TIER_RESPONSE_MS_7 = 148;
uint256 constant P_TIER_FEEDBACK_TENTHS_1 = 149;
uint256 constant P_TIER_FEEDBACK_TENTHS_2 = 150;
uint256 constant P_TIER_FEEDBACK_TENTHS_3 = 151;
uint256 constant P_TIER_FEEDBACK_TENTHS_4 = 152;
uint256 constant P_TIER_FEEDBACK_TENTHS_5 = 153;
uint256 constant P_TIER_FEEDBACK_TENTHS_6 = 154;
uint256 constant P_TIER_FEEDBACK_TENTHS_7 = 155;
uint256 constant P_TIER_MULT_MIL_1 = 156;
uint256 constant P_TIER_MULT_MIL_2 = 157;
uint256 constant P_TIER_MULT_MIL_3 = 158;
uint256 constant P_TIER_MULT_MIL_4 = 159;
uint256 constant P_TIER_MULT_MIL_5 = 160;
uint256 constant P_TIER_MULT_MIL_6 = 161;
uint256 constant P_TIER_MULT_MIL_7 = 162;
uint256 constant P_TIER_PROMO_ERAS = 163;
uint256 constant P_TIER_DEMO_ERAS = 164;
uint256 constant P_TIER_PROMO_STEP = 165;
uint256 constant P_TIER_STAKE_GRACE_ERAS = 166;
uint256 constant P_TIER_INITIAL = 167;
uint256 constant P_TIER_BELOW7 = 168;
uint256 constant P_TIER_COMPARE = 169;
uint256 constant P_TIER_USE_FEEDBACK = 170;
uint256 constant P_FB_MIN_SAMPLES = 171;
uint256 constant P_TIER_COUNT_DELEGATIONS = 172;
uint256 constant P_TIER_DELEG_CAP_X_OWN = 173;
uint256 constant P_TIER_UPTIME_SOURCE = 174;
uint256 constant P_TIER7_MODE = 175;
uint256 constant P_LIVE_BASE_ERA_GPU = 176;
uint256 constant P_LIVE_BASE_ERA_CPU = 177;
uint256 constant P_LIVE_POOL_ERA = 178;
uint256 constant P_LIVE_IDLE_SCALING = 179;
uint256 constant P_LIVE_STACK = 180;
uint256 constant P_LIVE_COOLDOWN_S = 181;
uint256 constant P_BONUS_LADDER_HOURS_1 = 182;
uint256 constant P_BONUS_LADDER_HOURS_2 = 183;
uint256 constant P_BONUS_LADDER_HOURS_3 = 184;
uint256 constant P_BONUS_LADDER_TOKENS_1 = 185;
uint256 constant P_BONUS_LADDER_TOKENS_2 = 186;
uint256 constant P_BONUS_LADDER_TOKENS_3 = 187;
uint256 constant P_CHAL_FAIL_FORFEIT_SLOTS = 188;
uint256 constant P_FDELEG_AMOUNT = 189;
uint256 constant P_FDELEG_MIN_GPU_SUBTIER = 190;
uint256 constant P_FDELEG_RECLAIM_UTIL_BPS = 191;
uint256 constant P_FDELEG_BUDGET = 192;
uint256 constant P_SLASH_MISCONDUCT_BPS = 193;
uint256 constant P_SLASH_MISCONDUCT_DETECT_BPS = 194;
uint256 constant P_SLASH_MISCONDUCT_FALSE_BPS = 195;
uint256 constant P_SLASH_MISCONDUCT_DEST = 196;
uint256 constant P_SLASH_STANDBY_MODE = 197;
uint256 constant P_SLASH_TASK_MODE = 198;
uint256 constant P_SLASH_BREACH_UPTIME_BPS = 199;
uint256 constant P_SLASH_BREACH_RESPONSE_MS = 200;
uint256 constant P_SLASH_DELEGATORS_SHARE = 201;
uint256 constant P_SLASH_SLARK_SHARE_BPS = 202;
uint256 constant P_SLARK_ACC_PCT_1 = 203;
uint256 constant P_SLARK_ACC_PCT_2 = 204;
uint256 constant P_SLARK_ACC_PCT_3 = 205;
uint256 constant P_SLARK_ACC_PCT_4 = 206;
uint256 constant P_SLARK_ACC_PCT_5 = 207;
uint256 constant P_SLARK_ACC_PCT_6 = 208;
uint256 constant P_SLARK_RESP_MS_1 = 209;
uint256 constant P_SLARK_RESP_MS_2 = 210;
uint256 constant P_SLARK_RESP_MS_3 = 211;
uint256 constant P_SLARK_RESP_MS_4 = 212;
uint256 constant P_SLARK_RESP_MS_5 = 213;
uint256 constant P_SLARK_RESP_MS_6 = 214;
uint256 constant P_SLARK_MULT_MIL_1 = 215;
uint256 constant P_SLARK_MULT_MIL_2 = 216;
uint256 constant P_SLARK_MULT_MIL_3 = 217;
uint256 constant P_SLARK_MULT_MIL_4 = 218;
uint256 constant P_SLARK_MULT_MIL_5 = 219;
uint256 constant P_SLARK_MULT_MIL_6 = 220;
uint256 constant P_SLARK_BUY_TOKENS_1 = 221;
uint256 constant P_SLARK_BUY_TOKENS_2 = 222;
uint256 constant P_SLARK_BUY_TOKENS_3 = 223;
uint256 constant P_SLARK_BUY_TOKENS_4 = 224;
uint256 constant P_SLARK_BUY_TOKENS_5 = 225;
uint256 constant P_SLARK_BUY_TOKENS_6 = 226;
uint256 constant P_SLARK_SEATS_1 = 227;
uint256 constant P_SLARK_SEATS_2 = 228;
uint256 constant P_SLARK_SEATS_3 = 229;
uint256 constant P_SLARK_SEATS_4 = 230;
uint256 constant P_SLARK_SEATS_5 = 231;
uint256 constant P_SLARK_SEATS_6 = 232;
uint256 constant P_SLARK_SOULBOUND_S = 233;
uint256 constant P_SLARK_PROMO_ERAS = 234;
uint256 constant P_SLARK_DEMO_ERAS = 235;
uint256 constant P_SLARK_LICENCES_PER_MACHINE = 236;
uint256 constant P_SLARK_BAN_ACCURACY_BPS = 237;
uint256 constant P_SLARK_BAN_ERAS = 238;
uint256 constant P_SLARK_RUNNER_FEE_BPS = 239;
uint256 constant P_SLARK_BUY_DEST = 240;
uint256 constant P_SLARK_POOL_ERA = 241;
uint256 constant P_SLARK_DELEGATE_BPS = 242;
uint256 constant P_SLARK_VEST_THRESHOLD = 243;
uint256 constant P_SLARK_VEST_ERAS = 244;
uint256 constant P_SLARK_CONFLICT_EXCLUSION = 245;
uint256 constant P_SLARK_FOUNDATION_NODES = 246;
uint256 constant P_CHAL_TARGETS_PER_SLOT = 247;
uint256 constant P_CHAL_ATTEST_QUORUM_BPS = 248;
uint256 constant P_CHAL_COVERAGE_ENFORCED = 249;
uint256 constant P_CHAL_DRAW_MAX_BPS = 250;
uint256 constant P_CHAL_DRAW_MIN_BPS = 251;
uint256 constant P_CHAL_GPU_ROUND = 252;
uint256 constant P_CHAL_N = 253;
uint256 constant P_CHAL_TIMEOUT_S = 254;
uint256 constant P_CHAL_INCONCLUSIVE = 255;
uint256 constant P_ATTR_GPU_TIER11 = 256;
uint256 constant P_ORACLE_MODEL = 257;
uint256 constant P_ORACLE_VOL_BPS_DAY = 258;
uint256 constant P_ORACLE_PRICE_MIL_1 = 259;
uint256 constant P_ORACLE_PRICE_MIL_2 = 260;
uint256 constant P_ORACLE_PRICE_MIL_3 = 261;
uint256 constant P_ESCROW_MIN_COVER_BPS = 262;
uint256 constant P_ESCROW_MIN_DEPOSIT = 263;
uint256 constant P_ESCROW_BRACKET_USD = 264;
uint256 constant P_ESCROW_BRACKETS_ENFORCED = 265;
uint256 constant P_FEE_FOUNDATION_BPS = 266;
uint256 constant P_FEE_USER_FOREIGN_BPS = 267;
uint256 constant P_FEE_PROVIDER_BASE = 268;
uint256 constant P_FEE_PROVIDER_FOREIGN_BPS = 269;
uint256 constant P_FEE_TIER1_REBATE_BPS = 270;
uint256 constant P_ORDER_BID_WINDOW_BLOCKS = 271;
uint256 constant P_ORDER_TTL_BLOCKS = 272;
uint256 constant P_ORDER_MAX_BIDS = 273;
uint256 constant P_MATCH_W_BPS_REGION = 274;
uint256 constant P_MATCH_W_BPS_PRICE = 275;
uint256 constant P_MATCH_W_BPS_FEEDBACK = 276;
uint256 constant P_MATCH_W_BPS_AVAIL = 277;
uint256 constant P_MATCH_W_BPS_SLASHES = 278;
uint256 constant P_MATCH_W_BPS_TIER = 279;
uint256 constant P_MATCH_W_BPS_STAKE = 280;
uint256 constant P_MATCH_W_BPS_RANDOM = 281;
uint256 constant P_MATCH_STAKE_CAP_X_MEDIAN = 282;
uint256 constant P_MATCH_SLASH_WINDOW_ERAS = 283;
uint256 constant P_MATCH_BID_FLOOR_BPS = 284;
uint256 constant P_MATCH_MODE = 285;
uint256 constant P_MATCH_OPERATORS = 286;
uint256 constant P_MATCH_QUORUM_BPS = 287;
uint256 constant P_MATCH_OUTAGE_BPS_SLOT = 288;
uint256 constant P_MATCH_USER_CHOICE = 289;
uint256 constant P_MATCH_OP_REWARD = 290;
uint256 constant P_REGION_MATRIX_CONTINENT = 291;
uint256 constant P_REGION_MATRIX_OTHER = 292;
uint256 constant P_ANTI_SELF_LEASE_BAN = 293;
uint256 constant P_BONUS_EXCLUDE_SELF = 294;
uint256 constant P_LEASE_CHARGE_UNDEPLOYED = 295;
uint256 constant P_LEASE_CHARGE_DOWNTIME = 296;
uint256 constant P_LEASE_DEPLOY_SLA_S = 297;
uint256 constant P_LEASE_UPDATE_NEEDS_ACCEPT = 298;
uint256 constant P_FIZZ_REWARD_MODE = 299;
uint256 constant P_FIZZ_UPTIME_GATE_BPS = 300;
uint256 constant P_FIZZ_BASE_ERA_GPU = 301;
uint256 constant P_FIZZ_BASE_ERA_CPU = 302;
uint256 constant P_FIZZ_AGG_PASS_BPS = 303;
uint256 constant P_FIZZ_MIN_DELEGATION = 304;
uint256 constant P_FIZZ_REGISTER_FEE = 305;
uint256 constant P_FIZZ_SEL_W_BPS_CHALLENGES = 306;
uint256 constant P_FIZZ_SEL_W_BPS_DELEGATION = 307;
uint256 constant P_FIZZ_SEL_W_BPS_PRICE = 308;
uint256 constant P_FIZZ_SEL_W_BPS_CAPACITY = 309;
uint256 constant P_FIZZ_OUTAGE_ACCRUAL = 310;
uint256 constant P_FIZZ_OUTAGE_CLOSE_S = 311;
uint256 constant P_FIZZ_BILLING_UNIT = 312;
uint256 constant P_FIZZ_GATEWAY_BPS = 313;
uint256 constant P_FIZZ_FOUNDATION_BPS = 314;
uint256 constant P_FIZZ_DAO = 315;
uint256 constant P_FIZZ_POLL_S = 316;
uint256 constant P_VAL_PROOF = 317;
uint256 constant P_VAL_ACCEPT_PPB_FP32 = 318;
uint256 constant P_VAL_REJECT_PPB_FP32 = 319;
uint256 constant P_VAL_ACCEPT_PPB_REDUCED = 320;
uint256 constant P_VAL_REJECT_PPB_REDUCED = 321;
uint256 constant P_CHAL_PROOF = 322;
uint256 constant P_VAL_REVEAL_SLOTS = 323;

// Storage records: every field a uint64, four to a word.
struct ClockTotalsRecord {
    uint64 era; // word 0
    uint64 slotCount;
    uint64 stepsDone;
    uint64 cursor;
    uint64 settledEraCount; // word 1
    uint64 beacon0;
    uint64 beacon1;
    uint64 beacon2;
    uint64 beacon3; // word 2
    uint64 beacon4;
    uint64 beacon5;
    uint64 beacon6;
    uint64 beacon7; // word 3
}

struct TokenTotalsRecord {
    uint64 supplyUnits; // word 0
    uint64 burntUnits;
    uint64 accountCount;
    uint64 maxSupplyUnits;
}

struct NodeCollateralRecord {
    uint64 ownUnits; // word 0
    uint64 delegatedUnits;
    uint64 unbondingUnits;
    uint64 slashPendingUnits;
    uint64 ownAddedUnits; // word 1
    uint64 delegatedAddedUnits;
    uint64 addedEra;
    uint64 rewardUnits;
    uint64 rewardWeight; // word 2
    uint64 runningUnits;
    uint64 slashUnits;
    uint64 slashWeight;
}

struct ValidatorCollateralRecord {
    uint64 ownUnits; // word 0
    uint64 delegatedUnits;
    uint64 unbondingUnits;
    uint64 slashPendingUnits;
    uint64 ownAddedUnits; // word 1
    uint64 delegatedAddedUnits;
    uint64 addedEra;
    uint64 rewardUnits;
    uint64 rewardWeight; // word 2
    uint64 runningUnits;
    uint64 slashUnits;
    uint64 slashWeight;
}

struct ProviderCollateralRecord {
    uint64 ownUnits; // word 0
    uint64 delegatedUnits;
    uint64 unbondingUnits;
    uint64 slashPendingUnits;
    uint64 ownAddedUnits; // word 1
    uint64 delegatedAddedUnits;
    uint64 addedEra;
    uint64 rewardUnits;
    uint64 rewardWeight; // word 2
    uint64 runningUnits;
    uint64 slashUnits;
    uint64 slashWeight;
}

struct DelegationsRecord {
    uint64 delegator; // word 0
    uint64 targetKind;
    uint64 target;
    uint64 units;
    uint64 addedUnits; // word 1
    uint64 addedEra;
    uint64 unbondingUnits;
    uint64 releaseEra;
    uint64 autoStake; // word 2
}

struct VestingsRecord {
    uint64 licence; // word 0
    uint64 vestUnits;
    uint64 vestedUnits;
    uint64 startEra;
    uint64 nextTarget; // word 1
}

struct LicenceWindowsRecord {
    uint64 windowEra; // word 0
    uint64 windowUnits;
}

struct StakeTotalsRecord {
    uint64 delegationCount; // word 0
    uint64 delegatedUnits;
    uint64 addedUnits;
    uint64 addedEra;
    uint64 runningUnits; // word 1
    uint64 poolUnits;
    uint64 poolWeight;
}

struct NodesRecord {
    uint64 owner; // word 0
    uint64 state;
    uint64 seat;
    uint64 deadlineS;
    uint64 domains; // word 1
    uint64 capacityCount;
    uint64 loadCount;
    uint64 pendingTask;
    uint64 documentId; // word 2
    uint64 pausedAtS;
    uint64 exitEra;
    uint64 exitErrorCount;
    uint64 needsChange; // word 3
}

struct NodeTrustRecord {
    uint64 trustFp; // word 0
    uint64 completionFp;
    uint64 accuracyFp;
    uint64 stabilityFp;
    uint64 speedFp; // word 1
    uint64 behaviourFp;
    uint64 qualityFp;
    uint64 offenceEra;
}

struct NodeEraRecord {
    uint64 assignedCount; // word 0
    uint64 finishedCount;
    uint64 checkedCount;
    uint64 acceptedCount;
    uint64 acceptedWu; // word 1
    uint64 auditedWu;
    uint64 auditedWuBps;
    uint64 scoreFp;
}

struct NodeReportsRecord {
    uint64 hourBits; // word 0
    uint64 breaches;
    uint64 beats;
    uint64 offlineSinceS;
}

struct NodeTotalsRecord {
    uint64 nodeCount; // word 0
    uint64 seatsUsedCount;
    uint64 seatsOpenedCount;
    uint64 freedCount;
    uint64 onlineCount; // word 1
    uint64 rankedCount;
    uint64 maxWu;
    uint64 scoreSumFp;
    uint64 runningFp; // word 2
}

struct ModelsRecord {
    uint64 owner; // word 0
    uint64 state;
    uint64 candidateState;
    uint64 feeUnits;
    uint64 domain; // word 1
    uint64 liveVersion;
    uint64 candidateVersion;
    uint64 pendingTask;
    uint64 testNode; // word 2
    uint64 triesCount;
    uint64 needsChange;
    uint64 rotationEra;
    uint64 ratingSumTenths; // word 3
    uint64 ratingCount;
    uint64 ratingNext;
    uint64 requestCount;
    uint64 successCount; // word 4
    uint64 errorCount;
    uint64 eraWu;
    uint64 checkCount;
    uint64 checkPassedCount; // word 5
    uint64 hostCount;
}

struct VersionsRecord {
    uint64 model; // word 0
    uint64 number;
    uint64 artefactId;
    uint64 wu;
    uint64 documentId; // word 1
    uint64 metadataPassed;
    uint64 functionPassed;
    uint64 createdEra;
    uint64 feeUnits; // word 2
}

struct HostsRecord {
    uint64 node; // word 0
    uint64 nextNode;
    uint64 state;
    uint64 sinceEra;
}

struct ModelTotalsRecord {
    uint64 modelCount; // word 0
    uint64 versionCount;
    uint64 liveCount;
    uint64 eraWu;
    uint64 runningWu; // word 1
}

struct PrepaidRecord {
    uint64 freeUnits; // word 0
    uint64 lockedUnits;
}

struct RequestsRecord {
    uint64 consumer; // word 0
    uint64 model;
    uint64 node;
    uint64 feeUnits;
    uint64 state; // word 1
    uint64 version;
    uint64 wu;
    uint64 scaleMil;
    uint64 answerId; // word 2
    uint64 latencyMs;
    uint64 ratedTenths;
    uint64 auditTask;
    uint64 commitmentId; // word 3
}

struct CallTotalsRecord {
    uint64 slot; // word 0
    uint64 requestCount;
    uint64 routedCount;
    uint64 closedCount;
    uint64 auditedCount; // word 1
    uint64 servedCount;
    uint64 refundedCount;
    uint64 freeUnits;
    uint64 lockedUnits; // word 2
}

struct ValidatorsRecord {
    uint64 owner; // word 0
    uint64 state;
    uint64 engagedCount;
    uint64 reputationFp;
    uint64 keyId; // word 1
    uint64 keyVersion;
    uint64 eraScoreFp;
    uint64 eraTaskCount;
    uint64 eraPayWeightFp; // word 2
}

struct ValidatorTotalsRecord {
    uint64 validatorCount; // word 0
    uint64 activeCount;
    uint64 committeeCount;
    uint64 committeeWeightFp;
    uint64 payWeightFp; // word 1
    uint64 runningFp;
    uint64 potUnits;
}

struct TasksRecord {
    uint64 kind; // word 0
    uint64 subject;
    uint64 owner;
    uint64 state;
    uint64 roundCount; // word 1
    uint64 outcome;
    uint64 assignedS;
    uint64 deadlineS;
    uint64 memberStart; // word 2
    uint64 memberCount;
    uint64 submittedCount;
    uint64 assignedWeightFp;
    uint64 submittedWeightFp; // word 3
    uint64 passWeightFp;
    uint64 feeUnits;
    uint64 referenceId;
    uint64 wu; // word 4
    uint64 answerId;
    uint64 qualityBps;
    uint64 openedEra;
    uint64 commitmentId; // word 5
    uint64 nonceId;
    uint64 outputId;
    uint64 sketchId;
}

struct MembersRecord {
    uint64 validator; // word 0
    uint64 weightFp;
    uint64 verdict;
    uint64 submittedS;
    uint64 reportId; // word 1
    uint64 qualityBps;
    uint64 copied;
    uint64 task;
}

struct TaskTotalsRecord {
    uint64 taskCount; // word 0
    uint64 memberCount;
    uint64 openCount;
    uint64 settledCount;
}

struct EmissionTotalsRecord {
    uint64 emittedUnits; // word 0
    uint64 eraUnits;
    uint64 powrUnits;
    uint64 validatorUnits;
    uint64 creatorUnits; // word 1
    uint64 stakerUnits;
    uint64 foundationUnits;
}

struct ProvidersRecord {
    uint64 owner; // word 0
    uint64 state;
    uint64 tier;
    uint64 node;
    uint64 promoEraCount; // word 1
    uint64 demoEraCount;
    uint64 shortEraCount;
    uint64 isMatchable;
    uint64 cpuCount; // word 2
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
    uint64 gpuTier; // word 3
    uint64 computeTier;
    uint64 storageTier;
    uint64 netTier;
    uint64 region; // word 4
    uint64 compliance;
    uint64 activeEra;
    uint64 challengedEra;
    uint64 exitUnits; // word 5
    uint64 exitEra;
    uint64 foundationDelegation;
    uint64 misconductUnits;
    uint64 harmedAccount; // word 6
    uint64 harmUnits;
    uint64 ratingSumTenths;
    uint64 ratingCount;
    uint64 ratingNext; // word 7
}

struct ProviderEraRecord {
    uint64 failedHours; // word 0
    uint64 challengeCount;
    uint64 passedCount;
    uint64 inconclusiveCount;
    uint64 rawUnits; // word 1
    uint64 forfeitUnits;
    uint64 bonusUnits;
    uint64 hourCount;
    uint64 misconductTakenUnits; // word 2
    uint64 utilisationBps;
}

struct ProviderReportsRecord {
    uint64 hourBits; // word 0
    uint64 modes;
    uint64 pauses;
    uint64 beats;
    uint64 work; // word 1
    uint64 feeUnits;
    uint64 leaseHours;
    uint64 offlineSinceS;
}

struct ProviderTotalsRecord {
    uint64 providerCount; // word 0
    uint64 activeCount;
    uint64 rawUnits;
    uint64 forfeitUnits;
    uint64 bonusUnits; // word 1
    uint64 slashUnits;
    uint64 poolUnits;
    uint64 runningUnits;
    uint64 foundationUnits; // word 2
}

struct SlarksRecord {
    uint64 owner; // word 0
    uint64 runner;
    uint64 state;
    uint64 tier;
    uint64 promoEraCount; // word 1
    uint64 demoEraCount;
    uint64 lowEraCount;
    uint64 optIn;
    uint64 buyUnits; // word 2
    uint64 soulboundUntilS;
    uint64 provider;
    uint64 delegation;
    uint64 keyId; // word 3
    uint64 isFoundation;
    uint64 selectedCount;
    uint64 resultCount;
    uint64 alignedCount; // word 4
    uint64 meanDelayMs;
    uint64 selectedEra;
    uint64 pendingRunner;
    uint64 judgedEra; // word 5
}

struct SlarkTotalsRecord {
    uint64 slarkCount; // word 0
    uint64 drawableCount;
    uint64 orderedCount;
    uint64 foundationCount;
    uint64 classCount1; // word 1
    uint64 classCount2;
    uint64 classCount3;
    uint64 classCount4;
    uint64 classCount5; // word 2
    uint64 classCount6;
    uint64 tierCount1;
    uint64 tierCount2;
    uint64 tierCount3; // word 3
    uint64 tierCount4;
    uint64 tierCount5;
    uint64 tierCount6;
    uint64 scoreSum; // word 4
    uint64 runningScore;
    uint64 poolUnits;
}

struct ChallengesRecord {
    uint64 provider; // word 0
    uint64 class;
    uint64 state;
    uint64 retried;
    uint64 cpuCount; // word 1
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
}

struct CommitteesRecord {
    uint64 state; // word 0
    uint64 targetCount;
    uint64 seatCount;
    uint64 puzzleHash0;
    uint64 puzzleHash1; // word 1
    uint64 signerCount;
}

struct ChallengeTotalsRecord {
    uint64 slot; // word 0
    uint64 challengeCount;
    uint64 firstId;
    uint64 newHead;
    uint64 newCount; // word 1
    uint64 poorCount;
    uint64 restCount;
    uint64 retryCount;
    uint64 decidedCount; // word 2
    uint64 passedCount;
    uint64 failedCount;
    uint64 inconclusiveCount;
    uint64 missedCount; // word 3
    uint64 certificateCount;
    uint64 attestedEraCount;
    uint64 selectedCount;
    uint64 subsets0; // word 4
    uint64 subsets1;
    uint64 subsets2;
    uint64 subsets3;
    uint64 subsets4; // word 5
    uint64 subsets5;
    uint64 subsets6;
    uint64 subsets7;
}

struct AssetsRecord {
    uint64 isEnabled; // word 0
    uint64 priceFp;
    uint64 issuedUnits;
}

struct EscrowsRecord {
    uint64 owner; // word 0
    uint64 leaseCount;
    uint64 cpuCount;
    uint64 memoryGb;
    uint64 storageGb; // word 1
    uint64 gpuTaskCpuCount;
    uint64 gpuTaskMemoryGb;
    uint64 gpuTaskStorageGb;
    uint64 gpuTaskGpuCount; // word 2
}

struct EscrowBalancesRecord {
    uint64 unlockedUnits; // word 0
    uint64 lockedUnits;
}

struct EscrowTotalsRecord {
    uint64 escrowCount; // word 0
    uint64 unlockedUnits0;
    uint64 unlockedUnits1;
    uint64 unlockedUnits2;
    uint64 unlockedUnits3; // word 1
    uint64 lockedUnits0;
    uint64 lockedUnits1;
    uint64 lockedUnits2;
    uint64 lockedUnits3; // word 2
}

struct OrdersRecord {
    uint64 escrow; // word 0
    uint64 state;
    uint64 asset;
    uint64 mode;
    uint64 cpuCount; // word 1
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
    uint64 gpuTier; // word 2
    uint64 region;
    uint64 durationS;
    uint64 maxPriceUnits;
    uint64 flags; // word 3
    uint64 createdS;
    uint64 bidUntilS;
    uint64 expiresS;
    uint64 bidCount; // word 4
    uint64 lastBid;
    uint64 lease;
    uint64 seed;
    uint64 operatorSet0; // word 5
    uint64 operatorSet1;
    uint64 operatorCount;
    uint64 voted0;
    uint64 voted1; // word 6
    uint64 matchingS;
}

struct BidsRecord {
    uint64 order; // word 0
    uint64 provider;
    uint64 priceUnits;
    uint64 fizz;
    uint64 state; // word 1
    uint64 previous;
    uint64 voters0;
    uint64 voters1;
}

struct OperatorsRecord {
    uint64 account; // word 0
    uint64 state;
    uint64 joinedS;
    uint64 voteCount;
    uint64 wonCount; // word 1
    uint64 rewardUnits;
}

struct ProviderMarketRecord {
    uint64 assetMask; // word 0
    uint64 slashedEraCount;
    uint64 lastSlashedEra;
    uint64 isAssetsSet;
}

struct OrderTotalsRecord {
    uint64 orderCount; // word 0
    uint64 bidCount;
    uint64 openCount;
    uint64 operatorCount;
    uint64 operatorSet0; // word 1
    uint64 operatorSet1;
    uint64 medianUnits;
    uint64 medianBelowCount;
    uint64 medianNotAboveCount; // word 2
    uint64 medianTotalCount;
    uint64 matchedCount;
    uint64 expiredCount;
}

struct LeasesRecord {
    uint64 order; // word 0
    uint64 escrow;
    uint64 provider;
    uint64 fizz;
    uint64 state; // word 1
    uint64 asset;
    uint64 priceUnits;
    uint64 startS;
    uint64 endS; // word 2
    uint64 cpuCount;
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount; // word 3
    uint64 userFeeBps;
    uint64 foundationBps;
    uint64 providerFeeBps;
    uint64 rebateBps; // word 4
    uint64 gatewayBps;
    uint64 terms;
    uint64 pausedS;
    uint64 downSinceS; // word 5
    uint64 manifestS;
    uint64 deployedS;
    uint64 accruedS;
    uint64 paidUnits; // word 6
    uint64 fundedUnits;
    uint64 lockedUnits;
    uint64 place;
    uint64 ratedTenths; // word 7
    uint64 closeReason;
    uint64 closedS;
    uint64 breachCount;
}

struct LeaseUpdatesRecord {
    uint64 state; // word 0
    uint64 cpuCount;
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount; // word 1
    uint64 durationS;
    uint64 priceUnits;
}

struct ProviderUseRecord {
    uint64 cpuCount; // word 0
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
    uint64 leaseCount; // word 1
}

struct LeaseTotalsRecord {
    uint64 leaseCount; // word 0
    uint64 openCount;
}

struct FizzNodesRecord {
    uint64 owner; // word 0
    uint64 state;
    uint64 gateway;
    uint64 peerId;
    uint64 cpuCount; // word 1
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
    uint64 gpuTier; // word 2
    uint64 priceUnits;
    uint64 delegation;
    uint64 order;
    uint64 lease; // word 3
    uint64 detachedS;
    uint64 votedProposal;
    uint64 joinedEra;
}

struct SubnetsRecord {
    uint64 state; // word 0
    uint64 isOpen;
    uint64 memberCount;
    uint64 minDelegationUnits;
    uint64 gatewayBps; // word 1
    uint64 isShareFixed;
    uint64 freeCpuCount;
    uint64 freeMemoryGb;
    uint64 freeStorageGb; // word 2
    uint64 freeGpuCount;
    uint64 proposal;
    uint64 proposalKind;
    uint64 proposalValue; // word 3
    uint64 proposalEndS;
    uint64 yesUnits;
    uint64 noUnits;
}

struct FizzTotalsRecord {
    uint64 fizzCount; // word 0
    uint64 proposalCount;
    uint64 rewardedEra;
    uint64 rewardedCount;
}

// Rejections: what was found and what the rule wanted.
error UnknownAccount(uint64 have, uint64 need);
error OnlyKeeper(uint64 have, uint64 need);
error UnknownEntity(uint64 have, uint64 need);
error NotOwner(uint64 have, uint64 need);
error WrongState(uint64 have, uint64 need);
error InsufficientBalance(uint64 have, uint64 need);
error InsufficientStake(uint64 have, uint64 need);
error AmountTooSmall(uint64 have, uint64 need);
error ValueOutOfRange(uint64 have, uint64 need);
error NodeSlotsExhausted(uint64 have, uint64 need);
error EndpointNotConformant(uint64 have, uint64 need);
error DeadlineNotPassed(uint64 have, uint64 need);
error DeadlinePassed(uint64 have, uint64 need);
error TaskPending(uint64 have, uint64 need);
error ChangeRequired(uint64 have, uint64 need);
error NoEligibleNode(uint64 have, uint64 need);
error ExitQueueNotOver(uint64 have, uint64 need);
error StillHosting(uint64 have, uint64 need);
error NotEngagedHost(uint64 have, uint64 need);
error ValidatorEngaged(uint64 have, uint64 need);
error NoEligibleValidator(uint64 have, uint64 need);
error NotAssigned(uint64 have, uint64 need);
error AlreadySubmitted(uint64 have, uint64 need);
error TaskAlreadyOpen(uint64 have, uint64 need);
error ResultsOutstanding(uint64 have, uint64 need);
error ModelNotLive(uint64 have, uint64 need);
error FeeAboveMaximum(uint64 have, uint64 need);
error InsufficientPrepaid(uint64 have, uint64 need);
error NotHosting(uint64 have, uint64 need);
error AlreadyRated(uint64 have, uint64 need);
error NotYourRequest(uint64 have, uint64 need);
error SlotOutOfOrder(uint64 have, uint64 need);
error EraNotSettled(uint64 have, uint64 need);
error BeaconMismatch(uint64 have, uint64 need);
error StepOutOfOrder(uint64 have, uint64 need);
error CursorMismatch(uint64 have, uint64 need);
error RankingInvalid(uint64 have, uint64 need);
error BatchMismatch(uint64 have, uint64 need);
error DelegationTooSmall(uint64 have, uint64 need);
error AlreadyCopied(uint64 have, uint64 need);
error CapacityExhausted(uint64 have, uint64 need);
error AlreadySet(uint64 have, uint64 need);
error Soulbound(uint64 have, uint64 need);
error NotRunner(uint64 have, uint64 need);
error InvalidKey(uint64 have, uint64 need);
error InvalidSignature(uint64 have, uint64 need);
error PuzzleMismatch(uint64 have, uint64 need);
error SignersMissing(uint64 have, uint64 need);
error SignerRepeated(uint64 have, uint64 need);
error BudgetExhausted(uint64 have, uint64 need);
error TierTooLow(uint64 have, uint64 need);
error KeyMissing(uint64 have, uint64 need);
error AssetNotEnabled(uint64 have, uint64 need);
error AssetNotAccepted(uint64 have, uint64 need);
error InsufficientEscrow(uint64 have, uint64 need);
error BracketExceeded(uint64 have, uint64 need);
error SensitiveData(uint64 have, uint64 need);
error NotMatchable(uint64 have, uint64 need);
error RegionMismatch(uint64 have, uint64 need);
error TierExcluded(uint64 have, uint64 need);
error SelfLease(uint64 have, uint64 need);
error AlreadyBid(uint64 have, uint64 need);
error PriceTooLow(uint64 have, uint64 need);
error OperatorsFull(uint64 have, uint64 need);
error NotInMode(uint64 have, uint64 need);
error AlreadyVoted(uint64 have, uint64 need);
error LeasesOpen(uint64 have, uint64 need);
error CommitmentMismatch(uint64 have, uint64 need);

/// @notice Events of the protocol, the same in every contract.
interface IProtocolEvents {
    event Transition(uint64 kind, uint64 entity, uint64 actor, uint64 from, uint64 to);
    event Moved(uint64 from, uint64 to, uint64 units, uint64 reason);
    event Burnt(uint64 from, uint64 units);
    event SlotOpened(uint64 slot, uint64 era);
    event EraSettled(uint64 era, uint64 emittedUnits);
    event RequestRouted(uint64 request, uint64 model, uint64 node);
    event RequestServed(uint64 request, uint64 model, uint64 node, uint64 wu, uint64 feeUnits, uint64 latencyMs);
    event RequestRefunded(uint64 request, uint64 model, uint64 node, uint64 feeUnits);
    event ModelRated(uint64 model, uint64 account, uint64 tenths, uint64 sumTenths, uint64 ratingCount);
    event TaskAssigned(uint64 task, uint64 kind, uint64 subject, uint64 roundCount, uint64 memberCount);
    event ResultSubmitted(uint64 task, uint64 validator, uint64 verdict, uint64 reportId, uint64 qualityBps);
    event CopyFlagged(uint64 task, uint64 validator);
    event TaskTallied(uint64 task, uint64 kind, uint64 subject, uint64 outcome, uint64 agreeFp, uint64 qualityBps);
    event TrustUpdated(uint64 node, uint64 trustFp, uint64 qualityFp);
    event ReputationUpdated(uint64 validator, uint64 reputationFp);
    event StakeChanged(uint64 kind, uint64 entity, uint64 ownUnits, uint64 delegatedUnits);
    event Slashed(uint64 kind, uint64 entity, uint64 units);
    event HostChanged(uint64 model, uint64 host, uint64 node, uint64 state);
    event RewardPaid(uint64 kind, uint64 entity, uint64 account, uint64 units, uint64 reason);
    event DelegationChanged(uint64 delegation, uint64 target, uint64 units, uint64 unbondingUnits);
    event TierChanged(uint64 kind, uint64 entity, uint64 from, uint64 to, uint64 reason);
    event ProviderAssessed(uint64 provider, uint64 hourCount, uint64 rawUnits, uint64 forfeitUnits, uint64 slashUnits, uint64 bonusUnits);
    event ProviderRated(uint64 provider, uint64 account, uint64 tenths, uint64 sumTenths, uint64 ratingCount);
    event CommitteeDrawn(uint64 slot, uint64 class, uint64 seatCount, uint64 targetCount, uint64 foundationSeatCount);
    event ChallengeDecided(uint64 challenge, uint64 provider, uint64 class, uint64 outcome, uint64 passCount, uint64 failCount);
    event ResultsCertified(uint64 slot, uint64 class, uint64 groupCount, uint64 signerCount, uint64 targetCount);
    event SubsetsAttested(uint64 era, uint64 signerCount, uint64 unselectedCount);
    event VestingChanged(uint64 delegation, uint64 vestUnits, uint64 vestedUnits);
    event AssetMoved(uint64 asset, uint64 from, uint64 to, uint64 units, uint64 reason);
    event PricePosted(uint64 asset, uint64 priceFp);
    event EscrowChanged(uint64 escrow, uint64 asset, uint64 unlockedUnits, uint64 lockedUnits, uint64 owner);
    event OrderCreated(uint64 order, uint64 escrow, uint64 consumer, uint64 mode, uint64 durationS, uint64 maxPriceUnits);
    event BidPlaced(uint64 order, uint64 bid, uint64 provider, uint64 priceUnits, uint64 fizz);
    event MatchVoted(uint64 order, uint64 seat, uint64 bid, uint64 voterCount);
    event LeaseCreated(uint64 lease, uint64 order, uint64 provider, uint64 consumer, uint64 priceUnits, uint64 endS);
    event LeaseAccrued(uint64 lease, uint64 grossUnits, uint64 payeeUnits, uint64 foundationUnits, uint64 feeUnits, uint64 gatewayUnits);
    event LeaseExtended(uint64 lease, uint64 endS, uint64 lockedUnits);
    event LeaseClosed(uint64 lease, uint64 reason, uint64 grossUnits, uint64 refundUnits, uint64 consumer, uint64 provider);
    event FizzChanged(uint64 fizz, uint64 gateway, uint64 priceUnits, uint64 cpuCount, uint64 gpuCount);
    event SubnetVoted(uint64 provider, uint64 proposal, uint64 fizz, uint64 isYes, uint64 units);
    event SubnetDecided(uint64 provider, uint64 proposal, uint64 kind, uint64 value, uint64 isPassed);
    event MedianPosted(uint64 era, uint64 medianUnits);
    event SketchRevealed(uint64 task, uint64 subject, uint64 outputId, uint64 sketchId);
}
