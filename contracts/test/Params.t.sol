// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Params} from "../src/Params.sol";
import {MAX_INT, P_HB_INTERVAL_S, P_TOKEN_DECIMALS, ValueOutOfRange} from "../src/Protocol.sol";
import {defaultParams} from "./DefaultParams.sol";
import {Deployment} from "./Deployment.sol";

contract ParamsTest is Deployment {
    function test_constructor_givenTheDefaults_storesEachUnderItsNumber() public {
        uint64[] memory values = defaultParams();
        deploy(values);
        assertGt(values.length, P_HB_INTERVAL_S);
        assertEq(params.get(P_HB_INTERVAL_S), 60);
        assertEq(params.get(P_TOKEN_DECIMALS), 6);
        for (uint256 i; i < values.length; ++i) {
            assertEq(params.get(i), values[i]);
            assertEq(paramValuesAt(i), values[i]);
        }
        assertEq(params.get(values.length), 0);
    }

    function testFuzz_constructor_givenAValueOfTwoToThe53OrMore_isRefused(uint64 value, uint256 number) public {
        uint64[] memory values = defaultParams();
        number = bound(number, P_TOKEN_DECIMALS, values.length - 1);
        value = uint64(bound(value, MAX_INT + 1, type(uint64).max));
        values[number] = value;
        refused(ValueOutOfRange.selector, value, uint64(MAX_INT));
        new Params(values);
        values[number] = uint64(MAX_INT);
        assertEq(new Params(values).get(number), MAX_INT);
    }
}
