// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    P_CHAL_FAIL_FORFEIT_SLOTS,
    P_CHAL_N,
    P_DELEG_POOL_SHARE_BPS,
    P_DELEG_UNBOND_ERAS,
    P_ESCROW_BRACKET_USD,
    P_ESCROW_MIN_COVER_BPS,
    P_FDELEG_RECLAIM_UTIL_BPS,
    P_FEE_PROVIDER_BASE,
    P_FIZZ_BILLING_UNIT,
    P_FIZZ_DAO,
    P_FIZZ_OUTAGE_ACCRUAL,
    P_FIZZ_OUTAGE_CLOSE_S,
    P_FIZZ_REWARD_MODE,
    P_LEASE_CHARGE_DOWNTIME,
    P_LEASE_CHARGE_UNDEPLOYED,
    P_LIVE_POOL_ERA,
    P_LIVE_STACK,
    P_MATCH_OPERATORS,
    P_MODEL_DEPLOY_RETRIES,
    P_MODEL_FORCED_FORFEIT_BPS,
    P_MODEL_REGISTER_FEE,
    P_MODEL_REGISTER_STAKE,
    P_NODE_DEADLINE_TARGET,
    P_NODE_EXIT_ERAS,
    P_NODE_RESERVE_DEADLINE_S,
    P_NODE_SLOTS,
    P_ORDER_BID_WINDOW_BLOCKS,
    P_ORDER_MAX_BIDS,
    P_PLACE_POLICY,
    P_PLACE_REPLICAS,
    P_POWR_EXP4_A,
    P_POWR_VARIANT,
    P_PROV_CURATE_AFTER,
    P_ROTATE_PERIOD_ERAS,
    P_SLARK_SOULBOUND_S,
    P_SLARK_VEST_ERAS,
    P_SLARK_VEST_THRESHOLD,
    P_SLASH_DELEGATORS_SHARE,
    P_SLASH_MISCONDUCT_BPS,
    P_SLASH_MISCONDUCT_DEST,
    P_SLASH_SLARK_SHARE_BPS,
    P_SLASH_STANDBY_MODE,
    P_SLASH_TASK_MODE,
    P_TIER_BELOW7,
    P_TIER_DELEG_CAP_X_OWN,
    P_TIER_DEMO_ERAS,
    P_TIER_INITIAL,
    P_TIER_PROMO_ERAS,
    P_TIER_PROMO_STEP,
    P_TIME_BLOCK_S,
    P_TIME_SLOTS_PER_ERA,
    P_VAL_AUDIT_BPS,
    P_VAL_COMMISSION_BPS,
    P_VAL_GROUP_SIZE,
    P_VAL_MAX_ROUNDS,
    P_VAL_SLASH_COPY_BPS,
    P_VAL_SLASH_NOSHOW_BPS,
    P_VAL_TASK_FEE,
    VERDICT_FAIL,
    VERDICT_PASS
} from "../src/Protocol.sol";
import {Accesses} from "./Accesses.sol";
import {ACTION_COUNT, ActionSpec, listActions} from "./Actions.sol";
import {BusyWorld} from "./BusyWorld.sol";
import {ProtocolInvariants} from "./ProtocolInvariants.sol";
import {SlarkWorld} from "./SlarkWorld.sol";
import {CallHandler} from "./handlers/CallHandler.sol";
import {ChallengeHandler} from "./handlers/ChallengeHandler.sol";
import {FizzHandler} from "./handlers/FizzHandler.sol";
import {CHANGES, Handler} from "./handlers/Handler.sol";
import {KeeperHandler} from "./handlers/KeeperHandler.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";
import {ModelHandler} from "./handlers/ModelHandler.sol";
import {NodeHandler} from "./handlers/NodeHandler.sol";
import {ProviderHandler} from "./handlers/ProviderHandler.sol";
import {SlarkHandler} from "./handlers/SlarkHandler.sol";
import {StakeHandler} from "./handlers/StakeHandler.sol";
import {TaskHandler} from "./handlers/TaskHandler.sol";
import {TokenHandler} from "./handlers/TokenHandler.sol";
import {ValidatorHandler} from "./handlers/ValidatorHandler.sol";

