// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../src/Bls.sol";

/// @title BlsHarness
/// @notice The functions of Bls, callable from outside, with points as the words of an action, and with keys that were
/// registered before. Only tests deploy it.
contract BlsHarness {
    Bls.PackedG1[] private registered;

    /// @notice Keys for `verifyRegistered`.
    function register(Bls.G1[] calldata keys) external {
        for (uint256 i; i < keys.length; ++i) {
            registered.push(Bls.pack(keys[i]));
        }
    }

    /// @param sizes Keys of each group: `keys` has those of the first, then of the second …
    function verifyGroups(
        uint64[] calldata keys,
        uint256[] calldata sizes,
        bytes32[] calldata messages,
        uint64[] calldata signature
    ) external view returns (bool) {
        Bls.G1[] memory sums = new Bls.G1[](sizes.length);
        uint256 from;
        for (uint256 j; j < sizes.length; ++j) {
            Bls.G1[] memory group = new Bls.G1[](sizes[j]);
            for (uint256 i; i < sizes[j]; ++i) {
                group[i] = Bls.g1FromWords(keys, from);
                from += Bls.G1_WORDS;
            }
            sums[j] = Bls.aggregateKeys(group);
        }
        return Bls.verifyGroups(sums, messages, Bls.g2FromWords(signature, 0));
    }

    /// @notice The same for registered keys in their order; with the gas spent on reading keys and adding them, on the
    /// signature's words, and on the rest.
    function verifyRegistered(uint256[] calldata sizes, bytes32[] calldata messages, uint64[] calldata signature)
        external
        view
        returns (bool held, uint256[3] memory gasUnits)
    {
        uint256 left = gasleft();
        Bls.G1[] memory sums = new Bls.G1[](sizes.length);
        uint256 from;
        for (uint256 j; j < sizes.length; ++j) {
            Bls.G1[] memory group = new Bls.G1[](sizes[j]);
            for (uint256 i; i < sizes[j]; ++i) {
                group[i] = Bls.unpack(registered[from++]);
            }
            sums[j] = Bls.aggregateKeys(group);
        }
        gasUnits[0] = left - gasleft();
        left = gasleft();
        Bls.G2 memory point = Bls.g2FromWords(signature, 0);
        gasUnits[1] = left - gasleft();
        left = gasleft();
        held = Bls.verifyGroups(sums, messages, point);
        gasUnits[2] = left - gasleft();
    }

    function verifyPossession(uint64[] calldata key, uint64 account, uint64[] calldata proof)
        external
        view
        returns (bool)
    {
        return Bls.verifyPossession(Bls.g1FromWords(key, 0), account, Bls.g2FromWords(proof, 0));
    }

    /// @notice With points that no decoder has seen.
    function verifyPoints(Bls.G1[] memory keys, bytes32[] memory messages, Bls.G2 memory signature)
        external
        view
        returns (bool)
    {
        return Bls.verifyGroups(keys, messages, signature);
    }

    function possessionOf(Bls.G1 memory key, Bls.G2 memory proof) external view returns (bool) {
        return Bls.verifyPossession(key, 0, proof);
    }

    function aggregateKeys(Bls.G1[] memory keys) external view returns (Bls.G1 memory) {
        return Bls.aggregateKeys(keys);
    }

    function packAndUnpack(Bls.G1 memory point) external pure returns (Bls.G1 memory) {
        return Bls.unpack(Bls.pack(point));
    }

    function compress(Bls.G1 memory key) external pure returns (bytes memory) {
        return Bls.compress(key);
    }

    function hashToG2(bytes memory message, bytes memory dst) external view returns (Bls.G2 memory) {
        return Bls.hashToG2(message, dst);
    }

    function g1FromWords(uint64[] calldata words, uint256 from) external pure returns (Bls.G1 memory) {
        return Bls.g1FromWords(words, from);
    }

    function g2FromWords(uint64[] calldata words, uint256 from) external pure returns (Bls.G2 memory) {
        return Bls.g2FromWords(words, from);
    }
}
