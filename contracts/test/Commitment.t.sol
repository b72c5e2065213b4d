// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Commitment} from "../src/Commitment.sol";
import {Base} from "./Base.sol";

/// @notice Commitments of outputs (VAL-15) against the vectors of the core and against their definition.
contract CommitmentTest is Base {
    function uintAt(string memory json, string memory path, string memory field) private pure returns (uint64) {
        return uint64(vm.parseJsonUint(json, string.concat(path, field)));
    }

    function test_commitmentOf_is_that_of_the_vectors() public view {
        string memory json = vm.readFile("../fixtures/vectors/tasks/commitmentOf.json");
        for (uint256 c; c < 40; ++c) {
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            uint64 commitmentId = Commitment.commitmentOf(
                uintAt(json, path, ".outputId"), uintAt(json, path, ".saltId"), uintAt(json, path, ".account")
            );
            assertEq(commitmentId, uintAt(json, path, ".commitmentId"), path);
        }
    }

    function testFuzz_commitmentOf_is_the_low_52_bits_of_the_hash_of_24_bytes(
        uint64 outputId,
        uint64 saltId,
        uint64 account
    ) public pure {
        bytes memory text = abi.encodePacked(outputId, saltId, account);
        assertEq(text.length, 24);
        uint64 commitmentId = Commitment.commitmentOf(outputId, saltId, account);
        assertEq(commitmentId, uint256(keccak256(text)) % 2 ** 52);
        assertLt(commitmentId, 2 ** 52);
    }

    function testFuzz_commitmentOf_differs_for_another_member_of_the_triple(
        uint64[3] memory one,
        uint64 value,
        uint256 which
    ) public pure {
        uint64[3] memory other = [one[0], one[1], one[2]];
        which = bound(which, 0, 2);
        if (value == one[which]) value ^= 1;
        other[which] = value;
        assertNotEq(
            Commitment.commitmentOf(one[0], one[1], one[2]), Commitment.commitmentOf(other[0], other[1], other[2])
        );
    }
}
