/**
 * Connectionist temporal classification, greedy reading: the likeliest class of every step, repeats merged, blanks
 * dropped (Graves et al. 2006, section 3.2, best path decoding).
 */

/**
 * @param probabilities  stepCount rows of classes.length values, row by row
 * @param classes  text of each class; index 0 is the blank
 */
export function ctcGreedy(probabilities: Float32Array, classes: readonly string[]): string {
  const classCount = classes.length;
  let text = '';
  let previous = 0;
  for (let row = 0; row + classCount <= probabilities.length; row += classCount) {
    let best = 0;
    for (let c = 1; c < classCount; c++) if (probabilities[row + c]! > probabilities[row + best]!) best = c;
    if (best !== 0 && best !== previous) text += classes[best];
    previous = best;
  }
  return text;
}
