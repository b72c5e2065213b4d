// SPDX-License-Identifier: Apache-2.0
// Written by sim/chain/testParamsSolidity.ts from the lists in sim/protocol. Do not edit.
pragma solidity 0.8.37;

import {Extsload} from "../src/Extsload.sol";
import {
    AssetsRecord,
    BidsRecord,
    CallTotalsRecord,
    ChallengeTotalsRecord,
    ChallengesRecord,
    ClockTotalsRecord,
    CommitteesRecord,
    DelegationsRecord,
    EmissionTotalsRecord,
    EscrowBalancesRecord,
    EscrowTotalsRecord,
    EscrowsRecord,
    FAMILY_ASSETS,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_EMISSION,
    FAMILY_ENTITY_NFT,
    FAMILY_ESCROW,
    FAMILY_FIZZ,
    FAMILY_LEASES,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_ORDERS,
    FAMILY_PARAMS,
    FAMILY_PROVIDERS,
    FAMILY_SLARKS,
    FAMILY_SLARK_LICENCE,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    FizzNodesRecord,
    FizzTotalsRecord,
    HostsRecord,
    LeaseTotalsRecord,
    LeaseUpdatesRecord,
    LeasesRecord,
    LicenceWindowsRecord,
    MembersRecord,
    ModelTotalsRecord,
    ModelsRecord,
    NodeCollateralRecord,
    NodeEraRecord,
    NodeReportsRecord,
    NodeTotalsRecord,
    NodeTrustRecord,
    NodesRecord,
    OperatorsRecord,
    OrderTotalsRecord,
    OrdersRecord,
    PrepaidRecord,
    ProviderCollateralRecord,
    ProviderEraRecord,
    ProviderMarketRecord,
    ProviderReportsRecord,
    ProviderTotalsRecord,
    ProviderUseRecord,
    ProvidersRecord,
    RequestsRecord,
    SlarkTotalsRecord,
    SlarksRecord,
    StakeTotalsRecord,
    SubnetsRecord,
    TaskTotalsRecord,
    TasksRecord,
    TokenTotalsRecord,
    ValidatorCollateralRecord,
    ValidatorTotalsRecord,
    ValidatorsRecord,
    VersionsRecord,
    VestingsRecord
} from "../src/Protocol.sol";

