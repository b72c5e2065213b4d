/**
 * Makes a clean line of text hard to read, by one number. Only additions, multiplications and comparisons of doubles in
 * a fixed order, so that the same line gives the same bytes on every machine; knows nothing of what the line says.
 */

type Shape = { readonly width: number; readonly height: number };

/**
 * Down- and up-scaling, blur, faint ink, a sloping background and noise, all growing with `difficulty`. Noise and
 * background cover the whole canvas, so that no part of it tells where the text ends.
 *
 * @param ink  coverage by ink, 0..1, row by row
 * @param difficulty  0 (clean print) .. 1 (unreadable)
 * @param random  uniform draws in [0, 1); the number of draws does not depend on `difficulty`
 * @returns grey levels, 0 black .. 255 white
 */
export function degrade(ink: Float64Array, shape: Shape, difficulty: number, random: () => number): Uint8Array {
  const scale = 1 + 3.4 * difficulty * (0.6 + 0.4 * random());
  const blurPasses = 10 * difficulty * (0.5 + 0.5 * random());
  const contrast = 0.9 - (0.45 + 0.25 * random()) * difficulty;
  const paper = 225 - 40 * difficulty * random();
  const slope = 60 * difficulty * (random() - 0.5);
  const noiseAmplitude = 4 + 22 * difficulty * difficulty;

  const soft = blur(rescale(ink, shape, scale), shape, blurPasses);
  const grey = new Uint8Array(ink.length);
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      const at = y * shape.width + x;
      const light = paper + slope * ((2 * x) / shape.width - 1);
      const noise = noiseAmplitude * (random() + random() + random() - 1.5);
      const value = light * (1 - contrast * soft[at]!) + noise;
      grey[at] = Math.round(clamp(value, 255));
    }
  }
  return grey;
}

/** Samples the image at 1/factor of its resolution and stretches it back, both linearly. */
function rescale(image: Float64Array, shape: Shape, factor: number): Float64Array {
  const small = {
    width: Math.max(2, Math.round(shape.width / factor)),
    height: Math.max(2, Math.round(shape.height / factor)),
  };
  return resize(resize(image, shape, small), small, shape);
}

function resize(image: Float64Array, from: Shape, to: Shape): Float64Array {
  const out = new Float64Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const sy = clamp(((y + 0.5) * from.height) / to.height - 0.5, from.height - 1);
    const y0 = Math.min(Math.floor(sy), from.height - 2);
    const fy = sy - y0;
    for (let x = 0; x < to.width; x++) {
      const sx = clamp(((x + 0.5) * from.width) / to.width - 0.5, from.width - 1);
      const x0 = Math.min(Math.floor(sx), from.width - 2);
      const fx = sx - x0;
      const at = y0 * from.width + x0;
      const upper = image[at]! * (1 - fx) + image[at + 1]! * fx;
      const lower = image[at + from.width]! * (1 - fx) + image[at + from.width + 1]! * fx;
      out[y * to.width + x] = upper * (1 - fy) + lower * fy;
    }
  }
  return out;
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(value, max));

/** Kernel [1 2 1] / 4 in both directions, `passes` times; a fraction of a pass mixes the blurred image with the sharp. */
function blur(image: Float64Array, shape: Shape, passes: number): Float64Array {
  let current = image;
  for (let left = passes; left > 0; left--) {
    const share = Math.min(1, left);
    current = smooth(smooth(current, shape, 1, share), shape, shape.width, share);
  }
  return current;
}

function smooth(image: Float64Array, shape: Shape, stride: number, share: number): Float64Array {
  const out = new Float64Array(image.length);
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      const at = y * shape.width + x;
      const isFirst = stride === 1 ? x === 0 : y === 0;
      const isLast = stride === 1 ? x === shape.width - 1 : y === shape.height - 1;
      const before = image[isFirst ? at : at - stride]!;
      const after = image[isLast ? at : at + stride]!;
      out[at] = image[at]! * (1 - share / 2) + ((before + after) * share) / 4;
    }
  }
  return out;
}
