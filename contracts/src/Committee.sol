// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {IValidators} from "./Interfaces.sol";
import {VALIDATOR_ACTIVE} from "./Protocol.sol";

/// @title Committee
/// @notice OP-16: draws the group of a validation task by the cumulative weights that were fixed at the era's start, as
/// in `sim/protocol/committee.ts`. Changes nothing.
library Committee {
    /// @notice A group of n takes at most 16·n draws; members of the previous round are passed over in the first 8·n.
    uint256 internal constant DRAWS_PER_SEAT = 16;
    uint256 internal constant FRESH_DRAWS_PER_SEAT = 8;
    /// @notice Longest registry that is walked for a group of all.
    uint256 internal constant MAX_WALK = 1_024;
    /// @notice More than `val.max_rounds` can be, so that (task, round) is one number.
    uint256 internal constant ROUNDS_PER_TASK = 16;

    /// @notice What a draw depends on.
    struct Draw {
        uint64 beacon;
        uint256 entity; // task · ROUNDS_PER_TASK + round
        uint256 seats;
        uint64 subjectOwner;
        uint64[] previous; // validators of the task's last group
    }

    /// @notice A member to be: its weight in the consensus is its reputation now.
    struct Seat {
        uint64 validator;
        uint64 weightFp;
    }

    /// @notice The group for the next round of a task, in the order of the draw: weighted by reputation plus floor,
    /// without replacement, never the owner of the subject. A member that comes up again is drawn again, which has the
    /// law of drawing one after the other from those that are left. If no more validators are active than a group has
    /// seats, all of them, in ascending order; that walks the registry, so in one of more than MAX_WALK they are drawn too.
    /// @return group Validators, none twice; fewer than `seats` if not enough are eligible, possibly none
    /// @custom:rule VAL-4, OP-16
    function drawGroup(IValidators validators, Draw memory draw) internal view returns (Seat[] memory group) {
        (uint64 active, uint64 covered, uint64 weightFp) = validators.committee();
        group = new Seat[](draw.seats);
        uint256 filled;
        if (active <= draw.seats && covered <= MAX_WALK) {
            for (uint64 v = 1; v <= covered; ++v) {
                (bool eligible, uint64 reputationFp) = _eligible(validators, v, draw.subjectOwner);
                if (eligible) group[filled++] = Seat(v, reputationFp);
            }
        } else {
            uint256 fresh = FRESH_DRAWS_PER_SEAT * draw.seats;
            uint256 last = DRAWS_PER_SEAT * draw.seats;
            for (uint256 k; k < last && filled < draw.seats; ++k) {
                uint64 v = _draw(validators, draw, k, weightFp);
                (bool eligible, uint64 reputationFp) = _eligible(validators, v, draw.subjectOwner);
                if (!eligible || _isSeated(group, filled, v)) continue;
                if (k < fresh && _isIn(draw.previous, v)) continue;
                group[filled++] = Seat(v, reputationFp);
            }
        }
        assembly ("memory-safe") {
            // Only ever shorter than it was allocated.
            mstore(group, filled)
        }
    }

    function _draw(IValidators validators, Draw memory draw, uint256 k, uint64 weightFp) private view returns (uint64) {
        uint256 random = Fixed.rnd(draw.beacon, Fixed.PURPOSE_COMMITTEE, draw.entity, k);
        // A pick is below weightFp, which is a uint64.
        return validators.validatorAt(uint64(Fixed.pick(random, weightFp)));
    }

    function _eligible(IValidators validators, uint64 validator, uint64 subjectOwner)
        private
        view
        returns (bool eligible, uint64 reputationFp)
    {
        uint64 owner;
        uint64 state;
        (owner, state, reputationFp) = validators.info(validator);
        eligible = state == VALIDATOR_ACTIVE && owner != subjectOwner;
    }

    function _isSeated(Seat[] memory group, uint256 filled, uint64 validator) private pure returns (bool) {
        for (uint256 i; i < filled; ++i) {
            if (group[i].validator == validator) return true;
        }
        return false;
    }

    function _isIn(uint64[] memory list, uint64 validator) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == validator) return true;
        }
        return false;
    }
}
