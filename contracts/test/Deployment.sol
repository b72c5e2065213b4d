// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_FIRST_AGENT,
    FAMILY_COUNT,
    P_DELEG_UNBOND_ERAS,
    P_ECON_HALVING_ERAS,
    P_FB_WINDOW,
    P_MODEL_REGISTER_FEE,
    P_MODEL_REGISTER_STAKE,
    P_NODE_EXIT_ERAS,
    P_NODE_EXIT_ERROR_BUDGET,
    P_NODE_RESERVE_DEADLINE_S,
    P_NODE_SLOTS,
    P_NODE_STAKE_MIN,
    P_PLACE_BAND_BPS,
    P_ROTATE_PERIOD_ERAS,
    P_TIME_SLOTS_PER_ERA,
    P_VAL_AUDIT_BPS,
    P_VAL_DEADLINE_S,
    P_VAL_GROUP_SIZE,
    P_VAL_SLASH_NOSHOW_BPS,
    P_VAL_STAKE_MIN,
    P_VAL_TASK_FEE
} from "../src/Protocol.sol";
import {defaultParams} from "./DefaultParams.sol";
import {World} from "./World.sol";

/// @notice More cheatcodes of forge, at the same address as the others.
interface DeploymentCheats {
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
}

/// @title Deployment
/// @notice Deploys the whole protocol as a chain run does, at addresses known before, and opens the agents' accounts.
abstract contract Deployment is World {
    /// @notice Agents by what they mostly do; any account may do anything.
    uint64 internal constant A = ACCOUNT_FIRST_AGENT;
    uint64 internal constant B = A + 1;
    uint64 internal constant CREATOR = A + 2;
    uint64 internal constant CONSUMER = A + 3;
    uint64 internal constant HOST_1 = A + 4;
    uint64 internal constant HOST_2 = A + 5;
    uint64 internal constant HOST_3 = A + 6;
    uint64 internal constant VAL_1 = A + 7;
    uint64 internal constant VAL_2 = A + 8;
    uint64 internal constant VAL_3 = A + 9;
    uint64 internal constant VAL_4 = A + 10;
    uint64 internal constant AGENT_COUNT = 12;
    uint64 internal constant OPENING = 20_000 * ONE;
    /// @notice No account of the book.
    address internal constant STRANGER = address(0x5a5a);

    DeploymentCheats private constant CHEATS = DeploymentCheats(address(vm));

    /// @notice Small numbers: few entities, so that actions meet; short eras, so that settlements are near.
    function smallParams() internal pure returns (uint64[] memory p) {
        p = defaultParams();
        p[P_TIME_SLOTS_PER_ERA] = 2;
        p[P_VAL_GROUP_SIZE] = 3;
        p[P_VAL_DEADLINE_S] = 900;
        p[P_VAL_TASK_FEE] = 2 * ONE;
        p[P_VAL_AUDIT_BPS] = 5_000;
        p[P_VAL_SLASH_NOSHOW_BPS] = 50;
        p[P_VAL_STAKE_MIN] = 100 * ONE;
        p[P_NODE_STAKE_MIN] = 100 * ONE;
        p[P_NODE_SLOTS] = 8;
        p[P_NODE_RESERVE_DEADLINE_S] = 36_000;
        p[P_NODE_EXIT_ERAS] = 1;
        p[P_NODE_EXIT_ERROR_BUDGET] = 1;
        p[P_MODEL_REGISTER_STAKE] = 10 * ONE;
        p[P_MODEL_REGISTER_FEE] = ONE;
        p[P_PLACE_BAND_BPS] = 5_000;
        p[P_ROTATE_PERIOD_ERAS] = 2;
        p[P_DELEG_UNBOND_ERAS] = 2;
        p[P_ECON_HALVING_ERAS] = 4;
        p[P_FB_WINDOW] = 3;
    }

    /// @notice Genesis with small parameters and all agents, before the first slot.
    function deploy() internal {
        deploy(smallParams());
        openAgents(AGENT_COUNT, OPENING);
        token.seal();
    }

    /// @notice Genesis up to the opening of accounts.
    function deploy(uint64[] memory values) internal {
        goTo(0);
        address[FAMILY_COUNT] memory predicted;
        uint256 nonce = vm.getNonce(address(this));
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            predicted[i] = CHEATS.computeCreateAddress(address(this), nonce + i);
        }
        bind(predicted);
        uint32[8] memory commitment;
        uint64[8] memory words = wordsOf(keccak256(abi.encode(beaconOf(0))));
        for (uint256 i; i < 8; ++i) {
            // Parts of 32 bits.
            commitment[i] = uint32(words[i]);
        }
        create("Params", abi.encode(values));
        create("Clock", abi.encode(predicted, GENESIS_S, commitment));
        create("Token", abi.encode(predicted, address(this), addressOf(K)));
        create("EntityNft", abi.encode(predicted));
        create("Stake", abi.encode(predicted));
        create("Nodes", abi.encode(predicted));
        create("Models", abi.encode(predicted));
        create("Calls", abi.encode(predicted));
        create("Validators", abi.encode(predicted));
        create("Tasks", abi.encode(predicted));
        create("Emission", abi.encode(predicted));
        create("Providers", abi.encode(predicted));
        create("SlarkLicence", abi.encode(predicted));
        create("Slarks", abi.encode(predicted));
        create("Challenges", abi.encode(predicted));
        create("Assets", abi.encode(predicted));
        create("Escrow", abi.encode(predicted));
        create("Orders", abi.encode(predicted));
        create("Leases", abi.encode(predicted));
        create("Fizz", abi.encode(predicted));
    }

    function openAgents(uint64 count, uint64 units) internal {
        address[] memory holders = new address[](count);
        uint64[] memory openUnits = new uint64[](count);
        for (uint64 i; i < count; ++i) {
            (holders[i], openUnits[i]) = (addressOf(A + i), units);
        }
        token.openAccounts(holders, openUnits);
    }

    /// @notice Four validators active and drawn from, three nodes Online and ranked, at the start of era 2.
    function populate() internal {
        openSlot();
        activateValidator(VAL_1);
        activateValidator(VAL_2);
        activateValidator(VAL_3);
        activateValidator(VAL_4);
        nextEra();
        onlineNode(HOST_1);
        onlineNode(HOST_2);
        onlineNode(HOST_3);
        nextEra();
    }

    /// @dev Deploys a contract by name, so that no test carries the code of all of them. Passes a revert on.
    function create(string memory name, bytes memory args) internal returns (address deployed) {
        bytes memory code = abi.encodePacked(CHEATS.getCode(string.concat(name, ".sol:", name)), args);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
            if iszero(deployed) {
                returndatacopy(mload(0x40), 0, returndatasize())
                revert(mload(0x40), returndatasize())
            }
        }
    }

    /// @return value of a share of `total`, rounded down
    function shareOf(uint64 total, uint64 bps) internal pure returns (uint64) {
        return uint64(Fixed.mulDivDown(total, bps, Fixed.BPS));
    }
}
