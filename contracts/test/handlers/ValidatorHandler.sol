// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    FAMILY_COUNT,
    KIND_VALIDATOR,
    VALIDATOR_ACTIVE,
    VALIDATOR_KEYED,
    VALIDATOR_REGISTERED,
    VALIDATOR_SUSPENDED
} from "../../src/Protocol.sol";
import {Validators} from "../../src/Validators.sol";
import {
    A_EXIT_VALIDATOR,
    A_ISSUE_KEY,
    A_REGISTER_VALIDATOR,
    A_ROTATE_KEY,
    A_SUBSCRIBE,
    A_TOP_UP_VALIDATOR
} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What validators do about themselves.
contract ValidatorHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.registerValidator.selector;
        list[1] = this.issueKey.selector;
        list[2] = this.subscribe.selector;
        list[3] = this.rotateKey.selector;
        list[4] = this.topUpValidator.selector;
        list[5] = this.exitValidator.selector;
    }

    function registerValidator(uint256 seed) external turn(seed) {
        if (validatorTotals().validatorCount > 12) return;
        act(A_REGISTER_VALIDATOR, agent(), address(validators), abi.encodeCall(Validators.registerValidator, ()));
    }

    function issueKey(uint256 seed) external turn(seed) {
        uint64 validator = among(KIND_VALIDATOR, 1 << VALIDATOR_REGISTERED);
        bytes memory data = abi.encodeCall(Validators.issueKey, (validator, chance(500)));
        act(A_ISSUE_KEY, K, address(validators), data);
    }

    function subscribe(uint256 seed) external turn(seed) {
        uint64 validator = among(KIND_VALIDATOR, 1 << VALIDATOR_KEYED);
        send(A_SUBSCRIBE, validator, abi.encodeCall(Validators.subscribe, (validator)));
    }

    function rotateKey(uint256 seed) external turn(seed) {
        uint64 validator = among(KIND_VALIDATOR, 1 << VALIDATOR_ACTIVE | 1 << VALIDATOR_KEYED);
        send(A_ROTATE_KEY, validator, abi.encodeCall(Validators.rotateKey, (validator, chance(500))));
    }

    function topUpValidator(uint256 seed) external turn(seed) {
        uint64 validator = among(KIND_VALIDATOR, 1 << VALIDATOR_SUSPENDED);
        bytes memory data = abi.encodeCall(Validators.topUpValidator, (validator, chance(20 * ONE)));
        send(A_TOP_UP_VALIDATOR, validator, data);
    }

    function exitValidator(uint256 seed) external turn(seed) {
        // Some must stay, or nothing is ever decided.
        if (!once(validatorTotals().activeCount < 5 ? 20 : 3)) return;
        uint64 validator =
            among(KIND_VALIDATOR, 1 << VALIDATOR_ACTIVE | 1 << VALIDATOR_SUSPENDED | 1 << VALIDATOR_KEYED);
        uint64 engaged = validatorsAt(validator).engagedCount;
        if (!send(A_EXIT_VALIDATOR, validator, abi.encodeCall(Validators.exitValidator, (validator)))) return;
        assertEq(engaged, 0, "INV-26: left with a task in hand");
        assertEq(validatorCollateralAt(validator).ownUnits, 0, "INV-6: stake of who has left");
    }

    function send(uint256 action, uint64 validator, bytes memory data) private returns (bool) {
        return act(action, mostly(validatorsAt(validator).owner), address(validators), data);
    }
}
