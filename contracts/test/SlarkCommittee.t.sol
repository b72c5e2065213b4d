// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FAMILY_CLOCK, FAMILY_COUNT, SlarksRecord} from "../src/Protocol.sol";
import {Slarks} from "../src/Slarks.sol";
import {Base} from "./Base.sol";

/// @notice The real registry, with its tables written by hand.
contract SlarksHarness is Slarks {
    constructor(address[FAMILY_COUNT] memory families) Slarks(families) {}

    function put(
        uint256[] calldata states,
        uint256[] calldata keyIds,
        uint256[] calldata providers,
        uint256[] calldata foundation
    ) external {
        slarkTotals.slarkCount = uint64(states.length);
        for (uint256 i; i < states.length; ++i) {
            SlarksRecord storage z = slarks[i + 1];
            (z.state, z.keyId) = (uint64(states[i]), uint64(keyIds[i]));
            (z.provider, z.isFoundation) = (uint64(providers[i]), uint64(foundation[i]));
            if (foundation[i] == 1) foundationLicences.push(uint64(i + 1));
        }
    }

    function putList(uint256[] calldata order, uint64 class, uint64 classCount) external {
        for (uint256 i; i < order.length; ++i) {
            slarkOrder[i + 1] = uint64(order[i]);
        }
        if (class == 1) slarkTotals.classCount1 = classCount;
        if (class == 2) slarkTotals.classCount2 = classCount;
        if (class == 3) slarkTotals.classCount3 = classCount;
        if (class == 4) slarkTotals.classCount4 = classCount;
        if (class == 5) slarkTotals.classCount5 = classCount;
        if (class == 6) slarkTotals.classCount6 = classCount;
    }
}

/// @notice The draw of committees on the vectors of the core. The test is its clock.
contract SlarkCommitteeTest is Base {
    uint64 public beacon;

    function uints(string memory json, string memory path, string memory key) private pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(path, key));
    }

    function small(string memory json, string memory path, string memory key) private pure returns (uint64) {
        return uint64(vm.parseJsonUint(json, string.concat(path, key)));
    }

    function test_drawCommittee_draws_the_committees_of_the_vectors() public {
        string memory json = vm.readFile("../fixtures/vectors/slarks/drawCommittee.json");
        for (uint256 c; c < 40; ++c) {
            checkCase(json, string.concat(".cases[", vm.toString(c), "]"));
        }
    }

    function checkCase(string memory json, string memory path) private {
        address[FAMILY_COUNT] memory families;
        families[FAMILY_CLOCK] = address(this);
        SlarksHarness registry = new SlarksHarness(families);
        registry.put(
            uints(json, path, ".states"),
            uints(json, path, ".keys"),
            uints(json, path, ".providers"),
            uints(json, path, ".foundation")
        );
        uint64 class = small(json, path, ".class");
        registry.putList(uints(json, path, ".order"), class, small(json, path, ".classCount"));
        beacon = (small(json, path, ".beaconHigh") << 32) | small(json, path, ".beaconLow");
        (uint64[] memory licences, uint64 foundationSeats) = registry.drawCommittee(
            small(json, path, ".slot"), class, small(json, path, ".size"), narrow(uints(json, path, ".excluded"))
        );
        uint256[] memory expected = uints(json, path, ".licences");
        assertEq(licences.length, expected.length, path);
        for (uint256 i; i < expected.length; ++i) {
            assertEq(licences[i], expected[i], path);
        }
        assertEq(foundationSeats, small(json, path, ".foundationSeats"), path);
    }

    function narrow(uint256[] memory list) private pure returns (uint64[] memory narrowed) {
        narrowed = new uint64[](list.length);
        for (uint256 i; i < list.length; ++i) {
            narrowed[i] = uint64(list[i]);
        }
    }
}
