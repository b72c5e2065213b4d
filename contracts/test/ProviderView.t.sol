// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Resources} from "../src/Interfaces.sol";
import {ProvidersRecord} from "../src/Protocol.sol";
import {ProviderView} from "../src/ProviderView.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_PROVIDERS} from "./Tables.sol";

/// @title A provider's record as the other contracts read it.
contract ProviderViewTest is Deployment {
    uint256 private constant FIELDS = 29;

    function setUp() public {
        deploy();
    }

    function test_the_table_of_providers_begins_where_the_view_looks() public pure {
        assertEq(ProviderView.SLOT, SLOT_PROVIDERS);
    }

    function testFuzz_every_field_is_the_one_that_Providers_keeps(uint64 provider, uint64 seed) public {
        provider = uint64(bound(provider, 1, 2 ** 32 - 2));
        for (uint256 field; field < FIELDS; ++field) {
            poke(address(providers), SLOT_PROVIDERS + provider * ProviderView.WORDS, field, _value(seed, field));
        }
        ProvidersRecord memory p = ProviderView.read(providers, provider);
        assertEq(abi.encode(p), abi.encode(providersAt(provider)));
        assertEq(p.owner, _value(seed, 0));
        assertEq(p.tier, _value(seed, 2));
        assertEq(p.ratingNext, _value(seed, 28));
        Resources memory r = ProviderView.registered(p);
        assertEq(
            abi.encode(r), abi.encode(_value(seed, 8), _value(seed, 9), _value(seed, 10), _value(seed, 11))
        );
    }

    function _value(uint64 seed, uint256 field) private pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(seed, field))));
    }
}
