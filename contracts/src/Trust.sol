// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "./Ewma.sol";
import {Fixed} from "./Fixed.sol";
import {NODE_EXITING, NODE_ONLINE, NodeEraRecord, NodeTrustRecord} from "./Protocol.sol";

/// @notice Weights of the five indicators, in basis points (OP-29).
struct TrustWeights {
    uint256 completionBps;
    uint256 accuracyBps;
    uint256 stabilityBps;
    uint256 speedBps;
    uint256 behaviourBps;
}

/// @notice What the update of an era needs to know, the same for all nodes.
struct TrustRules {
    uint256 alphaFp;
    uint256 behaviourAlphaFp;
    uint256 flapPenaltyFp;
    uint256 goodMs;
    uint256 badMs;
    /// What `offenceEra` holds if an offence was confirmed in this era.
    uint256 offenceMark;
    TrustWeights weights;
}

/// @title Trust
/// @notice The trust weight of a node (TRUST-1 to TRUST-7), as in `sim/protocol/trust.ts`: five indicators of an era, their
/// moving averages and the weighted sum. Ratios are FP (10^9) and round down.
library Trust {
    /// @return True for a node that was validated and has not left: Online, Offline or Exiting. Only such a node is
    /// judged and paid.
    function isWorking(uint64 state) internal pure returns (bool) {
        return state >= NODE_ONLINE && state <= NODE_EXITING;
    }

    /// @notice part/whole; a part above the whole counts as the whole, so that no report makes an indicator leave [0, FP].
    /// @param whole Warning: 0 panics
    /// @custom:rule F-2, F-4
    function shareFp(uint256 part, uint256 whole) internal pure returns (uint256) {
        return Fixed.mulDivDown(Fixed.FP, part < whole ? part : whole, whole);
    }

    /// @notice Stability of an era: heartbeats answered, less a penalty for each disconnection, at least 0.
    /// @custom:rule F-2
    function stabilityFp(uint256 answered, uint256 expected, uint256 flaps, uint256 flapPenaltyFp)
        internal
        pure
        returns (uint256)
    {
        uint256 answeredFp = shareFp(answered, expected);
        uint256 lostFp = Fixed.mulDivDown(flaps, flapPenaltyFp, 1);
        return answeredFp > lostFp ? answeredFp - lostFp : 0;
    }

    /// @notice Speed of an era: 1.0 up to `goodMs`, 0 from `badMs` on, linear between.
    /// @custom:rule F-2
    function speedFp(uint256 meanMs, uint256 goodMs, uint256 badMs) internal pure returns (uint256) {
        if (meanMs <= goodMs) return Fixed.FP;
        if (meanMs >= badMs) return 0;
        return Fixed.mulDivDown(Fixed.FP, badMs - meanMs, badMs - goodMs);
    }

    /// @notice Trust weight: Σ weight·indicator / BPS, divided once.
    /// @custom:rule F-3
    function weighFp(NodeTrustRecord memory t, TrustWeights memory w) internal pure returns (uint256) {
        uint256 sum = Fixed.mulDivDown(t.completionFp, w.completionBps, 1);
        sum += Fixed.mulDivDown(t.accuracyFp, w.accuracyBps, 1);
        sum += Fixed.mulDivDown(t.stabilityFp, w.stabilityBps, 1);
        sum += Fixed.mulDivDown(t.speedFp, w.speedBps, 1);
        sum += Fixed.mulDivDown(t.behaviourFp, w.behaviourBps, 1);
        return Fixed.mulDivDown(sum, 1, Fixed.BPS);
    }

    /// @notice Record of a new node: every indicator and the quality at the start value.
    /// @custom:rule TRUST-5
    function start(uint256 initBps, TrustWeights memory w) internal pure returns (NodeTrustRecord memory t) {
        uint64 initFp = uint64(Fixed.mulDivDown(initBps, Fixed.FP, Fixed.BPS)); // < 2^53
        t.completionFp = initFp;
        t.accuracyFp = initFp;
        t.stabilityFp = initFp;
        t.speedFp = initFp;
        t.behaviourFp = initFp;
        t.qualityFp = initFp;
        t.trustFp = uint64(weighFp(t, w)); // < 2^53
    }

    /// @notice Takes the era's observations of one node into its record; one without a denominator is skipped.
    /// @param t the node's record, changed in place
    /// @param e the node's counts of the era
    /// @param breaches,beats words of the node's report (TIER-8)
    /// @custom:rule F-1, F-2, F-3
    function judge(
        NodeTrustRecord memory t,
        NodeEraRecord memory e,
        uint256 breaches,
        uint256 beats,
        TrustRules memory rules
    ) internal pure {
        if (e.assignedCount > 0) {
            t.completionFp = _observe(t.completionFp, shareFp(e.finishedCount, e.assignedCount), rules.alphaFp);
        }
        if (e.checkedCount > 0) {
            t.accuracyFp = _observe(t.accuracyFp, shareFp(e.acceptedCount, e.checkedCount), rules.alphaFp);
        }
        uint256 expected = (beats >> 16) & 0xffff;
        if (expected > 0) {
            uint256 sampleFp = stabilityFp(beats & 0xffff, expected, (breaches >> 24) & 0xff, rules.flapPenaltyFp);
            t.stabilityFp = _observe(t.stabilityFp, sampleFp, rules.alphaFp);
        }
        uint256 meanMs = beats >> 32;
        if (meanMs > 0 && e.finishedCount > 0) {
            t.speedFp = _observe(t.speedFp, speedFp(meanMs, rules.goodMs, rules.badMs), rules.alphaFp);
        }
        // An offence of this era has been taken into the indicator when it was confirmed.
        if (t.offenceEra != rules.offenceMark) {
            t.behaviourFp = _observe(t.behaviourFp, Fixed.FP, rules.behaviourAlphaFp);
        }
        t.trustFp = uint64(weighFp(t, rules.weights)); // < 2^53
    }

    /// @notice Takes a confirmed offence into a node's record: the era's sample of the behaviour indicator is 0.
    /// @param t the node's record, changed in place
    /// @param mark what `offenceEra` holds if an offence was confirmed in this era
    /// @custom:rule TRUST-2, F-2
    function offend(NodeTrustRecord memory t, uint64 mark, uint256 behaviourAlphaFp, TrustWeights memory w)
        internal
        pure
    {
        t.offenceEra = mark;
        t.behaviourFp = _observe(t.behaviourFp, 0, behaviourAlphaFp);
        t.trustFp = uint64(weighFp(t, w)); // < 2^53
    }

    function _observe(uint64 indicatorFp, uint256 sampleFp, uint256 alphaFp) private pure returns (uint64) {
        return uint64(Ewma.ewma(indicatorFp, sampleFp, alphaFp)); // between two ratios
    }
}
