/** Amounts, ratios and counts as people read them, exact to the last base unit. */
import { BPS, FP } from '../base/fixedPoint.ts';

/** Digits in groups of three. */
export function grouped(digits: string | number): string {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * Tokens with all their decimals, so that a column of them can be added by eye.
 *
 * @param units integer, negative for a loss
 * @example fullTokens(-1_234_500_000, 6) // '-1,234.500000'
 */
export function fullTokens(units: number, decimals: number): string {
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
  const whole = grouped(digits.slice(0, digits.length - decimals));
  const fraction = digits.slice(digits.length - decimals);
  return `${units < 0 ? '-' : ''}${whole}${decimals === 0 ? '' : `.${fraction}`}`;
}

/** Tokens without trailing zeros. @example tokens(12_500_000, 6) // '12.5 DN' */
export function tokens(units: number, decimals: number): string {
  const full = fullTokens(units, decimals);
  return `${full.includes('.') ? full.replace(/\.?0+$/, '') : full} DN`;
}

/** An FP ratio in per cent, two decimals, rounded down as the ledger rounds. @example percent(512_345_678) // '51.23 %' */
export function percent(ratioFp: number): string {
  const hundredths = Math.floor((ratioFp * BPS) / FP);
  return `${(hundredths / 100).toFixed(2)} %`;
}

/** `1 audit`, `2 audits`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** @example percentOfBps(1_250) // '12.5 %' */
export function percentOfBps(share: number): string {
  return `${share / 100} %`;
}
