// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Committee} from "../src/Committee.sol";
import {Consensus} from "../src/Consensus.sol";
import {IValidators} from "../src/Interfaces.sol";
import {FAMILY_COUNT, VALIDATOR_ACTIVE, VERDICT_FAIL, VERDICT_NONE, VERDICT_PASS} from "../src/Protocol.sol";
import {Validators} from "../src/Validators.sol";
import {Base} from "./Base.sol";

/// @notice The real registry, with its tables written by hand.
contract ValidatorsHarness is Validators {
    constructor(address[FAMILY_COUNT] memory families) Validators(families) {}

    function put(uint256[] calldata weights, uint256[] calldata states, uint256[] calldata owners) external {
        uint256 cumulativeFp;
        uint64 active;
        for (uint256 i; i < weights.length; ++i) {
            cumulativeFp += weights[i];
            validators[i + 1].owner = uint64(owners[i]);
            validators[i + 1].state = uint64(states[i]);
            committeeWeights[i + 1] = uint64(cumulativeFp);
            if (states[i] == VALIDATOR_ACTIVE) ++active;
        }
        validatorTotals.validatorCount = uint64(weights.length);
        validatorTotals.committeeCount = uint64(weights.length);
        validatorTotals.committeeWeightFp = uint64(cumulativeFp);
        validatorTotals.activeCount = active;
    }
}

/// @notice Committee on the vectors of the core, and Consensus against plain formulas.
contract CommitteeTest is Base {
    function uints(string memory json, string memory path, string memory key) private pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(path, key));
    }

    function small(string memory json, string memory path, string memory key) private pure returns (uint64) {
        return uint64(vm.parseJsonUint(json, string.concat(path, key)));
    }

    function drawOf(string memory json, string memory path) private pure returns (Committee.Draw memory draw) {
        uint256[] memory previous = uints(json, path, ".previous");
        draw.beacon = (small(json, path, ".beaconHigh") << 32) | small(json, path, ".beaconLow");
        draw.entity = uint256(small(json, path, ".task")) * Committee.ROUNDS_PER_TASK + small(json, path, ".round");
        draw.seats = small(json, path, ".seats");
        draw.subjectOwner = small(json, path, ".subjectOwner");
        draw.previous = new uint64[](previous.length);
        for (uint256 i; i < previous.length; ++i) {
            draw.previous[i] = uint64(previous[i]);
        }
    }

    function test_drawGroup_draws_the_groups_of_the_vectors() public {
        string memory json = vm.readFile("../fixtures/vectors/tasks/drawGroup.json");
        address[FAMILY_COUNT] memory families;
        for (uint256 c; c < 40; ++c) {
            string memory path = string.concat(".cases[", vm.toString(c), "]");
            ValidatorsHarness registry = new ValidatorsHarness(families);
            registry.put(uints(json, path, ".weights"), uints(json, path, ".states"), uints(json, path, ".owners"));
            Committee.Seat[] memory group = Committee.drawGroup(IValidators(address(registry)), drawOf(json, path));
            uint256[] memory expected = uints(json, path, ".group");
            assertEq(group.length, expected.length, path);
            for (uint256 i; i < group.length; ++i) {
                assertEq(group[i].validator, expected[i], path);
            }
        }
    }

    function testFuzz_decide_is_F5_on_256_bits(uint256 assigned, uint256 submitted, uint256 pass, uint256 q, uint256 p)
        public
        pure
    {
        assigned = bound(assigned, 0, 51e9);
        submitted = bound(submitted, 0, assigned);
        pass = bound(pass, 0, submitted);
        (q, p) = (bound(q, 1, 10_000), bound(p, 5_000, 10_000));
        uint64 outcome = VERDICT_NONE;
        if (submitted * 10_000 >= q * assigned) {
            if (pass * 10_000 > p * submitted) outcome = VERDICT_PASS;
            else if ((submitted - pass) * 10_000 > p * submitted) outcome = VERDICT_FAIL;
        }
        assertEq(Consensus.decide(Consensus.Ballots(assigned, submitted, pass), q, p), outcome);
    }

    function testFuzz_lowerMedian_has_half_of_the_values_on_either_side(uint64[] memory values) public pure {
        uint256 count = values.length > 51 ? 51 : values.length;
        uint64 median = Consensus.lowerMedian(values, count);
        uint256 below;
        uint256 notAbove;
        bool found = count == 0;
        for (uint256 i; i < count; ++i) {
            if (values[i] < median) ++below;
            if (values[i] <= median) ++notAbove;
            if (values[i] == median) found = true;
        }
        assertTrue(found);
        // The smallest such value: one below it would not have half of the values at or below it.
        if (count > 0) assertLt(2 * below, count);
        assertGe(2 * notAbove, count);
    }
}
