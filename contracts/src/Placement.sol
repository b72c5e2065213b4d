// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {NODE_ONLINE, NodesRecord, TABLE_LENGTH} from "./Protocol.sol";

/// @title Placement
/// @notice The order of the list of nodes by trust weight and the choice of a node from it (F-22), as in
/// `sim/protocol/placement.ts`.
library Placement {
    uint256 internal constant BAND_ANYWHERE = 0;
    uint256 internal constant BAND_TOP = 1;
    uint256 internal constant BAND_BOTTOM = 2;

    /// @notice Entries of the list that one choice looks at, at most.
    uint256 internal constant MAX_SCAN = 128;

    /// @return True if node a comes before node b: higher trust weight, on a tie the lower identifier.
    /// @custom:rule F-22
    function precedes(uint256 trustA, uint256 a, uint256 trustB, uint256 b) internal pure returns (bool) {
        return trustA > trustB || (trustA == trustB && a < b);
    }

    /// @notice First eligible node from a drawn place on: Online, of the domain, with free capacity, not excluded. From
    /// the top band the search goes down the list, from the bottom band up, from anywhere down and around.
    /// @param n entries of the list, > 0
    /// @param bandBps width of the top and bottom band
    /// @return node 0 if MAX_SCAN entries held no eligible one
    /// @custom:rule F-22, MODEL-7, NODE-10
    function pickNode(
        NodesRecord[TABLE_LENGTH] storage nodes,
        uint64[TABLE_LENGTH] storage ranking,
        uint256 n,
        uint256 band,
        uint256 bandBps,
        uint256 draw,
        uint256 domain,
        uint64[10] calldata excluded
    ) internal view returns (uint64 node) {
        uint256 position;
        uint256 scans;
        {
            uint256 width = n;
            if (band != BAND_ANYWHERE) width = Fixed.mulDivUp(n, bandBps, Fixed.BPS);
            if (width == 0) width = 1;
            position = Fixed.pick(draw, width);
            if (band == BAND_BOTTOM) position = n - 1 - position;
            scans = band == BAND_TOP ? n - position : band == BAND_BOTTOM ? position + 1 : n;
            if (scans > MAX_SCAN) scans = MAX_SCAN;
        }
        for (; scans != 0; --scans) {
            node = ranking[position + 1];
            if (_isEligible(nodes[node], domain) && !_contains(excluded, node)) return node;
            if (band == BAND_BOTTOM) {
                // Before position 0 the scans have run out.
                if (position != 0) --position;
            } else {
                ++position;
                if (position == n) position = 0;
            }
        }
        return 0;
    }

    function _isEligible(NodesRecord storage record, uint256 domain) private view returns (bool) {
        return record.state == NODE_ONLINE && (uint256(record.domains) >> domain) & 1 == 1
            && record.loadCount < record.capacityCount;
    }

    function _contains(uint64[10] calldata excluded, uint64 node) private pure returns (bool) {
        for (uint256 i; i < 10; ++i) {
            if (excluded[i] == node) return true;
        }
        return false;
    }
}
