// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Commitment
/// @notice Commitments of outputs, as in `sim/protocol/commitment.ts`: a node that serves a request binds itself to what it
/// computed, before the beacon that decides whether the answer is audited. Who may open one is decided in `Tasks.sol`.
library Commitment {
    /// @dev The 52 bits of an identifier.
    uint256 private constant IDENTIFIER_MASK = 2 ** 52 - 1;

    /// @notice The low 52 bits of keccak256(outputId, saltId, account), each a uint64. The account is part of it, so that
    /// nobody can open a commitment copied from another; the salt, so that nobody can guess the output behind one.
    /// Differs from DFPN-17 (SHA-256 of result, 16-byte salt, worker and request): keccak-256 needs no call, identifier and
    /// salt have 52 bits as all numbers here have, and the request is the one that the commitment is stored with.
    /// @return commitmentId Identifier in [0, 2^52); 0 is as good as never and commits to nothing
    /// @custom:rule VAL-15, OP-22, DFPN-17
    function commitmentOf(uint64 outputId, uint64 saltId, uint64 account) internal pure returns (uint64 commitmentId) {
        // 52 bits.
        return uint64(uint256(keccak256(abi.encodePacked(outputId, saltId, account))) & IDENTIFIER_MASK);
    }
}