// First storage word of each table in its contract.
uint256 constant SLOT_PARAM_VALUES = 0;
uint256 constant SLOT_CLOCK_TOTALS = 0;
uint256 constant SLOT_WALLETS = 5;
uint256 constant SLOT_TOKEN_TOTALS = 1073741829;
uint256 constant SLOT_MODEL_HOLDERS = 3;
uint256 constant SLOT_NODE_HOLDERS = 1073741827;
uint256 constant SLOT_VALIDATOR_HOLDERS = 2147483651;
uint256 constant SLOT_NODE_COLLATERAL = 0;
uint256 constant SLOT_VALIDATOR_COLLATERAL = 12884901888;
uint256 constant SLOT_PROVIDER_COLLATERAL = 25769803776;
uint256 constant SLOT_MODEL_COLLATERAL = 38654705664;
uint256 constant SLOT_DELEGATIONS = 39728447488;
uint256 constant SLOT_VESTINGS = 52613349376;
uint256 constant SLOT_LICENCE_WINDOWS = 61203283968;
uint256 constant SLOT_STAKE_TOTALS = 65498251264;
uint256 constant SLOT_NODES = 0;
uint256 constant SLOT_NODE_TRUST = 17179869184;
uint256 constant SLOT_NODE_ERA = 25769803776;
uint256 constant SLOT_NODE_REPORTS = 34359738368;
uint256 constant SLOT_FREED_SEATS = 38654705664;
uint256 constant SLOT_RANKING = 39728447488;
uint256 constant SLOT_NODE_TOTALS = 40802189312;
uint256 constant SLOT_MODELS = 0;
uint256 constant SLOT_VERSIONS = 25769803776;
uint256 constant SLOT_HOSTS = 38654705664;
uint256 constant SLOT_RATINGS = 42949672960;
uint256 constant SLOT_MODEL_TOTALS = 44023414784;
uint256 constant SLOT_PREPAID = 0;
uint256 constant SLOT_REQUESTS = 4294967296;
uint256 constant SLOT_CALL_TOTALS = 21474836480;
uint256 constant SLOT_VALIDATORS = 0;
uint256 constant SLOT_COMMITTEE_WEIGHTS = 12884901888;
uint256 constant SLOT_VALIDATOR_TOTALS = 13958643712;
uint256 constant SLOT_TASKS = 0;
uint256 constant SLOT_MEMBERS = 25769803776;
uint256 constant SLOT_TASK_TOTALS = 34359738368;
uint256 constant SLOT_EMISSION_TOTALS = 0;
uint256 constant SLOT_PROVIDERS = 0;
uint256 constant SLOT_PROVIDER_ERA = 34359738368;
uint256 constant SLOT_PROVIDER_REPORTS = 47244640256;
uint256 constant SLOT_PROVIDER_RATINGS = 55834574848;
uint256 constant SLOT_NODE_PROVIDERS = 56908316672;
uint256 constant SLOT_PROVIDER_TOTALS = 57982058496;
uint256 constant SLOT_LICENCE_HOLDERS = 6;
uint256 constant SLOT_SLARKS = 0;
uint256 constant SLOT_SLARK_ORDER = 25769803776;
uint256 constant SLOT_RUNNERS = 26843545600;
uint256 constant SLOT_SLARK_TOTALS = 27917287424;
uint256 constant SLOT_NEW_TARGETS = 0;
uint256 constant SLOT_POOR_TARGETS = 1073741824;
uint256 constant SLOT_REST_TARGETS = 2147483648;
uint256 constant SLOT_RETRY_TARGETS = 3221225472;
uint256 constant SLOT_CHALLENGES = 4294967296;
uint256 constant SLOT_COMMITTEES = 12884901888;
uint256 constant SLOT_SEATS = 21474836480;
uint256 constant SLOT_CHALLENGE_TOTALS = 22548578304;
uint256 constant SLOT_ASSETS = 0;
uint256 constant SLOT_ASSET_WALLETS = 4294967296;
uint256 constant SLOT_ESCROWS = 0;
uint256 constant SLOT_ESCROW_BALANCES = 12884901888;
uint256 constant SLOT_ESCROW_TOTALS = 17179869184;
uint256 constant SLOT_ORDERS = 0;
uint256 constant SLOT_BIDS = 30064771072;
uint256 constant SLOT_OPERATORS = 38654705664;
uint256 constant SLOT_PROVIDER_MARKET = 47244640256;
uint256 constant SLOT_SLASHED_ERAS = 51539607552;
uint256 constant SLOT_ORDER_TOTALS = 52613349376;
uint256 constant SLOT_LEASES = 0;
uint256 constant SLOT_LEASE_UPDATES = 34359738368;
uint256 constant SLOT_OPEN_LEASES = 42949672960;
uint256 constant SLOT_PROVIDER_USE = 44023414784;
uint256 constant SLOT_LEASE_TOTALS = 52613349376;
uint256 constant SLOT_FIZZ_NODES = 0;
uint256 constant SLOT_SUBNETS = 17179869184;
uint256 constant SLOT_FIZZ_TOTALS = 34359738368;

