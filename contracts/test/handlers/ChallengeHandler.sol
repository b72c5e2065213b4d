// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../../src/Bls.sol";
import {Challenges} from "../../src/Challenges.sol";
import {
    CHALLENGE_ANSWERED,
    CHALLENGE_ISSUED,
    CHALLENGE_SCHEDULED,
    CLASS_COUNT,
    CommitteesRecord,
    FAMILY_COUNT,
    P_TIME_SLOTS_PER_ERA,
    SEATS_PER_CLASS,
    SLARK_RUNNING,
    SlarksRecord
} from "../../src/Protocol.sol";
import {
    A_ATTEST_SUBSETS,
    A_CERTIFY_RESULTS,
    A_CLOSE_CHALLENGES,
    A_COMMIT_PUZZLE,
    A_ISSUE_CHALLENGES,
    A_SCHEDULE_CHALLENGES
} from "../Actions.sol";
import {BlsSigner} from "../BlsSigner.sol";
import {SlarkWorld} from "../SlarkWorld.sol";
import {Handler} from "./Handler.sol";

/// @notice The challenges of a slot, in and out of turn, with right and false certificates.
contract ChallengeHandler is Handler, SlarkWorld {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.scheduleOne.selector;
        list[1] = this.prepare.selector;
        list[2] = this.certifyOne.selector;
        list[3] = this.close.selector;
        list[4] = this.challengeAll.selector;
        list[5] = this.challengeAll.selector;
    }

    function scheduleOne(uint256 seed) external turn(seed) {
        scheduleSlot();
    }

    /// @notice A slot's challenges from first to last, so that Slarks earn something.
    function challengeAll(uint256 seed) external turn(seed) {
        scheduleSlot();
        for (uint64 class = 1; class <= CLASS_COUNT; ++class) {
            if (committeesAt(class).state == CHALLENGE_SCHEDULED) prepareOne(class);
            if (committeesAt(class).state == CHALLENGE_ISSUED) certifyClass(class);
        }
    }

    function scheduleSlot() private {
        if (!act(A_SCHEDULE_CHALLENGES, K, address(challenges), abi.encodeCall(Challenges.scheduleChallenges, ()))) {
            return;
        }
        for (uint64 class = 1; class <= CLASS_COUNT; ++class) {
            checkSeats(class);
        }
    }

    /// @dev INV-33, when the committee is drawn; nobody's tier has changed since.
    function checkSeats(uint64 class) private view {
        CommitteesRecord memory c = committeesAt(class);
        for (uint256 seat; seat < c.seatCount; ++seat) {
            SlarksRecord memory z = slarksAt(seatsAt(class * SEATS_PER_CLASS + seat));
            assertGe(z.tier, class, "INV-33: a seat above its tier");
            assertEq(z.state, SLARK_RUNNING, "INV-32: who cannot sign has a seat");
            assertGt(z.keyId, 0, "INV-32: who cannot sign has a seat");
        }
        for (uint64 i = 1; i <= challengeTotals().challengeCount; ++i) {
            if (challengesAt(i).class != class) continue;
            uint64 tier = providersAt(challengesAt(i).provider).tier;
            assertEq(tier >= 6 ? 1 : 7 - tier, class, "INV-33: class of a target");
        }
    }

    function prepare(uint256 seed) external turn(seed) {
        prepareOne(once(20) ? chance(9) : inState(CHALLENGE_SCHEDULED));
    }

    function prepareOne(uint64 class) private {
        if (challengeTotals().slot == 0) return;
        (uint64 hash0, uint64 hash1) = puzzleHash(challengeTotals().slot - 1, class);
        if (once(20)) hash0 = 0;
        bytes memory data = abi.encodeCall(Challenges.commitPuzzle, (class, hash0, hash1));
        act(A_COMMIT_PUZZLE, K, address(challenges), data);
        if (once(8)) return;
        act(A_ISSUE_CHALLENGES, K, address(challenges), abi.encodeCall(Challenges.issueChallenges, (class)));
    }

    function certifyOne(uint256 seed) external turn(seed) {
        certifyClass(once(20) ? 1 + chance(6) : inState(CHALLENGE_ISSUED));
    }

    function certifyClass(uint64 class) private {
        CommitteesRecord memory c = committeesAt(class);
        if (c.seatCount == 0) return;
        Ballot[] memory ballots = vote(class, c);
        uint64[] memory words = certificate(challengeTotals().slot - 1, class, ballots);
        bool isFalse = once(3);
        if (isFalse) words[chance(words.length)] ^= uint64(1 << chance(40));
        uint64 decided = challengeTotals().decidedCount;
        bytes memory data = abi.encodeCall(
            Challenges.certifyResults, (class, once(20) ? 1 : PUZZLE_0, PUZZLE_1, uint64(ballots.length), words)
        );
        if (!act(A_CERTIFY_RESULTS, K, address(challenges), data)) return;
        assertFalse(isFalse, "CHAL-10: a false certificate was taken");
        assertEq(committeesAt(class).state, CHALLENGE_ANSWERED, "INV-32: answered");
        assertLe(challengeTotals().decidedCount - decided, c.targetCount, "INV-42: decided once");
    }

    /// @return ballots of the seats, in one to three groups; few seats abstain
    function vote(uint64 class, CommitteesRecord memory c) private returns (Ballot[] memory ballots) {
        uint64 groups = once(2) ? 1 : 2;
        if (groups > c.seatCount) groups = 1;
        ballots = new Ballot[](groups);
        for (uint256 i; i < groups; ++i) {
            ballots[i] = ballotOf(0, c.targetCount, PASS);
            for (uint256 target; target < c.targetCount; ++target) {
                if (once(4)) ballots[i].results[target] = FAIL;
            }
            // One seat at least.
            ballots[i].mask = uint64(1 << i);
        }
        for (uint256 seat = groups; seat < c.seatCount; ++seat) {
            if (!once(12)) ballots[chance(groups)].mask |= uint64(1 << seat);
        }
        if (slarksAt(seatsAt(class * SEATS_PER_CLASS)).keyId == 0 && groups == 1) ballots[0].mask &= ~uint64(1);
        if (ballots[0].mask == 0) ballots[0].mask = 1;
    }

    function close(uint256 seed) external turn(seed) {
        if (once(3)) passTime(420);
        act(A_CLOSE_CHALLENGES, K, address(challenges), abi.encodeCall(Challenges.closeChallenges, ()));
        if (clockTotals().slotCount % param(P_TIME_SLOTS_PER_ERA) == 0) attest();
    }

    function attest() private {
        uint64 count = slarkTotals().slarkCount;
        uint64 era = currentEra();
        uint64[] memory list = new uint64[](count);
        uint256 signers;
        for (uint64 licence = 1; licence <= count; ++licence) {
            SlarksRecord memory z = slarksAt(licence);
            bool isFree = z.state == SLARK_RUNNING && z.keyId != 0 && z.isFoundation == 0 && z.selectedEra != era + 1;
            if (isFree != once(30)) list[signers++] = licence;
        }
        uint64[] memory words = new uint64[](signers == 0 ? 0 : signers + 32);
        bytes32 message = keccak256(abi.encodePacked(era, subsets()));
        Bls.G2 memory sum;
        for (uint256 i; i < signers; ++i) {
            words[i] = list[i];
            sum = BlsSigner.add(sum, BlsSigner.sign(BlsSigner.secretOf(list[i]), message));
        }
        if (signers > 0) BlsSigner.writeSignature(words, signers, sum);
        bytes memory data = abi.encodeCall(Challenges.attestSubsets, (uint64(signers), words));
        if (!act(A_ATTEST_SUBSETS, K, address(challenges), data)) return;
        assertEq(challengeTotals().attestedEraCount, era + 1, "CHAL-2: attested once");
    }

    function inState(uint64 state) private returns (uint64 class) {
        uint64 start = chance(CLASS_COUNT);
        for (uint64 i; i < CLASS_COUNT; ++i) {
            class = 1 + (start + i) % CLASS_COUNT;
            if (committeesAt(class).state == state) return class;
        }
    }
}
