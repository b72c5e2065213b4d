// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {VERDICT_FAIL, VERDICT_NONE, VERDICT_PASS} from "./Protocol.sol";

/// @title Consensus
/// @notice F-5: what a group's weighted verdicts decide, and the quality that they agree on, as in
/// `sim/protocol/consensus.ts`. Works on sums and counts only, so that nothing depends on who submitted first (INV-29).
library Consensus {
    /// @notice Weights of a group (FP), or its head counts if all weights are 0. pass <= submitted <= assigned.
    struct Ballots {
        uint256 assigned;
        uint256 submitted;
        uint256 pass;
    }

    /// @notice The ballots of a group: by weight, or one vote each if every assigned weight is 0.
    /// @param weights Sums of weights, FP
    /// @param counts The same sums with every weight taken as 1
    /// @custom:rule F-5
    function ballotsOf(Ballots memory weights, Ballots memory counts) internal pure returns (Ballots memory) {
        return weights.assigned == 0 ? counts : weights;
    }

    /// @notice Passed or failed if a quorum submitted and strictly more than `passBps` of the submitted weight agrees.
    /// The threshold is at least one half, so pass and fail exclude each other.
    /// @param quorumBps 1 to 10 000, share of the assigned weight that has to be submitted
    /// @param passBps 5 000 to 10 000
    /// @return outcome VERDICT_PASS, VERDICT_FAIL, or VERDICT_NONE if unresolved (tie or no quorum)
    /// @custom:rule F-5, VAL-7
    function decide(Ballots memory ballots, uint256 quorumBps, uint256 passBps) internal pure returns (uint64 outcome) {
        (uint256 submitted, uint256 pass) = (ballots.submitted, ballots.pass);
        if (Fixed.compareProducts(submitted, Fixed.BPS, quorumBps, ballots.assigned) < 0) return VERDICT_NONE;
        if (Fixed.compareProducts(pass, Fixed.BPS, passBps, submitted) > 0) return VERDICT_PASS;
        if (Fixed.compareProducts(submitted - pass, Fixed.BPS, passBps, submitted) > 0) return VERDICT_FAIL;
        return VERDICT_NONE;
    }

    /// @notice Share of the submitted weight that passed, FP, rounded down; 0 if nothing was submitted.
    /// @custom:rule F-5
    function agreementFp(Ballots memory ballots) internal pure returns (uint64) {
        if (ballots.submitted == 0) return 0;
        // pass <= submitted, so the quotient is at most FP.
        return uint64(Fixed.mulDivDown(Fixed.FP, ballots.pass, ballots.submitted));
    }

    /// @notice Lower median of the first `count` values: the smallest value v with 2·#(<= v) >= count. Found by
    /// counting, so nothing is sorted; groups are at most 51.
    /// @return median 0 of no values
    function lowerMedian(uint64[] memory values, uint256 count) internal pure returns (uint64 median) {
        bool found;
        for (uint256 i; i < count; ++i) {
            uint64 candidate = values[i];
            if (found && candidate >= median) continue;
            uint256 notAbove;
            for (uint256 j; j < count; ++j) {
                if (values[j] <= candidate) ++notAbove;
            }
            if (2 * notAbove >= count) (median, found) = (candidate, true);
        }
    }
}
