// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {Base} from "./Base.sol";
import {FixedHarness} from "./FixedHarness.sol";

/// @notice Fixed against the plain formulas on 256-bit integers, where nothing overflows.
contract FixedTest is Base {
    uint256 private constant MAX_INT = 2 ** 53 - 1;
    uint256 private constant FP = 1e9;

    FixedHarness private fixed_;

    function setUp() public {
        fixed_ = new FixedHarness();
    }

    function amount(uint256 x) private pure returns (uint256) {
        return bound(x, 0, MAX_INT);
    }

    function too(bytes4 selector, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(selector, value));
    }

    // mulDivDown, mulDivUp

    function testFuzz_mulDivDown_is_the_floor_of_the_quotient(uint256 a, uint256 b, uint256 c) public {
        (a, b, c) = (amount(a), amount(b), bound(c, 1, MAX_INT));
        uint256 q = a * b / c;
        if (q > MAX_INT) too(Fixed.QuotientTooLarge.selector, q);
        uint256 result = fixed_.mulDivDown(a, b, c);
        if (q <= MAX_INT) assertEq(result, q);
    }

    function testFuzz_mulDivUp_is_the_ceiling_of_the_quotient(uint256 a, uint256 b, uint256 c) public {
        (a, b, c) = (amount(a), amount(b), bound(c, 1, MAX_INT));
        uint256 q = a * b / c + (a * b % c == 0 ? 0 : 1);
        if (q > MAX_INT) too(Fixed.QuotientTooLarge.selector, q);
        uint256 result = fixed_.mulDivUp(a, b, c);
        if (q <= MAX_INT) assertEq(result, q);
    }

    function test_mulDiv_at_the_edges() public view {
        assertEq(fixed_.mulDivDown(MAX_INT, MAX_INT, MAX_INT), MAX_INT);
        assertEq(fixed_.mulDivUp(MAX_INT, MAX_INT, MAX_INT), MAX_INT);
        assertEq(fixed_.mulDivDown(MAX_INT, MAX_INT - 1, MAX_INT), MAX_INT - 1);
        assertEq(fixed_.mulDivDown(7, 3, 10), 2);
        assertEq(fixed_.mulDivUp(7, 3, 10), 3);
        assertEq(fixed_.mulDivUp(0, 3, 10), 0);
    }

    function test_mulDivUp_refuses_a_quotient_that_only_rounding_lifts_to_two_to_the_53() public {
        // (c + 1)²/c = c + 2 + 1/c: the floor is 2^53 − 1, the ceiling 2^53.
        uint256 c = 2 ** 53 - 3;
        assertEq(fixed_.mulDivDown(c + 1, c + 1, c), MAX_INT);
        too(Fixed.QuotientTooLarge.selector, 2 ** 53);
        fixed_.mulDivUp(c + 1, c + 1, c);
    }

    function test_mulDiv_by_zero_panics() public {
        bytes memory panic = abi.encodeWithSignature("Panic(uint256)", 0x12);
        vm.expectRevert(panic);
        fixed_.mulDivDown(1, 1, 0);
        vm.expectRevert(panic);
        fixed_.mulDivUp(1, 1, 0);
        vm.expectRevert(panic);
        fixed_.mulDivUp(0, 0, 0);
    }

    function testFuzz_every_function_refuses_an_operand_of_two_to_the_53_or_more(uint256 big, uint8 place) public {
        big = bound(big, MAX_INT + 1, type(uint256).max);
        uint256[3] memory x = [uint256(1), 1, 1];
        x[place % 3] = big;
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.mulDivDown(x[0], x[1], x[2]);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.mulDivUp(x[0], x[1], x[2]);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.compareProducts(x[0], x[1], x[2], 1);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.compareProducts(1, x[0], x[1], x[2]);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.rnd(1, x[0], x[1], x[2]);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.root2(big);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.root4(big);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.pow4(big, 4 + uint256(place) % 3);
        too(Fixed.OperandTooLarge.selector, big);
        fixed_.pick(1, big);
    }

    // compareProducts

    function testFuzz_compareProducts_is_the_sign_of_the_difference(uint256 a, uint256 b, uint256 c, uint256 d)
        public
        view
    {
        (a, b, c, d) = (amount(a), amount(b), amount(c), amount(d));
        int256 difference = int256(a * b) - int256(c * d);
        assertEq(fixed_.compareProducts(a, b, c, d), difference < 0 ? -1 : difference > 0 ? int256(1) : int256(0));
        assertEq(fixed_.compareProducts(a, b, b, a), 0);
    }

    // root2, root4, pow4

    function testFuzz_root2_is_the_largest_integer_whose_square_is_not_above(uint256 x) public view {
        x = amount(x);
        uint256 r = fixed_.root2(x);
        assertLe(r * r, x * FP);
        assertGt((r + 1) * (r + 1), x * FP);
        assertEq(fixed_.root4(x), fixed_.root2(r));
    }

    function testFuzz_pow4_multiplies_one_step_at_a_time(uint256 x, uint256 quarters) public view {
        (x, quarters) = (bound(x, 0, FP), bound(quarters, 0, 16));
        uint256 factor = quarters % 4 == 0 ? x : fixed_.root2(fixed_.root2(x));
        uint256 steps = quarters % 4 == 0 ? quarters / 4 : quarters;
        uint256 expected = FP;
        for (uint256 i; i < steps; ++i) {
            expected = expected * factor / FP;
        }
        assertEq(fixed_.pow4(x, quarters), expected);
    }

    function test_pow4_of_zero_quarters_is_one_and_of_four_is_x() public view {
        assertEq(fixed_.pow4(0, 0), FP);
        assertEq(fixed_.pow4(123_456_789, 4), 123_456_789);
        assertEq(fixed_.pow4(FP, 3), FP);
        assertEq(fixed_.pow4(FP / 16, 1), FP / 2);
    }

    // allocShare

    function testFuzz_allocShares_sum_to_the_total_and_are_within_one_unit(uint256 total, uint32[8] memory weights)
        public
        view
    {
        total = amount(total);
        uint256 sum;
        for (uint256 i; i < 8; ++i) {
            sum += weights[i];
        }
        vm.assume(sum > 0);
        uint256 before;
        uint256 given;
        for (uint256 i; i < 8; ++i) {
            uint256 share = fixed_.allocShare(total, before, before + weights[i], sum);
            before += weights[i];
            given += share;
            uint256 floor = total * weights[i] / sum;
            assertLe(share, floor + 1);
            assertGe(share + 1, floor);
        }
        assertEq(given, total);
    }

    // rnd, pick, chance

    /// @dev The definition of NUM-6 in 64-bit words, as SplitMix64 is published.
    function mix64(uint64 z) private pure returns (uint64) {
        unchecked {
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }

    function testFuzz_rnd_is_two_rounds_of_splitmix(uint64 beacon, uint256 purpose, uint256 entity, uint256 k)
        public
        view
    {
        (purpose, entity, k) = (bound(purpose, 0, 65_535), bound(entity, 0, 2 ** 48 - 1), amount(k));
        unchecked {
            uint64 inner = mix64(beacon + uint64(purpose << 48) + uint64(entity));
            assertEq(fixed_.rnd(beacon, purpose, entity, k), mix64(inner + uint64(k)) >> 12);
        }
    }

    function test_rnd_gives_the_published_first_output_of_splitmix64() public view {
        // SplitMix64 seeded with 0 adds 0x9e3779b97f4a7c15 and mixes: 0xe220a8397b1dcdaf. mix64(0) = 0.
        assertEq(fixed_.rnd(0, 0, 0, 0), 0);
        assertEq(mix64(0x9e3779b97f4a7c15), 0xe220a8397b1dcdaf);
    }

    function testFuzz_pick_and_chance_follow_the_draw(uint256 draw, uint256 n, uint256 bps) public view {
        (draw, n, bps) = (bound(draw, 0, 2 ** 52 - 1), bound(n, 1, MAX_INT), bound(bps, 0, 10_000));
        assertEq(fixed_.pick(draw, n), draw * n >> 52);
        assertLt(fixed_.pick(draw, n), n);
        assertEq(fixed_.chance(draw, bps), draw * 10_000 >> 52 < bps);
    }

    function test_chance_is_strict() public view {
        // 2^51 is the first draw that picks 5 000 of 10 000.
        assertFalse(fixed_.chance(2 ** 51, 5_000));
        assertTrue(fixed_.chance(2 ** 51 - 1, 5_000));
        assertFalse(fixed_.chance(0, 0));
        assertTrue(fixed_.chance(2 ** 52 - 1, 10_000));
    }
}
