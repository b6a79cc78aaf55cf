import { afterAll, beforeAll, describe } from "vitest";
import { commandTests } from "./command.ts";
import { limitTests } from "./limits.ts";
import { removePatterns, trainPatterns } from "./patterns.ts";
import { predictTests } from "./predict.ts";
import { protocolTests } from "./protocol.ts";

// One file, so that one classifier is trained for all of them.
beforeAll(trainPatterns);
afterAll(removePatterns);

describe("the Open Inference Protocol", protocolTests);
describe("pictures in plain bodies, and what the server says of itself", predictTests);
describe("limits", limitTests);
describe("tsugiki serve", commandTests);
