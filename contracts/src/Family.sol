// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "./Extsload.sol";
import {IClock, IEmission, IEntityNft, IModels, INodes, IParams, IStake, ITasks, IToken, IValidators} from "./Interfaces.sol";
import {
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_KEEPER,
    FAMILY_CALLS,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_EMISSION,
    FAMILY_ENTITY_NFT,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_PARAMS,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    IProtocolEvents,
    OnlyKeeper,
    UnknownAccount
} from "./Protocol.sol";

/// @notice A function for the protocol's own contracts was called from outside.
error OnlyFamily(address caller);

/// @title What every family of the protocol shares: the addresses of the others, and who is calling.
/// @dev Addresses are predicted before deployment, so that all of them are immutable and no wiring call is needed.
abstract contract Family is Extsload, IProtocolEvents {
    IParams internal immutable PARAMS;
    IClock internal immutable CLOCK;
    IToken internal immutable TOKEN;
    IEntityNft internal immutable NFT;
    IStake internal immutable STAKE;
    INodes internal immutable NODES;
    IModels internal immutable MODELS;
    address internal immutable CALLS;
    IValidators internal immutable VALIDATORS;
    ITasks internal immutable TASKS;
    IEmission internal immutable EMISSION;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) {
        PARAMS = IParams(families[FAMILY_PARAMS]);
        CLOCK = IClock(families[FAMILY_CLOCK]);
        TOKEN = IToken(families[FAMILY_TOKEN]);
        NFT = IEntityNft(families[FAMILY_ENTITY_NFT]);
        STAKE = IStake(families[FAMILY_STAKE]);
        NODES = INodes(families[FAMILY_NODES]);
        MODELS = IModels(families[FAMILY_MODELS]);
        CALLS = families[FAMILY_CALLS];
        VALIDATORS = IValidators(families[FAMILY_VALIDATORS]);
        TASKS = ITasks(families[FAMILY_TASKS]);
        EMISSION = IEmission(families[FAMILY_EMISSION]);
    }

    /// @return account number of the sender. Reverts UnknownAccount if it is no agent's.
    function _agent() internal view returns (uint64 account) {
        account = TOKEN.accountOf(msg.sender);
        if (account < ACCOUNT_FIRST_AGENT) revert UnknownAccount(account, 0);
    }

    /// @notice Reverts OnlyKeeper unless the protocol's operator is calling.
    function _onlyKeeper() internal view {
        uint64 account = TOKEN.accountOf(msg.sender);
        if (account != ACCOUNT_KEEPER) revert OnlyKeeper(account, ACCOUNT_KEEPER);
    }

    /// @notice Reverts OnlyFamily unless another contract of the protocol is calling.
    function _onlyFamily() internal view {
        address caller = msg.sender;
        if (
            caller != address(CLOCK) && caller != address(TOKEN) && caller != address(NFT) && caller != address(STAKE)
                && caller != address(NODES) && caller != address(MODELS) && caller != CALLS
                && caller != address(VALIDATORS) && caller != address(TASKS) && caller != address(EMISSION)
        ) revert OnlyFamily(caller);
    }

    /// @return value of a parameter, as the ledger stores it
    function _param(uint256 number) internal view returns (uint64 value) {
        // Params stores every value as a uint64.
        return uint64(PARAMS.get(number));
    }
}
