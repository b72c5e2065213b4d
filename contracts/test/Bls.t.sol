// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../src/Bls.sol";
import {Base} from "./Base.sol";
import {BlsHarness} from "./BlsHarness.sol";

/// @notice The cheatcodes that read the vectors' texts.
interface VmTexts {
    function parseJsonBool(string calldata json, string calldata key) external pure returns (bool);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
}

/// @notice Bls on the vectors of `sim/chain/bls.vectors.test.ts`, and on keys made here by the precompiles.
contract BlsTest is Base {
    event log_named_uint(string key, uint256 val);

    VmTexts private constant texts = VmTexts(address(vm));
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    uint256 private constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    string private constant FOLDER = "../fixtures/vectors/bls/";

    BlsHarness private bls;

    function setUp() public {
        bls = new BlsHarness();
    }

    // The vectors

    function test_verifyGroups_says_what_the_vectors_say() public view {
        string memory json = vm.readFile(string.concat(FOLDER, "verifyGroups.json"));
        uint256 count = vm.parseJsonUint(json, ".caseCount");
        vm.assertGe(count, 30);
        for (uint256 c; c < count; ++c) {
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            uint64[] memory keys = words(json, string.concat(path, ".keys"));
            uint64[] memory signature = words(json, string.concat(path, ".signature"));
            uint256[] memory sizes = vm.parseJsonUintArray(json, string.concat(path, ".sizes"));
            bytes32[] memory messages = texts.parseJsonBytes32Array(json, string.concat(path, ".messages"));
            check(json, path, abi.encodeCall(BlsHarness.verifyGroups, (keys, sizes, messages, signature)));
        }
    }

    function test_verifyPossession_says_what_the_vectors_say() public view {
        string memory json = vm.readFile(string.concat(FOLDER, "verifyPossession.json"));
        uint256 count = vm.parseJsonUint(json, ".caseCount");
        vm.assertGe(count, 10);
        for (uint256 c; c < count; ++c) {
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            uint64[] memory key = words(json, string.concat(path, ".key"));
            uint64[] memory proof = words(json, string.concat(path, ".proof"));
            // Accounts fit 64 bits.
            uint64 account = uint64(vm.parseJsonUint(json, string.concat(path, ".account")));
            check(json, path, abi.encodeCall(BlsHarness.verifyPossession, (key, account, proof)));
        }
    }

    function test_hashToG2_is_the_point_of_RFC_9380_and_of_the_vectors() public view {
        string memory json = vm.readFile(string.concat(FOLDER, "hashToG2.json"));
        uint256 count = vm.parseJsonUint(json, ".caseCount");
        vm.assertGe(count, 7);
        for (uint256 c; c < count; ++c) {
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            bytes memory message = texts.parseJsonBytes(json, string.concat(path, ".message"));
            string memory dst = texts.parseJsonString(json, string.concat(path, ".dst"));
            Bls.G2 memory expected = bls.g2FromWords(words(json, string.concat(path, ".point")), 0);
            assertEq(
                abi.encode(bls.hashToG2(message, bytes(dst))),
                abi.encode(expected),
                texts.parseJsonString(json, string.concat(path, ".name"))
            );
        }
    }

    // Precompiles that refuse

    /// The gas of a transaction is its sender's choice: too little must not look like a bad signature.
    function test_given_any_gas_limit_a_sound_signature_is_never_said_to_be_bad() public {
        (Bls.G1[] memory keys, bytes32[] memory messages, Bls.G2 memory signature) = certificate(2, 1);
        bytes memory data = abi.encodeCall(BlsHarness.verifyPoints, (keys, messages, signature));
        uint256 enough;
        for (uint256 limit = 1_000; limit < 300_000; limit += 1_000) {
            (bool returned, bytes memory result) = address(bls).staticcall{gas: limit}(data);
            if (!returned) continue;
            assertTrue(abi.decode(result, (bool)));
            if (enough == 0) enough = limit;
        }
        assertLt(enough, 280_000);
        assertGt(enough, 240_000);
        vm.expectRevert(Bls.GasTooLow.selector);
        this.atGas(address(bls), data, 200_000);
    }

    function atGas(address target, bytes calldata data, uint256 limit) external view {
        (bool returned, bytes memory result) = target.staticcall{gas: limit}(data);
        if (!returned) {
            assembly {
                revert(add(result, 32), 4)
            }
        }
    }

    function test_a_refused_point_costs_no_more_than_a_sound_one() public view {
        (Bls.G1[] memory keys, bytes32[] memory messages, Bls.G2 memory signature) = certificate(1, 1);
        uint256 left = gasleft();
        assertTrue(bls.verifyPoints(keys, messages, signature));
        uint256 soundGas = left - gasleft();
        signature.y1Low ^= 1;
        left = gasleft();
        assertFalse(bls.verifyPoints(keys, messages, signature));
        assertLt(left - gasleft(), soundGas + 5_000);
    }

    /// The vectors come through the decoders, which refuse these before.
    function test_points_that_no_decoder_has_seen_are_refused_without_a_revert() public view {
        (Bls.G1[] memory keys, bytes32[] memory messages, Bls.G2 memory signature) = certificate(2, 2);
        assertTrue(bls.verifyPoints(keys, messages, signature));
        Bls.G1 memory sound = keys[1];
        Bls.G2 memory neutral;
        // Both neutral would satisfy the pairing.
        Bls.G1[] memory none = new Bls.G1[](2);
        assertFalse(bls.verifyPoints(none, messages, neutral));
        assertFalse(bls.verifyPoints(keys, messages, neutral));
        keys[1] = Bls.G1(0, 0, 0, 0);
        assertFalse(bls.verifyPoints(keys, messages, signature));
        // x + p is the same residue as x.
        keys[1] = Bls.G1(sound.xHigh, sound.xLow, sound.yHigh, sound.yLow);
        unchecked {
            keys[1].xLow += P_LOW;
        }
        keys[1].xHigh += P_HIGH + (keys[1].xLow < P_LOW ? 1 : 0);
        assertFalse(bls.verifyPoints(keys, messages, signature));
        // The 16 bytes in front of each coordinate are zero.
        keys[1] = Bls.G1(sound.xHigh | (1 << 128), sound.xLow, sound.yHigh, sound.yLow);
        assertFalse(bls.verifyPoints(keys, messages, signature));
        assertFalse(bls.possessionOf(keys[1], signature));
        assertFalse(bls.possessionOf(none[0], neutral));
        assertFalse(bls.possessionOf(sound, neutral));
        keys[1] = sound;
        assertTrue(bls.verifyPoints(keys, messages, signature));
    }

    /// e(K, H) · e(−K, H) = 1 without any signer.
    function test_a_neutral_signature_is_refused_even_of_groups_that_cancel() public view {
        Bls.G1[] memory keys = new Bls.G1[](2);
        (keys[0], keys[1]) = (keyOf(9), keyOf(ORDER - 9));
        Bls.G2 memory neutral;
        assertFalse(bls.verifyPoints(keys, new bytes32[](2), neutral));
        assertFalse(bls.verifyPoints(new Bls.G1[](0), new bytes32[](0), neutral));
    }

    function test_the_flag_of_a_compressed_key_says_that_y_is_above_half_of_p() public view {
        (uint256 halfHigh, uint256 halfLow) = (P_HIGH >> 1, (P_LOW >> 1) | (P_HIGH << 255));
        uint256[4] memory highs = [halfHigh, halfHigh, halfHigh + 1, halfHigh - 1];
        uint256[4] memory lows = [halfLow, halfLow + 1, 0, type(uint256).max];
        bytes1[4] memory flags = [bytes1(0x81), 0xa1, 0xa1, 0x81];
        for (uint256 i; i < 4; ++i) {
            bytes memory key = bls.compress(Bls.G1(1 << 120, 7, highs[i], lows[i]));
            assertEq(key, abi.encodePacked(flags[i], bytes15(0), uint256(7)));
        }
    }

    function test_as_many_messages_as_keys() public {
        (Bls.G1[] memory keys,, Bls.G2 memory signature) = certificate(2, 2);
        vm.expectRevert(abi.encodeWithSelector(Bls.GroupMismatch.selector, 2, 1));
        bls.verifyPoints(keys, new bytes32[](1), signature);
    }

    function test_a_tag_of_256_bytes_is_too_long() public {
        vm.expectRevert(abi.encodeWithSelector(Bls.TagTooLong.selector, 256));
        bls.hashToG2("", new bytes(256));
    }

    // Sums

    function testFuzz_aggregateKeys_is_the_key_of_the_summed_secrets(uint256 a, uint256 b, uint256 c) public view {
        (a, b, c) = (bound(a, 1, ORDER - 1), bound(b, 1, ORDER - 1), bound(c, 1, ORDER - 1));
        Bls.G1[] memory keys = new Bls.G1[](3);
        (keys[0], keys[1], keys[2]) = (keyOf(a), keyOf(b), keyOf(c));
        assertEq(abi.encode(bls.aggregateKeys(keys)), abi.encode(keyOf(addmod(addmod(a, b, ORDER), c, ORDER))));
    }

    function test_aggregateKeys_gives_the_neutral_element_for_what_has_no_sum() public view {
        Bls.G1[] memory keys = new Bls.G1[](0);
        bytes memory neutral = new bytes(128);
        assertEq(abi.encode(bls.aggregateKeys(keys)), neutral);
        keys = new Bls.G1[](3);
        (keys[0], keys[1], keys[2]) = (keyOf(5), keyOf(6), keyOf(7));
        assertNotEq(keccak256(abi.encode(bls.aggregateKeys(keys))), keccak256(neutral));
        for (uint256 i; i < 3; ++i) {
            keys[i] = Bls.G1(0, 0, 0, 0);
            assertEq(abi.encode(bls.aggregateKeys(keys)), neutral);
            keys[i] = keyOf(5 + i);
            keys[i].yLow ^= 1; // off the curve
            assertEq(abi.encode(bls.aggregateKeys(keys)), neutral);
            keys[i] = keyOf(5 + i);
        }
        (keys[1], keys[2]) = (keyOf(ORDER - 3), keyOf(ORDER - 2));
        assertEq(abi.encode(bls.aggregateKeys(keys)), neutral); // 5 − 3 − 2 = 0
    }

    // Words

    function testFuzz_words_are_the_coordinates_most_significant_first(uint256 high, uint256 low, uint8 offset)
        public
        view
    {
        high = bound(high, 0, P_HIGH - 1);
        uint64[] memory encoded = new uint64[](uint256(offset) + 32);
        for (uint256 i; i < 4; ++i) {
            writeField(encoded, offset + 8 * i, high, low ^ i);
        }
        Bls.G1 memory g1 = bls.g1FromWords(encoded, offset);
        assertEq(abi.encode(g1), abi.encode(high, low, high, low ^ 1));
        assertEq(abi.encode(bls.packAndUnpack(g1)), abi.encode(g1));
        Bls.G2 memory g2 = bls.g2FromWords(encoded, offset);
        assertEq(abi.encode(g2), abi.encode(high, low, high, low ^ 1, high, low ^ 2, high, low ^ 3));
    }

    function testFuzz_a_word_of_more_than_48_bits_is_refused_wherever_it_stands(uint64 word, uint8 place) public {
        word = uint64(bound(word, 2 ** 48, type(uint64).max));
        uint64[] memory encoded = new uint64[](32);
        encoded[0] = 1;
        encoded[place % 32] = word;
        vm.expectRevert(abi.encodeWithSelector(Bls.WordTooLarge.selector, word));
        bls.g2FromWords(encoded, 0);
    }

    function test_coordinates_are_below_p() public {
        uint64[] memory encoded = new uint64[](16);
        writeField(encoded, 8, P_HIGH, P_LOW - 1);
        assertEq(bls.g1FromWords(encoded, 0).yLow, P_LOW - 1);
        (uint256[3] memory highs, uint256[3] memory lows) = ([P_HIGH, P_HIGH, P_HIGH + 1], [P_LOW, P_LOW + 1, 0]);
        for (uint256 i; i < 3; ++i) {
            writeField(encoded, 8, highs[i], lows[i]);
            vm.expectRevert(abi.encodeWithSelector(Bls.FieldElementTooLarge.selector, highs[i], lows[i]));
            bls.g1FromWords(encoded, 0);
        }
    }

    function test_words_that_end_too_soon_are_refused() public {
        uint64[] memory encoded = new uint64[](32);
        encoded[31] = 1;
        bls.g2FromWords(encoded, 0);
        vm.expectRevert(abi.encodeWithSelector(Bls.WordsMissing.selector, 32, 33));
        bls.g2FromWords(encoded, 1);
        vm.expectRevert(abi.encodeWithSelector(Bls.WordsMissing.selector, 32, 33));
        bls.g1FromWords(encoded, 17);
        bls.g1FromWords(encoded, 16);
    }

    // Gas

    function test_gas_of_certificates() public {
        uint256[3] memory five = measured(5, 1, "5 signers of one message");
        uint256[3] memory two = measured(5, 2, "5 signers of two messages");
        uint256[3] memory forty = measured(40, 1, "40 signers of one message");
        assertLt(total(five), 250_000);
        assertLt(total(two), 350_000);
        assertLt(total(forty), 650_000);
        // 35 more signers cost additions and storage, no pairing.
        assertLt(forty[2], five[2] + 1_000);
    }

    function test_gas_of_a_proof_of_possession() public {
        string memory json = vm.readFile(string.concat(FOLDER, "verifyPossession.json"));
        (uint64[] memory key, uint64[] memory proof) = (words(json, ".cases[0].key"), words(json, ".cases[0].proof"));
        // Accounts fit 64 bits.
        uint64 account = uint64(vm.parseJsonUint(json, ".cases[0].account"));
        uint256 left = gasleft();
        assertTrue(bls.verifyPossession(key, account, proof));
        uint256 gasUnits = left - gasleft();
        emit log_named_uint("a proof of possession, from its words: gas", gasUnits);
        assertLt(gasUnits, 200_000);
    }

    function measured(uint256 signers, uint256 groups, string memory name)
        private
        returns (uint256[3] memory gasUnits)
    {
        bls = new BlsHarness();
        uint256[] memory sizes = new uint256[](groups);
        bytes32[] memory messages = new bytes32[](groups);
        Bls.G1[] memory keys = new Bls.G1[](signers);
        uint256 next;
        bytes memory points;
        for (uint256 j; j < groups; ++j) {
            messages[j] = keccak256(abi.encode(j));
            sizes[j] = (signers - next) / (groups - j);
            uint256 secrets;
            for (uint256 i; i < sizes[j]; ++i) {
                secrets += 1 + next;
                keys[next] = keyOf(1 + next);
                ++next;
            }
            points = abi.encodePacked(
                points, abi.encode(bls.hashToG2(abi.encodePacked(messages[j]), Bls.SIGNATURE_DST)), secrets
            );
        }
        bls.register(keys);
        Bls.G2 memory signature = abi.decode(run(0x0e, points), (Bls.G2));
        uint64[] memory encoded = new uint64[](32);
        writeField(encoded, 0, signature.x0High, signature.x0Low);
        writeField(encoded, 8, signature.x1High, signature.x1Low);
        writeField(encoded, 16, signature.y0High, signature.y0Low);
        writeField(encoded, 24, signature.y1High, signature.y1Low);
        bool held;
        (held, gasUnits) = bls.verifyRegistered(sizes, messages, encoded);
        assertTrue(held, name);
        emit log_named_uint(string.concat(name, ": gas of keys and their sums (keys in warm storage)"), gasUnits[0]);
        emit log_named_uint(string.concat(name, ": gas of the signature's words"), gasUnits[1]);
        emit log_named_uint(string.concat(name, ": gas of hashing and pairing"), gasUnits[2]);
        messages[0] ^= bytes32(uint256(1));
        (held,) = bls.verifyRegistered(sizes, messages, encoded);
        assertFalse(held, name);
    }

    function total(uint256[3] memory parts) private pure returns (uint256) {
        return parts[0] + parts[1] + parts[2];
    }

    // Helpers

    /// The call's answer against `result` and `error` of the case.
    function check(string memory json, string memory path, bytes memory call) private view {
        string memory name = texts.parseJsonString(json, string.concat(path, ".name"));
        string memory refusal = texts.parseJsonString(json, string.concat(path, ".error"));
        (bool returned, bytes memory result) = address(bls).staticcall(call);
        if (bytes(refusal).length == 0) {
            assertTrue(returned, name);
            assertEq(abi.decode(result, (bool)), texts.parseJsonBool(json, string.concat(path, ".result")), name);
        } else {
            assertFalse(returned, name);
            assertEq(bytes32(bytes4(result)), bytes32(bytes4(keccak256(bytes(refusal)))), name);
        }
    }

    function words(string memory json, string memory path) private pure returns (uint64[] memory result) {
        uint256[] memory numbers = vm.parseJsonUintArray(json, path);
        result = new uint64[](numbers.length);
        for (uint256 i; i < numbers.length; ++i) {
            result[i] = uint64(numbers[i]);
        }
    }

    /// The 384 bits of a coordinate, cut from the other end than the decoder does.
    function writeField(uint64[] memory encoded, uint256 from, uint256 high, uint256 low) private pure {
        for (uint256 i; i < 8; ++i) {
            encoded[from + 7 - i] = uint64(low & (2 ** 48 - 1));
            low = (low >> 48) | (high << 208);
            high >>= 48;
        }
    }

    /// `groups` keys 2, 3, … of a message each, or of the same message, and their signatures' sum.
    function certificate(uint256 groups, uint256 distinct)
        private
        view
        returns (Bls.G1[] memory keys, bytes32[] memory messages, Bls.G2 memory signature)
    {
        keys = new Bls.G1[](groups);
        messages = new bytes32[](groups);
        bytes memory points;
        for (uint256 j; j < groups; ++j) {
            keys[j] = keyOf(2 + j);
            messages[j] = keccak256(abi.encode(j % distinct));
            points = abi.encodePacked(
                points, abi.encode(bls.hashToG2(abi.encodePacked(messages[j]), Bls.SIGNATURE_DST)), 2 + j
            );
        }
        signature = abi.decode(run(0x0e, points), (Bls.G2));
    }

    function keyOf(uint256 secret) private view returns (Bls.G1 memory) {
        Bls.G1 memory generator = Bls.G1(
            0x17f1d3a73197d7942695638c4fa9ac0f,
            0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
            0x08b3f481e3aaa0f1a09e30ed741d8ae4,
            0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1
        );
        return abi.decode(run(0x0c, abi.encodePacked(abi.encode(generator), secret)), (Bls.G1));
    }

    /// A multiplication by the precompiles: of G1 (0x0c) or G2 (0x0e).
    function run(uint160 precompile, bytes memory input) private view returns (bytes memory result) {
        bool ok;
        (ok, result) = address(precompile).staticcall(input);
        assertTrue(ok && result.length != 0);
    }
}
