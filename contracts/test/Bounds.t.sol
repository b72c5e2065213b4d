// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Challenges} from "../src/Challenges.sol";
import {
    CLASS_COUNT,
    LEASE_SERVING,
    MAX_TARGETS,
    P_CHAL_N,
    P_CHAL_TARGETS_PER_SLOT,
    P_ESCROW_BRACKETS_ENFORCED,
    P_NODE_SLOTS,
    P_ORDER_TTL_BLOCKS,
    P_PROV_CURATE_AFTER,
    P_ROTATE_PERIOD_ERAS,
    P_SLARK_CONFLICT_EXCLUSION,
    P_TIER_INITIAL,
    P_TIME_SLOT_S,
    STEP_ACCRUE_LEASES,
    STEP_COUNT,
    STEP_OPEN_EMISSION,
    STEP_POST_MEDIAN
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld, Wish} from "./MarketWorld.sol";
import {SlarkWorld} from "./SlarkWorld.sol";
import {SLOT_PROVIDERS} from "./Tables.sol";
import {ProviderWords} from "./World.sol";

/// @notice More cheatcodes of forge.
interface BoundsCheats {
    /// @notice Makes all storage of a contract cold again.
    function cool(address target) external;
}

/// @title Bounds
/// @notice What the largest action of each kind costs: committees of 21 seats that decide 240 challenges, and the steps of a
/// settlement in the keeper's chunks. Each must fit a block. The largest order book and the largest set of operators are in
/// `Orders.t.sol`, the largest subnet in `Fizz.t.sol`; which loops there are, in `sim/chain/loops.test.ts`.
abstract contract Bounds is Deployment, MarketWorld, SlarkWorld {
    /// @notice What a block of a public chain may take at least.
    uint256 internal constant BLOCK_GAS = 30_000_000;
    BoundsCheats private constant CHEATS = BoundsCheats(address(vm));

    /// @dev Takes an action of the keeper on storage that is cold, prints what it cost, and sees that it stays below a limit.
    function measure(string memory name, address target, bytes memory data, uint256 limit) internal {
        for (uint256 i; i < families.length; ++i) {
            CHEATS.cool(families[i]);
        }
        uint256 gas = this.costOf(target, data);
        print(name, gas);
        assertLt(gas, limit, name);
    }

    /// @dev From outside, so that it does not matter how much memory the test has taken.
    function costOf(address target, bytes calldata data) external returns (uint256 gas) {
        by(K);
        gas = gasleft();
        send(target, data);
        gas -= gasleft();
    }

    /// @dev To forge's console, shown with -vv.
    function print(string memory name, uint256 gas) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256)", name, gas));
        assertTrue(ok);
    }
}

