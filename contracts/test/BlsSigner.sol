// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../src/Bls.sol";

/// @title BlsSigner
/// @notice Keys, proofs of possession and signatures for tests, made with the precompiles that the contracts check them
/// with. What they are compared with was made outside: `fixtures/vectors/bls`.
library BlsSigner {
    uint256 private constant G1MSM = 0x0c;
    uint256 private constant G2ADD = 0x0d;
    uint256 private constant G2MSM = 0x0e;
    uint256 private constant WORD_BITS = 48;
    uint256 private constant FIELD_WORDS = 8;

    error Refused(uint256 precompile);

    /// @notice The secret of a number: below the group's order, and not 0.
    function secretOf(uint256 number) internal pure returns (uint256) {
        return (uint256(keccak256(abi.encode("secret", number))) >> 8) + 1;
    }

    function publicKey(uint256 secret) internal view returns (Bls.G1 memory) {
        bytes memory input = abi.encodePacked(
            uint256(0x17f1d3a73197d7942695638c4fa9ac0f),
            uint256(0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb),
            uint256(0x08b3f481e3aaa0f1a09e30ed741d8ae4),
            uint256(0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1),
            secret
        );
        return abi.decode(ask(G1MSM, input), (Bls.G1));
    }

    function sign(uint256 secret, bytes32 message) internal view returns (Bls.G2 memory) {
        return times(Bls.hashToG2(abi.encodePacked(message), Bls.SIGNATURE_DST), secret);
    }

    /// @notice Signature of a key's own compressed form and an account, in the domain of proofs of possession.
    function prove(uint256 secret, uint64 account) internal view returns (Bls.G2 memory) {
        bytes memory message = abi.encodePacked(Bls.compress(publicKey(secret)), account);
        return times(Bls.hashToG2(message, Bls.POSSESSION_DST), secret);
    }

    function add(Bls.G2 memory a, Bls.G2 memory b) internal view returns (Bls.G2 memory) {
        return abi.decode(ask(G2ADD, abi.encodePacked(abi.encode(a), abi.encode(b))), (Bls.G2));
    }

    /// @notice A key with its proof, as `registerSlarkKey` takes them from an account.
    function keyWords(uint256 secret, uint64 account) internal view returns (uint64[] memory words) {
        words = new uint64[](48);
        Bls.G1 memory key = publicKey(secret);
        writeField(words, 0, key.xHigh, key.xLow);
        writeField(words, 8, key.yHigh, key.yLow);
        writeSignature(words, 16, prove(secret, account));
    }

    /// @notice The 32 words of a signature, from index `from` on.
    function writeSignature(uint64[] memory words, uint256 from, Bls.G2 memory point) internal pure {
        writeField(words, from, point.x0High, point.x0Low);
        writeField(words, from + 8, point.x1High, point.x1Low);
        writeField(words, from + 16, point.y0High, point.y0Low);
        writeField(words, from + 24, point.y1High, point.y1Low);
    }

    function writeField(uint64[] memory words, uint256 from, uint256 high, uint256 low) private pure {
        for (uint256 i = FIELD_WORDS; i > 0; --i) {
            // The cast follows the mask.
            words[from + i - 1] = uint64(low & (2 ** WORD_BITS - 1));
            low = (low >> WORD_BITS) | (high << (256 - WORD_BITS));
            high >>= WORD_BITS;
        }
    }

    function times(Bls.G2 memory point, uint256 secret) private view returns (Bls.G2 memory) {
        return abi.decode(ask(G2MSM, abi.encodePacked(abi.encode(point), secret)), (Bls.G2));
    }

    function ask(uint256 precompile, bytes memory input) private view returns (bytes memory) {
        (bool ok, bytes memory answer) = address(uint160(precompile)).staticcall(input);
        if (!ok) revert Refused(precompile);
        return answer;
    }
}