/// @notice More cheatcodes of forge.
interface CampaignCheats {
    function pauseGasMetering() external;
}

/// @title Campaign
/// @notice Random histories through every entry point, from a world in which entities of every state exist. After each
/// action all invariants hold. What a handler asserts about an action, and any failure that is no rejection of the
/// protocol, ends the campaign: nothing in a handler may revert.
abstract contract Campaign is BusyWorld, SlarkWorld, ProtocolInvariants, Accesses {
    CampaignCheats private constant CHEATS = CampaignCheats(address(vm));
    uint256 private constant HISTORY_SEED = 2;
    uint256 private constant HISTORY_TURNS = 6_500;

    Handler[] private handlers;
    /// @dev Of each check, the families that it reads.
    uint256[CHECK_COUNT] private readBy;

    function setUp() public {
        growBusy();
        setParam(P_VAL_AUDIT_BPS, 1_500);
        // New ones are of a class that all Slarks may challenge.
        setParam(P_TIER_INITIAL, 6);
        growEveryState();
        handlers.push(new TokenHandler(families));
        handlers.push(new StakeHandler(families));
        handlers.push(new NodeHandler(families));
        handlers.push(new ModelHandler(families));
        handlers.push(new CallHandler(families));
        handlers.push(new ValidatorHandler(families));
        handlers.push(new TaskHandler(families));
        handlers.push(new ProviderHandler(families));
        handlers.push(new SlarkHandler(families));
        handlers.push(new ChallengeHandler(families));
        handlers.push(new MarketHandler(families));
        handlers.push(new FizzHandler(families));
        handlers.push(new KeeperHandler(families));
        for (uint256 i; i < handlers.length; ++i) {
            targetContract(address(handlers[i]));
        }
        // Any code: an account without any would lose its storage.
        vm.etch(CHANGES, hex"00");
        findReads();
    }

    /// @dev Makes every check once, and sees which families it reads.
    function findReads() private {
        function() internal view[CHECK_COUNT] memory all = checks();
        for (uint256 i; i < CHECK_COUNT; ++i) {
            recordAccesses();
            all[i]();
            readBy[i] = familiesRead();
            assertGt(readBy[i], 0, "a check that reads nothing");
        }
    }

    function tune() internal virtual override {
        setParam(P_NODE_SLOTS, 15);
        setParam(P_NODE_RESERVE_DEADLINE_S, 7_200);
        setParam(P_PROV_CURATE_AFTER, 4);
        setParam(P_FDELEG_RECLAIM_UTIL_BPS, 1_000);
        setParam(P_SLASH_MISCONDUCT_BPS, 4_000);
        setParam(P_SLARK_VEST_THRESHOLD, 5 * ONE);
        setParam(P_SLARK_VEST_ERAS, 3);
        setParam(P_SLARK_SOULBOUND_S, 14_400);
        setParam(P_CHAL_N, 1);
        // Blocks so long that bids and matches fall into different turns, brackets so small that wallets reach their limits.
        setParam(P_TIME_BLOCK_S, 60);
        setParam(P_ORDER_BID_WINDOW_BLOCKS, 4);
        setParam(P_ORDER_MAX_BIDS, 3);
        setParam(P_ESCROW_BRACKET_USD, ONE);
        setParam(P_ESCROW_MIN_COVER_BPS, 5_000);
        setParam(P_MATCH_OPERATORS, 4);
        setParam(P_FIZZ_DAO, 1);
        setParam(P_FIZZ_REWARD_MODE, 1);
        setParam(P_FIZZ_OUTAGE_CLOSE_S, 600);
    }

    /// @dev Entities in the states that a random history takes long to reach.
    function growEveryState() private {
        reserveNode(HOST_1, 3, 2);
        registerNode(HOST_2);
        reviewNode(HOST_3, VERDICT_PASS);
        reviewNode(A, VERDICT_FAIL);
        uint64 node = onlineNode(B);
        by(B);
        nodes.requestExit(node);
        node = onlineNode(CONSUMER);
        by(K);
        nodes.loseHeartbeat(node);
        onlineNode(HOST_2);
        registerModel(CREATOR);
        startTest(registerModel(A));
        testDeploy(registerModel(B));
        validateModel(registerModel(CONSUMER));
        by(CREATOR);
        models.submitVersion(1, 90, 20, ONE / 2);
        registerValidator(A);
        uint64 validator = registerValidator(B);
        by(K);
        validators.issueKey(validator, 600);
        submitMetadata(registerModel(CREATOR));
        assign(lastTask());
        growMarket();
        // Slarks for every class of challenge.
        for (uint64 i; i < 4; ++i) {
            setTier(buyRunning(A + i, 1), 6 - i / 2);
        }
    }

    /// @dev Wallets in two assets, an order with bids, a lease of a provider, and a subnet with one.
    function growMarket() private {
        openMarket();
        uint64 wallet = openEscrow(CONSUMER, 0, 900 * ONE);
        issue(1, A, 500 * ONE);
        openEscrow(A, 1, 300 * ONE);
        openGateway(1, 0, 250);
        activeFizz(B, 1, 12 * ONE);
        leaseOf(activeFizz(A, 1, 15 * ONE), wallet);
        uint64 order = createOrder(wishOf(wallet, 0));
        placeBid(order, 1, ONE, 0);
        confirm(matchOrder(order));
        placeBid(createOrder(wishOf(wallet, 0)), 3, ONE, 0);
    }

    function confirm(uint64 lease) private {
        sendManifest(lease);
        confirmDeployment(lease);
    }

    /// @dev After each turn: what the turn cannot have changed has been checked before.
    function invariant_theLedgerHolds() public view {
        uint256 changed = uint256(vm.load(CHANGES, 0));
        function() internal view[CHECK_COUNT] memory all = checks();
        for (uint256 i; i < CHECK_COUNT; ++i) {
            if (readBy[i] & changed != 0) all[i]();
        }
    }

    /// @notice After each run: all of it.
    function afterInvariant() public view {
        checkInvariants();
    }

    /// @notice One long history, always the same: every entry point is reached by a handler and accepted at least
    /// once. It goes on past its usual length, to four times that, only while one is missing.
    function test_handlers_givenALongHistory_reachEveryEntryPoint() public {
        CHEATS.pauseGasMetering();
        (address[] memory turners, bytes4[] memory turns) = listTurns();
        uint256 seed = HISTORY_SEED;
        for (uint256 i; i < 4 * HISTORY_TURNS; ++i) {
            if (i >= HISTORY_TURNS && i % 512 == 0 && bytes(_missed()).length == 0) break;
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 turn = seed % turns.length;
            send(turners[turn], abi.encodeWithSelector(turns[turn], seed));
            // From outside, so that the memory it takes is free again.
            if (i % 128 == 0) this.afterInvariant();
        }
        this.afterInvariant();
        ActionSpec[] memory actions = listActions();
        for (uint256 action; action < ACTION_COUNT; ++action) {
            (uint256 sent, uint256 accepted) = outcomesOf(action);
            print(actions[action].signature, sent, accepted);
        }
        assertEq(_missed(), "");
    }

    /// @dev Signatures of the actions that no handler has got accepted yet.
    function _missed() private view returns (string memory missed) {
        ActionSpec[] memory actions = listActions();
        for (uint256 action; action < ACTION_COUNT; ++action) {
            (, uint256 accepted) = outcomesOf(action);
            if (accepted == 0) missed = string.concat(missed, " ", actions[action].signature);
        }
    }

    /// @dev Every function of a handler that proposes an action, and the handler it belongs to.
    function listTurns() private view returns (address[] memory turners, bytes4[] memory turns) {
        uint256 count;
        for (uint256 i; i < handlers.length; ++i) {
            count += handlers[i].turns().length;
        }
        (turners, turns) = (new address[](count), new bytes4[](count));
        for (uint256 i; i < handlers.length; ++i) {
            bytes4[] memory own = handlers[i].turns();
            for (uint256 j; j < own.length; ++j) {
                --count;
                (turners[count], turns[count]) = (address(handlers[i]), own[j]);
            }
        }
    }

    function outcomesOf(uint256 action) private view returns (uint256 sent, uint256 accepted) {
        for (uint256 i; i < handlers.length; ++i) {
            (uint64 times, uint64 successes) = handlers[i].outcomesOf(action);
            sent += times;
            accepted += successes;
        }
    }

    /// @dev To forge's console, shown with -vv: times an action was sent and accepted.
    function print(string memory signature, uint256 sent, uint256 accepted) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256,uint256)", signature, sent, accepted));
        assertTrue(ok);
    }
}