/// @notice Challenges of the largest slots. A slot is scheduled as a whole, with those of the slot before that are tried again:
/// with up to 90 targets a slot it fits a block of 30 million gas, and the 240 that the tables have room for one of 40 million.
contract CommitteeBoundsTest is Bounds {
    uint64 private constant MOST = MAX_TARGETS;
    uint64 private constant FITTING = 90;
    uint256 private constant MOST_GAS = 40_000_000;
    uint64 private constant SEATS = 21;
    uint256 private constant AT_PROVIDER_TIER = 2;
    uint64 private constant NOWHERE = 9_999;

    /// @dev As many providers as a slot can have targets, and Slarks of tier 6 for a provider that is none of them: every seat is
    /// compared with every target.
    function setUp() public {
        deploy();
        setParam(P_PROV_CURATE_AFTER, 10_000);
        setParam(P_TIER_INITIAL, 7);
        setParam(P_CHAL_N, 10);
        setParam(P_SLARK_CONFLICT_EXCLUSION, 1);
        openSlot();
        for (uint64 i; i < MOST; ++i) {
            activateProvider(A + i % AGENT_COUNT, 60 * ONE);
        }
        for (uint64 i; i < 24; ++i) {
            uint64 licence = runLicence(A + i % AGENT_COUNT, 1);
            setTier(licence, 6);
            pokeSlark(licence, AT_PROVIDER, NOWHERE);
        }
        settleEra(WHOLE);
        openSlot();
    }

    function test_committeeOf21Seats_forTargetsOfOneClass_fitsABlock() public {
        measureOneClass(FITTING, BLOCK_GAS);
    }

    function test_committeeOf21Seats_forTheMostTargets_fitsALargerBlock() public {
        measureOneClass(MOST, MOST_GAS);
    }

    function test_committeesOf21Seats_forTargetsOfSixClasses_fitABlock() public {
        measureSixClasses(FITTING, BLOCK_GAS);
    }

    function test_committeesOf21Seats_forTheMostTargetsOfSixClasses_fitALargerBlock() public {
        measureSixClasses(MOST, MOST_GAS);
    }

    function measureOneClass(uint64 targets, uint256 limit) private {
        scheduleAndIssue(targets, limit);
        assertEq(abi.encode(committeesAt(1).targetCount, committeesAt(1).seatCount), abi.encode(targets, SEATS));
        uint256 start = vm.snapshotState();
        certifyAs(1, 1, limit);
        assertEq(challengeTotals().passedCount, targets);
        vm.revertToState(start);
        certifyAs(1, SEATS, limit);
        assertEq(challengeTotals().decidedCount, targets);
        vm.revertToState(start);
        goTo(slotNow() * param(P_TIME_SLOT_S) + 420);
        tell("closeChallenges, all open", abi.encodeCall(Challenges.closeChallenges, ()), limit);
        assertEq(challengeTotals().retryCount, targets);
        vm.revertToState(start);
        // Nobody has closed the slot before: all of it ends now, and is tried again.
        nextSlot(WHOLE);
        tell("scheduleChallenges, all open and tried again", abi.encodeCall(Challenges.scheduleChallenges, ()), limit);
        assertEq(challengeTotals().challengeCount, 2 * targets < MOST ? 2 * targets : MOST);
    }

    function measureSixClasses(uint64 targets, uint256 limit) private {
        for (uint64 provider = 1; provider <= MOST; ++provider) {
            poke(address(providers), SLOT_PROVIDERS + 8 * uint256(provider), AT_PROVIDER_TIER, 1 + provider % 6);
        }
        scheduleAndIssue(targets, limit);
        for (uint64 class = 1; class <= CLASS_COUNT; ++class) {
            assertEq(committeesAt(class).seatCount, SEATS);
            certifyAs(class, SEATS, limit);
        }
        assertEq(challengeTotals().decidedCount, targets);
        goTo(slotNow() * param(P_TIME_SLOT_S) + 420);
        tell("closeChallenges, none open", abi.encodeCall(Challenges.closeChallenges, ()), limit);
    }

    function scheduleAndIssue(uint64 targets, uint256 limit) private {
        setParam(P_CHAL_TARGETS_PER_SLOT, targets);
        tell("scheduleChallenges", abi.encodeCall(Challenges.scheduleChallenges, ()), limit);
        assertEq(challengeTotals().challengeCount, targets);
        for (uint64 class = 1; class <= CLASS_COUNT; ++class) {
            if (committeesAt(class).seatCount == 0) continue;
            (uint64 hash0, uint64 hash1) = puzzleHash(slotNow(), class);
            tell("commitPuzzle", abi.encodeCall(Challenges.commitPuzzle, (class, hash0, hash1)), limit);
            tell("issueChallenges", abi.encodeCall(Challenges.issueChallenges, (class)), limit);
        }
    }

    /// @dev The seats agree, or are in groups that each find otherwise of a target or two: all targets are decided.
    function certifyAs(uint64 class, uint64 groups, uint256 limit) private {
        Ballot[] memory list = unanimous(class, PASS);
        if (groups > 1) {
            list = new Ballot[](groups);
            for (uint256 i; i < groups; ++i) {
                uint256 targets = committeesAt(class).targetCount;
                list[i] = ballotOf(uint64(1 << i), targets, PASS);
                list[i].results[i % targets] = FAIL;
                if (i >= targets) list[i].results[(i + 1) % targets] = FAIL;
            }
        }
        uint64[] memory words = certificate(slotNow(), class, list);
        string memory name = string.concat("certifyResults, groups: ", vm.toString(groups));
        tell(name, abi.encodeCall(Challenges.certifyResults, (class, PUZZLE_0, PUZZLE_1, groups, words)), limit);
    }

    function tell(string memory name, bytes memory data, uint256 limit) private {
        measure(string.concat(vm.toString(param(P_CHAL_TARGETS_PER_SLOT)), " targets: ", name), address(challenges), data, limit);
    }
}

