// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelsRecord, RATINGS_PER_MODEL, TABLE_LENGTH} from "./Protocol.sol";

/// @title Feedback
/// @notice The window of a model's latest ratings, as in `sim/protocol/feedback.ts`. Market rank and the consumers' choice
/// (F-21) are computed off-chain from what is stored here.
library Feedback {
    /// @notice Adds a rating to the model's window; in a full window it takes the place of the oldest one.
    /// @param m the record of model `model`
    /// @param tenths Rating in tenths, at least 1
    /// @param window Ratings that count, at most RATINGS_PER_MODEL
    /// @return sumTenths Sum of the ratings in the window
    /// @return ratingCount Number of them
    /// @custom:rule FB-2, OP-30
    function addRating(
        ModelsRecord storage m,
        uint64[TABLE_LENGTH] storage ratings,
        uint64 model,
        uint64 tenths,
        uint64 window
    ) internal returns (uint64 sumTenths, uint64 ratingCount) {
        uint64 next = m.ratingNext;
        uint256 place = model * RATINGS_PER_MODEL + next;
        // A place that was never used holds 0.
        sumTenths = m.ratingSumTenths + tenths - ratings[place];
        ratingCount = m.ratingCount;
        if (ratingCount < window) ++ratingCount;
        ratings[place] = tenths;
        m.ratingSumTenths = sumTenths;
        m.ratingCount = ratingCount;
        m.ratingNext = next + 1 == window ? 0 : next + 1;
    }
}
