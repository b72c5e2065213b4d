// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "../src/Extsload.sol";
import {
    ACCOUNT_COMMUNITY,
    CursorMismatch,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_EMISSION,
    FAMILY_ENTITY_NFT,
    FAMILY_ESCROW,
    FAMILY_LEASES,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_ORDERS,
    FAMILY_PROVIDERS,
    FAMILY_SLARKS,
    FAMILY_SLARK_LICENCE,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    P_ESCROW_BRACKETS_ENFORCED,
    STEP_COUNT,
    STEP_OPEN_EMISSION,
    STEP_SCORE_NODES,
    StepOutOfOrder,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {BusyWorld} from "./BusyWorld.sol";
import {MarketWorld} from "./MarketWorld.sol";
import {
    SLOT_CALL_TOTALS,
    SLOT_CHALLENGE_TOTALS,
    SLOT_CLOCK_TOTALS,
    SLOT_COMMITTEE_WEIGHTS,
    SLOT_DELEGATIONS,
    SLOT_EMISSION_TOTALS,
    SLOT_ESCROW_BALANCES,
    SLOT_ESCROW_TOTALS,
    SLOT_FREED_SEATS,
    SLOT_HOSTS,
    SLOT_LEASES,
    SLOT_LICENCE_HOLDERS,
    SLOT_LICENCE_WINDOWS,
    SLOT_MEMBERS,
    SLOT_MODELS,
    SLOT_MODEL_COLLATERAL,
    SLOT_MODEL_HOLDERS,
    SLOT_MODEL_TOTALS,
    SLOT_NEW_TARGETS,
    SLOT_NODES,
    SLOT_NODE_COLLATERAL,
    SLOT_NODE_ERA,
    SLOT_NODE_HOLDERS,
    SLOT_NODE_PROVIDERS,
    SLOT_NODE_REPORTS,
    SLOT_NODE_TOTALS,
    SLOT_NODE_TRUST,
    SLOT_ORDER_TOTALS,
    SLOT_POOR_TARGETS,
    SLOT_PREPAID,
    SLOT_PROVIDERS,
    SLOT_PROVIDER_COLLATERAL,
    SLOT_PROVIDER_ERA,
    SLOT_PROVIDER_MARKET,
    SLOT_PROVIDER_RATINGS,
    SLOT_PROVIDER_REPORTS,
    SLOT_PROVIDER_TOTALS,
    SLOT_RANKING,
    SLOT_RATINGS,
    SLOT_REQUESTS,
    SLOT_REST_TARGETS,
    SLOT_RUNNERS,
    SLOT_SLARKS,
    SLOT_SLARK_ORDER,
    SLOT_SLARK_TOTALS,
    SLOT_STAKE_TOTALS,
    SLOT_TASKS,
    SLOT_TASK_TOTALS,
    SLOT_TOKEN_TOTALS,
    SLOT_VALIDATORS,
    SLOT_VALIDATOR_COLLATERAL,
    SLOT_VALIDATOR_HOLDERS,
    SLOT_VALIDATOR_TOTALS,
    SLOT_VERSIONS,
    SLOT_VESTINGS,
    SLOT_WALLETS
} from "./Tables.sol";

/// @notice The settlement as a whole: its order, its chunks, and what it conserves.
contract SettlementTest is BusyWorld, MarketWorld {
    uint256 private constant RECORDS = 64;

    function setUp() public {
        growBusy();
        growLeases();
    }

    /// @dev Two leases that are served and paid for.
    function growLeases() private {
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        openMarket();
        uint64 wallet = openEscrow(CONSUMER, 0, 900 * ONE);
        for (uint64 i; i < 2; ++i) {
            uint64 order = createOrder(wishOf(wallet, 0));
            placeBid(order, 1, ONE, 0);
            uint64 lease = matchOrder(order);
            sendManifest(lease);
            confirmDeployment(lease);
        }
    }

    // Order

    function test_steps_givenAnEraThatIsNotOver_areAllRefused() public {
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            (address target, bytes memory data) = stepCall(step, 0, positionsOf(step));
            refusedBy(K, StepOutOfOrder.selector, step, 0);
            send(target, data);
        }
    }

    /// INV-67
    function test_steps_givenAnyOtherStepThanTheNext_areRefused() public {
        endEra();
        for (uint64 done; done < STEP_COUNT; ++done) {
            for (uint64 step = 1; step <= STEP_COUNT; ++step) {
                if (step == done + 1) continue;
                (address target, bytes memory data) = stepCall(step, 0, positionsOf(step));
                refusedBy(K, StepOutOfOrder.selector, step, done + 1);
                send(target, data);
            }
            runStep(done + 1, WHOLE);
        }
        assertEq(clockTotals().settledEraCount, currentEra() + 1);
        (address first, bytes memory again) = stepCall(1, 0, positionsOf(1));
        refusedBy(K, StepOutOfOrder.selector, 1, 0);
        send(first, again);
    }

    function test_steps_givenAnotherSliceThanTheNext_areRefused() public {
        endEra();
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            uint64 count = positionsOf(step);
            refusedSlice(step, 1, count, CursorMismatch.selector, 1, 0);
            refusedSlice(step, 0, count + 1, ValueOutOfRange.selector, count + 1, count);
            refusedSlice(step, 0, 0, ValueOutOfRange.selector, 0, count);
            if (step == STEP_OPEN_EMISSION) {
                runStep(step, WHOLE);
                continue;
            }
            assertGt(count, 1, "a step without two positions");
            takeStep(step, 0, 1);
            refusedSlice(step, 0, count, CursorMismatch.selector, 0, 1);
            refusedSlice(step, 1, 1, ValueOutOfRange.selector, 1, count);
            takeStep(step, 1, count);
        }
        assertEq(clockTotals().stepsDone, 0);
    }

    function refusedSlice(uint64 step, uint64 from, uint64 to, bytes4 err, uint64 have, uint64 need) private {
        (address target, bytes memory data) = stepCall(step, from, to);
        refusedBy(K, err, have, need);
        send(target, data);
    }

    // Chunks

    /// @dev Whatever chunks a step is cut into, the storage after it is the same to the last word.
    function testFuzz_settlement_givenAnyChunks_endsInTheSameStorage(uint256 seed, uint256 cuts) public {
        stir(seed);
        endEra();
        uint256 before = vm.snapshotState();
        settleEra(WHOLE);
        openSlot();
        bytes32[] memory whole = digests();
        vm.revertToState(before);
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            uint64 count = positionsOf(step);
            uint64 from;
            do {
                cuts = uint256(keccak256(abi.encode(cuts)));
                uint64 to = count == 0 ? 0 : from + 1 + uint64(cuts % (count - from));
                takeStep(step, from, to);
                from = to;
            } while (from < count);
        }
        openSlot();
        bytes32[] memory cut = digests();
        for (uint256 i; i < whole.length; ++i) {
            assertEq(cut[i], whole[i], vm.toString(i));
        }
    }

    /// @dev Hashes of the first records of every table, in the order of the contracts.
    function digests() private view returns (bytes32[] memory list) {
        list = new bytes32[](56);
        list[0] = digest(FAMILY_CLOCK, SLOT_CLOCK_TOTALS, 4);
        list[1] = digest(FAMILY_TOKEN, SLOT_WALLETS, RECORDS);
        list[2] = digest(FAMILY_TOKEN, SLOT_TOKEN_TOTALS, 1);
        list[3] = digest(FAMILY_ENTITY_NFT, SLOT_MODEL_HOLDERS, RECORDS);
        list[4] = digest(FAMILY_ENTITY_NFT, SLOT_NODE_HOLDERS, RECORDS);
        list[5] = digest(FAMILY_ENTITY_NFT, SLOT_VALIDATOR_HOLDERS, RECORDS);
        list[6] = digest(FAMILY_STAKE, SLOT_NODE_COLLATERAL, 3 * RECORDS);
        list[7] = digest(FAMILY_STAKE, SLOT_VALIDATOR_COLLATERAL, 3 * RECORDS);
        list[8] = digest(FAMILY_STAKE, SLOT_MODEL_COLLATERAL, RECORDS);
        list[9] = digest(FAMILY_STAKE, SLOT_DELEGATIONS, 3 * RECORDS);
        list[10] = digest(FAMILY_STAKE, SLOT_STAKE_TOTALS, 2);
        list[11] = digest(FAMILY_NODES, SLOT_NODES, 4 * RECORDS);
        list[12] = digest(FAMILY_NODES, SLOT_NODE_TRUST, 2 * RECORDS);
        list[13] = digest(FAMILY_NODES, SLOT_NODE_ERA, 2 * RECORDS);
        list[14] = digest(FAMILY_NODES, SLOT_NODE_REPORTS, RECORDS);
        list[15] = digest(FAMILY_NODES, SLOT_FREED_SEATS, RECORDS);
        list[16] = digest(FAMILY_NODES, SLOT_RANKING, RECORDS);
        list[17] = digest(FAMILY_NODES, SLOT_NODE_TOTALS, 3);
        list[18] = digest(FAMILY_MODELS, SLOT_MODELS, 6 * RECORDS);
        list[19] = digest(FAMILY_MODELS, SLOT_VERSIONS, 3 * RECORDS);
        list[20] = digest(FAMILY_MODELS, SLOT_HOSTS, 8 * RECORDS);
        list[21] = digest(FAMILY_MODELS, SLOT_RATINGS, 1_000);
        list[22] = digest(FAMILY_MODELS, SLOT_MODEL_TOTALS, 2);
        list[23] = digest(FAMILY_CALLS, SLOT_PREPAID, RECORDS);
        list[24] = digest(FAMILY_CALLS, SLOT_REQUESTS, 4 * RECORDS);
        list[25] = digest(FAMILY_CALLS, SLOT_CALL_TOTALS, 3);
        list[26] = digest(FAMILY_VALIDATORS, SLOT_VALIDATORS, 3 * RECORDS);
        list[27] = digest(FAMILY_VALIDATORS, SLOT_COMMITTEE_WEIGHTS, RECORDS);
        list[28] = digest(FAMILY_VALIDATORS, SLOT_VALIDATOR_TOTALS, 2);
        list[29] = digest(FAMILY_TASKS, SLOT_TASKS, 6 * RECORDS);
        list[30] = digest(FAMILY_TASKS, SLOT_MEMBERS, 2 * RECORDS);
        list[31] = digest(FAMILY_TASKS, SLOT_TASK_TOTALS, 1);
        list[32] = digest(FAMILY_EMISSION, SLOT_EMISSION_TOTALS, 2);
        list[33] = digest(FAMILY_STAKE, SLOT_PROVIDER_COLLATERAL, 3 * RECORDS);
        list[34] = digest(FAMILY_STAKE, SLOT_VESTINGS, 2 * RECORDS);
        list[35] = digest(FAMILY_PROVIDERS, SLOT_PROVIDERS, 8 * RECORDS);
        list[36] = digest(FAMILY_PROVIDERS, SLOT_PROVIDER_ERA, 3 * RECORDS);
        list[37] = digest(FAMILY_PROVIDERS, SLOT_PROVIDER_REPORTS, 2 * RECORDS);
        list[38] = digest(FAMILY_PROVIDERS, SLOT_PROVIDER_RATINGS, 1_000);
        list[39] = digest(FAMILY_PROVIDERS, SLOT_NODE_PROVIDERS, RECORDS);
        list[40] = digest(FAMILY_PROVIDERS, SLOT_PROVIDER_TOTALS, 3);
        list[41] = digest(FAMILY_SLARK_LICENCE, SLOT_LICENCE_HOLDERS, RECORDS);
        list[42] = digest(FAMILY_SLARKS, SLOT_SLARKS, 6 * RECORDS);
        list[43] = digest(FAMILY_SLARKS, SLOT_SLARK_ORDER, RECORDS);
        list[44] = digest(FAMILY_SLARKS, SLOT_RUNNERS, RECORDS);
        list[45] = digest(FAMILY_SLARKS, SLOT_SLARK_TOTALS, 5);
        list[46] = digest(FAMILY_CHALLENGES, SLOT_NEW_TARGETS, RECORDS);
        list[47] = digest(FAMILY_CHALLENGES, SLOT_POOR_TARGETS, RECORDS);
        list[48] = digest(FAMILY_CHALLENGES, SLOT_REST_TARGETS, RECORDS);
        list[49] = digest(FAMILY_CHALLENGES, SLOT_CHALLENGE_TOTALS, 6);
        list[50] = digest(FAMILY_STAKE, SLOT_LICENCE_WINDOWS, RECORDS);
        list[51] = digest(FAMILY_ESCROW, SLOT_ESCROW_BALANCES, RECORDS);
        list[52] = digest(FAMILY_ESCROW, SLOT_ESCROW_TOTALS, 3);
        list[53] = digest(FAMILY_LEASES, SLOT_LEASES, 8 * RECORDS);
        list[54] = digest(FAMILY_ORDERS, SLOT_PROVIDER_MARKET, RECORDS);
        list[55] = digest(FAMILY_ORDERS, SLOT_ORDER_TOTALS, 4);
    }

    function digest(uint256 family, uint256 slot, uint256 words) private view returns (bytes32) {
        return keccak256(Extsload(families[family]).extsload(slot, words));
    }

    // What is conserved

    /// @dev INV-1 after every single step: a settlement moves units and burns none.
    function testFuzz_settlement_givenAnyEra_conservesUnitsInEveryStep(uint256 seed, uint64 chunk) public {
        stir(seed);
        endEra();
        chunk = uint64(bound(chunk, 1, 6));
        uint256 sum = sumOfWallets();
        assertEq(sum, tokenTotals().supplyUnits);
        uint64 community = walletsAt(ACCOUNT_COMMUNITY);
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            runStep(step, chunk);
            assertEq(sumOfWallets(), sum, vm.toString(step));
            assertLe(walletsAt(ACCOUNT_COMMUNITY), community);
        }
        // INV-40: the community account has paid the emission, all of it and no more.
        assertEq(community - walletsAt(ACCOUNT_COMMUNITY), emissionTotals().eraUnits, "INV-40");
    }

    function sumOfWallets() private view returns (uint256 sum) {
        for (uint64 account; account < A + AGENT_COUNT; ++account) {
            sum += walletsAt(account);
        }
    }

    /// @dev That this file's world gives every step something to do.
    function test_busyWorld_givenAStir_leavesNoStepIdle() public {
        stir(0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef);
        assertGt(stake.slashPendingUnits(3, 1) + stake.slashPendingUnits(3, 2), 0, "no slash");
        assertGt(validatorTotals().payWeightFp, 0, "no pay weight");
        assertGt(modelTotals().eraWu, 0, "no work");
        endEra();
        runSteps(STEP_SCORE_NODES, WHOLE);
        assertGt(providerTotals().forfeitUnits, 0, "no forfeit");
        assertGt(providerTotals().slashUnits, 0, "no slash of a provider");
        assertGt(nodeTotals().scoreSumFp, 0, "no score");
        settleEra(WHOLE);
        assertGt(nodeTotals().rankedCount, 0, "no list");
        assertEq(hostsAt(hostRecord(1, 0)).state + hostsAt(hostRecord(1, 1)).state, 5, "no rotation");
    }
}
