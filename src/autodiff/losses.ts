export { binaryCrossEntropy, sigmoidFocalLoss } from "./losses/sigmoid.ts";
export { oneHot, softmaxCrossEntropy, softmaxFocalLoss } from "./losses/softmax.ts";
export { meanSquaredError } from "./losses/squared.ts";