/// @notice Under parameters near the defaults.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 200
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: long.invariant.runs = 256
/// forge-config: long.invariant.depth = 500
/// forge-config: long.invariant.fail-on-revert = true
contract InvariantsTest is Campaign {}

/// @notice Under parameters at the ends of their ranges: eras of one slot, no fees, slashes of everything, four
/// replicas in bands, no unbonding time, no exit queue, equal scores for all who worked.
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 200
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 200
/// forge-config: long.invariant.runs = 256
/// forge-config: long.invariant.depth = 500
/// forge-config: long.invariant.fail-on-revert = true
contract InvariantsAtTheEdgesTest is Campaign {
    function tune() internal override {
        super.tune();
        setParam(P_TIME_SLOTS_PER_ERA, 1);
        setParam(P_VAL_TASK_FEE, 0);
        setParam(P_MODEL_REGISTER_FEE, 0);
        setParam(P_MODEL_REGISTER_STAKE, 0);
        setParam(P_MODEL_DEPLOY_RETRIES, 0);
        setParam(P_MODEL_FORCED_FORFEIT_BPS, 3_333);
        setParam(P_NODE_DEADLINE_TARGET, 0);
        setParam(P_NODE_EXIT_ERAS, 0);
        setParam(P_PLACE_POLICY, 0);
        setParam(P_PLACE_REPLICAS, 4);
        setParam(P_ROTATE_PERIOD_ERAS, 1);
        setParam(P_POWR_VARIANT, 2);
        setParam(P_POWR_EXP4_A, 0);
        setParam(P_DELEG_POOL_SHARE_BPS, 3_333);
        setParam(P_DELEG_UNBOND_ERAS, 0);
        setParam(P_VAL_COMMISSION_BPS, 0);
        setParam(P_VAL_GROUP_SIZE, 5);
        setParam(P_VAL_MAX_ROUNDS, 1);
        setParam(P_VAL_SLASH_COPY_BPS, 10_000);
        setParam(P_VAL_SLASH_NOSHOW_BPS, 1_000);
        setParam(P_SLASH_DELEGATORS_SHARE, 1);
        setParam(P_SLASH_MISCONDUCT_BPS, 10_000);
        setParam(P_SLASH_MISCONDUCT_DEST, 2);
        setParam(P_SLASH_SLARK_SHARE_BPS, 3_333);
        setParam(P_SLASH_STANDBY_MODE, 1);
        setParam(P_SLASH_TASK_MODE, 1);
        setParam(P_LIVE_STACK, 2);
        setParam(P_LIVE_POOL_ERA, 100 * ONE);
        setParam(P_TIER_PROMO_STEP, 1);
        setParam(P_TIER_PROMO_ERAS, 1);
        setParam(P_TIER_DEMO_ERAS, 1);
        setParam(P_TIER_BELOW7, 0);
        setParam(P_TIER_DELEG_CAP_X_OWN, 1);
        setParam(P_CHAL_FAIL_FORFEIT_SLOTS, 24);
        setParam(P_ESCROW_MIN_COVER_BPS, 3_333);
        setParam(P_FEE_PROVIDER_BASE, 1);
        setParam(P_LEASE_CHARGE_UNDEPLOYED, 0);
        setParam(P_LEASE_CHARGE_DOWNTIME, 1);
        setParam(P_FIZZ_BILLING_UNIT, 1);
        setParam(P_FIZZ_OUTAGE_ACCRUAL, 1);
    }
}