/// @notice The steps of a settlement in chunks of 64 positions, as the keeper sends them.
contract SettlementBoundsTest is Bounds {
    uint64 private constant CHUNK = 64;
    uint64 private constant FIRST = A + AGENT_COUNT;

    /// @dev Leases in a foreign asset, each of another wallet on another fizz node of another gateway: every payment has five
    /// parts and touches its own storage.
    function setUp() public {
        deploy(smallParams());
        openAgents(AGENT_COUNT + 3 * CHUNK, OPENING);
        token.seal();
        setParam(P_PROV_CURATE_AFTER, 10_000);
        setParam(P_ORDER_TTL_BLOCKS, 1_000);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        setParam(P_NODE_SLOTS, CHUNK);
        setParam(P_ROTATE_PERIOD_ERAS, 1);
        openSlot();
        for (uint64 i; i < CHUNK; ++i) {
            activateProvider(FIRST + i, 200 * ONE);
        }
        growParticipants();
        openMarket();
        for (uint64 i; i < CHUNK; ++i) {
            growOrder(i);
        }
        for (uint64 order = 1; order <= CHUNK; ++order) {
            uint64 lease = matchOrder(order);
            sendManifest(lease);
            confirmDeployment(lease);
        }
    }

    /// @dev As many of each kind as a chunk has positions.
    function growParticipants() private {
        for (uint64 i; i < CHUNK; ++i) {
            activateValidator(FIRST + i);
            runLicence(FIRST + i, 1 + i);
        }
        nextEra();
        for (uint64 i; i < CHUNK; ++i) {
            onlineNode(FIRST + i);
        }
        nextEra();
        for (uint64 i; i < CHUNK; ++i) {
            liveModel(FIRST + i);
        }
    }

    function growOrder(uint64 i) private {
        uint64 gateway = 1 + i;
        by(FIRST + i);
        orders.setAcceptedAssets(gateway, 15);
        openGateway(gateway, 0, 300);
        uint64 fizz = activeFizz(FIRST + CHUNK + i, gateway, 10 * ONE);
        issue(1, FIRST + 2 * CHUNK + i, 200 * ONE);
        Wish memory w = wishOf(openEscrow(FIRST + 2 * CHUNK + i, 1, 200 * ONE), 1);
        w.asset = 1;
        uint64 order = createOrder(w);
        reserveFizz(fizz, order);
        placeBid(order, gateway, ONE, fizz);
    }

    /// @dev Each model is called, each node and provider reports, and every provider has broken its word to some tasks.
    function growWork() private {
        by(CONSUMER);
        calls.buyCalls(5_000 * ONE);
        uint64[] memory words = new uint64[](4 * CHUNK);
        for (uint64 i; i < CHUNK; ++i) {
            confirmHosts(1 + i);
            callOnce(CONSUMER, 1 + i, 0);
            (words[4 * i], words[4 * i + 1], words[4 * i + 2]) = (500, 1 << 24, 50 | (60 << 16) | (200 << 32));
            ProviderWords memory r;
            (r.full, r.active, r.task, r.breached) = (0xfffff0, 0xffffff, 0xffffff, 0xf);
            (r.answered, r.expected, r.meanMs) = (90, 100, 200);
            (r.assigned, r.finished, r.feeUnits, r.leaseHours) = (50, 40, 40 * ONE, 100);
            reportProvider(1 + i, r);
        }
        by(K);
        nodes.reportNodes(0, CHUNK, words);
    }

    function test_steps_givenChunksOf64Positions_fitABlock() public {
        growWork();
        assertEq(leaseTotals().openCount, CHUNK);
        assertEq(leasesAt(CHUNK).state, LEASE_SERVING);
        endEra();
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            uint64 count = positionsOf(step);
            assertGe(count, step == STEP_OPEN_EMISSION ? 1 : CHUNK, "a chunk that is not full");
            rememberOrder(step);
            (address target, bytes memory data) = stepCall(step, 0, count < CHUNK ? count : CHUNK);
            measure(nameOf(step), target, data, BLOCK_GAS);
            if (count > CHUNK) runStep(step, CHUNK);
        }
        assertEq(clockTotals().settledEraCount, currentEra() + 1);
    }

    function nameOf(uint64 step) private pure returns (string memory) {
        if (step == STEP_ACCRUE_LEASES) return "accrueLeases: 64 leases in a foreign asset on fizz nodes";
        if (step == STEP_POST_MEDIAN) return "postMedian: 64 providers";
        return string.concat("64 positions of step ", vm.toString(step));
    }
}