/// @title Tables
/// @notice Reads every table of the ledger from raw storage, so that tests see what is stored and not what is answered: one
/// record (`…At`), or all up to one in a single call (`…To`, numbered from 0).
abstract contract Tables {
    /// @notice Addresses of all contracts, in the order of the FAMILY_ constants.
    address[FAMILY_COUNT] internal families;

    function paramValuesAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_PARAMS], SLOT_PARAM_VALUES, id);
    }

    function paramValuesTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_PARAMS], SLOT_PARAM_VALUES, last + 1);
    }

    function clockTotals() internal view returns (ClockTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CLOCK], SLOT_CLOCK_TOTALS, 4);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function walletsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_TOKEN], SLOT_WALLETS, id);
    }

    function walletsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_TOKEN], SLOT_WALLETS, last + 1);
    }

    function tokenTotals() internal view returns (TokenTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_TOKEN], SLOT_TOKEN_TOTALS, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function modelHoldersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_ENTITY_NFT], SLOT_MODEL_HOLDERS, id);
    }

    function modelHoldersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_ENTITY_NFT], SLOT_MODEL_HOLDERS, last + 1);
    }

    function nodeHoldersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_ENTITY_NFT], SLOT_NODE_HOLDERS, id);
    }

    function nodeHoldersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_ENTITY_NFT], SLOT_NODE_HOLDERS, last + 1);
    }

    function validatorHoldersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_ENTITY_NFT], SLOT_VALIDATOR_HOLDERS, id);
    }

    function validatorHoldersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_ENTITY_NFT], SLOT_VALIDATOR_HOLDERS, last + 1);
    }

    function nodeCollateralAt(uint256 id) internal view returns (NodeCollateralRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_NODE_COLLATERAL + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodeCollateralTo(uint256 last) internal view returns (NodeCollateralRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_NODE_COLLATERAL, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function validatorCollateralAt(uint256 id) internal view returns (ValidatorCollateralRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_VALIDATOR_COLLATERAL + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function validatorCollateralTo(uint256 last) internal view returns (ValidatorCollateralRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_VALIDATOR_COLLATERAL, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function providerCollateralAt(uint256 id) internal view returns (ProviderCollateralRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_PROVIDER_COLLATERAL + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providerCollateralTo(uint256 last) internal view returns (ProviderCollateralRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_PROVIDER_COLLATERAL, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function modelCollateralAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_STAKE], SLOT_MODEL_COLLATERAL, id);
    }

    function modelCollateralTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_STAKE], SLOT_MODEL_COLLATERAL, last + 1);
    }

    function delegationsAt(uint256 id) internal view returns (DelegationsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_DELEGATIONS + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function delegationsTo(uint256 last) internal view returns (DelegationsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_DELEGATIONS, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function vestingsAt(uint256 id) internal view returns (VestingsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_VESTINGS + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function vestingsTo(uint256 last) internal view returns (VestingsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_VESTINGS, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function licenceWindowsAt(uint256 id) internal view returns (LicenceWindowsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_LICENCE_WINDOWS + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function licenceWindowsTo(uint256 last) internal view returns (LicenceWindowsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_STAKE], SLOT_LICENCE_WINDOWS, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function stakeTotals() internal view returns (StakeTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_STAKE], SLOT_STAKE_TOTALS, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodesAt(uint256 id) internal view returns (NodesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_NODES], SLOT_NODES + id * 4, 4);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodesTo(uint256 last) internal view returns (NodesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_NODES], SLOT_NODES, 4, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function nodeTrustAt(uint256 id) internal view returns (NodeTrustRecord memory record) {
        uint256 fields = _fields(families[FAMILY_NODES], SLOT_NODE_TRUST + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodeTrustTo(uint256 last) internal view returns (NodeTrustRecord[] memory records) {
        uint256 list = _records(families[FAMILY_NODES], SLOT_NODE_TRUST, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function nodeEraAt(uint256 id) internal view returns (NodeEraRecord memory record) {
        uint256 fields = _fields(families[FAMILY_NODES], SLOT_NODE_ERA + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodeEraTo(uint256 last) internal view returns (NodeEraRecord[] memory records) {
        uint256 list = _records(families[FAMILY_NODES], SLOT_NODE_ERA, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function nodeReportsAt(uint256 id) internal view returns (NodeReportsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_NODES], SLOT_NODE_REPORTS + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function nodeReportsTo(uint256 last) internal view returns (NodeReportsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_NODES], SLOT_NODE_REPORTS, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function freedSeatsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_NODES], SLOT_FREED_SEATS, id);
    }

    function freedSeatsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_NODES], SLOT_FREED_SEATS, last + 1);
    }

    function rankingAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_NODES], SLOT_RANKING, id);
    }

    function rankingTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_NODES], SLOT_RANKING, last + 1);
    }

    function nodeTotals() internal view returns (NodeTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_NODES], SLOT_NODE_TOTALS, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function modelsAt(uint256 id) internal view returns (ModelsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_MODELS], SLOT_MODELS + id * 6, 6);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function modelsTo(uint256 last) internal view returns (ModelsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_MODELS], SLOT_MODELS, 6, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function versionsAt(uint256 id) internal view returns (VersionsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_MODELS], SLOT_VERSIONS + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function versionsTo(uint256 last) internal view returns (VersionsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_MODELS], SLOT_VERSIONS, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function hostsAt(uint256 id) internal view returns (HostsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_MODELS], SLOT_HOSTS + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function hostsTo(uint256 last) internal view returns (HostsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_MODELS], SLOT_HOSTS, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function ratingsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_MODELS], SLOT_RATINGS, id);
    }

    function ratingsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_MODELS], SLOT_RATINGS, last + 1);
    }

    function modelTotals() internal view returns (ModelTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_MODELS], SLOT_MODEL_TOTALS, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function prepaidAt(uint256 id) internal view returns (PrepaidRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CALLS], SLOT_PREPAID + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function prepaidTo(uint256 last) internal view returns (PrepaidRecord[] memory records) {
        uint256 list = _records(families[FAMILY_CALLS], SLOT_PREPAID, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function requestsAt(uint256 id) internal view returns (RequestsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CALLS], SLOT_REQUESTS + id * 4, 4);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function requestsTo(uint256 last) internal view returns (RequestsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_CALLS], SLOT_REQUESTS, 4, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function callTotals() internal view returns (CallTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CALLS], SLOT_CALL_TOTALS, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function validatorsAt(uint256 id) internal view returns (ValidatorsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_VALIDATORS], SLOT_VALIDATORS + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function validatorsTo(uint256 last) internal view returns (ValidatorsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_VALIDATORS], SLOT_VALIDATORS, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function committeeWeightsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_VALIDATORS], SLOT_COMMITTEE_WEIGHTS, id);
    }

    function committeeWeightsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_VALIDATORS], SLOT_COMMITTEE_WEIGHTS, last + 1);
    }

    function validatorTotals() internal view returns (ValidatorTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_VALIDATORS], SLOT_VALIDATOR_TOTALS, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function tasksAt(uint256 id) internal view returns (TasksRecord memory record) {
        uint256 fields = _fields(families[FAMILY_TASKS], SLOT_TASKS + id * 6, 6);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function tasksTo(uint256 last) internal view returns (TasksRecord[] memory records) {
        uint256 list = _records(families[FAMILY_TASKS], SLOT_TASKS, 6, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function membersAt(uint256 id) internal view returns (MembersRecord memory record) {
        uint256 fields = _fields(families[FAMILY_TASKS], SLOT_MEMBERS + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function membersTo(uint256 last) internal view returns (MembersRecord[] memory records) {
        uint256 list = _records(families[FAMILY_TASKS], SLOT_MEMBERS, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function taskTotals() internal view returns (TaskTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_TASKS], SLOT_TASK_TOTALS, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function emissionTotals() internal view returns (EmissionTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_EMISSION], SLOT_EMISSION_TOTALS, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providersAt(uint256 id) internal view returns (ProvidersRecord memory record) {
        uint256 fields = _fields(families[FAMILY_PROVIDERS], SLOT_PROVIDERS + id * 8, 8);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providersTo(uint256 last) internal view returns (ProvidersRecord[] memory records) {
        uint256 list = _records(families[FAMILY_PROVIDERS], SLOT_PROVIDERS, 8, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function providerEraAt(uint256 id) internal view returns (ProviderEraRecord memory record) {
        uint256 fields = _fields(families[FAMILY_PROVIDERS], SLOT_PROVIDER_ERA + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providerEraTo(uint256 last) internal view returns (ProviderEraRecord[] memory records) {
        uint256 list = _records(families[FAMILY_PROVIDERS], SLOT_PROVIDER_ERA, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function providerReportsAt(uint256 id) internal view returns (ProviderReportsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_PROVIDERS], SLOT_PROVIDER_REPORTS + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providerReportsTo(uint256 last) internal view returns (ProviderReportsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_PROVIDERS], SLOT_PROVIDER_REPORTS, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function providerRatingsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_PROVIDERS], SLOT_PROVIDER_RATINGS, id);
    }

    function providerRatingsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_PROVIDERS], SLOT_PROVIDER_RATINGS, last + 1);
    }

    function nodeProvidersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_PROVIDERS], SLOT_NODE_PROVIDERS, id);
    }

    function nodeProvidersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_PROVIDERS], SLOT_NODE_PROVIDERS, last + 1);
    }

    function providerTotals() internal view returns (ProviderTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_PROVIDERS], SLOT_PROVIDER_TOTALS, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function licenceHoldersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_SLARK_LICENCE], SLOT_LICENCE_HOLDERS, id);
    }

    function licenceHoldersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_SLARK_LICENCE], SLOT_LICENCE_HOLDERS, last + 1);
    }

    function slarksAt(uint256 id) internal view returns (SlarksRecord memory record) {
        uint256 fields = _fields(families[FAMILY_SLARKS], SLOT_SLARKS + id * 6, 6);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function slarksTo(uint256 last) internal view returns (SlarksRecord[] memory records) {
        uint256 list = _records(families[FAMILY_SLARKS], SLOT_SLARKS, 6, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function slarkOrderAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_SLARKS], SLOT_SLARK_ORDER, id);
    }

    function slarkOrderTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_SLARKS], SLOT_SLARK_ORDER, last + 1);
    }

    function runnersAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_SLARKS], SLOT_RUNNERS, id);
    }

    function runnersTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_SLARKS], SLOT_RUNNERS, last + 1);
    }

    function slarkTotals() internal view returns (SlarkTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_SLARKS], SLOT_SLARK_TOTALS, 5);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function newTargetsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_CHALLENGES], SLOT_NEW_TARGETS, id);
    }

    function newTargetsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_CHALLENGES], SLOT_NEW_TARGETS, last + 1);
    }

    function poorTargetsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_CHALLENGES], SLOT_POOR_TARGETS, id);
    }

    function poorTargetsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_CHALLENGES], SLOT_POOR_TARGETS, last + 1);
    }

    function restTargetsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_CHALLENGES], SLOT_REST_TARGETS, id);
    }

    function restTargetsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_CHALLENGES], SLOT_REST_TARGETS, last + 1);
    }

    function retryTargetsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_CHALLENGES], SLOT_RETRY_TARGETS, id);
    }

    function retryTargetsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_CHALLENGES], SLOT_RETRY_TARGETS, last + 1);
    }

    function challengesAt(uint256 id) internal view returns (ChallengesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CHALLENGES], SLOT_CHALLENGES + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function challengesTo(uint256 last) internal view returns (ChallengesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_CHALLENGES], SLOT_CHALLENGES, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function committeesAt(uint256 id) internal view returns (CommitteesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CHALLENGES], SLOT_COMMITTEES + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function committeesTo(uint256 last) internal view returns (CommitteesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_CHALLENGES], SLOT_COMMITTEES, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function seatsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_CHALLENGES], SLOT_SEATS, id);
    }

    function seatsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_CHALLENGES], SLOT_SEATS, last + 1);
    }

    function challengeTotals() internal view returns (ChallengeTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_CHALLENGES], SLOT_CHALLENGE_TOTALS, 6);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function assetsAt(uint256 id) internal view returns (AssetsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ASSETS], SLOT_ASSETS + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function assetsTo(uint256 last) internal view returns (AssetsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ASSETS], SLOT_ASSETS, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function assetWalletsAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_ASSETS], SLOT_ASSET_WALLETS, id);
    }

    function assetWalletsTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_ASSETS], SLOT_ASSET_WALLETS, last + 1);
    }

    function escrowsAt(uint256 id) internal view returns (EscrowsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ESCROW], SLOT_ESCROWS + id * 3, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function escrowsTo(uint256 last) internal view returns (EscrowsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ESCROW], SLOT_ESCROWS, 3, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function escrowBalancesAt(uint256 id) internal view returns (EscrowBalancesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ESCROW], SLOT_ESCROW_BALANCES + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function escrowBalancesTo(uint256 last) internal view returns (EscrowBalancesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ESCROW], SLOT_ESCROW_BALANCES, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function escrowTotals() internal view returns (EscrowTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ESCROW], SLOT_ESCROW_TOTALS, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function ordersAt(uint256 id) internal view returns (OrdersRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ORDERS], SLOT_ORDERS + id * 7, 7);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function ordersTo(uint256 last) internal view returns (OrdersRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ORDERS], SLOT_ORDERS, 7, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function bidsAt(uint256 id) internal view returns (BidsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ORDERS], SLOT_BIDS + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function bidsTo(uint256 last) internal view returns (BidsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ORDERS], SLOT_BIDS, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function operatorsAt(uint256 id) internal view returns (OperatorsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ORDERS], SLOT_OPERATORS + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function operatorsTo(uint256 last) internal view returns (OperatorsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ORDERS], SLOT_OPERATORS, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function providerMarketAt(uint256 id) internal view returns (ProviderMarketRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ORDERS], SLOT_PROVIDER_MARKET + id * 1, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providerMarketTo(uint256 last) internal view returns (ProviderMarketRecord[] memory records) {
        uint256 list = _records(families[FAMILY_ORDERS], SLOT_PROVIDER_MARKET, 1, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function slashedErasAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_ORDERS], SLOT_SLASHED_ERAS, id);
    }

    function slashedErasTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_ORDERS], SLOT_SLASHED_ERAS, last + 1);
    }

    function orderTotals() internal view returns (OrderTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_ORDERS], SLOT_ORDER_TOTALS, 3);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function leasesAt(uint256 id) internal view returns (LeasesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_LEASES], SLOT_LEASES + id * 8, 8);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function leasesTo(uint256 last) internal view returns (LeasesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_LEASES], SLOT_LEASES, 8, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function leaseUpdatesAt(uint256 id) internal view returns (LeaseUpdatesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_LEASES], SLOT_LEASE_UPDATES + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function leaseUpdatesTo(uint256 last) internal view returns (LeaseUpdatesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_LEASES], SLOT_LEASE_UPDATES, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function openLeasesAt(uint256 id) internal view returns (uint64) {
        return _lane(families[FAMILY_LEASES], SLOT_OPEN_LEASES, id);
    }

    function openLeasesTo(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(families[FAMILY_LEASES], SLOT_OPEN_LEASES, last + 1);
    }

    function providerUseAt(uint256 id) internal view returns (ProviderUseRecord memory record) {
        uint256 fields = _fields(families[FAMILY_LEASES], SLOT_PROVIDER_USE + id * 2, 2);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function providerUseTo(uint256 last) internal view returns (ProviderUseRecord[] memory records) {
        uint256 list = _records(families[FAMILY_LEASES], SLOT_PROVIDER_USE, 2, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function leaseTotals() internal view returns (LeaseTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_LEASES], SLOT_LEASE_TOTALS, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function fizzNodesAt(uint256 id) internal view returns (FizzNodesRecord memory record) {
        uint256 fields = _fields(families[FAMILY_FIZZ], SLOT_FIZZ_NODES + id * 4, 4);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function fizzNodesTo(uint256 last) internal view returns (FizzNodesRecord[] memory records) {
        uint256 list = _records(families[FAMILY_FIZZ], SLOT_FIZZ_NODES, 4, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function subnetsAt(uint256 id) internal view returns (SubnetsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_FIZZ], SLOT_SUBNETS + id * 4, 4);
        assembly ("memory-safe") {
            record := fields
        }
    }

    function subnetsTo(uint256 last) internal view returns (SubnetsRecord[] memory records) {
        uint256 list = _records(families[FAMILY_FIZZ], SLOT_SUBNETS, 4, last + 1);
        assembly ("memory-safe") {
            records := list
        }
    }

    function fizzTotals() internal view returns (FizzTotalsRecord memory record) {
        uint256 fields = _fields(families[FAMILY_FIZZ], SLOT_FIZZ_TOTALS, 1);
        assembly ("memory-safe") {
            record := fields
        }
    }

    /// @dev Entry `id` of a table with one field, four to a word.
    function _lane(address source, uint256 slot, uint256 id) private view returns (uint64) {
        return _lanes(source, slot + id / 4, 4)[id % 4];
    }

    /// @return list the first `count` entries of a table with one field
    function _lanes(address source, uint256 slot, uint256 count) private view returns (uint64[] memory list) {
        uint256 words = (count + 3) / 4;
        uint256 start = _fields(source, slot, words);
        assembly ("memory-safe") {
            // The word before the fields is the length of what they were unpacked into.
            list := sub(start, 32)
            mstore(list, count)
        }
    }

    /// @return list memory of an array of structs: its length, where each starts, and their fields
    function _records(address source, uint256 slot, uint256 words, uint256 count) private view returns (uint256 list) {
        uint256[] memory starts = new uint256[](count);
        uint256 start = _fields(source, slot, words * count);
        for (uint256 i; i < count; ++i) {
            starts[i] = start + 128 * words * i;
        }
        assembly ("memory-safe") {
            list := starts
        }
    }

    /// @return start memory of structs of uint64s, unpacked from `words` storage words
    function _fields(address source, uint256 slot, uint256 words) private view returns (uint256 start) {
        bytes memory packed = Extsload(source).extsload(slot, words);
        uint256[] memory fields = new uint256[](4 * words);
        assembly ("memory-safe") {
            start := add(fields, 32)
            let to := start
            let from := add(packed, 32)
            for { let end := add(from, mul(32, words)) } lt(from, end) { from := add(from, 32) } {
                let word := mload(from)
                mstore(to, and(word, 0xffffffffffffffff))
                mstore(add(to, 32), and(shr(64, word), 0xffffffffffffffff))
                mstore(add(to, 64), and(shr(128, word), 0xffffffffffffffff))
                mstore(add(to, 96), shr(192, word))
                to := add(to, 128)
            }
        }
    }
}
