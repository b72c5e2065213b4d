// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntityNft} from "../src/EntityNft.sol";
import {Params} from "../src/Params.sol";
import {
    FAMILY_COUNT,
    FAMILY_ENTITY_NFT,
    FAMILY_NODES,
    FAMILY_PARAMS,
    FAMILY_TOKEN,
    P_ECON_ALLOC_BPS_AIRDROP,
    P_ECON_ALLOC_BPS_COMMUNITY,
    P_ECON_ALLOC_BPS_FOUNDATION,
    P_ECON_ALLOC_BPS_INVESTORS,
    P_ECON_ALLOC_BPS_LIQUIDITY,
    P_ECON_ALLOC_BPS_TEAM,
    P_ECON_MAX_SUPPLY,
    P_HB_INTERVAL_S,
    P_TOKEN_DECIMALS
} from "../src/Protocol.sol";
import {Token} from "../src/Token.sol";
import {Base} from "./Base.sol";

/// @notice Parameters, token and NFTs of a deployment whose Nodes family is the test itself, with two agents.
abstract contract LedgerBase is Base {
    uint64 internal constant SUPPLY = 100_000_000e6;
    uint64 internal constant WALLET = 1_000e6;
    /// @dev Accounts of the agents.
    uint64 internal constant ANNA = 32;
    uint64 internal constant BELA = 33;

    address internal immutable KEEPER = makeAddress("keeper");
    address internal immutable ANNAS = makeAddress("anna");
    address internal immutable BELAS = makeAddress("bela");
    address internal immutable STRANGER = makeAddress("stranger");

    Token internal token;
    EntityNft internal nft;

    function setUp() public virtual {
        uint64[] memory params = new uint64[](P_HB_INTERVAL_S + 1);
        params[P_TOKEN_DECIMALS] = 6;
        params[P_ECON_MAX_SUPPLY] = SUPPLY;
        params[P_ECON_ALLOC_BPS_COMMUNITY] = 5_000;
        params[P_ECON_ALLOC_BPS_TEAM] = 1_500;
        params[P_ECON_ALLOC_BPS_INVESTORS] = 1_300;
        params[P_ECON_ALLOC_BPS_LIQUIDITY] = 1_000;
        params[P_ECON_ALLOC_BPS_AIRDROP] = 200;
        params[P_ECON_ALLOC_BPS_FOUNDATION] = 1_000;

        uint64 nonce = vm.getNonce(address(this));
        address[FAMILY_COUNT] memory families;
        families[FAMILY_PARAMS] = createdBy(address(this), nonce);
        families[FAMILY_TOKEN] = createdBy(address(this), nonce + 1);
        families[FAMILY_ENTITY_NFT] = createdBy(address(this), nonce + 2);
        families[FAMILY_NODES] = address(this);
        assertEq(address(new Params(params)), families[FAMILY_PARAMS]);
        token = new Token(families, address(this), KEEPER);
        nft = new EntityNft(families);
        assertEq(address(nft), families[FAMILY_ENTITY_NFT]);

        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (ANNAS, BELAS);
        uint64[] memory units = new uint64[](2);
        (units[0], units[1]) = (WALLET, WALLET);
        token.openAccounts(holders, units);
    }

    /// @dev Address of the contract that `creator` deploys with a nonce below 128.
    function createdBy(address creator, uint64 nonce) private pure returns (address) {
        assertLt(nonce, 128);
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", creator, uint8(nonce))))));
    }
}
