// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consensus} from "../src/Consensus.sol";
import {VERDICT_FAIL, VERDICT_NONE, VERDICT_PASS} from "../src/Protocol.sol";
import {Base} from "./Base.sol";

/// @notice F-5 on its own: what weights and verdicts decide.
contract ConsensusTest is Base {
    uint256 private constant QUORUM = 6_667;
    uint256 private constant HALF = 5_000;

    function decide(uint256 assigned, uint256 submitted, uint256 pass) private pure returns (uint64) {
        return Consensus.decide(Consensus.Ballots(assigned, submitted, pass), QUORUM, HALF);
    }

    function test_decide_givenTheQuorum_needsItExactly() public pure {
        assertEq(decide(10_000, 6_667, 6_667), VERDICT_PASS);
        assertEq(decide(10_000, 6_666, 6_666), VERDICT_NONE);
        assertEq(decide(10_000, 6_667, 0), VERDICT_FAIL);
    }

    function test_decide_givenTheThreshold_needsStrictlyMore() public pure {
        assertEq(decide(100, 100, 51), VERDICT_PASS);
        assertEq(decide(100, 100, 50), VERDICT_NONE);
        assertEq(decide(100, 100, 49), VERDICT_FAIL);
        assertEq(Consensus.decide(Consensus.Ballots(100, 100, 80), QUORUM, 8_000), VERDICT_NONE);
        assertEq(Consensus.decide(Consensus.Ballots(100, 100, 81), QUORUM, 8_000), VERDICT_PASS);
        assertEq(Consensus.decide(Consensus.Ballots(100, 100, 20), QUORUM, 8_000), VERDICT_NONE);
        assertEq(Consensus.decide(Consensus.Ballots(100, 100, 19), QUORUM, 8_000), VERDICT_FAIL);
    }

    function test_decide_givenNobody_isUndecided() public pure {
        assertEq(decide(0, 0, 0), VERDICT_NONE);
        assertEq(decide(100, 0, 0), VERDICT_NONE);
    }

    function test_ballotsOf_givenNoWeightAtAll_countsHeads() public pure {
        Consensus.Ballots memory heads = Consensus.Ballots(3, 3, 2);
        assertEq(abi.encode(Consensus.ballotsOf(Consensus.Ballots(0, 0, 0), heads)), abi.encode(heads));
        Consensus.Ballots memory weights = Consensus.Ballots(5, 0, 0);
        assertEq(abi.encode(Consensus.ballotsOf(weights, heads)), abi.encode(weights));
    }

    function test_agreementFp_givenSubmittedWeight_isThePassedShare() public pure {
        assertEq(Consensus.agreementFp(Consensus.Ballots(9, 3, 1)), 333_333_333);
        assertEq(Consensus.agreementFp(Consensus.Ballots(9, 0, 0)), 0);
    }

    function testFuzz_decide_givenPassAndFailSwapped_swapsTheOutcome(uint256 a, uint256 s, uint256 p, uint256 passBps)
        public
        pure
    {
        a = bound(a, 0, 51e9);
        s = bound(s, 0, a);
        p = bound(p, 0, s);
        passBps = bound(passBps, HALF, 10_000);
        uint64 outcome = Consensus.decide(Consensus.Ballots(a, s, p), QUORUM, passBps);
        uint64 mirrored = Consensus.decide(Consensus.Ballots(a, s, s - p), QUORUM, passBps);
        assertEq(mirrored, outcome == VERDICT_NONE ? VERDICT_NONE : VERDICT_PASS + VERDICT_FAIL - outcome);
    }

    function testFuzz_decide_givenMoreAgreement_neverTurnsAPassDown(uint256 s, uint256 p, uint256 more) public pure {
        s = bound(s, 1, 51e9);
        p = bound(p, 0, s);
        more = bound(more, p, s);
        if (decide(s, s, p) == VERDICT_PASS) assertEq(decide(s, s, more), VERDICT_PASS);
    }

    /// INV-29: the sums of a group do not know who came first
    function testFuzz_decide_givenAnyOrder_isAFunctionOfTheMultiset(
        uint64[7] memory weightFp,
        uint8[7] memory verdict,
        uint256 shuffle
    ) public pure {
        uint64 first = tally(weightFp, verdict);
        for (uint256 i = 6; i > 0; --i) {
            uint256 j = shuffle % (i + 1);
            shuffle /= i + 1;
            (weightFp[i], weightFp[j]) = (weightFp[j], weightFp[i]);
            (verdict[i], verdict[j]) = (verdict[j], verdict[i]);
        }
        assertEq(tally(weightFp, verdict), first, "INV-29");
    }

    function tally(uint64[7] memory weightFp, uint8[7] memory verdict) private pure returns (uint64) {
        Consensus.Ballots memory b;
        for (uint256 i; i < 7; ++i) {
            uint256 weight = weightFp[i] % 1e9;
            b.assigned += weight;
            if (verdict[i] % 3 == 0) continue;
            b.submitted += weight;
            if (verdict[i] % 3 == 1) b.pass += weight;
        }
        return Consensus.decide(b, QUORUM, HALF);
    }

    // lowerMedian

    function median(uint64[] memory values) private pure returns (uint64) {
        return Consensus.lowerMedian(values, values.length);
    }

    function test_lowerMedian_givenValues_isTheLowerOneOfTheMiddle() public pure {
        uint64[] memory values = new uint64[](4);
        (values[0], values[1], values[2], values[3]) = (9_000, 1, 5, 7_000);
        assertEq(median(values), 5);
        assertEq(Consensus.lowerMedian(values, 3), 5);
        assertEq(Consensus.lowerMedian(values, 1), 9_000);
        assertEq(Consensus.lowerMedian(values, 0), 0);
        assertEq(median(new uint64[](3)), 0);
    }

    function testFuzz_lowerMedian_givenAnyValues_isTheSortedOne(uint64[9] memory given, uint256 count) public pure {
        count = bound(count, 1, 9);
        uint64[] memory values = new uint64[](9);
        for (uint256 i; i < 9; ++i) {
            // Few different values, so that some are equal.
            values[i] = given[i] % 20;
        }
        uint64 result = Consensus.lowerMedian(values, count);
        for (uint256 i = 1; i < count; ++i) {
            for (uint256 j = i; j > 0 && values[j - 1] > values[j]; --j) {
                (values[j - 1], values[j]) = (values[j], values[j - 1]);
            }
        }
        assertEq(result, values[(count - 1) / 2]);
    }
}
