// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "./Extsload.sol";
import {IProviders, Resources} from "./Interfaces.sol";
import {ProvidersRecord} from "./Protocol.sol";

/// @title ProviderView
/// @notice What the other contracts need to know of a provider, read from Providers' storage, so that Providers needs no
/// function for each question. It checks nothing: a provider that there is not has the state 0.
library ProviderView {
    /// @notice Storage word of Providers in which its table of providers begins, and words of one record.
    uint256 internal constant SLOT = 0;
    uint256 internal constant WORDS = 8;

    /// @param providers the family Providers
    /// @return p the record as Providers keeps it
    function read(IProviders providers, uint64 provider) internal view returns (ProvidersRecord memory p) {
        bytes memory packed = Extsload(address(providers)).extsload(SLOT + provider * WORDS, WORDS);
        assembly ("memory-safe") {
            // Behind its length a word holds four fields, the first one lowest; in memory each fills 32 bytes.
            let from := add(packed, 32)
            let to := p
            for { let last := add(packed, 256) } lt(from, last) { from := add(from, 32) } {
                let word := mload(from)
                mstore(to, and(word, 0xffffffffffffffff))
                mstore(add(to, 32), and(shr(64, word), 0xffffffffffffffff))
                mstore(add(to, 64), and(shr(128, word), 0xffffffffffffffff))
                mstore(add(to, 96), shr(192, word))
                to := add(to, 128)
            }
            // Of the eighth word the record has one field.
            mstore(to, and(mload(from), 0xffffffffffffffff))
        }
    }

    /// @return resources what the provider has registered
    function registered(ProvidersRecord memory p) internal pure returns (Resources memory resources) {
        return Resources(p.cpuCount, p.memoryGb, p.storageGb, p.gpuCount);
    }
}
