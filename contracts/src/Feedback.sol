// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelsRecord, ProvidersRecord, RATINGS_PER_MODEL, TABLE_LENGTH} from "./Protocol.sol";

/// @title Feedback
/// @notice The window of a model's or a provider's latest ratings, as in `sim/protocol/feedback.ts`. Market rank and the consumers' choice
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

    /// @notice The same for the window of a provider.
    /// @param p the record of provider `provider`
    /// @custom:rule FB-1, FB-2, OP-30
    function addRating(
        ProvidersRecord storage p,
        uint64[TABLE_LENGTH] storage ratings,
        uint64 provider,
        uint64 tenths,
        uint64 window
    ) internal returns (uint64 sumTenths, uint64 ratingCount) {
        uint64 next = p.ratingNext;
        uint256 place = provider * RATINGS_PER_MODEL + next;
        // A place that was never used holds 0.
        sumTenths = p.ratingSumTenths + tenths - ratings[place];
        ratingCount = p.ratingCount;
        if (ratingCount < window) ++ratingCount;
        ratings[place] = tenths;
        p.ratingSumTenths = sumTenths;
        p.ratingCount = ratingCount;
        p.ratingNext = next + 1 == window ? 0 : next + 1;
    }
}
