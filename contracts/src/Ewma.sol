// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {ValueOutOfRange} from "./Protocol.sol";

/// @title Ewma
/// @notice The moving average by which reputations remember (F-1), as in `sim/protocol/ewma.ts`: the smoothing factor of
/// a half-life, and one step of the average. Ratios are FP (10^9).
library Ewma {
    /// @notice Longest half-life of the table, in eras.
    uint256 internal constant MAX_HALF_LIFE_ERAS = 120;

    /// @dev α(h) = FP − round(FP·2^(−1/h)) for h = 1 … 120, four bytes each, high byte first.
    bytes private constant ALPHA_FP =
        hex"1dcd6500117532230c4be152097bba6107b73ddd0680c0e2059e8af004f26af5"
        hex"046b0fe803fdd5e003a3d721035868f70318463602e112cf02b10ffc0286ec2f"
        hex"0261a3a102406b230222a1820207c53701ef6cfd01d9426601c4fdcf01b2635b"
        hex"01a1409d01916acf0182bd6f0175191e016862c5015c82e0015164e80146f6e2"
        hex"013d28fb0133ed36012b372e0122fbd8011b315a0113cee0010ccc7c01062309"
        hex"00ffcc1400f9c1c400f3fecb00ee7e5600e93bff00e433c000df61ec00dac321"
        hex"00d6544600d2128000cdfb2b00ca0bda00c6424c00c29c6c00bf184b00bbb41c"
        hex"00b86e3500b5450600b2371c00af431c00ac67c100a9a3dc00a6f65000a45e13"
        hex"00a1da2a009f69aa009d0bb6009abf7d0098843b0096593600943dc100923135"
        hex"009032f6008e4271008c5f1b008a886d0088bdec0086ff1e00854b940083a2e1"
        hex"0082049f0080706c007ee5ed007d64c8007becaa007a7d41007916430077b765"
        hex"00766061007510f60073c8e2007287e900714dd100701a62006eed65006dc6a8"
        hex"006ca5f8006b8b28006a76090069667100685c340067572b0066572f00655c1c"
        hex"006465cc0063741f006286f200619e260060b99c005fd936005efcd8005e2467"
        hex"005d4fc7005c7edf005bb197005ae7d5005a218500595e8e00589edb0057e258";

    /// @notice Weight of the newest observation.
    /// @param halfLifeEras 1 to 120; reverts ValueOutOfRange otherwise
    /// @custom:rule F-1
    function alphaOf(uint256 halfLifeEras) internal pure returns (uint256 alphaFp) {
        if (halfLifeEras == 0 || halfLifeEras > MAX_HALF_LIFE_ERAS) {
            // Values of parameters are stored as uint64.
            revert ValueOutOfRange(uint64(halfLifeEras), uint64(MAX_HALF_LIFE_ERAS));
        }
        bytes memory table = ALPHA_FP;
        assembly ("memory-safe") {
            // Entry h − 1 starts at byte 4(h − 1) of the data, which follows the length: the word that ends with the
            // entry starts 28 bytes earlier, at table + 32 + 4(h − 1) − 28. Its low four bytes are the entry.
            alphaFp := and(mload(add(table, shl(2, halfLifeEras))), 0xffffffff)
        }
    }

    /// @notice One step from an indicator towards a sample: ⌊((FP − α)·indicator + α·sample)/FP⌋. The result lies
    /// between the two; rounding is downwards in either direction.
    /// @param alphaFp of `alphaOf`, at most FP
    /// @custom:rule F-1
    function ewma(uint256 indicatorFp, uint256 sampleFp, uint256 alphaFp) internal pure returns (uint256) {
        unchecked {
            // The product of the difference with α ≤ FP, divided by FP, is at most the difference, so neither sum nor
            // subtraction leaves [0, 2^53).
            return sampleFp >= indicatorFp
                ? indicatorFp + Fixed.mulDivDown(sampleFp - indicatorFp, alphaFp, Fixed.FP)
                : indicatorFp - Fixed.mulDivUp(indicatorFp - sampleFp, alphaFp, Fixed.FP);
        }
    }
}
