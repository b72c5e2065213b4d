// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../src/Bls.sol";
import {Challenges} from "../src/Challenges.sol";
import {OnlyFamily} from "../src/Family.sol";
import {
    ACCOUNT_KEEPER,
    AlreadySet,
    BatchMismatch,
    CHALLENGE_ANSWERED,
    CHALLENGE_COMMITTED,
    CHALLENGE_FAILED,
    CHALLENGE_INCONCLUSIVE,
    CHALLENGE_ISSUED,
    CHALLENGE_PASSED,
    CHALLENGE_SCHEDULED,
    ChallengeTotalsRecord,
    ChallengesRecord,
    CommitteesRecord,
    DeadlineNotPassed,
    InvalidSignature,
    KIND_CHALLENGE,
    NotAssigned,
    OnlyKeeper,
    P_CHAL_ATTEST_QUORUM_BPS,
    P_CHAL_COVERAGE_ENFORCED,
    P_CHAL_DRAW_MAX_BPS,
    P_CHAL_DRAW_MIN_BPS,
    P_CHAL_GPU_ROUND,
    P_CHAL_INCONCLUSIVE,
    P_CHAL_TARGETS_PER_SLOT,
    P_SLARK_CONFLICT_EXCLUSION,
    PuzzleMismatch,
    RankingInvalid,
    ResultsOutstanding,
    SEATS_PER_CLASS,
    SignerRepeated,
    SignersMissing,
    SlarksRecord,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {Deployment} from "./Deployment.sol";
import {SlarkWorld} from "./SlarkWorld.sol";
import {SLOT_NODES, SLOT_PROVIDERS, SLOT_PROVIDER_USE, SLOT_SEATS, SLOT_SUBNETS} from "./Tables.sol";

/// @notice Challenges (SM-7): every transition and guard, with real signatures.
contract ChallengesTest is Deployment, SlarkWorld {
    uint64 private constant CLOSING_S = 420;
    uint64 private constant SLOT_S = 3_600;
    uint64 private constant ALL_SEATS = 31;
    uint64 private constant MAX_WORD = 2 ** 48 - 1;
    uint256 private constant PROVIDER_WORDS = 8;
    uint256 private constant AT_PROVIDER_TIER = 2;
    uint256 private constant AT_PROVIDER_STATE = 1;
    uint256 private constant AT_PROVIDER_NODE = 3;
    uint256 private constant AT_NODE_LOAD = 6;
    uint256 private constant AT_SUBNET_FREE = 6;
    uint256 private constant AT_RATING_SUM = 26;
    uint256 private constant AT_RATING_COUNT = 27;

    /// @dev Three providers of tier 7 and six licences of tier 1, listed; the first slot of era 1.
    function setUp() public {
        deploy();
        openSlot();
        activateProvider(HOST_1, 60 * ONE);
        activateProvider(HOST_2, 60 * ONE);
        activateProvider(HOST_3, 60 * ONE);
        for (uint256 i; i < 6; ++i) {
            runLicence(A, 1);
        }
        settleEra(WHOLE);
        openSlot();
        setParam(P_CHAL_TARGETS_PER_SLOT, 3);
    }

    function pokeProvider(uint64 provider, uint256 field, uint64 value) private {
        poke(address(providers), SLOT_PROVIDERS + PROVIDER_WORDS * provider, field, value);
    }

    function transition(uint64 i, uint64 from, uint64 to) private {
        emits(address(challenges));
        emit Transition(KIND_CHALLENGE, challengeTotals().firstId + i, ACCOUNT_KEEPER, from, to);
    }

    function refusedToAgents(bytes memory data) private {
        refusedBy(A, OnlyKeeper.selector, A, K);
        send(address(challenges), data);
    }

    function targets() private view returns (uint64[] memory list) {
        list = new uint64[](challengeTotals().challengeCount);
        for (uint64 i; i < list.length; ++i) {
            list[i] = challengesAt(i + 1).provider;
        }
    }

    function stateOf(uint64 i) private view returns (uint64) {
        return challengesAt(i).state;
    }

    // scheduleChallenges

    function test_scheduleChallenges_seatsACommitteeForEachClass() public {
        pokeProvider(2, AT_PROVIDER_TIER, 3);
        setTierOfAll(4);
        refusedToAgents(abi.encodeCall(Challenges.scheduleChallenges, ()));
        uint64 firstId = challengeTotals().firstId;
        emits(address(challenges));
        emit Transition(KIND_CHALLENGE, firstId + 1, ACCOUNT_KEEPER, 0, CHALLENGE_SCHEDULED);
        schedule();
        ChallengeTotalsRecord memory t = challengeTotals();
        assertEq(t.slot, clockTotals().slotCount);
        assertEq(t.challengeCount, 3);
        assertEq(committeesAt(1).targetCount, 2);
        assertEq(committeesAt(4).targetCount, 1);
        for (uint64 class = 1; class <= 6; ++class) {
            bool isDrawn = class == 1 || class == 4;
            assertEq(committeesAt(class).state, isDrawn ? CHALLENGE_SCHEDULED : 0);
            assertEq(committeesAt(class).seatCount, isDrawn ? 5 : 0);
        }
        for (uint64 i = 1; i <= 3; ++i) {
            ChallengesRecord memory c = challengesAt(i);
            assertEq(c.state, CHALLENGE_SCHEDULED);
            assertEq(c.retried, 0);
            assertEq(c.class, c.provider == 2 ? 4 : 1);
            assertEq(providersAt(c.provider).challengedEra, currentEra() + 1);
            // Nine tenths of 16 CPUs, 64 GB, 1 000 GB and one GPU, the last rounded up.
            assertLe(c.cpuCount, 14);
            assertLe(c.memoryGb, 57);
            assertLe(c.storageGb, 900);
            assertLe(c.gpuCount, 1);
        }
        refusedBy(K, AlreadySet.selector, t.slot, 0);
        challenges.scheduleChallenges();
    }

    /// @dev All licences in another tier, and listed so.
    function setTierOfAll(uint64 tier) private {
        for (uint64 licence = 1; licence <= 6; ++licence) {
            setTier(licence, tier);
        }
        for (uint64 class = 2; class <= tier; ++class) {
            pokeSlarkTotal(AT_CLASS_COUNTS + class, 6);
        }
    }

    function test_scheduleChallenges_givenNoSlot_isRefused() public {
        deploy();
        refusedBy(K, AlreadySet.selector, 0, 0);
        challenges.scheduleChallenges();
    }

    function test_scheduleChallenges_notesWhoWasSelectedAndExtendsTheSubsets() public {
        schedule();
        uint64 slot = slotNow();
        bytes memory packed = abi.encodePacked(bytes32(0), slot, uint64(1));
        for (uint256 seat; seat < 5; ++seat) {
            uint64 licence = seatsAt(SEATS_PER_CLASS + seat);
            packed = abi.encodePacked(packed, licence);
            SlarksRecord memory z = slarksAt(licence);
            assertEq(z.selectedCount, 1);
            assertEq(z.selectedEra, currentEra() + 1);
        }
        assertEq(subsets(), keccak256(packed));
        assertEq(challengeTotals().selectedCount, 5);
        wait_(CLOSING_S);
        by(K);
        challenges.closeChallenges();
        nextSlot(WHOLE);
        bytes32 before = subsets();
        schedule();
        assertNotEq(subsets(), before);
        assertLe(challengeTotals().selectedCount, 6);
        assertEq(challengeTotals().firstId, 3);
        // A new era starts anew.
        nextEra();
        schedule();
        packed = abi.encodePacked(bytes32(0), slotNow(), uint64(1));
        for (uint256 seat; seat < 5; ++seat) {
            packed = abi.encodePacked(packed, seatsAt(SEATS_PER_CLASS + seat));
        }
        assertEq(subsets(), keccak256(packed));
        assertEq(challengeTotals().selectedCount, 5);
    }

    /// @dev CHAL-3: tried again, new, poorly rated (worst mean first, on a tie the lower number), the rest.
    function test_scheduleChallenges_takesTheListsInTheirOrder() public {
        for (uint256 i; i < 5; ++i) {
            activateProvider(HOST_1, 60 * ONE);
        }
        // Lists: new 1, 2, 3 of the settlement and 4 … 8 of now.
        vm.startPrank(address(providers));
        challenges.resetTargets();
        // 9 is no Active provider.
        challenges.queueTargets(listOf(5, 9), listOf(6, 7), listOf(8, 1), 0);
        challenges.queueNew(4);
        vm.stopPrank();
        rate(6, 30, 10);
        rate(7, 59, 20);
        setParam(P_CHAL_TARGETS_PER_SLOT, 5);
        schedule();
        uint64[] memory list = targets();
        assertEq(list[0], 5);
        assertEq(list[1], 4);
        // 59/20 is less than 30/10.
        assertEq(list[2], 7);
        assertEq(list[3], 6);
        assertTrue(list[4] == 8 || list[4] == 1);
        ChallengeTotalsRecord memory t = challengeTotals();
        assertEq(t.newHead, 2 + 1);
        assertEq(t.poorCount, 0);
        assertEq(t.restCount, 1);
        // They stay undecided: the next slot tries them again, first of all and beyond its number.
        nextSlot(WHOLE);
        setParam(P_CHAL_TARGETS_PER_SLOT, 1);
        schedule();
        uint64[] memory again = targets();
        assertEq(again.length, 6);
        for (uint64 i; i < 5; ++i) {
            assertEq(again[i], list[i]);
            assertEq(challengesAt(i + 1).retried, 1);
        }
        assertEq(again[5], list[4] == 8 ? 1 : 8);
        assertEq(challengesAt(6).retried, 0);
    }

    function listOf(uint64 a, uint64 b) private pure returns (uint64[] memory list) {
        list = new uint64[](2);
        (list[0], list[1]) = (a, b);
    }

    function rate(uint64 provider, uint64 sumTenths, uint64 count) private {
        pokeProvider(provider, AT_RATING_SUM, sumTenths);
        pokeProvider(provider, AT_RATING_COUNT, count);
    }

    /// @dev The list of the poorly rated is longer than what is compared at once.
    function testFuzz_scheduleChallenges_takesTheWorstOfTheFirst64(uint256 seed) public {
        uint64[] memory poor = new uint64[](70);
        for (uint64 i; i < 67; ++i) {
            activateProvider(HOST_1, 60 * ONE);
        }
        for (uint64 i; i < 70; ++i) {
            poor[i] = i + 1;
            rate(i + 1, uint64(uint256(keccak256(abi.encode(seed, i))) % 8), 1 + i % 2);
        }
        vm.startPrank(address(providers));
        challenges.resetTargets();
        challenges.queueTargets(new uint64[](0), poor, new uint64[](0), 0);
        vm.stopPrank();
        setParam(P_CHAL_TARGETS_PER_SLOT, 40);
        schedule();
        uint256 waiting = 70;
        for (uint64 i = 1; i <= 40; ++i) {
            uint256 best;
            uint256 window = waiting < 64 ? waiting : 64;
            for (uint256 k = 1; k < window; ++k) {
                if (isWorse(poor[k], poor[best])) best = k;
            }
            assertEq(challengesAt(i).provider, poor[best]);
            poor[best] = poor[--waiting];
        }
        assertEq(challengeTotals().poorCount, 30);
    }

    function isWorse(uint64 a, uint64 b) private view returns (bool) {
        uint256 left = uint256(providersAt(a).ratingSumTenths) * providersAt(b).ratingCount;
        uint256 right = uint256(providersAt(b).ratingSumTenths) * providersAt(a).ratingCount;
        return left < right || (left == right && a < b);
    }

    function test_scheduleChallenges_dropsWhoIsNotActiveAnyMore() public {
        by(HOST_1);
        providers.deregisterProvider(1);
        setParam(P_CHAL_TARGETS_PER_SLOT, 0);
        // Two are waiting that count, in two slots, but three are listed: two this time.
        schedule();
        uint64[] memory list = targets();
        assertEq(list.length, 2);
        assertEq(list[0], 2);
        assertEq(list[1], 3);
    }

    function test_scheduleChallenges_givenCoverageOff_drawsAnybody() public {
        setParam(P_CHAL_COVERAGE_ENFORCED, 0);
        schedule();
        uint64[] memory list = targets();
        assertEq(list.length, 3);
        assertTrue(list[0] != list[1] && list[1] != list[2] && list[0] != list[2]);
        assertEq(challengeTotals().newHead, 0);
    }

    function test_scheduleChallenges_givenNoFullCommittee_leavesTheClassInconclusive() public {
        by(K);
        slarks.loseClient(1);
        by(K);
        slarks.loseClient(2);
        uint64 firstId = challengeTotals().firstId;
        schedule();
        assertEq(committeesAt(1).state, 0);
        assertEq(committeesAt(1).targetCount, 0);
        assertEq(stateOf(1), CHALLENGE_INCONCLUSIVE);
        assertEq(challengeTotals().inconclusiveCount, 3);
        assertEq(challengeTotals().retryCount, 3);
        assertEq(challengeTotals().selectedCount, 0);
        assertEq(providerEraAt(1).inconclusiveCount, 1);
        // The foundation's take the seats that nobody else can.
        grant();
        grant();
        nextSlot(WHOLE);
        schedule();
        assertEq(challengeTotals().firstId, firstId + 3);
        assertEq(committeesAt(1).state, CHALLENGE_SCHEDULED);
        assertEq(stateOf(1), CHALLENGE_SCHEDULED);
        assertEq(challengesAt(1).retried, 1);
        assertEq(challengeTotals().selectedCount, 4);
    }

    function test_scheduleChallenges_givenConflictExclusion_seatsNobodyWhoBacksATarget() public {
        setParam(P_SLARK_CONFLICT_EXCLUSION, 1);
        schedule();
        assertEq(committeesAt(1).state, 0);
        assertEq(challengeTotals().inconclusiveCount, 3);
    }

    /// @dev F-12: both ends of the range, for each resource.
    function testFuzz_scheduleChallenges_asksWithinTheRange(uint64 minBps, bool ceil) public {
        minBps = uint64(bound(minBps, 0, 9_000));
        setParam(P_CHAL_DRAW_MIN_BPS, minBps);
        setParam(P_CHAL_GPU_ROUND, ceil ? 0 : 1);
        schedule();
        for (uint64 i = 1; i <= 3; ++i) {
            ChallengesRecord memory c = challengesAt(i);
            inRange(c.cpuCount, 16, minBps, false);
            inRange(c.memoryGb, 64, minBps, false);
            inRange(c.storageGb, 1_000, minBps, false);
            inRange(c.gpuCount, 1, minBps, ceil);
        }
    }

    function inRange(uint256 asked, uint256 free, uint256 minBps, bool ceil) private pure {
        uint256 hi = (free * 9_000 + (ceil ? 9_999 : 0)) / 10_000;
        uint256 lo = free * minBps / 10_000;
        assertLe(asked, hi);
        assertGe(asked, lo < hi ? lo : hi);
    }

    /// @dev F-12: of all that is free, with nothing left to chance.
    function asksAllOf(uint64[4] memory free) private {
        setParam(P_CHAL_DRAW_MIN_BPS, 10_000);
        setParam(P_CHAL_DRAW_MAX_BPS, 10_000);
        schedule();
        for (uint64 i = 1; i <= 3; ++i) {
            ChallengesRecord memory c = challengesAt(i);
            if (c.provider != 2) continue;
            assertEq(abi.encode(c.cpuCount, c.memoryGb, c.storageGb, c.gpuCount), abi.encode(free));
            return;
        }
        assertTrue(false, "no target");
    }

    function pokeUse(uint64[4] memory used) private {
        for (uint256 i; i < 4; ++i) {
            poke(address(leases), SLOT_PROVIDER_USE + 2 * 2, i, used[i]);
        }
    }

    function pokeSubnet(uint64[4] memory free) private {
        for (uint256 i; i < 4; ++i) {
            poke(address(fizzes), SLOT_SUBNETS + 4 * 2, AT_SUBNET_FREE + i, free[i]);
        }
    }

    function test_scheduleChallenges_givenLeases_asksOfWhatTheyLeave() public {
        pokeUse([uint64(10), 8, 100, 1]);
        asksAllOf([uint64(6), 56, 900, 0]);
    }

    function test_scheduleChallenges_givenFreeFizzNodes_asksOfThemToo() public {
        pokeUse([uint64(10), 8, 100, 1]);
        pokeSubnet([uint64(4), 16, 50, 2]);
        asksAllOf([uint64(10), 72, 950, 2]);
    }

    function test_scheduleChallenges_givenANodeThatServesModels_leavesItsCpusOut() public {
        pokeProvider(2, AT_PROVIDER_NODE, 5);
        poke(address(nodes), SLOT_NODES + 4 * 5, AT_NODE_LOAD, 17);
        pokeSubnet([uint64(4), 0, 0, 0]);
        asksAllOf([uint64(3), 64, 1_000, 1]);
    }

    function test_scheduleChallenges_givenMoreInUseThanThereIs_asksForNothing() public {
        pokeProvider(2, AT_PROVIDER_NODE, 5);
        poke(address(nodes), SLOT_NODES + 4 * 5, AT_NODE_LOAD, 17);
        asksAllOf([uint64(0), 64, 1_000, 1]);
    }

    // commitPuzzle, issueChallenges

    function test_commitPuzzle_comesOnceAndFirst() public {
        schedule();
        refusedToAgents(abi.encodeCall(Challenges.commitPuzzle, (1, 5, 6)));
        refusedBy(K, ValueOutOfRange.selector, 0, 6);
        challenges.commitPuzzle(0, 5, 6);
        refusedBy(K, ValueOutOfRange.selector, 7, 6);
        challenges.commitPuzzle(7, 5, 6);
        refusedBy(K, WrongState.selector, 0, 0);
        challenges.commitPuzzle(2, 5, 6);
        refusedBy(K, ValueOutOfRange.selector, 2 ** 52, 2 ** 52 - 1);
        challenges.commitPuzzle(1, 2 ** 52, 6);
        refusedBy(K, ValueOutOfRange.selector, 2 ** 52, 2 ** 52 - 1);
        challenges.commitPuzzle(1, 5, 2 ** 52);
        refusedBy(K, ValueOutOfRange.selector, 0, 2 ** 52 - 1);
        challenges.commitPuzzle(1, 0, 0);
        refusedBy(K, WrongState.selector, CHALLENGE_SCHEDULED, 0);
        challenges.issueChallenges(1);
        for (uint64 i = 1; i <= 3; ++i) {
            transition(i, CHALLENGE_SCHEDULED, CHALLENGE_COMMITTED);
        }
        by(K);
        challenges.commitPuzzle(1, 5, 6);
        CommitteesRecord memory c = committeesAt(1);
        assertEq(c.state, CHALLENGE_COMMITTED);
        assertEq(c.puzzleHash0, 5);
        assertEq(c.puzzleHash1, 6);
        refusedBy(K, WrongState.selector, CHALLENGE_COMMITTED, 0);
        challenges.commitPuzzle(1, 5, 6);
    }

    function test_issueChallenges_followsTheCommitment() public {
        schedule();
        commit(1);
        refusedToAgents(abi.encodeCall(Challenges.issueChallenges, (1)));
        refusedBy(K, ValueOutOfRange.selector, 0, 6);
        challenges.issueChallenges(0);
        for (uint64 i = 1; i <= 3; ++i) {
            transition(i, CHALLENGE_COMMITTED, CHALLENGE_ISSUED);
        }
        issue(1);
        assertEq(committeesAt(1).state, CHALLENGE_ISSUED);
        refusedBy(K, WrongState.selector, CHALLENGE_ISSUED, 0);
        challenges.issueChallenges(1);
    }

    // certifyResults

    /// @dev Targets 1 and 2 pass by 5 and 3 seats, target 3 fails by 4.
    function split() private pure returns (Ballot[] memory ballots) {
        ballots = new Ballot[](3);
        ballots[0] = ballotOf(3, 3, PASS);
        ballots[0].results[2] = FAIL;
        ballots[1] = ballotOf(4, 3, PASS);
        ballots[2] = ballotOf(24, 3, PASS);
        (ballots[2].results[1], ballots[2].results[2]) = (FAIL, FAIL);
    }

    function test_certifyResults_decidesByTheMajorityOfTheSeats() public {
        issueAll();
        uint64[] memory list = targets();
        uint64 firstId = challengeTotals().firstId;
        uint64[] memory words = certificate(slotNow(), 1, split());
        emits(address(challenges));
        emit ResultsCertified(slotNow(), 1, 3, 5, 3);
        for (uint64 i = 1; i <= 3; ++i) {
            transition(i, CHALLENGE_ISSUED, CHALLENGE_ANSWERED);
        }
        transition(1, CHALLENGE_ANSWERED, CHALLENGE_PASSED);
        emits(address(challenges));
        emit ChallengeDecided(firstId + 1, list[0], 1, CHALLENGE_PASSED, 5, 0);
        transition(2, CHALLENGE_ANSWERED, CHALLENGE_PASSED);
        emits(address(challenges));
        emit ChallengeDecided(firstId + 2, list[1], 1, CHALLENGE_PASSED, 3, 2);
        transition(3, CHALLENGE_ANSWERED, CHALLENGE_FAILED);
        emits(address(challenges));
        emit ChallengeDecided(firstId + 3, list[2], 1, CHALLENGE_FAILED, 1, 4);
        by(K);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 3, words);
        ChallengeTotalsRecord memory t = challengeTotals();
        assertEq(t.decidedCount, 3);
        assertEq(t.passedCount, 2);
        assertEq(t.failedCount, 1);
        assertEq(t.inconclusiveCount, 0);
        assertEq(t.certificateCount, 1);
        assertEq(committeesAt(1).state, CHALLENGE_ANSWERED);
        assertEq(committeesAt(1).signerCount, 5);
        assertEq(providerEraAt(list[0]).passedCount, 1);
        assertEq(providerEraAt(list[2]).passedCount, 0);
        assertEq(providerEraAt(list[2]).challengeCount, 1);
        assertEq(providerEraAt(list[2]).failedHours, 1 << (slotNow() % 2));
        uint64[5] memory aligned = [uint64(3), 3, 2, 2, 2];
        uint64 score;
        for (uint256 seat; seat < 5; ++seat) {
            SlarksRecord memory z = slarksAt(seatsAt(SEATS_PER_CLASS + seat));
            assertEq(z.resultCount, 3);
            assertEq(z.alignedCount, aligned[seat]);
            score += aligned[seat] * 1_000;
        }
        assertEq(slarkTotals().scoreSum, score);
        // A replay finds nothing to decide.
        refusedBy(K, WrongState.selector, CHALLENGE_ANSWERED, 0);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 3, words);
    }

    function test_certifyResults_checksEachPartInTurn() public {
        issueAll();
        uint64 slot = slotNow();
        uint64[] memory words = certificate(slot, 1, split());
        refusedToAgents(abi.encodeCall(Challenges.certifyResults, (1, PUZZLE_0, PUZZLE_1, 3, words)));
        refusedBy(K, ValueOutOfRange.selector, 0, 6);
        challenges.certifyResults(0, PUZZLE_0, PUZZLE_1, 3, words);
        refusedBy(K, WrongState.selector, 0, 0);
        challenges.certifyResults(2, PUZZLE_0, PUZZLE_1, 3, words);
        refusedBy(K, PuzzleMismatch.selector, 1, slot);
        challenges.certifyResults(1, PUZZLE_0 + 1, PUZZLE_1, 3, words);
        refusedBy(K, PuzzleMismatch.selector, 1, slot);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1 + 1, 3, words);
        refusedBy(K, ValueOutOfRange.selector, 0, 5);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 0, words);
        refusedBy(K, ValueOutOfRange.selector, 6, 5);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 6, words);
        refusedBy(K, BatchMismatch.selector, 38, 36);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 2, words);
        refusedBy(K, BatchMismatch.selector, 0, 38);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 3, new uint64[](0));
        refuseWord(words, 37, MAX_WORD + 1, ValueOutOfRange.selector, MAX_WORD + 1, MAX_WORD);
        refuseWord(words, 0, 0, SignersMissing.selector, 0, 1);
        refuseWord(words, 0, 32, NotAssigned.selector, 5, 5);
        refuseWord(words, 2, 5, SignerRepeated.selector, 0, 0);
        // A seat that is none and one that has signed: the lower is named.
        refuseWord(words, 2, 2 + 64, SignerRepeated.selector, 1, 0);
        // No result, both, and one beyond the last target.
        refuseWord(words, 1, 1 + 4, ValueOutOfRange.selector, 0, 2);
        refuseWord(words, 1, 1 + 4 + 48, ValueOutOfRange.selector, 3, 2);
        refuseWord(words, 1, 1 + 4 + 16 + 64, ValueOutOfRange.selector, 85, 0);
        refuseWord(words, 4, 8, ResultsOutstanding.selector, 4, 5);
    }

    /// @dev The certificate with one word changed is refused.
    function refuseWord(uint64[] memory words, uint256 i, uint64 value, bytes4 err, uint64 have, uint64 need) private {
        uint64 before = words[i];
        words[i] = value;
        refusedBy(K, err, have, need);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 3, words);
        words[i] = before;
    }

    function test_certifyResults_acceptsASignatureOfExactlyTheSignersAndResults() public {
        issueAll();
        uint64 slot = slotNow();
        uint64[] memory words = certificate(slot, 1, split());
        // Results swapped between two groups: each signature is of the other's.
        refuseSwapped(words);
        // A signer whose signature is missing from the aggregate.
        Ballot[] memory short = unanimous(1, PASS);
        short[0].mask = 15;
        words = certificate(slot, 1, short);
        words[0] = ALL_SEATS;
        refuseSignature(words, 1);
        // A signature of another slot, of another class, with a foreign key.
        Ballot[] memory all = unanimous(1, PASS);
        words = certificate(slot - 1, 1, all);
        refuseSignature(words, 1);
        words = certificate(slot, 1, all);
        writeForeign(words, slot);
        refuseSignature(words, 1);
        // No point of the curve, no element of the field, the neutral element.
        words = certificate(slot, 1, all);
        words[9] ^= 1;
        refuseSignature(words, 1);
        words[2] = MAX_WORD;
        refuseSignature(words, 1);
        for (uint256 i = 2; i < words.length; ++i) {
            words[i] = 0;
        }
        refuseSignature(words, 1);
        // And the right one.
        certify(1, all);
        assertEq(stateOf(3), CHALLENGE_PASSED);
    }

    function refuseSignature(uint64[] memory words, uint64 groups) private {
        refusedBy(K, InvalidSignature.selector, 1, slotNow());
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, groups, words);
    }

    function refuseSwapped(uint64[] memory words) private {
        (words[1], words[5]) = (words[5], words[1]);
        refuseSignature(words, 3);
    }

    /// @dev Seat 4's signature made with the key of a licence that has no seat.
    function writeForeign(uint64[] memory words, uint64 slot) private view {
        uint64[] memory packed = new uint64[](1);
        packed[0] = words[1];
        bytes32 message = messageOf(slot, 1, packed);
        Bls.G2 memory sum = BlsSigner.sign(BlsSigner.secretOf(999), message);
        for (uint256 seat; seat < 4; ++seat) {
            sum = BlsSigner.add(sum, BlsSigner.sign(secretOfSeat(1, seat), message));
        }
        BlsSigner.writeSignature(words, 2, sum);
    }

    function test_certifyResults_givenAMemberWithoutKey_isRefused() public {
        issueAll();
        uint64[] memory words = certificate(slotNow(), 1, unanimous(1, PASS));
        uint64 licence = seatsAt(SEATS_PER_CLASS);
        by(A);
        slarks.endRunner(licence);
        refuseSignature(words, 1);
        // The others are a majority, at the slot's end.
        wait_(CLOSING_S);
        Ballot[] memory others = unanimous(1, PASS);
        others[0].mask = 30;
        certify(1, others);
        assertEq(committeesAt(1).signerCount, 4);
    }

    /// @dev Until 420 s all seats must sign, from then on N+1; INV-32.
    function test_certifyResults_needsAllUntilTheClosingAndAMajorityAfterIt() public {
        issueAll();
        uint64 startS = slotNow() * SLOT_S;
        Ballot[] memory ballots = new Ballot[](1);
        ballots[0] = ballotOf(7, 3, FAIL);
        uint64[] memory words = certificate(slotNow(), 1, ballots);
        goTo(startS + CLOSING_S - 1);
        refusedBy(K, ResultsOutstanding.selector, 3, 5);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 1, words);
        goTo(startS + CLOSING_S);
        words[0] = 3;
        refusedBy(K, SignersMissing.selector, 2, 3);
        challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 1, words);
        certify(1, ballots);
        assertEq(stateOf(1), CHALLENGE_FAILED);
        assertEq(slarksAt(seatsAt(SEATS_PER_CLASS + 3)).resultCount, 0);
    }

    /// @dev OP-75: tried again once, then passed; or passed or failed at once.
    function test_certifyResults_givenNoMajority_isInconclusive() public {
        for (uint64 treatment; treatment < 3; ++treatment) {
            uint256 snapshot = vm.snapshotState();
            setParam(P_CHAL_INCONCLUSIVE, treatment);
            issueAll();
            uint64 provider = challengesAt(1).provider;
            wait_(CLOSING_S);
            Ballot[] memory ballots = new Ballot[](2);
            ballots[0] = ballotOf(3, 3, PASS);
            ballots[1] = ballotOf(12, 3, FAIL);
            certify(1, ballots);
            assertEq(stateOf(1), [CHALLENGE_PASSED, CHALLENGE_FAILED, CHALLENGE_INCONCLUSIVE][treatment]);
            assertEq(challengeTotals().inconclusiveCount, 3);
            assertEq(challengeTotals().decidedCount, 0);
            assertEq(challengeTotals().passedCount, treatment == 0 ? 3 : 0);
            assertEq(challengeTotals().failedCount, treatment == 1 ? 3 : 0);
            assertEq(challengeTotals().retryCount, treatment == 2 ? 3 : 0);
            assertEq(providerEraAt(provider).inconclusiveCount, 1);
            assertEq(providerEraAt(provider).challengeCount, treatment == 2 ? 0 : 1);
            assertEq(slarksAt(seatsAt(SEATS_PER_CLASS)).resultCount, 0);
            if (treatment == 2) retryInVain(provider);
            vm.revertToState(snapshot);
        }
    }

    function retryInVain(uint64 provider) private {
        nextSlot(WHOLE);
        issueAll();
        assertEq(challengesAt(1).provider, provider);
        wait_(CLOSING_S);
        by(K);
        challenges.closeChallenges();
        assertEq(stateOf(1), CHALLENGE_PASSED);
        assertEq(providerEraAt(provider).passedCount, 1);
        assertEq(challengeTotals().retryCount, 0);
    }

    /// @dev Whatever the seats found: the outcome is what N+1 of them found, and whoever agreed is aligned.
    function testFuzz_certifyResults_takesTheMajority(uint256 votes, uint256 signing) public {
        issueAll();
        wait_(CLOSING_S);
        // One ballot a seat; at least three sign.
        uint256 mask = signing % 32;
        for (uint256 seat; bits(mask) < 3; ++seat) {
            mask |= 1 << seat;
        }
        Ballot[] memory ballots = new Ballot[](bits(mask));
        uint256 next;
        for (uint256 seat; seat < 5; ++seat) {
            if ((mask >> seat) & 1 == 0) continue;
            ballots[next] = ballotOf(uint64(1 << seat), 3, PASS);
            for (uint256 target; target < 3; ++target) {
                if ((votes >> (3 * seat + target)) & 1 == 1) ballots[next].results[target] = FAIL;
            }
            ++next;
        }
        certify(1, ballots);
        uint64[5] memory aligned;
        uint64 decided;
        for (uint256 target; target < 3; ++target) {
            uint256 fails;
            for (uint256 seat; seat < 5; ++seat) {
                if ((mask >> seat) & 1 == 1 && (votes >> (3 * seat + target)) & 1 == 1) ++fails;
            }
            uint256 passes = bits(mask) - fails;
            uint64 outcome = passes >= 3 ? CHALLENGE_PASSED : fails >= 3 ? CHALLENGE_FAILED : CHALLENGE_INCONCLUSIVE;
            assertEq(stateOf(uint64(target + 1)), outcome);
            if (outcome == CHALLENGE_INCONCLUSIVE) continue;
            ++decided;
            for (uint256 seat; seat < 5; ++seat) {
                bool found = (votes >> (3 * seat + target)) & 1 == 1;
                if (found == (outcome == CHALLENGE_FAILED)) ++aligned[seat];
            }
        }
        for (uint256 seat; seat < 5; ++seat) {
            bool signed = (mask >> seat) & 1 == 1;
            SlarksRecord memory z = slarksAt(seatsAt(SEATS_PER_CLASS + seat));
            assertEq(z.resultCount, signed ? decided : 0);
            assertEq(z.alignedCount, signed ? aligned[seat] : 0);
        }
    }

    function bits(uint256 mask) private pure returns (uint256 count) {
        for (; mask != 0; mask >>= 1) {
            count += mask & 1;
        }
    }

    /// @dev Made outside: what is hashed, packed and signed is the same there and here.
    function test_certifyResults_takesTheCertificatesOfTheVectors() public {
        string memory json = vm.readFile("../fixtures/vectors/bls/certificates.json");
        for (uint64 i; i < 5; ++i) {
            string memory path = string.concat(".keys[", vm.toString(i), "]");
            uint64[] memory key = words_(json, path);
            by(A);
            slarks.registerSlarkKey(i + 1, key);
            assertEq(slarksAt(i + 1).keyId, vm.parseJsonUint(json, string.concat(path, ".keyId")));
        }
        for (uint256 i; i < 22; ++i) {
            activateProvider(HOST_1, 60 * ONE);
        }
        assertEq(slotNow(), vm.parseJsonUint(json, ".slot"));
        for (uint256 c; c < 4; ++c) {
            uint256 snapshot = vm.snapshotState();
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            uint64 count = uint64(vm.parseJsonUint(json, string.concat(path, ".targets")));
            setParam(P_CHAL_TARGETS_PER_SLOT, count);
            issueAll();
            // Lanes of a list, four to a word: seats 0 … 4 of class 1 are records 32 … 36.
            for (uint64 seat; seat < 5; ++seat) {
                poke(address(challenges), SLOT_SEATS, SEATS_PER_CLASS + seat, seat + 1);
            }
            uint64[] memory words = words_(json, path);
            by(K);
            challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 2, words);
            assertEq(challengeTotals().passedCount, count);
            assertEq(slarksAt(1).alignedCount, count);
            assertEq(slarksAt(5).alignedCount, count - (count + 2) / 3);
            vm.revertToState(snapshot);
        }
    }

    function words_(string memory json, string memory path) private pure returns (uint64[] memory words) {
        uint256[] memory list = vm.parseJsonUintArray(json, string.concat(path, ".words"));
        words = new uint64[](list.length);
        for (uint256 i; i < list.length; ++i) {
            words[i] = uint64(list[i]);
        }
    }

    /// @dev What a certificate costs, printed with -vv.
    function test_certifyResults_gas() public {
        for (uint256 i; i < 21; ++i) {
            activateProvider(HOST_1, 60 * ONE);
        }
        uint64[3] memory counts = [uint64(1), 5, 24];
        for (uint256 i; i < counts.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            setParam(P_CHAL_TARGETS_PER_SLOT, counts[i]);
            issueAll();
            uint64[] memory words = certificate(slotNow(), 1, unanimous(1, PASS));
            by(K);
            uint256 before = gasleft();
            challenges.certifyResults(1, PUZZLE_0, PUZZLE_1, 1, words);
            uint256 gasUnits = before - gasleft();
            print("gas of a certificate: targets, gas, gas a target", counts[i], gasUnits, gasUnits / counts[i]);
            assertEq(committeesAt(1).targetCount, counts[i]);
            assertLt(gasUnits, 1_100_000 + 90_000 * counts[i]);
            vm.revertToState(snapshot);
        }
    }

    function print(string memory text, uint256 a, uint256 b, uint256 c) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256,uint256,uint256)", text, a, b, c));
        assertTrue(ok);
    }

    // closeChallenges

    function test_closeChallenges_endsWhatIsOpenAndDoesSoOnce() public {
        refusedToAgents(abi.encodeCall(Challenges.closeChallenges, ()));
        uint64 startS = slotNow() * SLOT_S;
        refusedBy(K, DeadlineNotPassed.selector, startS, startS + CLOSING_S);
        challenges.closeChallenges();
        goTo(startS + CLOSING_S);
        refusedBy(K, WrongState.selector, 0, slotNow() + 1);
        challenges.closeChallenges();
        schedule();
        commit(1);
        uint64 provider = challengesAt(1).provider;
        transition(1, CHALLENGE_COMMITTED, CHALLENGE_INCONCLUSIVE);
        emits(address(challenges));
        emit ChallengeDecided(1, provider, 1, CHALLENGE_INCONCLUSIVE, 0, 0);
        by(K);
        challenges.closeChallenges();
        assertEq(committeesAt(1).state, 0);
        assertEq(challengeTotals().retryCount, 3);
        by(K);
        challenges.closeChallenges();
        assertEq(challengeTotals().retryCount, 3);
        assertEq(challengeTotals().inconclusiveCount, 3);
    }

    function test_closeChallenges_givenNoSlot_waitsForTheFirst() public {
        deploy();
        refusedBy(K, DeadlineNotPassed.selector, 0, CLOSING_S);
        challenges.closeChallenges();
    }

    // attestSubsets

    /// @dev The era's last slot, with one licence of six never drawn; 420 s into it.
    function toAttestation() private returns (uint64 unselected) {
        setParam(P_CHAL_TARGETS_PER_SLOT, 1);
        nextSlot(WHOLE);
        schedule();
        wait_(CLOSING_S);
        for (uint64 licence = 1; licence <= 6; ++licence) {
            if (slarksAt(licence).selectedEra == 0) unselected = licence;
        }
        assertGt(unselected, 0);
    }

    function attestation(uint64 licence) private view returns (uint64[] memory words) {
        words = new uint64[](33);
        words[0] = licence;
        bytes32 message = keccak256(abi.encodePacked(currentEra(), subsets()));
        BlsSigner.writeSignature(words, 1, BlsSigner.sign(BlsSigner.secretOf(licence), message));
    }

    function test_attestSubsets_takesTheUnselectedOnes() public {
        uint64 licence = toAttestation();
        uint64[] memory words = attestation(licence);
        refusedToAgents(abi.encodeCall(Challenges.attestSubsets, (1, words)));
        emits(address(challenges));
        emit SubsetsAttested(1, 1, 1);
        by(K);
        challenges.attestSubsets(1, words);
        assertEq(challengeTotals().attestedEraCount, 2);
        refusedBy(K, AlreadySet.selector, 2, 0);
        challenges.attestSubsets(1, words);
    }

    function test_attestSubsets_isForTheEndOfAnEra() public {
        uint64 lastSlot = 2 * (currentEra() + 1) - 1;
        uint64 fromS = lastSlot * SLOT_S + CLOSING_S;
        refusedBy(K, DeadlineNotPassed.selector, nowS(), fromS);
        challenges.attestSubsets(0, new uint64[](0));
        nextSlot(WHOLE);
        goTo(fromS - 1);
        refusedBy(K, DeadlineNotPassed.selector, fromS - 1, fromS);
        challenges.attestSubsets(0, new uint64[](0));
        goTo(fromS);
        // CHAL-2: nothing has been scheduled in the era.
        refusedBy(K, WrongState.selector, 0, lastSlot + 1);
        challenges.attestSubsets(0, new uint64[](0));
        schedule();
        refusedBy(K, SignersMissing.selector, 0, 1);
        challenges.attestSubsets(0, new uint64[](0));
        // Nobody is needed where the quorum is 0.
        setParam(P_CHAL_ATTEST_QUORUM_BPS, 0);
        by(K);
        challenges.attestSubsets(0, new uint64[](0));
        assertEq(challengeTotals().attestedEraCount, 2);
    }

    function test_attestSubsets_checksEachSignerAndTheSignature() public {
        uint64 licence = toAttestation();
        uint64 selected = seatsAt(SEATS_PER_CLASS);
        uint64[] memory words = attestation(licence);
        refusedBy(K, BatchMismatch.selector, 33, 34);
        challenges.attestSubsets(2, words);
        refusedBy(K, BatchMismatch.selector, 33, 32);
        challenges.attestSubsets(0, words);
        refuseAttestation(words, 32, MAX_WORD + 1, ValueOutOfRange.selector, MAX_WORD + 1, MAX_WORD);
        refuseAttestation(words, 0, 0, RankingInvalid.selector, 0, 0);
        refuseAttestation(words, 0, 7, UnknownEntity.selector, 7, 6);
        refuseAttestation(words, 0, selected, NotAssigned.selector, selected, 0);
        refuseAttestation(words, 20, words[20] ^ 1, InvalidSignature.selector, 0, 1);
        // The same licence twice.
        uint64[] memory twice = new uint64[](34);
        (twice[0], twice[1]) = (licence, licence);
        refusedBy(K, RankingInvalid.selector, 1, licence);
        challenges.attestSubsets(2, twice);
        // Of another era's subsets.
        bytes32 message = keccak256(abi.encodePacked(uint64(0), subsets()));
        BlsSigner.writeSignature(words, 1, BlsSigner.sign(BlsSigner.secretOf(licence), message));
        refusedBy(K, InvalidSignature.selector, 0, 1);
        challenges.attestSubsets(1, words);
    }

    function refuseAttestation(uint64[] memory words, uint256 i, uint64 value, bytes4 err, uint64 have, uint64 need)
        private
    {
        uint64 before = words[i];
        words[i] = value;
        refusedBy(K, err, have, need);
        challenges.attestSubsets(1, words);
        words[i] = before;
    }

    // For the other families

    /// CHAL-4, OP-72
    function test_updateTiers_countsWhoWasMissed_whateverTheListsHold() public {
        // New: 1, 2, 3. One is challenged, one leaves, one is missed.
        setParam(P_CHAL_TARGETS_PER_SLOT, 1);
        schedule();
        by(HOST_2);
        providers.deregisterProvider(2);
        // All three were missed in the era before.
        assertEq(challengeTotals().missedCount, 3);
        vm.prank(address(providers));
        challenges.resetTargets();
        ChallengeTotalsRecord memory t = challengeTotals();
        assertEq(t.missedCount, 3);
        assertEq(t.newHead + t.newCount + t.poorCount + t.restCount, 0);
        nextEra();
        t = challengeTotals();
        assertEq(t.missedCount, 3 + 1);
        assertEq(t.newCount + t.restCount, 2);
    }

    function test_listsAreFilledByTheFamilyOnly() public {
        bytes memory refusal = abi.encodeWithSelector(OnlyFamily.selector, STRANGER);
        uint64[] memory none = new uint64[](0);
        vm.startPrank(STRANGER);
        vm.expectRevert(refusal);
        challenges.queueNew(1);
        vm.expectRevert(refusal);
        challenges.resetTargets();
        vm.expectRevert(refusal);
        challenges.queueTargets(none, none, none, 0);
        vm.expectRevert(refusal);
        slarks.recordSelected(none);
        vm.expectRevert(refusal);
        slarks.recordResults(none, 1, none);
        vm.stopPrank();
    }
}
