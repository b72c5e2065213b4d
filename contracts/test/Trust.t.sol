// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "../src/Ewma.sol";
import {Powr, PowrExponents} from "../src/Powr.sol";
import {NodeEraRecord, NodeTrustRecord, ValueOutOfRange} from "../src/Protocol.sol";
import {Trust, TrustRules, TrustWeights} from "../src/Trust.sol";
import {Base} from "./Base.sol";

/// @notice The formulas of reputation on their own: moving average (F-1), indicators (F-2), trust weight (F-3), score
/// (F-4).
contract TrustTest is Base {
    uint256 private constant FP = 1e9;
    uint256 private constant MAX_INT = 2 ** 53 - 1;

    // Ewma

    function alphaOf(uint256 halfLifeEras) external pure returns (uint256) {
        return Ewma.alphaOf(halfLifeEras);
    }

    function test_alphaOf_givenHalfLives_isOneHalfForOneAndFallsFromThere() public pure {
        assertEq(Ewma.alphaOf(1), FP / 2);
        // 1 − 2^(−1/2) = 0.29289321881…
        assertEq(Ewma.alphaOf(2), 292_893_219);
        // 1 − 2^(−1/120) = 0.00575957622…
        assertEq(Ewma.alphaOf(120), 5_759_576);
        for (uint256 h = 1; h < 120; ++h) {
            assertLt(Ewma.alphaOf(h + 1), Ewma.alphaOf(h));
        }
    }

    function test_alphaOf_givenAHalfLife_halvesADistanceInSoManyEras() public pure {
        for (uint256 h = 1; h <= 120; ++h) {
            uint256 indicatorFp = FP;
            uint256 alphaFp = Ewma.alphaOf(h);
            for (uint256 i; i < h; ++i) {
                indicatorFp = Ewma.ewma(indicatorFp, 0, alphaFp);
            }
            // Each of h steps rounds up to a unit, and α itself half a unit of 10^-9.
            vm.assertApproxEqAbs(indicatorFp, FP / 2, 2 * h);
        }
    }

    function test_alphaOf_givenAHalfLifeOutOfTheTable_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ValueOutOfRange.selector, 0, 120));
        this.alphaOf(0);
        vm.expectRevert(abi.encodeWithSelector(ValueOutOfRange.selector, 121, 120));
        this.alphaOf(121);
    }

    function testFuzz_ewma_givenAnyPair_staysBetweenThem(uint256 indicatorFp, uint256 sampleFp, uint256 alphaFp)
        public
        pure
    {
        (indicatorFp, sampleFp) = (bound(indicatorFp, 0, MAX_INT), bound(sampleFp, 0, MAX_INT));
        alphaFp = bound(alphaFp, 0, FP);
        uint256 result = Ewma.ewma(indicatorFp, sampleFp, alphaFp);
        assertGe(result, indicatorFp < sampleFp ? indicatorFp : sampleFp);
        assertLe(result, indicatorFp < sampleFp ? sampleFp : indicatorFp);
        assertEq(result, ((FP - alphaFp) * indicatorFp + alphaFp * sampleFp) / FP);
        assertEq(Ewma.ewma(indicatorFp, indicatorFp, alphaFp), indicatorFp);
        assertEq(Ewma.ewma(indicatorFp, sampleFp, 0), indicatorFp);
        assertEq(Ewma.ewma(indicatorFp, sampleFp, FP), sampleFp);
    }

    function testFuzz_ewma_givenABetterSample_isNeverWorse(uint256 indicatorFp, uint256 a, uint256 b, uint256 h)
        public
        pure
    {
        (indicatorFp, a) = (bound(indicatorFp, 0, FP), bound(a, 0, FP));
        b = bound(b, a, FP);
        uint256 alphaFp = Ewma.alphaOf(bound(h, 1, 120));
        assertLe(Ewma.ewma(indicatorFp, a, alphaFp), Ewma.ewma(indicatorFp, b, alphaFp));
    }

    /// INV-34
    function testFuzz_ewma_givenAnyHistory_isARatio(uint256 seed, uint256 h) public pure {
        uint256 alphaFp = Ewma.alphaOf(bound(h, 1, 120));
        uint256 indicatorFp = seed % (FP + 1);
        for (uint256 i; i < 50; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            indicatorFp = Ewma.ewma(indicatorFp, seed % (FP + 1), alphaFp);
            assertLe(indicatorFp, FP);
        }
    }

    // Indicators

    function test_indicators_givenTheEdges_areZeroAndOne() public pure {
        assertEq(Trust.shareFp(0, 7), 0);
        assertEq(Trust.shareFp(7, 7), FP);
        assertEq(Trust.shareFp(8, 7), FP);
        assertEq(Trust.shareFp(1, 3), 333_333_333);
        assertEq(Trust.stabilityFp(60, 60, 0, 20_000_000), FP);
        assertEq(Trust.stabilityFp(60, 60, 50, 20_000_000), 0);
        assertEq(Trust.stabilityFp(30, 60, 26, 20_000_000), 0);
        assertEq(Trust.speedFp(100, 100, 500), FP);
        assertEq(Trust.speedFp(101, 100, 500), 997_500_000);
        assertEq(Trust.speedFp(499, 100, 500), 2_500_000);
        assertEq(Trust.speedFp(500, 100, 500), 0);
    }

    function testFuzz_indicators_givenAnyReport_areRatios(
        uint256 answered,
        uint256 expected,
        uint256 flaps,
        uint256 penaltyFp,
        uint256 meanMs
    ) public pure {
        answered = bound(answered, 0, type(uint16).max);
        expected = bound(expected, 1, type(uint16).max);
        assertLe(Trust.shareFp(answered, expected), FP);
        uint256 stabilityFp = Trust.stabilityFp(answered, expected, bound(flaps, 0, 255), bound(penaltyFp, 0, FP));
        assertLe(stabilityFp, Trust.shareFp(answered, expected));
        assertLe(Trust.speedFp(bound(meanMs, 0, 2 ** 21), 100, 500), FP);
    }

    // Trust weight

    function weights() private pure returns (TrustWeights memory) {
        return TrustWeights(2_500, 3_000, 2_000, 1_000, 1_500);
    }

    function testFuzz_weighFp_givenAnyIndicators_liesBetweenTheWorstAndTheBest(uint256[5] memory x) public pure {
        uint256 worst = FP;
        uint256 best;
        for (uint256 i; i < 5; ++i) {
            x[i] = bound(x[i], 0, FP);
            if (x[i] < worst) worst = x[i];
            if (x[i] > best) best = x[i];
        }
        NodeTrustRecord memory t;
        (t.completionFp, t.accuracyFp, t.stabilityFp) = (uint64(x[0]), uint64(x[1]), uint64(x[2]));
        (t.speedFp, t.behaviourFp) = (uint64(x[3]), uint64(x[4]));
        uint256 trustFp = Trust.weighFp(t, weights());
        assertGe(trustFp, worst);
        assertLe(trustFp, best);
    }

    function test_start_givenAStartValue_isItEverywhere() public pure {
        NodeTrustRecord memory t = Trust.start(7_000, weights());
        assertEq(t.trustFp, 700_000_000);
        assertEq(t.qualityFp, 700_000_000);
        assertEq(t.speedFp, 700_000_000);
        assertEq(t.offenceEra, 0);
    }

    /// INV-34
    function testFuzz_judge_givenAnyCounts_keepsEveryIndicatorARatio(uint256 seed) public pure {
        NodeTrustRecord memory t = Trust.start(seed % 10_001, weights());
        TrustRules memory rules =
            TrustRules(Ewma.alphaOf(7), Ewma.alphaOf(30), 20_000_000, 100, 500, seed % 3, weights());
        NodeEraRecord memory e;
        // Whatever is counted: more finished than assigned, more accepted than checked.
        e.assignedCount = uint64(seed >> 8) % 5;
        e.finishedCount = uint64(seed >> 16) % 9;
        e.checkedCount = uint64(seed >> 24) % 5;
        e.acceptedCount = uint64(seed >> 32) % 9;
        Trust.judge(t, e, (seed >> 40) & MAX_INT, (seed >> 100) & MAX_INT, rules);
        assertLe(t.completionFp, FP);
        assertLe(t.accuracyFp, FP);
        assertLe(t.stabilityFp, FP);
        assertLe(t.speedFp, FP);
        assertLe(t.behaviourFp, FP);
        assertLe(t.trustFp, FP);
    }

    /// INV-34
    function testFuzz_offend_givenAnyRecord_neverRaisesBehaviourOrTrust(uint64 behaviourFp, uint64 others, uint64 mark)
        public
        pure
    {
        NodeTrustRecord memory t = Trust.start(others % 10_001, weights());
        t.behaviourFp = uint64(bound(behaviourFp, 0, FP));
        t.trustFp = uint64(Trust.weighFp(t, weights()));
        (uint64 behaviourBefore, uint64 trustBefore) = (t.behaviourFp, t.trustFp);
        Trust.offend(t, mark, Ewma.alphaOf(30), weights());
        assertLe(t.behaviourFp, behaviourBefore);
        assertLe(t.trustFp, trustBefore);
        assertEq(t.offenceEra, mark);
    }

    // Score

    function testFuzz_scoreFp_givenAnyFactors_isARatioAndRisesWithQuality(
        uint256 acceptedWu,
        uint256 maxWu,
        uint256 qualityFp,
        uint256 better,
        uint256 trustFp,
        uint256 exponents
    ) public pure {
        maxWu = bound(maxWu, 1, MAX_INT);
        acceptedWu = bound(acceptedWu, 1, maxWu);
        qualityFp = bound(qualityFp, 0, FP);
        better = bound(better, qualityFp, FP);
        trustFp = bound(trustFp, 0, FP);
        PowrExponents memory e = PowrExponents(exponents % 17, (exponents >> 8) % 17, (exponents >> 16) % 17);
        uint256 scoreFp = Powr.scoreFp(acceptedWu, maxWu, qualityFp, trustFp, e);
        assertLe(scoreFp, FP);
        // INV-46
        assertLe(scoreFp, Powr.scoreFp(acceptedWu, maxWu, better, trustFp, e));
        assertEq(Powr.scoreFp(0, maxWu, qualityFp, trustFp, e), 0);
        assertEq(Powr.scoreFp(acceptedWu, 0, qualityFp, trustFp, e), 0);
    }

    function test_exponents_givenTheVariants_areTheirs() public pure {
        PowrExponents memory given = PowrExponents(3, 5, 7);
        assertEq(abi.encode(Powr.exponents(0, given)), abi.encode(PowrExponents(4, 4, 4)));
        assertEq(abi.encode(Powr.exponents(1, given)), abi.encode(PowrExponents(3, 0, 7)));
        assertEq(abi.encode(Powr.exponents(2, given)), abi.encode(given));
    }
}
