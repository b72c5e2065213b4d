/** The one shape of every image of the text-recognition task: padding or batching others would change what is read. */
export const IMAGE_WIDTH = 320;
export const IMAGE_HEIGHT = 48;
