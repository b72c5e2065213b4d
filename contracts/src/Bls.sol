// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Bls
/// @notice Aggregate signatures on BLS12-381: public keys in G1, signatures in G2, the ciphersuite
/// BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ of the IETF draft, checked by the precompiles of EIP-2537 (Prague and
/// later); the same acceptance as in `sim/chain/bls.ts`. It decides whether a signature holds, not who has to sign what.
///
/// A message that many sign costs one pairing, whatever the number of signers. That is safe against keys made up from
/// those of others only if the caller has checked `verifyPossession` of every key before it aggregates any.
/// @custom:rule CHAL-2, CHAL-10
library Bls {
    /// @notice Point of G1 as in EIP-2537: each coordinate is 16 bytes of zeros and 48 bytes, here two words.
    struct G1 {
        uint256 xHigh;
        uint256 xLow;
        uint256 yHigh;
        uint256 yLow;
    }

    /// @notice Point of G1 as it is kept in storage: one slot less, the high words of x and y in one.
    struct PackedG1 {
        uint256 highs;
        uint256 xLow;
        uint256 yLow;
    }

    /// @notice Point of G2 as in EIP-2537: each coordinate is c0 + c1·u, c0 first.
    struct G2 {
        uint256 x0High;
        uint256 x0Low;
        uint256 x1High;
        uint256 x1Low;
        uint256 y0High;
        uint256 y0Low;
        uint256 y1High;
        uint256 y1Low;
    }

    /// @notice Domain of signatures of messages.
    bytes internal constant SIGNATURE_DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    /// @notice Domain of proofs of possession.
    bytes internal constant POSSESSION_DST = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    /// @notice Words of a point in the arguments of an action: 48 bits each, the most significant first.
    uint256 internal constant G1_WORDS = 16;
    uint256 internal constant G2_WORDS = 32;

    uint256 private constant FIELD_WORDS = 8;
    uint256 private constant WORD_BITS = 48;
    /// @dev The field's modulus p, and (p − 1)/2.
    uint128 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    uint256 private constant HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;
    /// @dev The generator of G1 with its sign changed.
    uint256 private constant MINUS_X_HIGH = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant MINUS_X_LOW = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant MINUS_Y_HIGH = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant MINUS_Y_LOW = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    uint256 private constant SHA256 = 0x02;
    uint256 private constant MODEXP = 0x05;
    uint256 private constant G1ADD = 0x0b;
    uint256 private constant G2ADD = 0x0d;
    uint256 private constant PAIRING = 0x0f;
    uint256 private constant MAP_FP2_TO_G2 = 0x11;
    /// @dev Prices of EIP-2537. A precompile that refuses a point takes all the gas it was given, so it is given these.
    uint256 private constant G1ADD_GAS = 375;
    uint256 private constant PAIRING_BASE_GAS = 37_700;
    uint256 private constant PAIRING_PAIR_GAS = 32_600;
    uint256 private constant PAIR_BYTES = 384;

    /// @notice A word of a point is 2^48 or more.
    error WordTooLarge(uint256 word);
    /// @notice The words end before the point does.
    error WordsMissing(uint256 have, uint256 need);
    /// @notice A coordinate is not reduced: it is the field's modulus or more.
    error FieldElementTooLarge(uint256 high, uint256 low);
    /// @notice A key or a signature is the neutral element.
    error PointAtInfinity();
    /// @notice There are not as many messages as keys.
    error GroupMismatch(uint256 keys, uint256 messages);
    /// @notice A domain separation tag is longer than 255 bytes.
    error TagTooLong(uint256 length);
    /// @notice A precompile that cannot refuse its input has failed: too little gas, or a chain without it.
    error PrecompileFailed(uint256 precompile);
    /// @notice Too little gas is left to tell a bad point from a call that ran out of gas.
    error GasTooLow(uint256 have, uint256 need);

    /// @notice Point of G1 whose 16 words start at index `from`. That it lies on the curve is left to the precompiles.
    function g1FromWords(uint64[] calldata words, uint256 from) internal pure returns (G1 memory point) {
        (point.xHigh, point.xLow) = _fieldFromWords(words, from);
        (point.yHigh, point.yLow) = _fieldFromWords(words, from + FIELD_WORDS);
        if (isInfinity(point)) revert PointAtInfinity();
    }

    /// @notice Point of G2 whose 32 words start at index `from`: x.c0, x.c1, y.c0, y.c1. That it lies on the curve is left
    /// to the precompiles.
    function g2FromWords(uint64[] calldata words, uint256 from) internal pure returns (G2 memory point) {
        (point.x0High, point.x0Low) = _fieldFromWords(words, from);
        (point.x1High, point.x1Low) = _fieldFromWords(words, from + FIELD_WORDS);
        (point.y0High, point.y0Low) = _fieldFromWords(words, from + 2 * FIELD_WORDS);
        (point.y1High, point.y1Low) = _fieldFromWords(words, from + 3 * FIELD_WORDS);
        if (isInfinity(point)) revert PointAtInfinity();
    }

    /// @notice A point of G1 in three slots of storage: both coordinates are below 2^381.
    function pack(G1 memory point) internal pure returns (PackedG1 memory) {
        return PackedG1((point.xHigh << 128) | point.yHigh, point.xLow, point.yLow);
    }

    /// @notice The point that was packed.
    function unpack(PackedG1 memory packed) internal pure returns (G1 memory) {
        return G1(packed.highs >> 128, packed.xLow, uint128(packed.highs), packed.yLow); // the low half
    }

    /// @notice Whether the point is the neutral element of G1, which EIP-2537 writes as zeros.
    function isInfinity(G1 memory point) internal pure returns (bool) {
        return (point.xHigh | point.xLow | point.yHigh | point.yLow) == 0;
    }

    /// @notice The same of G2.
    function isInfinity(G2 memory point) internal pure returns (bool) {
        return (point.x0High | point.x0Low | point.x1High | point.x1Low) == 0
            && (point.y0High | point.y0Low | point.y1High | point.y1Low) == 0;
    }

    /// @notice Whether `proof` is the signature of `key`'s own holder over the compressed key and, in 8 bytes, the account
    /// that registers it: nobody else can use the proof. False also where key or proof is the neutral element, off the curve,
    /// or outside the subgroup. About 170,000 gas.
    /// @custom:rule CHAL-10
    function verifyPossession(G1 memory key, uint64 account, G2 memory proof) internal view returns (bool) {
        if (isInfinity(key)) return false; // with a neutral proof the pairing would hold
        uint256 start = _openPairs(1, proof);
        _writePair(start, 1, key, abi.encodePacked(compress(key), account), POSSESSION_DST);
        return _pairsHold(start, 2);
    }

    /// @notice Sum of the keys. The neutral element, which `verifyGroups` refuses, where a key is neutral or off the curve,
    /// and for no keys. Warning: outside the subgroup is found by `verifyGroups` for the sum only; check the possession
    /// of each key. About 1,200 gas a key.
    function aggregateKeys(G1[] memory keys) internal view returns (G1 memory sum) {
        uint256 count = keys.length;
        if (count == 0 || isInfinity(keys[0])) return sum;
        uint256 start = _allocate(256);
        _copy(start, keys[0]);
        for (uint256 i = 1; i < count; ++i) {
            G1 memory key = keys[i];
            if (isInfinity(key)) return sum;
            _copy(start + 128, key);
            if (!_call(G1ADD, G1ADD_GAS, start, 256, start, 128)) return sum;
        }
        assembly ("memory-safe") {
            mcopy(sum, start, 128)
        }
    }

    /// @notice Whether `signature` is the sum of one signature over `messages[j]` of each key in the sum `groupKeys[j]`, for
    /// all j: e(−g, signature) · ∏ e(groupKeys[j], H(messages[j])) = 1. False also for no groups, and where a point is the
    /// neutral element, off the curve, or outside the subgroup. About 72,000 gas, and 91,000 a group.
    /// @custom:rule CHAL-10
    function verifyGroups(G1[] memory groupKeys, bytes32[] memory messages, G2 memory signature)
        internal
        view
        returns (bool)
    {
        uint256 count = groupKeys.length;
        if (count != messages.length) revert GroupMismatch(count, messages.length);
        if (isInfinity(signature)) return false; // two groups whose keys cancel would need no signer
        uint256 start = _openPairs(count, signature);
        for (uint256 j; j < count; ++j) {
            if (isInfinity(groupKeys[j])) return false;
            _writePair(start, j + 1, groupKeys[j], abi.encodePacked(messages[j]), SIGNATURE_DST);
        }
        return _pairsHold(start, count + 1);
    }

    /// @notice The 48 bytes of a key: x, with the flag of the compressed form and that of the larger y. The key must not
    /// be the neutral element.
    function compress(G1 memory key) internal pure returns (bytes memory) {
        bool larger = key.yHigh > HALF_HIGH || (key.yHigh == HALF_HIGH && key.yLow > HALF_LOW);
        // Both coordinates are below p < 2^381, or the precompiles refuse the key: the three bits of the flags are free.
        return abi.encodePacked(uint128(key.xHigh | (larger ? uint256(0xa0) : 0x80) << 120), key.xLow);
    }

    /// @notice The point of G2 that a message stands for (RFC 9380, BLS12381G2_XMD:SHA-256_SSWU_RO_). About 58,000 gas.
    /// @param dst Domain separation tag, at most 255 bytes
    function hashToG2(bytes memory message, bytes memory dst) internal view returns (G2 memory point) {
        uint256 start;
        assembly ("memory-safe") {
            start := point
        }
        _hashTo(start, message, dst);
    }

    /// @dev expand_message_xmd to 256 bytes, four field elements of 64 bytes each, two points, and their sum at `out`.
    function _hashTo(uint256 out, bytes memory message, bytes memory dst) private view {
        if (dst.length > 255) revert TagTooLong(dst.length);
        bytes memory tag = abi.encodePacked(dst, uint8(dst.length)); // at most 255
        bytes32 first = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, hex"010000", tag));
        bytes memory expanded = abi.encodePacked(first, uint8(1), tag);
        bytes memory reduction =
            abi.encodePacked(uint256(64), uint256(1), uint256(48), bytes32(0), bytes32(0), uint8(1), P_HIGH, P_LOW);
        uint256 start = _allocate(512);
        uint256 input;
        uint256 wide;
        uint256 length = expanded.length;
        assembly ("memory-safe") {
            // Solidity does not promise that new memory is zero, and each element has 16 bytes of zeros in front.
            calldatacopy(start, calldatasize(), 256)
            input := add(expanded, 32)
            wide := add(reduction, 32)
        }
        for (uint256 i; i < 8; ++i) {
            unchecked {
                // i < 8, and the rest are places in memory
                uint256 digest = wide + 96 + 32 * (i & 1);
                _mustCall(SHA256, input, length, digest, 32);
                assembly ("memory-safe") {
                    mstore(input, xor(first, mload(digest)))
                    mstore8(add(input, 32), add(i, 2))
                }
                if (i & 1 == 1) _mustCall(MODEXP, wide, 209, start + 32 * i - 16, 48);
            }
        }
        // The second map first: its result lies behind the elements, and the first one's over them.
        _mustCall(MAP_FP2_TO_G2, start + 128, 128, start + 256, 256);
        _mustCall(MAP_FP2_TO_G2, start, 128, start, 256);
        _mustCall(G2ADD, start, 512, out, 256);
    }

    /// @dev Memory for the pair (−g, signature) and `count` more.
    function _openPairs(uint256 count, G2 memory signature) private pure returns (uint256 start) {
        start = _allocate(PAIR_BYTES * (count + 1));
        assembly ("memory-safe") {
            mstore(start, MINUS_X_HIGH)
            mstore(add(start, 32), MINUS_X_LOW)
            mstore(add(start, 64), MINUS_Y_HIGH)
            mstore(add(start, 96), MINUS_Y_LOW)
            mcopy(add(start, 128), signature, 256)
        }
    }

    function _writePair(uint256 start, uint256 index, G1 memory key, bytes memory message, bytes memory dst)
        private
        view
    {
        start += PAIR_BYTES * index;
        _copy(start, key);
        _hashTo(start + 128, message, dst);
    }

    /// @dev Whether the product of the pairings is 1; false if the precompile refuses a point.
    function _pairsHold(uint256 start, uint256 count) private view returns (bool) {
        uint256 gasUnits = PAIRING_BASE_GAS + PAIRING_PAIR_GAS * count;
        bool ok = _call(PAIRING, gasUnits, start, PAIR_BYTES * count, start, 32);
        uint256 result;
        assembly ("memory-safe") {
            result := mload(start)
        }
        return ok && result == 1;
    }

    function _copy(uint256 to, G1 memory point) private pure {
        assembly ("memory-safe") {
            mcopy(to, point, 128)
        }
    }

    function _allocate(uint256 length) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, length))
        }
    }

    /// @dev Whether the precompile has taken the input. Less gas than asked for would look like a refusal, and whoever
    /// sends the transaction chooses its gas; so that reverts. A call gets at most 63/64 of the gas that is left.
    function _call(uint256 precompile, uint256 gasUnits, uint256 from, uint256 length, uint256 out, uint256 outLength)
        private
        view
        returns (bool ok)
    {
        uint256 need = gasUnits + gasUnits / 63 + 1_000;
        uint256 have = gasleft();
        if (have < need) revert GasTooLow(have, need);
        assembly ("memory-safe") {
            ok := staticcall(gasUnits, precompile, from, length, out, outLength)
            ok := and(ok, eq(returndatasize(), outLength))
        }
    }

    /// @dev For inputs that no precompile refuses.
    function _mustCall(uint256 precompile, uint256 from, uint256 length, uint256 out, uint256 outLength) private view {
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), precompile, from, length, out, outLength)
            ok := and(ok, eq(returndatasize(), outLength))
        }
        if (!ok) revert PrecompileFailed(precompile);
    }

    function _fieldFromWords(uint64[] calldata words, uint256 from) private pure returns (uint256 high, uint256 low) {
        if (from + FIELD_WORDS > words.length) revert WordsMissing(words.length, from + FIELD_WORDS);
        for (uint256 i; i < FIELD_WORDS; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(words.offset, shl(5, add(from, i))))
            }
            if (word >> WORD_BITS != 0) revert WordTooLarge(word);
            high = (high << WORD_BITS) | (low >> 208); // 256 − 48
            low = (low << WORD_BITS) | word;
        }
        if (high > P_HIGH || (high == P_HIGH && low >= P_LOW)) revert FieldElementTooLarge(high, low);
    }
}
