// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "./Extsload.sol";
import {
    IAssets,
    IChallenges,
    IClock,
    IEmission,
    IEntityNft,
    IEscrow,
    IFizz,
    ILeases,
    IModels,
    INodes,
    IOrders,
    IParams,
    IProviders,
    ISlarkLicence,
    ISlarks,
    IStake,
    ITasks,
    IToken,
    IValidators
} from "./Interfaces.sol";
import {
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_KEEPER,
    FAMILY_ASSETS,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_EMISSION,
    FAMILY_ENTITY_NFT,
    FAMILY_ESCROW,
    FAMILY_FIZZ,
    FAMILY_LEASES,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_ORDERS,
    FAMILY_PARAMS,
    FAMILY_PROVIDERS,
    FAMILY_SLARKS,
    FAMILY_SLARK_LICENCE,
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
    IProviders internal immutable PROVIDERS;
    ISlarkLicence internal immutable LICENCES;
    ISlarks internal immutable SLARKS;
    IChallenges internal immutable CHALLENGES;
    IAssets internal immutable ASSETS;
    IEscrow internal immutable ESCROW;
    IOrders internal immutable ORDERS;
    ILeases internal immutable LEASES;
    IFizz internal immutable FIZZ;

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
        PROVIDERS = IProviders(families[FAMILY_PROVIDERS]);
        LICENCES = ISlarkLicence(families[FAMILY_SLARK_LICENCE]);
        SLARKS = ISlarks(families[FAMILY_SLARKS]);
        CHALLENGES = IChallenges(families[FAMILY_CHALLENGES]);
        ASSETS = IAssets(families[FAMILY_ASSETS]);
        ESCROW = IEscrow(families[FAMILY_ESCROW]);
        ORDERS = IOrders(families[FAMILY_ORDERS]);
        LEASES = ILeases(families[FAMILY_LEASES]);
        FIZZ = IFizz(families[FAMILY_FIZZ]);
    }

    /// @return account number of the sender. Reverts UnknownAccount if it is no agent's, EraNotSettled between two steps
    /// of a settlement.
    /// @custom:rule TIME-4
    function _agent() internal view returns (uint64 account) {
        account = TOKEN.accountOf(msg.sender);
        if (account < ACCOUNT_FIRST_AGENT) revert UnknownAccount(account, 0);
        CLOCK.checkAtRest();
    }

    /// @notice As _onlyKeeper, for what is no step of a settlement. Reverts OnlyKeeper, EraNotSettled, in this order.
    /// @custom:rule TIME-4
    function _onlyKeeperAtRest() internal view {
        _onlyKeeper();
        CLOCK.checkAtRest();
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
                && caller != address(PROVIDERS) && caller != address(SLARKS) && caller != address(CHALLENGES)
        ) revert OnlyFamily(caller);
    }

    /// @notice As _onlyFamily, for what the families of the compute market ask for too.
    function _onlyFamilyOrMarket() internal view {
        if (!_isMarket(msg.sender)) _onlyFamily();
    }

    /// @notice Reverts OnlyFamily unless a contract of the compute market is calling.
    function _onlyMarket() internal view {
        if (!_isMarket(msg.sender)) revert OnlyFamily(msg.sender);
    }

    function _isMarket(address caller) private view returns (bool) {
        return caller == address(ASSETS) || caller == address(ESCROW) || caller == address(ORDERS)
            || caller == address(LEASES) || caller == address(FIZZ);
    }

    /// @return value of a parameter, as the ledger stores it
    function _param(uint256 number) internal view returns (uint64 value) {
        // Params stores every value as a uint64.
        return uint64(PARAMS.get(number));
    }

    /// @return values of the parameters from number `first` to `last`
    function _params(uint256 first, uint256 last) internal view returns (uint64[] memory values) {
        return PARAMS.slice(first, last + 1 - first);
    }
}
